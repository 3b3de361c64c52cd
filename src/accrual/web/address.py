"""The address of a results page: the search form's state, its filters as links, its pages.

Comes in: query parameters. Goes out: a frozen `SearchForm` and the addresses next to it, so that every search can be
shared, bookmarked and gone back to. The parameters have the JSON API's names; `page` stands for `top` and `offset`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams

from accrual.plain.age import spell_age
from accrual.plain.question import build_query, read_flag, read_words
from accrual.search.places import Place
from accrual.search.query import FACETS, Facet, Query
from accrual.web.language import marked

PAGE_SIZE = 20
MAX_PAGE = 500  # 10,000 results: nobody reads further, and deep pages cost the index

SORTS = (
    ("relevance", marked("Best match")),
    ("distance", marked("Nearest site")),
    ("updated", marked("Last updated")),
    ("start", marked("Start date")),
    ("fresh", marked("Recently checked")),
)
DISTANCES = (
    ("", marked("Any distance")),
    ("25km", "25 km (16 mi)"),
    ("50km", "50 km (31 mi)"),
    ("100km", "100 km (62 mi)"),
    ("250km", "250 km (155 mi)"),
    ("500km", "500 km (311 mi)"),
    ("1000km", "1,000 km (621 mi)"),
)


class Choice(msgspec.Struct, frozen=True):
    """One value of a facet: its words, its count, the address that adds or removes it."""

    words: str
    count: int
    url: str
    chosen: bool


class SearchForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the search form holds. `filters` are pairs of facet and registry value, in facet order."""

    text: str = ""
    condition: str = ""
    intervention: str = ""
    near: str = ""
    within: str = ""
    age: str = ""
    """As `accrual.plain.age` spells it."""
    exact: bool = False
    """The words as they stand: nothing is read into them."""
    recruiting_sites: bool = False
    sort: str = "relevance"
    page: int = 1
    filters: tuple[tuple[Facet, str], ...] = ()

    @property
    def offset(self) -> int:
        """How many results stand before this page."""
        return (self.page - 1) * PAGE_SIZE

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters of this search, in their order."""
        texts = (
            ("text", self.text),
            ("condition", self.condition),
            ("intervention", self.intervention),
            ("near", self.near),
            ("within", self.within),
            ("age", self.age),
        )
        pairs: list[tuple[str, str]] = [(name, value) for name, value in texts if value]
        if self.exact and self.text:
            pairs.append(("exact", self.text))
        if self.recruiting_sites:
            pairs.append(("recruiting_sites", "1"))
        if self.sort != "relevance":
            pairs.append(("sort", self.sort))
        pairs += self.filters
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs

    def url(self, path: str = "/search") -> str:
        """Return the address of this search; with another path, that of its map."""
        pairs = self.pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def at_page(self, page: int) -> SearchForm:
        """Return the same search at another page."""
        return msgspec.structs.replace(self, page=page)

    def toggled(self, facet: Facet, value: str) -> SearchForm:
        """Return the search with one filter value added, or removed where it was chosen."""
        pair = (facet, value)
        kept = tuple(one for one in self.filters if one != pair)
        chosen = kept if len(kept) < len(self.filters) else (*self.filters, pair)
        return msgspec.structs.replace(self, filters=chosen, page=1)

    def query(self, find_place: Callable[[str], Place]) -> Query:
        """Return the search this form asks for.

        Raises:
            QueryError: something in it makes no sense.
            PlaceNotFoundError: nobody knows the place.
        """
        filters: dict[Facet, list[str]] = {}
        for facet, value in self.filters:
            filters.setdefault(facet, []).append(value)
        return build_query(
            find_place=find_place,
            text=self.text,
            condition=self.condition,
            intervention=self.intervention,
            near=self.near,
            # The form always sends a distance; without a place it means nothing.
            within=self.within if self.near else "",
            recruiting_sites=self.recruiting_sites and bool(self.near),
            age=self.age,
            filters=filters,
            sort=self.sort,
            top=PAGE_SIZE,
            offset=self.offset,
        )


def read_form(params: QueryParams) -> SearchForm:
    """Return the form's state from an address; filter words become registry values.

    Raises:
        QueryError: a filter value the registry does not have, or no age.
    """
    page = params.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    chosen = ((facet, read_words(facet, _not_empty(params.getlist(facet)))) for facet in FACETS)
    return msgspec.structs.replace(
        text_form(params),
        age=spell_age(params.get("age", "")),
        recruiting_sites=read_flag("recruiting_sites", params.get("recruiting_sites", "")),
        page=min(max(number, 1), MAX_PAGE),
        filters=tuple((facet, value) for facet, values in chosen for value in values),
    )


def text_form(params: QueryParams) -> SearchForm:
    """Return the form's words alone: what still can be shown when a filter is broken."""
    return SearchForm(
        text=params.get("text", "").strip(),
        condition=params.get("condition", "").strip(),
        intervention=params.get("intervention", "").strip(),
        near=params.get("near", "").strip(),
        within=params.get("within", "").strip(),
        age=params.get("age", "").strip(),
        # Holds for those very words: whoever types others is understood again.
        exact=params.get("exact", "").strip() == params.get("text", "").strip() != "",
        sort=params.get("sort", "relevance"),
    )


def distance_choices(chosen: str) -> tuple[tuple[str, str], ...]:
    """Return the distances to offer; one that came by the address is kept."""
    if chosen in dict(DISTANCES):
        return DISTANCES
    return (*DISTANCES, (chosen, chosen))


def _not_empty(words: Iterable[str]) -> list[str]:
    return [word for word in words if word]
