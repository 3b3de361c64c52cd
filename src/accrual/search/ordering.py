"""The orders that hits come in: by score, by day, by distance.

Comes in: a searcher, what is searched for, and which part of the order is wanted. Goes out: how many studies match, and
the addresses of that part. Refuses nothing.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import tantivy

from accrual.basic import GeoPoint
from accrual.search.geo import Rings
from accrual.search.index import read_line
from accrual.search.narrowing import Clause, point_clause
from accrual.search.query import Near
from accrual.search.sites import nearest_km

Scored: TypeAlias = tuple[float, tantivy.DocAddress]
_MUST, _NOT = tantivy.Occur.Must, tantivy.Occur.MustNot
_TIE_MARGIN = 50  # hits read beyond the page to order equal scores; more where the equals go on
_STRIDE = 4  # how much farther each look for the end of a page goes; set by hand


def count(searcher: tantivy.Searcher, built: tantivy.Query) -> int:
    """Return how many studies match; quickest where nothing is scored."""
    return _total(searcher.search(built, 1, count=True))


def by_score(searcher: tantivy.Searcher, built: tantivy.Query, limit: int) -> tuple[int, list[Scored]]:
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


def by_field(
    searcher: tantivy.Searcher, built: tantivy.Query, field: str, offset: int, top: int
) -> tuple[int, list[Scored]]:
    """Return the total and a page in the order of a field of `index.order_key`, newest first."""
    result = searcher.search(built, max(offset + top, 1), count=True, order_by_field=field)
    return _total(result), [(0.0, address) for _, address in result.hits[offset : offset + top]]


def by_distance(
    searcher: tantivy.Searcher, built: tantivy.Query, rings: Rings, near: Near, offset: int, top: int
) -> tuple[int, list[Scored]]:
    """Order by the nearest site (recruiting, where asked), equals by newest update; studies without one come last.

    The ring that the page begins on and the one it ends on are found by counting studies; they may hold any number. All
    rings between hold fewer studies than the page: those are read, and measured.
    """
    looked_up = _Rings(searcher, built, rings, near.recruiting_only)
    total = count(searcher, built)
    if offset >= total or top < 1:
        return total, []
    last = len(rings)
    first = looked_up.first_beyond(offset, 0)
    before = looked_up.count(first - 1)
    found, page = by_field(searcher, looked_up.between(first - 1, first), "updated", offset - before, top)
    if len(page) == top or first == last:
        return total, page
    end = looked_up.first_beyond(offset + top - 1, first + 1)
    inner = looked_up.count(end - 1) - before - found
    if inner > 0:
        _, some = by_field(searcher, looked_up.between(first, end - 1), "updated", 0, inner)
        page += _measured(searcher, some, near.point, near.recruiting_only)
    _, rest = by_field(searcher, looked_up.between(end - 1, end), "updated", 0, top - len(page))
    return total, page + rest


class _Rings:
    """How many studies lie within each ring. -1 is no ring at all, and the one behind the last has the rest."""

    def __init__(
        self, searcher: tantivy.Searcher, built: tantivy.Query, rings: Rings, recruiting_only: bool
    ) -> None:
        self._searcher = searcher
        self._built = built
        self._rings = rings
        self._recruiting_only = recruiting_only
        self._counts = {-1: 0}

    def count(self, ring: int) -> int:
        """Return how many studies lie on a ring or inside it."""
        if ring not in self._counts:
            self._counts[ring] = count(self._searcher, self.between(-1, ring))
        return self._counts[ring]

    def first_beyond(self, rank: int, low: int) -> int:
        """Return the first ring from `low` on within which more than `rank` studies lie, or the one behind the last.

        It is looked for from the centre outwards: small circles are counted faster, and hold most pages.
        """
        high, stride = low, 1
        while high < len(self._rings) and self.count(high) <= rank:
            low = high + 1
            high += stride
            stride *= _STRIDE
        high = min(high, len(self._rings))
        while low < high:
            middle = (low + high) // 2
            if self.count(middle) > rank:
                high = middle
            else:
                low = middle + 1
        return low

    def between(self, inner: int, outer: int) -> tantivy.Query:
        """Return the search for the studies within the outer ring, and not within the inner one."""
        clauses: list[Clause] = [(_MUST, self._built)]
        if outer < len(self._rings):
            clauses.append(self._within(outer))
        if inner >= 0:
            clauses.append((_NOT, self._within(inner)[1]))
        return tantivy.Query.boolean_query(clauses)

    def _within(self, ring: int) -> Clause:
        return point_clause(self._rings.keys(ring), self._recruiting_only)


def _measured(
    searcher: tantivy.Searcher, hits: list[Scored], centre: GeoPoint, recruiting_only: bool
) -> list[Scored]:
    """Return hits in the order of their nearest site; equals stay as they are."""
    tables = [read_line(searcher, address).sites for _, address in hits]
    order = np.argsort(nearest_km(tables, centre, recruiting_only), kind="stable")
    return [hits[at] for at in order.tolist()]


def _total(result: Any) -> int:
    """Return how many documents match; the attribute is missing from tantivy's type stub."""
    return int(result.count or 0)
