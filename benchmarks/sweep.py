"""Measures deciding: one patient against every trial at once, beside one trial after the other.

Comes in: registry records and patients, any files that accrual reads (patients also in a zip). Goes out: a few lines
of figures. The arrays are the ones that `accrual match` maps; nothing is searched here, only decided.

A registry of `--studies` trials is made of the real ones by repeating them. Real trials do not repeat: how fast
distinct leaves grow is measured on the real ones (half of them against all), and so many leaves of the copies are
changed (other bounds, another window) that the made registry has about as many distinct ones as that growth would
give. `--plain` leaves the copies as they are, which is the registry of `scale.py`.

Times are CPU time of this one process on one core: the machine is shared.

    python benchmarks/sweep.py ../shared/data/registry --patients ../shared/data/patients/synthea_r4.zip
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import resource
import shutil
import statistics
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec
import numpy as np

from accrual.basic import Interval
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    Not,
    Present,
    Tree,
    When,
    Window,
    Within,
    walk,
)
from accrual.errors import PatientError
from accrual.match.builder import Builder
from accrual.match.evaluate import Screener
from accrual.match.program import Program
from accrual.match.sweep import sweep
from accrual.match.verdict import tally
from accrual.patient.model import Patient
from accrual.patient.reader import read_patient
from accrual.reading import compile_record, compiler_version
from accrual.registry.files import SourceRecord, read_records

OUT = Path(__file__).parent / "out"
_UNITS = ("d", "wk", "mo", "a")
CROSS_ENCODER = (60, 70)
"""Pairs a second of a fine-tuned cross-encoder on 16 CPU cores, as its authors give them; not run here."""


def main(arguments: list[str] | None = None) -> int:
    """Lay the trials out, decide them for each patient, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--patients", type=Path, nargs="+", required=True)
    parser.add_argument("--studies", type=int, default=600_000)
    parser.add_argument("--plain", action="store_true", help="repeat the real trials without changing leaves")
    parser.add_argument("--today", type=date.fromisoformat, default=date(2026, 11, 22))
    parser.add_argument("--batch", type=int, default=8, help="patients decided together")
    asked = parser.parse_args(arguments)
    trials = compiled_trials(asked.records)
    patients = list(read_patients(asked.patients))
    if not trials or not patients:
        print("nothing to decide: no trials, or no patients")
        return 1
    folder = OUT / "sweep"
    shutil.rmtree(folder, ignore_errors=True)
    started = time.process_time()
    leaves = lay_out(trials, asked.studies, folder, asked.plain)
    built = time.process_time() - started
    started = time.process_time()
    program = Program(folder)
    opened = time.process_time() - started
    laid = f"{len(program.numbers):,} laid out in {built:.0f} s, opened in {opened * 1e3:.0f} ms"
    print(f"{len(trials):,} real trials, {laid}")
    print(f"{leaves}; {program.nodes:,} nodes, {_size(folder) / 1e6:,.0f} MB on disk")
    report_times(program, patients, asked.today, asked.batch)
    report_one_by_one(trials, patients, asked.today)
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB, laying out included"
    )
    return 0


def compiled_trials(paths: Sequence[Path]) -> list[CompiledTrial]:
    """Compile the records, or take what an earlier run with the same compiler and files left."""
    key = msgspec.json.encode([str(path.resolve()) for path in paths])
    kept = OUT / f"compiled-{compiler_version()}-{hashlib.blake2b(key, digest_size=4).hexdigest()}.jsonl"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.with_suffix(".new").open("wb") as file:
            for record in read_records(paths):
                if isinstance(record, SourceRecord):
                    file.write(msgspec.json.encode(compile_record(record.body)) + b"\n")
        kept.with_suffix(".new").replace(kept)
    decode = msgspec.json.Decoder(CompiledTrial).decode
    with kept.open("rb") as lines:
        return [decode(line) for line in lines]


def read_patients(paths: Sequence[Path]) -> Iterator[Patient]:
    """Yield the patients of files and zips; what is no patient is left out."""
    for path in paths:
        files: Iterator[tuple[str, bytes]]
        if path.suffix == ".zip":
            archive = zipfile.ZipFile(path)
            files = (
                (name, archive.read(name)) for name in sorted(archive.namelist()) if not name.endswith("/")
            )
        else:
            found = sorted(path.rglob("*")) if path.is_dir() else [path]
            files = ((str(one), one.read_bytes()) for one in found if one.is_file())
        for name, body in files:
            try:
                yield read_patient(body, name)
            except PatientError:
                continue


# -- a registry of any size


