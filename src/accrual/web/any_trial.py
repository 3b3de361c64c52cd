"""The page "Could I take part in any of these?": one question at a time over all trials of a search.

Comes in: the address of a search or a short form, then POSTed forms that carry all that was said. Goes out: the next
question with the number of trials still possible, or three groups of trials: may fit, not enough known, does not fit.
Refuses, with the form as it was: an unreadable file, an unknown place. No answer is in an address, a cookie or a store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.errors import PatientError, PlaceNotFoundError, QueryError
from accrual.finder import Finder
from accrual.match.ask import Question
from accrual.message import error_words
from accrual.patient.answers import answered
from accrual.patient.model import Patient
from accrual.plain.filters import value_words
from accrual.plain.patient import age_words
from accrual.prospects import Standing
from accrual.search.query import Query
from accrual.web.address import SearchForm, text_form
from accrual.web.answers import Answer, patient_of
from accrual.web.asking import read_asked
from accrual.web.carried import Carrier
from accrual.web.check import LIMIT_WORDS
from accrual.web.forms import read_form
from accrual.web.interview import (
    FOR_THE_DOCTOR,
    SAYING,
    Turn,
    interview_words,
    next_question,
    read_turn,
    text_of,
    told,
)
from accrual.web.journey import Journey, begin, read_journey, sought, write_journey
from accrual.web.language import say as _
from accrual.web.layout import render
from accrual.web.outcome import draw_funnel, groups_of, questions_for_doctor, said_facts

ACTION = "/take-part"
ASKED_LAST = frozenset({"healthy-volunteer"})
"""Who looks for a trial for an illness is not asked first whether he is well. Set by hand, for kindness."""
FIRST_SHOWN, MOST_SHOWN = 5, 25
"""Trials of each group that are opened up: at first, and at most. Set by hand: nobody reads more on one page."""
TO_THE_DOCTOR = 5
"""The best trials, whose open rules are taken to the doctor. Set by hand: what one visit can hold."""


class AnyTrialPages:
    """The pages that ask a visitor about many trials."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date], carrier: Carrier) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today
        self.carrier = carrier

    async def start(self, request: Request) -> Response:
        """Show the short form, or what is known of the search that led here."""
        return await self.workers.run(self._start, request.query_params)

    async def answer(self, request: Request) -> Response:
        """Take the short form or an answer, and show what comes next."""
        fields = await read_form(request)
        return await self.workers.run(self._answer, fields)

    def _start(self, params: QueryParams) -> Response:
        return self._form({"search": str(params).encode()} if params else {})

    def _answer(self, fields: dict[str, bytes]) -> Response:
        today = self.today()
        if "forget" in fields:
            return self._form({}, forgotten=True)
        if "begin" in fields:
            try:
                journey = begin(fields, self.finder, today)
                return self._next(journey, Turn(journey.answers, "", False), 0)
            except (PatientError, QueryError, PlaceNotFoundError) as error:
                return self._form(fields, error=error_words(error))
        try:
            journey = read_journey(fields, self.carrier)
            turn = read_turn(fields, self.finder.read_patient, today)
            return self._next(journey, turn, _shown(fields))
        except (PatientError, QueryError, PlaceNotFoundError) as error:
            return self._form({"search": fields.get("search", b"")[:4000]}, error=error_words(error))

    def _form(self, fields: dict[str, bytes], *, error: str = "", forgotten: bool = False) -> Response:
        """Show the short form, with what was typed."""
        search = text_of(fields, "search")
        form, total = SearchForm(), 0
        if search:
            try:
                asked = read_asked(QueryParams(search), self.finder)
                form, total = asked.form, self.finder.find(msgspec.structs.replace(asked.query, top=0)).total
            except (QueryError, PlaceNotFoundError) as refused:
                error = error or error_words(refused)
                form, search = text_form(QueryParams(search)), ""
        # What was sent comes back as it was; at first what is likely is ticked.
        sent = "begin" in fields
        return render(
            "any_trial_start.html",
            400 if error else 200,
            store=False,
            action=f"{ACTION}#now",
            search=search,
            search_url=form.url(),
            search_words=_search_words(form),
            has_status=any(facet == "status" for facet, _value in form.filters),
            total=total,
            about_what=text_of(fields, "about_what") or form.text,
            near=text_of(fields, "near") or form.near,
            within=text_of(fields, "within") or form.within,
            age=text_of(fields, "age") or form.age,
            sex=text_of(fields, "sex"),
            note=text_of(fields, "note"),
            only_open="open" in fields if sent else True,
            error=error,
            forgotten=forgotten,
            limit_words=LIMIT_WORDS,
        )

    def _next(self, journey: Journey, turn: Turn, shown: int) -> Response:
        today = self.today()
        found, form, query = sought(journey, self.finder)
        before = journey.answers
        same = next(
            (at for at, pair in enumerate(zip(before, turn.answers, strict=False)) if pair[0] != pair[1]),
            None,
        )
        kept = min(len(before), len(turn.answers)) if same is None else same
        known = journey.left[: kept + 1] if len(journey.left) > kept else ()
        known = known[: len(turn.answers)]  # the last is always counted anew
        patients = tuple(
            self._patient(journey, turn.answers[:size], today)
            for size in range(len(known), len(turn.answers) + 1)
        )
        standing = self.finder.prospects.standing(found.numbers, patients, today)
        left = (*known, *standing.left)
        journey = msgspec.structs.replace(journey, answers=turn.answers, left=left)
        question = None if turn.ended else self._question(standing, patients[-1], turn, today)
        funnel = draw_funnel(len(found.numbers), left, journey.held is not None, told(turn.answers))
        common: dict[str, Any] = {
            "action": f"{ACTION}#now",
            "state": write_journey(journey, self.carrier),
            "looked_at": found,
            "search_words": _search_words(form),
            "possible": left[-1],
            "funnel": funnel,
            "patient": journey.patient,
            "age": age_words(journey.patient, today),
            "facts": said_facts(journey.patient),
            "from_file": journey.held is not None,
            "error": turn.error,
            "ended": turn.ended,
            **SAYING,
            **interview_words(turn.answers, question),
        }
        status = 400 if turn.error else 200
        if question is not None:
            return render("any_trial.html", status, store=False, **common)
        return self._outcome(
            standing, patients[-1], query, today, min(max(shown, FIRST_SHOWN), MOST_SHOWN), common
        )

    def _patient(self, journey: Journey, answers: tuple[Answer, ...], today: date) -> Patient:
        return answered(journey.patient, patient_of(answers, self.finder.read_patient, today))

    def _question(self, standing: Standing, patient: Patient, turn: Turn, today: date) -> Question | None:
        asked = {one.about for one in turn.answers} | FOR_THE_DOCTOR
        found = self.finder.prospects.questions(standing.possible, patient, today, asked)
        found = tuple(sorted(found, key=lambda one: one.about in ASKED_LAST))
        return next_question(found, turn.wanted)

    def _outcome(
        self,
        standing: Standing,
        patient: Patient,
        query: Query,
        today: date,
        shown: int,
        common: dict[str, Any],
    ) -> Response:
        point = query.near.point if query.near is not None else patient.point
        groups = groups_of(
            standing, shown, lambda some: self.finder.prospects.shown(some, patient, today, point)
        )
        best = [trial for group in groups if group.tone != "bad" for trial in group.trials][:TO_THE_DOCTOR]
        return render(
            "any_trial_outcome.html",
            store=False,
            groups=groups,
            best=best,
            doctor=questions_for_doctor(best),
            more=min(shown * 2, MOST_SHOWN)
            if any(group.rest for group in groups) and shown < MOST_SHOWN
            else 0,
            **common,
        )


def _shown(fields: dict[str, bytes]) -> int:
    text = text_of(fields, "shown")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _search_words(form: SearchForm) -> tuple[str, ...]:
    """Return what a search asks for, in words; statuses aside that the short form chose."""
    found = [words for words in (form.text, form.condition, form.intervention) if words]
    if form.near:
        found.append(_("Near %(place)s") % {"place": form.near})
    if form.age:
        found.append(_("Age: %(age)s") % {"age": form.age})
    return (*found, *(_(value_words(facet, value)) for facet, value in form.filters))
