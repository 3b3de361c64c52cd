"""The parameters of the registry's API: one row each, read by the server and written into its OpenAPI document.

Comes in: a query string. Goes out: `Arguments`, checked, with the defaults filled in. Refuses, as HTTPException 400
with the registry's own text: a parameter that the endpoint does not have, and a value that is not written as it must
be. What a value *means* (an expression, a field) is read where it is used.

Source: the OpenAPI document of API v2 (2.0.3) and the recorded refusals of the service (2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from accrual.api import refusals
from accrual.registry.enums import ENUMS

PAGE_SIZE: Final = 10
MAX_PAGE_SIZE: Final = 1000
MAX_INT32: Final = 2**31 - 1
MAX_ITEMS: Final = 10_000
"""Items a list may have. Set by hand: more would not fit the longest query string."""


class Kind(StrEnum):
    """How a parameter's value is written."""

    TEXT = "text"
    QUERY = "query"
    """An Essie expression."""
    LIST = "list"
    """Items with commas or pipes between them."""
    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"


class Parameter(msgspec.Struct, frozen=True):
    """One parameter."""

    name: str
    kind: Kind
    text: str
    """What it does, for the OpenAPI document."""
    default: str = ""
    choices: tuple[str, ...] = ()
    """The words it knows: of the value, or of each item of a list."""
    pattern: str = ""
    """What the value, or each item of a list, must look like."""
    most: int = MAX_ITEMS
    """Items that a list may have."""
    fewest: int = 0
    example: str = ""


NCT_PATTERN: Final = r"[Nn][Cc][Tt]0*[1-9]\d{0,7}"
_NUMBER = r"\d+(\.\d+)?"
_FIELD = r"[a-zA-Z][a-zA-Z0-9\-. ]*"
_GEO = rf"distance\(-?{_NUMBER},-?{_NUMBER},{_NUMBER}(km|mi)?\)"
_DECAY = rf"func:(gauss|exp|linear),scale:({_NUMBER}(km|mi)),offset:({_NUMBER}(km|mi)),decay:({_NUMBER})"

STATUSES: Final = tuple(each.value for each in ENUMS["Status"].values)

QUERIES: Final[tuple[tuple[str, str], ...]] = (
    ("cond", "conditions or diseases"),
    ("term", "other terms: most fields of a record"),
    ("locn", "places and sites"),
    ("titles", "titles and acronyms"),
    ("intr", "interventions and treatments"),
    ("outc", "outcome measures"),
    ("spons", "sponsors and collaborators"),
    ("lead", "the lead sponsor's name"),
    ("id", "study numbers of every kind"),
    ("patient", "what patients look for"),
)


def _filters(prefix: str) -> tuple[Parameter, ...]:
    """Return the five filters, which stand under two prefixes with the same effect."""
    return (
        Parameter(
            f"{prefix}.overallStatus",
            Kind.LIST,
            "Only studies of these statuses.",
            choices=STATUSES,
            example="NOT_YET_RECRUITING|RECRUITING",
        ),
        Parameter(
            f"{prefix}.geo",
            Kind.TEXT,
            "Only studies with a site so near: `distance(latitude,longitude,distance)`; miles where no unit stands.",
            pattern=_GEO,
            example="distance(39.0035707,-77.1013313,50mi)",
        ),
        Parameter(
            f"{prefix}.ids",
            Kind.LIST,
            "Only these NCT numbers, those that studies had before included.",
            pattern=NCT_PATTERN,
            example="NCT04852770|NCT01728545",
        ),
        Parameter(
            f"{prefix}.advanced",
            Kind.QUERY,
            "Only studies of which this Essie expression is true; it changes no order.",
            example="AREA[StartDate]RANGE[2022,MAX]",
        ),
        Parameter(
            f"{prefix}.synonyms",
            Kind.LIST,
            "The registry's synonym ids, which are not to be had: anything in it is refused.",
        ),
    )


