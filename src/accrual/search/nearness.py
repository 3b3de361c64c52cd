"""The studies of a search by how near their closest site is, whatever its words are worth.

Comes in: the registry index, a `StudyQuery`, a point. Goes out: NCT numbers and distances, nearest first. Refuses what
the search refuses. Studies without a site on the map come last, infinitely far.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accrual.basic import GeoPoint
from accrual.search.geo import Floats
from accrual.search.order import numbers_of, read_all
from accrual.search.registry_index import RegistryIndex
from accrual.search.studies import StudyQuery, matching


def order_by_distance(
    index: RegistryIndex, query: StudyQuery, centre: GeoPoint
) -> tuple[NDArray[np.uint32], Floats]:
    """Return the studies that a search finds, nearest first.

    Returns:
        The digits of their NCT numbers, and the distance of each one's closest site in km; both of shape (studies,).

    Raises:
        QueryTooLargeError: the search would take too long.
    """
    snapshot = index.snapshot()
    _, addresses = read_all(snapshot, matching(snapshot, query))
    studies = snapshot.studies.fast_field_values("study", addresses) if addresses else []
    km = snapshot.study_points.distances_km(np.array(studies, dtype=np.uint64), centre)
    numbers = numbers_of(snapshot, addresses)
    order = np.lexsort((numbers, km))
    return numbers[order], km[order]
