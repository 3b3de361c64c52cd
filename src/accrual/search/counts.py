"""Facet counts of a search in the registry's language: how many of the studies found have each value.

Comes in: the registry index and a `StudyQuery`. Goes out: for each facet its values and counts, most frequent first.
A facet is counted with the other facets' filters but not its own, as in `facets.py`. Refuses what the search refuses.

Countries are not among them: they are words of sites, not values of the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from accrual.registry.enums import ENUMS
from accrual.search.agg_filters import value_query
from accrual.search.order import count
from accrual.search.plan import every, some
from accrual.search.query import Facet, FacetCount
from accrual.search.registry_index import RegistryIndex
from accrual.search.studies import StudyQuery, matching


class Counted(msgspec.Struct, frozen=True):
    """One facet: the pieces it asks, their values, and the filter of the registry's check boxes that chooses them."""

    facet: Facet
    pieces: tuple[str, ...]
    values: tuple[str, ...]
    agg_filter: str


def _enum(facet: Facet, name: str, agg_filter: str, *pieces: str) -> Counted:
    return Counted(facet, pieces, tuple(each.value for each in ENUMS[name].values), agg_filter)


_EITHER: Final = ("true", "false")

COUNTED: Final[tuple[Counted, ...]] = (
    _enum("status", "Status", "status", "OverallStatus"),
    _enum("phase", "Phase", "phase", "Phase"),
    _enum("study_type", "StudyType", "studyType", "StudyType"),
    _enum("sex", "Sex", "sex", "Sex"),
    _enum("age_group", "StandardAge", "ages", "StdAge"),
    _enum("funder", "AgencyClass", "funderType", "LeadSponsorClass", "CollaboratorClass"),
    Counted("healthy_volunteers", ("HealthyVolunteers",), _EITHER, "healthy"),
    Counted("results", ("HasResults",), _EITHER, "results"),
)


def count_values(index: RegistryIndex, query: StudyQuery) -> dict[Facet, tuple[FacetCount, ...]]:
    """Return the counts of all facets for a search; values that no study found has are left out.

    Raises:
        QueryTooLargeError: the search would take too long.

    Example:
        >>> count_values(index, StudyQuery())["phase"][0]
        FacetCount(value='NA', count=234433)
    """
    snapshot = index.snapshot()
    whole = matching(snapshot, query)
    found: dict[Facet, tuple[FacetCount, ...]] = {}
    for each in COUNTED:
        others = _without(query, each)
        match = whole if others == query else matching(snapshot, others)
        counts = []
        for value in each.values:
            having = some(value_query(piece, value) for piece in each.pieces)
            number = count(snapshot, every([match, having]))
            if number:
                counts.append(FacetCount(value, number))
        found[each.facet] = _ordered(counts)
    return found


def _without(query: StudyQuery, counted: Counted) -> StudyQuery:
    """Return the search without the filter of a facet."""
    filters = query.filters
    if counted.facet == "status":
        filters = tuple(msgspec.structs.replace(each, overall_status=()) for each in filters)
    kept = tuple(each for each in query.agg_filters if each.id != counted.agg_filter)
    return msgspec.structs.replace(query, filters=filters, agg_filters=kept)


def _ordered(counts: Sequence[FacetCount]) -> tuple[FacetCount, ...]:
    return tuple(sorted(counts, key=lambda one: (-one.count, one.value)))
