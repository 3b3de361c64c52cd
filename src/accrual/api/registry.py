"""The registry's API, drop-in: every route under `/api/v2`, `/api/int` and `/api/oas`.

Comes in: a `Finder` and `Limits`. Goes out: Starlette routes that answer as the public service does; docs/api.md says
where they differ. Refuses what the endpoints refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import msgspec
from starlette.routing import Route

from accrual.api import parameters as rows
from accrual.api.endpoint import Answer, Asked, Handler, Surroundings, endpoint
from accrual.api.limits import Limits
from accrual.api.studies import single_study, study_version, study_with_history
from accrual.finder import Finder

API_VERSION = "2.0.5"
"""The version of the registry's API that this one answers as (its own `/version`, 2026-08-14)."""

BASE = "/api/v2"


def registry_routes(finder: Finder, limits: Limits) -> list[Route]:
    """Return the routes of the registry's API over one facade."""
    surroundings = Surroundings(limits, lambda: data_tag(finder))
    table: tuple[tuple[str, tuple[rows.Parameter, ...], Callable[[Finder, Asked], Answer], bool], ...] = (
        (f"{BASE}/version", rows.NOTHING, data_version, False),
        (f"{BASE}/studies/{{nctId}}", rows.STUDY, single_study, True),
        ("/api/int/studies/{nctId}", rows.HISTORY, study_with_history, False),
        ("/api/int/studies/{nctId}/history/{version}", rows.NOTHING, study_version, False),
    )
    return [
        endpoint(surroundings, path, known, _bound(handler, finder), keep)
        for path, known, handler, keep in table
    ]


def data_tag(finder: Finder) -> str:
    """Return the weak entity tag of the data as it is: another one after every load, and of every other program."""
    return f'W/"{finder.state.digest[:24] or "empty"}-{version("accrual")}"'


def data_version(finder: Finder, asked: Asked) -> Answer:
    """Answer `/version`."""
    found = {"apiVersion": API_VERSION}
    day = finder.state.data_date
    if day:
        found["dataTimestamp"] = f"{day}T00:00:00"  # the records say the day, not the hour
    return Answer(msgspec.json.encode(found))


def _bound(handler: Callable[[Finder, Asked], Answer], finder: Finder) -> Handler:
    return partial(handler, finder)
