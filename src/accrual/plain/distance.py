"""Distances and sites in words.

Comes in: what a person types ("100km", "60 mi") and the nearest site of a study. Goes out: kilometres, and one
line for a site. Refuses: a distance that is not one (QueryError).
"""

from __future__ import annotations

import re

from accrual.errors import QueryError
from accrual.message import joined, message, word
from accrual.plain.prose import original, printable
from accrual.search.query import NearestSite

KM_PER_MILE = 1.609344  # international mile, NIST SP 811 (2008), appendix B.8
FARTHEST_KM = 40_075  # once around the equator (WGS 84)
_DISTANCE = re.compile(
    r"^\s*(\d+(?:[.,]\d+)?)\s*(km|kms|kilometers?|kilometres?|mi|miles?|m|)\s*$", re.IGNORECASE
)


def read_distance(text: str) -> float:
    """Return kilometres for "100km", "60 mi" or a bare number (kilometres).

    Raises:
        QueryError: not a distance.

    Example:
        >>> round(read_distance("60mi"), 1)
        96.6
    """
    found = _DISTANCE.match(text)
    unit = found.group(2).lower() if found else ""
    if found is None or unit == "m":
        raise QueryError(
            message(
                "“%(text)s” is not a distance: write kilometres or miles, like 100km or 60mi", text=text[:40]
            )
        )
    number = float(found.group(1).replace(",", "."))
    if number > FARTHEST_KM:
        raise QueryError(
            message(
                "“%(text)s” is farther than any place on the globe: leave the distance out", text=text[:40]
            )
        )
    return number * KM_PER_MILE if unit.startswith("mi") else number


def distance_words(km: float) -> str:
    """Return a distance as people say it: "under 1 km", "4 km (2 mi)"."""
    if km < 1:
        return message("under 1 km")
    return message("%(km)s km (%(miles)s mi)", km=f"{km:,.0f}", miles=f"{km / KM_PER_MILE:,.0f}")


def site_words(site: NearestSite) -> str:
    """Return a site on one line: facility, city, country and how far."""
    inside = original(", ".join(part for part in (site.facility, site.city) if part))
    where = joined(", ", (inside, word(printable(site.country), "country") if site.country else ""))
    far = distance_words(site.distance_km) if site.distance_km is not None else ""
    return joined(", ", (where or message("place not stated"), far))
