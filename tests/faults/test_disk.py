"""Full disks, folders that cannot be written, files cut short or overwritten: a clear StoreError, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import records

from accrual.errors import StoreError
from accrual.store import load
from accrual.store.criteria_cache import criteria_recipe
from accrual.store.derived import catch_up
from accrual.store.load import load_records
from accrual.store.records import FILE_NAME, RecordStore
from accrual.store.schema import SCHEMA_VERSION

AS_READER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from made_up import records
from accrual.errors import StoreError
from accrual.store.criteria_cache import criteria_recipe
from accrual.store.derived import catch_up
from accrual.store.load import load_records
from accrual.store.records import RecordStore
with RecordStore(Path(sys.argv[1])) as store:
    assert not store.writable
    assert sum(len(change.body) > 0 for change in store.changed_since(0)) == store.count()
    store.verify()
    try:
        load_records(store, records(1))
    except StoreError as error:
        assert "cannot be written" in str(error), error
    else:
        raise AssertionError("it loaded")
    try:
        cache = catch_up(store, criteria_recipe("1"))
        assert not cache.put([])
        print(store.count(), cache.totals().studies)
    except StoreError as error:
        assert "never built" in str(error), error
        print(store.count(), "never built")
"""


def read_only_run(home: Path) -> str:
    """Read the folder in a process that cannot write it; return what it printed."""
    command = [sys.executable, "-c", AS_READER, str(home), str(Path(__file__).parents[1] / "store")]
    if os.geteuid() == 0:
        # The superuser may write everywhere, unless that right is dropped.
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("running as root without setpriv: no folder can be made read-only")
        command = [setpriv, "--inh-caps=-all", "--bounding-set=-all", *command]
    folders = [home, *(entry for entry in home.rglob("*"))]
    modes = {entry: entry.stat().st_mode for entry in folders}
    for entry in reversed(folders):
        entry.chmod(modes[entry] & ~0o222)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    finally:
        for entry in folders:
            entry.chmod(modes[entry])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_folder_that_cannot_be_written_is_served(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(30))
        catch_up(store, criteria_recipe("1")).close()
    assert read_only_run(tmp_path) == "30 0"


def test_what_was_never_built_cannot_be_served_read_only(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(30))
    assert read_only_run(tmp_path) == "30 never built"


def test_a_folder_that_cannot_be_written_is_served_with_what_a_crash_left_in_the_log(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    with RecordStore(home) as store:
        load_records(store, records(30))
        shutil.copytree(home, copy)
    assert (copy / "records.db-wal").stat().st_size > 0
    assert read_only_run(copy) == "30 never built"


def test_an_empty_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    done = None
    with pytest.raises(AssertionError, match="StoreError"):
        done = read_only_run(tmp_path)
    assert done is None


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.6, 0.95])
def test_a_file_cut_short_is_refused_or_made_anew_only_when_empty(tmp_path: Path, kept: float) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(900))
    path = tmp_path / FILE_NAME
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * kept))
    if kept == 0.0:
        with RecordStore(tmp_path) as store:
            assert store.count() == 0
        return
    with pytest.raises(StoreError, match=r"records\.db"), RecordStore(tmp_path) as store:
        store.verify()


@pytest.mark.parametrize("seed", range(12))
def test_garbage_in_the_file_is_a_store_error_and_nothing_else(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with RecordStore(tmp_path) as store:
        load_records(store, records(400))
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 3, 30])):
        place = rng.randrange(len(data))
        data[place : place + rng.choice([1, 64, 40_000])] = rng.randbytes(rng.choice([1, 64, 40_000]))
    path.write_bytes(data)
    # Harm that lands in unused space, or between two readings of one letter, is no harm that anyone can see.
    with contextlib.suppress(StoreError), RecordStore(tmp_path) as store:
        for nct in list(store.nct_ids()):
            store.get(nct)
        store.verify()
        assert store.count() == 400


def test_a_body_that_rots_is_found_by_its_checksum(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(20))
        database = sqlite3.connect(store.path)
        frame = bytearray(database.execute("SELECT bytes FROM body WHERE version = 7").fetchone()[0])
        frame[len(frame) // 2] ^= 0x10
        database.execute("UPDATE body SET bytes = ? WHERE version = 7", (bytes(frame),))
        database.commit()
        database.close()
        with pytest.raises(StoreError, match="version 7: a stored record is damaged"):
            store.verify()


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"PK\x03\x04 this is a zip" * 1000)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an accrual database"):
        RecordStore(tmp_path)
    assert path.read_bytes() == before
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (name TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an accrual database"):
        RecordStore(tmp_path)
    assert path.read_bytes() == before


def test_a_copy_made_by_vacuum_is_opened(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "home") as store:
        load_records(store, records(20))
        (tmp_path / "copy").mkdir()
        store.database.connection().execute("VACUUM INTO ?", (str(tmp_path / "copy" / FILE_NAME),))
    with RecordStore(tmp_path / "copy") as copy:
        copy.verify()
        assert load_records(copy, records(21)).added == 1


def test_a_store_of_a_newer_accrual_is_refused(tmp_path: Path) -> None:
    RecordStore(tmp_path).close()
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    database.close()
    with pytest.raises(StoreError, match="newer accrual"):
        RecordStore(tmp_path)


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(StoreError, match="home"):
        RecordStore(tmp_path / "home")


def test_a_full_database_keeps_what_was_committed_and_loads_on_with_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "BATCH_RECORDS", 50)
    with RecordStore(tmp_path) as store:
        store.database.connection().execute("PRAGMA max_page_count=14")
        with pytest.raises(StoreError, match="the disk is full"):
            load_records(store, records(2000))
        count = store.version_count()
        assert count > 0
        store.verify()
    with RecordStore(tmp_path) as store:
        assert store.version_count() == count
        report = load_records(store, records(2000))
        assert (report.added, report.unchanged) == (2000 - count, count)
        store.verify()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, where the system lets us mount one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    disk = tmp_path / "disk"
    disk.mkdir()
    if mount is None or umount is None:
        pytest.skip("no mount command: a full disk is tested through SQLite's page limit only")
    command = [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting is not permitted: a full disk is tested through SQLite's page limit only")
    try:
        yield disk
    finally:
        subprocess.run([umount, str(disk)], check=True)


def test_a_really_full_disk(tiny_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "BATCH_RECORDS", 50)
    home = tiny_disk / "home"
    with RecordStore(home) as store:
        with pytest.raises(StoreError, match=r"full|make room"):
            load_records(store, records(4000))
        count = store.version_count()
        assert 0 < count < 4000
    with RecordStore(home) as store:
        assert store.version_count() == count
        store.verify()
        with pytest.raises(StoreError):
            load_records(store, records(4000))
        assert store.version_count() >= count
