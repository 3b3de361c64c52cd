"""Measures loading: records a second, megabytes a second, peak memory, and what lies on disk.

Comes in: any file or folder of records that accrual reads. Goes out: a few lines. Everything goes through the
facade, as `accrual load` does: records first, then the text index and the compiled criteria.

    python benchmarks/load.py benchmarks/out/scaled.jsonl.gz
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import time
from pathlib import Path

from accrual.finder import Finder

OUT = Path(__file__).parent / "out"


def main() -> int:
    """Load into a fresh data folder and print what it took, stage by stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--home", type=Path, default=OUT / "home", help="data folder; emptied first")
    asked = parser.parse_args()
    shutil.rmtree(asked.home, ignore_errors=True)
    asked.home.mkdir(parents=True)
    stages: dict[str, tuple[float, float]] = {}
    started = time.perf_counter()

    def note(progress: object) -> None:
        stage = str(getattr(progress, "name", None) or "records")
        now = time.perf_counter() - started
        stages[stage] = (stages.get(stage, (now, now))[0], now)

    with Finder(asked.home) as finder:
        report = finder.load(asked.records, note)
    seconds = time.perf_counter() - started
    stored = report.added + report.changed
    print(f"{stored:,} studies stored, {report.refused:,} refused, {seconds:.0f} s in all")
    print(f"{stored / seconds:,.0f} records/s, {report.bytes / seconds / 1e6:.1f} MB/s of source")
    for stage, (first, last) in stages.items():
        print(f"  {stage}: from {first:.0f} s to {last:.0f} s")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory {own / 1e6:.2f} GB, largest helper process {children / 1e6:.2f} GB")
    parts = [asked.home / "records.db", *sorted((asked.home / "derived").glob("*/"))]
    for part in parts:
        print(f"  {part.name}: {_size(part) / 1e9:.2f} GB")
    print(f"  whole data folder: {_size(asked.home) / 1e9:.2f} GB")
    return 0


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


if __name__ == "__main__":
    sys.exit(main())
