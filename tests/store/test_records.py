"""The store keeps every version, serves the newest, and knows what changed."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
import threading
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import body, record, records

from accrual.errors import StoreError, StudyNotFoundError
from accrual.store.bodies import with_holder
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.store.writer import Incoming, Outcome, RecordWriter, identity

NCT = "NCT90000001"


def incoming(
    day: str = "2026-01-02", holder: str = "2026-01-05", note: str = "", number: int = 90_000_001
) -> Incoming:
    return Incoming.of(f"NCT{number:08d}", body(number, day, holder, note), day, holder)


def write(store: RecordStore, *batch: Incoming) -> tuple[Outcome, ...]:
    with RecordWriter(store) as writer:
        return writer.write(batch)


def test_an_empty_store_has_no_studies_and_generation_zero(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "new" / "home") as store:
        assert (store.count(), store.version_count(), store.generation, store.data_date()) == (0, 0, 0, "")
        assert list(store.nct_ids()) == []
        assert list(store.changed_since(0)) == []
        with pytest.raises(StudyNotFoundError, match=NCT):
            store.get(NCT)
        store.verify()


def test_a_record_comes_back_byte_for_byte(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        assert write(store, incoming()) == (Outcome.ADDED,)
        assert store.get(NCT) == body(90_000_001)
    with RecordStore(tmp_path, create=False) as again:
        assert again.get(NCT) == body(90_000_001)
        assert again.current(again.study(NCT)).body == body(90_000_001)
        assert list(again.nct_ids()) == [NCT]


def test_a_missing_store_is_not_made_when_it_was_not_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="load the registry first"):
        RecordStore(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_the_newest_version_wins_whatever_the_order_of_arrival(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        outcomes = [
            write(store, incoming("2026-02-02", note="second")),
            write(store, incoming("2026-01-02", note="first")),
            write(store, incoming("2026-03-02", note="third")),
        ]
        assert outcomes == [(Outcome.ADDED,), (Outcome.KEPT_OLDER,), (Outcome.CHANGED,)]
        assert b"third" in store.get(NCT)
        assert [version.last_update for version in store.versions(NCT)] == [
            "2026-03-02",
            "2026-02-02",
            "2026-01-02",
        ]
        assert [version.current for version in store.versions(NCT)] == [True, False, False]
        assert (store.count(), store.version_count()) == (1, 3)


def test_the_data_date_then_arrival_decide_between_versions_of_one_day(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(
            store,
            incoming(holder="2026-01-09", note="later seen"),
            incoming(holder="2026-01-07", note="earlier seen"),
        )
        assert b"later seen" in store.get(NCT)
        write(store, incoming(holder="2026-01-09", note="same dates, arrived later"))
        assert b"arrived later" in store.get(NCT)


def test_an_earlier_day_shows_what_was_posted_then(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, incoming("2026-01-02", note="first"), incoming("2026-03-02", note="second"))
        assert b"first" in store.get(NCT, as_of=date(2026, 3, 1))
        assert b"second" in store.get(NCT, as_of=date(2026, 3, 2))
        with pytest.raises(StudyNotFoundError, match="as old as 2026-01-01"):
            store.get(NCT, as_of=date(2026, 1, 1))
        for version in store.versions(NCT):
            assert version.last_update.encode() in store.get_version(version.version)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, incoming(), incoming(number=90_000_002))
        before = (store.generation, store.version_count(), store.digest(store.generation))
        assert write(store, incoming(), incoming(number=90_000_002)) == (Outcome.UNCHANGED,) * 2
        assert (store.generation, store.version_count(), store.digest(store.generation)) == before


def test_a_new_download_of_an_unchanged_study_is_no_version_but_shows_its_date(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, incoming(holder="2026-01-05"))
        assert write(store, incoming(holder="2026-02-01")) == (Outcome.UNCHANGED,)
        assert store.version_count() == 1
        assert store.data_date() == "2026-02-01"
        assert store.get(NCT) == body(90_000_001, holder="2026-02-01")
        assert list(store.changed_since(1)) == []
        # An older download does not turn the date back.
        assert write(store, incoming(holder="2026-01-20")) == (Outcome.UNCHANGED,)
        assert store.get(NCT) == body(90_000_001, holder="2026-02-01")


def test_a_version_the_registry_went_back_to_is_current_again(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, incoming(holder="2026-01-05", note="kept"))
        write(store, incoming(holder="2026-01-06", note="taken back"))
        assert b"taken back" in store.get(NCT)
        assert write(store, incoming(holder="2026-01-07", note="kept")) == (Outcome.CHANGED,)
        assert b"kept" in store.get(NCT)
        assert store.version_count() == 2


def test_one_batch_may_hold_a_study_several_times(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        batch = [
            incoming("2026-01-02"),
            incoming("2026-01-02"),
            incoming("2026-02-02"),
            incoming("2026-01-15"),
        ]
        assert write(store, *batch) == (Outcome.ADDED, Outcome.UNCHANGED, Outcome.CHANGED, Outcome.KEPT_OLDER)
        assert store.versions(NCT)[0].last_update == "2026-02-02"
        store.verify()


def test_each_batch_is_a_generation_and_changes_are_found_from_any(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, *(incoming(number=90_000_000 + n) for n in range(1, 6)))
        write(store, incoming("2026-02-02", number=90_000_002))
        write(store, incoming("2025-12-31", number=90_000_003))  # older: nothing current changes
        assert store.generation == 3
        assert [(c.nct_id, c.generation) for c in store.changed_since(1)] == [("NCT90000002", 2)]
        assert [c.nct_id for c in store.changed_since(0, until=1)] == [f"NCT9000000{n}" for n in (1, 3, 4, 5)]
        assert [c.generation for c in store.changed_since(0)] == [1, 1, 1, 1, 2]
        assert store.changed_count(0) == 5
        assert store.changed_count(1) == 1
        assert {c.body for c in store.changed_since(0, bodies=False)} == {b""}
        assert all(
            c.body == store.get(c.nct_id) and c.identity == identity(c.body) for c in store.changed_since(0)
        )


def test_changes_stream_over_many_pages_without_missing_one(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(1700, versions=2))
        ids = [change.nct_id for change in store.changed_since(0)]
        assert sorted(ids) == [f"NCT{n}" for n in range(90_000_001, 90_001_701)]
        assert list(store.nct_ids()) == sorted(ids)


def test_many_studies_are_read_in_the_order_asked_for(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(1200))
        wanted = [f"NCT{number}" for number in range(90_001_200, 90_000_000, -1)]
        found = store.current_of([*wanted[:600], "NCT00000404", *wanted[600:]])
        assert [change.nct_id for change in found] == wanted
        assert all(change == store.current(change.study) for change in found[::100])
        assert {change.body for change in store.current_of(wanted, bodies=False)} == {b""}
        assert store.current_of([]) == []


def test_study_keys_stay_when_versions_come(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, incoming(number=90_000_007), incoming(number=90_000_001))
        keys = {change.nct_id: change.study for change in store.changed_since(0)}
        write(store, incoming("2026-05-05", number=90_000_001), incoming(number=90_000_003))
        later = {change.nct_id: change.study for change in store.changed_since(0)}
        assert {nct: later[nct] for nct in keys} == keys
        assert store.current(keys[NCT]).nct_id == NCT
        with pytest.raises(StudyNotFoundError):
            store.current(999)


def test_two_stores_with_the_same_content_have_the_same_digest_and_others_do_not(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "a") as a, RecordStore(tmp_path / "b") as b, RecordStore(tmp_path / "c") as c:
        write(a, incoming())
        write(b, incoming())
        write(c, incoming(note="other"))
        assert a.digest(1) == b.digest(1) != c.digest(1)
        assert a.digest(2) is None


def test_a_dictionary_is_trained_once_and_older_bodies_stay_readable(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, incoming(number=92_000_001))
        load_records(store, records(400))
        load_records(store, records(300, first=91_000_001))
        database = sqlite3.connect(store.path)
        assert database.execute("SELECT count(*) FROM dictionary").fetchone() == (1,)
        assert {row[0] for row in database.execute("SELECT DISTINCT dictionary FROM body")} == {0, 1}
        database.close()
        store.verify()
    with RecordStore(tmp_path) as again:
        assert again.get("NCT92000001") == body(92_000_001)
        assert again.get("NCT91000300") == record(91_000_300, note="v0").body


def test_threads_read_while_a_batch_is_written(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(50))
        failures: list[Exception] = []
        stop = threading.Event()

        def read(seed: int) -> None:
            rng = random.Random(seed)
            try:
                while not stop.is_set():
                    number = 90_000_001 + rng.randrange(50)
                    assert f"NCT{number}".encode() in store.get(f"NCT{number}")
            except (StoreError, StudyNotFoundError, AssertionError) as error:
                failures.append(error)

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        load_records(store, records(300, versions=3))
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert store.version_count() == 900


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = RecordStore(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="already closed"):
        store.count()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(90_000_001, 90_000_003),
            st.sampled_from(["", "2026-01", "2026-01-02", "2026-02-02"]),
            st.sampled_from(["", "2026-02-03", "2026-02-05"]),
            st.sampled_from(["a", "b"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 5),
)
def test_any_order_and_any_batches_end_with_the_newest(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, str, str, str]], cut: int
) -> None:
    with RecordStore(tmp_path_factory.mktemp("store")) as store:
        batch = [incoming(day, holder, note, number) for number, day, holder, note in history]
        for start in range(0, len(batch), cut):
            write(store, *batch[start : start + cut])
        for nct in {one.nct_id for one in batch}:
            newest: dict[bytes, tuple[str, str]] = {}
            for one in batch:
                if one.nct_id == nct:
                    newest[one.identity] = max(
                        newest.get(one.identity, ("", "")), (one.last_update, one.version_holder)
                    )
            versions = store.versions(nct)
            assert {
                version.identity: (version.last_update, version.version_holder) for version in versions
            } == newest
            best = max(newest.values())
            assert (versions[0].last_update, versions[0].version_holder) == best
            assert identity(store.get(nct)) == versions[0].identity
            assert versions[0].current
        store.verify()
        generation = store.generation
        assert set(write(store, *batch)) == {Outcome.UNCHANGED}
        assert store.generation == generation


def test_only_the_data_date_is_left_out_of_the_identity() -> None:
    assert identity(body(1, holder="2026-01-05")) == identity(body(1, holder="2026-09-09"))
    assert identity(body(1)) != identity(body(1, note="x"))
    # In free text the quotes are escaped, so this is no key; two keys are no date of ours.
    quoted = b'{"a":"say \\"versionHolder\\":\\"2026-01-05\\" twice"}'
    assert with_holder(quoted, b"2027-01-01") == quoted
    double = b'{"versionHolder":"1","x":{"versionHolder":"2"}}'
    assert with_holder(double, b"3") == double
    assert identity(double) != identity(double.replace(b'"1"', b'"3"'))


def test_real_history_loads_as_versions_and_the_newest_wins(tmp_path: Path, shared_data: Path) -> None:
    from accrual.store.load import load

    source = shared_data / "registry" / "history" / "versions.jsonl.gz"
    with gzip.open(source) as lines:
        rows = [json.loads(line) for line in lines]
    with RecordStore(tmp_path) as store:
        report = load(store, [source])
        assert (report.seen, report.added, report.refused) == (104, 46, 0)
        assert report.added + report.changed + report.kept_older == 104
        assert (store.count(), store.version_count()) == (46, 104)
        for nct in {row["nct_id"] for row in rows}:
            newest = max(
                (row for row in rows if row["nct_id"] == nct),
                key=lambda row: (row["last_update_posted"], row["version_holder"]),
            )
            assert json.loads(store.get(nct)) == newest["study"]
            assert (
                json.loads(store.get(nct, date.fromisoformat(newest["last_update_posted"])))
                == newest["study"]
            )
        generation = store.generation
        again = load(store, [source])
        assert (again.unchanged, again.added, again.changed, store.generation) == (104, 0, 0, generation)
