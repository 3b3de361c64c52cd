"""Templates into responses. Every value is escaped; a name a template does not get is an error."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from accrual.plain.screening import NOT_ADVICE
from accrual.web.address import SORTS, distance_choices


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates' environment, built once."""
    found = Environment(
        loader=PackageLoader("accrual.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals |= {"not_advice": NOT_ADVICE, "sorts": SORTS, "distances": distance_choices}
    found.filters["groupby_run"] = _runs
    return found


def render(template: str, status: int = 200, *, store: bool = True, **values: Any) -> HTMLResponse:
    """Return a page; `store=False` keeps it out of every cache."""
    headers = {} if store else {"cache-control": "no-store"}
    return HTMLResponse(
        environment().get_template(template).render(**values), status_code=status, headers=headers
    )


def _runs(items: Iterable[Any], name: str) -> list[tuple[Any, list[Any]]]:
    """Group neighbours that share an attribute, keeping the order (jinja's own `groupby` sorts)."""
    return [(key, list(run)) for key, run in groupby(items, key=attrgetter(name))]
