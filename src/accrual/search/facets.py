"""Facet counts: how many studies of a search have each value.

Comes in: an index and a `Query`. Goes out: for each of the nine facets its values and counts, most frequent first.
A facet is counted with the filters of the other facets, not its own: choosing "Recruiting" must not turn the counts
of the other statuses to nothing. Refuses: what `rank.find` refuses.

Counting costs what is found, and a search without words finds most of the registry: such counts are kept until the
index changes. Of other searches nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tantivy

from accrual.search.index import TextIndex
from accrual.search.query import FACETS, Facet, FacetCount, Query
from accrual.search.rank import build_query

_MOST_VALUES = 300  # more than any facet has: about 230 countries
_MOST_KEPT = 500  # counts of a state of the index, some 20 kB each; set by hand


def count_facets(index: TextIndex, query: Query) -> dict[Facet, tuple[FacetCount, ...]]:
    """Return the counts of all facets for a search; `top`, `offset` and `sort` do not matter.

    Raises:
        QueryError: the search makes no sense.
    """
    kept = (
        index.counts
    )  # before the searcher: of what it searches, or of an earlier state that nobody asks any more
    searcher, points = index.searcher()
    filtered = [facet for facet in FACETS if query.filters.get(facet)]
    # One pass counts every facet that has no filter of its own; each other one needs a pass of its own.
    passes: list[tuple[list[Facet], Facet | None]] = [
        ([facet for facet in FACETS if facet not in filtered], None)
    ]
    passes += [([facet], facet) for facet in filtered]
    counts: dict[Facet, tuple[FacetCount, ...]] = {}
    for facets, without in passes:
        key = _key(query, facets, without)
        if key is not None and key in kept:
            counts |= kept[key]
            continue
        built = build_query(searcher, points, query, scored=False, without=without)
        counted = _counted(searcher, built, facets)
        counts |= counted
        if key is not None and len(kept) < _MOST_KEPT:
            kept[key] = counted
    return {facet: counts[facet] for facet in FACETS}


def _counted(
    searcher: tantivy.Searcher, built: tantivy.Query, facets: Sequence[Facet]
) -> dict[Facet, tuple[FacetCount, ...]]:
    if not facets:
        return {}
    asked = {facet: {"terms": {"field": facet, "size": _MOST_VALUES}} for facet in facets}
    found: dict[str, Any] = searcher.aggregate(built, asked)
    counts: dict[Facet, tuple[FacetCount, ...]] = {}
    for facet in facets:
        buckets = ((str(b["key"]), int(b["doc_count"])) for b in found[facet]["buckets"])
        ordered = sorted(buckets, key=lambda pair: (-pair[1], pair[0]))
        counts[facet] = tuple(FacetCount(value, count) for value, count in ordered)
    return counts


def _key(query: Query, facets: Sequence[Facet], without: Facet | None) -> str | None:
    """Return what the counts of a search by filters alone are kept under; None for any other search."""
    if query.text or query.condition or query.intervention or query.near or query.age or query.locale:
        return None
    filters = {facet: sorted(query.filters[facet]) for facet in sorted(query.filters) if facet != without}
    return repr((tuple(facets), filters))
