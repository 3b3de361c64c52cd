"""The page "Could I take part?": one question at a time about one trial, answered without leaving anything behind.

Comes in: POSTed forms; the answers so far travel in a hidden field. Goes out: the next question, or the trial's rules
in three sides: what fits, what is not known, what does not fit. No answer is in an address, a cookie, a log or a store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.codes.variables import variable_of
from accrual.errors import PatientError, QueryError
from accrual.finder import Finder
from accrual.match.ask import Question, questions
from accrual.match.evaluate import Screener
from accrual.patient.answers import choices_for
from accrual.plain.participation import doctor_questions, group_rules, rules_of, side, unread_rules
from accrual.plain.prose import unescape
from accrual.registry.labels import label
from accrual.registry.record import Trial
from accrual.web.answers import UNKNOWN, Answer, patient_of, read_answers, with_one, without, write_answers
from accrual.web.forms import read_form
from accrual.web.language import marked
from accrual.web.layout import render

# Not asked of a visitor, who may be the patient: it is left for the doctor. Set by hand, for kindness.
FOR_THE_DOCTOR = frozenset({"life-expectancy"})
CHOICES: dict[str, str] = {
    "yes, now": marked("Yes, now"),
    "in the past": marked("Yes, in the past"),
    "never": marked("No, never"),
    "yes": marked("Yes"),
    "no": marked("No"),
    "female": marked("Female"),
    "male": marked("Male"),
    "positive": marked("Positive"),
    "negative": marked("Negative"),
    UNKNOWN: marked("I don't know"),
}
"""Answers in words of the catalogs; others stand as the vocabulary has them."""
UNITS: dict[str, str] = {
    "a": marked("years"),
    "mo": marked("months"),
    "wk": marked("weeks"),
    "d": marked("days"),
    "h": marked("hours"),
}
"""Units in words of the catalogs; others are written as laboratories do."""
_KNOWN = frozenset((*CHOICES.values(), *UNITS.values()))
MOST_BUTTONS = 5  # a scale of so few whole steps is answered by buttons; set by hand


class Told(msgspec.Struct, frozen=True):
    """One answer of the list beside the question, in words."""

    about: str
    text: str
    words: str
    unit: str


class TakePartPages:
    """The pages that ask a visitor about one trial."""

    def __init__(self, finder: Finder, today: Callable[[], date]) -> None:
        self.finder = finder
        self.today = today

    async def start(self, request: Request) -> Response:
        """Say what will happen, before anything is asked."""
        trial = await run_in_threadpool(self.finder.show, request.path_params["nct"])
        if trial.nct_id != request.path_params["nct"]:
            return RedirectResponse(f"/trials/{trial.nct_id}/take-part", status_code=308)
        return _page(trial, step="start")

    async def answer(self, request: Request) -> Response:
        """Take an answer and show the next question, or how the rules stand."""
        fields = await read_form(request)
        return await run_in_threadpool(self._answer, request.path_params["nct"], fields)

    def _answer(self, nct: str, fields: dict[str, bytes]) -> Response:
        trial = self.finder.show(nct)
        if "forget" in fields:
            return _page(trial, step="start", forgotten=True)
        try:
            held = read_answers(fields.get("answers", b""))
        except QueryError as error:
            return _page(trial, 400, step="start", error=str(error))
        changed = _text(fields, "change")
        held = without(held, changed)
        about = _text(fields, "about")
        try:
            given = with_one(held, _given(fields)) if about and not changed and "show" not in fields else held
            return self._next(trial, given, changed, ended="show" in fields)
        except (PatientError, QueryError) as error:
            try:
                return self._next(trial, held, about, error=str(error))
            except PatientError:
                return _page(trial, 400, step="start", error=str(error))

    def _next(
        self, trial: Trial, answers: tuple[Answer, ...], wanted: str, *, error: str = "", ended: bool = False
    ) -> Response:
        today = self.today()
        patient = patient_of(answers, self.finder.read_patient, today)
        compiled = self.finder.criteria(trial.nct_id)
        asked = {one.about for one in answers}
        # All that can be asked: few in one trial, and one that is to be changed need not come first.
        found = questions(Screener(patient, today), [compiled], 10**6, asked | FOR_THE_DOCTOR)
        question = next((one for one in found if one.about == wanted), found[0] if found else None)
        screening = self.finder.screen(trial.nct_id, patient, today)
        rules, groups = rules_of(screening), group_rules(screening)
        return _page(
            trial,
            400 if error else 200,
            step="question" if question is not None and not ended else "result",
            error=error,
            question=question,
            choices=_choices(question) if question is not None else (),
            unit=_unit(question.unit) if question is not None else "",
            answers=write_answers(answers),
            told=tuple(
                Told(one.about, one.text, CHOICES.get(one.value, one.value), _unit(one.unit))
                for one in answers
            ),
            verdict=screening.verdict,
            good=side(rules, "good"),
            open=side(rules, "open"),
            bad=side(rules, "bad"),
            groups=groups,
            doctor=doctor_questions(rules, groups),
            unread=unread_rules(rules, groups),
        )


def _page(trial: Trial, status: int = 200, **values: object) -> Response:
    state = trial.status
    return render(
        "take_part.html",
        status,
        store=False,
        **{
            "nct_id": trial.nct_id,
            "title": unescape(trial.title) or trial.nct_id,
            "recruiting": state == "RECRUITING",
            "state": label("status", state) if state else "",
            "action": f"/trials/{trial.nct_id}/take-part#now",
            "forgotten": False,
            "error": "",
            "not_known": UNKNOWN,
            "known": _KNOWN,
            **values,
        },
    )


def _text(fields: dict[str, bytes], name: str) -> str:
    try:
        return fields.get(name, b"").decode().strip()
    except UnicodeDecodeError:
        return ""


def _given(fields: dict[str, bytes]) -> Answer:
    """Return the answer of the form that was sent, checked as those before it are."""
    value = _text(fields, "answer") or _text(fields, "number")
    unit = (
        ""
        if value == UNKNOWN or " " in value or choices_for(_text(fields, "about"))
        else _text(fields, "unit")
    )
    given = Answer(_text(fields, "about"), _text(fields, "text"), value, unit)
    return read_answers(write_answers([given]).encode())[0]


def _choices(question: Question) -> tuple[tuple[str, str], ...]:
    """Return the answers that buttons give, with their words; none where a number is written."""
    if question.choices:
        return tuple((choice, CHOICES.get(choice, choice)) for choice in question.choices)
    variable = variable_of(question.about)
    if variable is None or variable.kind != "score" or variable.low is None or variable.high is None:
        return ()
    if variable.high - variable.low >= MOST_BUTTONS:
        return ()
    steps = range(int(variable.low), int(variable.high) + 1)
    return tuple((str(step), str(step)) for step in steps)


def _unit(unit: str) -> str:
    return UNITS.get(unit, unit)
