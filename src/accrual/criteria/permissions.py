"""A permission that is a point of its own: "Hypertension", and below it "Controlled hypertension is allowed".

Comes in: all criteria of a trial. Goes out: the same, where an exclusion of what a permission among the exclusions
names is in doubt while it is true: what the patient has may be permitted. It decides no more than before, and rules
out less.
Refuses to guess what a permission means that names nothing of the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.criteria.sentences import sort_of
from accrual.criteria.tree import All, Criterion, Opaque, Present, Tree, walk

# One sentence and nothing else: what excludes may have a permission behind it, and is read with it (`sentences`).
_PERMITS = re.compile(
    r"(?!.*\b(?:except|other than)\b)(?:(?:please )?note:?|n\.b\.:?)?[^.;:()*]{3,200}"
    r"\b(?:is|are|will be|may be|can be) (?:allowed|permitted|permissible|acceptable|eligible|not excluded)"
    r"(?: (?:if|provided|when|as long as|unless)\b[^;:()*]{3,200})?\W*"
)
MAX_PERMISSIONS = 20
"""Points of one record; a longer record is not looked through."""


def loosened(criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Return the criteria, exclusions that a point beside them may permit in doubt.

    Example:
        >>> from accrual.criteria.compile import compile_text
        >>> from accrual.criteria.render import canonical
        >>> text = "Exclusion Criteria:\\n\\n* Hypertension\\n* Controlled hypertension is allowed"
        >>> canonical(compile_text(text)[0].tree)
        '(all (present hypertension "hypertension") (opaque "Controlled hypertension is allowed"))'
    """
    permissions = [each for each in criteria if _is_permission(each)]
    if not permissions or len(permissions) > MAX_PERMISSIONS:
        return tuple(criteria)
    named = [(each, frozenset(_named(each.text))) for each in permissions]
    return tuple(_in_doubt(each, named) for each in criteria)


def _is_permission(criterion: Criterion) -> bool:
    if criterion.kind != "exclusion" or not isinstance(criterion.tree, Opaque):
        return False
    words = " ".join(criterion.text.lower().split())
    return _PERMITS.fullmatch(words) is not None and sort_of(words) in ("permission", "limited")


def _named(text: str) -> Iterator[str]:
    return (spotted.concept.id for spotted in vocabulary().spot(text))


def _in_doubt(criterion: Criterion, permissions: Sequence[tuple[Criterion, frozenset[str]]]) -> Criterion:
    if criterion.kind != "exclusion" or isinstance(criterion.tree, Opaque):
        return criterion
    doubts = tuple(
        Opaque(text=" ".join(each.text.split()), span=criterion.tree.span)
        for each, names in permissions
        if each.group == criterion.group and _concerns(names, criterion.tree)
    )
    if not doubts:
        return criterion
    held = criterion.tree.children if isinstance(criterion.tree, All) else (criterion.tree,)
    tree = All(children=(*held, *doubts), span=criterion.tree.span)
    return msgspec.structs.replace(criterion, tree=tree)


def _concerns(names: frozenset[str], tree: Tree) -> bool:
    """Say whether a tree claims something that a permission names, a kind of it, or what it is a kind of."""
    known = vocabulary()
    claimed = {node.concept.code for node in walk(tree) if isinstance(node, Present)}
    return any(
        known.is_a(name, code) or known.is_a(code, name)
        for name in names
        for code in claimed
        if code in known.concepts
    )
