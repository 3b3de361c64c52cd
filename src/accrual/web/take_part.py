"""The page "Could I take part?": one question at a time about one trial, answered without leaving anything behind.

Comes in: POSTed forms; the answers so far travel in a hidden field. Goes out: the next question, or the trial's rules
in three sides: what fits, what is not known, what does not fit. No answer is in an address, a cookie, a log or a store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.api.limits import Workers
from accrual.errors import PatientError, QueryError
from accrual.finder import Finder
from accrual.match.ask import questions
from accrual.match.evaluate import Screener
from accrual.message import error_words
from accrual.plain.participation import doctor_questions, group_rules, rules_of, side, unread_rules
from accrual.plain.prose import unescape
from accrual.plain.status import status_words
from accrual.registry.record import Trial
from accrual.registry.standing import read_standing
from accrual.web.answers import patient_of
from accrual.web.forms import read_form
from accrual.web.interview import FOR_THE_DOCTOR, SAYING, Turn, interview_words, next_question, read_turn
from accrual.web.layout import render


class TakePartPages:
    """The pages that ask a visitor about one trial."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date]) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today

    async def start(self, request: Request) -> Response:
        """Say what will happen, before anything is asked."""
        trial = await self.workers.run(self.finder.show, request.path_params["nct"])
        if trial.nct_id != request.path_params["nct"]:
            return RedirectResponse(f"/trials/{trial.nct_id}/take-part", status_code=308)
        return _page(trial, self.today(), step="start")

    async def answer(self, request: Request) -> Response:
        """Take an answer and show the next question, or how the rules stand."""
        fields = await read_form(request)
        return await self.workers.run(self._answer, request.path_params["nct"], fields)

    def _answer(self, nct: str, fields: dict[str, bytes]) -> Response:
        trial = self.finder.show(nct)
        if "forget" in fields:
            return _page(trial, self.today(), step="start", forgotten=True)
        try:
            return self._next(trial, read_turn(fields, self.finder.read_patient, self.today()))
        except (PatientError, QueryError) as error:
            return _page(trial, self.today(), 400, step="start", error=error_words(error))

    def _next(self, trial: Trial, turn: Turn) -> Response:
        today = self.today()
        patient = patient_of(turn.answers, self.finder.read_patient, today)
        compiled = self.finder.criteria(trial.nct_id)
        asked = {one.about for one in turn.answers}
        # All that can be asked: few in one trial, and one that is to be changed need not come first.
        found = questions(Screener(patient, today), [compiled], 10**6, asked | FOR_THE_DOCTOR)
        question = next_question(found, turn.wanted)
        screening = self.finder.screen(trial.nct_id, patient, today)
        rules, groups = rules_of(screening), group_rules(screening)
        return _page(
            trial,
            today,
            400 if turn.error else 200,
            step="question" if question is not None and not turn.ended else "result",
            error=turn.error,
            verdict=screening.verdict,
            good=side(rules, "good"),
            open=side(rules, "open"),
            bad=side(rules, "bad"),
            groups=groups,
            doctor=doctor_questions(rules, groups),
            unread=unread_rules(rules, groups),
            **interview_words(turn.answers, question),
        )


def _page(trial: Trial, today: date, status: int = 200, **values: object) -> Response:
    state = trial.status
    return render(
        "take_part.html",
        status,
        store=False,
        **{
            "nct_id": trial.nct_id,
            "title": unescape(trial.title) or trial.nct_id,
            "recruiting": state == "RECRUITING",
            "state": status_words(state, read_standing(trial, today)),
            "action": f"/trials/{trial.nct_id}/take-part#now",
            "forgotten": False,
            "error": "",
            **SAYING,
            **values,
        },
    )
