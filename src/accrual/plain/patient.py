"""A patient on one line: age, sex, place. Never more: no name, no file content."""

from __future__ import annotations

from datetime import date

from accrual.patient.model import Patient
from accrual.plain.prose import printable


def patient_words(patient: Patient, as_of: date) -> str:
    """Return who is meant, in a few words: "demo-1, 23 years, male, near Suzhou"."""
    parts = [patient.id or "unnamed", _age(patient, as_of), patient.sex or "sex not stated"]
    if patient.place:
        parts.append(f"near {patient.place}")
    parts.append(f"{len(patient.facts):,} fact{'' if len(patient.facts) == 1 else 's'}")
    return printable(", ".join(parts))


def _age(patient: Patient, as_of: date) -> str:
    born = patient.birth_date
    if born is not None:
        oldest, youngest = (_years(day, as_of) for day in (born.first, born.last))
        return f"{oldest} years" if oldest == youngest else f"{youngest} or {oldest} years"
    if patient.age_years is not None:
        return f"{patient.age_years:g} years"
    return "age not stated"


def _years(born: date, as_of: date) -> int:
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
