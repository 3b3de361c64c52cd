"""Derived data is caught up, and built again whenever it is missing, damaged, or made from something else."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from made_up import record, records

from accrual.errors import StoreError
from accrual.store import derived
from accrual.store.derived import CatchUpProgress, Recipe, catch_up, is_current, read_mark
from accrual.store.load import load_records
from accrual.store.lock import FileLock
from accrual.store.records import Change, RecordStore


class Titles:
    """An artefact as small as can be: `{nct_id: title}` in one JSON file."""

    applied: int = 0
    fail_after: int | None = None

    def __init__(self, folder: Path, writable: bool) -> None:
        self.file = folder / "titles.json"
        if writable and not any(folder.iterdir()):
            self.file.write_text("{}")
        self.titles: dict[str, str] = json.loads(self.file.read_text())

    def apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if Titles.fail_after is not None and Titles.applied >= Titles.fail_after:
                Titles.fail_after = None
                raise OSError("the index file went away")
            Titles.applied += 1
            study = json.loads(change.body)
            self.titles[change.nct_id] = study["protocolSection"]["identificationModule"]["briefTitle"]

    def commit(self) -> None:
        self.file.write_text(json.dumps(self.titles))

    def close(self) -> None:
        pass


TITLES = Recipe(name="titles", format_version="1", open=Titles)


@pytest.fixture(autouse=True)
def count_from_zero() -> None:
    Titles.applied = 0
    Titles.fail_after = None


def expected(store: RecordStore) -> dict[str, str]:
    return {
        change.nct_id: json.loads(change.body)["protocolSection"]["identificationModule"]["briefTitle"]
        for change in store.changed_since(0)
    }


def test_only_what_changed_is_applied(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(30))
        assert not is_current(store, TITLES)
        assert catch_up(store, TITLES).titles == expected(store)
        assert Titles.applied == 30
        load_records(store, [record(90_000_004, "2026-07-07", note="newer"), record(90_000_099)])
        assert catch_up(store, TITLES).titles == expected(store)
        assert Titles.applied == 32
        assert is_current(store, TITLES)
        catch_up(store, TITLES)
        assert Titles.applied == 32


def test_an_empty_store_gives_an_empty_artefact(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        assert catch_up(store, TITLES).titles == {}


@pytest.mark.parametrize("harm", ["folder", "derived", "mark", "half a mark", "garbage", "file"])
def test_what_is_deleted_or_damaged_is_built_again(tmp_path: Path, harm: str) -> None:
    folder = TITLES.folder(tmp_path)
    with RecordStore(tmp_path) as store:
        load_records(store, records(10))
        catch_up(store, TITLES)
        match harm:
            case "folder":
                shutil.rmtree(folder)
            case "derived":
                shutil.rmtree(folder.parent)
            case "mark":
                (folder / derived.MARK).unlink()
            case "half a mark":
                (folder / derived.MARK).write_text('{"generation": 1, "dig')
            case "garbage":
                (folder / "titles.json").write_bytes(b"\x00\xff not json")
            case "file":
                (folder / "titles.json").unlink()
        assert catch_up(store, TITLES).titles == expected(store)
        assert Titles.applied == 20
    assert [entry.name for entry in folder.parent.iterdir() if "discarded" in entry.name] == []


def test_an_artefact_of_another_records_db_is_built_again(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(10))
        catch_up(store, TITLES)
    for file in tmp_path.glob("records.db*"):
        file.unlink()
    with RecordStore(tmp_path) as store:
        load_records(store, records(3, first=95_000_001))
        assert sorted(catch_up(store, TITLES).titles) == ["NCT95000001", "NCT95000002", "NCT95000003"]


def test_another_format_lives_beside_the_old_one(tmp_path: Path) -> None:
    newer = Recipe(name="titles", format_version="2", open=Titles)
    with RecordStore(tmp_path) as store:
        load_records(store, records(3))
        catch_up(store, TITLES)
        assert catch_up(store, newer).titles == expected(store)
        assert TITLES.folder(tmp_path).exists()


def test_a_failure_in_the_middle_is_mended_by_building_again(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(10))
        Titles.fail_after = 4
        assert catch_up(store, TITLES).titles == expected(store)


def test_a_failure_on_a_full_disk_throws_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(10))
        catch_up(store, TITLES)
        mark = read_mark(TITLES.folder(tmp_path))
        load_records(store, records(5, first=91_000_001))
        Titles.fail_after = Titles.applied + 2
        monkeypatch.setattr(derived, "LOW_DISK_BYTES", 2**80)
        with pytest.raises(StoreError, match="make room"):
            catch_up(store, TITLES)
        assert read_mark(TITLES.folder(tmp_path)) == mark
        assert catch_up(store, TITLES).titles == expected(store)


def test_a_crash_before_the_mark_only_repeats_changes(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(10))
        catch_up(store, TITLES)
        old_mark = (TITLES.folder(tmp_path) / derived.MARK).read_bytes()
        load_records(store, records(10, versions=2))
        catch_up(store, TITLES)
        (TITLES.folder(tmp_path) / derived.MARK).write_bytes(old_mark)
        assert catch_up(store, TITLES).titles == expected(store)


def test_long_catch_ups_commit_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "COMMIT_STUDIES", 20)
    monkeypatch.setattr(derived, "BATCH_STUDIES", 7)
    told: list[CatchUpProgress] = []
    marks: list[int] = []

    def tell(progress: CatchUpProgress) -> None:
        told.append(progress)
        mark = read_mark(TITLES.folder(tmp_path))
        marks.append(mark.generation if mark else -1)

    with RecordStore(tmp_path) as store:
        for start in range(10):
            load_records(store, records(10, first=90_000_001 + 10 * start))
        assert catch_up(store, TITLES, tell).titles == expected(store)
    assert told[-1] == CatchUpProgress("titles", 100, 100)
    assert len(set(marks)) > 2
    assert marks == sorted(marks)


def test_while_another_builds_the_last_committed_state_is_served(tmp_path: Path) -> None:
    folder = TITLES.folder(tmp_path)
    with RecordStore(tmp_path) as store:
        load_records(store, records(3))
        before = catch_up(store, TITLES).titles
        load_records(store, records(3, first=91_000_001))
        with FileLock(folder.with_name(folder.name + ".lock"), "building titles"):
            assert catch_up(store, TITLES).titles == before
        assert len(catch_up(store, TITLES).titles) == 6


def test_a_reader_waits_for_the_first_commit_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TITLES.folder(tmp_path)
    with RecordStore(tmp_path) as store:
        folder.parent.mkdir()
        lock = FileLock(folder.with_name(folder.name + ".lock"), "building titles")
        with lock:
            monkeypatch.setattr(derived, "FIRST_COMMIT_WAIT_SECONDS", 0.1)
            with pytest.raises(StoreError, match="making it for the first time"):
                catch_up(store, TITLES)
            monkeypatch.setattr(derived, "FIRST_COMMIT_WAIT_SECONDS", 10.0)

            def build() -> None:
                folder.mkdir()
                Titles(folder, True).commit()
                (folder / derived.MARK).write_text('{"generation":0,"digest":""}')

            timer = threading.Timer(0.3, build)
            timer.start()
            assert catch_up(store, TITLES).titles == {}
            timer.join()


def test_damaged_records_are_not_blamed_on_the_artefact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(3))
        catch_up(store, TITLES)
        load_records(store, records(3, first=91_000_001))

        def fail(*_: object) -> bytes:
            raise StoreError("records.db: damaged")

        monkeypatch.setattr(store, "_body", fail)
        with pytest.raises(StoreError, match=r"records\.db: damaged"):
            catch_up(store, TITLES)
        assert read_mark(TITLES.folder(tmp_path)) is not None
