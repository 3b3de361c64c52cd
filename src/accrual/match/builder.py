"""Lays compiled criteria out as a program: equal nodes are one, children stand before parents.

Comes in: compiled trials, one after the other, or a program that is written already. Goes out: the folder of a
`Program`. Refuses nothing but a folder that cannot be written (OSError).
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
from accrual.match.program import (
    CATALOGUE,
    CONSTANTS,
    FORMAT,
    HIGH,
    LEAVES,
    LOW,
    Block,
    Catalogue,
    Index,
    PlacedLeaf,
    Program,
    Run,
    Scale,
)
from accrual.truth import Truth

_Meaning: TypeAlias = tuple[object, ...]
T = TypeVar("T")
K = TypeVar("K")

_UNKNOWN = Truth.UNKNOWN.rank
_OPS: tuple[Op, ...] = ("not", "all", "any", "at_least")
_TRUTHS: Mapping[int, Truth] = {truth.rank: truth for truth in Truth}
_encode_leaf = msgspec.msgpack.Encoder().encode


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

    def drop(self, number: int) -> None:
        """Take a trial out again, by its NCT number as an integer; nothing happens where it was not added."""
        self._trials.pop(number, None)

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
        (folder / CATALOGUE).unlink(missing_ok=True)  # half a program is none
        order = sorted(
            self._inner, key=lambda key: (self._depth[self._inner[key]], key[0], key[1], len(key[2]), key[2])
        )
        place = np.zeros(self._next, np.intp)
        place[:CONSTANTS] = range(CONSTANTS)
        leaves = self._leaf_order()
        placed = [*(self._leaf_nodes[rank] for rank in leaves), *(self._inner[key] for key in order)]
        for rank, node in enumerate(placed):
            place[node] = CONSTANTS + rank
        catalogue = Catalogue(
            FORMAT,
            self._next,
            len(self._leaves),
            tuple(self._write_runs(folder, order, place)),
            tuple(self._write_trials(folder, place)),
            *self._write_leaves(folder, leaves),
        )
        # Last and in one step: a folder with a catalogue is whole.
        fresh = folder / f"{CATALOGUE}.new"
        fresh.write_bytes(msgspec.json.encode(catalogue))
        fresh.replace(folder / CATALOGUE)

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
        with (folder / LEAVES).open("wb") as file:
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
        _save(folder, "open", (bounds.low_open * LOW + bounds.high_open * HIGH).astype(np.uint8))
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
            for wider in sorted(known.ancestors(key[2:])):  # a set: the same bytes whatever the hash seed
                found.setdefault(wider, []).append(key)
    return {concept: tuple(below) for concept, below in found.items()}


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> Iterator[tuple[K, list[T]]]:
    for group, members in itertools.groupby(items, key):
        yield group, list(members)


def _save(folder: Path, name: str, array: NDArray[Any]) -> None:
    np.save(folder / f"{name}.npy", array, allow_pickle=False)
