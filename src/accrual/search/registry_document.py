"""A study's record as documents of the registry index: one of the study, one of each different site.

Comes in: a study's key and its record as decoded JSON. Goes out: tantivy documents, and the points its sites stand on.
Refuses (RecordError): a record without an NCT number. Fields that the table of fields does not have are not searched.

A record is walked once, along the table of fields; `registry/fields.read_values` says the same field by field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
import tantivy

from accrual.basic import GeoPoint, PartialDate, nct_id
from accrual.errors import QueryError, RecordError
from accrual.registry.fields import LOCATIONS, SECTIONS, Field, find_field
from accrual.search.geo import keys_of, point_code
from accrual.search.index import order_key
from accrual.search.measures import Measure, measure_of, read_age, read_day, read_number
from accrual.search.places import Places
from accrual.search.registry_schema import (
    BASIC_REST,
    BEGIN,
    COUNTED,
    END,
    PATIENT,
    measure_field,
    shield,
    size_field,
    words_field,
)
from accrual.search.site_words import site_tokens
from accrual.search.values import read_texts

_SITE: Final = find_field("Location")
_COUNTED: Final = frozenset(field.piece for field in COUNTED)
_MOST: Final = 2**63  # no number of a record is near it; Python cannot make a float of every whole number


class _Node:
    """A field, what lies below it by name, and where the index holds its values."""

    def __init__(self, field: Field, site: bool = False) -> None:
        self.field = field
        self.piece = field.piece
        self.below = {child.name: _Node(child, site) for child in field.children}
        self.counted = field.piece in _COUNTED
        self.measure = measure_of(field.type)
        self.amounts = measure_field(field.piece)
        self.items = size_field(field.piece)
        self.whole = bool(field.enum) or field.type == "boolean"
        self.own = words_field(field.piece, site=site) == field.piece
        """It has a text field of its own."""
        self.combined = ""
        """The field that its words stand in together with those of others; empty where there is none."""
        if not site and field.piece in PATIENT:
            self.combined = "patient"
        elif not site and field.piece in BASIC_REST:
            self.combined = "basic"


_TOP: Final = {section.name: _Node(section) for section in SECTIONS}
_SITES: Final = _Node(_SITE, site=True).below


class Found:
    """What a walk finds: the values of each field in order, and how many objects each branch has."""

    def __init__(self) -> None:
        self._values: dict[_Node, list[Any]] = {}
        self._objects: dict[_Node, int] = {}

    def walk(self, record: Mapping[str, Any], nodes: Mapping[str, _Node]) -> None:
        """Take in an object of the record. Called for every object of every record: it is what indexing waits for."""
        for name, value in record.items():
            node = nodes.get(name)
            if node is None or value is None:
                continue
            below = node.below
            if value.__class__ is list:
                items = [item for item in value if item is not None]
                if not items:
                    continue
            elif below and value.__class__ is dict:
                self._objects[node] = self._objects.get(node, 0) + 1
                self.walk(value, below)
                continue
            else:
                items = [value]
            if not below:
                held = self._values.get(node)
                if held is None:
                    self._values[node] = items
                else:
                    held += items
                continue
            self._objects[node] = self._objects.get(node, 0) + len(items)
            for item in items:
                if item.__class__ is dict:
                    self.walk(item, below)
                elif item.__class__ is list:
                    for inner in item:
                        if inner.__class__ is dict:
                            self.walk(inner, below)

    def values(self) -> list[tuple[_Node, list[Any]]]:
        """Return the values of each field, each once, in order; what is no text, number, yes or no left out."""
        return [
            (node, values if len(values) == 1 and values[0].__class__ is str else _once(values))
            for node, values in self._values.items()
        ]

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield the index field of each field whose items are counted, and how many it has."""
        for node, values in self._values.items():
            if node.counted:
                yield node.items, len(values)
        for node, number in self._objects.items():
            yield node.items, number


def _once(values: list[Any]) -> list[Any]:
    if {*map(type, values)} == {str}:
        return list(dict.fromkeys(values))
    # True is 1 to a dict, and 1 is 1.0: keep them apart.
    scalars = (value for value in values if isinstance(value, str | int | float))
    return list({(value.__class__, value): value for value in scalars}.values())


class Documents(msgspec.Struct, frozen=True):
    """A study's documents."""

    number: int
    study: tantivy.Document
    sites: tuple[tantivy.Document, ...]
    codes: tuple[int, ...]
    """The points that its sites stand on, each once (`geo.point_code`)."""


def make_documents(study: int, record: Mapping[str, Any], places: Places | None = None) -> Documents:
    """Return the documents of a study.

    Arguments:
        study: its key in the store.
        places: where a site without a point of its own stands; None leaves it without one.

    Raises:
        RecordError: it has no NCT number.
    """
    found = Found()
    found.walk(record, _TOP)
    number = _number(record)
    document = tantivy.Document()
    _add_words(document, found.values())
    _add_sizes(document, found.sizes())
    document.add_unsigned("study", study)
    document.add_unsigned("number", number)
    for alias in _aliases(record):
        document.add_unsigned("alias", alias)
    document.add_unsigned("updated", order_key(_updated(record), f"NCT{number:08d}"))
    objects = _objects(record, LOCATIONS.split("."))
    tokens = site_tokens(objects)
    if tokens is not None:
        document.add_pre_tokenized_text("site", tokens)
    sites, codes = _sites(study, objects, places)
    for key in keys_of(codes):
        document.add_unsigned("point", key)
    return Documents(number, document, tuple(sites), tuple(codes))


