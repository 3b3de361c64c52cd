"""Home and results: the search box, the trials found, the filters beside them, and what helps where nothing is found.

Comes in: the address of a search. Goes out: HTML; the same page for those whose browser swaps in a part of it. Refuses,
on the page and with the form as it was: a search that makes no sense.
"""

from __future__ import annotations

from asyncio import gather
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.codes.concepts import vocabulary
from accrual.errors import PlaceNotFoundError, QueryError
from accrual.finder import Finder
from accrual.message import Original, error_words, joined, message
from accrual.plain.distance import read_distance, site_words
from accrual.plain.filters import FACET_TITLES, field_words, value_words
from accrual.plain.prose import original, unescape
from accrual.plain.status import standing_words
from accrual.plain.translation import translate
from accrual.plain.understanding import Understood
from accrual.registry.labels import label
from accrual.search.query import FACETS, Facet, FacetCount, Found, Hit
from accrual.search.slips import respelled
from accrual.web.address import DISTANCES, SORTS, Choice, SearchForm, read_form, text_form
from accrual.web.asking import Asked, exact_form, read_asked
from accrual.web.days import age_words
from accrual.web.language import LANGUAGES, current, marked
from accrual.web.language import say as _
from accrual.web.layout import RETRY_AFTER, render
from accrual.web.lexicon import lexicon

CONDITIONS_SHOWN = 6
MATCHED_SHOWN = 4
CHOICES_SHOWN = 12
OPEN_FACETS: tuple[Facet, ...] = ("status", "phase")
MOST_HELPS = 6
"""Filters tried where nothing is found: each costs a search."""
MOST_NAMES = 3
"""Of what the words name, as many are tried alone."""
TOO_LONG = marked(
    "This search took too long, and was ended. Your words are still here: try again in a moment, "
    "or use fewer words or filters."
)


class HitView(msgspec.Struct, frozen=True):
    """One result in words."""

    nct_id: str
    title: str
    status: str
    standing: str
    """How far the status can be relied on, in words; empty for a final one."""
    recruiting: bool
    phases: tuple[str, ...]
    conditions: str
    site: str
    recruiting_site: str
    matched: str


class FacetView(msgspec.Struct, frozen=True):
    """One facet with its most frequent values."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    rest: int
    open: bool


class Chip(msgspec.Struct, frozen=True):
    """One thing the search is narrowed by, and the address without it."""

    words: str
    url: str


class Helps(msgspec.Struct, frozen=True):
    """What would find something, where nothing was found."""

    without: tuple[tuple[str, int, str], ...] = ()
    """A chip's words, how many trials there are without it, and that address; most trials first."""
    wider: tuple[tuple[str, int, str], ...] = ()
    """The nearest wider searches in words, how many trials each has, and its address."""
    respelled: str = ""
    """The words with a typing slip mended."""
    respelled_url: str = ""


class ResultsPages:
    """The pages that search."""

    def __init__(self, finder: Finder, today: Callable[[], date], workers: Workers) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today

    async def home(self, request: Request) -> Response:
        """Show the search box and what is loaded."""
        status = await self.workers.run(self.finder.status)
        return render("home.html", form=SearchForm(), studies=status.studies, data_date=status.data_date)

    async def results(self, request: Request) -> Response:
        """Show the trials found, with filters beside them; the form alone where the search takes too long."""
        run = self.workers.run
        try:
            asked = await run(read_asked, request.query_params, self.finder)
            query = msgspec.structs.replace(asked.query, today=self.today())
            # Both read the index outside Python's lock: together they take as long as the longer one.
            found, counts = await gather(run(self.finder.find, query), run(self.finder.facets, asked.query))
            return await run(self._shown, asked, found, counts)
        except HTTPException:
            return _unfinished(request, 503, _(TOO_LONG))
        except (QueryError, PlaceNotFoundError) as error:
            return _unfinished(request, 400, error_words(error))

    def _shown(self, asked: Asked, found: Found, counts: dict[Facet, tuple[FacetCount, ...]]) -> Response:
        helps = Helps() if found.total else self._helps(asked)
        return render("results.html", **_results_view(asked, found, counts, helps))

    def _helps(self, asked: Asked) -> Helps:
        """Return which filters to leave out, which wider searches find something, and the words without a slip."""
        form = asked.meant
        without = self._counted([(words, smaller) for words, smaller in _smaller(form)[:MOST_HELPS]])
        pairs = [(word, respelled(word, self.finder.index.frequency)) for word in form.text.split()[:10]]
        mended = " ".join(better or word for word, better in pairs)
        url = msgspec.structs.replace(form, text=mended, page=1).url() if mended != form.text else ""
        return Helps(
            tuple(sorted(without, key=lambda one: -one[1])),
            (
                *self._counted(_in_english(form)),
                *self._counted(_farther(form))[:1],
                *self._counted(_fewer_words(form)),
            ),
            mended if url else "",
            url,
        )

    def _counted(self, searches: list[tuple[str, SearchForm]]) -> list[tuple[str, int, str]]:
        """Return those searches that find something, with how many trials and their addresses."""
        found = []
        for words, form in searches:
            query = msgspec.structs.replace(form.query(self.finder.place), top=0, sort="relevance", offset=0)
            total = self.finder.find(query).total
            if total:
                found.append((words, total, form.url()))
        return found


