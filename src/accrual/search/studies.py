"""Which studies a search of the registry finds, page by page: filters, order, cursors.

Comes in: a `StudyQuery`: expressions as `essie.py` read them, filters, an order; a cursor. Goes out: a `StudyPage`.
Refuses (QueryError): an order by a field of words, a search that would take too long (QueryTooLargeError), the page of
a state of the data that is not kept any more (CursorExpiredError).

Where an expression has TILT and no order is asked for, studies come by the field it names, largest first.

All queries and filters must hold; only queries decide the order, filters never. A search whose only queries are NCT
numbers gives those studies and takes no notice of the rest. Equals come newest update first, then by NCT number.

A page sequence stays on the state of the index it began on, whatever is loaded meanwhile: a cursor is that state's
stamp and how many studies came before. The order found is kept with the state, so a later page only reads on.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec
import numpy as np
import tantivy

from accrual.basic import GeoPoint, NctId, nct_id
from accrual.errors import CursorExpiredError, QueryError
from accrual.registry.areas import area_of_query, find_area
from accrual.registry.fields import Field, find_field
from accrual.search.agg_filters import AggFilter, agg_query, value_query
from accrual.search.essie_names import SIZE
from accrual.search.expression import And, Expression, Or, Scoped, Words
from accrual.search.geo import Floats
from accrual.search.measures import measure_of
from accrual.search.order import Key, Order, by_arrays, by_columns, by_score, column_of, read_all
from accrual.search.plan import Clause, Planner, Q, every, some
from accrual.search.registry_index import RegistryIndex, Snapshot
from accrual.search.registry_schema import STUDY_SCHEMA, is_listed, measure_field
from accrual.search.relevance import score_clauses, scored
from accrual.search.scope import Scope

MAX_PAGE = 1_000
"""No page is longer; a longer one asked for is this long (the registry's limit)."""
ADVANCED_AREA = "BasicSearch"
"""What words without an area are searched in, in `filter.advanced`."""
MILE_KM = 1.609344  # international mile, 1959
RELEVANCE: Final = "@relevance"
_NCT = re.compile(r"NCT0*[1-9]\d{0,7}", re.ASCII | re.IGNORECASE)  # the API's pattern of nctId
_CURSOR = struct.Struct(">II")  # the state's stamp, studies before
_READ_AT_LEAST = 100  # studies whose order is found at a time; twice as many as before on later pages


class GeoFilter(msgspec.Struct, frozen=True):
    """A circle in which a study has a site."""

    centre: GeoPoint
    within_km: float


class GeoDecay(msgspec.Struct, frozen=True):
    """How the score falls off with the distance of the closest site, as Elasticsearch defines its decay functions.

    At `offset_km` plus `scale_km` it is `decay` of what it is within `offset_km`.
    """

    function: Literal["exp", "gauss", "linear"] = "exp"
    scale_km: float = 300 * MILE_KM
    offset_km: float = 0.0
    decay: float = 0.5


class Filters(msgspec.Struct, frozen=True):
    """What must hold beside the queries: `filter.*`, and again `postFilter.*`."""

    overall_status: tuple[str, ...] = ()
    geo: GeoFilter | None = None
    ids: tuple[str, ...] = ()
    """NCT numbers, those that studies had before included."""
    advanced: Expression | None = None


class Sort(msgspec.Struct, frozen=True):
    """One key of an order: a piece of dates or numbers, or `@relevance`."""

    piece: str
    descending: bool


_BY_SCORE: Final = Sort(RELEVANCE, True)


class StudyQuery(msgspec.Struct, frozen=True):
    """A search of the registry."""

    queries: tuple[tuple[str, Expression], ...] = ()
    """`query.<name>` and its expression."""
    filters: tuple[Filters, ...] = ()
    agg_filters: tuple[AggFilter, ...] = ()
    sort: tuple[Sort, ...] = ()
    geo_decay: GeoDecay = GeoDecay()
    """Takes effect where a filter has a circle, and no order is asked for."""


class StudyPage(msgspec.Struct, frozen=True):
    """One page of a search."""

    nct_ids: tuple[NctId, ...]
    total: int
    next_cursor: bytes | None
    """Where the next page begins; None on the last one."""


def read_sort(text: str) -> Sort:
    """Return a key of an order as the API writes it: `LastUpdatePostDate`, `EnrollmentCount:desc`, `@relevance`.

    Dates come newest first and numbers smallest first where nothing else is said.

    Raises:
        UnknownFieldError: no field has this name.
        QueryError: its values have no order, in the registry's words.

    Example:
        >>> read_sort("StartDate")
        Sort(piece='StartDate', descending=True)
    """
    name, _, direction = text.strip().partition(":")
    if name == RELEVANCE:
        return Sort(RELEVANCE, direction != "asc")
    field = find_field(name)
    if not is_ordered(field):
        kind = "text" if field.type in ("markup", "nct") else field.type
        raise QueryError(f"Unsupported sort field type: {kind}")
    return Sort(field.piece, direction == "desc" if direction else measure_of(field.type) == "date")


def find_studies(
    index: RegistryIndex, query: StudyQuery, page_size: int = 10, cursor: bytes | None = None
) -> StudyPage:
    """Return a page of the studies that a search finds.

    Raises:
        QueryTooLargeError: the search would take too long.
        CursorExpiredError: the state of the data that the cursor belongs to is gone.
        QueryError: the cursor is none.

    Example:
        >>> asked = StudyQuery(queries=(("cond", read_expression("asthma", "Conditions or disease")),))
        >>> find_studies(index, asked, 20).total
    """
    snapshot, offset = _begin(index, cursor)
    size = min(max(page_size, 0), MAX_PAGE)
    order: Order | None = snapshot.recall(query)
    if order is None or (len(order.numbers) < min(offset + size, order.total)):
        order = _ordered(snapshot, query, order, offset + size)
        snapshot.keep(query, order, order.numbers.nbytes + 2_000)
    end = min(offset + size, order.total)
    found = tuple(NctId(f"NCT{number:08d}") for number in order.numbers[offset:end].tolist())
    more = end < order.total and size > 0
    return StudyPage(found, order.total, _CURSOR.pack(snapshot.stamp, end) if more else None)


def matching(snapshot: Snapshot, query: StudyQuery) -> tantivy.Query:
    """Return the index query of what a search finds, whatever its order.

    Raises:
        QueryTooLargeError: the search would take too long.
    """
    return _built(snapshot, query)[0]


def _begin(index: RegistryIndex, cursor: bytes | None) -> tuple[Snapshot, int]:
    """Return the state of the index to search, and how many studies come before the page."""
    if not cursor:
        return index.snapshot(), 0
    if len(cursor) != _CURSOR.size:
        raise QueryError("this is no cursor: take it from the page before")
    stamp, offset = _CURSOR.unpack(cursor)
    snapshot = index.snapshot_of(stamp)
    if snapshot is None:
        raise CursorExpiredError(
            "the data of this page sequence is not kept any more: begin again at its first page"
        )
    if offset > snapshot.studies.num_docs:
        # Room for so many would be taken: a cursor that somebody made up must not cost memory.
        raise QueryError("this is no cursor: take it from the page before")
    return snapshot, offset


def _ordered(snapshot: Snapshot, query: StudyQuery, before: Order | None, needed: int) -> Order:
    """Return the order of a search, as far as a page needs it, and further than it was known before."""
    limit = max(needed, _READ_AT_LEAST) if before is None else max(needed, 2 * len(before.numbers))
    match, scores = _built(snapshot, query)
    tilts = [piece for _, expression in query.queries for piece in tilts_of(expression)]
    sorts = query.sort or tuple(Sort(piece, True) for piece in tilts)
    first, *others = (*sorts, _BY_SCORE)
    geo = next((filters.geo for filters in query.filters if filters.geo is not None), None)
    if not sorts and geo is not None:
        alike = Q.const_score_query(match, 1.0)
        return _by_distance(snapshot, scored(match, scores) if scores else alike, geo, query.geo_decay)
    if not scores:  # then all are as relevant
        return by_columns(snapshot, match, _keys(sorts), limit)
    if first.piece == RELEVANCE and first.descending:
        return by_score(snapshot, scored(match, scores), _keys(others), limit)
    if RELEVANCE not in [sort.piece for sort in sorts]:
        return by_columns(snapshot, match, _keys(sorts), limit)
    relevance, addresses = read_all(snapshot, scored(match, scores))
    columns = [
        (-relevance if sort.descending else relevance)
        if sort.piece == RELEVANCE
        else column_of(snapshot, Key(measure_field(sort.piece), sort.descending), addresses)
        for sort in sorts
    ]
    return by_arrays(snapshot, addresses, columns)


def _keys(sorts: Sequence[Sort]) -> list[Key]:
    return [Key(measure_field(sort.piece), sort.descending) for sort in sorts if sort.piece != RELEVANCE]


def _by_distance(snapshot: Snapshot, query: tantivy.Query, geo: GeoFilter, decay: GeoDecay) -> Order:
    """Return all studies by what is left of their scores at the distance of their closest site."""
    scores, addresses = read_all(snapshot, query)
    studies = snapshot.studies.fast_field_values("study", addresses) if addresses else []
    km = snapshot.study_points.distances_km(np.array(studies, dtype=np.uint64), geo.centre)
    return by_arrays(snapshot, addresses, [-scores * left_of_score(km, decay)])


def left_of_score(km: Floats, decay: GeoDecay) -> Floats:
    """Return what a decay leaves of a score at distances, 0 to 1; of the shape of `km`.

    Source: the formulas of Elasticsearch's decay functions, whose parameters the registry's are.

    Raises:
        QueryError: parameters that make no sense.
    """
    if not (decay.scale_km > 0 and decay.offset_km >= 0 and 0 < decay.decay < 1):
        raise QueryError("geoDecay: the scale must be above 0, and the decay between 0 and 1")
    beyond = np.maximum(0.0, km - decay.offset_km) / decay.scale_km
    if decay.function == "linear":
        left: Floats = np.maximum(0.0, 1 - beyond * (1 - decay.decay))
    else:
        left = decay.decay ** (beyond if decay.function == "exp" else beyond**2)
    return left


# --- what must hold, and what scores --------------------------------------------------------------------------------


def _built(snapshot: Snapshot, query: StudyQuery) -> tuple[tantivy.Query, list[Clause]]:
    """Return the query of what a search finds, and the clauses that score it."""
    planner = Planner(snapshot)
    for _, expression in query.queries:
        ids = nct_ids_of(expression)
        if ids:
            return _with_ids(ids), []
    parts: list[tantivy.Query] = []
    scores: list[Clause] = []
    for name, expression in query.queries:
        scope = Scope(area_of_query(name).name)
        parts.append(planner.match(expression, scope))
        scores += score_clauses(snapshot, expression, scope)
    for filters in query.filters:
        parts += _filtered(planner, filters)
    if query.agg_filters:
        parts.append(agg_query(query.agg_filters))
    return every(parts) if parts else Q.all_query(), scores


def _filtered(planner: Planner, filters: Filters) -> Iterator[tantivy.Query]:
    if filters.overall_status:
        yield some(value_query("OverallStatus", status) for status in filters.overall_status)
    if filters.geo is not None:
        yield planner.near(filters.geo.centre, filters.geo.within_km)
    if filters.ids:
        yield _with_ids(filters.ids)
    if filters.advanced is not None:
        yield planner.match(filters.advanced, Scope(ADVANCED_AREA))


def tilts_of(expression: Expression) -> tuple[str, ...]:
    """Return the pieces of days, ages and numbers by whose values an expression tilts the order.

    Example:
        >>> tilts_of(read_expression("TILT[StartDate]asthma", "Other terms"))
        ('StartDate',)
    """
    match expression:
        case And(parts=parts) | Or(parts=parts):
            return tuple(piece for part in parts for piece in tilts_of(part))
        case Scoped(part=part, tilt=tilt):
            inner = tilts_of(part)
            if tilt is None or tilt.endswith(SIZE):
                return inner
            fields = find_area(tilt).fields
            return (*(field.piece for field in fields if is_ordered(field)), *inner)
        case _:
            return ()


def is_ordered(field: Field) -> bool:
    """Say whether studies can be ordered by a field: it has one day, age or number."""
    return measure_of(field.type) is not None and not field.children and not is_listed(field)


def _with_ids(ids: Sequence[str]) -> tantivy.Query:
    """Return the query of studies that have, or once had, one of these NCT numbers."""
    numbers = [int(nct_id(each)[3:]) for each in ids]
    return some(Q.term_set_query(STUDY_SCHEMA, field, numbers) for field in ("number", "alias"))


def nct_ids_of(expression: Expression) -> tuple[str, ...]:
    """Return the NCT numbers of an expression that holds nothing else; none where it does.

    Example:
        >>> nct_ids_of(read_expression("NCT04852770 OR NCT01728545", "Other terms"))
        ('NCT04852770', 'NCT01728545')
    """
    match expression:
        case Words(text=text):
            words = text.replace(",", " ").split()
            return tuple(words) if all(_NCT.fullmatch(word) for word in words) else ()
        case And(parts=parts) | Or(parts=parts):
            found = [nct_ids_of(part) for part in parts]
            return tuple(each for ids in found for each in ids) if all(found) else ()
        case _:
            return ()
