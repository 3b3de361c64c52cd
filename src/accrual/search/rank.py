"""Ranked search: a `Query` becomes an index query, and its hits become result lines.

Comes in: an index and a `Query`. Goes out: `Found`, the page asked for; or candidates for matching. Refuses: a
filter value or sort that does not exist, a radius below 0, a page below 0 (QueryError). No typed text is refused.

How a search is decided: every word must stand somewhere in the registry's BasicSearch pieces (one look-up a word,
in the field `all`), in the ConditionSearch pieces for the condition box, in the InterventionSearch pieces for the
intervention box; and every filter and the circle must hold. How hits are ordered: BM25 of each word in `all`, plus
BM25 in the title, condition, intervention and keyword fields times the registry's weights, plus the words standing
together in the title or a condition. Equal scores: newest update first, then the lower NCT number. An NCT number
or a study's own identifier comes first whatever else matches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
import tantivy

from accrual.basic import NctId, nct_id
from accrual.errors import QueryError
from accrual.search.geo import PointTable
from accrual.search.index import SCHEMA, TextIndex, id_key, read_line, study_of
from accrual.search.matched import matched_pieces
from accrual.search.narrowing import Clause, filter_clauses, narrowing_clauses, near_clauses, point_clause
from accrual.search.pieces import ALL_WEIGHT, BASIC_WEIGHTS, CONDITION_WEIGHTS, INTERVENTION_WEIGHTS
from accrual.search.query import Facet, Found, Hit, Near, NearestSite, Query
from accrual.search.sites import nearest_sites
from accrual.search.words import Words, read_words

Q = tantivy.Query
_MUST, _SHOULD, _NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
Weights: TypeAlias = Sequence[tuple[str, float]]

_NOTHING: list[Clause] = [(_MUST, Q.empty_query())]
MAX_PAGE = 1_000
"""No page is longer; a longer one asked for is this long."""
_MOST_OF_ONE_ID = 5  # studies; what more of them call their number ("COVID-19", "N/A") is a word like another
_ID_SCORE = 10_000.0  # above any sum of BM25 scores
_TOGETHER = (
    ("title", 0.89),
    ("condition", 0.81),
)  # where words standing together count once more, at those weights
_TIE_MARGIN = 50  # hits read beyond the page to order equal scores; more where the equals go on
_CANDIDATE_WEIGHTS = (
    ("condition", 0.95),
    ("title", 0.6),
    ("keyword", 0.3),
    ("condition_mesh", 0.5),
    ("intervention", 0.8),
)  # ConditionSearch of the registry, and the intervention's BasicSearch weight
_CRITERIA_WEIGHT = 0.1  # ours: criteria name many conditions that a study excludes


def find(index: TextIndex, query: Query) -> Found:
    """Return the page of hits that `query` asks for.

    Raises:
        QueryError: a filter value, sort, radius or page that makes no sense.

    Example:
        >>> find(index, Query(text="CD7 CAR-T", filters={"status": ("RECRUITING",)})).total
    """
    searcher, points = index.searcher()
    total, page = page_of(searcher, points, query)
    return Found(total, hits_of(searcher, page, query))


def page_of(
    searcher: tantivy.Searcher, points: PointTable, query: Query
) -> tuple[int, list[tuple[float, tantivy.DocAddress]]]:
    """Return how many studies a search finds, and the scores and addresses of the page asked for; raises as `find`."""
    if query.top < 0 or query.offset < 0:
        raise QueryError(
            f"a page cannot start at {query.offset} or hold {query.top} studies: write 0 or more"
        )
    top = min(query.top, MAX_PAGE)
    match query.sort:
        case "relevance":
            return _by_relevance(searcher, points, query, top)
        case "updated" | "start":
            built = build_query(searcher, points, query, scored=False)
            return _by_field(searcher, built, query.sort, query.offset, top)
        case "distance":
            return _by_distance(searcher, points, query, top)
        case _:
            raise QueryError(f"there is no order {query.sort!r}: relevance, distance, updated or start")


def numbers_of(index: TextIndex, query: Query, limit: int) -> tuple[int, tuple[str, ...]]:
    """Return how many studies a search finds, and the NCT numbers of the first `limit`, best first.

    Raises:
        QueryError: as `find`.

    Example:
        >>> numbers_of(index, Query(text="CD7 CAR-T"), 1)
        (12, ('NCT04785833',))
    """
    searcher, points = index.searcher()
    total, hits = _by_relevance(searcher, points, msgspec.structs.replace(query, offset=0), limit)
    keys = searcher.fast_field_values("updated", [address for _, address in hits])
    return total, tuple(study_of(int(key or 0)) for key in keys)


def candidates(
    index: TextIndex,
    texts: Sequence[tuple[str, float]],
    limit: int,
    filters: dict[Facet, tuple[str, ...]] | None = None,
    near: Near | None = None,
) -> tuple[Hit, ...]:
    """Return studies that fit any of the weighted texts, best first; `matched` stays empty.

    A text fits where its words stand together in a condition, title, keyword, MeSH heading or intervention, or all of
    them in the criteria. For matching a patient, who has many conditions.
    """
    searcher, points = index.searcher()
    anything: list[Clause] = []
    for text, weight in texts:
        terms = tuple(term for group in read_words(text).phrases for term in group)
        if not terms or weight <= 0:
            continue
        parts = [
            (_SHOULD, Q.boost_query(_phrase(field, terms), share)) for field, share in _CANDIDATE_WEIGHTS
        ]
        criteria = [(_MUST, Q.term_query(SCHEMA, "criteria", term, "freq")) for term in dict.fromkeys(terms)]
        parts.append((_SHOULD, Q.boost_query(Q.boolean_query(criteria), _CRITERIA_WEIGHT)))
        anything.append((_SHOULD, Q.boost_query(Q.boolean_query(parts), weight)))
    if not anything or limit < 1:
        return ()
    clauses = [
        (_MUST, Q.boolean_query(anything)),
        *filter_clauses(filters or {}),
        *near_clauses(points, near),
    ]
    _, hits = relevant(searcher, Q.boolean_query(clauses), limit)
    return hits_of(searcher, hits, Query(near=near))


def build_query(
    searcher: tantivy.Searcher,
    points: PointTable,
    query: Query,
    *,
    scored: bool = True,
    without: Facet | None = None,
) -> tantivy.Query:
    """Return the index query of a search; `without` leaves one facet's filter out, for counting that facet.

    Raises:
        QueryError: a filter value or radius that makes no sense.
    """
    clauses: list[Clause] = []
    clauses += _text_clauses(searcher, query.text, scored)
    clauses += _area_clauses(query.condition, CONDITION_WEIGHTS)
    clauses += _area_clauses(query.intervention, INTERVENTION_WEIGHTS)
    clauses += narrowing_clauses(points, query, without)
    return Q.boolean_query(clauses) if clauses else Q.all_query()


# --- what must match --------------------------------------------------------------------------------------------


def _text_clauses(searcher: tantivy.Searcher, text: str, scored: bool) -> list[Clause]:
    words = read_words(text)
    ids = _identifiers(searcher, text)
    if not words and not ids:
        return _NOTHING if words.hopeless else []
    clauses: list[Clause] = []
    for group in words.groups:
        clauses.append((_MUST, Q.boost_query(_phrase("all", group), ALL_WEIGHT)))
    for choice in words.choices:
        either = [(_SHOULD, Q.boost_query(_phrase("all", group), ALL_WEIGHT)) for group in choice]
        clauses.append((_MUST, Q.boolean_query(either)))
    if scored:
        clauses += [
            (_SHOULD, Q.boost_query(_phrase(field, group), weight))
            for group in words.phrases
            for field, weight in BASIC_WEIGHTS
        ]
    terms = tuple(term for group in words.groups for term in group)
    if scored and len(words.groups) > 1:
        clauses += [(_SHOULD, Q.boost_query(_phrase(field, terms), weight)) for field, weight in _TOGETHER]
    if not ids:
        return clauses
    found = Q.const_score_query(Q.term_set_query(SCHEMA, "id", ids), _ID_SCORE)
    return [(_MUST, Q.boolean_query([(_SHOULD, found), (_SHOULD, Q.boolean_query(clauses))]))]


def _identifiers(searcher: tantivy.Searcher, text: str) -> list[str]:
    """Return the identifiers of studies that were typed: the whole text, or each word where all are NCT numbers."""
    words = text.split(maxsplit=100)
    try:
        return [id_key(nct_id(word)) for word in words]
    except QueryError:
        whole = id_key(text[:100])
        return [whole] if whole and 0 < searcher.doc_freq("id", whole) <= _MOST_OF_ONE_ID else []


def _area_clauses(text: str, weights: Weights) -> list[Clause]:
    words = read_words(text)
    if words.hopeless:
        return _NOTHING
    return [
        (
            _MUST,
            Q.boolean_query(
                [
                    (_SHOULD, Q.boost_query(_phrase(field, group), weight))
                    for group in choice
                    for field, weight in weights
                ]
            ),
        )
        for choice in (*((group,) for group in words.groups), *words.choices)
    ]


def _phrase(field: str, terms: tuple[str, ...]) -> tantivy.Query:
    if len(terms) == 1:
        return Q.term_query(SCHEMA, field, terms[0], "freq")
    return Q.phrase_query(SCHEMA, field, list(terms))


# --- in which order ---------------------------------------------------------------------------------------------

Scored: TypeAlias = tuple[float, tantivy.DocAddress]


def _by_relevance(
    searcher: tantivy.Searcher, points: PointTable, query: Query, top: int
) -> tuple[int, list[Scored]]:
    built = build_query(searcher, points, query)
    if not any(read_words(text) for text in (query.text, query.condition, query.intervention)):
        return _by_field(searcher, built, "updated", query.offset, top)
    total, hits = relevant(searcher, built, query.offset + top)
    return total, hits[query.offset :]


def relevant(searcher: tantivy.Searcher, built: tantivy.Query, limit: int) -> tuple[int, list[Scored]]:
    """Return the total and the best `limit` hits; equal scores in the order of `updated`, wherever the page ends."""
    margin = _TIE_MARGIN
    while True:
        result = searcher.search(built, max(limit + margin, 1), count=True)
        hits: list[Scored] = result.hits
        total = _total(result)
        # Equals that go on beyond what was read may hold a newer study: read on.
        if len(hits) >= total or not hits or limit == 0 or hits[-1][0] < hits[limit - 1][0]:
            break
        margin *= 4
    keys = searcher.fast_field_values("updated", [address for _, address in hits])
    order = sorted(range(len(hits)), key=lambda i: (-hits[i][0], -int(keys[i] or 0)))
    return total, [hits[i] for i in order[:limit]]


def _by_field(
    searcher: tantivy.Searcher, built: tantivy.Query, field: str, offset: int, top: int
) -> tuple[int, list[Scored]]:
    result = searcher.search(built, max(offset + top, 1), count=True, order_by_field=field)
    return _total(result), [(0.0, address) for _, address in result.hits[offset : offset + top]]


def _by_distance(
    searcher: tantivy.Searcher, points: PointTable, query: Query, top: int
) -> tuple[int, list[Scored]]:
    """Order by the nearest site (recruiting, where asked), equals by newest update; studies without one come last.

    Studies whose nearest site lies on the ring at distance d are those with a point inside d and none inside the
    ring before: so the ring that a page starts on is found by bisection, with exact counts.
    """
    near = query.near
    if near is None:
        raise QueryError("an order by distance needs a place: say near what")
    built = build_query(searcher, points, query)
    total = _total(searcher.search(built, 1, count=True))
    rings = points.rings_km(near.point)

    def within(ring: int) -> list[Clause]:
        if ring < 0:
            return []
        return [point_clause(points.inside(near.point, float(rings[ring])), near.recruiting_only)]

    def count(ring: int) -> int:
        if ring < 0:
            return 0
        return _total(searcher.search(Q.boolean_query([(_MUST, built), *within(ring)]), 1, count=True))

    page: list[Scored] = []
    ring = _first_ring(count, len(rings), query.offset)
    skipped = count(ring - 1)
    while len(page) < top and skipped < total:
        on_ring = [(_MUST, built), *within(ring)] if ring < len(rings) else [(_MUST, built)]
        inner = within(min(ring, len(rings)) - 1)
        on_ring += [(_NOT, clause) for _, clause in inner]
        start = max(query.offset - skipped, 0)
        found, hits = _by_field(searcher, Q.boolean_query(on_ring), "updated", start, top - len(page))
        page += hits
        skipped += found
        if ring >= len(rings):
            break
        ring = _first_ring(count, len(rings), skipped)
    return total, page


def _total(result: Any) -> int:
    """Return how many documents match; the attribute is missing from tantivy's type stub."""
    return int(result.count or 0)


