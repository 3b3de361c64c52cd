"""A load that is killed at any moment leaves a store that opens, serves what was committed, and loads again."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import records

from accrual.registry.files import SourceRecord
from accrual.store import load
from accrual.store.records import RecordStore

LOADER = Path(__file__).with_name("loader.py")
STUDIES, VERSIONS, BATCH = 300, 4, 10
KILLS_IN_A_ROW, ROUNDS = 5, 5

Content = list[tuple[str, str, str, bytes, bool]]


def content(store: RecordStore) -> Content:
    """Return everything a user can see, whatever the batches it came in."""
    return [
        (nct, one.last_update, one.version_holder, one.identity, one.current)
        for nct in store.nct_ids()
        for one in store.versions(nct)
    ]


def start(home: Path, *pause_at: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(LOADER), str(home), *map(str, (STUDIES, VERSIONS, BATCH, *pause_at))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def finish(home: Path) -> float:
    """Load to the end and return how long the load itself took, in seconds."""
    begun = time.monotonic()
    process = start(home)
    begun = time.monotonic()
    output, _ = process.communicate()
    assert process.returncode == 0
    assert output == "finished\n"
    return time.monotonic() - begun


def committed(home: Path) -> int:
    """Check that a store is sound and holds exactly the first records of the source; return how many."""
    with RecordStore(home) as store:
        store.verify()
        count = store.version_count()
        days = sorted(
            (one.version, one.nct_id, one.last_update)
            for nct in store.nct_ids()
            for one in store.versions(nct)
        )
        source = [(one.trial.nct_id, one.last_update) for one in FIRST_RECORDS[:count]]
        assert [(nct, day) for _, nct, day in days] == source
        assert sum(len(change.body) > 0 for change in store.changed_since(0)) == store.count()
    return count


FIRST_RECORDS = list(records(STUDIES, VERSIONS))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Content, float]:
    """Content of a load that nobody disturbed, and the seconds it took."""
    home = tmp_path_factory.mktemp("clean")
    seconds = finish(home)
    with RecordStore(home) as store:
        assert store.version_count() == STUDIES * VERSIONS
        return content(store), seconds


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_again_and_again_at_random_moments(
    tmp_path: Path, clean: tuple[Content, float], seed: int
) -> None:
    expected, seconds = clean
    rng = random.Random(seed)
    reached = 0
    for _ in range(KILLS_IN_A_ROW):
        process = start(tmp_path)
        # A third of the way at most: a load resumed goes quickly over what is there, and all kills should hit.
        time.sleep(rng.uniform(0, seconds / 3))
        kill(process)
        count = committed(tmp_path)
        assert count >= reached, "a committed batch was lost"
        reached = count
    finish(tmp_path)
    with RecordStore(tmp_path) as store:
        store.verify()
        assert content(store) == expected


@pytest.mark.parametrize("pause_at", [0, 1, BATCH, 5 * BATCH + 7, STUDIES * VERSIONS - 1])
def test_killed_between_two_records(tmp_path: Path, clean: tuple[Content, float], pause_at: int) -> None:
    process = start(tmp_path, pause_at)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    kill(process)
    # Two batches may be under way, one being filled and one being compressed; everything before them is in.
    assert pause_at - 2 * BATCH <= committed(tmp_path) <= pause_at
    finish(tmp_path)
    with RecordStore(tmp_path) as store:
        assert content(store) == clean[0]


def test_a_log_torn_anywhere_gives_a_committed_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut can leave: the log cut off at any byte, its index gone."""
    monkeypatch.setattr(load, "BATCH_RECORDS", BATCH)
    rng = random.Random(3)
    home, copies = tmp_path / "home", tmp_path / "copies"
    copies.mkdir()

    def source() -> Iterator[SourceRecord]:
        for number, one in enumerate(FIRST_RECORDS):
            if number % 97 == 50:
                copy = copies / str(number)
                shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*-shm"))
                log = copy / "records.db-wal"
                with log.open("r+b") as file:
                    file.truncate(rng.randrange(log.stat().st_size + 1))
            yield one

    with RecordStore(home) as store:
        load.load_records(store, source())
    counts = [committed(copy) for copy in sorted(copies.iterdir())]
    assert len(counts) > 10
    assert max(counts) > 0


def test_processes_that_open_a_new_folder_at_once_all_succeed(tmp_path: Path) -> None:
    command = "import sys; from pathlib import Path; from accrual.store.records import RecordStore\n"
    command += "sys.stdin.readline()\nfor _ in range(20):\n    RecordStore(Path(sys.argv[1])).close()"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", command, str(tmp_path)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    errors = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        errors.append(process.communicate(timeout=60)[1])
    assert errors == [""] * 4


def test_one_process_loads_while_another_reads(tmp_path: Path) -> None:
    process = start(tmp_path)
    generations, counts, opened = [], [], 0
    try:
        while process.poll() is None:
            with RecordStore(tmp_path) as store:
                opened += 1
                for _ in range(5):
                    generations.append(store.generation)
                    counts.append(store.version_count())
                    # What the load changes while this stream is read is left to the next one: fewer, never more.
                    assert sum(1 for _ in store.changed_since(0)) <= store.count()
                    for nct in list(store.nct_ids())[-3:]:
                        assert nct.encode() in store.get(nct)
    finally:
        output, _ = process.communicate(timeout=60)
    assert output == "finished\n"
    assert process.returncode == 0
    assert opened >= 1
    assert generations == sorted(generations)
    assert counts == sorted(counts)
    assert committed(tmp_path) == STUDIES * VERSIONS
