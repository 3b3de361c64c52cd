"""What the words of a field's value are: the texts that a search looks at.

Comes in: a field and one value of it out of a record's JSON. Goes out: its texts, one or several that mean the same:
an enumeration's value and the word that the registry's former API wrote for it. Refuses nothing: what is no value of
words (an object, a list) has no texts.

The index and the tests' slow evaluator read values by this, so a word is the same word to both.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from accrual.registry.enums import legacy_value
from accrual.registry.fields import Field, find_field

_MOST = (
    2**63
)  # no number of a record is near it; Python refuses to write a whole number of thousands of digits


def read_texts(field: Field, value: Any) -> tuple[str, ...]:
    """Return the texts of a value, the record's own first.

    Example:
        >>> read_texts(find_field("OverallStatus"), "ACTIVE_NOT_RECRUITING")
        ('ACTIVE NOT RECRUITING', 'Active, not recruiting')
    """
    if isinstance(value, str):
        return _enum_texts(field.piece, value) if field.enum else (value,)
    if isinstance(value, bool):
        return ("true", "yes", "y") if value else ("false", "no", "n")
    if isinstance(value, int | float):
        return (str(value),) if abs(value) < _MOST else ()
    return ()


@lru_cache(maxsize=4096)
def _enum_texts(piece: str, value: str) -> tuple[str, ...]:
    spaced = value.replace("_", " ")
    legacy = legacy_value(find_field(piece), value)
    return (spaced,) if legacy in (value, spaced) else (spaced, legacy)
