"""Statistics over many studies: which values their fields have, how long their lists are, how large they are.

Comes in: records as decoded JSON, one after the other, each added once, and taken out again when it changes. Goes out:
the bodies of `/stats/field/values`, `/stats/field/sizes` and `/stats/size`, and studies by year. Refuses
(UnknownFieldError): a field that there are no statistics of. What is exact and what is estimated, `tally.py` says.

Memory is bounded whatever comes in: some 100 MB. Source of the shapes: OpenAPI document 2.0.3, schemas `EnumStats` to
`BooleanStats`, `ListSizes`, `GzipStats`. Which percentiles and ranges of sizes the registry gives is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.errors import UnknownFieldError
from accrual.registry.fields import FIELDS, Field, Record, find_field
from accrual.registry.record import calendar_date
from accrual.registry.tally import Tally

Counts: TypeAlias = NDArray[np.integer[Any]]

TOP = 10
"""Values and sizes that are listed, the most frequent first; of an enumeration all. Set by hand."""
PERCENTILES = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
RANGES_KB = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
KINDS: Mapping[str, str] = {
    "enum": "ENUM",
    "text": "STRING",
    "markup": "STRING",
    "nct": "STRING",
    "time": "STRING",
    "date": "DATE",
    "PartialDate": "DATE",
    "DateTimeMinutes": "DATE",
    "integer": "INTEGER",
    "number": "NUMBER",
    "boolean": "BOOLEAN",
}
"""A field's type → its `FieldStatsType`."""
YEAR_FIELDS = ("StudyFirstPostDate", "StartDate")
"""The dates that studies are counted by, year by year. A study has one of each at most."""
_DATE_FORMATS = {4: "yyyy", 7: "yyyy-MM", 10: "yyyy-MM-dd", 16: "yyyy-MM-dd'T'HH:mm"}
"""The forms of a date, by their length (OpenAPI document 2.0.3, `PartialDate` and `DateTimeMinutes`)."""


class State(msgspec.Struct):
    """All that was counted: what must be kept to go on counting later."""

    studies: int
    values: dict[str, Tally]
    """path → its values."""
    sizes: dict[str, dict[int, int]]
    """path of a list field → number of items → studies that have a list of so many."""


class _Node(msgspec.Struct):
    """One field in the tree that a record is read by."""

    path: str
    counted: bool
    many: bool
    below: dict[str, _Node]


