"""Which studies a request asks for: the parameters of a search, read into a `StudyQuery`.

Comes in: the arguments of `/studies` or of what searches like it. Goes out: the query for the engine, what `@query`
stands for, and the spelling of the query that a page token is bound to. Refuses with the registry's text: an expression
that cannot be read, a field that has no order, a box that there is not, a point that is not on the globe.
"""

from __future__ import annotations

import re

import msgspec

from accrual.api import refusals
from accrual.api.parameters import QUERIES, SELECTION, Arguments
from accrual.basic import GeoPoint
from accrual.registry.areas import Area, area_of_query
from accrual.search.agg_filters import read_agg_filter
from accrual.search.essie import read_expression
from accrual.search.expression import Expansion, Expression, Scoped
from accrual.search.studies import (
    ADVANCED_AREA,
    MILE_KM,
    Filters,
    GeoDecay,
    GeoFilter,
    StudyQuery,
    read_sort,
)

ADVANCED = "advanced filter"
"""What the registry's errors call `filter.advanced` (recorded)."""

_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_DECAY = re.compile(r"func:(\w+),scale:([\d.]+)(km|mi),offset:([\d.]+)(km|mi),decay:([\d.]+)", re.ASCII)


class Selection(msgspec.Struct, frozen=True):
    """What a request selects."""

    query: StudyQuery
    areas: tuple[Area, ...]
    """The areas that its queries search: what `@query` stands for."""
    spelling: str
    """The same for two requests that select the same in the same order; says nothing to a reader."""


def read_selection(arguments: Arguments, strict: bool = False) -> Selection:
    """Return what a request selects.

    Arguments:
        strict: words of a query stay together, in their order, unless the query says otherwise itself.

    Raises:
        ExpressionError: an expression that cannot be read.
        QueryError: a filter or an order that there is not.
        UnknownFieldError: an order by a field that no record has.
        HTTPException: 400, a point that is not on the globe, a decay that makes no sense, synonym ids.
    """
    areas = [area_of_query(name) for name, _ in QUERIES if arguments.text(f"query.{name}").strip()]
    queries = tuple(
        (
            area.param,
            read_expression(arguments.text(f"query.{area.param}"), area.label or area.name, area.name),
        )
        for area in areas
    )
    if strict:
        queries = tuple((name, _bound(expression)) for name, expression in queries)
    query = StudyQuery(
        queries=queries,
        filters=tuple(_read_filters(arguments, prefix) for prefix in ("filter", "postFilter")),
        agg_filters=tuple(read_agg_filter(item) for item in arguments.items("aggFilters")),
        sort=tuple(read_sort(item) for item in arguments.items("sort")),
        geo_decay=_read_decay(arguments.text("geoDecay")),
    )
    given = [(row.name, arguments.text(row.name) or "|".join(arguments.items(row.name))) for row in SELECTION]
    return Selection(query, tuple(areas), "\n".join(f"{name}={value}" for name, value in given if value))


def _bound(expression: Expression) -> Expression:
    """Return an expression that is widened by other endings and names, and no further."""
    return Scoped(part=expression, expansion=Expansion.CONCEPT, span=expression.span)


def _read_filters(arguments: Arguments, prefix: str) -> Filters:
    for item in arguments.items(f"{prefix}.synonyms"):
        raise refusals.unknown_synonym(item)
    return Filters(
        overall_status=arguments.items(f"{prefix}.overallStatus"),
        geo=_read_geo(f"{prefix}.geo", arguments.text(f"{prefix}.geo")),
        ids=arguments.items(f"{prefix}.ids"),
        advanced=_read_advanced(arguments.text(f"{prefix}.advanced")),
    )


def _read_advanced(text: str) -> Expression | None:
    return read_expression(text, ADVANCED, ADVANCED_AREA) if text.strip() else None


def _read_geo(name: str, text: str) -> GeoFilter | None:
    if not text:
        return None
    latitude, longitude, radius = (float(number) for number in _NUMBERS.findall(text))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise refusals.bad_format(name)
    return GeoFilter(GeoPoint(latitude, longitude), radius * (1.0 if "km" in text else MILE_KM))


def _read_decay(text: str) -> GeoDecay:
    found = _DECAY.fullmatch(text)
    if found is None:
        raise refusals.bad_format("geoDecay")
    scale = float(found[2]) * (1.0 if found[3] == "km" else MILE_KM)
    offset = float(found[4]) * (1.0 if found[5] == "km" else MILE_KM)
    decay = float(found[6])
    for function in ("exp", "gauss", "linear"):
        if function == found[1] and scale > 0 and 0 < decay < 1:
            return GeoDecay(function, scale, offset, decay)
    raise refusals.bad_format("geoDecay")
