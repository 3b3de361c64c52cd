"""Search with fresh statuses first, and how stale the statuses of many studies are, out of the index alone.

Comes in: the text index, a state of the registry index, a `Query` or NCT numbers, and today's date. Goes out: `Found`,
or scores of staleness (`accrual.registry.standing`). Refuses what `rank.find` refuses, and a search without its day.

A status that cannot be relied on at all leaves half of a hit's score. The best `WINDOW` hits are put in that order;
what comes behind them stays as it was, so that a search for anything costs as little as one for something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import tantivy

from accrual.errors import QueryError
from accrual.registry.standing import FINAL, LOST, NOT_BEGUN, OPEN, staleness_of, staleness_parts
from accrual.search.agg_filters import value_query
from accrual.search.index import TextIndex, study_of
from accrual.search.order import Hits
from accrual.search.plan import Q, some
from accrual.search.query import Found, Query
from accrual.search.rank import MAX_PAGE, hits_of, page_of
from accrual.search.registry_index import Snapshot
from accrual.search.registry_schema import STUDY_SCHEMA, measure_field

WINDOW: Final = 1_000
"""Best hits that are ordered anew. Set by hand: more than anybody looks through."""
LEFT_WHEN_STALE: Final = 0.5
"""What a wholly stale status leaves of a score. Set by hand: what fits twice as well still comes first."""
_STATUSES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("COMPLETED", FINAL),
    (LOST, frozenset({LOST})),
    (NOT_BEGUN, frozenset({NOT_BEGUN})),
    ("RECRUITING", OPEN - {NOT_BEGUN}),
)
"""Kinds of status that the score tells apart, each by one of them; all others are one more kind."""
_MUST, _SHOULD = tantivy.Occur.Must, tantivy.Occur.Should
_DATES: Final = ("StatusVerifiedDate", "CompletionDate", "StartDate", "VersionHolder")


def kept_share(staleness: float) -> float:
    """Return what a staleness leaves of a score.

    Example:
        >>> kept_share(0.0), kept_share(0.5), kept_share(1.0)
        (1.0, 0.75, 0.5)
    """
    return 1.0 - (1.0 - LEFT_WHEN_STALE) * staleness


def find_fresh(index: TextIndex, snapshot: Snapshot, query: Query) -> Found:
    """Return the page of hits that `query` asks for, fresh statuses first; see `rank.find`.

    Raises:
        QueryError: as `rank.find`, or the query has no `today`.

    Example:
        >>> find_fresh(index, registry.snapshot(), Query(text="leukemia", sort="fresh", today=date(2026, 11, 23)))
    """
    if query.today is None:
        raise QueryError("an order by freshness needs a day: say as of which one")
    searcher, points = index.searcher()
    replace = msgspec.structs.replace
    total, best = page_of(searcher, points, replace(query, offset=0, top=WINDOW))
    keys = searcher.fast_field_values("updated", [address for _, address in best]) if best else []
    numbers = [int(study_of(int(key or 0))[3:]) for key in keys]
    stale = staleness_by_number(snapshot, numbers, query.today)
    ranked = sorted(
        (-score * kept_share(stale[number]), stale[number], at)
        for at, ((score, _), number) in enumerate(zip(best, numbers, strict=True))
    )
    top = min(query.top, MAX_PAGE)
    page = [(-score, best[at][1]) for score, _, at in ranked[query.offset : query.offset + top]]
    if len(page) < top and query.offset + top > WINDOW:
        behind = replace(query, offset=max(query.offset, WINDOW), top=top - len(page))
        page += page_of(searcher, points, behind)[1]
    return Found(total, hits_of(searcher, page, query))


def staleness_by_number(snapshot: Snapshot, numbers: Sequence[int], today: date) -> Mapping[int, float]:
    """Return the score of each study's status, by NCT number; 1 for a study that the index does not hold.

    Example:
        >>> staleness_by_number(registry.snapshot(), [4785833], date(2026, 11, 23))
        {4785833: 0.0}
    """
    found = dict.fromkeys(numbers, 1.0)
    if not found:
        return found
    among = Q.const_score_query(Q.term_set_query(STUDY_SCHEMA, "number", list(found)), 1.0)
    clauses = [(_MUST, among)]
    for at, (_, alike) in enumerate(_STATUSES, 1):
        of_kind = some(value_query("OverallStatus", one) for one in sorted(alike))
        clauses.append((_SHOULD, Q.const_score_query(of_kind, float(at))))
    # A study has one status, so that its score says which kind: one search instead of one for each kind.
    hits: Hits = snapshot.studies.search(Q.boolean_query(clauses), len(found), count=False).hits
    addresses = [address for _, address in hits]
    statuses = [_STATUSES[round(score) - 2][0] if score > 1.5 else "" for score, _ in hits]
    columns = [_days(snapshot, piece, addresses) for piece in _DATES]
    for number, status, verified, completion, start, copied in zip(
        _numbers(snapshot, addresses), statuses, *columns, strict=True
    ):
        parts = staleness_parts(status, today, verified, completion, start, copied)
        found[number] = staleness_of(parts)
    return found


def _numbers(snapshot: Snapshot, addresses: list[tantivy.DocAddress]) -> Iterable[int]:
    values: Any = snapshot.studies.fast_field_values("number", addresses) if addresses else []
    return [int(value) for value in values]


def _days(snapshot: Snapshot, piece: str, addresses: list[tantivy.DocAddress]) -> list[date | None]:
    values: Any = snapshot.studies.fast_field_values(measure_field(piece), addresses) if addresses else []
    return [None if value is None else date.fromordinal(int(value)) for value in values]
