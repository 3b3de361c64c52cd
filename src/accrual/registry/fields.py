"""The fields of a study record: what each is called, what it holds, and how its values are read out of a record.

Comes in: the table `data/fields.tsv`; a name (a piece such as `LocationCity`, or a dotted path); a record as decoded
JSON. Goes out: `Field`s, and a field's values in a record. Refuses: a name that no field has (UnknownFieldError, in the
registry's own words); a table that breaks its rules (VocabularyError). A record of another shape than the field's has
no values.

Names are case-sensitive, as the registry's are. A field below a list has many values in one study.
Source: OpenAPI document 2.0.3 of the ClinicalTrials.gov API v2; of the names see the head of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from accrual.codes.table import items, read_rows
from accrual.errors import UnknownFieldError, VocabularyError

DATA = Path(__file__).parent / "data"
COLUMNS = ("path", "piece", "type", "many", "enum", "also", "marks", "source")
MARKS = frozenset({"historic", "synonyms"})
LOCATIONS = "protocolSection.contactsLocationsModule.locations"
"""The list of sites: the one part of a record that can be searched on its own (`SEARCH[Location]`)."""

Record: TypeAlias = Mapping[str, Any]
"""A study record as decoded JSON."""


class Field(msgspec.Struct, frozen=True):
    """One field of a study record."""

    path: str
    """Dotted, from the top of the record: `protocolSection.statusModule.overallStatus`."""
    piece: str
    """The registry's short name, the same for ever: `OverallStatus`."""
    type: str
    """`text`, `markup`, `nct`, `enum`, `date`, `PartialDate`, `DateTimeMinutes`, `time` (a length of time: an age),
    `integer`, `number`, `boolean`, or the name of the struct that a branch holds (`Location`, `GeoPoint`)."""
    many: bool
    """The field itself is a list. (A field below a list has many values without being one.)"""
    enum: str
    """The enumeration that the values are of (`enums.py`), else empty."""
    also: tuple[str, ...]
    """Further names that find it."""
    historic: bool
    """Only records of the past have it."""
    synonyms: bool
    """Its words are searched with their synonyms."""
    recorded: bool
    """The piece is one that the registry itself was seen to use; else it is made by the registry's naming rule."""
    children: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the path: what the field is called in the record."""
        return self.path.rpartition(".")[2]

    @property
    def parent(self) -> str:
        """The path of the field that this one lies in; empty at the top."""
        return self.path.rpartition(".")[0]

    @property
    def source_type(self) -> str:
        """The type as the registry writes it: the enumeration's or struct's own name, `[]` behind it for a list."""
        return (self.enum or self.type) + ("[]" if self.many else "")


def find_field(name: str) -> Field:
    """Return the field of a piece or a dotted path.

    Raises:
        UnknownFieldError: no field has this name; capitals count.

    Example:
        >>> find_field("LocationCity").path
        'protocolSection.contactsLocationsModule.locations.city'
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownFieldError(name) from None


def find_counted(name: str) -> Field:
    """Return the list field whose number of items a name such as `NumArmGroups` stands for, in `sort`.

    The public document has one such name, `NumArmGroups`; the others are made alike: `Num`, the piece, `s`.

    Raises:
        UnknownFieldError: no list has this name.

    Example:
        >>> find_counted("NumArmGroups").piece
        'ArmGroup'
    """
    if name not in _COUNTED:
        raise UnknownFieldError(name)
    return _COUNTED[name]


def leaves(field: Field) -> tuple[Field, ...]:
    """Return the fields with values of their own at or below a field, in the order of the record.

    Example:
        >>> [leaf.piece for leaf in leaves(find_field("StartDateStruct"))]
        ['StartDate', 'StartDateType']
    """
    return tuple(each for each in descend(field) if not each.children)


def descend(field: Field) -> Iterator[Field]:
    """Yield a field and everything below it, in the order of the record."""
    yield field
    for child in field.children:
        yield from descend(child)


