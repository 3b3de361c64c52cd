"""Answers to questions, kept as a small patient file of accrual's own form, beside the patient's own file.

Comes in: what a question was about, and the answer. Goes out: the form with the answer in it, which `read_form` reads,
and a patient with the answers added. Refuses (PatientError): an answer that is none of the question's.

The patient's own file is never changed. An answer that contradicts it is a conflict, as two facts of one file are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.units import convert, unit_named
from accrual.codes.variables import variable_of
from accrual.errors import PatientError, UnitError
from accrual.message import joined, message, word
from accrual.patient.form import VERSION
from accrual.patient.model import Patient

_LISTS = {"condition": "conditions", "drug": "drugs", "procedure": "procedures"}
NOW_OR_EVER = ("yes, now", "in the past", "never")
_EITHER = re.compile(r"[<>≤≥=]*[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_IN_SPANISH = {
    "año": "a", "años": "a", "mes": "mo", "meses": "mo", "semana": "wk", "semanas": "wk", "día": "d", "días": "d",
}  # fmt: skip
"""Units of a time as they are written on a Spanish page, and their UCUM units."""
YES_OR_NO = ("yes", "no")
_QUALIFIERS = {"yes, now": ["current"], "in the past": ["past"]}


def choices_for(about: str) -> tuple[str, ...]:
    """Return the answers that a question takes; empty where it takes a number.

    Example:
        >>> choices_for("concept/asthma")
        ('yes, now', 'in the past', 'never')
    """
    relation, found, concept = about.partition("/")
    if found:
        row = vocabulary().concepts.get(concept)
        lasting = relation == "concept" and (row is None or row.kind != "procedure")
        return NOW_OR_EVER if lasting else YES_OR_NO
    variable = variable_of(about)
    return variable.values if variable is not None and variable.kind == "category" else ()


def with_answer(form: Mapping[str, Any], about: str, answer: str, today: date) -> dict[str, Any]:
    """Return the form with one more answer.

    Arguments:
        form: what was answered before; empty at first.
        about: a variable id, or `relation/concept`, as `accrual.match.ask` names it.
        answer: one of the question's choices, or a number with its unit.

    Raises:
        PatientError: the answer is none that the question takes.

    Example:
        >>> with_answer({}, "concept/asthma", "never", date(2026, 1, 1))["conditions"]
        [{'name': 'asthma', 'present': False}]
    """
    held: dict[str, Any] = {"accrual_patient": VERSION, **form}
    relation, found, concept = about.partition("/")
    if found:
        entry, key = _entry(relation, concept, answer)
        return {**held, key: [*held.get(key, ()), entry]}
    variable = variable_of(about)
    if about == "sex":
        return {**held, "sex": _one_of(answer, choices_for(about))}
    if about == "age":
        return {**held, "age": _years(answer), "age_date": today.isoformat()}
    if variable is not None and variable.kind == "category":
        return {**held, "states": {**held.get("states", {}), about: _one_of(answer, choices_for(about))}}
    value, unit = _number(answer)
    name = variable.name if variable is not None else about
    measured = {"name": name, "value": value, "unit": unit or (variable.unit if variable else "")}
    measured["date"] = today.isoformat()
    return {**held, "measurements": [*held.get("measurements", ()), measured]}


def answered(patient: Patient, answers: Patient) -> Patient:
    """Return the patient with the facts of his answers; his own sex and age stand where he has them."""
    own_age = patient.birth_date is not None or patient.age_years is not None
    more: dict[str, Any] = {
        "facts": (*patient.facts, *answers.facts),
        "unused": (*patient.unused, *answers.unused),
    }
    if patient.sex is None:
        more |= {"sex": answers.sex, "sex_source": answers.sex_source}
    if not own_age:
        more |= {
            "birth_date": answers.birth_date,
            "age_years": answers.age_years,
            "age_date": answers.age_date,
            "age_source": answers.age_source,
        }
    return msgspec.structs.replace(patient, **more)


def can_be_kept(about: str) -> bool:
    """Say whether the form can hold an answer: a concept must be found again by its name."""
    _, found, concept = about.partition("/")
    if not found:
        return variable_of(about) is not None
    row = vocabulary().concepts.get(concept)
    if row is None:
        return False
    again = vocabulary().lookup(row.name)
    return again is not None and again.id == row.id


def _entry(relation: str, concept: str, answer: str) -> tuple[dict[str, Any], str]:
    row = vocabulary().get(concept)
    chosen = _one_of(answer, choices_for(f"{relation}/{concept}"))
    qualifiers = [*_QUALIFIERS.get(chosen, ()), *([relation] if relation != "concept" else [])]
    entry: dict[str, Any] = {"name": row.name}
    if qualifiers:
        entry["qualifiers"] = qualifiers
    if chosen in ("never", "no"):
        entry["present"] = False
    return entry, _LISTS.get(row.kind, "conditions")


def _one_of(answer: str, choices: Sequence[str]) -> str:
    said = answer.strip().lower()
    found = [choice for choice in choices if choice == said] or [
        choice for choice in choices if said and choice.startswith(said)
    ]
    if len(found) != 1:
        raise PatientError(
            message(
                "answer with one of: %(choices)s",
                choices=joined(", ", [word(each, "answer") for each in choices]),
            )
        )
    return found[0]


def _years(answer: str) -> float:
    """Return an age in years: "8 months" is two thirds of one."""
    value, unit = _number(answer)
    try:
        return convert(value, unit_named(unit) or unit, "a") if unit else value
    except UnitError:
        raise PatientError(message("answer with an age: 42, or 8 months")) from None


def _number(answer: str) -> tuple[float, str]:
    """Return a number and its unit, as written "9.1 g/dL"; the unit may be left out.

    A comma is a decimal sign in one country and parts thousands in another: "1,200" is asked for again.
    """
    number, _, rest = answer.strip().partition(" ")
    if _EITHER.fullmatch(number):
        raise PatientError(message("write the number without a comma: 1200, or 1.2"))
    number = number.replace(",", ".")
    try:
        value = float(number)
        if not math.isfinite(value):
            raise ValueError(number)
    except ValueError:
        raise PatientError(message("answer with a number, and its unit if it is another: 9.1 g/dL")) from None
    unit = _IN_SPANISH.get(rest.strip().lower(), rest.strip())
    if unit and unit_named(unit) is None:
        raise PatientError(message("this unit is not known; leave it out for the one that is asked for"))
    return value, unit
