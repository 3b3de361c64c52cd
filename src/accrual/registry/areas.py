"""The registry's search areas: which pieces each looks at, and what a match in each weighs.

Comes in: the table `data/areas.tsv`; a name. Goes out: `Area`s, one for anything that may stand in `AREA[..]`.
Refuses: a name that is no area, piece or path (UnknownFieldError, in the registry's words).
Source: the registry's `/studies/search-areas`, API 2.0.3.
"""

from __future__ import annotations

import msgspec

from accrual.codes.table import items, read_rows
from accrual.errors import UnknownFieldError
from accrual.registry.fields import DATA, Field, find_field

_COLUMNS = ("area", "param", "label", "weight", "pieces")
_UNKNOWN = "Unknown area name: '{}'"  # the registry's words (recorded)


class Part(msgspec.Struct, frozen=True):
    """Pieces that weigh the same, together a place to look for words."""

    fields: tuple[Field, ...]
    weight: float


class Area(msgspec.Struct, frozen=True):
    """A named set of pieces to search: `ConditionSearch`. A field's own name is an area of that one field, weight 1."""

    name: str
    parts: tuple[Part, ...]
    param: str = ""
    """`query.<param>` searches this area; empty for those that only `AREA[..]` reaches."""
    label: str = ""
    """What the registry's search form and its errors call that query."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of all parts, heaviest first where the table is."""
        return tuple(field for part in self.parts for field in part.fields)


def find_area(name: str) -> Area:
    """Return what `AREA[name]` searches: a search area, or one field by its piece or dotted path.

    Of a branch the area is the branch itself; its words are those of its `leaves`.

    Raises:
        UnknownFieldError: it is none of these.

    Example:
        >>> [field.piece for field in find_area("TitleSearch").fields]
        ['Acronym', 'BriefTitle', 'OfficialTitle']
        >>> [field.piece for field in find_area("Condition").fields]
        ['Condition']
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    try:
        field = find_field(name)
    except UnknownFieldError:
        raise UnknownFieldError(name, _UNKNOWN) from None
    return Area(name, (Part((field,), 1.0),))


def area_of_query(param: str) -> Area:
    """Return what the parameter `query.<param>` searches.

    Raises:
        UnknownFieldError: there is no such parameter.

    Example:
        >>> area_of_query("cond").name
        'ConditionSearch'
    """
    if param not in _BY_PARAM:
        raise UnknownFieldError(param, "`query.{}` is unknown parameter")
    return _BY_PARAM[param]


def _read_table() -> tuple[Area, ...]:
    found: dict[tuple[str, str, str], list[Part]] = {}
    for row in read_rows(DATA / "areas.tsv", _COLUMNS, keyed=False):
        part = Part(tuple(find_field(piece) for piece in items(row["pieces"])), float(row["weight"]))
        found.setdefault((row["area"], row["param"], row["label"]), []).append(part)
    return tuple(Area(name, tuple(parts), param, label) for (name, param, label), parts in found.items())


AREAS: tuple[Area, ...] = _read_table()
"""The search areas, in the registry's order."""
_BY_NAME = {area.name: area for area in AREAS}
# query.lead has no area of its own: the OpenAPI document says that it searches LeadSponsorName.
_LEAD = Area("LeadSponsorName", (Part((find_field("LeadSponsorName"),), 1.0),), "lead")
_BY_PARAM = {area.param: area for area in (*AREAS, _LEAD) if area.param}
QUERY_PARAMS: tuple[str, ...] = tuple(_BY_PARAM)
"""What may stand behind `query.`."""
