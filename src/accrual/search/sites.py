"""Sites of one study, packed into its result line; the nearest one, and the nearest one that recruits.

Comes in: a study's sites. Goes out: `NearestSite`. Refuses nothing: a site that cannot be placed has no distance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from accrual.basic import GeoPoint
from accrual.search.geo import Floats, distances_km, ring_km
from accrual.search.query import NearestSite

_UNPLACED = 2**64 - 1  # no point has this code: codes have 52 bits


class SiteRow(msgspec.Struct, frozen=True):
    """One site: `code` is its point (`geo.point_code`), None where it cannot be placed."""

    facility: str
    city: str
    country: str
    status: str
    code: int | None
    recruiting: bool


class SiteTable(msgspec.Struct, array_like=True, frozen=True):
    """All sites of a study. `codes` are 8 bytes a site, `recruiting` one byte a site (0 or 1)."""

    codes: bytes = b""
    recruiting: bytes = b""
    labels: tuple[tuple[str, str, str, str], ...] = ()
    """Facility, city, country, status."""

    @classmethod
    def of(cls, rows: Sequence[SiteRow]) -> SiteTable:
        """Pack sites in the record's order."""
        codes = np.array([_UNPLACED if row.code is None else row.code for row in rows], dtype="<u8")
        return cls(
            codes.tobytes(),
            bytes(row.recruiting for row in rows),
            tuple((row.facility, row.city, row.country, row.status) for row in rows),
        )

    def placed(self) -> Iterator[tuple[int, int, bool]]:
        """Yield each site that has a point: its number in the record's order, its point's code, whether it recruits."""
        codes = np.frombuffer(self.codes, dtype="<u8").tolist()
        for number, (code, recruiting) in enumerate(zip(codes, self.recruiting, strict=True)):
            if code != _UNPLACED:
                yield number, code, bool(recruiting)

    def nearest(self, km: Floats) -> tuple[NearestSite | None, NearestSite | None]:
        """Return the nearest site, and the nearest recruiting site; ties go to the record's order.

        `km` are the sites' distances, infinite where a site cannot be placed; shape (sites,). Where none can be
        placed the first site is returned, without a distance.
        """
        if not self.labels:
            return None, None
        recruiting = np.frombuffer(self.recruiting, dtype=np.bool_)
        nearest = self._site(int(np.argmin(km)), km)
        if not recruiting.any():
            return nearest, None
        open_sites = np.flatnonzero(recruiting)
        return nearest, self._site(int(open_sites[np.argmin(km[open_sites])]), km)

    def _site(self, index: int, km: Floats) -> NearestSite:
        facility, city, country, status = self.labels[index]
        distance = round(float(km[index]), 1) if np.isfinite(km[index]) else None
        return NearestSite(facility, city, country, status, distance)


def nearest_sites(
    tables: Sequence[SiteTable], centre: GeoPoint
) -> list[tuple[NearestSite | None, NearestSite | None]]:
    """Return for each study its nearest and its nearest recruiting site: all sites are measured in one go."""
    return [table.nearest(km) for table, km in zip(tables, _site_km(tables, centre), strict=True)]


def nearest_km(tables: Sequence[SiteTable], centre: GeoPoint, recruiting_only: bool) -> Floats:
    """Return how far each study's nearest site is, to the metre, infinite where none is placed; shape (studies,)."""
    nearest = []
    for table, km in zip(tables, _site_km(tables, centre), strict=True):
        some = km[np.frombuffer(table.recruiting, dtype=np.bool_)] if recruiting_only else km
        nearest.append(float(some.min()) if len(some) else np.inf)
    return ring_km(np.array(nearest, dtype=np.float64))


def _site_km(tables: Sequence[SiteTable], centre: GeoPoint) -> list[Floats]:
    """Return the distance of each study's sites, all measured in one go; infinite where a site cannot be placed."""
    codes = np.frombuffer(b"".join(table.codes for table in tables), dtype="<u8").astype(np.uint64)
    km = distances_km(codes, centre)
    km[codes == _UNPLACED] = np.inf
    ends = np.cumsum([len(table.labels) for table in tables])
    return [km[end - len(table.labels) : end] for table, end in zip(tables, ends, strict=True)]


def is_recruiting(study_status: str, site_status: str, sites_have_status: bool) -> bool:
    """Say whether a site takes participants now.

    The registry gives sites a status while the study recruits. A site's own status decides where the study is
    recruiting too; where no site of a recruiting study has a status, all of them count. The sites of a study whose
    status is UNKNOWN keep their last word for years: it is not believed.
    """
    if study_status != "RECRUITING":
        return False
    return site_status == "RECRUITING" if sites_have_status else True
