"""The compiled criteria of many trials as arrays: what is the same in two trials is there once, and decided once.

Comes in: compiled trials, one after the other (`Builder`). Goes out: a `Program`, written into a folder and mapped
back from it. Refuses: a folder whose arrays are missing, cut short or of another format (ValueError, OSError).

A trial is what it asks of a patient: every inclusion and field holds, no exclusion does. Trees are cut into nodes,
equal nodes are one, and nodes are numbered so that children stand before parents. Node 0, 1 and 2 are NO,
UNKNOWN and YES themselves; then the distinct leaves, each with the windows it stands in; then the inner nodes, in
`Run`s of one operation and one number of children, so that a run is one array operation over a matrix of children.

Files of the folder: `leaves.bin` (each leaf, MessagePack), `catalogue.json` (runs, blocks, what finds leaves), and
arrays as `.npy` files that are mapped, not read. How they are used: `accrual.match.sweep`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, assert_never

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.codes.concepts import vocabulary
from accrual.criteria.groups import demands
from accrual.criteria.tree import NOWHERE, Compare, CompiledTrial, OneOf, Opaque, Present, Tree
from accrual.match.bounds import Bounds
from accrual.match.fold import Decidable, Leaf, Op, Windows, folded, joined
from accrual.truth import Truth

FORMAT = 1
CONSTANTS = 3
"""Nodes 0, 1 and 2 are the truths of these ranks."""
_UNKNOWN = Truth.UNKNOWN.rank

_Meaning: TypeAlias = tuple[object, ...]
Index: TypeAlias = NDArray[np.intp]

T = TypeVar("T")
N = TypeVar("N", bound=np.generic)
K = TypeVar("K")

_OPS: tuple[Op, ...] = ("not", "all", "any", "at_least")


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


class _Catalogue(msgspec.Struct, frozen=True):
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
        catalogue = msgspec.json.decode((folder / _CATALOGUE).read_bytes(), type=_Catalogue)
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
        self._blob = (folder / _LEAVES).read_bytes()
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
        return Bounds(self._low[held], self._high[held], (is_open & _LOW) > 0, (is_open & _HIGH) > 0)

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


class Builder:
    """Takes compiled trials and writes them as a program.

    Example:
        >>> builder = Builder()
        >>> builder.add(CompiledTrial("NCT00000001"))
        >>> builder.trials
        1
    """

    def __init__(self) -> None:
        self._nodes_of: dict[_Meaning, int] = {}
        self._leaves: list[PlacedLeaf] = []
        self._leaf_nodes: list[int] = []
        self._inner: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self._depth: dict[int, int] = {}
        self._next = CONSTANTS
        self._trials: dict[int, tuple[int, int, tuple[int, ...]]] = {}

    @property
    def trials(self) -> int:
        """How many trials were added."""
        return len(self._trials)

    @property
    def numbers(self) -> Index:
        """Their NCT numbers as integers."""
        return np.array(list(self._trials), np.intp)

    def add(self, compiled: CompiledTrial) -> None:
        """Add a trial; one that is there is replaced."""
        wanted = [self._node(tree) for tree in demands(compiled)]
        of_text = len(wanted)
        wanted += [self._node(field.tree) for field in compiled.fields]
        decidable = tuple(node for node in wanted if node != _UNKNOWN)
        self._trials[int(compiled.nct_id[3:])] = (len(wanted), of_text, decidable)

    def take(self, program: Program, live: NDArray[np.bool_]) -> None:
        """Add trials of a program that is written already.

        Arguments:
            live: which of them, shape (trials,).
        """
        place = list(range(program.nodes))  # its nodes by ours
        for node in range(CONSTANTS, CONSTANTS + program.leaves):
            placed = program.leaf(node)
            place[node] = self._leaf(placed.leaf, placed.windows)
        for run in program.runs:
            rows = program.children[run.at : run.at + run.arity * run.nodes].reshape(run.arity, run.nodes)
            for node, children in enumerate(rows.T.tolist(), run.first):
                place[node] = self._join(run.op, run.count, tuple(place[child] for child in children))
        for block in program.blocks:
            rows = program.wanted[block.at : block.at + block.arity * block.trials]
            below = rows.reshape(block.arity, block.trials).T.tolist()
            for trial, wanted in enumerate(below, block.first):
                if live[trial]:
                    number = int(program.numbers[trial])
                    asked, of_text = int(program.asked[trial]), int(program.of_text[trial])
                    self._trials[number] = (asked, of_text, tuple(place[node] for node in wanted))

    def _leaf(self, leaf: Decidable, windows: Windows) -> int:
        key = _meaning(leaf, windows)
        node = self._nodes_of.get(key)
        if node is None:
            node = self._nodes_of[key] = self._next
            self._leaf_nodes.append(node)
            # Where the first of them stood says nothing.
            self._leaves.append(PlacedLeaf(msgspec.structs.replace(leaf, span=NOWHERE), windows))
            self._next += 1
        return node

    def _node(self, tree: Tree) -> int:
        return folded(tree, (), False, self._placed, self._join)

    def _placed(self, leaf: Leaf, windows: Windows, against: bool) -> int:
        return _UNKNOWN if isinstance(leaf, Opaque) else self._leaf(leaf, windows)

    def _join(self, op: Op, count: int, nodes: Sequence[int]) -> int:
        children = tuple(nodes)
        if max(children, default=0) < CONSTANTS:
            return joined(op, count, [_TRUTHS[child] for child in children]).rank
        if op in ("all", "any"):
            children = tuple(sorted(set(children)))
            if len(children) == 1:
                return children[0]
        key = (_OPS.index(op), count, children)
        node = self._inner.get(key)
        if node is None:
            node = self._inner[key] = self._next
            self._next += 1
            depth = self._depth
            depth[node] = 1 + max([depth.get(child, 0) for child in children])
        return node

    def write(self, folder: Path) -> None:
        """Write everything added into a folder, in place of what is there.

        Raises:
            OSError: it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CATALOGUE).unlink(missing_ok=True)  # half a program is none
        order = sorted(
            self._inner, key=lambda key: (self._depth[self._inner[key]], key[0], key[1], len(key[2]), key[2])
        )
        place = np.zeros(self._next, np.intp)
        place[:CONSTANTS] = range(CONSTANTS)
        leaves = self._leaf_order()
        placed = [*(self._leaf_nodes[rank] for rank in leaves), *(self._inner[key] for key in order)]
        for rank, node in enumerate(placed):
            place[node] = CONSTANTS + rank
        catalogue = _Catalogue(
            FORMAT,
            self._next,
            len(self._leaves),
            tuple(self._write_runs(folder, order, place)),
            tuple(self._write_trials(folder, place)),
            *self._write_leaves(folder, leaves),
        )
        # Last and in one step: a folder with a catalogue is whole.
        fresh = folder / f"{_CATALOGUE}.new"
        fresh.write_bytes(msgspec.json.encode(catalogue))
        fresh.replace(folder / _CATALOGUE)

    def _write_runs(
        self, folder: Path, order: list[tuple[int, int, tuple[int, ...]]], place: Index
    ) -> Iterator[Run]:
        matrices: list[Index] = []
        at, first = 0, CONSTANTS + len(self._leaves)
        for (op, count, arity, _), keys in _grouped(
            order, lambda key: (key[0], key[1], len(key[2]), self._depth[self._inner[key]])
        ):
            matrix = place[np.array([key[2] for key in keys], np.intp).T]
            matrices.append(matrix.ravel())
            yield Run(_OPS[op], count, arity, first, len(keys), at)
            at, first = at + matrix.size, first + len(keys)
        _save(folder, "children", np.concatenate(matrices) if matrices else np.zeros(0, np.intp))

    def _write_trials(self, folder: Path, place: Index) -> Iterator[Block]:
        order = sorted(self._trials, key=lambda number: (len(self._trials[number][2]), number))
        matrices: list[Index] = []
        at = first = 0
        for arity, numbers in _grouped(order, lambda number: len(self._trials[number][2])):
            matrix = place[np.array([self._trials[number][2] for number in numbers], np.intp).T]
            matrices.append(matrix.ravel())
            yield Block(arity, first, len(numbers), at)
            at, first = at + matrix.size, first + len(numbers)
        _save(folder, "wanted", np.concatenate(matrices) if matrices else np.zeros(0, np.intp))
        _save(folder, "numbers", np.array(order, np.intp))
        _save(folder, "asked", np.array([self._trials[number][0] for number in order], np.intp))
        _save(folder, "of_text", np.array([self._trials[number][1] for number in order], np.intp))

    def _write_leaves(
        self, folder: Path, order: Sequence[int]
    ) -> tuple[tuple[Scale, ...], dict[str, tuple[int, int]], dict[str, tuple[str, ...]]]:
        at, by_key = [0], dict[str, list[int]]()
        scaled: list[tuple[Compare, Windows]] = []
        with (folder / _LEAVES).open("wb") as file:
            for node, rank in enumerate(order, CONSTANTS):
                placed = self._leaves[rank]
                at.append(at[-1] + file.write(_encode_leaf(placed)))
                if isinstance(placed.leaf, Compare):
                    scaled.append((placed.leaf, placed.windows))
                else:
                    by_key.setdefault(key_of(placed.leaf), []).append(node)
        _save(folder, "leaf_at", np.array(at, np.intp))
        bounds = Bounds.of([leaf.interval for leaf, _ in scaled])
        _save(folder, "low", bounds.low)
        _save(folder, "high", bounds.high)
        _save(folder, "open", (bounds.low_open * _LOW + bounds.high_open * _HIGH).astype(np.uint8))
        scales, first = list[Scale](), CONSTANTS
        for (variable, unit, windows), leaves in _grouped(scaled, _scale):
            scales.append(Scale(variable, unit, windows, first, len(leaves)))
            first += len(leaves)
        starts, listed = dict[str, tuple[int, int]](), list[int]()
        for key, nodes in sorted(by_key.items()):
            starts[key] = (len(listed), len(listed) + len(nodes))
            listed += nodes
        _save(folder, "leaf_order", np.array(listed, np.intp))
        return tuple(scales), starts, _under(by_key)

    def _leaf_order(self) -> list[int]:
        """Return the leaves by place: those on scales first, scale by scale, then the others as they came."""
        scales: dict[tuple[str, str, Windows], list[int]] = {}
        others: list[int] = []
        for rank, placed in enumerate(self._leaves):
            if isinstance(placed.leaf, Compare):
                scales.setdefault(_scale((placed.leaf, placed.windows)), []).append(rank)
            else:
                others.append(rank)
        return [*itertools.chain.from_iterable(scales.values()), *others]