def _unfinished(request: Request, status: int, said: str) -> Response:
    """Return the page with what was asked for still in its form, and what is wrong."""
    form = text_form(request.query_params)
    with suppress(QueryError):
        form = read_form(request.query_params)
    page = render(
        "results.html",
        status,
        error=said,
        form=form,
        understood=Understood(form.text),
        searched_for=form.text,
        chips=_chips(form),
        total=0,
        place="",
        hits=(),
        facets=(),
    )
    if status == 503:
        page.headers.update(RETRY_AFTER)
    return page


def _farther(form: SearchForm) -> list[tuple[str, SearchForm]]:
    """Return the same search within larger circles, the next larger one first."""
    if not form.near or not form.within:
        return []
    now = read_distance(form.within)
    return [
        (
            _("Within %(distance)s of %(place)s") % {"distance": words, "place": form.near},
            msgspec.structs.replace(form, within=value, page=1),
        )
        for value, words in DISTANCES
        if value and read_distance(value) > now
    ]


def _fewer_words(form: SearchForm) -> list[tuple[str, SearchForm]]:
    """Return searches for each thing alone that the words name."""
    names = dict.fromkeys(form.text[one.start : one.end] for one in vocabulary().spot(form.text))
    return [
        (
            _("Only “%(words)s”") % {"words": name},
            msgspec.structs.replace(form, text=name, exact=True, page=1),
        )
        for name in list(names)[:MOST_NAMES]
        if name.lower() != form.text.lower()
    ]


def _in_english(form: SearchForm) -> list[tuple[str, SearchForm]]:
    """Return the search as it is read on a page of another language than this one."""
    others = (words for code in LANGUAGES if code != current() and (words := lexicon(code)) is not None)
    readings = {found.text for words in others if (found := translate(form.text, words)).changed}
    return [
        (
            _("In English: “%(words)s”") % {"words": text},
            msgspec.structs.replace(form, text=text, exact=False, page=1),
        )
        for text in sorted(readings)
    ]


def _results_view(
    asked: Asked, found: Found, counts: dict[Facet, tuple[FacetCount, ...]], helps: Helps
) -> dict[str, Any]:
    form, query = asked.meant, asked.query
    more = form.offset + len(found.results) < found.total and bool(found.results)
    return {
        "error": "",
        "form": asked.form,
        "understood": asked.understood,
        "searched_for": searched_words(asked.understood.text),
        "words_url": exact_form(asked.form).url(),
        "helps": helps,
        "total": found.total,
        "place": Original(query.near.place) if query.near is not None else "",
        "hits": tuple(_hit(hit) for hit in found.results),
        "offset": form.offset,
        "chips": _chips(form),
        "age": form.age,
        "but_age": msgspec.structs.replace(form, age="", page=1).pairs(),
        "facets": tuple(
            view for facet in FACETS if (view := _facet(form, facet, counts.get(facet, ()))).choices
        ),
        "previous_url": form.at_page(form.page - 1).url() if form.page > 1 else "",
        "next_url": form.at_page(form.page + 1).url() if more else "",
        "map_url": form.at_page(1).url("/map"),
        "take_part_url": asked.form.at_page(1).url("/take-part"),
        "first_url": form.at_page(1).url(),
        "bare_url": msgspec.structs.replace(form, filters=(), age="", page=1).url(),
        "anywhere_url": _anywhere(form).url(),
    }


