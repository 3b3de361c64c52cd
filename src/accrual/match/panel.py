"""Many patients decided on few trees at once: the truth of each tree for each patient, as an array.

Comes in: patients as `Screener`s, trees that must hold (an exclusion as its negation). Goes out: truths of shape
(trees, patients), exactly as `Screener.holds` would say one by one. Refuses (ValueError) patients of different days.

A sweep is one patient and every trial; a panel is one trial and every patient. Each distinct leaf is decided for all
patients and kept, so that a tree that differs in one limit costs one leaf more. The evaluator decides every leaf; where
a leaf hangs on nothing but some facts, patients who share those very facts are decided once. Trees are read by
`accrual.match.fold`, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from accrual.codes.concepts import vocabulary
from accrual.criteria.tree import Compare, OneOf, Opaque, Present, Tree
from accrual.match.bounds import Bounds
from accrual.match.chart import Chart
from accrual.match.evaluate import Screener
from accrual.match.fold import Decidable, Leaf, Op, Windows, folded, joined, joined_arrays
from accrual.match.inference import INFERRED
from accrual.match.timing import UNIT_WORDS, completed
from accrual.match.values import compare_all
from accrual.truth import Truth, TruthArray

_Placed = tuple[Decidable, Windows]
_Facts = tuple[int, ...]
"""Facts by their identity: the patients hold them, so that no two have one."""
_UNKNOWN = Truth.UNKNOWN.rank


class Panel:
    """Patients ready to be decided together, each on his own chart."""

    def __init__(self, patients: Sequence[Screener]) -> None:
        """Take the patients; leaves are decided when a tree first asks for them.

        Under any assumption but `open` what silence answers hangs on where a leaf stands: then each tree is decided for
        each patient alone, more slowly.

        Raises:
            ValueError: the patients are decided as of different days.
        """
        self.patients = tuple(patients)
        if len({patient.chart.today for patient in self.patients}) > 1:
            raise ValueError("patients of one panel are decided as of one day")
        self._by_facts = all(patient.assumption == "open" for patient in self.patients)
        self._rows: dict[_Placed, TruthArray] = {}
        self._nothing = np.full(len(self.patients), _UNKNOWN, np.int8)

    def truths(self, trees: Sequence[Tree]) -> TruthArray:
        """Return the truth of each tree for each patient, shape (trees, patients).

        Example:
            >>> Panel([Screener(Patient(sex="female"), date(2026, 1, 1))]).truths([is_female])
            array([[2]], dtype=int8)
        """
        found = np.empty((len(trees), len(self.patients)), np.int8)
        if not self._by_facts:
            for row, tree in zip(found, trees, strict=True):
                row[:] = [patient.holds(tree).rank for patient in self.patients]
            return found
        self._decide(placed for tree in trees for placed in _leaves(tree))
        for row, tree in zip(found, trees, strict=True):
            row[:] = folded(tree, (), False, self._row, self._joined)
        return found

    def _joined(self, op: Op, count: int, rows: Sequence[TruthArray]) -> TruthArray:
        if not rows:
            return np.full(len(self.patients), joined(op, count, ()).rank, np.int8)
        return joined_arrays(op, count, np.stack(rows))

    def _row(self, leaf: Leaf, windows: Windows, against: bool) -> TruthArray:
        return self._nothing if isinstance(leaf, Opaque) else self._rows[leaf, windows]

    def _decide(self, leaves: Iterable[_Placed]) -> None:
        """Decide the leaves that were never asked for."""
        scales: dict[tuple[str, str, Windows], list[Compare]] = {}
        for leaf, windows in dict.fromkeys(leaves):
            if (leaf, windows) in self._rows:
                continue
            if isinstance(leaf, Compare):
                scales.setdefault((leaf.variable, leaf.interval.unit, windows), []).append(leaf)
            else:
                self._rows[leaf, windows] = self._decided(leaf, windows)
        for (variable, unit, windows), compared in scales.items():
            for leaf, row in zip(compared, self._compared(variable, unit, windows, compared), strict=True):
                self._rows[leaf, windows] = row

    def _decided(self, leaf: Present | OneOf, windows: Windows) -> TruthArray:
        """The truths of one leaf, shape (patients,)."""
        found = np.empty(len(self.patients), np.int8)
        known: dict[_Facts, int] = {}
        for at, (patient, facts) in enumerate(zip(self.patients, self._bearing(leaf), strict=True)):
            rank = known.get(facts)
            if rank is None:
                rank = known[facts] = patient.leaf(leaf, windows).rank
            found[at] = rank
        return found

    def _bearing(self, leaf: Present | OneOf) -> Iterator[_Facts]:
        """Yield for each patient the identities of all facts that the leaf may hang on.

        Where more may count than facts of the variable (a sex, what follows from other facts), each patient has an
        identity of his own.
        """
        if isinstance(leaf, OneOf):
            alone = leaf.variable == "sex" or leaf.variable in INFERRED
            for patient in self.patients:
                yield (id(patient),) if alone else tuple(map(id, patient.chart.measured(leaf.variable)))
            return
        known, concept = vocabulary(), leaf.concept.code
        related: dict[tuple[str, ...], tuple[str, ...]] = {}
        for patient in self.patients:
            named = patient.chart.named
            names = tuple(named)
            near = related.get(names)
            if near is None:
                near = related[names] = tuple(
                    name for name in names if known.is_a(name, concept) or known.is_a(concept, name)
                )
            yield tuple(id(fact) for name in near for fact in named[name])

    def _compared(self, variable: str, unit: str, windows: Windows, leaves: Sequence[Compare]) -> TruthArray:
        """The truths of leaves that differ in their bounds alone, shape (leaves, patients)."""
        bounds = Bounds.of([leaf.interval for leaf in leaves])
        found = np.empty((len(self.patients), len(leaves)), np.int8)
        known: dict[object, TruthArray] = {}
        whole = bool(((np.floor(bounds.low) == bounds.low) & (np.floor(bounds.high) == bounds.high)).all())
        for row, patient in zip(found, self.patients, strict=True):
            chart = patient.chart
            of = _age(chart, unit, whole) if variable == "age" else tuple(map(id, chart.measured(variable)))
            truths = known.get(of)
            if truths is None:
                truths = known[of] = compare_all(variable, unit, bounds, windows, chart)
            row[:] = truths
        return np.ascontiguousarray(found.T)


def _age(chart: Chart, unit: str, whole: bool) -> object:
    """What an age hangs on: beside bounds that are whole numbers, on completed years alone."""
    born = chart.birth
    if born is None or not whole or unit not in UNIT_WORDS:
        return born
    return completed(born.first, chart.today, unit), completed(born.last, chart.today, unit)


def _leaves(tree: Tree) -> list[_Placed]:
    found: list[_Placed] = []

    def keep(leaf: Leaf, windows: Windows, against: bool) -> None:
        if not isinstance(leaf, Opaque):
            found.append((leaf, windows))

    folded(tree, (), False, keep, lambda op, count, parts: None)
    return found
