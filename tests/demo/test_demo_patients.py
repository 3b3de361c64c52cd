"""The embedded patients: each is read, is dated before the demo's day, and says what its story needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from accrual.basic import PartialDate, Quantity
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.patient.model import Fact, Patient
from accrual.patient.reader import read_patient

NAMES = tuple(demo_patients())
STORIES = {
    "asthma-child",
    "breast-her2",
    "diabetes-ckd",
    "healthy",
    "heart-failure-af",
    "lupus-pregnant",
    "nsclc-egfr",
    "t-all",
}


def read(name: str) -> Patient:
    """Return a demo patient, read as a user's file would be."""
    return read_patient(demo_patients()[name], f"{name}.json")


def values(patient: Patient) -> dict[str, object]:
    """Return the measured numbers by variable."""
    return {
        fact.variable: (fact.value.value, fact.value.unit)
        for fact in patient.facts
        if fact.variable is not None and isinstance(fact.value, Quantity)
    }


def days(fact: Fact) -> Iterator[date]:
    """Yield the latest days that the fact's dates can mean, open ends left out."""
    for partial in (fact.date, fact.end):
        if partial is not None:
            yield partial.first


def test_there_are_eight_patients_and_one_of_them_also_as_fhir() -> None:
    assert set(NAMES) == STORIES | {"diabetes-ckd-fhir"}
    assert DEFAULT_PATIENT in STORIES


@pytest.mark.parametrize("name", NAMES)
def test_every_patient_is_read_and_nothing_of_it_stays_unused(name: str) -> None:
    patient = read(name)
    assert patient.facts
    assert [(part.where, part.reason) for part in patient.unused] == []
    assert patient.sex is not None
    assert patient.birth_date is not None


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_word_of_a_patient_means_something_to_the_tables(name: str) -> None:
    unread = [fact.text for fact in read(name).facts if fact.concept is None and fact.variable is None]
    assert unread == []


@pytest.mark.parametrize("name", NAMES)
def test_all_facts_are_dated_before_the_demo_day(name: str) -> None:
    assert [fact.text for fact in read(name).facts for day in days(fact) if day > DEMO_TODAY] == []


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_patient_lives_somewhere(name: str) -> None:
    patient = read(name)
    assert patient.place
    assert patient.point is not None


def test_ages_on_the_demo_day_are_those_of_the_stories() -> None:
    def age(name: str) -> int:
        born = read(name).birth_date
        assert born is not None
        assert born == PartialDate(born.year, born.month, born.day)
        return DEMO_TODAY.year - born.year - ((DEMO_TODAY.month, DEMO_TODAY.day) < (born.month, born.day))

    assert {name: age(name) for name in sorted(STORIES)} == {
        "asthma-child": 9,
        "breast-her2": 45,
        "diabetes-ckd": 58,
        "healthy": 25,
        "heart-failure-af": 72,
        "lupus-pregnant": 34,
        "nsclc-egfr": 67,
        "t-all": 23,
    }


def test_the_default_patient_leaves_what_the_seed_trial_asks_for_unsaid() -> None:
    said = json.dumps(json.loads(demo_patients()[DEFAULT_PATIENT])).lower()
    for unsaid in ("life expectancy", "survival", "agree", "immunodeficiency"):
        assert unsaid not in said


def test_the_fhir_bundle_gives_the_same_values_as_the_form() -> None:
    form, bundle = values(read("diabetes-ckd")), values(read("diabetes-ckd-fhir"))
    assert len(bundle) >= 9
    assert {name: form.get(str(name)) for name in bundle} == bundle
    assert read("diabetes-ckd").birth_date == read("diabetes-ckd-fhir").birth_date
