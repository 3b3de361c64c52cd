"""Decides every trial of a program for a patient, or for several at once.

Comes in: a `Program` and a `Screener` for each patient. Goes out: a `Sweep`: for each trial its verdict and how
many of its criteria are met and not met, exactly as `Screener.screen` would say. Refuses (ValueError) a patient under
another assumption than `open`: what silence answers hangs on where a leaf stands, and equal leaves are one here.

Only leaves that a fact of the patient can decide are looked at, by the evaluator itself; all others are UNKNOWN. Then
truth runs up all trees together: *and* is the smallest of a node's children, *or* the greatest
(`accrual.truth`), one array operation for each run of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.match.concepts import concepts_decided
from accrual.match.evaluate import Screener
from accrual.match.fold import joined_arrays
from accrual.match.program import CONSTANTS, Program
from accrual.match.values import compare_all, variables_decided
from accrual.match.verdict import Tally, Verdict
from accrual.truth import Truth, TruthArray

_NO, _UNKNOWN, _YES = (truth.rank for truth in (Truth.NO, Truth.UNKNOWN, Truth.YES))
VERDICTS: tuple[Verdict, ...] = ("ineligible", "undetermined", "eligible")
"""What the numbers of `Sweep.verdicts` mean."""


class Sweep(msgspec.Struct, frozen=True):
    """Every trial of a program decided; arrays of shape (patients, trials), in the order of `Program.numbers`."""

    numbers: NDArray[np.intp]
    """NCT numbers as integers, shape (trials,)."""
    verdicts: NDArray[np.int8]
    """0 ineligible, 1 undetermined, 2 eligible."""
    met: NDArray[np.int16]
    """Criteria and fields that speak for the patient."""
    unmet: NDArray[np.int16]
    asked: NDArray[np.intp]
    """Criteria and fields there are, shape (trials,); what is neither met nor unmet is unknown."""

    def tallies(self, numbers: Sequence[int], patient: int = 0) -> dict[int, Tally]:
        """Return what some trials come to for one patient, by NCT number; trials that are not here are left out."""
        order = np.argsort(self.numbers)
        wanted = np.array(sorted(numbers), np.intp)
        at = np.searchsorted(self.numbers, wanted, sorter=order)
        found = {}
        for number, place in zip(wanted.tolist(), at.tolist(), strict=True):
            trial = int(order[place]) if place < len(order) else -1
            if trial >= 0 and self.numbers[trial] == number:
                met, unmet = int(self.met[patient, trial]), int(self.unmet[patient, trial])
                verdict = VERDICTS[int(self.verdicts[patient, trial])]
                found[number] = Tally(verdict, met, unmet, int(self.asked[trial]) - met - unmet)
        return found

    def counted(self, patient: int = 0) -> dict[Verdict, int]:
        """Return how many trials have each verdict for one patient."""
        counts = np.bincount(self.verdicts[patient], minlength=len(VERDICTS)).tolist()
        return dict(zip(VERDICTS, counts, strict=True))

    def kept(self, trials: NDArray[np.bool_]) -> Sweep:
        """Return the sweep of some of the trials, shape (trials,)."""
        return self.at(np.flatnonzero(trials))

    def at(self, places: NDArray[np.intp]) -> Sweep:
        """Return the sweep of the trials at some places, in that order."""
        columns = (slice(None), places)
        return Sweep(
            self.numbers[places],
            self.verdicts[columns],
            self.met[columns],
            self.unmet[columns],
            self.asked[places],
        )

    @staticmethod
    def joined(parts: Sequence[Sweep], patients: int) -> Sweep:
        """Return sweeps of different trials for the same patients as one."""
        empty = np.zeros((patients, 0), np.int16)
        return Sweep(
            np.concatenate([np.zeros(0, np.intp), *(part.numbers for part in parts)]),
            np.concatenate([empty.astype(np.int8), *(part.verdicts for part in parts)], axis=1),
            np.concatenate([empty, *(part.met for part in parts)], axis=1),
            np.concatenate([empty, *(part.unmet for part in parts)], axis=1),
            np.concatenate([np.zeros(0, np.intp), *(part.asked for part in parts)]),
        )


def sweep(program: Program, patients: Sequence[Screener]) -> Sweep:
    """Decide all trials of a program for patients.

    Arguments:
        patients: at least one; a dozen together cost little more than two or three.

    Raises:
        ValueError: a patient is to be decided under another assumption than `open`.
    """
    for patient in patients:
        if patient.assumption != "open":
            raise ValueError(
                f"a sweep decides under `open` alone, not `{patient.assumption}`: screen one by one"
            )
    values = truths(program, patients)
    shape = (len(patients), len(program.numbers))
    met, unmet = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    for block in program.blocks:
        if not block.arity:
            continue
        rows = program.wanted[block.at : block.at + block.arity * block.trials]
        held = values.take(rows, axis=0).reshape(block.arity, block.trials, len(patients))
        trials = slice(block.first, block.first + block.trials)
        met[:, trials] = np.add.reduce(held == _YES, axis=0, dtype=np.int16).T
        unmet[:, trials] = np.add.reduce(held == _NO, axis=0, dtype=np.int16).T
    verdicts = np.full(shape, _UNKNOWN, np.int8)
    verdicts[(met == program.asked) & (program.of_text > 0)] = _YES
    verdicts[unmet > 0] = _NO
    return Sweep(program.numbers, verdicts, met, unmet, program.asked)


def truths(program: Program, patients: Sequence[Screener]) -> TruthArray:
    """Return the truth of every node for each patient, shape (nodes, patients)."""
    values = np.full((program.nodes, len(patients)), _UNKNOWN, np.int8)
    values[:CONSTANTS] = np.arange(CONSTANTS, dtype=np.int8)[:, None]
    for column, patient in enumerate(patients):
        for variable in variables_decided(patient.chart):
            for scale in program.scales.get(variable, ()):
                bounds, leaves = program.bounds(scale), slice(scale.first, scale.first + scale.leaves)
                values[leaves, column] = compare_all(
                    variable, scale.unit, bounds, scale.windows, patient.chart
                )
        for node in leaves_decided(program, patient):
            placed = program.leaf(node)
            values[node, column] = patient.leaf(placed.leaf, placed.windows).rank
    for run in program.runs:
        rows = program.children[run.at : run.at + run.arity * run.nodes]
        below = values.take(rows, axis=0).reshape(run.arity, run.nodes, len(patients))
        values[run.first : run.first + run.nodes] = joined_arrays(run.op, run.count, below)
    return values


def leaves_decided(program: Program, patient: Screener) -> Iterator[int]:
    """Yield the leaves that the patient's facts may decide, those on scales aside; every other one is UNKNOWN."""
    for variable in variables_decided(patient.chart):
        yield from program.found_by(f"v:{variable}").tolist()
    proven, denied = concepts_decided(patient.chart)
    keys = {f"c:{concept}" for concept in proven}
    for concept in denied:
        keys.update(program.kinds_of(concept))
    for key in keys:
        yield from program.found_by(key).tolist()
