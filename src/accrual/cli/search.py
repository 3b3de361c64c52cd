"""`accrual find`: search by words, filters and place."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accrual.cli.options import AsOf, Home, Json, Today, Top, day, past
from accrual.cli.output import note, text, write, write_json
from accrual.cli.session import home_of, open_finder, require_studies, state_day
from accrual.errors import QueryError
from accrual.plain.distance import distance_words, site_words

if TYPE_CHECKING:
    from rich.table import Table

    from accrual.search.query import Found, Hit, Near, Query


MAX_OFFSET = 10**7
"""Far beyond any registry; larger numbers are a slip of the hand."""

STATUS_WIDTH = 18
"""Columns: "Active, not recruiting (checked 3 years ago)" on three lines, most others on two."""


class Sort(StrEnum):
    """The orders of `accrual.search.query.Sort`, as typer wants choices."""

    relevance = "relevance"
    distance = "distance"
    updated = "updated"
    start = "start"
    fresh = "fresh"


Words = list[str] | None
"""A filter that may be given several times, each with words parted by commas."""


def _filter(name: str, help_text: str) -> Any:
    return typer.Option(name, metavar="WORDS", help=f"{help_text} Repeat, or part by commas.")


def find(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help="What to look for; nothing finds all.")
    ] = None,
    condition: Annotated[
        str, typer.Option("--condition", metavar="WORDS", help="Words in the condition.")
    ] = "",
    intervention: Annotated[
        str, typer.Option("--intervention", metavar="WORDS", help="Words in the treatment.")
    ] = "",
    status: Annotated[Words, _filter("--status", "recruiting, completed, not yet recruiting …")] = None,
    phase: Annotated[Words, _filter("--phase", "early phase 1, 1, 2, 3, 4, none.")] = None,
    sex: Annotated[Words, _filter("--sex", "female, male or all.")] = None,
    age_group: Annotated[Words, _filter("--age-group", "child, adult or older adult.")] = None,
    study_type: Annotated[
        Words, _filter("--study-type", "interventional, observational or expanded access.")
    ] = None,
    funder: Annotated[Words, _filter("--funder", "industry, NIH, other …")] = None,
    healthy_volunteers: Annotated[
        Words, _filter("--healthy-volunteers", "yes or no: healthy volunteers accepted.")
    ] = None,
    country: Annotated[Words, _filter("--country", "A country with a site.")] = None,
    results: Annotated[Words, _filter("--results", "yes or no: results posted.")] = None,
    near: Annotated[
        str, typer.Option("--near", metavar="PLACE", help="A city, US ZIP code, or latitude,longitude.")
    ] = "",
    within: Annotated[
        str, typer.Option("--within", metavar="DISTANCE", help="Like 100km or 60mi; with --near.")
    ] = "",
    recruiting_sites: Annotated[
        bool, typer.Option("--recruiting-sites", help="With --near: count only sites that recruit.")
    ] = False,
    age: Annotated[
        str, typer.Option("--age", metavar="AGE", help="Age limits that take 67, or '8 months'.")
    ] = "",
    sort: Annotated[
        Sort, typer.Option("--sort", help="The order; fresh: recently checked first.")
    ] = Sort.relevance,
    top: Top = 20,
    offset: Annotated[
        int, typer.Option("--offset", min=0, max=MAX_OFFSET, metavar="N", help="Skip this many results.")
    ] = 0,
    lang: Annotated[
        str, typer.Option("--lang", metavar="LANGUAGE", help="The language of the words: en or es.")
    ] = "en",
    as_of: AsOf = None,
    today: Today = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Search by words, filters and place.

    All words must match. Several values of one filter widen it; several filters narrow the search. With --as-of, in the
    snapshot of that day.
    """
    from accrual.plain.question import build_query

    with open_finder(context, home, past(as_of)) as finder:
        query = build_query(
            find_place=finder.place,
            text=_read(" ".join(words or ()), lang),
            condition=_read(condition, lang),
            intervention=_read(intervention, lang),
            filters={
                "status": status or (),
                "phase": phase or (),
                "study_type": study_type or (),
                "sex": sex or (),
                "age_group": age_group or (),
                "funder": funder or (),
                "healthy_volunteers": healthy_volunteers or (),
                "country": country or (),
                "results": results or (),
            },
            near=near,
            within=within,
            recruiting_sites=recruiting_sites,
            age=age,
            sort=sort.value,
            top=top,
            offset=offset,
            # JSON is the same on every day, unless a day was asked for.
            today=day(today, state_day(finder))
            if today is not None or not json or sort is Sort.fresh
            else None,
        )
        found = finder.find(query)
        if found.total == 0:
            require_studies(finder, home_of(context, home))
    if json:
        write_json(found, finder.snapshot)
        return
    if not found.results:
        note(f"{found.total:,} studies match{_around(query.near)}. Fewer words or filters find more.")
        return
    write(_table(found, query.near), text(_footer(found, query)))


def _read(typed: str, language: str) -> str:
    """Return words in English, and say how they were read."""
    if language == "en":
        return typed
    from accrual.plain.translation import translate
    from accrual.web.language import LANGUAGES
    from accrual.web.lexicon import lexicon

    words = lexicon(language)
    if words is None:
        raise QueryError(f"--lang {language}: this language is not known; choose {' or '.join(LANGUAGES)}")
    reading = translate(typed, words)
    if reading.changed:
        note(f"“{typed}” is read as “{reading.text}”: records are in English.")
    return reading.text


def _footer(found: Found, query: Query) -> str:
    end = query.offset + len(found.results)
    shown = f"{query.offset + 1:,} to {end:,} of {found.total:,} stud{'y' if found.total == 1 else 'ies'}"
    more = f"; --offset {end} shows more" if end < found.total else ""
    return shown + _around(query.near) + more


def _around(near: Near | None) -> str:
    """Say which place was meant: many have the same name."""
    if near is None or not near.place:
        return ""
    within = (
        f" within {distance_words(near.within_km)} of" if near.within_km is not None else ", measured from"
    )
    return f"{within} {near.place}"


def _table(found: Found, near: Near | None) -> Table:
    from rich import box
    from rich.table import Table

    from accrual.plain.status import status_words

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("Study", no_wrap=True, width=11)
    table.add_column("Title" if near is None else "Title and nearest site", ratio=1, overflow="fold")
    table.add_column("Status", width=STATUS_WIDTH, overflow="fold")
    for hit in found.results:
        # The site stands below the title: a column of its own would be a word wide on a usual terminal.
        about = text(hit.title)
        if near is not None:
            about.append_text(text(f"\n{_site(hit, near)}", "dim"))
        table.add_row(text(hit.nct_id, "bold"), about, text(status_words(hit.status, hit.standing)))
    return table


def _site(hit: Hit, near: Near) -> str:
    site = (hit.nearest_recruiting_site if near.recruiting_only else None) or hit.nearest_site
    return site_words(site) if site is not None else "Sites not stated"
