"""`kill -9` at random moments of all work on a data folder: it opens, serves what was committed, and the next run ends.

A few kills of each job run always; `make faults` runs two hundred (`ACCRUAL_FAULT_KILLS`).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sync"))
sys.path.insert(0, str(Path(__file__).parent))

import jobs
from local_upstream import LocalUpstream, made_up_home

from accrual.doctor import examine
from accrual.finder import Finder
from accrual.search.query import Query
from accrual.store.records import FILE_NAME, RecordStore
from accrual.store.snapshot import list_snapshots

KILLS = int(os.environ.get("ACCRUAL_FAULT_KILLS", "10"))
AT_LENGTH = KILLS >= 100
KILLS_IN_A_ROW = 4 if AT_LENGTH else 2
SEEDS = range(max(1, round(KILLS / KILLS_IN_A_ROW / len(jobs.JOBS))))

# Processes are forked off one that has read the program in and opened nothing: a start costs milliseconds.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["accrual.finder", "accrual.doctor", "accrual.sync"])


class Killer:
    """Runs jobs, to their end or not; knows how long each takes undisturbed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def finish(self, name: str, home: Path, argument: str) -> None:
        """Run a job to its end."""
        began = time.monotonic()
        process = CONTEXT.Process(target=jobs.run, args=(name, str(home), argument))
        process.start()
        process.join(120)
        assert process.exitcode == 0, f"{name} ended with {process.exitcode}"
        self.seconds.setdefault(name, time.monotonic() - began)

    def kill(self, name: str, home: Path, argument: str, rng: random.Random) -> None:
        """Begin a job and kill it at some moment of its usual time; it may have ended before."""
        process = CONTEXT.Process(target=jobs.run, args=(name, str(home), argument))
        process.start()
        process.join(rng.uniform(0.0, self.seconds[name]))
        process.kill()
        process.join(60)
        assert process.exitcode in (-signal.SIGKILL, 0), f"{name} ended with {process.exitcode}"


@pytest.fixture(scope="module")
def killer() -> Killer:
    return Killer()


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalUpstream]:
    with LocalUpstream(made_up_home(tmp_path_factory.mktemp("upstream"))) as served:
        yield served


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, killer: Killer) -> Path:
    """A data folder that nobody disturbed."""
    home = tmp_path_factory.mktemp("whole") / "home"
    killer.finish("load", home, "")
    return home


def served(home: Path) -> dict[str, Any]:
    """Return what a data folder answers, once all is caught up; every part of it must agree with the records."""
    with Finder(home) as finder:
        found = finder.find(Query(top=1_000))
        numbers = list(finder.nct_ids())
        assert sorted(hit.nct_id for hit in found.results) == numbers
        finder.catch_up()
        status = finder.status()
        return {
            "records": dict(finder.all_records()),
            "found": [hit.nct_id for hit in finder.find(Query(text="made up study", top=1_000)).results],
            "studies": status.studies,
            "versions": status.versions,
            "read": status.studies_read,
            "laid out": finder.programs.trials,
            "themes": len(finder.themes.numbers),
            "sizes": finder.figures.study_sizes(),
            "values": finder.figures.values(fields=["OverallStatus"]),
        }


