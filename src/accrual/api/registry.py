"""The registry's API, drop-in: every route under `/api/v2`, `/api/int` and `/api/oas`.

Comes in: a `Finder` and `Limits`. Goes out: Starlette routes that answer as the public service does; docs/api.md says
where they differ. Refuses what the endpoints refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import msgspec
from starlette.routing import Route

from accrual.api import parameters as rows
from accrual.api.endpoint import Answer, Asked, Surroundings, endpoint
from accrual.api.limits import Limits
from accrual.api.oas import openapi_document
from accrual.api.search import data_day, download_studies, list_studies
from accrual.api.statistics import field_sizes, field_values, study_sizes
from accrual.api.studies import BASE, single_study, study_version, study_with_history
from accrual.finder import Finder
from accrual.registry.metadata import describe_areas, describe_enums, describe_fields

_PROGRAM = version("accrual")  # read once: asking costs half a millisecond

API_VERSION = "2.0.5"
"""The version of the registry's API that this one answers as (its own `/version`, 2026-08-14)."""


def registry_routes(finder: Finder, limits: Limits) -> list[Route]:
    """Return the routes of the registry's API over one facade."""
    surroundings = Surroundings(limits)
    return [
        endpoint(surroundings, path, known, partial(handler, finder), partial(tag_of, finder), keep)
        for path, known, handler, tag_of, keep in _ENDPOINTS
    ]


def data_tag(finder: Finder) -> str:
    """Return the weak entity tag of the records as they are: another one after every load, and of every program."""
    return f'W/"{finder.state.digest[:24] or "empty"}-{_PROGRAM}"'


def search_tag(finder: Finder) -> str:
    """Return the tag of what is searched, which may follow the records a while later."""
    return f'{data_tag(finder)[:-1]}-{finder.search_state:08x}"'


def statistics_tag(finder: Finder) -> str:
    """Return the tag of the statistics, which may follow the records a while later."""
    return f'{data_tag(finder)[:-1]}-{finder.figures.stamp}"'


def data_version(finder: Finder, asked: Asked) -> Answer:
    """Answer `/version`."""
    found = {"apiVersion": API_VERSION}
    day = data_day(finder)
    if day is not None:
        found["dataTimestamp"] = f"{day.isoformat()}T00:00:00"  # the records say the day, not the hour
    return _json(found)


def fields_of_records(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies/metadata`."""
    arguments = asked.arguments
    return _json(describe_fields(arguments.flag("includeIndexedOnly"), arguments.flag("includeHistoricOnly")))


def search_areas(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies/search-areas`."""
    return _json(describe_areas())


def enumerations(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies/enums`."""
    return _json(describe_enums())


def own_document(finder: Finder, asked: Asked) -> Answer:
    """Answer `/api/oas/v2`."""
    return _json(openapi_document())


def _json(value: Any) -> Answer:
    return Answer(msgspec.json.encode(value))


_ENDPOINTS: Final[
    tuple[
        tuple[
            str, tuple[rows.Parameter, ...], Callable[[Finder, Asked], Answer], Callable[[Finder], str], bool
        ],
        ...,
    ]
] = (
    (f"{BASE}/studies", rows.STUDIES, list_studies, search_tag, False),
    # Before the single study: `metadata` and its like are no NCT numbers.
    (f"{BASE}/studies/download", rows.DOWNLOAD, download_studies, search_tag, False),
    (f"{BASE}/studies/metadata", rows.METADATA, fields_of_records, data_tag, True),
    (f"{BASE}/studies/search-areas", rows.NOTHING, search_areas, data_tag, True),
    (f"{BASE}/studies/enums", rows.NOTHING, enumerations, data_tag, True),
    (f"{BASE}/studies/{{nctId}}", rows.STUDY, single_study, data_tag, True),
    (f"{BASE}/stats/size", rows.NOTHING, study_sizes, statistics_tag, False),
    (f"{BASE}/stats/field/values", rows.FIELD_VALUES, field_values, statistics_tag, False),
    (f"{BASE}/stats/field/sizes", rows.FIELD_SIZES, field_sizes, statistics_tag, False),
    (f"{BASE}/version", rows.NOTHING, data_version, data_tag, True),
    ("/api/int/studies/{nctId}", rows.HISTORY, study_with_history, data_tag, False),
    ("/api/int/studies/{nctId}/history/{version}", rows.NOTHING, study_version, data_tag, False),
    ("/api/oas/v2", rows.NOTHING, own_document, data_tag, True),
)
"""path, parameters, what answers, what names the data it answers from, whether its answers are kept."""
