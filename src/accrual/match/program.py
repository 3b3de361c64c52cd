"""The compiled criteria of many trials as arrays: what is the same in two trials is there once, and decided once.

Comes in: a folder that `accrual.match.builder` wrote. Goes out: a `Program`, mapped from it. Refuses: a folder whose
arrays are missing, cut short or of another format (ValueError, OSError).

A trial is what it asks of a patient: every inclusion and field holds, no exclusion does. Trees are cut into nodes,
equal nodes are one, and nodes are numbered so that children stand before parents. Node 0, 1 and 2 are NO,
UNKNOWN and YES themselves; then the distinct leaves, each with the windows it stands in; then the inner nodes, in
`Run`s of one operation and one number of children, so that a run is one array operation over a matrix of children.

Files of the folder: `leaves.bin` (each leaf, MessagePack), `catalogue.json` (runs, blocks, what finds leaves), and
arrays as `.npy` files that are mapped, not read. How they are used: `accrual.match.sweep`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.match.bounds import Bounds
from accrual.match.fold import Decidable, Op, Windows

FORMAT = 1
CONSTANTS = 3
"""Nodes 0, 1 and 2 are the truths of these ranks."""

LOW, HIGH = 1, 2  # which ends of an interval are open, as bits
CATALOGUE = "catalogue.json"
LEAVES = "leaves.bin"

Index: TypeAlias = NDArray[np.intp]

N = TypeVar("N", bound=np.generic)


class PlacedLeaf(msgspec.Struct, frozen=True, array_like=True):
    """A leaf with the windows it stands in, outermost first: what `Screener.leaf` decides."""

    leaf: Decidable
    windows: Windows = ()


class Scale(msgspec.Struct, frozen=True, array_like=True):
    """`Compare` leaves beside each other that differ in their bounds alone: decided as one array."""

    variable: str
    unit: str
    windows: Windows
    first: int
    """The first leaf; the `leaves` of the scale are numbered on from it."""
    leaves: int


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Inner nodes beside each other that are computed together."""

    op: Op
    count: int
    """For `at_least`; else 0."""
    arity: int
    """Children of each node."""
    first: int
    """The first node of the run; its `nodes` nodes are numbered on from it."""
    nodes: int
    at: int
    """Where its children begin in `Program.children`: `arity` rows of `nodes`."""


class Block(msgspec.Struct, frozen=True, array_like=True):
    """Trials beside each other that ask the same number of decidable things."""

    arity: int
    first: int
    """The first trial of the block, by its place in `Program.numbers`."""
    trials: int
    at: int
    """Where its nodes begin in `Program.wanted`: `arity` rows of `trials`."""


class Catalogue(msgspec.Struct, frozen=True):
    """All of a program that is no array."""

    format: int
    nodes: int
    leaves: int
    runs: tuple[Run, ...]
    blocks: tuple[Block, ...]
    scales: tuple[Scale, ...]
    by_key: dict[str, tuple[int, int]]
    """Where a key's leaves stand in `leaf_order`; those on scales are not among them."""
    under: dict[str, tuple[str, ...]]
    """For each concept, the keys of leaves about it or a kind of it."""


