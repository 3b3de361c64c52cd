"""The recruiting sites that are nearest to a point, of all studies that a search finds: the site is what is ranked.

Comes in: a data folder, a search, a point. Goes out: sites with their studies, nearest first. Refuses what the search
refuses. Sites that the record does not put on the map are left out, and counted by nobody.

Where patients look, a closed site nearby hides the open one (see `search.sites.is_recruiting` for what counts as open).
Stands beside the facade because it joins rooms that do not know each other: the index and the records.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

import msgspec

from accrual.basic import GeoPoint, NctId
from accrual.errors import RecordError
from accrual.folder import DataFolder
from accrual.registry.ctgov_json import read_json
from accrual.registry.record import Trial
from accrual.search.nearness import order_by_distance
from accrual.search.sites import is_recruiting
from accrual.search.studies import StudyQuery

READ_AT_ONCE: Final = 50
"""Records read before it is asked again whether nearer sites can still come. Set by hand."""

ROUNDED_KM: Final = 0.1
"""How far a distance told may be from the one in the index: both are rounded."""


class RecruitingSite(msgspec.Struct, frozen=True):
    """A site that takes participants now, and its study."""

    nct_id: NctId
    title: str
    facility: str
    city: str
    country: str
    status: str
    """The site's own registry status, or empty when the record gives none."""
    distance_km: float


def nearest_recruiting_sites(
    folder: DataFolder, query: StudyQuery, centre: GeoPoint, within_km: float, top: int
) -> tuple[RecruitingSite, ...]:
    """Return the nearest recruiting sites of the studies that a search finds; one of each study, its nearest.

    Arguments:
        within_km: how far a site may be.
        top: how many at most.

    Raises:
        QueryTooLargeError: the search would take too long.
    """
    numbers, km = order_by_distance(folder.registry, query, centre)
    numbers = numbers[km <= within_km]
    best: list[tuple[float, str, RecruitingSite]] = []
    for start in range(0, len(numbers), READ_AT_ONCE):
        # The closest site of a study, open or not, is no farther than its closest open one: when the closest sites
        # are farther than the worst that is kept, nothing better can come.
        if len(best) == top and km[start] > best[-1][0] + ROUNDED_KM:
            break
        some = [f"NCT{number:08d}" for number in numbers[start : start + READ_AT_ONCE].tolist()]
        found = [
            (site.distance_km, site.nct_id, site)
            for change in folder.records.current_of(some)
            for site in _nearest(change.body, centre, within_km)
        ]
        best = heapq.nsmallest(top, [*best, *found], key=lambda one: one[:2])
    return tuple(site for _, _, site in best)


def _nearest(body: bytes, centre: GeoPoint, within_km: float) -> Iterator[RecruitingSite]:
    """Yield the nearest recruiting site of a study, where it has one."""
    try:
        trial: Trial = read_json(body)
    except RecordError:
        return
    told = any(site.status for site in trial.sites)
    placed = [
        (round(centre.distance_km(site.geoPoint), 1), site)
        for site in trial.sites
        if site.geoPoint is not None and is_recruiting(trial.status, site.status, told)
    ]
    if not placed:
        return
    km, site = min(placed, key=lambda one: one[0])
    if km <= within_km:
        yield RecruitingSite(
            nct_id=NctId(trial.nct_id),
            title=trial.title,
            facility=site.facility,
            city=site.city,
            country=site.country,
            status=site.status,
            distance_km=km,
        )
