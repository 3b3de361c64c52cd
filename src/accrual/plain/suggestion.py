"""Suggestions while someone types: conditions, treatments and places that begin so.

Comes in: the beginning of a name. Goes out: up to `MOST` suggestions, each with its kind. Refuses nothing. Only names
that some study has are suggested.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.codes.concepts import seed_concepts

Kind: TypeAlias = Literal["condition", "treatment", "place"]
MOST: Final = 8
_TRIED: Final = 40
"""Names counted in the index for one suggestion; the rest of a long list waits for another letter. Set by hand."""
_LONGEST: Final = 60  # characters of what is typed


class Suggestion(msgspec.Struct, frozen=True):
    """A name to search for."""

    words: str
    kind: Kind


def suggest_names(typed: str, count: Callable[[str], int]) -> tuple[Suggestion, ...]:
    """Return conditions and treatments of the vocabulary with a word that begins so, most trials first.

    Arguments:
        count: how many trials some words find.

    Example:
        >>> suggest_names("leuk", count)[0]
        Suggestion(words='leukemia', kind='condition')
    """
    key = " ".join(typed.lower().split())[:_LONGEST]
    if not key:
        return ()
    names = _names()
    start = bisect_left(names, (key,))
    found: dict[str, Kind] = {}
    for begins, _, name, kind in names[start:]:
        if not begins.startswith(key) or len(found) >= _TRIED:
            break
        found.setdefault(name, kind)
    counted = [(count(name), name, kind) for name, kind in found.items()]
    # A name that begins so comes before one with such a word inside.
    ranked = sorted(counted, key=lambda one: (not one[1].lower().startswith(key), -one[0], one[1]))
    return tuple(Suggestion(name, kind) for total, name, kind in ranked if total)[:MOST]


@cache
def _names() -> list[tuple[str, int, str, Kind]]:
    """Every beginning of a word in a name, in order: what it begins with, the name's length, the name, its kind."""
    found: list[tuple[str, int, str, Kind]] = []
    for concept in seed_concepts():
        kind: Kind = "condition" if concept.kind == "condition" else "treatment"
        for name in dict.fromkeys((concept.name, *concept.synonyms)):
            lowered = name.lower()
            starts = [0, *(at + 1 for at, sign in enumerate(lowered[:-1]) if sign in " -")]
            found += [(lowered[at:], len(name), name, kind) for at in starts]
    return sorted(found)
