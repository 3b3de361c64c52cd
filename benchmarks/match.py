"""Measures matching: the 20 best trials for a patient, each with its whole proof, out of a data folder.

Comes in: a data folder with records loaded, and patients: files, folders and zips that accrual reads, and topics in
TREC's XML, one note each. Goes out: how long a patient takes, reading him aside: the sweep over every trial, retrieval
and ranking, the proofs of the best 20; median and 95th percentile. Patients are asked for one after the other, once; a
few are matched beforehand, for a server that has run a minute has its files in memory.

Times are CPU time of this one process, all its threads: the machine is shared. `--wall` measures by the clock.

    python benchmarks/match.py HOME --patients ../shared/data/patients/synthea_r4.zip --topics topics2021.xml
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from accrual.finder import Finder
from accrual.match.evaluate import Screener
from accrual.patient.model import Patient
from sweep import read_patients
from trec import read_note, read_topics

TOP = 20
WARM = 5  # patients matched beforehand


def main(arguments: list[str] | None = None) -> int:
    """Match every patient and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("home", type=Path)
    parser.add_argument("--patients", type=Path, nargs="+", default=[])
    parser.add_argument("--topics", type=Path, nargs="+", default=[])
    parser.add_argument("--today", type=date.fromisoformat, default=date(2026, 11, 22))
    parser.add_argument("--wall", action="store_true", help="measure by the clock")
    asked = parser.parse_args(arguments)
    with Finder(asked.home) as finder:
        charts = list(read_patients(asked.patients))
        notes = [read_note(finder, text) for path in asked.topics for text in read_topics(path).values()]
        if not charts and not notes:
            print("nobody to match: name patients or topics")
            return 1
        print(f"{finder.status().studies:,} studies, the {TOP} best with their proofs")
        for patient in (*charts[:WARM], *notes[:WARM]):
            measured(finder, patient, asked.today, asked.wall)
        taken = [
            [measured(finder, one, asked.today, asked.wall) for one in patients]
            for patients in (charts, notes)
        ]
    for name, seconds in zip(("patients", "notes", "all"), (*taken, [*taken[0], *taken[1]]), strict=True):
        if seconds:
            report(name, seconds)
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB, mapped files included"
    )
    return 0


def measured(finder: Finder, patient: Patient, today: date, wall: bool) -> tuple[float, float, float]:
    """Return seconds of the sweep alone, of matching (a sweep included), and of the proofs."""
    clock = time.perf_counter if wall else time.process_time
    started = clock()
    finder.sweep([Screener(patient, today)])
    swept = clock()
    found = finder.match(patient, today, top=TOP)
    matched = clock()
    for one in found:
        finder.screen(one.nct_id, patient, today)
    return swept - started, matched - swept, clock() - matched


def report(name: str, seconds: Sequence[tuple[float, float, float]]) -> None:
    """Print medians and 95th percentiles, in milliseconds."""
    parts = {
        "every trial decided": [sweep for sweep, _, _ in seconds],
        "retrieved and ranked": [max(match - sweep, 0.0) for sweep, match, _ in seconds],
        f"{TOP} proofs": [proofs for _, _, proofs in seconds],
        "together": [match + proofs for _, match, proofs in seconds],
    }
    print(f"{len(seconds)} {name}:")
    for part, taken in parts.items():
        slow = float(np.quantile(taken, 0.95))
        print(f"  {part}: p50 {statistics.median(taken) * 1e3:.0f} ms, p95 {slow * 1e3:.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
