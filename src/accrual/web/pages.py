"""Home and results pages."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accrual.errors import PlaceNotFoundError, QueryError
from accrual.finder import Finder
from accrual.plain.distance import site_words
from accrual.plain.filters import FACET_TITLES, field_words, value_words
from accrual.plain.prose import unescape
from accrual.registry.labels import label
from accrual.search.query import FACETS, Facet, FacetCount, Found, Hit, Query
from accrual.web.address import SORTS, SearchForm, read_form, text_form
from accrual.web.layout import render

CONDITIONS_SHOWN = 6
MATCHED_SHOWN = 4
CHOICES_SHOWN = 12
OPEN_FACETS: tuple[Facet, ...] = ("status", "phase")


class HitView(msgspec.Struct, frozen=True):
    """One result in words."""

    nct_id: str
    title: str
    status: str
    recruiting: bool
    phases: tuple[str, ...]
    conditions: str
    site: str
    recruiting_site: str
    matched: str


class Choice(msgspec.Struct, frozen=True):
    """One value of a facet: its words, its count, the address that adds or removes it."""

    words: str
    count: int
    url: str
    chosen: bool


class FacetView(msgspec.Struct, frozen=True):
    """One facet with its most frequent values."""

    title: str
    choices: tuple[Choice, ...]
    rest: int
    open: bool


class Chip(msgspec.Struct, frozen=True):
    """One thing the search is narrowed by, and the address without it."""

    words: str
    url: str


class SearchPages:
    """The pages that search for trials."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder

    async def home(self, request: Request) -> Response:
        """Show the search box and what is loaded."""
        status = await run_in_threadpool(self.finder.status)
        return render("home.html", form=SearchForm(), studies=status.studies, data_date=status.data_date)

    async def results(self, request: Request) -> Response:
        """Show the trials found, with filters beside them."""
        return await run_in_threadpool(self._results, request)

    def _results(self, request: Request) -> Response:
        try:
            form = read_form(request.query_params)
            query = form.query(self.finder.place)
            found = self.finder.find(query)
            counts = self.finder.facets(query)
        except (QueryError, PlaceNotFoundError) as error:
            return render(
                "results.html",
                400,
                error=str(error),
                form=text_form(request.query_params),
                chips=(),
                total=0,
                place="",
            )
        return render("results.html", **_results_view(form, query, found, counts))


def _results_view(
    form: SearchForm, query: Query, found: Found, counts: dict[Facet, tuple[FacetCount, ...]]
) -> dict[str, Any]:
    more = form.offset + len(found.results) < found.total and bool(found.results)
    return {
        "error": "",
        "form": form,
        "total": found.total,
        "place": query.near.place if query.near is not None else "",
        "hits": tuple(_hit(hit) for hit in found.results),
        "offset": form.offset,
        "chips": _chips(form),
        "facets": tuple(
            view for facet in FACETS if (view := _facet(form, facet, counts.get(facet, ()))).choices
        ),
        "previous_url": form.at_page(form.page - 1).url() if form.page > 1 else "",
        "next_url": form.at_page(form.page + 1).url() if more else "",
        "map_url": form.at_page(1).url("/map"),
        "first_url": form.at_page(1).url(),
        "bare_url": msgspec.structs.replace(form, filters=(), page=1).url(),
        "anywhere_url": _anywhere(form).url(),
    }


def _anywhere(form: SearchForm) -> SearchForm:
    sort = "relevance" if form.sort == "distance" else form.sort
    return msgspec.structs.replace(form, near="", within="", recruiting_sites=False, sort=sort, page=1)


def _hit(hit: Hit) -> HitView:
    near = hit.nearest_recruiting_site
    return HitView(
        nct_id=hit.nct_id,
        title=unescape(hit.title) or hit.nct_id,
        status=label("status", hit.status) if hit.status else "Status not stated",
        recruiting=hit.status == "RECRUITING",
        phases=tuple(label("phase", phase) for phase in hit.phases if phase != "NA"),
        conditions=unescape(_some(hit.conditions, CONDITIONS_SHOWN)),
        site=site_words(hit.nearest_site) if hit.nearest_site is not None else "",
        recruiting_site=site_words(near) if near is not None and near != hit.nearest_site else "",
        matched=_some(tuple(field_words(name) for name in hit.matched), MATCHED_SHOWN),
    )


def _some(words: tuple[str, ...], count: int) -> str:
    rest = len(words) - count
    return ", ".join(words[:count]) + (f" and {rest} more" if rest > 0 else "")


def _chips(form: SearchForm) -> tuple[Chip, ...]:
    found: list[Chip] = []
    for name, title in (("condition", "Condition"), ("intervention", "Treatment")):
        words = getattr(form, name)
        if words:
            found.append(
                Chip(f"{title}: {words}", msgspec.structs.replace(form, **{name: "", "page": 1}).url())
            )
    if form.near:
        within = f" (within {form.within})" if form.within else ""
        found.append(Chip(f"Near {form.near}{within}", _anywhere(form).url()))
    if form.near and form.recruiting_sites:
        words = "Measured to recruiting sites"
        found.append(Chip(words, msgspec.structs.replace(form, recruiting_sites=False, page=1).url()))
    if form.sort != "relevance":
        order = dict(SORTS).get(form.sort, form.sort)
        found.append(Chip(f"Order: {order}", msgspec.structs.replace(form, sort="relevance", page=1).url()))
    found += (
        Chip(f"{FACET_TITLES[facet]}: {value_words(facet, value)}", form.toggled(facet, value).url())
        for facet, value in form.filters
    )
    return tuple(found)


def _facet(form: SearchForm, facet: Facet, counts: tuple[FacetCount, ...]) -> FacetView:
    chosen = {value for name, value in form.filters if name == facet}
    shown = [one for one in counts if one.value in chosen]
    shown += [FacetCount(value, 0) for value in chosen - {one.value for one in counts}]
    others = [one for one in counts if one.value not in chosen and one.count]
    room = max(CHOICES_SHOWN - len(shown), 0)
    choices = tuple(
        Choice(
            value_words(facet, one.value),
            one.count,
            form.toggled(facet, one.value).url(),
            one.value in chosen,
        )
        for one in (*shown, *others[:room])
    )
    return FacetView(
        FACET_TITLES[facet], choices, max(len(others) - room, 0), bool(chosen) or facet in OPEN_FACETS
    )
