"""What differs between the compiled criteria of two versions of a trial: which was added, removed, changed, reworded.

Comes in: the criteria of both versions. Goes out: which is which (`align_criteria`), and `CriterionDifference`s.
Refuses nothing. A criterion that stands elsewhere, or is laid out otherwise, is the same one;
one that is said in other words and read the same is told as that, and not as a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from accrual.alignment import align, words_of
from accrual.criteria.render import canonical
from accrual.criteria.signs import plain
from accrual.criteria.tree import Compare, Criterion, OneOf, Opaque, Present, walk

Pairs: TypeAlias = list[tuple[Criterion | None, Criterion | None]]


class CriterionDifference(msgspec.Struct, frozen=True):
    """One criterion that differs between two versions."""

    kind: Literal["added", "removed", "changed", "reworded"]
    """`reworded`: other words, read the same."""
    before: Criterion | None
    after: Criterion | None


def compare_criteria(
    before: Sequence[Criterion], after: Sequence[Criterion]
) -> tuple[CriterionDifference, ...]:
    """Return what differs between the criteria of two versions, in the order of the later one, then what is gone.

    Example:
        >>> from accrual.criteria.compile import compile_text
        >>> old, new = compile_text("* Age up to 65 years"), compile_text("* Age up to 70 years")
        >>> [(each.kind, each.after.text) for each in compare_criteria(old, new)]
        [('changed', 'Age up to 70 years')]
    """
    return tuple(_differences(align_criteria(before, after)))


def align_criteria(before: Sequence[Criterion], after: Sequence[Criterion]) -> Pairs:
    """Return which criterion of one version is which of the other; None: it stands in one of them alone."""
    pairs = align(
        before,
        after,
        (
            lambda one: (one.kind, one.group, _words(one.heading), _words(one.text)),
            lambda one: (one.kind, one.group, _words(one.text)),
            lambda one: (one.kind, _words(one.text)),
            lambda one: _words(one.text),
            lambda one: (one.kind, one.group, canonical(one.tree)) if one.understood == "whole" else None,
        ),
        lambda one: one.text,
        _may_be,
    )
    return [
        (before[at] if at is not None else None, after[to] if to is not None else None) for at, to in pairs
    ]


def _differences(pairs: Pairs) -> Iterator[CriterionDifference]:
    for before, after in pairs:
        if before is None and after is not None:
            yield CriterionDifference("added", None, after)
        elif after is None and before is not None:
            yield CriterionDifference("removed", before, None)
        elif before is not None and after is not None and not _same(before, after):
            alike = before.tree == after.tree and before.kind == after.kind and before.group == after.group
            yield CriterionDifference("reworded" if alike else "changed", before, after)


def _same(before: Criterion, after: Criterion) -> bool:
    """Say whether two criteria are the same, whatever their place, bullets, escapes and line ends."""
    if before.kind != after.kind or before.group != after.group:
        return False
    if _words(before.text) != _words(after.text):
        return False
    return before.tree == after.tree or (
        _words(before.heading) == _words(after.heading) and _signs(before.text) == _signs(after.text)
    )


def _may_be(before: Criterion, after: Criterion) -> bool:
    """Say whether one criterion may have become the other: of two that are read, something must be the same."""
    if before.kind != after.kind:
        return False
    first, second = _subjects(before), _subjects(after)
    return not (first and second) or bool(first & second)


def _subjects(criterion: Criterion) -> set[str]:
    """What a criterion asks about, as far as it is read."""
    if any(isinstance(node, Opaque) for node in walk(criterion.tree)):
        return set()  # what is not read may be the same
    found = set()
    for node in walk(criterion.tree):
        if isinstance(node, (Compare, OneOf)):
            found.add(node.variable)
        elif isinstance(node, Present):
            found.add(node.concept.code)
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(words_of(plain(text)))


def _signs(text: str) -> str:
    """A text without what only lays it out."""
    return "".join(sign for sign in text.casefold() if not sign.isspace() and sign not in "\\*_.;:•")
