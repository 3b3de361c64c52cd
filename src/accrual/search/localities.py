"""The places a study is in, as paths: `germany/bavaria/munich`, from the country down to the site.

Comes in: a study. Goes out: its countries, regions, cities and sites, each with its path and whether the study takes
participants there; and for a path the number that the text index has for it. Refuses nothing: a site without a country
has no place.

A path is made of the names as records write them, so that other spellings are one place only where they differ in
case, accents or signs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.registry.record import Trial
from accrual.search.countries import country_name
from accrual.search.sites import is_recruiting
from accrual.search.words import fold

LONGEST_SLUG: Final = 80
"""Characters of one name in a path. Set by hand; a longer name ends in a mark of its own."""
NO_REGION: Final = "-"
"""Stands in a path where records name no region."""

Level: TypeAlias = Literal["world", "country", "region", "city", "site"]
LEVELS: tuple[Level, ...] = ("world", "country", "region", "city", "site")


class Locality(msgspec.Struct, frozen=True):
    """A country, a region, a city or a site that a study is in."""

    path: str
    parent: str
    """The path of the place around it; empty for a country."""
    level: Level
    name: str
    open: bool
    """Whether the study takes participants here now."""


@lru_cache(maxsize=65_536)
def slug(name: str) -> str:
    """Return a name as it stands in a path; empty where it has no letter.

    Example:
        >>> slug("São Paulo"), slug("St. Mary's (North)")
        ('sao-paulo', 'st-mary-s-north')
    """
    words = fold(name).replace(" ", "-")
    if len(words) <= LONGEST_SLUG:
        return words
    mark = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{words[: LONGEST_SLUG - 9]}-{mark}"


def path_key(path: str) -> int:
    """Return the number by which the text index knows a place: 63 bits, so that two places never meet in practice."""
    return int.from_bytes(hashlib.blake2b(path.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def localities_of(trial: Trial) -> dict[str, Locality]:
    """Return the places that a study is in, by path."""
    found: dict[str, Locality] = {}
    with_status = any(site.status for site in trial.sites)
    for site in trial.sites:
        open_here = is_recruiting(trial.status, site.status, with_status)
        for one in _around(site.facility, site.city, site.state, country_name(site.country), open_here):
            held = found.get(one.path)
            if held is None or one.open > held.open:
                found[one.path] = one
    return found


def _around(facility: str, city: str, state: str, country: str, is_open: bool) -> Iterator[Locality]:
    """Yield the places around a site, from its country down to it, as far as they are named."""
    path = parent = slug(country)
    if not path:
        return
    yield Locality(path, "", "country", country.strip(), is_open)
    region = slug(state)
    path = f"{parent}/{region or NO_REGION}"
    if region:
        yield Locality(path, parent, "region", state.strip(), is_open)
        parent = path
    levels: tuple[tuple[str, Level], ...] = ((city, "city"), (facility, "site"))
    for name, level in levels:
        if not slug(name):
            return
        path = f"{path}/{slug(name)}"
        yield Locality(path, parent, level, name.strip(), is_open)
        parent = path
