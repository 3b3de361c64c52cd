"""What a search asks and what it answers: the types between the faces, the facade and the index.

Comes in: plain words, filters, a place. Goes out: ranked hits with the fields that matched. Refuses: a filter
value the registry does not have, a radius without a place (QueryError).
"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import GeoPoint, NctId
from accrual.registry.standing import Standing

Facet: TypeAlias = Literal[
    "status", "phase", "study_type", "sex", "age_group", "funder", "healthy_volunteers", "country", "results"
]
"""The nine facets. Each filter below and each count carries one of these names."""

FACETS: tuple[Facet, ...] = (
    "status",
    "phase",
    "study_type",
    "sex",
    "age_group",
    "funder",
    "healthy_volunteers",
    "country",
    "results",
)

Sort: TypeAlias = Literal["relevance", "distance", "updated", "start", "fresh"]


class Near(msgspec.Struct, frozen=True):
    """A circle: studies with a site within `within_km` of `point`."""

    point: GeoPoint
    within_km: float | None = None
    """None: no limit; sites are still measured from the point."""
    place: str = ""
    """The place's full name as found: "Suzhou, Jiangsu, China"."""
    recruiting_only: bool = False
    """Count only sites that are recruiting, where the record gives sites a status."""


class Age(msgspec.Struct, frozen=True):
    """How old somebody is who would take part, as a span: "67" is from the 67th birthday to the 68th.

    A study takes them where its age limits leave room for any of the span; without a limit there is room.
    """

    from_minutes: int
    before_minutes: int


class Locale(msgspec.Struct, frozen=True):
    """A place where a study must have a site: its path in `accrual.search.localities`."""

    path: str
    trials: Literal["all", "open", "closed"] = "all"
    """Those that take participants there now, those that do not, or both."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One search. Empty finds everything. Words are ANDed; several values of one facet are ORed."""

    text: str = ""
    condition: str = ""
    intervention: str = ""
    filters: dict[Facet, tuple[str, ...]] = {}
    """Registry values (`RECRUITING`, `PHASE2`, `FEMALE`, `CHILD`, `INDUSTRY`, `China`); results: `true`/`false`."""
    near: Near | None = None
    age: Age | None = None
    locale: Locale | None = None
    sort: Sort = "relevance"
    top: int = 20
    offset: int = 0
    today: date | None = None
    """The day that the hits' statuses are looked at on; None leaves their standing out."""


class NearestSite(msgspec.Struct, frozen=True):
    """The study's site closest to the point asked for."""

    facility: str
    city: str
    country: str
    status: str
    """The site's own registry status, or empty when the record gives none."""
    distance_km: float | None
    """None when no point was asked for or the site cannot be placed."""


class Hit(msgspec.Struct, frozen=True):
    """One study found. Its JSON is one entry of `accrual find --json`."""

    nct_id: NctId
    title: str
    status: str
    conditions: tuple[str, ...]
    nearest_site: NearestSite | None
    matched: tuple[str, ...]
    """The registry's names of the fields that matched: `BriefTitle`, `Condition`, `InterventionName` …"""
    score: float = 0.0
    phases: tuple[str, ...] = ()
    nearest_recruiting_site: NearestSite | None = None
    standing: Standing | None = None
    """How far the status can be relied on, where the search had a day."""


class Found(msgspec.Struct, frozen=True):
    """The answer to a search: how many in all, and the page asked for."""

    total: int
    results: tuple[Hit, ...]


class FacetCount(msgspec.Struct, frozen=True):
    """How many studies of a search have this value."""

    value: str
    count: int
