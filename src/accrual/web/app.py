"""The web application: pages, static files, the JSON API beside them, and what happens when something is wrong.

Comes in: a `Finder`. Goes out: a Starlette application. It asks nothing of other machines.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from accrual.api.caching import OPEN_HEADERS
from accrual.api.limits import Limits, RateLimit, Workers
from accrual.api.refusals import text_response
from accrual.api.registry import registry_routes
from accrual.api.routes import http_status
from accrual.api.routes import routes as api_routes
from accrual.errors import AccrualError, StudyNotFoundError, StudyRemovedError
from accrual.finder import Finder
from accrual.message import Original, error_words, message
from accrual.web.about import AboutPages
from accrual.web.any_trial import AnyTrialPages
from accrual.web.assets import built
from accrual.web.carried import Carrier
from accrual.web.caseload import CaseloadPages
from accrual.web.catalog import catalog
from accrual.web.check import CheckPages
from accrual.web.comparison import ComparisonPages
from accrual.web.compression import Compression
from accrual.web.coordinators import CoordinatorPages
from accrual.web.days import day_words
from accrual.web.language import LANGUAGES, Language, current
from accrual.web.layout import RETRY_AFTER, render
from accrual.web.lexicon import lexicon
from accrual.web.map import MapPages
from accrual.web.matrix import MatrixPages
from accrual.web.places import PlacePages
from accrual.web.protection import HEADERS, Protection
from accrual.web.results import ResultsPages
from accrual.web.same_origin import SameOrigin
from accrual.web.served import Served
from accrual.web.simulation import SimulationPages
from accrual.web.suggestions import SuggestionPages
from accrual.web.take_part import TakePartPages
from accrual.web.trial import TrialPages

REGISTRY_PATHS = ("/api/v2", "/api/int", "/api/oas")
"""Where the registry's API stands: there errors are plain text, as the registry's are."""

_NUMBER = re.compile(r"\bNCT\d{8}\b")
STATIC = Path(__file__).parent / "static"

HEADINGS = {
    400: message("This request makes no sense"),
    404: message("Page not found"),
    405: message("This page cannot be used that way"),
    413: message("The file is too large"),
    503: message("The trial data cannot be read right now"),
}
TOO_LONG = message(
    "The work for this page was ended, so that others get their turn. Please try again in a moment."
)
TOO_LONG_SENT = message(
    "The work for this page was ended, so that others get their turn. What you sent was not stored. "
    "Please go back and try again in a moment."
)
MESSAGES = {
    404: message("There is nothing at this address. Check it for a typing error."),
    405: message("Open the page from the start page instead."),
}


def create_app(
    finder: Finder, today: Callable[[], date] = date.today, limits: Limits | None = None
) -> Starlette:
    """Return the web application over one facade; `state.make_ready()` lays out what first visitors would wait for.

    Arguments:
        today: says which day a patient is decided as of.
        limits: what one request may cost.
    """
    limits = limits or Limits()
    # Threads of their own for each kind of work: where one kind is stuck, the others still answer.
    showing, deciding = Workers(limits.seconds), Workers(limits.seconds)
    search = ResultsPages(finder, today, Workers(limits.seconds))
    check = CheckPages(finder, deciding, today)
    maps = MapPages(finder, Workers(limits.seconds))
    trial = TrialPages(finder, showing, today)
    simulation = SimulationPages(finder, limits.seconds)
    places = PlacePages(finder, showing, today)
    suggestions = SuggestionPages(finder, Workers(limits.seconds))
    take_part = TakePartPages(finder, deciding, today)
    comparison = ComparisonPages(finder, showing, today)
    coordinators = CoordinatorPages()
    # A key of this server alone, for as long as it runs: nothing that a page carries outlives it.
    carrier = Carrier(secrets.token_bytes(32))
    any_trial = AnyTrialPages(finder, deciding, today, carrier)
    matrix = MatrixPages(finder, deciding, today, carrier)
    caseload = CaseloadPages(finder, deciding, today, carrier)
    about = AboutPages(finder, showing)
    app = Starlette(
        routes=[
            Route("/", search.home),
            Route("/search", search.results),
            Route("/suggest", suggestions.suggest),
            Route("/places", places.show),
            Route("/places/{path:path}", places.show),
            Route("/map", maps.search),
            Route("/trials/{nct}/map", maps.trial),
            Route("/trials/{nct}", trial.trial),
            Route("/trials/{nct}/dates.ics", trial.dates),
            Route("/trials/{nct}/history", trial.history),
            Route("/trials/{nct}/history.atom", trial.feed),
            Route("/trials/{nct}/simulate", simulation.show),
            Route("/trials/{nct}/screen", check.screen_form, methods=["GET"]),
            Route("/trials/{nct}/screen", check.screen, methods=["POST"]),
            Route("/trials/{nct}/take-part", take_part.start, methods=["GET"]),
            Route("/trials/{nct}/take-part", take_part.answer, methods=["POST"]),
            Route("/compare", comparison.show),
            Route("/coordinators", coordinators.start),
            Route("/coordinators/matrix", matrix.form, methods=["GET"]),
            Route("/coordinators/matrix", matrix.matrix, methods=["POST"]),
            Route("/coordinators/matrix/file", matrix.export, methods=["POST"]),
            Route("/take-part", any_trial.start, methods=["GET"]),
            Route("/take-part", any_trial.answer, methods=["POST"]),
            Route("/coordinators/patients", caseload.form, methods=["GET"]),
            Route("/coordinators/patients", caseload.table, methods=["POST"]),
            Route("/coordinators/patients/file", caseload.export, methods=["POST"]),
            Route("/match", check.match_form, methods=["GET"]),
            Route("/match", check.match, methods=["POST"]),
            Route("/about-the-data", about.show),
            Route("/favicon.ico", _icon),
            *registry_routes(finder, limits),
            *api_routes(finder, today, limits),
            *_vendor(),
            Mount("/static", StaticFiles(directory=STATIC, packages=[("accrual.report", "static")])),
        ],
        middleware=[
            Middleware(Compression),
            Middleware(Protection),
            Middleware(Language),
            Middleware(Served, snapshot=finder.snapshot),
            Middleware(SameOrigin, open_paths=REGISTRY_PATHS),
            Middleware(RateLimit, rate=limits.rate, burst=limits.burst),
        ],
        exception_handlers={
            AccrualError: _expected,
            HTTPException: _refused,
            Exception: _unexpected,
        },
    )

    def make_ready() -> None:
        suggestions.make_ready()
        for language in LANGUAGES:
            catalog(language)
            lexicon(language)

    app.state.make_ready = make_ready
    return app


async def _icon(request: Request) -> Response:
    return Response((STATIC / "icon.svg").read_bytes(), media_type="image/svg+xml")


async def _expected(request: Request, error: Exception) -> Response:
    status = http_status(error) if isinstance(error, AccrualError) else 500
    heading = message("Trial not found") if status == 404 else HEADINGS.get(status, HEADINGS[400])
    return render("error.html", status, heading=heading, message=_words(error))


def _words(error: Exception) -> str:
    """What went wrong, in words for a visitor: the store's own name its folder, and commands."""
    if isinstance(error, StudyRemovedError):
        return message(
            "The registry took this trial down. It was found gone on %(day)s, and is not shown any more.",
            day=day_words(error.day, current()),
        )
    if isinstance(error, StudyNotFoundError):
        found = _NUMBER.search(str(error))
        return message(
            "No trial here has the number %(number)s. Check it for a typing error, or search for the trial.",
            number=Original(found.group() if found else ""),
        )
    return error_words(error)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = MESSAGES.get(status) or Original(error.detail if isinstance(error, HTTPException) else "")
    if request.url.path.startswith(REGISTRY_PATHS):
        shown = error.detail if isinstance(error, HTTPException) else detail
        return text_response(shown, status, {**OPEN_HEADERS, **(getattr(error, "headers", None) or {})})
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": detail}, status)
    if status == 503:
        return _unfinished(request)
    return render(
        "error.html", status, heading=HEADINGS.get(status, message("This did not work")), message=detail
    )


def _unfinished(request: Request) -> Response:
    """Say that the work took too long; the address of what was asked for is asked again by a link."""
    again, said = "", TOO_LONG_SENT
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        again, said = f"{request.url.path}{query}", TOO_LONG
    heading = message("This took too long")
    page = render("error.html", 503, store=False, heading=heading, message=said, again=again)
    page.headers.update(RETRY_AFTER)
    return page


async def _unexpected(request: Request, error: Exception) -> Response:
    # Starlette answers these outside of its middleware, so the headers are put on here. No detail is shown: it
    # could hold a visitor's data.
    fault = message(
        "A fault in accrual. What you sent was not stored. Please try again, or report what you did."
    )
    if request.url.path.startswith(REGISTRY_PATHS):
        return text_response(fault, 500, {**OPEN_HEADERS, **HEADERS})
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": fault}, 500, headers=HEADERS)
    response = render("error.html", 500, heading=message("Something went wrong"), message=fault)
    response.headers.update(HEADERS)
    return response


def _vendor() -> tuple[Mount, ...]:
    """Scripts and the map of others, where they were built; the pages work without."""
    folder = built()
    return () if folder is None else (Mount("/static/vendor", StaticFiles(directory=folder)),)
