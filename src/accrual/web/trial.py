"""The page of one trial, its dates as a calendar file, and the history of its record.

Comes in: a `Finder` and which day it is. Goes out: pages; other spellings and older numbers lead to the one address.
Refuses (404): a number that no study here has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from operator import attrgetter
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.api.limits import Workers
from accrual.finder import Finder
from accrual.plain.enrollment import read_enrollment
from accrual.plain.glossary import Entry, Piece, pieces
from accrual.plain.results import read_results
from accrual.plain.sources import read_sources
from accrual.plain.status import staleness_words
from accrual.plain.timeline import timeline
from accrual.plain.trial import Site, trial_page
from accrual.registry.ctgov_json import read_json
from accrual.registry.export.calendar_file import write_calendar
from accrual.registry.export.linked_data import write_linked_data
from accrual.registry.labels import label
from accrual.registry.record import Trial
from accrual.registry.standing import read_standing
from accrual.search.words import fold
from accrual.simulate.settings import MOST_PARTICIPANTS, can_simulate
from accrual.simulate.trial import is_single_arm
from accrual.web.history import history_feed, history_page
from accrual.web.language import marked
from accrual.web.layout import render

SITES_OPEN: Final = 10
SITES_LISTED: Final = 20  # more sites are folded by country or state; set by hand
VERSIONS_COMPARED: Final = 20  # the oldest and the newest, for what was planned; set by hand
ITEMS_OPEN: Final = 8  # conditions, treatments and identifiers at the head of a trial page; the rest unfolds

MOMENTS: Final = {
    "posted": marked("First posted"),
    "start": marked("Start"),
    "primary": marked("Main results due"),
    "completion": marked("End"),
    "results": marked("Results posted"),
    "update": marked("Last update"),
}
"""What each date of a study's life is called."""

SOURCE_KINDS: Final = {
    "result": marked("Papers with results of this trial"),
    "derived": marked("Papers that name this trial"),
    "background": marked("Papers on the background"),
    "link": marked("Links"),
    "document": marked("Documents"),
}
"""The headings of what to read beside a trial."""


class Glossary:
    """The medical words met on one page: each is marked where a part first says it, its meaning stands at the end."""

    def __init__(self) -> None:
        self._met: dict[str, Entry] = {}
        self._keys: set[str] = set()

    def begin(self) -> str:
        """Begin another part of the page: what was marked in the part before is marked again. Returns no words."""
        self._keys.clear()
        return ""

    def cut(self, text: str) -> tuple[Piece, ...]:
        """Return the text in pieces, those that are medical words with their meaning."""
        found = pieces(text, self._keys)
        self._met |= {piece.entry.key: piece.entry for piece in found if piece.entry is not None}
        return found

    @property
    def met(self) -> list[Entry]:
        """The words met so far, each once, from A to Z."""
        return [self._met[key] for key in sorted(self._met)]


class Region(msgspec.Struct, frozen=True):
    """The sites of a trial in one country, or in one state of it."""

    name: str
    sites: tuple[Site, ...]
    recruiting: int


class TrialPages:
    """The pages of one trial."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date]) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today

    async def trial(self, request: Request) -> Response:
        """Show one trial."""
        return await self.workers.run(self._answer, request, "", self._trial)

    async def dates(self, request: Request) -> Response:
        """Give the trial's dates as a calendar file."""
        return await self.workers.run(self._answer, request, "/dates.ics", self._dates)

    async def history(self, request: Request) -> Response:
        """Show what changed in the trial's record, version by version."""
        return await self.workers.run(self._answer, request, "/history", self._history)

    async def feed(self, request: Request) -> Response:
        """Give the same as an Atom feed."""
        return await self.workers.run(self._answer, request, "/history.atom", self._feed)

    def _answer(self, request: Request, rest: str, answer: Callable[[Trial], Response]) -> Response:
        asked = request.path_params["nct"]
        trial = self.finder.show(asked)
        if trial.nct_id != asked:
            return RedirectResponse(f"/trials/{trial.nct_id}{rest}", status_code=308)
        return answer(trial)

    def _trial(self, trial: Trial) -> Response:
        today = self.today()
        page = trial_page(trial, self.finder.criteria(trial.nct_id))
        standing = read_standing(trial, today)
        return render(
            "trial.html",
            page=page,
            standing=standing,
            last_known=label("status", standing.last_known),
            staleness=staleness_words(standing),
            timeline=timeline(trial, today),
            enrollment=read_enrollment(self._versions(trial), today),
            regions=_by_region(page.sites),
            moments=MOMENTS,
            results=read_results(trial),
            sources=read_sources(trial),
            source_kinds=SOURCE_KINDS,
            glossary=Glossary(),
            linked_data=write_linked_data(trial, page.fictional),
            sites_open=SITES_OPEN,
            items_open=ITEMS_OPEN,
            can_be_simulated=can_simulate()
            and is_single_arm(trial)
            and 0 < (trial.enrollment or 0) <= MOST_PARTICIPANTS,
        )

    def _versions(self, trial: Trial) -> list[Trial]:
        bodies = self.finder.versions(trial.nct_id, VERSIONS_COMPARED)
        return [read_json(body, trial.nct_id) for body in bodies[:-1]] + [trial]

    def _history(self, trial: Trial) -> Response:
        return history_page(self.finder, trial)

    def _feed(self, trial: Trial) -> Response:
        return history_feed(self.finder, trial)

    def _dates(self, trial: Trial) -> Response:
        headers = {"content-disposition": f'attachment; filename="{trial.nct_id}.ics"'}
        return Response(write_calendar(trial), media_type="text/calendar; charset=utf-8", headers=headers)


def _by_region(sites: Sequence[Site]) -> tuple[Region, ...]:
    """Return many sites by country, or by state where all are in one country; from A to Z. Nothing for few sites."""
    if len(sites) <= SITES_LISTED:
        return ()
    held: dict[str, list[Site]] = {}
    for part in (attrgetter("country"), attrgetter("state")):
        held = {}
        for site in sites:
            held.setdefault(part(site), []).append(site)
        if len(held) > 1:
            break
    return tuple(
        Region(name, tuple(held[name]), sum(site.recruiting for site in held[name]))
        for name in sorted(held, key=fold)
        if len(held) > 1
    )