FORMAT_LIST: Final = Parameter(
    "format", Kind.CHOICE, "A page of records as JSON, or a table.", default="json", choices=("csv", "json")
)
FORMAT_STUDY: Final = Parameter(
    "format",
    Kind.CHOICE,
    "The record as JSON, as a table, as JSON in a zip file, as FHIR R4, or as RIS.",
    default="json",
    choices=("csv", "json", "json.zip", "fhir.json", "ris"),
)
FORMAT_DOWNLOAD: Final = Parameter(
    "format", Kind.CHOICE, "A zip file with one JSON file a study.", default="json.zip", choices=("json.zip",)
)
MARKUP: Final = Parameter(
    "markupFormat",
    Kind.CHOICE,
    "How formatted text is written in JSON: markdown, or the plain text of the classic registry.",
    default="markdown",
    choices=("markdown", "legacy"),
)
FIELDS: Final = Parameter(
    "fields",
    Kind.LIST,
    "Only these fields: areas, pieces, dotted paths, or `@query` for what the queries search; CSV: column names.",
    pattern=rf"({_FIELD})|(@query)",
    fewest=1,
    example="NCTId|BriefTitle|OverallStatus",
)
PAGE_TOKEN: Final = Parameter(
    "pageToken", Kind.TEXT, "`nextPageToken` of the page before; CSV: its header `x-next-page-token`."
)
COUNT_TOTAL: Final = Parameter(
    "countTotal",
    Kind.FLAG,
    "Whether the first page says how many studies match; CSV: in the header `x-total-count`.",
    default="false",
)
PAGE_SIZE_PARAMETER: Final = Parameter(
    "pageSize",
    Kind.NUMBER,
    f"Studies on a page; 0 means {PAGE_SIZE}, and more than {MAX_PAGE_SIZE} means {MAX_PAGE_SIZE}.",
    default=str(PAGE_SIZE),
)

SELECTION: Final[tuple[Parameter, ...]] = (
    *(
        Parameter(f"query.{name}", Kind.QUERY, f"An Essie expression over {what}; it decides the order.")
        for name, what in QUERIES
    ),
    *_filters("filter"),
    *_filters("postFilter"),
    Parameter(
        "aggFilters",
        Kind.LIST,
        "The registry's check boxes: `id:keys` pairs, the keys with spaces between them.",
        pattern=r"[^:]+:[^:]*",
        example="status:not rec,sex:f,healthy:y",
    ),
    Parameter(
        "geoDecay",
        Kind.TEXT,
        "How the order falls off with the distance of the closest site; only beside `filter.geo`.",
        default="func:exp,scale:300mi,offset:0mi,decay:0.5",
        pattern=_DECAY,
        example="func:linear,scale:100km,offset:10km,decay:0.1",
    ),
    Parameter(
        "sort",
        Kind.LIST,
        "At most two date or number fields, or `@relevance`, each with `:asc` or `:desc`.",
        pattern=rf"(({_FIELD})|(@relevance))(:(asc|desc))?",
        most=2,
        example="EnrollmentCount:desc|NumArmGroups",
    ),
)
"""What decides which studies come, in which order."""

STUDIES: Final = (FORMAT_LIST, MARKUP, *SELECTION, FIELDS, COUNT_TOTAL, PAGE_SIZE_PARAMETER, PAGE_TOKEN)
STUDY: Final = (FORMAT_STUDY, MARKUP, msgspec.structs.replace(FIELDS, pattern=_FIELD))
DOWNLOAD: Final = (FORMAT_DOWNLOAD, *SELECTION)
METADATA: Final = (
    Parameter("includeIndexedOnly", Kind.FLAG, "Also fields that are only searched.", default="false"),
    Parameter("includeHistoricOnly", Kind.FLAG, "Also fields that only old data has.", default="false"),
)
STATISTIC_TYPES: Final = ("ENUM", "STRING", "DATE", "INTEGER", "NUMBER", "BOOLEAN")
FIELD_VALUES: Final = (
    Parameter("types", Kind.LIST, "Only fields of these types.", choices=STATISTIC_TYPES, example="ENUM"),
    Parameter(
        "fields",
        Kind.LIST,
        "Only these fields, by piece or dotted path.",
        pattern=_FIELD,
        fewest=1,
        example="Phase|Condition",
    ),
)
# Here an empty list is none at all: the registry's document sets no least number of items.
FIELD_SIZES: Final = (msgspec.structs.replace(FIELD_VALUES[1], fewest=0),)
HISTORY: Final = (Parameter("history", Kind.FLAG, "Whether the versions held are listed.", default="false"),)
NOTHING: Final[tuple[Parameter, ...]] = ()


