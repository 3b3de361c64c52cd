"""The page about the data: how much there is, how old it is, how much of it is understood, where it comes from.

Comes in: a `Finder`. Goes out: one page, from what is derived already: no record is read for it. Refuses nothing; what
was not counted yet is left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.codes.shelves import open_shelf
from accrual.codes.sources.catalog import CATALOG
from accrual.finder import Finder
from accrual.holdings import Status
from accrual.message import Message, Original
from accrual.plain.filters import value_words
from accrual.plain.prose import printable
from accrual.search.filters import FILTERS
from accrual.search.query import Facet
from accrual.web.assets import ASSETS, built
from accrual.web.language import marked
from accrual.web.layout import render

YEARS_SHOWN: Final = 25
"""Bars of a chart at most; set by hand: at 320 pixels each has 8."""
YEARS_LEAST: Final = 10
"""Bars of a chart at least, also where the first trials are later."""
YEARS_NAMED: Final = 5
"""Years that are written below a chart; set by hand, for 320 pixels."""
TOP: Final = 10
"""Rows of a table of counts; the statistics keep as many (`registry.statistics.TOP`)."""

COUNTED: Final[tuple[tuple[Facet, str, str], ...]] = (
    ("status", "OverallStatus", marked("By status")),
    ("phase", "Phase", marked("By phase")),
    ("study_type", "StudyType", marked("By study type")),
)
"""What studies are counted by: the filter that finds them, the registry's field, the heading."""

CHARTS: Final = (
    ("StudyFirstPostDate", marked("Trials first posted, by year"), marked("First posted")),
    ("StartDate", marked("Trials started, by year"), marked("Started")),
)
"""Charts over time: the registry's field, the heading, the heading of the table's column."""
LEAST_READ: Final = 0.2
"""The share of trials that must have been read before a share of their rules is shown. Set by hand."""


class Bar(msgspec.Struct, frozen=True):
    """One row of a table, or one year of a chart."""

    words: str
    count: int
    share: float
    """Of the largest, 0 to 100."""
    url: str = ""


class Chart(msgspec.Struct, frozen=True):
    """Studies by year."""

    title: str
    column: str
    bars: tuple[Bar, ...]
    most: Bar
    step: int
    """Every so many bars have their year below them."""
    earlier: int
    """Studies with a year before those shown."""
    later: int
    """Studies with a year after the newest record's: planned, or a slip of the pen."""


class Counts(msgspec.Struct, frozen=True):
    """Studies by the values of one field, most first."""

    title: str
    bars: tuple[Bar, ...]
    rest: int
    """Values that are not shown."""
    missing: int
    """Studies whose record does not say."""


class Understanding(msgspec.Struct, frozen=True):
    """One row of what is understood: a mark, its name, how many rules, how many of a hundred."""

    kind: str
    mark: str
    count: int
    percent: float


class Origin(msgspec.Struct, frozen=True):
    """Something that others made: what it is for, who publishes it, on which terms."""

    title: str
    use: str
    home: str
    licence: str
    url: str = ""


_PLACES: Final = (
    Origin(
        "GeoNames",
        marked("Cities, regions and countries, to find what is near"),
        "GeoNames",
        "CC BY 4.0",
        "https://www.geonames.org",
    ),
    Origin("zipcodes 3", marked("US ZIP codes, to find what is near"), "zipcodes", "MIT"),
)
_USES: Final[Mapping[str, str]] = {
    "MONDO": marked("Names of illnesses"),
    "DOID": marked("Names of illnesses"),
    "HPO": marked("Names of symptoms and findings"),
    "MeSH": marked("Names of illnesses and treatments"),
    "UNII": marked("Names of drugs"),
    "MeSH substances": marked("Names of drugs"),
    "htmx.js": marked("Changes a part of a page without loading all of it"),
    "leaflet.js": marked("Draws the maps"),
    "world.json": marked("The outline of the world on the maps"),
}
"""What each source of names (by title) and each file of others (by name) is for."""
_PUBLISHERS: Final[Mapping[str, str]] = {
    "htmx.js": "Big Sky Software",
    "leaflet.js": "Volodymyr Agafonkin",
    "world.json": "Natural Earth",
}


