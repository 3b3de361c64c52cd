"""Templates into responses. Every value is escaped; a name a template does not get is an error."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from accrual.match.asked import question_of
from accrual.plain.history import shortened
from accrual.plain.proof import fact_of, step_of
from accrual.plain.screening import NOT_ADVICE
from accrual.report.figure import EDGES
from accrual.web.address import SORTS, distance_choices
from accrual.web.assets import built
from accrual.web.catalog import DEFAULT
from accrual.web.days import day_words
from accrual.web.language import LANGUAGES, RIGHT_TO_LEFT, current, in_language, marked
from accrual.web.served import served
from accrual.web.speech import install, shown

MAIN_PAGES: tuple[tuple[str, str], ...] = (
    ("/search", marked("All trials")),
    ("/places", marked("Trials by location")),
    ("/take-part", marked("Could I take part?")),
    ("/match", marked("Match a patient")),
    ("/coordinators", marked("For coordinators")),
    ("/about-the-data", marked("About the data")),
)
"""The pages that every page leads to: address and words (of the catalogs)."""


RETRY_AFTER = {"retry-after": "5"}
"""When a browser may ask again for what took too long; in seconds, set by hand."""


@cache
def environment(language: str = DEFAULT) -> Environment:
    """Return the templates' environment in a language, built once."""
    found = Environment(
        # Pages of ours, and the figures of a virtual trial, which its report shows too.
        loader=ChoiceLoader([PackageLoader("accrual.web"), PackageLoader("accrual.report")]),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    install(found, language)
    found.globals |= {
        "not_advice": NOT_ADVICE,
        "main_pages": MAIN_PAGES,
        "sorts": SORTS,
        "distances": distance_choices,
        "language": language,
        # For an element whose text is English on every page: `<h1{{ en }}>`.
        "en": Markup("") if language == DEFAULT else Markup(' lang="en"'),
        "languages": LANGUAGES,
        "in_language": in_language,
        "served": served,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "edges": EDGES,
        "scripted": built() is not None,
    }
    found.filters["groupby_run"] = _runs
    found.filters["question"] = lambda text: shown(question_of(text), language)
    found.filters["step"] = lambda text: shown(step_of(text), language)
    found.filters["fact"] = lambda text: shown(fact_of(text), language)
    found.filters["shortened"] = shortened
    found.filters["day"] = partial(day_words, language=language)
    return found


def render(template: str, status: int = 200, *, store: bool = True, **values: Any) -> HTMLResponse:
    """Return a page; `store=False` keeps it out of every cache."""
    headers = {} if store else {"cache-control": "no-store"}
    return HTMLResponse(
        environment(current()).get_template(template).render(**values), status_code=status, headers=headers
    )


def _runs(items: Iterable[Any], name: str) -> list[tuple[Any, list[Any]]]:
    """Group neighbours that share an attribute, keeping the order (jinja's own `groupby` sorts)."""
    return [(key, list(run)) for key, run in groupby(items, key=attrgetter(name))]
