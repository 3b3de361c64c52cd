"""Measures the stages of a load one after the other: processor time and wall time a study, each by itself.

Comes in: any file or folder of records that accrual reads. Goes out: a line for each stage. A real load runs stages
beside each other (`load.py` measures that); here each has the machine to itself, so that times can be added up.

    python benchmarks/stages.py benchmarks/out/scaled5k.jsonl
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from accrual.folder import DataFolder
from accrual.reading import read_all
from accrual.store.load import load

OUT = Path(__file__).parent / "out"


def main() -> int:
    """Load into a fresh data folder and print what each stage took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--home", type=Path, default=OUT / "stages", help="data folder; emptied first")
    asked = parser.parse_args()
    shutil.rmtree(asked.home, ignore_errors=True)
    asked.home.mkdir(parents=True)
    folder = DataFolder(asked.home)
    stages: dict[str, Callable[[], object]] = {
        "records": lambda: load(folder.records, asked.records),
        "text index": lambda: folder.index,
        "registry index": lambda: folder.registry,
        "criteria": lambda: read_all(folder.records, folder.cache),
        "programs": lambda: folder.programs,
        "themes": lambda: folder.themes,
        "figures": lambda: folder.figures,
        "places": lambda: folder.locations,
    }
    for name, work in stages.items():
        started, used = time.perf_counter(), processor_seconds()
        work()
        wall, used = time.perf_counter() - started, processor_seconds() - used
        studies = folder.records.count()
        print(
            f"{name:15} {1000 * used / studies:7.2f} ms of CPU {1000 * wall / studies:7.2f} ms of wall time a study"
        )
    folder.close()
    return 0


def processor_seconds() -> float:
    """Return the processor time of this process, its threads, and its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    sys.exit(main())