def _first_ring(count: Callable[[int], int], rings: int, rank: int) -> int:
    """Return the first ring within which more than `rank` studies lie; `rings` where there is none."""
    low, high = 0, rings
    while low < high:
        middle = (low + high) // 2
        if count(middle) > rank:
            high = middle
        else:
            low = middle + 1
    return low


# --- what is shown ----------------------------------------------------------------------------------------------


def _typed_words(query: Query) -> Words:
    groups = (
        group
        for text in (query.text, query.condition, query.intervention)
        for group in read_words(text).phrases
    )
    return Words(tuple(dict.fromkeys(groups)))


def hits_of(searcher: tantivy.Searcher, page: list[Scored], query: Query) -> tuple[Hit, ...]:
    asked = _typed_words(query)
    lines = [read_line(searcher, address) for _, address in page]
    sites: list[tuple[NearestSite | None, NearestSite | None]] = [(None, None)] * len(lines)
    if query.near is not None:
        sites = nearest_sites([line.sites for line in lines], query.near.point)
    return tuple(
        Hit(
            nct_id=NctId(line.nct_id),
            title=line.title,
            status=line.status,
            conditions=line.conditions,
            nearest_site=nearest,
            matched=matched_pieces(line, asked),
            score=round(score, 4),
            phases=line.phases,
            nearest_recruiting_site=recruiting,
        )
        for line, (score, _), (nearest, recruiting) in zip(lines, page, sites, strict=True)
    )
