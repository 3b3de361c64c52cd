"""The answers of a visitor, as they travel in the form itself: nothing of them is kept on the server.

Comes in: the hidden field of a form, and a new answer. Goes out: the answers, and the patient that they describe.
Refuses: a field that no page of ours wrote (QueryError), an answer that the question does not take (PatientError).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import msgspec

from accrual.errors import PatientError, QueryError
from accrual.message import Original, message
from accrual.patient.answers import can_be_kept, choices_for, with_answer
from accrual.patient.form import VERSION
from accrual.patient.model import Patient

UNKNOWN = "?"
"""The answer of who does not know."""
MOST = 200  # answers; set by hand: far more than any trial asks
LONGEST = 1_000  # characters of a question or an answer; set by hand


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """One answered question: what it was about, its words, and the answer."""

    about: str
    text: str
    value: str
    unit: str = ""


def read_answers(field: bytes) -> tuple[Answer, ...]:
    """Return the answers of a form's hidden field.

    Raises:
        QueryError: no page of ours wrote it.

    Example:
        >>> read_answers(b'[["sex", "What is your sex?", "female", ""]]')[0].value
        'female'
    """
    if not field.strip():
        return ()
    try:
        found = msgspec.json.decode(field, type=tuple[Answer, ...])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise QueryError(message("the answers could not be read: start again")) from error
    for one in found:
        if len(one.text) > LONGEST or len(one.value) > LONGEST or len(one.unit) > LONGEST:
            raise QueryError(message("an answer is too long: start again"))
        if not can_be_kept(one.about):
            raise QueryError(message("the answers could not be read: start again"))
    if len(found) > MOST:
        raise QueryError(message("these are too many answers: start again"))
    return found


def write_answers(answers: Iterable[Answer]) -> str:
    """Return the answers as a hidden field holds them.

    Example:
        >>> write_answers([Answer("sex", "What is your sex?", "female")])
        '[["sex","What is your sex?","female",""]]'
    """
    return msgspec.json.encode(list(answers)).decode()


def with_one(answers: Iterable[Answer], new: Answer) -> tuple[Answer, ...]:
    """Return the answers with a new one; what was said about the same thing before is forgotten.

    Example:
        >>> len(with_one([Answer("sex", "", "female")], Answer("sex", "", "male")))
        1
    """
    return (*without(answers, new.about), new)


def without(answers: Iterable[Answer], about: str) -> tuple[Answer, ...]:
    """Return the answers about everything else.

    Example:
        >>> without([Answer("sex", "", "female")], "sex")
        ()
    """
    return tuple(one for one in answers if one.about != about)


def patient_of(answers: Iterable[Answer], read_patient: Callable[[bytes], Patient], today: date) -> Patient:
    """Return the patient that the answers describe.

    Raises:
        PatientError: an answer is none that its question takes, or none that can be.
    """
    form: dict[str, Any] = {"accrual_patient": VERSION}
    for one in answers:
        if one.value != UNKNOWN:
            if not one.value.strip():
                raise PatientError(message("choose an answer, or say that you do not know"))
            if choices_for(one.about) and one.value not in choices_for(one.about):
                raise PatientError(message("choose one of the answers that are offered"))
            form = with_answer(form, one.about, one.value, today)
    patient = read_patient(msgspec.json.encode(form))
    if patient.unused:
        raise PatientError(
            message(
                "this answer cannot be right (%(reason)s): look at it again",
                reason=Original(patient.unused[0].reason),
            )
        )
    return patient