class Statistics:
    """Statistics over the studies added so far.

    Example:
        >>> counted = Statistics()
        >>> counted.add({"protocolSection": {"designModule": {"phases": ["PHASE1"]}}}, "NCT00000102")
        >>> choose(counted.describe_values(), ["Phase"])[0]["topValues"]
        [{'value': 'PHASE1', 'studiesCount': 1}]
    """

    def __init__(self, state: State | None = None) -> None:
        """Begin anew, or go on from a state."""
        self.state = state or State(
            0,
            {field.path: Tally(KINDS[field.type]) for field in VALUE_FIELDS},
            {field.path: {} for field in LIST_FIELDS},
        )

    def add(self, record: Record, nct_id: str) -> None:
        """Count a study."""
        values, sizes = _read(record)
        self.state.studies += 1
        for path, found in values.items():
            self.state.values[path].add(found, nct_id)
        for path, lengths in sizes.items():
            counts = self.state.sizes[path]
            for length in lengths:
                counts[length] = counts.get(length, 0) + 1

    def remove(self, record: Record, nct_id: str) -> None:
        """Take a study out again, with the record that was added."""
        values, sizes = _read(record)
        self.state.studies -= 1
        for path, found in values.items():
            self.state.values[path].remove(found, nct_id)
        for path, lengths in sizes.items():
            counts = self.state.sizes[path]
            for length in lengths:
                left = counts.get(length, 0) - 1
                if left > 0:
                    counts[length] = left
                else:
                    counts.pop(length, None)

    def merge(self, other: Statistics) -> None:
        """Count what another counted, of other studies."""
        self.state.studies += other.state.studies
        for path, tally in other.state.values.items():
            self.state.values[path].merge(tally)
        for path, sizes in other.state.sizes.items():
            counts = self.state.sizes[path]
            for length, count in sizes.items():
                counts[length] = counts.get(length, 0) + count

    def describe_values(self) -> list[dict[str, Any]]:
        """Return the body of `/stats/field/values`, of all fields."""
        return [self._value_node(field) for field in VALUE_FIELDS]

    def describe_sizes(self) -> list[dict[str, Any]]:
        """Return the body of `/stats/field/sizes`, of all list fields."""
        return [self._size_node(field) for field in LIST_FIELDS]

    def describe_years(self) -> dict[str, dict[int, int]]:
        """Return how many studies have the date in each year, by the names in `YEAR_FIELDS`; years in order."""
        return {name: _count_years(self.state.values[find_field(name).path]) for name in YEAR_FIELDS}

    def _value_node(self, field: Field) -> dict[str, Any]:
        tally = self.state.values[field.path]
        node: dict[str, Any] = {
            "type": tally.kind,
            "piece": field.piece,
            "field": field.path,
            "missingStudiesCount": self.state.studies - tally.studies,
        }
        return node | _DESCRIBERS[tally.kind](tally)

    def _size_node(self, field: Field) -> dict[str, Any]:
        counts = self.state.sizes[field.path]
        node: dict[str, Any] = {"piece": field.piece, "field": field.path, "uniqueSizesCount": len(counts)}
        if counts:
            node |= {"minSize": min(counts), "maxSize": max(counts)}
            top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
            node["topSizes"] = [{"size": size, "studiesCount": count} for size, count in top]
        return node


