"""Putting the studies of a search in order, as far as a page needs.

Comes in: a snapshot, a query (scored or not), the keys of the order, and how many studies are wanted. Goes out: their
NCT numbers in order, and how many there are in all. Refuses nothing.

The last key is always `updated`, which no two studies share: so an order is whole, and a page begun twice is the same
page. Only as many hits are read as the wanted ones and their equals; where a score counts that no column has, all are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import tantivy
from numpy.typing import NDArray

from accrual.search import ordering
from accrual.search.geo import Floats
from accrual.search.plan import Q, every, without
from accrual.search.registry_index import Snapshot
from accrual.search.registry_schema import STUDY_SCHEMA

Hits: TypeAlias = list[tuple[Any, tantivy.DocAddress]]
Numbers: TypeAlias = NDArray[np.uint32]

UPDATED: Final = "updated"
_TIE_MARGIN = 50  # hits read beyond the wanted ones to order equal scores; more where the equals go on


class Key(msgspec.Struct, frozen=True):
    """A column to order by. Studies without a value come last, whatever the direction."""

    column: str
    descending: bool


class Order(msgspec.Struct, frozen=True):
    """The first studies of a search, and how many there are in all."""

    numbers: Numbers
    """NCT numbers; shape (studies found so far,)."""
    total: int


def by_columns(snapshot: Snapshot, query: tantivy.Query, keys: Sequence[Key], limit: int) -> Order:
    """Return the first studies by the values of columns; equals newest update first."""
    total = count(snapshot, query)
    addresses = _first(snapshot, query, [*keys, Key(UPDATED, True)], min(limit, total))
    return Order(numbers_of(snapshot, addresses), total)


def _first(
    snapshot: Snapshot, query: tantivy.Query, keys: Sequence[Key], limit: int
) -> list[tantivy.DocAddress]:
    """Return the first `limit` hits, which are there."""
    key, *rest = keys
    hits: Hits = snapshot.studies.search(
        query,
        max(limit, 1),
        count=False,
        order_by_field=key.column,
        order=tantivy.Order.Desc if key.descending else tantivy.Order.Asc,
    ).hits[:limit]
    if not rest or not hits:
        return [address for _, address in hits]
    # All that come before the last one's equals are here; of its equals, only some.
    last = hits[-1][0]
    before = [hit for hit in hits if hit[0] != last]
    columns = [np.array([_rank(value, key.descending) for value, _ in before])]
    addresses = [address for _, address in before]
    columns += [column_of(snapshot, each, addresses) for each in rest]
    ordered = [addresses[at] for at in np.lexsort(columns[::-1])] if before else []
    if last is None:
        equals = without(Q.exists_query(key.column))
    else:
        equals = Q.range_query(STUDY_SCHEMA, key.column, tantivy.FieldType.Float, last, last)
    return ordered + _first(snapshot, every([query, equals]), rest, limit - len(before))


def by_score(snapshot: Snapshot, query: tantivy.Query, keys: Sequence[Key], limit: int) -> Order:
    """Return the first studies by score; equals by columns, and then newest update first."""
    margin = _TIE_MARGIN
    while True:
        result: Any = snapshot.studies.search(query, max(limit + margin, 1), count=True)
        hits: Hits = result.hits
        total = int(result.count or 0)
        # Equals that go on beyond what was read may hold an earlier one: read on.
        if len(hits) >= total or not hits or limit == 0 or hits[-1][0] < hits[limit - 1][0]:
            break
        margin = min(margin * 8, total)
    addresses = [address for _, address in hits]
    scores = np.array([score for score, _ in hits])
    columns = [-scores, *(column_of(snapshot, key, addresses) for key in (*keys, Key(UPDATED, True)))]
    order = np.lexsort(columns[::-1])[:limit]
    return Order(numbers_of(snapshot, [addresses[at] for at in order]), total)


def read_all(snapshot: Snapshot, query: tantivy.Query) -> tuple[Floats, list[tantivy.DocAddress]]:
    """Return every hit: scores, shape (hits,), and where each is."""
    hits: Hits = snapshot.studies.search(query, max(count(snapshot, query), 1), count=False).hits
    return np.array([score for score, _ in hits], dtype=np.float64), [address for _, address in hits]


def by_arrays(snapshot: Snapshot, addresses: list[tantivy.DocAddress], columns: Sequence[Floats]) -> Order:
    """Return all studies ordered by arrays, the first one first, least first; equals newest update first."""
    updated = column_of(snapshot, Key(UPDATED, True), addresses)
    order = np.lexsort([updated, *reversed(columns)])
    return Order(numbers_of(snapshot, [addresses[at] for at in order]), len(addresses))


def column_of(snapshot: Snapshot, key: Key, addresses: list[tantivy.DocAddress]) -> Floats:
    """Return the values of a key so that the least comes first; shape (addresses,)."""
    values = snapshot.studies.fast_field_values(key.column, addresses) if addresses else []
    return np.array([_rank(value, key.descending) for value in values], dtype=np.float64)


def numbers_of(snapshot: Snapshot, addresses: list[tantivy.DocAddress]) -> Numbers:
    """Return the NCT numbers of hits."""
    return np.array(
        snapshot.studies.fast_field_values("number", addresses) if addresses else [], dtype=np.uint32
    )


def count(snapshot: Snapshot, query: tantivy.Query) -> int:
    """Return how many studies match."""
    return ordering.count(snapshot.studies, query)


def _rank(value: float | None, descending: bool) -> float:
    if value is None:
        return np.inf
    return -float(value) if descending else float(value)
