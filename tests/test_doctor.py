"""The doctor finds what is wrong with a data folder, says it, mends it, and loses no record that can be read."""

from __future__ import annotations

import random
import shutil
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from accrual import Finder
from accrual.demo import DEMO_TODAY
from accrual.doctor import examine, mend
from accrual.errors import StoreError
from accrual.search.query import Query
from accrual.store.database import PAGE_BYTES
from accrual.store.examination import Finding
from accrual.store.records import FILE_NAME, RecordStore, writer_lock
from accrual.store.sources import Source
from accrual.store.writer import RecordWriter

NOW = datetime(2026, 11, 23, 1, 50, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sound")
    with Finder.demo(home) as finder:
        finder.make_ready()
    with RecordStore(home) as store, RecordWriter(store) as writer:
        writer.set_source(Source("http://registry.example", updated_through="2026-11-01"))
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def serious(found: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in found if one.severity != "note"]


def artefacts(home: Path) -> dict[str, Path]:
    return {path.name.partition("-")[0]: path for path in (home / "derived").glob("*-*/")}


def answers(home: Path) -> tuple[object, ...]:
    with Finder(home) as finder:
        hits = finder.find(Query(text="leukemia", top=100))
        status = finder.status()
        return hits, status.studies, status.versions, status.criteria, finder.figures.study_sizes()


def test_a_sound_folder_has_no_finding(home: Path) -> None:
    assert examine(home, TODAY) == ()
    assert examine(home, TODAY, quick=True) == ()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    (one,) = examine(tmp_path / "none", TODAY)
    assert one.severity == "damage"
    (two,) = examine(tmp_path, TODAY)
    assert "no records" in two.what


@pytest.mark.parametrize(
    "name", ["text", "registry", "criteria", "program", "themes", "figures", "locations"]
)
def test_a_deleted_artefact_is_found_and_built_again(home: Path, name: str) -> None:
    before = answers(home)
    shutil.rmtree(artefacts(home)[name])
    found = examine(home, TODAY)
    assert [one.part for one in found] == [name]
    assert all(one.mended for one in mend(home, found, NOW))
    assert examine(home, TODAY) == ()
    assert answers(home) == before


@pytest.mark.parametrize(
    "name", ["text", "registry", "criteria", "program", "themes", "figures", "locations"]
)
def test_every_file_of_an_artefact_that_is_cut_short_is_found_and_built_again(home: Path, name: str) -> None:
    before = answers(home)
    folder = artefacts(home)[name]
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 64)
    # Half of the largest, which holds what counts.
    largest = max(files, key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.truncate(largest.stat().st_size // 2)
    found = examine(home, TODAY)
    assert [one.part for one in serious(found)] == [name], found
    assert all(one.mended for one in serious(mend(home, found, NOW)))
    assert examine(home, TODAY) == ()
    assert answers(home) == before


@pytest.mark.parametrize("name", ["text", "registry"])
def test_one_changed_byte_of_an_index_is_found(home: Path, name: str) -> None:
    path = max(artefacts(home)[name].rglob("*.*"), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x20
    path.write_bytes(data)
    (one,) = serious(examine(home, TODAY))
    assert one.part == name
    assert "checksum" in one.what


def test_left_overs_old_formats_and_marks_are_told_apart(home: Path) -> None:
    (home / "derived" / "text-1").mkdir()
    (home / "derived" / "text-1" / "mark.json").write_text("{}")
    left = home / "derived" / "text-3.discarded-4711"
    left.mkdir()
    found = examine(home, TODAY)
    assert [one.severity for one in found] == ["note", "note"]
    mend(home, found, NOW)
    assert not left.exists()
    assert (home / "derived" / "text-1").exists()  # another version of accrual may still use it


def test_a_folder_that_somebody_works_in_is_not_mended(home: Path) -> None:
    shutil.rmtree(artefacts(home)["themes"])
    with writer_lock(home):
        found = examine(home, TODAY)
        assert any("held by process" in one.what for one in found)
        with pytest.raises(StoreError, match="in use by"):
            mend(home, found, NOW)


def test_a_clock_before_the_data_is_found(home: Path) -> None:
    (one,) = examine(home, date(2001, 1, 1), quick=True)
    assert "clock" in one.what
    assert one.severity == "warning"
    assert examine(home, DEMO_TODAY, quick=True) == ()


def test_a_record_that_rots_is_named_set_aside_and_all_others_are_saved(home: Path) -> None:
    database = sqlite3.connect(home / FILE_NAME)
    version, number = database.execute(
        "SELECT v.version, s.nct_id FROM version v JOIN study s ON s.study = v.study WHERE s.study = 7"
    ).fetchone()
    frame = bytearray(database.execute("SELECT bytes FROM body WHERE version = ?", (version,)).fetchone()[0])
    frame[len(frame) // 2] ^= 0x10
    database.execute("UPDATE body SET bytes = ? WHERE version = ?", (bytes(frame), version))
    database.commit()
    database.close()
    with RecordStore(home) as store:
        before = {nct: store.get(nct) for nct in store.nct_ids() if nct != number}
    found = examine(home, TODAY)
    assert [one.studies for one in found] == [(number,)]
    (done,) = mend(home, found, NOW)
    assert done.mended
    assert done.studies == (number,)
    assert number in done.what
    kept = home / f"{FILE_NAME}.damaged-20261123-015000"
    assert kept.exists()
    with RecordStore(home) as store:
        assert {nct: store.get(nct) for nct in store.nct_ids()} == before
        assert store.sources() == ()  # the next sync reads its source from the beginning
        store.verify()
    assert examine(home, TODAY) == ()


def test_damaged_pages_cost_only_what_stood_on_them(home: Path) -> None:
    with RecordStore(home) as store:
        before = {nct: store.get(nct) for nct in store.nct_ids()}
        store.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rng = random.Random(5)
    path = home / FILE_NAME
    data = bytearray(path.read_bytes())
    pages = len(data) // PAGE_BYTES
    page = rng.randrange(pages // 2, pages)
    data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = rng.randbytes(PAGE_BYTES)
    path.write_bytes(data)
    found = examine(home, TODAY)
    assert [one.part for one in serious(found)][:1] == ["records"]
    mend(home, found, NOW)
    with RecordStore(home) as store:
        saved = {nct: store.get(nct) for nct in store.nct_ids()}
        store.verify()
    assert len(saved) >= len(before) // 2
    assert all(before[nct] == body for nct, body in saved.items())
    assert serious(examine(home, TODAY)) == []


def test_removed_studies_and_sources_come_over_where_nothing_is_lost(home: Path) -> None:
    with RecordStore(home) as store:
        gone = list(store.nct_ids())[3]
        with RecordWriter(store) as writer:
            writer.remove([gone], "2026-11-02")
        sources = store.sources()
        versions = store.version_count()
        connection = store.database.connection()
        connection.execute("UPDATE generation SET versions = versions + 1")
    found = examine(home, TODAY)
    assert any("more or fewer" in one.what for one in found)
    mend(home, found, NOW)
    with RecordStore(home) as store:
        assert store.removed_on(gone) == "2026-11-02"
        assert store.sources() in (sources, ())
        assert store.version_count() == versions
        assert store.get(gone)
    assert serious(examine(home, TODAY)) == []


def test_what_nothing_can_be_read_of_stays_as_it_is(home: Path) -> None:
    path = home / FILE_NAME
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(b"nothing of ours" * 5_000)
    before = path.read_bytes()
    found = examine(home, TODAY)
    with pytest.raises(StoreError):
        mend(home, found, NOW)
    assert path.read_bytes() == before


def test_snapshots_are_looked_into_and_what_is_derived_in_them_is_mended(home: Path) -> None:
    with Finder(home) as finder:
        finder.make_snapshot("spring", TODAY)
    kept = home / "snapshots" / "spring"
    with Finder(kept) as snapshot:
        total = snapshot.find(Query(text="leukemia")).total
    assert serious(examine(home, TODAY)) == []
    (mark,) = kept.glob("derived/text-*/mark.json")
    mark.unlink()
    (one,) = serious(examine(home, TODAY))
    assert Path(one.where).is_relative_to(kept)
    assert serious(tuple(each for each in mend(home, [one], NOW) if not each.mended)) == []
    assert serious(examine(home, TODAY)) == []
    with Finder(kept) as snapshot:
        assert snapshot.find(Query(text="leukemia")).total == total


def test_a_snapshot_with_other_records_is_named_and_never_changed(home: Path) -> None:
    with Finder(home) as finder:
        finder.make_snapshot("spring", TODAY)
    kept = home / "snapshots" / "spring"
    records = kept / FILE_NAME
    records.chmod(0o644)
    with sqlite3.connect(records) as file:
        file.execute("DELETE FROM body WHERE version = (SELECT min(version) FROM body)")
    file.close()
    before = records.read_bytes()
    found = serious(examine(home, TODAY))
    assert found
    assert all(one.where.startswith(str(kept)) and "snapshot create" in one.remedy for one in found)
    assert not any(one.mended for one in mend(home, found, NOW))
    assert records.read_bytes() == before


def test_a_snapshot_whose_records_are_whole_but_others_is_found(home: Path) -> None:
    with Finder(home) as finder:
        finder.make_snapshot("spring", TODAY)
    manifest = home / "snapshots" / "spring" / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"sha256": "', '"sha256": "0'))
    (one,) = serious(examine(home, TODAY))
    assert "other records" in one.what
    assert serious(examine(home, TODAY, quick=True)) == []
    manifest.write_text(text[:40])
    (one,) = serious(examine(home, TODAY))
    assert "manifest" in one.what
