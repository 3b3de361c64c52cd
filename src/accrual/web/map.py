"""What the maps show: the sites of a search, or of one trial, as JSON for `static/map.js`.

Comes in: the address of a search with `/map` for `/search`, or of a trial with `/map` behind it. Goes out: items,
points, and the sentence under the map. Refuses, as JSON: a search that makes no sense. The list beside a map says
all that the map says.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.basic import nct_id
from accrual.errors import AccrualError, StudyNotFoundError
from accrual.finder import Finder
from accrual.message import error_words
from accrual.plain.prose import printable, unescape
from accrual.registry.labels import label
from accrual.search.site_map import SiteMap, search_map, study_map
from accrual.web.asking import read_asked
from accrual.web.language import marked, say

SHOWN_ALL = marked("The map shows every site of these trials that has a known place.")
SHOWN_SOME = marked("The map shows the first %(shown)s of %(total)s trials.")
LEFT_OUT = marked("It leaves out %(left_out)s places with few trials.")
OF_ONE = marked("The map shows %(placed)s of %(total)s sites. The others have no known place.")
TOO_LONG = marked("The map took too long.")
OF_ONE_ALL = marked("The map shows every site of this trial.")


class MapData(msgspec.Struct, frozen=True):
    """The JSON that `static/map.js` reads."""

    items: tuple[tuple[str, str], ...]
    """Words and address of each item; the address may be empty."""
    points: tuple[tuple[float, float, str, tuple[int, ...], tuple[int, ...]], ...]
    """Latitude, longitude, place, items there, items that take participants there."""
    nearest: int | None
    centre: tuple[float, float, str] | None
    """The place that distances are measured from."""
    words: str


class MapPages:
    """The data of maps."""

    def __init__(self, finder: Finder, workers: Workers) -> None:
        self.finder = finder
        self.workers = workers

    async def search(self, request: Request) -> Response:
        """Return the map of a search; its parameters are those of the results page."""
        return await self._in_time(self._search, request)

    async def trial(self, request: Request) -> Response:
        """Return the map of one trial."""
        return await self._in_time(self._trial, request.path_params["nct"])

    async def _in_time(self, work: Callable[..., Response], given: object) -> Response:
        try:
            return await self.workers.run(work, given)
        except HTTPException as error:
            return _json({"error": say(TOO_LONG)}, error.status_code)

    def _search(self, request: Request) -> Response:
        try:
            query = read_asked(request.query_params, self.finder).query
            found = search_map(self.finder.index, query)
        except AccrualError as error:
            return _json({"error": say(error_words(error))}, 400)
        near = query.near
        items = tuple((_words(item.title) or item.nct_id, f"/trials/{item.nct_id}") for item in found.items)
        centre = None if near is None else (near.point.lat, near.point.lon, near.place)
        return _json(_data(found, items, centre, _search_words(found)))

    def _trial(self, asked: str) -> Response:
        try:
            found = study_map(self.finder.index, nct_id(asked))
        except StudyNotFoundError as error:
            return _json({"error": say(error_words(error))}, 404)
        except AccrualError as error:
            return _json({"error": say(error_words(error))}, 400)
        items = tuple(
            (": ".join(filter(None, (_words(item.title), say(label("status", item.status))))), "")
            for item in found.items
        )
        placed = {item for point in found.points for item in point.items}
        words = say(OF_ONE_ALL)
        if len(placed) < found.total:
            words = say(OF_ONE) % {"placed": f"{len(placed):,}", "total": f"{found.total:,}"}
        return _json(_data(found, items, None, words))


def _search_words(found: SiteMap) -> str:
    numbers = {
        "shown": f"{len(found.items):,}",
        "total": f"{found.total:,}",
        "left_out": f"{found.left_out:,}",
    }
    words = say(SHOWN_ALL) if len(found.items) >= found.total else say(SHOWN_SOME) % numbers
    return f"{words} {say(LEFT_OUT) % numbers}" if found.left_out else words


def _data(
    found: SiteMap, items: tuple[tuple[str, str], ...], centre: tuple[float, float, str] | None, words: str
) -> MapData:
    points = tuple(
        (one.point.lat, one.point.lon, _words(one.place), one.items, one.open) for one in found.points
    )
    return MapData(items, points, found.nearest, centre, words)


def _words(text: str) -> str:
    return printable(unescape(text))


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
