"""Makes a data folder of scaled records with what the pages read: records, text index, places. No file in between.

Comes in: the shared data folder and how many studies are wanted. Goes out: a data folder, for `pages.py --home DIR
--bare`, and a line a stage on standard output. What is left out takes hours at 600,000 studies and is not asked by
the pages of results, trials and places: the registry's index, compiled criteria, programs, themes, statistics.
Run again on the same folder it goes on where it was broken off.

    python benchmarks/pages_home.py --studies 600000 --home benchmarks/out/pages600k
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from accrual.folder import DataFolder
from accrual.registry.ctgov_json import write_json
from accrual.registry.files import SourceRecord
from accrual.store.load import load_records
from scale import SHARED, read_bodies, read_titles, varied

SEED = 7  # as scale.py


def main() -> int:
    """Fill the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--studies", type=int, default=600_000)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--home", type=Path, required=True)
    asked = parser.parse_args()
    folder = DataFolder(asked.home)
    if folder.records.count() < asked.studies:
        begun = time.perf_counter()
        load_records(folder.records, _records(asked.data, asked.studies))
        _say("records", begun)
    for name in ("index", "locations"):
        begun = time.perf_counter()
        getattr(folder, name)
        _say(name, begun)
    folder.close()
    return 0


def _records(data: Path, studies: int) -> Iterator[SourceRecord]:
    for trial in varied(read_bodies(data), read_titles(data), studies, random.Random(SEED)):
        yield SourceRecord(
            trial=trial,
            body=write_json(trial),
            where=trial.nct_id,
            version_holder=trial.version_holder,
            last_update=trial.last_update,
        )


def _say(name: str, begun: float) -> None:
    print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