def lay_out(trials: Sequence[CompiledTrial], studies: int, folder: Path, plain: bool) -> str:
    """Write a program of so many trials; return what is to be said of its leaves."""
    half, whole = (len(distinct_leaves(trials[:end])) for end in (len(trials) // 2, len(trials)))
    growth = math.log2(whole / half) if half else 0.0
    copies = max(studies - len(trials), 0)
    expected = whole * (studies / len(trials)) ** growth
    each = sum(sum(isinstance(node, Compare | Present) for node in _nodes(one)) for one in trials) / len(
        trials
    )
    share = 0.0 if plain or not copies else min(1.0, (expected - whole) / (copies * each))
    rng = random.Random(7)
    builder = Builder()
    for rank in range(studies):
        one = trials[rank % len(trials)]
        builder.add(_copied(one, rank, share, rng) if rank >= len(trials) else _numbered(one, rank))
    builder.write(folder)
    made = Program(folder).leaves
    return f"distinct leaves {whole:,} of the real trials (x {2**growth:.2f} when they double), {made:,} laid out"


def distinct_leaves(trials: Sequence[CompiledTrial]) -> set[Tree]:
    """Return the different leaves, windows aside."""
    return {node for trial in trials for node in _nodes(trial) if isinstance(node, Compare | Present)}


def _nodes(trial: CompiledTrial) -> Iterator[Tree]:
    for tree in (*(one.tree for one in trial.criteria), *(field.tree for field in trial.fields)):
        yield from walk(tree)


def _numbered(trial: CompiledTrial, rank: int) -> CompiledTrial:
    return msgspec.structs.replace(trial, nct_id=f"NCT{rank + 1:08d}")


def _copied(trial: CompiledTrial, rank: int, share: float, rng: random.Random) -> CompiledTrial:
    criteria = tuple(
        msgspec.structs.replace(one, tree=_changed(one.tree, share, rng)) for one in trial.criteria
    )
    return msgspec.structs.replace(_numbered(trial, rank), criteria=criteria)


def _changed(tree: Tree, share: float, rng: random.Random) -> Tree:
    """Return the tree with a share of its leaves made another: a bound a little off, or one more window."""
    match tree:
        case All() | Any_() | AtLeast():
            children = tuple(_changed(child, share, rng) for child in tree.children)
            return msgspec.structs.replace(tree, children=children)
        case Not() | Within():
            return msgspec.structs.replace(tree, child=_changed(tree.child, share, rng))
        case When():
            condition, then = _changed(tree.condition, share, rng), _changed(tree.then, share, rng)
            return msgspec.structs.replace(tree, condition=condition, then=then)
        case Compare() if rng.random() < share:
            held, by = tree.interval, 1 + rng.random() / 4
            low = held.low if held.low is None else held.low / by
            high = held.high if held.high is None else held.high * by
            return msgspec.structs.replace(tree, interval=msgspec.structs.replace(held, low=low, high=high))
        case Present() if rng.random() < share:
            return Within(child=tree, window=Window(Interval(0, rng.randint(1, 30), unit=rng.choice(_UNITS))))
        case _:
            return tree


# -- what is measured


def report_times(program: Program, patients: Sequence[Patient], today: date, batch: int) -> None:
    """Print how long one patient takes, and how many pairs a second several together give."""
    screeners = [Screener(patient, today) for patient in patients]
    for screener in screeners[:3]:
        sweep(program, [screener])  # the arrays are in memory, as they are in a server that has run a minute
    seconds = []
    for patient in patients:
        started = time.process_time()
        found = sweep(program, [Screener(patient, today)])
        seconds.append(time.process_time() - started)
    median, slow = statistics.median(seconds), float(np.quantile(seconds, 0.95))
    facts = statistics.mean(len(patient.facts) for patient in patients)
    print(f"{len(patients)} patients of {facts:.0f} facts on average, one at a time, one core:")
    print(f"  every trial decided: p50 {median * 1e3:.0f} ms, p95 {slow * 1e3:.0f} ms")
    started = time.process_time()
    for first in range(0, len(patients), batch):
        found = sweep(program, [Screener(patient, today) for patient in patients[first : first + batch]])
    together = time.process_time() - started
    pairs = len(patients) * len(found.numbers)
    print(
        f"  {pairs / sum(seconds):,.0f} pairs/s one at a time, {pairs / together:,.0f} pairs/s {batch} together"
    )


def report_one_by_one(trials: Sequence[CompiledTrial], patients: Sequence[Patient], today: date) -> None:
    """Print how many pairs a second the evaluator gives, trial after trial, with its proofs."""
    some = random.Random(7).sample(list(trials), min(len(trials), 500))
    pairs, started = 0, time.process_time()
    for patient in patients[:10]:
        screener = Screener(patient, today)
        for trial in some:
            tally(screener.screen(trial))
        pairs += len(some)
    print(f"  {pairs / (time.process_time() - started):,.0f} pairs/s trial after trial, with proofs")
    print(
        f"  {CROSS_ENCODER[0]} to {CROSS_ENCODER[1]} pairs/s: a fine-tuned cross-encoder on 16 cores (published)"
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


if __name__ == "__main__":
    sys.exit(main())