def survived(home: Path, scratch: Path) -> int:
    """Check, on a copy, that a killed folder opens, serves and is sound; return how many versions it holds."""
    if not (home / FILE_NAME).exists():
        return 0
    copy = Path(shutil.copytree(home, scratch / f"copy{time.monotonic_ns()}"))
    with RecordStore(copy) as store:
        store.verify()
        versions = store.version_count()
    served(copy)
    assert [one for one in examine(copy, jobs.TODAY) if one.severity != "note"] == []
    shutil.rmtree(copy)
    return versions


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_load_with_all_that_is_derived(
    tmp_path: Path, killer: Killer, whole: Path, seed: int
) -> None:
    rng, home, held = random.Random(seed), tmp_path / "home", 0
    for _ in range(KILLS_IN_A_ROW):
        killer.kill("load", home, "", rng)
        now = survived(home, tmp_path)
        assert now >= held, "a committed batch was lost"
        held = now
    killer.finish("load", home, "")
    assert served(home) == served(whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_build_of_what_is_derived(tmp_path: Path, killer: Killer, whole: Path, seed: int) -> None:
    rng = random.Random(1_000 + seed)
    home = Path(shutil.copytree(whole, tmp_path / "home"))
    killer.seconds.setdefault("build", killer.seconds["load"])
    for _ in range(KILLS_IN_A_ROW):
        for folder in sorted((home / "derived").glob("*-*/")):
            if rng.random() < 0.5:
                shutil.rmtree(folder)
        killer.kill("build", home, "", rng)
        survived(home, tmp_path)
    killer.finish("build", home, "")
    assert served(home) == served(whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_sync(tmp_path: Path, killer: Killer, upstream: LocalUpstream, seed: int) -> None:
    rng, home, held = random.Random(2_000 + seed), tmp_path / "home", 0
    if "sync" not in killer.seconds:
        killer.finish("sync", tmp_path / "clean", upstream.url)
    for _ in range(KILLS_IN_A_ROW):
        killer.kill("sync", home, upstream.url, rng)
        now = survived(home, tmp_path)
        assert now >= held, "a committed batch was lost"
        held = now
    killer.finish("sync", home, upstream.url)
    with RecordStore(home) as store:
        assert [*store.nct_ids()] == [*upstream.finder.nct_ids()]
        assert len(store.sources()) == 1
    survived(home, tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_snapshot(tmp_path: Path, killer: Killer, whole: Path, seed: int) -> None:
    rng = random.Random(3_000 + seed)
    home = Path(shutil.copytree(whole, tmp_path / "home"))
    if "snapshot" not in killer.seconds:
        killer.finish("snapshot", home, "first")
    for turn in range(KILLS_IN_A_ROW):
        killer.kill("snapshot", home, f"turn{turn}", rng)
        for kept in list_snapshots(home):  # half a snapshot is none
            assert kept.studies == jobs.STUDIES
            with RecordStore(home / "snapshots" / kept.name) as store:
                store.verify()
                assert store.count() == jobs.STUDIES
        survived(home, tmp_path)
    killer.finish("snapshot", home, "last")
    assert "last" in {kept.name for kept in list_snapshots(home)}
    assert served(home) == served(whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_recovery_of_damaged_records(tmp_path: Path, killer: Killer, whole: Path, seed: int) -> None:
    rng = random.Random(4_000 + seed)
    home = Path(shutil.copytree(whole, tmp_path / "home"))
    with RecordStore(home) as store:
        connection = store.database.connection()
        # A second version: the first ones may be what others are stored against, and would take them along.
        connection.execute("UPDATE body SET bytes = zeroblob(20) WHERE version = 67")
        lost = connection.execute(
            "SELECT s.nct_id FROM version v JOIN study s ON s.study = v.study WHERE v.version = 67"
        ).fetchone()[0]
    killer.seconds.setdefault("mend", killer.seconds["load"])
    for turn in range(KILLS_IN_A_ROW):
        killer.kill("mend", home, str(turn), rng)
        with RecordStore(home) as store:  # damaged as before, or mended; never anything between
            assert store.version_count() in (jobs.STUDIES * jobs.VERSIONS, jobs.STUDIES * jobs.VERSIONS - 1)
    killer.finish("mend", home, str(KILLS_IN_A_ROW))
    assert survived(home, tmp_path) == jobs.STUDIES * jobs.VERSIONS - 1
    with RecordStore(home) as store:
        assert len(store.versions(lost)) == jobs.VERSIONS - 1
    assert len(list(home.glob(f"{FILE_NAME}.damaged-*[0-9]"))) == 1


def test_two_loads_at_once_end_with_one_set_of_records(tmp_path: Path, killer: Killer, whole: Path) -> None:
    home = tmp_path / "home"
    processes = [CONTEXT.Process(target=jobs.run, args=("load", str(home), "")) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    # The second is refused where the first still loads, and finds nothing to do where it is done.
    assert 0 in {process.exitcode for process in processes}
    killer.finish("load", home, "")
    assert served(home) == served(whole)


def test_two_syncs_at_once_end_with_one_set_of_records(
    tmp_path: Path, killer: Killer, upstream: LocalUpstream
) -> None:
    home = tmp_path / "home"
    processes = [CONTEXT.Process(target=jobs.run, args=("sync", str(home), upstream.url)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert 0 in {process.exitcode for process in processes}
    killer.finish("sync", home, upstream.url)
    with RecordStore(home) as store:
        assert [*store.nct_ids()] == [*upstream.finder.nct_ids()]
    survived(home, tmp_path)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garble(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


HARM: dict[str, Callable[[Path], None]] = {
    "deleted": Path.unlink,
    "cut": cut,
    "emptied": empty,
    "garbled": garble,
}
ARTEFACTS = ("text", "registry", "criteria", "program", "themes", "figures", "locations")


HARMED = [(name, harm) for name in ARTEFACTS for harm in HARM]


@pytest.mark.parametrize(("name", "harm"), HARMED if AT_LENGTH else HARMED[::5])
def test_any_file_of_what_is_derived_may_be_lost_or_spoiled(
    tmp_path: Path, whole: Path, name: str, harm: str
) -> None:
    """Every file of an artefact in turn: a command meets it, or the doctor does; then all is as it was."""
    expected = served(whole)
    (folder,) = (whole / "derived").glob(f"{name}-*/")
    files = [path.relative_to(whole) for path in sorted(folder.rglob("*")) if path.is_file()]
    for number, file in enumerate(files if AT_LENGTH else random.Random(harm + name).sample(files, 1)):
        home = Path(shutil.copytree(whole, tmp_path / str(number)))
        HARM[harm](home / file)
        killed = CONTEXT.Process(target=jobs.run, args=("mend", str(home), "0"))
        killed.start()
        killed.join(120)
        assert killed.exitcode == 0, file
        assert served(home) == expected, file
        shutil.rmtree(home)
