"""Measures what keeping every version costs: bytes a version, time to read one; beside git, which keeps versions too.

Comes in: any file of dated versions (`nct_id`, `last_update_posted`, `version_holder`, `study` a line), and records to
train the dictionary on. Goes out: a line for each way to keep them. The versions are loaded day by day, as they came.

    python benchmarks/history.py ../shared/data/registry/history/versions.jsonl.gz --records ../shared/data/registry/v2
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import zstandard

from accrual.registry.files import SourceRecord, read_records
from accrual.store.compression import LEVEL
from accrual.store.load import load, load_records
from accrual.store.records import RecordStore

OUT = Path(__file__).parent / "out"
READS = 2000
"""Versions read, drawn at random: enough for a median that holds still."""


def main() -> int:
    """Load the versions, and print what each way of keeping them takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("versions", type=Path, nargs="+")
    parser.add_argument(
        "--records", type=Path, nargs="*", default=[], help="records to train the dictionary on"
    )
    parser.add_argument("--home", type=Path, default=OUT / "history", help="data folder; emptied first")
    asked = parser.parse_args()
    shutil.rmtree(asked.home, ignore_errors=True)
    versions = [one for one in read_records(asked.versions) if isinstance(one, SourceRecord)]
    versions.sort(key=lambda one: one.last_update)
    with RecordStore(asked.home) as store:
        if asked.records:
            load(store, asked.records)
        for _, day in groupby(versions, key=lambda one: one.last_update):
            load_records(store, day)
        report(store, versions)
    git = git_bytes(asked.home / "git", versions)
    later = len(versions) - len({one.trial.nct_id for one in versions})
    if git is not None:
        print(f"git, packed with gc --aggressive: {git[1] / later:8,.0f} bytes a later version")
    return 0


def report(store: RecordStore, versions: Sequence[SourceRecord]) -> None:
    """Print bytes and times of the store's own way, and of whole frames."""
    rows = (
        store.database.connection()
        .execute("SELECT version, base, length(bytes) FROM body WHERE base IS NOT NULL ORDER BY version")
        .fetchall()
    )
    numbers = [row[0] for row in rows]
    bodies = [store.get_version(number) for number in numbers]
    dictionary = int(has_dictionary(store))  # the first one, or none
    whole = store.bodies.codec(dictionary).compress_many(bodies, dictionary)
    plain = [zstandard.ZstdCompressor(level=LEVEL).compress(body) for body in bodies]
    studies = {one.trial.nct_id for one in versions}
    print(
        f"{len(versions)} versions of {len(studies)} studies; {len(rows)} are stored against an earlier one"
    )
    for name, sizes in {
        "JSON": [len(body) for body in bodies],
        "zstd": [len(frame) for frame in plain],
        "zstd with the trained dictionary": [len(frame) for frame in whole],
        "against an earlier version": [row[2] for row in rows],
    }.items():
        ordered = sorted(sizes)
        print(
            f"{name:34} {sum(sizes) / len(sizes):8,.0f} bytes a version, median {ordered[len(ordered) // 2]:,},"
            f" most {ordered[-1]:,}"
        )
    rng = random.Random(7)
    held = [
        row[0] for row in store.database.connection().execute("SELECT version FROM body WHERE base IS NULL")
    ]
    for name, among in {"stored whole": held, "stored against another": numbers}.items():
        drawn = rng.choices(among, k=READS)
        print(
            f"read one {name:24} {1000 * median_seconds(lambda at: store.get_version(at), drawn):8.3f} ms (median)"
        )


def has_dictionary(store: RecordStore) -> bool:
    """Say whether there were records enough to train one."""
    return bool(store.database.connection().execute("SELECT count(*) FROM dictionary").fetchone()[0])


def median_seconds(work: Callable[[int], object], over: Sequence[int]) -> float:
    """Return the median time of a call."""
    times = []
    for one in over:
        started = time.perf_counter()
        work(one)
        times.append(time.perf_counter() - started)
    return sorted(times)[len(times) // 2]


def git_bytes(folder: Path, versions: Sequence[SourceRecord]) -> tuple[int, int] | None:
    """Return the size of a packed repository with the first version of each study, and what the later ones add."""
    if shutil.which("git") is None:
        return None
    folder.mkdir(parents=True)

    def git(*words: str) -> str:
        settings = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0")
        done = subprocess.run(
            ["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def packed() -> int:
        git("gc", "--aggressive", "--prune=now", "--quiet")
        return sum(file.stat().st_size for file in (folder / ".git" / "objects" / "pack").iterdir())

    git("init", "--quiet")
    seen: set[str] = set()
    first = [one for one in versions if one.trial.nct_id not in seen and not seen.add(one.trial.nct_id)]  # type: ignore[func-returns-value]
    for one in first:
        (folder / f"{one.trial.nct_id}.json").write_bytes(one.body)
    git("add", "-A")
    git("commit", "--quiet", "-m", "first")
    base = packed()
    held = {id(one) for one in first}
    for day, some in groupby(
        (one for one in versions if id(one) not in held), key=lambda one: one.last_update
    ):
        for one in some:
            (folder / f"{one.trial.nct_id}.json").write_bytes(one.body)
        git("add", "-A")
        git("commit", "--quiet", "--allow-empty", "-m", day)
    return base, packed() - base


if __name__ == "__main__":
    sys.exit(main())
