"""What the registry's API cannot do, for any search in its language: reasons, facet counts, nearest recruiting sites.

Comes in: a `Finder`, and the parameters of `/api/v2/studies` that select studies, with a few of our own. Goes out:
Starlette routes under `/api/x`, in the shapes of docs/api.md. Refuses: what a search refuses (400), a place that nobody
knows (404), work that does not end in time (503), each as `{"error": "…"}`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accrual.api import refusals
from accrual.api.limits import Limits, Workers
from accrual.api.paging import read_token, write_token
from accrual.api.parameters import PAGE_TOKEN, SELECTION, Arguments, Kind, Parameter, read_arguments
from accrual.api.selection import Selection, read_selection
from accrual.errors import CursorExpiredError, QueryError
from accrual.finder import Finder
from accrual.plain.distance import read_distance
from accrual.registry.ctgov_json import read_json
from accrual.registry.standing import read_standing
from accrual.search.studies import StudyQuery

STRICT: Final = Parameter(
    "strict",
    Kind.FLAG,
    "Whether words of a query must stand together, in their order; endings and synonyms still count.",
    default="false",
)
EXPLAIN: Final = Parameter(
    "explain",
    Kind.FLAG,
    "Whether each study says which field, synonym or passing mention matched.",
    default="false",
)
TOP: Final = Parameter("top", Kind.NUMBER, "How many at most, up to 100.", default="20")
NEAR: Final = Parameter(
    "near", Kind.TEXT, "A city, a US ZIP code, or `latitude,longitude`.", example="Boston"
)
WITHIN: Final = Parameter("within", Kind.TEXT, "How far a site may be: `100km`, `60mi`.", example="100km")
MAX_TOP: Final = 100
FARTHEST_KM: Final = 20_100.0
"""Half the way around the Earth, and a little: no site is farther."""

_decode = msgspec.json.Decoder().decode
_Answering = Callable[[Finder, Arguments, Selection, date], Any]


def search_studies(finder: Finder, arguments: Arguments, selection: Selection, today: date) -> Any:
    """Answer `/api/x/studies`: a page of studies, each with its standing and the reasons why it was found."""
    token = arguments.text("pageToken")
    cursor = read_token(token, selection.spelling) if token else None
    try:
        page = finder.studies(selection.query, _top(arguments), cursor)
    except CursorExpiredError:
        raise refusals.expired_token() from None
    explained = arguments.flag("explain")
    studies = [
        _study(finder, body, today, selection.query if explained else None)
        for _, body in finder.records(page.nct_ids)
    ]
    found: dict[str, Any] = {"total": page.total, "studies": studies}
    if page.next_cursor is not None:
        found["nextPageToken"] = write_token(page.next_cursor, selection.spelling)
    return found


def count_facets(finder: Finder, arguments: Arguments, selection: Selection, today: date) -> Any:
    """Answer `/api/x/facets`: how many of the studies found have each value."""
    return {
        "total": finder.studies(selection.query, 1).total,
        "facets": finder.count_values(selection.query),
    }


def find_sites(finder: Finder, arguments: Arguments, selection: Selection, today: date) -> Any:
    """Answer `/api/x/sites`: the nearest recruiting sites, one of each study found."""
    if not arguments.text("near").strip():
        raise QueryError("near says what the sites are near to: a city, a US ZIP code, or latitude,longitude")
    place = finder.place(arguments.text("near").strip())
    within = arguments.text("within").strip()
    within_km = read_distance(within) if within else FARTHEST_KM
    sites = finder.nearest_recruiting_sites(selection.query, place.point, within_km, _top(arguments))
    return {"near": place.name, "sites": sites}


EXTENSIONS: Final[tuple[tuple[str, tuple[Parameter, ...], _Answering], ...]] = (
    ("/api/x/studies", (*SELECTION, STRICT, EXPLAIN, TOP, PAGE_TOKEN), search_studies),
    ("/api/x/facets", (*SELECTION, STRICT), count_facets),
    ("/api/x/sites", (*SELECTION, STRICT, NEAR, WITHIN, TOP), find_sites),
)
"""path, its parameters, what answers."""


def extension_routes(
    finder: Finder,
    today: Callable[[], date],
    limits: Limits,
    guard: Callable[[Callable[[Request], Any]], Any],
) -> list[Route]:
    """Return the routes.

    Arguments:
        today: says which day the standing of a status is as of.
        guard: turns errors into answers.
    """
    workers = Workers(limits.seconds)

    def route(path: str, known: tuple[Parameter, ...], answering: _Answering) -> Route:
        async def respond(request: Request) -> Response:
            query = request.scope["query_string"]
            if len(query) > limits.address_bytes:
                raise refusals.address_too_long(limits.address_bytes)
            arguments = read_arguments(known, query, limits.value_chars)
            return await workers.run(lambda: _answer(finder, arguments, answering, today()))

        return Route(path, guard(respond), methods=["GET"])

    return [route(path, known, answering) for path, known, answering in EXTENSIONS]


def _answer(finder: Finder, arguments: Arguments, answering: _Answering, today: date) -> Response:
    selection = read_selection(arguments, arguments.flag("strict"))
    strict = "strict\n" if arguments.flag("strict") else ""
    selection = msgspec.structs.replace(selection, spelling=strict + selection.spelling)
    body = msgspec.json.encode(answering(finder, arguments, selection, today))
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


def _top(arguments: Arguments) -> int:
    top = arguments.number("top")
    if not 1 <= top <= MAX_TOP:
        raise HTTPException(400, f"top={top}: write a whole number from 1 to {MAX_TOP}")
    return top


def _study(finder: Finder, body: bytes, today: date, explained: StudyQuery | None) -> dict[str, Any]:
    """Return what a study is called, how fresh its status is, and where each thing that was asked is found in it."""
    record = _decode(body)
    protocol = record.get("protocolSection", {})
    names = protocol.get("identificationModule", {})
    found: dict[str, Any] = {
        "nct_id": names.get("nctId", ""),
        "title": names.get("briefTitle", ""),
        "status": protocol.get("statusModule", {}).get("overallStatus", ""),
        "standing": read_standing(read_json(body), today),
    }
    if explained is not None:
        found["reasons"] = [
            {"in": where, **msgspec.to_builtins(reason)}
            for where, reason in finder.reasons(explained, record)
        ]
    return found
