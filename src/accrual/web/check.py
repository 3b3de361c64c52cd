"""Pages that check a patient: against one trial, or against all. What is sent is read in memory and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.api.body import MAX_BODY_BYTES
from accrual.api.limits import Workers
from accrual.errors import PatientError, QueryError
from accrual.finder import Finder
from accrual.match.rank import Match
from accrual.message import error_words, message
from accrual.plain.change import HEADING, outlook, steps
from accrual.plain.distance import site_words
from accrual.plain.patient import patient_words
from accrual.plain.prose import unescape
from accrual.plain.screening import groups, verdict_reason, verdict_tone, verdict_word
from accrual.plain.status import status_words
from accrual.plain.tone import MARKS, Tone
from accrual.registry.record import Trial
from accrual.search.query import NearestSite
from accrual.web.forms import read_form, sent_patient
from accrual.web.layout import render

TOP = 20
LIMIT_WORDS = f"{MAX_BODY_BYTES // 2**20} MB"


class MatchView(msgspec.Struct, frozen=True):
    """One ranked trial in words."""

    nct_id: str
    title: str
    status: str
    site: str
    tone: Tone
    word: str
    met: int
    unmet: int
    unknown: int
    score: float

    @property
    def mark(self) -> str:
        """The sign that goes with the verdict's words."""
        return MARKS[self.tone]


class CheckPages:
    """The pages that take a patient file."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date]) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today

    async def screen_form(self, request: Request) -> Response:
        """Show the form for one trial."""
        trial = await self.workers.run(self.finder.show, request.path_params["nct"])
        if trial.nct_id != request.path_params["nct"]:
            return RedirectResponse(f"/trials/{trial.nct_id}/screen", status_code=308)
        return self._form(trial)

    async def screen(self, request: Request) -> Response:
        """Decide one trial for the patient that was sent."""
        fields = await read_form(request)
        return await self.workers.run(self._screen, request.path_params["nct"], fields)

    async def match_form(self, request: Request) -> Response:
        """Show the form for all trials."""
        return self._form(None)

    async def match(self, request: Request) -> Response:
        """Rank all trials for the patient that was sent."""
        fields = await read_form(request)
        return await self.workers.run(self._match, fields)

    def _screen(self, nct: str, fields: dict[str, bytes]) -> Response:
        trial = self.finder.show(nct)
        try:
            patient = sent_patient(fields, self.finder.read_patient)
        except (PatientError, QueryError) as error:
            return self._form(trial, error_words(error))
        as_of = self.today()
        found = self.finder.screen(trial.nct_id, patient, as_of)
        return render(
            "screening.html",
            store=False,
            trial=trial,
            patient_words=patient_words(patient, as_of),
            unused=patient.unused,
            as_of=as_of.isoformat(),
            tone=verdict_tone(found.verdict),
            word=verdict_word(found.verdict),
            reason=verdict_reason(found),
            groups=groups(found),
            change_heading=HEADING,
            steps=steps(found.change) if found.change is not None else (),
            outlook=outlook(found.change) if found.change is not None else "",
        )

    def _match(self, fields: dict[str, bytes]) -> Response:
        try:
            patient = sent_patient(fields, self.finder.read_patient)
        except (PatientError, QueryError) as error:
            return self._form(None, error_words(error))
        as_of = self.today()
        found = self.finder.match(patient, as_of, top=TOP)
        return render(
            "matches.html",
            store=False,
            matches=tuple(_view(item) for item in found),
            patient_words=patient_words(patient, as_of),
            as_of=as_of.isoformat(),
        )

    def _form(self, trial: Trial | None, error: str = "") -> Response:
        action = f"/trials/{trial.nct_id}/screen" if trial is not None else "/match"
        heading = (
            message("Check a patient against this trial")
            if trial is not None
            else message("Match a patient with all trials")
        )
        return render(
            "check.html",
            400 if error else 200,
            store=False,
            trial=trial,
            action=action,
            heading=heading,
            error=error,
            limit_words=LIMIT_WORDS,
        )


def _view(item: Match[NearestSite]) -> MatchView:
    return MatchView(
        nct_id=item.nct_id,
        title=unescape(item.title) or item.nct_id,
        status=status_words(item.status, item.standing) or message("Status not stated"),
        site=site_words(item.nearest_site) if item.nearest_site is not None else "",
        tone=verdict_tone(item.verdict),
        word=verdict_word(item.verdict),
        met=item.met,
        unmet=item.unmet,
        unknown=item.unknown,
        score=item.score,
    )
