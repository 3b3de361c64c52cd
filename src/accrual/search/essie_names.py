"""What an operator of an expression may name where it stands: areas, fields, their sizes, and the ends of ranges.

Comes in: a name or an end of a range, and where in an expression it stands. Goes out: what is wrong with it in the
registry's words, or nothing. Refuses nothing itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from accrual.errors import UnknownFieldError
from accrual.registry.areas import find_area
from accrual.registry.fields import Field, find_field, leaves, nested_document
from accrual.search.essie_tokens import shortened
from accrual.search.measures import READERS, Measure, measure_of

SIZE = ":size"

_UNKNOWN = "Unknown area name: '{}'"  # the registry's words (recorded)


class Scope(NamedTuple):
    """Where a part of an expression stands: which document it searches, and which area of it."""

    document: str
    area: str


@lru_cache(maxsize=4_096)
def fields_of(name: str) -> tuple[Field, ...]:
    """Return the fields with values of their own that a name of `AREA[..]` searches; of `x:size` the list itself.

    Raises:
        UnknownFieldError: no area and no field has this name.

    Example:
        >>> [field.piece for field in fields_of("TitleSearch")]
        ['Acronym', 'BriefTitle', 'OfficialTitle']
    """
    if name.endswith(SIZE):
        return (find_field(name.removesuffix(SIZE)),)
    return tuple(leaf for field in find_area(name).fields for leaf in leaves(field))


@lru_cache(maxsize=4_096)
def check_area(name: str, document: str) -> str:
    """Return what is wrong with `AREA[name]` inside a document; empty where it may stand."""
    try:
        fields = fields_of(name)
    except UnknownFieldError:
        return _UNKNOWN.format(shortened(name))
    if document == "Location" and any(nested_document(field) != "Location" for field in fields):
        return _UNKNOWN.format(shortened(name))
    return ""


def check_range(end: str, scope: Scope) -> str:
    """Return what is wrong with an end of a range in an area; empty where it is nothing.

    In an area of words alone every date, age or number may stand: nothing lies in the range.
    """
    if any(READERS[measure](end) is not None for measure in _measures(scope.area)):
        return ""
    return f"Invalid range value: {shortened(end)}"


@lru_cache(maxsize=4_096)
def _measures(area: str) -> tuple[Measure, ...]:
    if area.endswith(SIZE):
        return ("number",)
    found = {measure for field in fields_of(area) if (measure := measure_of(field.type)) is not None}
    return tuple(sorted(found)) or tuple(READERS)
