"""How a tree comes to one value: the windows that its leaves stand in, and the operations that join nodes.

Comes in: a tree, what a leaf is worth, and how values are joined. Goes out: the value of the whole. It decides nothing
itself: the evaluator folds a tree to its truth with proof, `combined` to its truth alone, and
`accrual.match.program` to a node of its arrays, so that none of them can read a tree differently.

A window (`Within`) is handed down to the leaves below it: "no A or B within 3 months" asks of A and of B whether
they held in that time. "If C then T" is "not C, or T".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, TypeVar, assert_never

from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Window,
    Within,
)
from accrual.truth import (
    Truth,
    TruthArray,
    all_arrays,
    all_of,
    any_arrays,
    any_of,
    at_least,
    at_least_arrays,
    not_array,
)

Op: TypeAlias = Literal["not", "all", "any", "at_least"]
Windows: TypeAlias = tuple[Window, ...]
"""The windows that a leaf stands in, outermost first."""
Decidable: TypeAlias = Compare | Present | OneOf
"""A leaf that a fact may decide."""
Leaf: TypeAlias = Decidable | Opaque

T = TypeVar("T")
LeafValue: TypeAlias = Callable[[Leaf, Windows, bool], T]
"""What a leaf is worth in its windows; the last tells whether its YES speaks against the patient."""
Join: TypeAlias = Callable[[Op, int, Sequence[T]], T]
"""What a node is of its children's values; the number is the count of `at_least`, else 0."""


def folded(tree: Tree, windows: Windows, against: bool, leaf: LeafValue[T], join: Join[T]) -> T:
    """Return the value of a tree.

    Arguments:
        windows: those that the tree stands in, outermost first.
        against: the tree's YES speaks against the patient, so its NO speaks for him; a negation turns it over.
    """
    match tree:
        case Compare() | Present() | OneOf() | Opaque():
            return leaf(tree, windows, against)
        case Within():
            return folded(tree.child, (*windows, tree.window), against, leaf, join)
        case Not():
            return join("not", 0, [folded(tree.child, windows, not against, leaf, join)])
        case All():
            return join("all", 0, [folded(child, windows, against, leaf, join) for child in tree.children])
        case Any_():
            return join("any", 0, [folded(child, windows, against, leaf, join) for child in tree.children])
        case AtLeast():
            parts = [folded(child, windows, against, leaf, join) for child in tree.children]
            return join("at_least", tree.count, parts)
        case When():
            condition = join("not", 0, [folded(tree.condition, windows, not against, leaf, join)])
            return join("any", 0, [condition, folded(tree.then, windows, against, leaf, join)])
        case _:
            assert_never(tree)


def joined(op: Op, count: int, truths: Sequence[Truth]) -> Truth:
    """Return what an inner node is of its children's truths.

    Example:
        >>> joined("any", 0, [Truth.NO, Truth.UNKNOWN])
        <Truth.UNKNOWN: 'unknown'>
    """
    match op:
        case "not":
            return ~truths[0]
        case "all":
            return all_of(truths)
        case "any":
            return any_of(truths)
        case "at_least":
            return at_least(count, truths)
        case _:
            assert_never(op)


def joined_arrays(op: Op, count: int, below: TruthArray) -> TruthArray:
    """Return what inner nodes are of their children's truths, as `joined`; shape (children, …) gives (…).

    There is at least one child.
    """
    match op:
        case "not":
            return not_array(below[0])
        case "all":
            return all_arrays(below)
        case "any":
            return any_arrays(below)
        case "at_least":
            return at_least_arrays(count, below)
        case _:
            assert_never(op)


def combined(tree: Tree, windows: Windows, truth: Callable[[Leaf, Windows], Truth]) -> Truth:
    """Return what a tree comes to when each leaf, in the windows it stands in, has the truth that is given for it."""
    return folded(tree, windows, False, lambda leaf, inside, _: truth(leaf, inside), joined)
