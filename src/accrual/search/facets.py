"""Facet counts: how many studies of a search have each value.

Comes in: an index and a `Query`. Goes out: for each of the nine facets its values and counts, most frequent first.
A facet is counted with the filters of the other facets, not its own: choosing "Recruiting" must not turn the counts
of the other statuses to nothing. Refuses: what `rank.find` refuses.
"""

from __future__ import annotations

from typing import Any

import tantivy

from accrual.search.index import TextIndex
from accrual.search.query import FACETS, Facet, FacetCount, Query
from accrual.search.rank import build_query

_MOST_VALUES = 300  # more than any facet has: about 230 countries


def count_facets(index: TextIndex, query: Query) -> dict[Facet, tuple[FacetCount, ...]]:
    """Return the counts of all facets for a search; `top`, `offset` and `sort` do not matter.

    Raises:
        QueryError: the search makes no sense.
    """
    searcher, points = index.searcher()
    filtered = [facet for facet in FACETS if query.filters.get(facet)]
    # One pass counts every facet that has no filter of its own; each other one needs a pass of its own.
    passes: list[tuple[list[Facet], Facet | None]] = [
        ([facet for facet in FACETS if facet not in filtered], None)
    ]
    passes += [([facet], facet) for facet in filtered]
    counts: dict[Facet, tuple[FacetCount, ...]] = {}
    for facets, without in passes:
        if not facets:
            continue
        built = build_query(searcher, points, query, scored=False, without=without)
        asked = {facet: {"terms": {"field": facet, "size": _MOST_VALUES}} for facet in facets}
        found: dict[str, Any] = searcher.aggregate(built or tantivy.Query.empty_query(), asked)
        for facet in facets:
            buckets = ((str(b["key"]), int(b["doc_count"])) for b in found[facet]["buckets"])
            ordered = sorted(buckets, key=lambda pair: (-pair[1], pair[0]))
            counts[facet] = tuple(FacetCount(value, count) for value, count in ordered)
    return {facet: counts[facet] for facet in FACETS}