class AboutPages:
    """The page about the data."""

    def __init__(self, finder: Finder, workers: Workers) -> None:
        self.finder = finder
        self.workers = workers

    async def show(self, request: Request) -> Response:
        """Show what is here, how it is understood, and where it comes from."""
        return await self.workers.run(self._show)

    def _show(self) -> Response:
        status = self.finder.status()
        figures = self.finder.figures
        countries, most = self.finder.locations.inside("", "count", TOP, 0)
        values = {node["piece"]: node for node in figures.values(fields=[field for _, field, _ in COUNTED])}
        data_year = int(status.data_date[:4]) if status.data_date else 0
        return render(
            "about.html",
            found=status,
            written_on=self.finder.written_on.isoformat(),
            countries=countries,
            understanding=_understanding(status),
            few_read=status.studies_read < status.studies * LEAST_READ,
            charts=[
                chart
                for field, title, column in CHARTS
                if (chart := _chart(figures.years(field), data_year, title, column)) is not None
            ],
            tables=[
                *(_counts(facet, values.get(field), title) for facet, field, title in COUNTED),
                Counts(
                    marked("By country"),
                    _bars((printable(one.name), one.trials, f"/places/{one.path}") for one in most),
                    max(countries - TOP, 0),
                    0,
                ),
            ],
            origins=_origins(),
        )


def _understanding(status: Status) -> tuple[Understanding, ...]:
    rows = (
        ("whole", "●", status.understood_whole),
        ("part", "◐", status.understood_part),
        ("none", "○", status.understood_none),
    )
    return tuple(
        Understanding(kind, mark, count, round(100 * count / status.criteria, 1) if status.criteria else 0.0)
        for kind, mark, count in rows
    )


def _chart(years: Mapping[int, int], last: int, title: str, column: str) -> Chart | None:
    """Return the years up to `last`; None where none of them has a study."""
    first = max(last - YEARS_SHOWN + 1, min((*years, last - YEARS_LEAST + 1)))
    shown = range(first, last + 1)
    bars = _bars((str(year), years.get(year, 0), "") for year in shown)
    most = max(bars, key=lambda bar: bar.count)
    if not most.count:
        return None
    return Chart(
        title,
        column,
        bars,
        most,
        -(-len(bars) // YEARS_NAMED),
        sum(count for year, count in years.items() if year < shown[0]),
        sum(count for year, count in years.items() if year > last),
    )


def _counts(facet: Facet, node: Mapping[str, Any] | None, title: str) -> Counts:
    values = node.get("topValues", []) if node is not None else []
    known = next(row.values for row in FILTERS if row.facet == facet)
    return Counts(
        title,
        _bars(
            (
                _printable(value_words(facet, value["value"])),
                value["studiesCount"],
                f"/search?{facet}={value['value']}" if value["value"] in known else "",
            )
            for value in values[:TOP]
        ),
        max(len(values) - TOP, 0),
        node["missingStudiesCount"] if node is not None else 0,
    )


def _printable(words: str) -> str:
    return words if isinstance(words, Message) else Original(printable(words))


def _bars(rows: Iterable[tuple[str, int, str]]) -> tuple[Bar, ...]:
    found = list(rows)
    largest = max((count for _, count, _ in found), default=0) or 1
    return tuple(Bar(words, count, round(100 * count / largest, 1), url) for words, count, url in found)


def _origins() -> tuple[Origin, ...]:
    """Return what others made of what is in use here: names of the vocabulary, places, scripts and the map."""
    shelf = open_shelf()
    homes = {source.title: source.home for source in CATALOG}
    names = () if shelf is None else shelf.manifest.sources
    files = ASSETS if built() is not None else ()
    return (
        *(
            Origin(one.title, _USES.get(one.title, marked("Names")), homes.get(one.title, ""), one.licence)
            for one in names
        ),
        *_PLACES,
        *(
            Origin(file.title, _USES[file.name], _PUBLISHERS[file.name], file.licence)
            for file in files
            if file.name in _USES
        ),
    )