class Program:
    """Criteria of many trials, laid out to be decided for one patient at once. Immutable; safe for many threads.

    Attributes:
        numbers: NCT numbers as integers, shape (trials,).
        asked: how many criteria and fields each has, decidable or not, shape (trials,). Groups of a kind count as one.
        of_text: how many of them its text has, shape (trials,).
        wanted: for each block, nodes that must hold, shape (arity, trials) flattened.
        children: for each run, its nodes' children, shape (arity, nodes) flattened.
    """

    def __init__(self, folder: Path) -> None:
        """Map a program that `Builder.write` wrote.

        Raises:
            OSError: a file is missing or cannot be read.
            ValueError: a file is damaged, or of another format.
        """
        catalogue = msgspec.json.decode((folder / CATALOGUE).read_bytes(), type=Catalogue)
        if catalogue.format != FORMAT:
            raise ValueError(f"{folder}: format {catalogue.format}, not {FORMAT}")
        self.nodes = catalogue.nodes
        self.leaves = catalogue.leaves
        self.runs = catalogue.runs
        self.blocks = catalogue.blocks
        self._by_key = catalogue.by_key
        self._under = catalogue.under
        self.numbers = _mapped(folder, "numbers")
        self.scales = dict[str, list[Scale]]()
        for scale in catalogue.scales:
            self.scales.setdefault(scale.variable, []).append(scale)
        self._low, self._high = _rows(folder, "low", np.float64), _rows(folder, "high", np.float64)
        self._open = _rows(folder, "open", np.uint8)
        self.asked = _mapped(folder, "asked")
        self.of_text = _mapped(folder, "of_text")
        self.wanted = _mapped(folder, "wanted")
        self.children = _mapped(folder, "children")
        self._leaf_order = _mapped(folder, "leaf_order")
        self._leaf_at = _mapped(folder, "leaf_at")
        self._blob = (folder / LEAVES).read_bytes()
        self._placed: dict[int, PlacedLeaf] = {}
        self._check(folder)

    def _check(self, folder: Path) -> None:
        """Raise ValueError where a number points outside: a sweep must not read beyond an array."""
        sound = (
            self.numbers.shape == self.asked.shape == self.of_text.shape
            and all(_inside(run.at, run.arity * run.nodes, self.children) for run in self.runs)
            and all(_inside(block.at, block.arity * block.trials, self.wanted) for block in self.blocks)
            and all(block.first + block.trials <= len(self.numbers) for block in self.blocks)
            and all(run.first + run.nodes <= self.nodes for run in self.runs)
            and len(self._leaf_at) == self.leaves + 1
            and len(self._low) == len(self._high) == len(self._open) <= self.leaves
            and all(
                _inside(scale.first - CONSTANTS, scale.leaves, self._low)
                for scales in self.scales.values()
                for scale in scales
            )
            and (not len(self._leaf_at) or int(self._leaf_at[-1]) == len(self._blob))
            and _below(self.children, self.nodes)
            and _below(self.wanted, self.nodes)
        )
        if not sound:
            raise ValueError(f"{folder}: the arrays do not fit each other")

    def bounds(self, scale: Scale) -> Bounds:
        """Return the bounds of a scale's leaves."""
        held = slice(scale.first - CONSTANTS, scale.first - CONSTANTS + scale.leaves)
        is_open = self._open[held]
        return Bounds(self._low[held], self._high[held], (is_open & LOW) > 0, (is_open & HIGH) > 0)

    def found_by(self, key: str) -> Index:
        """Return the nodes of the leaves about a category (`v:sex`) or about this very concept (`c:asthma`)."""
        start, end = self._by_key.get(key, (0, 0))
        return self._leaf_order[start:end]

    def kinds_of(self, concept: str) -> tuple[str, ...]:
        """Return the keys of leaves about a concept or a kind of it."""
        return self._under.get(concept, ())

    def leaf(self, node: int) -> PlacedLeaf:
        """Return a leaf by its node."""
        placed = self._placed.get(node)
        if placed is None:
            start, end = self._leaf_at[node - CONSTANTS : node - CONSTANTS + 2]
            placed = self._placed[node] = _decode_leaf(self._blob[start:end])
        return placed


def _mapped(folder: Path, name: str) -> Index:
    return _rows(folder, name, np.intp)


def _rows(folder: Path, name: str, kind: type[N]) -> NDArray[N]:
    array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    if array.dtype != kind or array.ndim != 1:
        raise ValueError(f"{folder / name}.npy: not a row of {kind.__name__}")
    return np.asarray(array)


def _inside(at: int, length: int, array: NDArray[Any]) -> bool:
    return min(at, length) >= 0 and at + length <= len(array)


def _below(array: Index, limit: int) -> bool:
    return not len(array) or (int(array.min()) >= 0 and int(array.max()) < limit)


_decode_leaf = msgspec.msgpack.Decoder(PlacedLeaf).decode
