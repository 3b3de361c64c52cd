"""What every source is read into: a term with its names, its parents and its codes elsewhere.

Comes in: nothing; this is the meeting point of the sources. Goes out: `Term`. Refuses nothing.
"""

from __future__ import annotations

import re

import msgspec

from accrual.codes.concept import ConceptKind

# Someone who may get a disease does not have it, nor does one who carries or resists it.
_NOT_HAVING = re.compile(
    r"\b(?:susceptib\w+|predispos\w+|resistance to|protection against|carriers?|modifier|modifies|"
    r"obsolete|risk of|at risk|non-human|experimental|somatic|digenic)\b",
    re.IGNORECASE,
)
_TURNED = re.compile(r"^([^,]+), ([^,]+)$")


class Term(msgspec.Struct, frozen=True):
    """One entry of one source."""

    code: str
    """`MONDO:0005015`: the source's system and its number."""
    kind: ConceptKind
    name: str
    synonyms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    """Codes of the same source."""
    same: tuple[str, ...] = ()
    """Codes of other sources that the source says mean the same."""
    trusted: bool = False
    """Its synonyms are known to mean the same: no second witness is asked for."""
    joins_only: bool = False
    """It adds names and codes to a concept of another source, and makes none."""


def is_of_the_patient(name: str) -> bool:
    """Say whether a name is of something one has, not of being at risk of it.

    Example:
        >>> is_of_the_patient("asthma"), is_of_the_patient("asthma, susceptibility to")
        (True, False)
    """
    return _NOT_HAVING.search(name) is None


def turned_round(name: str) -> str:
    """Return an index entry as a text would write it.

    Example:
        >>> turned_round("Carcinoma, Hepatocellular")
        'Hepatocellular Carcinoma'
    """
    match = _TURNED.match(name)
    return f"{match[2]} {match[1]}" if match is not None else name
