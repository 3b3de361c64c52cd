"""The outline of the world for the maps: countries as rings of points, out of a shapefile of Natural Earth.

Comes in: the bytes of a shapefile of polygons (ESRI Shapefile Technical Description, 1998, type 5) and of its table
of attributes. Goes out: GeoJSON. Refuses (PackageError): a file of another kind, or cut short.

Natural Earth has cut its polygons at the date line, so no edge runs across the map; the cuts themselves, edges along
the meridian of 180 degrees, are not drawn: only the fill is, and its edges are those of the land.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from accrual.errors import PackageError

_HEADER_BYTES = 100
_POLYGON = 5
_DIGITS = 2  # decimals of a degree: about a kilometre, finer than the outline is

Point = tuple[float, float]


def outline(shapes: bytes) -> bytes:
    """Return the polygons of a shapefile as one GeoJSON MultiPolygon, coordinates as longitude and latitude.

    Raises:
        PackageError: it holds no polygons, or is cut short.
    """
    try:
        rings = [[ring] for ring in _rings(shapes)]
    except struct.error as error:
        raise PackageError(f"the outline of the world is cut short: {error}") from error
    if not rings:
        raise PackageError("the outline of the world holds no polygons")
    return msgspec.json.encode({"type": "MultiPolygon", "coordinates": rings})


def _rings(shapes: bytes) -> Iterator[list[Point]]:
    at = _HEADER_BYTES
    while at + 8 < len(shapes):
        (words,) = struct.unpack_from(">i", shapes, at + 4)
        start = at + 8
        at = start + 2 * words
        (kind,) = struct.unpack_from("<i", shapes, start)
        if kind != _POLYGON:
            continue
        parts, points = struct.unpack_from("<2i", shapes, start + 36)
        firsts = struct.unpack_from(f"<{parts}i", shapes, start + 44)
        where = start + 44 + 4 * parts
        numbers = struct.unpack_from(f"<{2 * points}d", shapes, where)
        for first, last in zip(firsts, (*firsts[1:], points), strict=True):
            yield _simplified(numbers[2 * first : 2 * last])


def _simplified(numbers: tuple[float, ...]) -> list[Point]:
    """The points of a ring, rounded; neighbours that are then the same are one."""
    found: list[Point] = []
    for place in zip(numbers[::2], numbers[1::2], strict=True):
        point = (round(place[0], _DIGITS), round(place[1], _DIGITS))
        if not found or point != found[-1]:
            found.append(point)
    return found
