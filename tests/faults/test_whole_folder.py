"""A data folder with all that is derived: on a full disk, where it cannot be written, under a clock that jumps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import records

from accrual.errors import StoreError
from accrual.finder import Finder
from accrual.search.query import Query
from accrual.store.database import LEAST_ROOM

FIRST, ALL = 30, 60
READER = """
import sys
from datetime import date
from pathlib import Path
from accrual.doctor import examine, mend
from accrual.errors import StoreError
from accrual.finder import Finder
from accrual.search.query import Query
home = Path(sys.argv[1])
with Finder(home) as finder:
    assert finder.find(Query(text="made up")).total == 30
    assert finder.status().studies == finder.programs.trials == 30
    assert finder.criteria("NCT90000001").nct_id == "NCT90000001"
    assert finder.figures.study_sizes()["totalStudies"] == 30
found = examine(home, date(2026, 11, 23))
assert not [one for one in found if one.severity != "note"], found
print("served")
"""


def load(home: Path, count: int) -> None:
    with Finder(home) as finder:
        finder.load_records(records(count))


def found(home: Path) -> list[str]:
    with Finder(home) as finder:
        return sorted(hit.nct_id for hit in finder.find(Query(text="made up", top=100)).results)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "home"
    load(home, FIRST)
    return home


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB, where the system lets us mount one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    place = tmp_path / "disk"
    place.mkdir()
    command = [mount or "", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if mount is None or umount is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting is not permitted here: a full disk is tested through SQLite's page limit only")
    try:
        yield place
    finally:
        subprocess.run([umount, "-l", str(place)], check=True)


@pytest.mark.parametrize("left_kb", [0, 40, 200, 700])
def test_a_disk_that_fills_up_while_loading_serves_what_was_there(
    disk: Path, made: Path, left_kb: int
) -> None:
    home = Path(shutil.copytree(made, disk / "home"))
    filler = disk / "filler"
    filler.write_bytes(b"")
    room = shutil.disk_usage(disk).free - left_kb * 1024
    with filler.open("wb") as file:
        file.write(bytes(room))
    said = ""
    try:
        load(home, ALL)
    except StoreError as error:
        said = str(error)
    assert not said or any(word in said for word in ("room", "full", "space", "disk")), said
    if shutil.disk_usage(disk).free >= LEAST_ROOM:
        assert len(found(home)) in ((FIRST, ALL) if said else (ALL,))
    else:  # not even a reader can begin then, and says why
        with pytest.raises(StoreError, match="make room"):
            found(home)
    filler.unlink()
    load(home, ALL)
    assert len(found(home)) == ALL


def test_a_folder_that_cannot_be_written_is_served_whole(tmp_path: Path, made: Path) -> None:
    home = Path(shutil.copytree(made, tmp_path / "home"))
    command = [sys.executable, "-c", READER, str(home)]
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("running as root without setpriv: no folder can be made read-only")
        command = [setpriv, "--inh-caps=-all", "--bounding-set=-all", *command]
    entries = [home, *home.rglob("*")]
    modes = {entry: entry.stat().st_mode for entry in entries}
    for entry in reversed(entries):
        entry.chmod(modes[entry] & ~0o222)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    finally:
        for entry in entries:
            if entry.exists():
                entry.chmod(modes[entry])
    assert done.stdout.strip() == "served", done.stderr


@pytest.mark.parametrize("year_seconds", [0, 631_152_000, 4_102_444_800])
def test_a_clock_that_jumped_changes_nothing_but_the_days_of_files(
    tmp_path: Path, made: Path, year_seconds: int
) -> None:
    """Files dated 1970, 1990 or 2100: what is built is known by its content, never by its day."""
    home = Path(shutil.copytree(made, tmp_path / "home"))
    for entry in [*home.rglob("*"), home]:
        os.utime(entry, (year_seconds, year_seconds))
    before = found(home)
    assert len(before) == FIRST
    load(home, ALL)
    assert len(found(home)) == ALL