def _sites(
    study: int, sites: Iterable[Mapping[str, Any]], places: Places | None
) -> tuple[list[tantivy.Document], dict[int, None]]:
    """Return a document for each site that differs from those before, and the points of all."""
    documents: dict[bytes, tantivy.Document] = {}
    codes: dict[int, None] = {}
    for site in sites:
        same = _encode(site)
        if same in documents:
            continue
        found = Found()
        found.walk(site, _SITES)
        document = documents[same] = tantivy.Document()
        _add_words(document, found.values())
        _add_sizes(document, [*found.sizes(), (size_field(_SITE.piece), 1)])
        document.add_unsigned("study", study)
        point = point_of(site, places)
        if point is not None:
            code = point_code(point)
            codes[code] = None
            for key in keys_of((code,)):
                document.add_unsigned("point", key)
    return list(documents.values()), codes


_encode = msgspec.json.Encoder().encode


def _add_words(document: tantivy.Document, pieces: Iterable[tuple[_Node, list[Any]]]) -> None:
    words: dict[str, list[str]] = {}
    exact: dict[str, list[str]] = {}
    whole: dict[str, list[str]] = {}
    for node, values in pieces:
        piece = node.piece
        if node.measure is not None:
            for amount in {_measured(node.measure, value) for value in values}:
                if amount is not None:
                    document.add_float(node.amounts, amount)
            exact[piece] = [BEGIN]  # it is there; its words are not searched
            if not node.combined:
                continue
        said = [shield(text) for value in values for text in read_texts(node.field, value)]
        if node.combined:
            for text in said:
                document.add_text(node.combined, text)
            if node.measure is not None:
                continue
        texts = [f"{BEGIN} {text} {END}" for text in said]
        exact[piece] = texts
        if node.own:
            for text in texts:
                document.add_text(piece, text)
        else:
            words[piece] = texts
        if node.whole:
            whole[piece] = [str(value).lower() if not isinstance(value, str) else value for value in values]
    document.add_json("words", words)
    document.add_json("exact", exact)
    document.add_json("values", whole)


def _add_sizes(document: tantivy.Document, sizes: Iterable[tuple[str, int]]) -> None:
    for field, size in sizes:
        document.add_unsigned(field, size)


def _measured(measure: Measure, value: Any) -> float | None:
    """Return a value as its range sees it; None where it is none of the kind."""
    amount: float | None
    if isinstance(value, bool):
        amount = None
    elif measure == "number" and not isinstance(value, str):
        amount = value if abs(value) < _MOST else None
    elif not isinstance(value, str):
        amount = None
    elif measure == "number":
        amount = read_number(value)
    elif measure == "date":
        amount = read_day(value)
    else:
        amount = read_age(value)
    return None if amount is None else float(amount)


# --- single parts of a record -------------------------------------------------------------------------------------


def _objects(record: Any, names: Iterable[str]) -> list[dict[str, Any]]:
    found = [record]
    for name in names:
        below: list[Any] = []
        for value in found:
            held = value.get(name) if isinstance(value, dict) else None
            below.extend(held if isinstance(held, list) else [held])
        found = below
    return [value for value in found if isinstance(value, dict)]


def _identification(record: Mapping[str, Any]) -> dict[str, Any]:
    modules = _objects(record, ("protocolSection", "identificationModule"))
    return modules[0] if modules else {}


def _number(record: Mapping[str, Any]) -> int:
    try:
        return int(nct_id(str(_identification(record).get("nctId", "")))[3:])
    except QueryError as error:
        raise RecordError(str(error)) from error


def _aliases(record: Mapping[str, Any]) -> list[int]:
    held = _identification(record).get("nctIdAliases")
    found = []
    for alias in held if isinstance(held, list) else ():
        try:
            found.append(int(nct_id(str(alias))[3:]))
        except QueryError:
            continue  # no number to be asked for
    return found


def _updated(record: Mapping[str, Any]) -> PartialDate | None:
    parts = _objects(record, ("protocolSection", "statusModule", "lastUpdatePostDateStruct"))
    try:
        return PartialDate.parse(str(parts[0]["date"]))
    except (IndexError, KeyError, ValueError):
        return None


def point_of(site: Mapping[str, Any], places: Places | None) -> GeoPoint | None:
    """Return where a site stands; without a point of its own (legacy XML), where its city is, if `places` knows it."""
    held = site.get("geoPoint")
    lat, lon = (held.get("lat"), held.get("lon")) if isinstance(held, dict) else (None, None)
    if isinstance(lat, int | float) and isinstance(lon, int | float):
        return GeoPoint(float(lat), float(lon))
    if places is None or held is not None:
        return None
    city, state, country = (str(site.get(name) or "") for name in ("city", "state", "country"))
    return places.place_site(city, state, country)
