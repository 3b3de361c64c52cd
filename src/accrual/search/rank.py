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

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import tantivy

from accrual.basic import NctId, nct_id
from accrual.errors import QueryError
from accrual.search.geo import PointTable
from accrual.search.index import SCHEMA, TextIndex, id_key, read_line, study_of
from accrual.search.matched import matched_pieces
from accrual.search.narrowing import Clause, filter_clauses, narrowing_clauses, near_clauses
from accrual.search.ordering import Scored, by_distance, by_field, by_score, count
from accrual.search.pieces import ALL_WEIGHT, BASIC_WEIGHTS, CONDITION_WEIGHTS, INTERVENTION_WEIGHTS
from accrual.search.query import Facet, Found, Hit, Near, NearestSite, Query
from accrual.search.sites import nearest_sites
from accrual.search.words import Words, read_words

Q = tantivy.Query
_MUST, _SHOULD = tantivy.Occur.Must, tantivy.Occur.Should
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
    if not top:
        return count(searcher, build_query(searcher, points, query, scored=False)), []
    match query.sort:
        case "relevance" | "fresh":  # `freshness.py` orders the best of them anew
            return _by_relevance(searcher, points, query, top)
        case "updated" | "start":
            built = build_query(searcher, points, query, scored=False)
            return by_field(searcher, built, query.sort, query.offset, top)
        case "distance":
            return _by_distance(searcher, points, query, top)
        case _:
            raise QueryError(
                f"there is no order {query.sort!r}: relevance, distance, updated, start or fresh"
            )


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
    _, hits = by_score(searcher, Q.boolean_query(clauses), limit)
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
        clauses = _with_bonuses(clauses, words)
    if not ids:
        return clauses
    found = Q.const_score_query(Q.term_set_query(SCHEMA, "id", ids), _ID_SCORE)
    return [(_MUST, Q.boolean_query([(_SHOULD, found), (_SHOULD, Q.boolean_query(clauses))]))]


def _with_bonuses(must: list[Clause], words: Words) -> list[Clause]:
    """Return what must match, with what raises the score where it matches too.

    The engine looks for all that may match of one query wherever any of it can stand, in the whole registry: quick
    for words, slow for the several terms of a word such as "covid-19", which have to stand together. Each of these is
    a query around the rest, which is asked of what matched only. The sum is the same.
    """
    bonuses = [(group, field, weight) for group in words.phrases for field, weight in BASIC_WEIGHTS]
    clauses = must + [
        (_SHOULD, Q.boost_query(_phrase(field, group), weight))
        for group, field, weight in bonuses
        if len(group) == 1
    ]
    terms = tuple(term for group in words.groups for term in group)
    if len(words.groups) > 1:
        clauses += [(_SHOULD, Q.boost_query(_phrase(field, terms), weight)) for field, weight in _TOGETHER]
    for group, field, weight in bonuses:
        if len(group) > 1:
            bonus = (_SHOULD, Q.boost_query(_phrase(field, group), weight))
            clauses = [(_MUST, Q.boolean_query(clauses)), bonus]
    return clauses


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


def _by_relevance(
    searcher: tantivy.Searcher, points: PointTable, query: Query, top: int
) -> tuple[int, list[Scored]]:
    built = build_query(searcher, points, query)
    if not any(read_words(text) for text in (query.text, query.condition, query.intervention)):
        return by_field(searcher, built, "updated", query.offset, top)
    total, hits = by_score(searcher, built, query.offset + top)
    return total, hits[query.offset :]


def _by_distance(
    searcher: tantivy.Searcher, points: PointTable, query: Query, top: int
) -> tuple[int, list[Scored]]:
    near = query.near
    if near is None:
        raise QueryError("an order by distance needs a place: say near what")
    built = build_query(searcher, points, query)
    return by_distance(searcher, built, points.rings(near.point), near, query.offset, top)


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
