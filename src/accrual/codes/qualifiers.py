"""Words that narrow a condition, drug or procedure: active, uncontrolled, history of, newly diagnosed.

Comes in: words. Goes out: rows of `qualifiers.tsv`. Refuses a broken table (VocabularyError).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import msgspec

from accrual.codes.spotting import Spotter
from accrual.codes.table import items, read_table
from accrual.errors import VocabularyError

_COLUMNS = ("id", "aliases", "opposites", "needs")
RELATIONS = frozenset(
    ("allergy", "at-risk", "contraindication", "family-history", "intolerance", "planned", "suspected")
)
"""Rows that say how a patient and a concept are related *instead of* "has it": an allergy to a drug is not the drug.
A fact decides a claim only where both have the same relations, or none."""
LEADING_RELATIONS = RELATIONS - {"planned", "suspected"}
"""Relations whose words stand before a list of their objects ("allergy to A, B or C"), not as adjectives."""

PLACES: Mapping[str, str] = {"study-eye": "in the study eye", "fellow-eye": "in the other eye"}
"""Rows that say where: their words stand behind a name, and a fact of a chart seldom says them."""

GRADES = frozenset(f"grade-{grade}" for grade in range(1, 6))
"""Rows of a number: texts bound them ("grade 2 or higher"), so `criteria/phrases/grade.py` reads them."""


class Qualifier(msgspec.Struct, frozen=True):
    """One row of `qualifiers.tsv`."""

    id: str
    aliases: tuple[str, ...]
    """Spellings in criteria, lower case, the id among them."""
    opposites: tuple[str, ...]
    """Ids that cannot hold of the same thing at the same time."""
    needs: str
    """What must be known of the patient for it to hold, in one line."""


@cache
def qualifiers() -> Mapping[str, Qualifier]:
    """Return the table, id to row.

    Raises:
        VocabularyError: the table breaks a rule; an opposite has no row or does not name this one back.
    """
    table = {
        row["id"]: Qualifier(row["id"], items(row["aliases"]), items(row["opposites"]), row["needs"])
        for row in read_table("qualifiers.tsv", _COLUMNS)
    }
    for qualifier in table.values():
        for other in qualifier.opposites:
            if other not in table or qualifier.id not in table[other].opposites:
                raise VocabularyError(
                    f"qualifiers.tsv, {qualifier.id}: the opposite {other!r} must name it back"
                )
    return MappingProxyType(table)


@cache
def _spotter() -> Spotter[str]:
    return Spotter(
        (alias, qualifier.id) for qualifier in qualifiers().values() for alias in qualifier.aliases
    )


def qualifier_named(text: str) -> Qualifier | None:
    """Return the qualifier with this id or alias, None if no row has it."""
    found = qualifiers().get(text)
    if found is None:
        name = _spotter().lookup(text)
        found = None if name is None else qualifiers()[name]
    return found


class SpottedQualifier(msgspec.Struct, frozen=True):
    """A qualifier in a text: `text[start:end]`."""

    start: int
    end: int
    qualifier: Qualifier


def spot_qualifiers(text: str) -> tuple[SpottedQualifier, ...]:
    """Return the qualifiers in `text`: leftmost, longest, none overlapping."""
    return tuple(
        SpottedQualifier(start, end, qualifiers()[found]) for start, end, found in _spotter().spot(text)
    )
