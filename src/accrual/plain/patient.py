"""A patient on one line: age, sex, place. Never more: no name, no file content."""

from __future__ import annotations

from datetime import date

from accrual.message import Original, counted, joined, message, word
from accrual.patient.model import Patient
from accrual.plain.prose import printable


def patient_words(patient: Patient, as_of: date) -> str:
    """Return who is meant, in a few words: "demo-1, 23 years, male, near Suzhou"."""
    return joined(", ", (Original(printable(patient.id)) or message("unnamed"), person_words(patient, as_of)))


def person_words(patient: Patient, as_of: date) -> str:
    """Return the same without the file's own name for the patient.

    Example:
        >>> person_words(Patient(id="Smith", sex="male"), date(2026, 11, 22))
        'age not stated, male, 0 facts'
    """
    parts = [
        age_words(patient, as_of) or message("age not stated"),
        word(patient.sex, "answer") if patient.sex else message("sex not stated"),
    ]
    if patient.place:
        parts.append(message("near %(place)s", place=Original(printable(patient.place))))
    parts.append(counted("%(count)s fact", "%(count)s facts", len(patient.facts)))
    return joined(", ", parts)


def age_words(patient: Patient, as_of: date) -> str:
    """Return how old the patient is; empty where nobody said.

    Example:
        >>> age_words(Patient(age_years=62), date(2026, 6, 1))
        '62 years'
    """
    born = patient.birth_date
    if born is not None:
        oldest, youngest = (_years(day, as_of) for day in (born.first, born.last))
        if oldest == youngest:
            return message("%(years)s years", years=oldest)
        return message("%(low)s or %(high)s years", low=youngest, high=oldest)
    if patient.age_years is not None:
        return message("%(years)s years", years=f"{patient.age_years:g}")
    return ""


def _years(born: date, as_of: date) -> int:
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
