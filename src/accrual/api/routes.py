"""The routes of accrual's own JSON API: what the registry's has not.

Comes in: a `Finder`. Goes out: Starlette routes under `/api/x`. The registry's API is `registry.py`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accrual.api.body import read_body
from accrual.api.extensions import extension_routes
from accrual.api.limits import Limits
from accrual.criteria.views import criteria_json
from accrual.errors import AccrualError, PlaceNotFoundError, QueryError, StoreError, StudyNotFoundError
from accrual.finder import Finder
from accrual.match.verdict import ASSUMPTIONS, Assumption
from accrual.plain.question import build_query, read_flag, read_words
from accrual.search.query import FACETS, Query

MAX_TOP: Final = 1000
JSON_TYPE: Final = "application/json"

Handler = Callable[[Request], Awaitable[Response]]


def routes(finder: Finder, today: Callable[[], date], limits: Limits | None = None) -> list[Route]:
    """Return the routes of the API over one facade; `today` says which day a patient is decided as of."""

    async def find(request: Request) -> Response:
        return _json(
            await run_in_threadpool(lambda: finder.find(api_query(finder, request.query_params, today())))
        )

    async def criteria(request: Request) -> Response:
        compiled = await run_in_threadpool(finder.criteria, request.path_params["nct"])
        return _json(criteria_json(compiled))

    async def screen(request: Request) -> Response:
        params = _known(request.query_params, "assume", "person")
        body = await read_body(request)
        nct = request.path_params["nct"]
        assumption, person = _assumption(params), params.get("person", "")
        return _json(
            await run_in_threadpool(
                lambda: finder.screen(nct, finder.read_patient(body, person=person), today(), assumption)
            )
        )

    async def match(request: Request) -> Response:
        params = _known(request.query_params, "assume", "person", "prefer", "status", "top")
        body = await read_body(request)
        top = _number(params, "top", 20, 1, MAX_TOP)
        status = read_words("status", params.getlist("status"))
        assumption, person = _assumption(params), params.get("person", "")
        fresh = _prefers_fresh(params)
        return _json(
            await run_in_threadpool(
                lambda: finder.match(
                    finder.read_patient(body, person=person),
                    today(),
                    top=top,
                    status=status,
                    assumption=assumption,
                    prefer_fresh=fresh,
                )
            )
        )

    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/api/x/find", find),
        ("GET", "/api/x/studies/{nct}/criteria", criteria),
        ("POST", "/api/x/screen/{nct}", screen),
        ("POST", "/api/x/match", match),
    )
    own = [Route(path, _guard(handler), methods=[method]) for method, path, handler in table]
    return own + extension_routes(finder, today, limits or Limits(), _guard)


def api_query(finder: Finder, params: QueryParams, today: date) -> Query:
    """Return the search that the address asks for; the parameters are the options of `accrual find`.

    Arguments:
        today: the day that freshness is measured on where the address names none.

    Raises:
        QueryError: a parameter is unknown or makes no sense.
    """
    known = {
        "text",
        "condition",
        "intervention",
        "near",
        "within",
        "recruiting_sites",
        "age",
        "sort",
        "top",
        "offset",
        "today",
        *FACETS,
    }
    _known(params, *known)
    sort = params.get("sort", "relevance")
    return build_query(
        find_place=finder.place,
        text=params.get("text", ""),
        condition=params.get("condition", ""),
        intervention=params.get("intervention", ""),
        filters={facet: params.getlist(facet) for facet in FACETS},
        near=params.get("near", ""),
        within=params.get("within", ""),
        recruiting_sites=read_flag("recruiting_sites", params.get("recruiting_sites", "")),
        age=params.get("age", ""),
        sort=sort,
        top=_number(params, "top", 20, 1, MAX_TOP),
        offset=_number(params, "offset", 0, 0, 10**7),
        today=_day(params, today) if "today" in params or sort == "fresh" else None,
    )


def http_status(error: AccrualError) -> int:
    """Return the HTTP status of an expected error."""
    if isinstance(error, StudyNotFoundError | PlaceNotFoundError):
        return 404
    return 503 if isinstance(error, StoreError) else 400


def _guard(handler: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except AccrualError as error:
            return _json({"error": str(error)}, http_status(error))
        except HTTPException as error:
            return _json({"error": error.detail}, error.status_code)

    return guarded


def _json(value: Any, status: int = 200) -> Response:
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Response(body, status_code=status, media_type=JSON_TYPE, headers={"cache-control": "no-store"})


def _assumption(params: QueryParams) -> Assumption:
    text = params.get("assume", "open")
    for known in ASSUMPTIONS:
        if text == known:
            return known
    raise QueryError(f"assume={text[:40]!r}: write {' or '.join(ASSUMPTIONS)}")


def _prefers_fresh(params: QueryParams) -> bool:
    text = params.get("prefer", "")
    if text not in ("", "fresh"):
        raise QueryError(f"prefer={text[:40]!r}: write fresh, or leave it out")
    return text == "fresh"


def _known(params: QueryParams, *known: str) -> QueryParams:
    """Return the parameters, of which all are known.

    Raises:
        QueryError: one is not: a misspelled one would be taken for none.
    """
    for name in params:
        if name not in known:
            raise QueryError(f"{name[:40]!r} is not a parameter of this: use {', '.join(sorted(known))}")
    return params


def _day(params: QueryParams, default: date) -> date:
    text = params.get("today")
    if text is None:
        return default
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise QueryError(f"today={text[:40]!r}: write a day like 2026-11-23") from None


def _number(params: QueryParams, name: str, default: int, low: int, high: int) -> int:
    text = params.get(name)
    if text is None:
        return default
    # The length first: Python refuses to make a number of thousands of digits.
    if not text.isdecimal() or len(text) > len(str(high)) or not low <= int(text) <= high:
        raise QueryError(f"{name}={text[:40]!r}: write a whole number from {low} to {high}")
    return int(text)
