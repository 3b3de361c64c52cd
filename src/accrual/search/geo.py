"""Where sites are: exact radius searches over the few distinct points that sites stand on.

Comes in: sites with points, a centre and a radius. Goes out: the keys that a study's document carries, and the
small set of keys that covers a circle exactly. Refuses nothing: every point of the globe has a key.

The registry places a site at the centre of its city, so 600,000 studies stand on some tens of thousands of
distinct points. A radius search measures all of them (one numpy pass), and asks the text index for studies with
one of the points inside. So that a circle of a thousand kilometres does not ask for thousands of keys, a point
also has keys for the squares around it: where every known point of a square lies inside the circle, the square's
one key stands for them. Nothing is rounded: a square is used only when all of its points are inside, whatever
the shape of the circle; poles and the date line need no care.

A key is `level << 56 | square`: squares are Morton codes (bits of latitude and longitude in turn), cut to `2 *
level` bits. Level 26 is the point itself, to 0.00001 degrees (about 1 m), the precision the registry gives.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accrual.basic import EARTH_RADIUS_KM, GeoPoint

UInts = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_NONE: Ints = np.empty(0, dtype=np.int64)

_FEW_POINTS = 64  # points that are asked for one by one: squares would save little; set by hand
_STEP = 1e-5  # degrees; the registry's geoPoint has five decimals at most (API v2 records of 2026-11)
POINT_LEVEL = 26  # 360 / 1e-5 < 2**26
SQUARE_LEVELS = (
    3,
    5,
    7,
    9,
    11,
)  # of 671° / 2**level: 84°, 21°, 5°, 1.3°, 0.33°: from a continent to a large city
EDGE_KM = 0.002  # a site on the circle's edge is inside: what rounding to 0.00001 degrees can move a point, and more

_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _interleave(steps: UInts) -> UInts:
    """Spread the 26 bits of each number so that a zero follows each bit (Morton 1966)."""
    for shift, mask in _SPREAD:
        steps = (steps | (steps << np.uint64(shift))) & np.uint64(mask)
    return steps


def _gather(codes: UInts) -> UInts:
    codes = codes & np.uint64(_SPREAD[-1][1])
    for (shift, _), (_, mask) in zip(
        reversed(_SPREAD), [*reversed(_SPREAD[:-1]), (0, 0xFFFFFFFF)], strict=True
    ):
        codes = (codes | (codes >> np.uint64(shift))) & np.uint64(mask)
    return codes


@lru_cache(maxsize=131_072)
def point_code(point: GeoPoint) -> int:
    """Return the Morton code of a point: 52 bits. Longitudes wrap, latitudes end at the poles."""
    lat = min(max(point.lat, -90.0), 90.0)
    lon = (point.lon + 180.0) % 360.0
    pair = np.array([round((lat + 90.0) / _STEP), round(lon / _STEP)], dtype=np.uint64)
    spread = _interleave(pair)
    return int(spread[0]) << 1 | int(spread[1])


def coordinates(codes: UInts) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes in degrees; each of the shape of `codes`."""
    lat = _gather(codes >> np.uint64(1)).astype(np.float64) * _STEP - 90.0
    lon = _gather(codes).astype(np.float64) * _STEP - 180.0
    return lat, lon


def keys_of(codes: Iterable[int]) -> set[int]:
    """Return the keys that a study with sites on these points carries: the points and the squares around them."""
    keys: set[int] = set()
    for code in codes:
        keys.update(_point_keys(code))
    return keys


@lru_cache(maxsize=131_072)
def _point_keys(code: int) -> tuple[int, ...]:
    squares = (level << 56 | code >> 2 * (POINT_LEVEL - level) for level in SQUARE_LEVELS)
    return (*squares, POINT_LEVEL << 56 | code)


