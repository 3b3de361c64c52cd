"""An age as people write it: "67", "8 months", "3 weeks".

Comes in: what stands in an age field, or what a sentence says. Goes out: the span it means, in minutes, for a search
by age; its one spelling, for addresses; its words. Refuses (QueryError): what is no age of a person.
"""

from __future__ import annotations

import re
from typing import Final

from accrual.errors import QueryError
from accrual.message import message
from accrual.search.measures import read_age, read_age_end
from accrual.search.query import Age

OLDEST: Final = 120  # years
_UNITS: Final[dict[str, tuple[str, ...]]] = {
    "years": ("", "y", "yr", "yrs", "year", "years", "año", "años", "ano", "anos"),
    "months": ("m", "mo", "mos", "month", "months", "mes", "meses"),
    "weeks": ("w", "wk", "wks", "week", "weeks", "semana", "semanas"),
    "days": ("d", "day", "days", "día", "días", "dia", "dias"),
}
"""What units are called, in English and Spanish."""
_BY_WORD: Final = {word: unit for unit, words in _UNITS.items() for word in words}
_WRITTEN: Final = re.compile(r"(\d{1,4})[\s-]*([a-zñáéíóú]*)\.?")


def spell_age(text: str) -> str:
    """Return an age in its one spelling: "67" for years, "8 months" for less; empty stays empty.

    Example:
        >>> spell_age(" 8 Months "), spell_age("67 years")
        ('8 months', '67')

    Raises:
        QueryError: no age of a person.
    """
    if not text.strip():
        return ""
    found = _WRITTEN.fullmatch(text.strip().lower())
    unit = _BY_WORD.get(found[2]) if found is not None else None
    if found is None or unit is None or not found[1].isascii():
        raise _no_age(text)
    number = int(found[1])
    named = "" if unit == "years" else unit if number != 1 else unit.removesuffix("s")
    spelled = f"{number} {named}".strip()
    if (read_age(spelled) or 0) > (read_age(str(OLDEST)) or 0):
        raise _no_age(text)
    return spelled


def age_span(text: str) -> Age:
    """Return the span that an age means.

    Example:
        >>> age_span("67") == Age(67 * 525_960, 68 * 525_960)
        True

    Raises:
        QueryError: no age of a person.
    """
    spelled = spell_age(text)
    first, end = read_age(spelled), read_age_end(spelled)
    if first is None or end is None:
        raise _no_age(text)
    return Age(first, end)


def _no_age(text: str) -> QueryError:
    return QueryError(
        message(
            "“%(text)s” is not an age: write whole years, like 42, or for a baby months, like 8 months",
            text=text.strip()[:20],
        )
    )
