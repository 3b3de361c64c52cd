"""Trials by location: the world, a country, a region, a city and a site, each with its own address.

Comes in: a path of `accrual.locations`, an order, a page. Goes out: the places in it, or its trials. Refuses a path
where no trial is (404), with the way to the places that are.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.errors import PlaceNotFoundError, QueryError
from accrual.finder import Finder
from accrual.locations import LocalTrial, Location, Order
from accrual.plain.prose import printable, unescape
from accrual.registry.labels import label
from accrual.search.localities import Level, slug
from accrual.web.language import marked
from accrual.web.layout import render

PLACES_SHOWN = 100
TRIALS_SHOWN = 20
MAX_PAGE = 500  # nobody reads further, and deep pages cost the table
LONGEST_PATH = 400  # four names of `locations.LONGEST_SLUG`, and what stands between

INSIDE: dict[Level, str] = {
    "world": marked("Countries"),
    "country": marked("States, regions and cities"),
    "region": marked("Cities"),
    "city": marked("Hospitals and clinics"),
}
"""What the places in a place are called."""


class PlaceView(msgspec.Struct, frozen=True):
    """A place in a list."""

    name: str
    url: str
    trials: int
    open: int


class TrialView(msgspec.Struct, frozen=True):
    """A trial in a list."""

    nct_id: str
    title: str
    status: str
    open: bool


class PlacePages:
    """The pages of places."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder

    async def show(self, request: Request) -> Response:
        """Show the places in a place, or its trials."""
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        asked = request.path_params.get("path", "")
        if len(asked) > LONGEST_PATH:
            return render("no_place.html", 404, name="")
        path = "/".join(part if part == "-" else slug(part) for part in asked.split("/") if part)
        if path != asked or request.url.path.endswith("/"):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(_url(path) + query, 308)
        locations = self.finder.locations
        here = locations.place(path) if path else None
        if path and here is None:
            return render("no_place.html", 404, name=printable(asked.rsplit("/", 1)[-1].replace("-", " ")))
        show_trials = here is not None and (
            here.level == "site" or request.query_params.get("show") == "trials"
        )
        order: Order = "name" if request.query_params.get("order") == "name" else "count"
        page = _page(request.query_params.get("page", "1"))
        each = TRIALS_SHOWN if show_trials else PLACES_SHOWN
        offset = (page - 1) * each
        inside = 0
        places: list[Location] = []
        trials: list[LocalTrial] = []
        if show_trials and here is not None:
            trials = locations.trials(path, each, offset)
        else:
            inside, places = locations.inside(path, order, each, offset)
        total, shown = (here.trials, len(trials)) if show_trials and here else (inside, len(places))
        chosen = (("show", "trials"),) if show_trials else (("order", "name"),) if order == "name" else ()
        return render(
            "places.html",
            here=here,
            name=_name(here.name) if here is not None else "",
            level=here.level if here is not None else "world",
            url=_url(path),
            canonical=_url(path, *chosen, ("page", str(page))) if page > 1 else _url(path, *chosen),
            above=self._above(here),
            inside_words=INSIDE.get(here.level if here is not None else "world", ""),
            order=order,
            show_trials=show_trials,
            places=[PlaceView(_name(one.name), _url(one.path), one.trials, one.open) for one in places],
            trials=[
                TrialView(
                    one.nct_id,
                    unescape(one.title) or one.nct_id,
                    label("status", one.status) if one.status else "",
                    one.open,
                )
                for one in trials
            ],
            total=total,
            offset=offset,
            shown=shown,
            previous_url=_url(path, *chosen, ("page", str(page - 1))) if page > 1 else "",
            next_url=_url(path, *chosen, ("page", str(page + 1)))
            if offset + shown < total and shown and page < MAX_PAGE
            else "",
            search_url=self._search_url(here),
        )

    def _above(self, here: Location | None) -> list[PlaceView]:
        """Return the places around a place, the country first."""
        found: list[PlaceView] = []
        while here is not None and here.parent:
            here = self.finder.locations.place(here.parent)
            if here is not None:
                found.insert(0, PlaceView(_name(here.name), _url(here.path), here.trials, here.open))
        return found

    def _search_url(self, here: Location | None) -> str:
        """Return the search that finds the trials of a country, or those near a city; empty where none does."""
        if here is None:
            return ""
        if here.level == "country":
            return f"/search?{urlencode({'country': here.name})}"
        if here.level != "city":
            return ""
        country = self.finder.locations.place(here.path.split("/", 1)[0])
        near = f"{here.name}, {country.name if country is not None else ''}"
        try:
            self.finder.place(near)
        except (PlaceNotFoundError, QueryError):
            return ""
        return f"/search?{urlencode({'near': near, 'within': '50km'})}"


def _url(path: str, *pairs: tuple[str, str]) -> str:
    address = f"/places/{quote(path)}" if path else "/places"
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _page(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) < 6 else 1
    return min(max(number, 1), MAX_PAGE)


def _name(text: str) -> str:
    return printable(unescape(text))