def read_values(record: Record, field: Field) -> list[Any]:
    """Return the values of a field in a record, in order, lists laid flat; empty where there is none.

    Of a branch the values are its JSON objects. Nulls are no values.

    Example:
        >>> read_values({"protocolSection": {"designModule": {"phases": ["PHASE1", "PHASE2"]}}}, find_field("Phase"))
        ['PHASE1', 'PHASE2']
    """
    found: list[Any] = []
    for value in _read(record, field):
        if isinstance(value, list):
            found.extend(item for item in value if item is not None)
        elif value is not None:
            found.append(value)
    return found


def read_sizes(record: Record, field: Field) -> list[int]:
    """Return the number of items of each list that a list field has in a record, empty for a field that is none.

    A list below a list has several: one arm has two interventions, another one.
    """
    return [len(value) for value in _read(record, field) if isinstance(value, list)]


def count_items(record: Record, field: Field) -> int:
    """Return what `AREA[field:size]` asks for: how many items a list field has in all, 0 where it is missing.

    Example:
        >>> count_items({"protocolSection": {"designModule": {"phases": ["PHASE1", "PHASE2"]}}}, find_field("Phase"))
        2
    """
    return len(read_values(record, field))


def nested_document(field: Field) -> Literal["Study", "Location"]:
    """Return which document a field is part of for `SEARCH[..]`: a site of a study, or the study."""
    return "Location" if f"{field.path}.".startswith(f"{LOCATIONS}.") else "Study"


def _read(record: Any, field: Field) -> list[Any]:
    """Return what stands at a field's path: one value for each item of the lists above it."""
    found = [record]
    for name in _PARTS[field.path]:
        below: list[Any] = []
        for value in found:
            if isinstance(value, dict):
                if name in value:
                    below.append(value[name])
            elif isinstance(value, list):
                below.extend(item[name] for item in value if isinstance(item, dict) and name in item)
        if not below:
            return below
        found = below
    return found


def _read_table() -> tuple[Field, ...]:
    """Return the fields at the top of a record, each with what lies below it."""
    rows = read_rows(DATA / "fields.tsv", COLUMNS, keyed=False)
    below: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        below.setdefault(row["path"].rpartition(".")[0], []).append(row)
    return tuple(_field(row, below) for row in below[""])


def _field(row: dict[str, str], below: dict[str, list[dict[str, str]]]) -> Field:
    marks = items(row["marks"])
    where = f"fields.tsv, {row['path']}"
    if not MARKS.issuperset(marks) or row["many"] not in ("", "yes"):
        raise VocabularyError(f"{where}: marks are {', '.join(sorted(MARKS))}; many is yes or empty")
    if (row["type"] == "enum") != bool(row["enum"]):
        raise VocabularyError(f"{where}: an enum names its type, and nothing else does")
    return Field(
        path=row["path"],
        piece=row["piece"],
        type=row["type"],
        many=bool(row["many"]),
        enum=row["enum"],
        also=items(row["also"]),
        historic="historic" in marks,
        synonyms="synonyms" in marks,
        recorded=row["source"] == "recorded",
        children=tuple(_field(child, below) for child in below.get(row["path"], ())),
    )


def _names(fields: tuple[Field, ...]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for field in fields:
        for name in (field.piece, field.path, *field.also):
            # hasResults is the one path that could be taken for a piece: HasResults; no name is two fields'.
            if found.setdefault(name, field) is not field:
                raise VocabularyError(f"fields.tsv: {name} names {found[name].path} and {field.path}")
    return found


SECTIONS: tuple[Field, ...] = _read_table()
"""The fields at the top of a record."""
FIELDS: tuple[Field, ...] = tuple(field for section in SECTIONS for field in descend(section))
"""Every field of a record, in the order of the record."""
_BY_NAME = _names(FIELDS)
_COUNTED = {f"Num{field.piece}s": field for field in FIELDS if field.many}
_PARTS: Mapping[str, tuple[str, ...]] = {field.path: tuple(field.path.split(".")) for field in FIELDS}
