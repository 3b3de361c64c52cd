"""The sites of a search's studies as points on a map: each point once, with the studies that have a site there.

Comes in: an index and a `Query`, or one study's number. Goes out: a `SiteMap` of bounded size. Refuses: what
`rank.find` refuses. A site that cannot be placed is on no map.

The registry places a site at the centre of its city, so many sites share a point. Only the first studies of a search
are looked at (`MOST_STUDIES`), so that a search that finds everything costs no more than another one; the map says of
how many it shows. The nearest recruiting site is of all studies found, not of those alone.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import tantivy

from accrual.basic import GeoPoint
from accrual.errors import StudyNotFoundError
from accrual.search.geo import coordinates
from accrual.search.index import SCHEMA, Line, TextIndex, id_key, read_line
from accrual.search.query import Query
from accrual.search.rank import MAX_PAGE, page_of

MOST_STUDIES: Final = 300
"""Studies of a search on one map. Set by hand: more are slower to read, and no clearer to look at."""

MOST_POINTS: Final = 3_000
"""Points on one map, those with most studies first. Set by hand."""


class MapItem(msgspec.Struct, frozen=True):
    """What a point leads to: a study of a search, or a site of one study."""

    nct_id: str
    title: str
    status: str


class MapPoint(msgspec.Struct, frozen=True):
    """A point with sites on it. `items` and `open` are places in `SiteMap.items`."""

    point: GeoPoint
    place: str
    """City and country, as the first record there writes them."""
    items: tuple[int, ...]
    open: tuple[int, ...]
    """Those of `items` that take participants here now."""


class SiteMap(msgspec.Struct, frozen=True):
    """Points of sites. Those on it first are those with most items."""

    items: tuple[MapItem, ...]
    points: tuple[MapPoint, ...]
    total: int
    """Studies found; `items` are the first of them. For one study: its sites."""
    nearest: int | None = None
    """The point of the nearest recruiting site, where a place was asked for: its number in `points`."""
    left_out: int = 0
    """Points left out because there were too many."""


def search_map(index: TextIndex, query: Query) -> SiteMap:
    """Return the sites of the first studies that a search finds; `top` and `offset` do not matter.

    Raises:
        QueryError: the search makes no sense.

    Example:
        >>> search_map(index, Query(text="leukemia")).points[0].place
        'Houston, United States'
    """
    searcher, points = index.searcher()
    most = msgspec.structs.replace(query, top=min(MOST_STUDIES, MAX_PAGE), offset=0)
    total, page = page_of(searcher, points, most)
    lines = [read_line(searcher, address) for _, address in page]
    nearest: int | None = None
    if query.near is not None:
        near = msgspec.structs.replace(query.near, recruiting_only=True)
        closest = msgspec.structs.replace(most, near=near, sort="distance", top=1)
        _, first = page_of(searcher, points, closest)
        line = read_line(searcher, first[0][1]) if first else None
        if line is not None:
            nearest = _nearest_open(line, query.near.point)
            if nearest is not None and all(line.nct_id != other.nct_id for other in lines):
                lines.append(line)
    found = _Gathered()
    for line in lines:
        item = found.item(MapItem(line.nct_id, line.title, line.status))
        for number, code, recruiting in line.sites.placed():
            found.add(code, line, number, item, recruiting)
    return found.site_map(total, nearest)


def study_map(index: TextIndex, nct: str) -> SiteMap:
    """Return the sites of one study; its items are sites.

    Raises:
        StudyNotFoundError: the index does not have it.
    """
    searcher, _ = index.searcher()
    hits = searcher.search(tantivy.Query.term_query(SCHEMA, "id", id_key(nct), "basic"), 5).hits
    lines = [line for _, address in hits if (line := read_line(searcher, address)).nct_id == nct]
    if not lines:
        raise StudyNotFoundError(f"{nct} is not here: load it, or check the number")
    line = lines[0]
    found = _Gathered()
    for number, code, recruiting in line.sites.placed():
        facility, _, _, status = line.sites.labels[number]
        found.add(code, line, number, found.item(MapItem(nct, facility, status)), recruiting)
    return found.site_map(len(line.sites.labels), None)


class _Gathered:
    """Items by point, as they are read."""

    def __init__(self) -> None:
        self._items: list[MapItem] = []
        self._places: dict[int, str] = {}
        self._held: dict[int, dict[int, bool]] = {}

    def item(self, item: MapItem) -> int:
        self._items.append(item)
        return len(self._items) - 1

    def add(self, code: int, line: Line, site: int, item: int, recruiting: bool) -> None:
        # A trial may have two thousand sites, and a map three hundred trials: as little as may be for each.
        held = self._held.get(code)
        if held is None:
            self._held[code] = {item: recruiting}
            self._places[code] = _place(line, site)
        elif recruiting or item not in held:
            held[item] = recruiting

    def site_map(self, total: int, nearest: int | None) -> SiteMap:
        # The nearest recruiting site is never left out.
        ranked = sorted(self._held, key=lambda code: (code != nearest, -len(self._held[code]), code))
        kept = ranked[:MOST_POINTS]
        lat, lon = coordinates(np.array(kept, dtype=np.uint64))
        points = tuple(
            MapPoint(
                GeoPoint(round(float(lat[at]), 4), round(float(lon[at]), 4)),
                self._places[code],
                tuple(self._held[code]),
                tuple(item for item, recruiting in self._held[code].items() if recruiting),
            )
            for at, code in enumerate(kept)
        )
        return SiteMap(
            tuple(self._items), points, total, None if nearest is None else 0, len(ranked) - len(kept)
        )


def _nearest_open(line: Line, centre: GeoPoint) -> int | None:
    """Return the code of the study's nearest point with a recruiting site."""
    codes = [code for _, code, recruiting in line.sites.placed() if recruiting]
    if not codes:
        return None
    lat, lon = coordinates(np.array(codes, dtype=np.uint64))
    km = [centre.distance_km(GeoPoint(float(a), float(b))) for a, b in zip(lat, lon, strict=True)]
    return codes[int(np.argmin(km))]


def _place(line: Line, number: int) -> str:
    _, city, country, _ = line.sites.labels[number]
    return ", ".join(part for part in (city, country) if part)