class PointTable:
    """Every distinct point any site has stood on, in memory: 50,000 points are 6 MB.

    It may hold points that no study has any more (that costs a little time, never exactness), but must hold all
    that the studies have: so it is read after the index is opened, and written before the index commits.
    """

    def __init__(self, codes: Sequence[int] | UInts) -> None:
        self._codes = np.unique(np.asarray(codes, dtype=np.uint64))
        self._vectors = _unit_vectors(*coordinates(self._codes))
        # Codes are sorted, so the points of one square lie side by side: a level is the starts of its squares.
        self._levels: list[_Level] = []
        parents: Ints | None = None
        for level in SQUARE_LEVELS:
            squares = self._codes >> np.uint64(2 * (POINT_LEVEL - level))
            starts = np.flatnonzero(np.diff(squares, prepend=np.uint64(2**63))) if len(squares) else _NONE
            ends = np.append(starts[1:], len(squares)).astype(np.int64)
            parent = _NONE if parents is None else np.searchsorted(parents, starts, side="right") - 1
            self._levels.append(_Level(level, squares[starts], starts, ends, parent))
            parents = starts

    def __len__(self) -> int:
        return len(self._codes)

    def distances_km(self, centre: GeoPoint) -> Floats:
        """Return the distance of every point from `centre`; shape (points,), in the order of their codes."""
        return _km(_chords(self._vectors, centre))

    def rings(self, centre: GeoPoint) -> Rings:
        """Return the points by their distance from `centre`."""
        return Rings(self, self._codes, self.distances_km(centre))

    def inside(self, centre: GeoPoint, within_km: float) -> list[int]:
        """Return the keys that cover exactly the points within `within_km` of `centre`."""
        angle = min((within_km + EDGE_KM) / EARTH_RADIUS_KM, np.pi)
        return self.cover(_chords(self._vectors, centre) <= (2 * np.sin(angle / 2)) ** 2)

    def cover(self, inside: NDArray[np.bool_]) -> list[int]:
        """Return the fewest keys of our levels that cover exactly the points marked; shape (points,)."""
        keys: list[int] = []
        count = np.concatenate(([0], np.cumsum(inside)))
        covered: NDArray[np.bool_] | None = None
        for level in self._levels:
            # A square is whole when all its points are inside.
            whole = count[level.ends] - count[level.starts] == level.ends - level.starts
            above = np.zeros(len(whole), dtype=np.bool_) if covered is None else covered[level.parent]
            keys.extend((level.squares[whole & ~above] | np.uint64(level.level << 56)).tolist())
            covered = whole | above
        if covered is None:
            return keys
        points = np.flatnonzero(inside)
        square = np.searchsorted(self._levels[-1].starts, points, side="right") - 1
        keys.extend((self._codes[points[~covered[square]]] | np.uint64(POINT_LEVEL << 56)).tolist())
        return keys


class Rings:
    """The points around a centre, by distance: a ring is all points at one distance, to the metre. The nearest is 0."""

    def __init__(self, table: PointTable, codes: UInts, km: Floats) -> None:
        self._table = table
        self._codes = codes
        rounded = ring_km(km)
        distances, self._ring = np.unique(rounded, return_inverse=True)
        self._order = np.argsort(self._ring, kind="stable")
        self._ends = np.searchsorted(self._ring[self._order], np.arange(len(distances)), side="right")

    def __len__(self) -> int:
        return len(self._ends)

    def keys(self, ring: int) -> list[int]:
        """Return keys that cover exactly the points on a ring and inside it."""
        count = int(self._ends[ring])
        if count <= _FEW_POINTS:
            near = self._codes[self._order[:count]] | np.uint64(POINT_LEVEL << 56)
            return [int(key) for key in near]
        return self._table.cover(self._ring <= ring)


def ring_km(km: Floats) -> Floats:
    """Return distances to the metre: points that are equally far lie on one ring."""
    rounded: Floats = np.round(km, 3)
    return rounded


class _Level(NamedTuple):
    """The squares of one level that hold points: `starts` and `ends` cut the sorted codes into squares."""

    level: int
    squares: UInts
    starts: Ints
    ends: Ints
    parent: Ints
    """Index of the square of the level above that this one lies in."""


def distances_km(codes: UInts, centre: GeoPoint) -> Floats:
    """Return the great-circle distances from `centre` in kilometres; of the shape of `codes`."""
    return _km(_chords(_unit_vectors(*coordinates(codes)), centre))


def _unit_vectors(lat: Floats, lon: Floats) -> Floats:
    """Return points on the unit sphere; shape (3, points)."""
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _chords(vectors: Floats, centre: GeoPoint) -> Floats:
    """Return squared straight-line distances on the unit sphere: as exact as the haversine, and much cheaper."""
    x, y, z = _unit_vectors(np.array(centre.lat), np.array(centre.lon))
    chords: Floats = (vectors[0] - x) ** 2 + (vectors[1] - y) ** 2 + (vectors[2] - z) ** 2
    return chords


def _km(chords: Floats) -> Floats:
    km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chords / 4, 1.0)))
    return km


class PointFile:
    """The distinct points of an index on disk: a file of 8-byte codes that only grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[int] = set()
        self._fresh: list[int] = []

    def size(self) -> int:
        """Return the file's size in bytes; 0 when there is none."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self) -> UInts:
        """Return all codes; a torn last one, which no commit has relied on, is left out."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return np.empty(0, dtype=np.uint64)
        return np.frombuffer(data[: len(data) // 8 * 8], dtype="<u8").astype(np.uint64)

    def open_for_writing(self) -> None:
        """Learn what is there, and cut off a torn tail."""
        self._known = set(self.read().tolist())
        if self.size() % 8:
            with self._path.open("r+b") as file:
                file.truncate(self.size() // 8 * 8)

    def add(self, codes: Iterable[int]) -> None:
        """Remember codes until `flush`."""
        for code in codes:
            if code not in self._known:
                self._known.add(code)
                self._fresh.append(code)

    def flush(self) -> None:
        """Write new codes to disk, durably. Call before the index commits."""
        if not self._fresh:
            return
        with self._path.open("ab") as file:
            file.write(np.array(self._fresh, dtype="<u8").tobytes())
            file.flush()
            os.fsync(file.fileno())
        self._fresh.clear()
