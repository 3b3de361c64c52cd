"""The oracle: what an expression means, decided one record at a time over its JSON. Slow, and as plain as can be.

It follows docs/essie.md, and shares with the engine only the tables (fields, areas, enumerations), what a word is
(`search/words.py`) and how words are widened (`search/expansion.py`). Everything that finds, combines or counts is its
own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import tantivy

from accrual.basic import GeoPoint, PartialDate
from accrual.registry.areas import find_area
from accrual.registry.enums import legacy_value
from accrual.registry.fields import Field, count_items, find_field, leaves, read_values
from accrual.search.expansion import expand
from accrual.search.expression import (
    And,
    Coverage,
    Distance,
    Everything,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Range,
    Scoped,
    Words,
)
from accrual.search.words import LONGEST_WORD, cut_words, stem_of

Record = Mapping[str, Any]

_TEXTS = {"text", "markup", "nct", "enum", "boolean"}
_DATES = {"date", "PartialDate", "DateTimeMinutes"}
_NUMBERS = {"integer", "number"}
_RAW = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).build()
_METRES = 2.0  # a site on the circle itself is inside: records give five decimals of a degree


class Around(NamedTuple):
    """What operators further out say."""

    area: str
    coverage: Coverage | None = None
    expansion: Expansion = Expansion.RELAXATION


def holds(expression: Expression, record: Record, area: str = "BasicSearch") -> bool:
    """Say whether a study's record satisfies an expression."""
    return _holds(expression, record, Around(area))


def _holds(tree: Expression, record: Record, around: Around) -> bool:
    match tree:
        case And(parts=parts):
            return all(_holds(part, record, around) for part in parts)
        case Or(parts=parts):
            return any(_holds(part, record, around) for part in parts)
        case Not(part=part):
            return not _holds(part, record, around)
        case Everything():
            return True
        case Scoped(part=part, document="Location"):
            return any(_holds(part, site, around._replace(area="LocationSearch")) for site in _sites(record))
        case Scoped(part=part, area=str(area)):
            return _holds(part, record, around._replace(area=area))
        case Scoped(part=part, coverage=Coverage() as coverage):
            return _holds(part, record, around._replace(coverage=coverage))
        case Scoped(part=part, expansion=Expansion() as expansion):
            return _holds(part, record, around._replace(expansion=expansion))
        case Scoped(part=part, document="Study"):
            return _holds(part, record, around._replace(area="BasicSearch"))
        case Scoped(part=part):
            return _holds(part, record, around)
        case Missing():
            return not any(read_values(record, field) for field in _fields(around.area))
        case Distance(latitude=latitude, longitude=longitude, radius_km=radius):
            centre = GeoPoint(latitude, longitude)
            return any(centre.distance_km(point) <= radius + _METRES / 1000 for point in points_of(record))
        case Range(low=low, high=high):
            return _in_range(low, high, record, around.area)
        case Words(text=text):
            return _has_words(tree, record, around) or _in_range(text, text, record, around.area)
    raise AssertionError(tree)


_SITES: dict[int, tuple[Record, list[Record]]] = {}


def _sites(record: Record) -> list[Record]:
    """For each site the record of a study that has that site alone and nothing else."""
    if id(record) not in _SITES:
        sites = [
            {"protocolSection": {"contactsLocationsModule": {"locations": [site]}}}
            for site in read_values(record, find_field("Location"))
            if isinstance(site, dict)
        ]
        _SITES[id(record)] = (record, sites)
    return _SITES[id(record)][1]


def points_of(record: Record) -> list[GeoPoint]:
    """Return where a study's sites stand."""
    found = [each for each in read_values(record, find_field("LocationGeoPoint")) if isinstance(each, dict)]
    pairs = [(each.get("lat"), each.get("lon")) for each in found]
    return [
        GeoPoint(float(lat), float(lon))
        for lat, lon in pairs
        if isinstance(lat, int | float) and isinstance(lon, int | float)
    ]


def _fields(area: str) -> list[Field]:
    """The fields with values of their own that an area's name stands for."""
    if area.endswith(":size"):
        return [find_field(area.removesuffix(":size"))]
    return [leaf for field in find_area(area).fields for leaf in leaves(field)]


# -- dates, ages, numbers ----------------------------------------------------------------------------------------------


def _in_range(low: str, high: str, record: Record, area: str) -> bool:
    if area.endswith(":size"):
        return _between(_number(low), count_items(record, _fields(area)[0]), _number(high), low, high)
    for field in _fields(area):
        for value in read_values(record, field):
            if field.type in _DATES:
                day = _day(value) if isinstance(value, str) else None
                if day and _between(_day(low), day.first.toordinal(), _day(high), low, high):
                    return True
            elif field.type == "time":
                age = _age(value) if isinstance(value, str) else None
                if _between(_age(low), age, _age(high), low, high):
                    return True
            elif field.type in _NUMBERS:
                number = _number(str(value)) if not isinstance(value, bool) else None
                if _between(_number(low), number, _number(high), low, high):
                    return True
    return False