class Arguments(msgspec.Struct, frozen=True):
    """What a request gave, by parameter; what it left out has its default."""

    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """Return a value as it stands; empty where there is none."""
        return self.texts.get(name, "")

    def items(self, name: str) -> tuple[str, ...]:
        """Return the items of a list; empty where there are none."""
        return self.lists.get(name, ())

    def flag(self, name: str) -> bool:
        """Return whether a flag is set."""
        return self.texts[name].lower() == "true"

    def number(self, name: str) -> int:
        """Return a whole number."""
        return int(self.texts[name])


def read_arguments(parameters: Sequence[Parameter], query_string: bytes, longest: int) -> Arguments:
    """Return what a query string says.

    Arguments:
        longest: characters that one value may have.

    Raises:
        HTTPException: 400, with the registry's text.

    Example:
        >>> read_arguments(STUDIES, b"pageSize=2&fields=NCTId,BriefTitle", 1000).items("fields")
        ('NCTId', 'BriefTitle')
    """
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        given.setdefault(name, []).append(value)
    prefixes = {name.partition(".")[0] for name in known if "." in name}
    for name, values in given.items():
        if name not in known:
            prefix, dot, _ = name.partition(".")
            if dot and prefix not in prefixes:
                raise refusals.invalid_prefix(refusals.shortened(name))
            raise refusals.unknown_parameter(refusals.shortened(name))
        if sum(map(len, values)) > longest:
            raise refusals.too_long(name, longest)
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, parameter in known.items():
        values = given.get(name, [])
        if parameter.kind is Kind.LIST:
            lists[name] = _read_items(parameter, values)
        else:
            texts[name] = _read_value(parameter, values)
    return Arguments(texts, lists)


def _read_value(parameter: Parameter, values: Sequence[str]) -> str:
    if not values:
        return parameter.default
    if len(values) > 1:
        raise refusals.given_twice(parameter.name)
    value = values[0]
    if parameter.kind is Kind.CHOICE and value not in parameter.choices:
        raise refusals.invalid_value(parameter.name, value)
    if parameter.kind is Kind.FLAG and value.lower() not in ("true", "false"):
        raise refusals.bad_format(parameter.name)
    # The length first: Python refuses to make a number of thousands of digits.
    if parameter.kind is Kind.NUMBER and not (
        value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= MAX_INT32
    ):
        raise refusals.bad_format(parameter.name)
    if parameter.pattern and not re.fullmatch(parameter.pattern, value, re.ASCII):
        raise refusals.bad_format(parameter.name)
    return value


def _read_items(parameter: Parameter, values: Sequence[str]) -> tuple[str, ...]:
    if not values:
        return ()
    # A list that is given in several parts is one list: HTTP libraries write it so.
    items = tuple(item.strip() for value in values if value for item in re.split(r"[,|]", value))
    if len(items) < parameter.fewest:
        raise refusals.bad_format(parameter.name)
    if len(items) > parameter.most:
        raise refusals.too_many_items(parameter.name, parameter.most)
    for number, item in enumerate(items, 1):
        if parameter.choices and item not in parameter.choices:
            raise refusals.invalid_value(parameter.name, item)
        if parameter.pattern and not re.fullmatch(parameter.pattern, item, re.ASCII):
            raise refusals.bad_item(parameter.name, number)
    return items
