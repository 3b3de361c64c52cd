"""A study that is gone from its source: its versions stay, nothing else has it, and a record brings it back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from made_up import body, records

from accrual.errors import StudyNotFoundError
from accrual.registry.files import SourceRecord
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.store.sources import Source
from accrual.store.writer import Incoming, Outcome, RecordWriter

NCT, OTHER = "NCT90000001", "NCT90000002"
DAY = "2026-03-04"


def incoming(
    day: str = "2026-01-02", holder: str = "2026-01-05", note: str = "", number: int = 90_000_001
) -> Incoming:
    return Incoming.of(f"NCT{number:08d}", body(number, day, holder, note), day, holder)


def write(store: RecordStore, *batch: Incoming, archive: bool = False) -> tuple[Outcome, ...]:
    with RecordWriter(store, archive) as writer:
        return writer.write(batch)


def remove(store: RecordStore, *numbers: str, day: str = DAY) -> int:
    with RecordWriter(store) as writer:
        return writer.remove(numbers, day)


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    store = RecordStore(tmp_path)
    write(store, incoming(), incoming(number=90_000_002))
    return store


def test_a_removed_study_is_no_study_of_the_store_but_its_versions_are_served(store: RecordStore) -> None:
    assert remove(store, NCT) == 1
    assert (store.count(), store.version_count(), list(store.nct_ids())) == (1, 2, [OTHER])
    assert store.removed_on(NCT) == DAY
    assert store.removed_on(OTHER) is store.removed_on("NCT90000404") is None
    assert store.current_of([NCT, OTHER])[0].nct_id == OTHER
    assert store.get(NCT) == body(90_000_001)
    assert store.get(NCT, as_of=date(2026, 2, 1)) == body(90_000_001)
    assert len(store.versions(NCT)) == 1
    store.verify()


def test_a_removal_is_a_change_of_one_generation(store: RecordStore) -> None:
    before = store.digest(store.generation)
    remove(store, NCT)
    assert store.generation == 2
    assert store.digest(2) != before
    (change,) = store.changed_since(1)
    assert (change.nct_id, change.removed, change.body, change.generation) == (NCT, True, b"", 2)
    assert store.current(change.study) == change
    assert [one.removed for one in store.changed_since(0)] == [False, True]


def test_removing_again_or_what_was_never_here_changes_nothing(store: RecordStore) -> None:
    remove(store, NCT)
    assert remove(store, NCT, "NCT90000404", day="2026-05-05") == 0
    assert (store.generation, store.removed_on(NCT)) == (2, DAY)


def test_a_day_that_is_none_is_refused_and_nothing_is_removed(store: RecordStore) -> None:
    with pytest.raises(ValueError, match="soon"):
        remove(store, NCT, day="soon")
    assert store.count() == 2


@pytest.mark.parametrize("note", ["", "new words"])
def test_a_record_that_comes_in_again_makes_the_study_present(store: RecordStore, note: str) -> None:
    study = store.study(NCT)
    remove(store, NCT)
    assert write(store, incoming(note=note)) == (Outcome.ADDED,)
    assert (store.count(), store.removed_on(NCT), store.study(NCT)) == (2, None, study)
    (change,) = store.changed_since(2)
    assert (change.nct_id, change.removed, change.body) == (NCT, False, body(90_000_001, note=note))
    store.verify()


def test_an_older_file_does_not_bring_back_what_was_removed_since(store: RecordStore) -> None:
    remove(store, NCT)
    assert write(store, incoming(), archive=True) == (Outcome.UNCHANGED,)
    assert write(store, incoming("2025-02-02", note="older"), archive=True) == (Outcome.KEPT_OLDER,)
    assert store.removed_on(NCT) == DAY
    assert store.version_count() == 3
    assert write(store, incoming(holder=DAY), archive=True) == (Outcome.ADDED,)
    assert store.removed_on(NCT) is None


def test_loading_files_is_loading_an_archive_and_records_from_a_source_are_news(tmp_path: Path) -> None:
    source: list[SourceRecord] = [*records(1)]
    with RecordStore(tmp_path) as store:
        load_records(store, source)
        remove(store, NCT)
        assert load_records(store, source, archive=True).unchanged == 1
        assert store.count() == 0
        assert load_records(store, source).added == 1
        assert store.count() == 1


def test_a_study_may_go_and_come_back_many_times(store: RecordStore) -> None:
    for month in (3, 5, 7):
        remove(store, NCT, day=f"2026-0{month}-04")
        write(store, incoming(f"2026-0{month + 1}-02", f"2026-0{month + 1}-05"))
    assert (store.count(), store.version_count(), store.generation) == (2, 5, 7)
    rows = store.database.connection().execute("SELECT since, until FROM absence ORDER BY since").fetchall()
    assert rows == [(f"2026-0{month}-04", f"2026-0{month + 1}-05") for month in (3, 5, 7)]
    store.verify()


def test_one_batch_may_bring_a_study_back_and_change_it(store: RecordStore) -> None:
    remove(store, NCT)
    later = incoming("2026-06-02", "2026-06-03", "later")
    assert write(store, incoming(), later) == (Outcome.ADDED, Outcome.CHANGED)
    assert b"later" in store.get(NCT)
    assert store.count() == 2


def test_removed_studies_are_gone_after_reopening(store: RecordStore) -> None:
    remove(store, NCT)
    store.close()
    with RecordStore(store.home) as again:
        assert (again.count(), again.removed_on(NCT)) == (1, DAY)
        with pytest.raises(StudyNotFoundError):
            again.get("NCT90000404")


def test_a_source_is_kept_and_replaced_by_its_address_and_search(store: RecordStore) -> None:
    whole = Source("https://one.test", data_timestamp="2026-03-04T09:00:05", updated_through="2026-03-04")
    search = Source("https://one.test", "AREA[Condition]gout", state="page 3")
    with RecordWriter(store) as writer:
        writer.set_source(whole)
        writer.set_source(search)
        writer.set_source(later := Source("https://one.test", listed_on="2026-03-05"))
    assert store.sources() == (later, search)
    assert store.source("https://one.test") == later
    assert store.source("https://one.test", "AREA[Condition]gout") == search
    assert store.source("https://two.test") is None
    assert store.generation == 1


def test_a_source_is_committed_with_its_batch_or_not_at_all(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source("https://one.test", updated_through="2026-03-04")

    def fail(*_: object) -> None:
        raise RuntimeError

    with RecordWriter(store) as writer:
        with monkeypatch.context() as broken:
            broken.setattr("accrual.store.writer.write_body", fail)
            with pytest.raises(RuntimeError):
                writer.write([incoming(number=90_000_003)], source)
        assert (store.count(), store.sources()) == (2, ())
        writer.write([incoming(number=90_000_003)], source)
    assert (store.count(), store.sources()) == (3, (source,))
