"""Scales of one disease: beside its name they say how bad it is, and are no claim of their own.

Comes in: two claims that stand next to each other. Goes out: whether one is a value on the other's scale, as in "NYHA
class III heart failure" and "cirrhosis, Child-Pugh B": then both must hold. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from accrual.codes.concepts import vocabulary
from accrual.criteria.tree import Compare, OneOf, Present, Tree

# Scale: the disease that it grades. Source: the scale's own row in codes/data/variables.tsv.
GRADED: Mapping[str, str] = {
    "nyha": "cardiovascular-disease",
    "child-pugh": "liver-disease",
    "child-pugh-score": "liver-disease",
    "meld": "liver-disease",
    "edss": "multiple-sclerosis",
    "pasi": "psoriasis",
}


def grades(one: Tree | None, other: Tree | None) -> bool:
    """Say whether one claim is a value on a scale of the disease that the other names.

    Example:
        >>> from accrual.criteria.render import parse_canonical as read
        >>> grades(read("(compare nyha (range 3 4))"), read('(present heart-failure "heart failure")'))
        True
    """
    if isinstance(one, Present):
        one, other = other, one
    if not isinstance(one, Compare | OneOf) or not isinstance(other, Present):
        return False
    disease = GRADED.get(one.variable)
    return disease is not None and vocabulary().is_a(other.concept.code, disease)