def _anywhere(form: SearchForm) -> SearchForm:
    sort = "relevance" if form.sort == "distance" else form.sort
    return msgspec.structs.replace(form, near="", within="", recruiting_sites=False, sort=sort, page=1)


def _hit(hit: Hit) -> HitView:
    near = hit.nearest_recruiting_site
    return HitView(
        nct_id=hit.nct_id,
        title=unescape(hit.title) or hit.nct_id,
        status=_(label("status", hit.status)) if hit.status else _("Status not stated"),
        standing=standing_words(hit.standing),
        recruiting=hit.status == "RECRUITING",
        phases=tuple(_(label("phase", phase)) for phase in hit.phases if phase != "NA"),
        conditions=_some(tuple(original(name) for name in hit.conditions), CONDITIONS_SHOWN),
        site=site_words(hit.nearest_site) if hit.nearest_site is not None else "",
        recruiting_site=site_words(near) if near is not None and near != hit.nearest_site else "",
        matched=_some(tuple(field_words(name) for name in hit.matched), MATCHED_SHOWN),
    )


def _some(words: tuple[str, ...], count: int) -> str:
    rest = len(words) - count
    shown = joined(", ", words[:count])
    return message("%(shown)s and %(count)s more", shown=shown, count=rest) if rest > 0 else shown


def _chips(form: SearchForm) -> tuple[Chip, ...]:
    return tuple(Chip(words, smaller.url()) for words, smaller in _smaller(form))


def _smaller(form: SearchForm) -> list[tuple[str, SearchForm]]:
    """Return each thing the search is narrowed by, in words, and the search without it."""
    found: list[tuple[str, SearchForm]] = []

    def without(words: str, **fields: Any) -> None:
        found.append((words, msgspec.structs.replace(form, page=1, **fields)))

    if form.condition:
        without(_("Condition: %(words)s") % {"words": form.condition}, condition="")
    if form.intervention:
        without(_("Treatment: %(words)s") % {"words": form.intervention}, intervention="")
    if form.near:
        words = _("Near %(place)s") % {"place": form.near}
        if form.within:
            words = _("Within %(distance)s of %(place)s") % {
                "place": form.near,
                "distance": _distance_words(form.within),
            }
        found.append((words, _anywhere(form)))
    if form.age:
        without(
            _("Age %(age)s: within the trial's age limits") % {"age": age_words(form.age, current())}, age=""
        )
    if form.near and form.recruiting_sites:
        without(_("Measured to recruiting sites"), recruiting_sites=False)
    if form.sort != "relevance":
        order = dict(SORTS).get(form.sort, form.sort)
        without(_("Order: %(order)s") % {"order": _(order)}, sort="relevance")
    found += (
        (f"{_(FACET_TITLES[facet])}: {_(value_words(facet, value))}", form.toggled(facet, value))
        for facet, value in form.filters
    )
    return found


def searched_words(text: str) -> str:
    """Return a search as it is said to the visitor: its sign for a choice is a word.

    Example:
        >>> searched_words("leukemia relapsed OR recurrent")
        'leukemia relapsed or recurrent'
    """
    return text.replace(" OR ", _(" or "))


def _distance_words(within: str) -> str:
    """Return a distance as the form offers it; another one as it was written."""
    return dict(DISTANCES).get(within, within)


def _facet(form: SearchForm, facet: Facet, counts: tuple[FacetCount, ...]) -> FacetView:
    chosen = {value for name, value in form.filters if name == facet}
    shown = [one for one in counts if one.value in chosen]
    shown += [FacetCount(value, 0) for value in chosen - {one.value for one in counts}]
    others = [one for one in counts if one.value not in chosen and one.count]
    room = max(CHOICES_SHOWN - len(shown), 0)
    choices = tuple(
        Choice(
            _(value_words(facet, one.value)),
            one.count,
            form.toggled(facet, one.value).url(),
            one.value in chosen,
        )
        for one in (*shown, *others[:room])
    )
    shown_open = bool(chosen) or facet in OPEN_FACETS or (facet == "age_group" and bool(form.age))
    return FacetView(facet, _(FACET_TITLES[facet]), choices, max(len(others) - room, 0), shown_open)
