"""The trials of a place, narrowed: by words, status, phase, and whether they take people there now.

Comes in: the parameters of a page of `accrual.web.places`. Goes out: a `Narrowed`, the trials of one page of it, and
its filters with their counts. Refuses (QueryError): a filter value that the registry does not have.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import msgspec
from starlette.datastructures import QueryParams

from accrual.finder import Finder
from accrual.locations import LocalTrial
from accrual.plain.filters import FACET_TITLES, value_words
from accrual.plain.question import read_words
from accrual.search.query import Facet, FacetCount, Locale, Query
from accrual.web.address import Choice
from accrual.web.language import say as _

FACETS: tuple[Facet, ...] = ("status", "phase")
LONGEST = 200  # characters of words


class Narrowed(msgspec.Struct, frozen=True):
    """What a list of a place's trials is narrowed by."""

    path: str
    text: str = ""
    open: bool = False
    """Only trials that take participants here now."""
    filters: tuple[tuple[Facet, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.open or self.filters)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters of this list, without its page."""
        words = (("text", self.text),) if self.text else ()
        toggle = (("open", "1"),) if self.open else ()
        return (("show", "trials"), *words, *toggle, *self.filters)

    def url(self) -> str:
        """Return the address of this list."""
        return f"/places/{quote(self.path)}?{urlencode(self.pairs())}"

    def toggled(self, facet: Facet, value: str) -> Narrowed:
        """Return the list with one value added, or removed where it was chosen."""
        pair = (facet, value)
        kept = tuple(one for one in self.filters if one != pair)
        return msgspec.structs.replace(
            self, filters=kept if len(kept) < len(self.filters) else (*self.filters, pair)
        )

    def query(self) -> Query:
        """Return the search for these trials."""
        filters: dict[Facet, tuple[str, ...]] = {}
        for facet, value in self.filters:
            filters[facet] = (*filters.get(facet, ()), value)
        locale = Locale(self.path, "open" if self.open else "all")
        return Query(text=self.text, filters=filters, locale=locale)


def read_narrowed(path: str, params: QueryParams) -> Narrowed:
    """Return what the parameters of a place's page ask for.

    Raises:
        QueryError: a filter value that the registry does not have.
    """
    chosen = ((facet, read_words(facet, filter(None, params.getlist(facet)))) for facet in FACETS)
    return Narrowed(
        path,
        params.get("text", "").strip()[:LONGEST],
        params.get("open") == "1",
        tuple((facet, value) for facet, values in chosen for value in values),
    )


def local_trials(finder: Finder, narrowed: Narrowed, top: int, offset: int) -> tuple[int, list[LocalTrial]]:
    """Return how many trials there are, and some: those that take participants here first, then the last updated."""
    query = narrowed.query()
    opened = _some(finder, query, narrowed.path, "open", top, offset)
    if narrowed.open:
        return opened
    here, first = opened
    rest, others = _some(finder, query, narrowed.path, "closed", top - len(first), max(offset - here, 0))
    return here + rest, first + others


def _some(
    finder: Finder, query: Query, path: str, which: str, top: int, offset: int
) -> tuple[int, list[LocalTrial]]:
    locale = Locale(path, "open" if which == "open" else "closed")
    found = finder.find(msgspec.structs.replace(query, locale=locale, top=top, offset=offset))
    return found.total, [
        LocalTrial(hit.nct_id, hit.title, hit.status, which == "open") for hit in found.results
    ]


def facet_choices(finder: Finder, narrowed: Narrowed) -> list[tuple[str, list[Choice]]]:
    """Return the filters with their counts, each as a title and its values."""
    counts = finder.facets(narrowed.query())
    found = []
    for facet in FACETS:
        chosen = {value for name, value in narrowed.filters if name == facet}
        listed = [one for one in counts.get(facet, ()) if one.count or one.value in chosen]
        listed += [FacetCount(value, 0) for value in chosen - {one.value for one in listed}]
        choices = [
            Choice(
                _(value_words(facet, one.value)),
                one.count,
                narrowed.toggled(facet, one.value).url(),
                one.value in chosen,
            )
            for one in listed
        ]
        if choices:
            found.append((_(FACET_TITLES[facet]), choices))
    return found
