"""The page of one trial, its dates as a calendar file, and the history of its record.

Comes in: a `Finder` and which day it is. Goes out: pages; other spellings and older numbers lead to the one address.
Refuses (404): a number that no study here has.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.finder import Finder
from accrual.plain.status import read_standing
from accrual.plain.timeline import timeline
from accrual.plain.trial import trial_page
from accrual.registry.export.calendar_file import write_calendar
from accrual.registry.export.linked_data import write_linked_data
from accrual.registry.labels import label
from accrual.registry.record import Trial
from accrual.web.language import marked
from accrual.web.layout import render

SITES_OPEN: Final = 10
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


class TrialPages:
    """The pages of one trial."""

    def __init__(self, finder: Finder, today: Callable[[], date] = date.today) -> None:
        self.finder = finder
        self.today = today

    async def trial(self, request: Request) -> Response:
        """Show one trial."""
        return await run_in_threadpool(self._answer, request, "", self._trial)

    async def dates(self, request: Request) -> Response:
        """Give the trial's dates as a calendar file."""
        return await run_in_threadpool(self._answer, request, "/dates.ics", self._dates)

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
            timeline=timeline(trial, today),
            moments=MOMENTS,
            linked_data=write_linked_data(trial, page.fictional),
            sites_open=SITES_OPEN,
            items_open=ITEMS_OPEN,
        )

    def _dates(self, trial: Trial) -> Response:
        headers = {"content-disposition": f'attachment; filename="{trial.nct_id}.ics"'}
        return Response(write_calendar(trial), media_type="text/calendar; charset=utf-8", headers=headers)