def _between(low: Any, value: float | None, high: Any, wrote_low: str, wrote_high: str) -> bool:
    """Whether a value lies between two ends; an end that was not written is open, one that is no value lets none in."""
    if value is None or (wrote_low and low is None) or (wrote_high and high is None):
        return False
    if isinstance(low, PartialDate):
        low = low.first.toordinal()
    if isinstance(high, PartialDate):
        high = high.last.toordinal()
    return (not wrote_low or low <= value) and (not wrote_high or value <= high)


def _day(text: str) -> PartialDate | None:
    if not text.isascii():
        return None
    parts = text.strip().split("/")
    if len(parts) == 3:
        text = f"{parts[2]}-{parts[0]:0>2}-{parts[1]:0>2}"
    elif len(parts) == 2:
        text = f"{parts[1]}-{parts[0]:0>2}"
    try:
        return PartialDate.parse(text)
    except ValueError:
        return None


def _age(text: str) -> float | None:
    """An age in minutes."""
    number, _, unit = text.strip().partition(" ")
    if not unit:
        number = text.strip().rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        unit = text.strip()[len(number) :]
    of_a_day = {"year": 365.25, "month": 365.25 / 12, "week": 7, "day": 1, "hour": 1 / 24, "minute": 1 / 1440}
    unit = (unit.strip().lower() or "year").removesuffix("s")
    if unit not in of_a_day or not number.isascii() or not number.replace(".", "1", 1).isdigit():
        return None
    return round(float(number) * of_a_day[unit] * 1440)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and text.isascii() and "_" not in text else None


# -- words -------------------------------------------------------------------------------------------------------------


def _has_words(tree: Words, record: Record, around: Around) -> bool:
    if around.area.endswith(":size"):
        return False
    fields = [field for field in _fields(around.area) if field.type in _TEXTS]
    coverage = around.coverage
    if coverage is None:
        of_fixed_values = all(field.type in ("enum", "boolean") for field in _fields(around.area))
        coverage = Coverage.FULL_MATCH if of_fixed_values else Coverage.CONTAINS
    quoted = tree.quoted or coverage is not Coverage.CONTAINS
    widened = expand(tree.text, quoted, around.expansion)
    if not widened.units:
        return False
    values = _spoken(record, around.area, fields, widened.exact)
    found = 0
    for group in widened.groups:
        found += any(_covers(_joined(words, widened.exact), values, coverage) for words in group)
    return found >= widened.needed


def _covers(sequence: str, values: list[str], coverage: Coverage) -> bool:
    """Whether words stand in one of the values; all of them as ` one two `."""
    if coverage is Coverage.FULL_MATCH:
        return sequence in values
    if coverage is Coverage.STARTS_WITH:
        return any(value.startswith(sequence) for value in values)
    if coverage is Coverage.ENDS_WITH:
        return any(value.endswith(sequence) for value in values)
    return any(sequence in value for value in values)


def _joined(words: tuple[str, ...], exact: bool) -> str:
    return f" {' '.join(words if exact else map(stem_of, words))} "


_SPOKEN: dict[tuple[int, str, bool], tuple[Record, list[str]]] = {}


def _spoken(record: Record, area: str, fields: list[Field], exact: bool) -> list[str]:
    """The values of an area's fields as words, each in all its spellings. Remembered, since records are asked often."""
    key = (id(record), area, exact)
    if key not in _SPOKEN:
        if len(_SPOKEN) > 100_000:
            _SPOKEN.clear()
        texts = {
            spelling: None
            for field in fields
            for value in read_values(record, field)
            for spelling in _spellings(field, value)
        }
        _SPOKEN[key] = (record, list({_as_words(text, exact): None for text in texts}))
    return _SPOKEN[key][1]


def _spellings(field: Field, value: Any) -> list[str]:
    """The texts of a value that mean the same."""
    if isinstance(value, bool):
        return ["true", "yes", "y"] if value else ["false", "no", "n"]
    if isinstance(value, str):
        return [value, legacy_value(field, value)] if field.type == "enum" else [value]
    return [str(value)] if isinstance(value, int | float) and abs(value) < 2**63 else []


def _as_words(text: str, exact: bool) -> str:
    words = cut_words(text)
    # A run that is too long for a word is there, so that its neighbours are none, and is found by nothing.
    kept = [
        "\0" if len(raw.encode()) > LONGEST_WORD else word
        for raw, word in zip(_RAW.analyze(text), words, strict=True)
    ]
    return f" {' '.join(kept if exact else map(stem_of, kept))} "
