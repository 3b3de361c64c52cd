"""Answers are kept in accrual's own form and read back as facts; the patient's own file stays as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from accrual.basic import Quantity
from accrual.errors import PatientError
from accrual.patient.answers import answered, can_be_kept, choices_for, with_answer
from accrual.patient.form import read_form
from accrual.patient.model import Patient

TODAY = date(2026, 11, 22)


def read(form: dict[str, Any]) -> Patient:
    return read_form(msgspec.json.encode(form))


def kept(about: str, answer: str) -> Patient:
    return read(with_answer({}, about, answer, TODAY))


@pytest.mark.parametrize(
    ("answer", "asserted", "qualifiers"),
    [("yes, now", True, ("current",)), ("in the past", True, ("past",)), ("never", False, ())],
)
def test_a_condition_is_there_over_or_never_was(
    answer: str, asserted: bool, qualifiers: tuple[str, ...]
) -> None:
    (fact,) = kept("concept/diabetes", answer).facts
    assert fact.concept is not None
    assert (fact.concept.code, fact.asserted, fact.qualifiers) == ("diabetes", asserted, qualifiers)


def test_a_relation_is_kept_with_its_thing() -> None:
    (fact,) = kept("allergy/cisplatin", "yes").facts
    assert (fact.asserted, fact.qualifiers) == (True, ("allergy",))


def test_values_states_sex_and_age_come_back_as_such() -> None:
    form: dict[str, Any] = {}
    for about, answer in (
        ("hemoglobin", "91 g/L"),
        ("ecog", "1"),
        ("consent", "y"),
        ("sex", "female"),
        ("age", "52"),
    ):
        form = with_answer(form, about, answer, TODAY)
    patient = read(form)
    assert (patient.sex, patient.age_years, str(patient.age_date)) == ("female", 52, "2026-11-22")
    told = {fact.variable: str(fact.value) for fact in patient.facts}
    assert told == {"hemoglobin": "91 g/L", "ecog": "1", "consent": "yes"}


@pytest.mark.parametrize(
    ("about", "answer"),
    [
        ("hemoglobin", "low"),
        ("hemoglobin", "nan"),
        ("hemoglobin", "9 parsecs of it"),
        ("consent", "perhaps"),
        ("concept/diabetes", ""),
        ("sex", "x"),
    ],
)
def test_what_is_no_answer_is_refused(about: str, answer: str) -> None:
    with pytest.raises(PatientError, match=r"answer with|unit"):
        with_answer({}, about, answer, TODAY)


def test_the_patients_own_sex_and_age_stand() -> None:
    own = Patient(sex="male", age_years=40)
    answers = read(with_answer(with_answer({}, "sex", "female", TODAY), "age", "30", TODAY))
    both = answered(own, answers)
    assert (both.sex, both.age_years) == ("male", 40)
    assert answered(Patient(), answers).sex == "female"


def test_only_what_is_found_again_by_its_name_is_asked() -> None:
    assert can_be_kept("concept/diabetes")
    assert can_be_kept("hemoglobin")
    assert not can_be_kept("concept/no-such-thing")
    assert not can_be_kept("no-such-variable")


def test_a_procedure_was_done_or_not() -> None:
    assert choices_for("concept/appendectomy") == choices_for("allergy/cisplatin") == ("yes", "no")


@pytest.mark.parametrize(
    ("answer", "years"),
    [("42", 42), ("8 months", 8 / 12), ("26 weeks", 0.4983), ("10 days", 0.0274), ("3 a", 3)],
)
def test_an_age_is_kept_in_years_whatever_its_unit(answer: str, years: float) -> None:
    assert with_answer({}, "age", answer, date(2026, 1, 1))["age"] == pytest.approx(years, rel=1e-3)


def test_an_age_in_grams_is_none() -> None:
    with pytest.raises(PatientError, match="answer with an age"):
        with_answer({}, "age", "42 g", date(2026, 1, 1))


@pytest.mark.parametrize("answer", ["1,200", "150,000", "1,234,567", "2,500.5 mg/dL"])
def test_a_comma_that_may_part_thousands_is_asked_for_again(answer: str) -> None:
    with pytest.raises(PatientError, match="without a comma"):
        kept("cd4", answer)


@pytest.mark.parametrize(
    ("answer", "value"), [("1,2", 1.2), ("0,125", 0.125), ("12,34", 12.34), ("120", 120.0)]
)
def test_a_decimal_comma_is_a_decimal_sign(answer: str, value: float) -> None:
    (fact,) = kept("crp", answer).facts
    assert fact.value == Quantity(value, "mg/L")


def test_a_time_may_be_written_in_spanish() -> None:
    assert kept("age", "8 meses").age_years == pytest.approx(8 / 12)
    assert kept("age", "42 años").age_years == 42