def _scale(placed: tuple[Compare, Windows]) -> tuple[str, str, Windows]:
    leaf, windows = placed
    return (leaf.variable, leaf.interval.unit, windows)


def key_of(leaf: Decidable) -> str:
    """Return what a leaf is found by: `v:` and its variable, or `c:` and its concept."""
    return f"c:{leaf.concept.code}" if isinstance(leaf, Present) else f"v:{leaf.variable}"


def _meaning(leaf: Decidable, windows: Windows) -> _Meaning:
    """Return what makes two leaves one. As `Node.__eq__`, which is too slow for millions of them."""
    match leaf:
        case Compare():
            return (leaf.variable, leaf.interval, windows)
        case OneOf():
            return (leaf.variable, leaf.values, windows)
        case Present():
            return (leaf.concept, leaf.qualifiers, leaf.excluding, windows)
        case _:
            assert_never(leaf)


def _under(keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each concept that has leaves below it, their keys."""
    known = vocabulary()
    found: dict[str, list[str]] = {}
    for key in keys:
        if key.startswith("c:") and key[2:] in known.concepts:
            for wider in known.ancestors(key[2:]):
                found.setdefault(wider, []).append(key)
    return {concept: tuple(below) for concept, below in found.items()}


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> Iterator[tuple[K, list[T]]]:
    for group, members in itertools.groupby(items, key):
        yield group, list(members)


def _save(folder: Path, name: str, array: NDArray[Any]) -> None:
    np.save(folder / f"{name}.npy", array, allow_pickle=False)


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


_LOW, _HIGH = 1, 2  # which ends are open, as bits
_CATALOGUE = "catalogue.json"
_LEAVES = "leaves.bin"
_TRUTHS: Mapping[int, Truth] = {truth.rank: truth for truth in Truth}
_encode_leaf = msgspec.msgpack.Encoder().encode
_decode_leaf = msgspec.msgpack.Decoder(PlacedLeaf).decode
