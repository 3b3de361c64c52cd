"""Trials by location: the world, a country, a region, a city and a site, each with its own address.

Comes in: a path of `accrual.locations`, an order, a page. Goes out: the places in it, or its trials. Refuses a path
where no trial is (404), with the way to the places that are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.api.limits import Workers
from accrual.errors import PlaceNotFoundError, QueryError
from accrual.finder import Finder
from accrual.locations import LocalTrial, Location, Order
from accrual.message import Original, word
from accrual.plain.prose import printable, unescape
from accrual.plain.status import standing_words
from accrual.registry.labels import label
from accrual.search.localities import Level, slug
from accrual.web.language import marked
from accrual.web.layout import render
from accrual.web.local_trials import Narrowed, facet_choices, local_trials, read_narrowed
from accrual.web.speech import COUNTRY

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
    standing: str
    """How far the status can be relied on, in words; empty for a final one."""
    open: bool


class PlacePages:
    """The pages of places."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date]) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today

    async def show(self, request: Request) -> Response:
        """Show the places in a place, or its trials."""
        return await self.workers.run(self._show, request)

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
        if show_trials and here is not None:
            return self._trials(here, request)
        return self._inside(path, here, request)

    def _inside(self, path: str, here: Location | None, request: Request) -> Response:
        """Show the places in a place."""
        order: Order = "name" if request.query_params.get("order") == "name" else "count"
        open_only = request.query_params.get("open") == "1"
        page = _page(request.query_params.get("page", "1"))
        offset = (page - 1) * PLACES_SHOWN
        total, places = self.finder.locations.inside(path, order, PLACES_SHOWN, offset, open_only)
        by_name = (("order", "name"),) if order == "name" else ()
        only = (("open", "1"),) if open_only else ()
        return render(
            "places.html",
            **self._frame(path, here, (*by_name, *only), page, total, len(places), PLACES_SHOWN),
            show_trials=False,
            inside_words=INSIDE.get(here.level if here is not None else "world", ""),
            order=order,
            open_only=open_only,
            count_url=_url(path, *only),
            name_url=_url(path, ("order", "name"), *only),
            open_url=_url(path, *by_name) if open_only else _url(path, *by_name, ("open", "1")),
            places=[PlaceView(_name(one), _url(one.path), one.trials, one.open) for one in places],
            trials=[],
        )

    def _trials(self, here: Location, request: Request) -> Response:
        """Show the trials of a place."""
        narrowed = read_narrowed(here.path, request.query_params)
        page = _page(request.query_params.get("page", "1"))
        offset = (page - 1) * TRIALS_SHOWN
        total, trials = here.trials, list[LocalTrial]()
        if narrowed:
            total, trials = local_trials(self.finder, narrowed, TRIALS_SHOWN, offset)
        else:
            trials = self.finder.locations.trials(here.path, TRIALS_SHOWN, offset)
        standings = self.finder.standings([one.nct_id for one in trials], self.today())
        return render(
            "places.html",
            **self._frame(here.path, here, narrowed.pairs(), page, total, len(trials), TRIALS_SHOWN),
            show_trials=True,
            inside_words=INSIDE.get(here.level, ""),
            narrowed=narrowed,
            all_url=Narrowed(here.path).url(),
            open_url=msgspec.structs.replace(narrowed, open=not narrowed.open).url(),
            without_words_url=msgspec.structs.replace(narrowed, text="").url(),
            hidden=[pair for pair in narrowed.pairs() if pair[0] != "text"],
            facets=facet_choices(self.finder, narrowed),
            places=[],
            trials=[
                TrialView(
                    one.nct_id,
                    unescape(one.title) or one.nct_id,
                    label("status", one.status) if one.status else "",
                    standing_words(standings.get(one.nct_id)),
                    one.open,
                )
                for one in trials
            ],
        )

    def _frame(
        self,
        path: str,
        here: Location | None,
        chosen: tuple[tuple[str, str], ...],
        page: int,
        total: int,
        shown: int,
        each: int,
    ) -> dict[str, Any]:
        """Return what both kinds of pages show."""
        offset = (page - 1) * each
        more = offset + shown < total and shown and page < MAX_PAGE
        return {
            "here": here,
            "name": _name(here) if here is not None else "",
            "level": here.level if here is not None else "world",
            "url": _url(path),
            "canonical": _url(path, *chosen, ("page", str(page))) if page > 1 else _url(path, *chosen),
            "above": self._above(here),
            "total": total,
            "offset": offset,
            "shown": shown,
            "first_url": _url(path, *chosen),
            "previous_url": _url(path, *chosen, ("page", str(page - 1))) if page > 1 else "",
            "next_url": _url(path, *chosen, ("page", str(page + 1))) if more else "",
            "search_url": self._search_url(here),
        }

    def _above(self, here: Location | None) -> list[PlaceView]:
        """Return the places around a place, the country first."""
        found: list[PlaceView] = []
        while here is not None and here.parent:
            here = self.finder.locations.place(here.parent)
            if here is not None:
                found.insert(0, PlaceView(_name(here), _url(here.path), here.trials, here.open))
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


def _name(place: Location) -> str:
    text = printable(unescape(place.name))
    return word(text, COUNTRY) if place.level == "country" else Original(text)
