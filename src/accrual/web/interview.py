"""One conversation for two pages: the question card, the answers given so far, and reading what a visitor sent.

Comes in: the fields of a posted form, and the next question. Goes out: the answers with the new one, and the words of
`templates/interview.html`. Refuses: an answer that the question does not take (PatientError), a form that no page of
ours wrote (QueryError). "Could I take part?" asks about one trial (`take_part`) or about all of a search (`any_trial`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from accrual.codes.units import units
from accrual.codes.variables import variable_of
from accrual.criteria.everyday_clause import unit_words
from accrual.errors import PatientError, QueryError
from accrual.match.ask import Question
from accrual.message import error_words, word
from accrual.patient.answers import choices_for
from accrual.patient.model import Patient
from accrual.web.answers import UNKNOWN, Answer, patient_of, read_answers, with_one, without, write_answers
from accrual.web.language import marked

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
"""Answers in words of our own; others are said as the vocabulary has them."""
UNITS: dict[str, str] = {
    "a": marked("years"),
    "mo": marked("months"),
    "wk": marked("weeks"),
    "d": marked("days"),
    "h": marked("hours"),
    # The same number: 10⁹ in a liter are a thousand in a microliter, as people find it on their lab sheets.
    "10*9/L": marked("thousand per microliter"),
    "10*12/L": marked("million per microliter"),
}
"""Units in words of our own; others are written as laboratories do."""
KNOWN = frozenset((*CHOICES.values(), *UNITS.values()))
MOST_BUTTONS = 5  # a scale of so few whole steps is answered by buttons; set by hand


class Told(msgspec.Struct, frozen=True):
    """One answer of the list beside the question, in words."""

    about: str
    text: str
    words: str
    unit: str


class Turn(msgspec.Struct, frozen=True):
    """What a visitor sent: the answers so far, and what he wants now."""

    answers: tuple[Answer, ...]
    """With the new one, where there is one that can be."""
    wanted: str
    """What to ask about first: an answer to be changed, or one that could not be taken."""
    ended: bool
    """Whether he stops here and wants to see how it stands."""
    error: str = ""
    """Why the new answer could not be taken."""


def read_turn(fields: dict[str, bytes], read_patient: Callable[[bytes], Patient], today: date) -> Turn:
    """Return what a visitor sent.

    Raises:
        QueryError: the answers so far are none that a page of ours wrote.
        PatientError: an answer so far is none that its question takes.

    Example:
        >>> read_turn({"about": b"sex", "answer": b"female"}, finder.read_patient, today).answers[0].value
        'female'
    """
    changed, about = text_of(fields, "change"), text_of(fields, "about")
    ended = "show" in fields
    held = without(read_answers(fields.get("answers", b"")), changed)
    patient_of(held, read_patient, today)  # raises where one of them cannot be
    if not about or changed or ended:
        return Turn(held, changed, ended)
    try:
        given = with_one(held, _given(fields))
        patient_of(given, read_patient, today)
    except (PatientError, QueryError) as error:
        return Turn(held, about, ended, error_words(error))
    return Turn(given, "", ended)


def interview_words(answers: Iterable[Answer], question: Question | None) -> dict[str, object]:
    """Return what the templates need of the answers and of the next question."""
    answers = tuple(answers)
    return {
        "question": question,
        "choices": _choices(question) if question is not None else (),
        "unit": _unit(question.unit) if question is not None else "",
        "answers": write_answers(answers),
        "told": told(answers),
    }


SAYING: dict[str, object] = {"not_known": UNKNOWN, "known": KNOWN}
"""What every page of the conversation needs to say an answer in words."""


def told(answers: Iterable[Answer]) -> tuple[Told, ...]:
    """Return the answers in words.

    Example:
        >>> told([Answer("sex", "What is your sex?", "female")])[0].words
        'Female'
    """
    return tuple(Told(one.about, one.text, _choice(one.about, one.value), _unit(one.unit)) for one in answers)


def _choice(about: str, value: str) -> str:
    """An answer in words; what was written stays as it is."""
    if value in CHOICES or value not in choices_for(about):
        return CHOICES.get(value, value)
    return word(value, "answer")


def _unit(unit: str) -> str:
    """A unit in words; what was written stays as it is."""
    return UNITS.get(unit) or (unit_words(unit) if unit in units() else unit)


def next_question(found: tuple[Question, ...], wanted: str) -> Question | None:
    """Return the question to show: the one that is wanted, or the first."""
    return next((one for one in found if one.about == wanted), found[0] if found else None)


def text_of(fields: dict[str, bytes], name: str) -> str:
    """Return a field's words; nothing where they are no text."""
    try:
        return fields.get(name, b"").decode().strip()
    except UnicodeDecodeError:
        return ""


def _given(fields: dict[str, bytes]) -> Answer:
    """Return the answer of the form that was sent, checked as those before it are."""
    value = text_of(fields, "answer") or text_of(fields, "number")
    about = text_of(fields, "about")
    unit = "" if value == UNKNOWN or " " in value or choices_for(about) else text_of(fields, "unit")
    given = Answer(about, text_of(fields, "text"), value, unit)
    return read_answers(write_answers([given]).encode())[0]


def _choices(question: Question) -> tuple[tuple[str, str], ...]:
    """Return the answers that buttons give, with their words; none where a number is written."""
    if question.choices:
        return tuple((choice, _choice(question.about, choice)) for choice in question.choices)
    variable = variable_of(question.about)
    if variable is None or variable.kind != "score" or variable.low is None or variable.high is None:
        return ()
    if variable.high - variable.low >= MOST_BUTTONS:
        return ()
    steps = range(int(variable.low), int(variable.high) + 1)
    return tuple((str(step), str(step)) for step in steps)