def choose(
    nodes: Sequence[dict[str, Any]], fields: Iterable[str] = (), types: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return those parts of a body that are of these fields and types; all of them where none are given.

    Raises:
        UnknownFieldError: a name is no field's, or of one that has no such statistics.
    """
    wanted = {find_field(name).path: name for name in fields}
    known = {node["field"] for node in nodes}
    for path, name in wanted.items():
        if path not in known:
            raise UnknownFieldError(name)
    kinds = frozenset(types)
    return [
        node
        for node in nodes
        if (not wanted or node["field"] in wanted) and (not kinds or node["type"] in kinds)
    ]


def describe_study_sizes(sizes: Counts, numbers: Counts) -> dict[str, Any]:
    """Return the body of `/stats/size`.

    Arguments:
        sizes: of every study's JSON, in bytes; shape (studies,).
        numbers: the digits of their NCT numbers; shape (studies,).

    Example:
        >>> describe_study_sizes(np.array([900, 3000]), np.array([102, 105]))["averageSizeBytes"]
        1950
    """
    total = len(sizes)
    ordered = np.sort(sizes)
    ranges: list[dict[str, Any]] = []
    done, low = 0, 0
    for high in RANGES_KB:
        below = int(np.searchsorted(ordered, high * 1024))
        ranges.append({"sizeRange": f"{low}-{high} KB", "studiesCount": below - done})
        done, low = below, high
    ranges.append({"sizeRange": f"> {low} KB", "studiesCount": total - done})
    largest = np.lexsort((numbers, -sizes.astype(np.int64)))[:TOP]
    return {
        "totalStudies": total,
        "averageSizeBytes": round(int(sizes.sum(dtype=np.int64)) / total) if total else 0,
        # The nearest rank: a size that a study has.
        "percentiles": {str(p): int(ordered[min(total - 1, int(p / 100 * total))]) for p in PERCENTILES}
        if total
        else {},
        "ranges": ranges,
        "largestStudies": [
            {"id": f"NCT{numbers[place]:08d}", "sizeBytes": int(sizes[place])} for place in largest
        ],
    }


def _describe_texts(tally: Tally) -> dict[str, Any]:
    node = _describe_enum(tally, TOP)
    if tally.longest:
        longest = tally.longest[0]
        node["longest"] = {"length": longest.length, "nctId": longest.nct_id, "value": longest.value}
    return node


def _describe_enum(tally: Tally, number: int = 1000) -> dict[str, Any]:
    top = [{"value": value, "studiesCount": count} for value, count in tally.top(number)]
    return {"uniqueValuesCount": tally.unique(), **({"topValues": top} if top else {})}


def _describe_dates(tally: Tally) -> dict[str, Any]:
    dates = [str(value) for value in tally.counts]
    formats = sorted({_DATE_FORMATS[len(date)] for date in dates if len(date) in _DATE_FORMATS}, key=len)
    return {"formats": formats[::-1], **({"min": min(dates), "max": max(dates)} if dates else {})}


def _count_years(tally: Tally) -> dict[int, int]:
    years: dict[int, int] = {}
    for value, count in tally.counts.items():
        when = calendar_date(str(value))
        if when is not None:
            years[when.year] = years.get(when.year, 0) + count
    return dict(sorted(years.items()))


def _describe_numbers(tally: Tally) -> dict[str, Any]:
    numbers = {value: count for value, count in tally.counts.items() if not isinstance(value, str)}
    if not numbers:
        return {}
    total = sum(value * count for value, count in numbers.items())
    return {"min": min(numbers), "max": max(numbers), "avg": total / sum(numbers.values())}


def _describe_booleans(tally: Tally) -> dict[str, Any]:
    return {"trueCount": tally.counts.get("true", 0), "falseCount": tally.counts.get("false", 0)}


_DESCRIBERS = {
    "STRING": _describe_texts,
    "ENUM": _describe_enum,
    "DATE": _describe_dates,
    "INTEGER": _describe_numbers,
    "NUMBER": _describe_numbers,
    "BOOLEAN": _describe_booleans,
}


def _read(record: Record) -> tuple[dict[str, list[Any]], dict[str, set[int]]]:
    """Return the values of every leaf of a record, and the lengths of its lists."""
    values: dict[str, list[Any]] = {}
    sizes: dict[str, set[int]] = {}
    _gather(record, _TREE, values, sizes)
    return values, sizes


def _gather(
    record: Record, tree: dict[str, _Node], values: dict[str, list[Any]], sizes: dict[str, set[int]]
) -> None:
    for name, below in record.items():
        node = tree.get(name)
        if node is None:
            continue
        if isinstance(below, list):
            if node.many:
                sizes.setdefault(node.path, set()).add(len(below))
            if not node.counted:
                for item in below:
                    if isinstance(item, dict):
                        _gather(item, node.below, values, sizes)
            elif node.path in values:
                values[node.path] += below
            else:
                values[node.path] = below[:]
        elif isinstance(below, dict):
            _gather(below, node.below, values, sizes)
        elif node.counted:
            if node.path in values:
                values[node.path].append(below)
            else:
                values[node.path] = [below]


def _node(field: Field) -> _Node:
    # A point is one value to search for, and its two numbers mean nothing on their own.
    children = () if field.type == "GeoPoint" else field.children
    below = {child.name: _node(child) for child in children if not child.historic}
    return _Node(field.path, field.type in KINDS, field.many, below)


_POINTS = tuple(field.path + "." for field in FIELDS if field.type == "GeoPoint")
_TODAY = tuple(field for field in FIELDS if not field.historic and not field.path.startswith(_POINTS))
VALUE_FIELDS: tuple[Field, ...] = tuple(field for field in _TODAY if field.type in KINDS)
"""The fields whose values are counted."""
LIST_FIELDS: tuple[Field, ...] = tuple(field for field in _TODAY if field.many)
"""The fields whose lengths are counted."""
_TREE: dict[str, _Node] = {field.name: _node(field) for field in FIELDS if "." not in field.path}
