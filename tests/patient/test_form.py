"""Reading accrual's own patient form: facts found, mistakes named with their place, nothing of the patient told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accrual.basic import GeoPoint, PartialDate, Quantity
from accrual.errors import PatientError
from accrual.patient.form import read_form
from accrual.patient.model import Fact, Patient

WHOLE: dict[str, Any] = {
    "accrual_patient": 1,
    "id": "p1",
    "sex": "male",
    "birth_date": "2001-04-12",
    "lat": 31.3,
    "lon": 120.6,
    "place": "Suzhou, China",
    "conditions": [
        {"name": "relapsed ALL", "date": "2024-02"},
        {"name": "diabetes", "present": False},
        {"name": "a rare thing", "qualifiers": ["poorly controlled"]},
    ],
    "drugs": [{"name": "Cisplatin 50 MG / Etoposide 100 MG", "date": "2026-01", "end": "2026-03-01"}],
    "procedures": [{"name": "removal of the appendix", "code": "SNOMED:80146002"}],
    "measurements": [
        {"name": "Hb", "value": 7.2, "unit": "g/dL", "date": "2026-11-01", "low": 12, "high": 16},
        {"name": "CRP", "value": "< 5", "unit": "mg/L"},
        {"name": "HIV test", "value": "Not detected"},
        {"name": "ECOG", "value": 1},
    ],
    "states": {"consent": "yes"},
}


def read(**form: Any) -> Patient:
    return read_form(json.dumps(form).encode(), "patient.json")


def fact(patient: Patient, where: str) -> Fact:
    (found,) = [one for one in patient.facts if one.source.where == where]
    return found


def test_a_whole_form_is_read() -> None:
    patient = read(**WHOLE)
    assert (patient.id, patient.sex, patient.form) == ("p1", "male", "accrual form")
    assert patient.birth_date == PartialDate(2001, 4, 12)
    assert patient.point == GeoPoint(31.3, 120.6)
    assert patient.unused == ()
    assert [one.concept.code if one.concept else one.variable for one in patient.facts] == [
        "all", "diabetes", "condition:rare-thing", "cisplatin", "etoposide", "appendectomy",
        "hemoglobin", "crp", "hiv-test", "ecog", "consent",
    ]  # fmt: skip
    assert fact(patient, "conditions[0]").qualifiers == ("relapsed",)
    assert not fact(patient, "conditions[1]").asserted
    assert fact(patient, "conditions[2]").qualifiers == ("uncontrolled",)
    hemoglobin = fact(patient, "measurements[0]")
    assert hemoglobin.value == Quantity(7.2, "g/dL")
    assert (hemoglobin.reference_low, hemoglobin.reference_high) == (12, 16)
    assert (fact(patient, "measurements[1]").comparator, fact(patient, "measurements[1]").value) == (
        "<",
        Quantity(5, "mg/L"),
    )
    assert fact(patient, "measurements[2]").value == "negative"


@pytest.mark.parametrize(
    ("change", "place", "advice"),
    [
        ({"birthdate": "2001-04-12"}, "birthdate", "did you mean birth_date?"),
        (
            {"conditions": [{"name": "x", "qualifier": []}]},
            "conditions[0].qualifier",
            "did you mean qualifiers?",
        ),
        ({"measurements": [{"name": "ECOG", "val": 1}]}, "measurements[0].val", "did you mean value?"),
        ({"measurements": [{"name": "ECOG", "value": [1]}]}, "measurements[0].value", "got `array`"),
        ({"conditions": [{"name": "x"}, {"name": 7}]}, "conditions[1].name", "got `int`"),
        ({"conditions": [{}]}, "conditions[0]", "missing required field `name`"),
        (
            {"conditions": [{"name": "x", "qualifiers": ["activ"]}]},
            "conditions[0].qualifiers[0]",
            "did you mean active?",
        ),
        ({"conditions": [{"name": "x", "date": "2024-02-30"}]}, "conditions[0].date", "calendar"),
        ({"conditions": [{"name": "x", "date": "2024", "end": "2023"}]}, "conditions[0].end", "before date"),
        ({"conditions": [{"name": "x", "code": "91861009"}]}, "conditions[0].code", "SNOMED:"),
        ({"sex": "F"}, "sex", '"female" or "male"'),
        ({"birth_date": "12.4.2001"}, "birth_date", "YYYY-MM-DD"),
        ({"birth_date": "2001", "age": 3}, "age", "keep one"),
        ({"age": 200}, "age", "0 to 130"),
        ({"age_date": "2026-01-01"}, "age_date", "no age"),
        ({"lat": 3.0}, "lon", "go together"),
        ({"lat": 300.0, "lon": 0.0}, "lat", "-90 to 90"),
        ({"states": {"pregnent": "no"}}, "states.pregnent", "did you mean pregnant?"),
        ({"states": {"pregnant": "maybe"}}, "states.pregnant", "yes, no"),
        ({"states": {"sex": "male"}}, "states.sex", "key of its own"),
        ({"accrual_patient": 2}, "accrual_patient", "version 1"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_do(
    change: dict[str, Any], place: str, advice: str
) -> None:
    with pytest.raises(PatientError) as raised:
        read(**{"accrual_patient": 1, **change})
    assert str(raised.value).startswith(f"patient.json, {place}: ")
    assert advice in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        {"sex": "Zaphod"},
        {"birth_date": "Zaphod"},
        {"id": ["Zaphod"]},
        {"conditions": [{"name": "x", "date": "Zaphod"}]},
        {"conditions": [{"name": "x", "qualifiers": ["Zaphod"]}]},
        {"states": {"pregnant": "Zaphod"}},
        {"measurements": [{"name": "ECOG", "value": {"Zaphod": 1}}]},
    ],
)
def test_no_message_repeats_what_the_file_says_of_the_patient(change: dict[str, Any]) -> None:
    with pytest.raises(PatientError) as raised:
        read(**change)
    assert "Zaphod" not in str(raised.value)


@pytest.mark.parametrize(
    ("measurement", "reason"),
    [
        ({"name": "ECOG", "value": -1}, "not a possible ECOG"),
        ({"name": "Hb", "value": 720, "unit": "g/dL"}, "not a possible hemoglobin"),
        ({"name": "Hb", "value": 7.2}, "no unit"),
        ({"name": "Hb", "value": 7.2, "unit": "bananas"}, "its unit is not known"),
        ({"name": "Hb", "value": "low"}, "not a number"),
        ({"name": "HIV test", "value": "maybe"}, "none of positive, negative"),
        ({"name": "no such test", "value": "high"}, "no variable"),
    ],
)
def test_a_value_that_cannot_be_used_is_listed_with_the_reason(
    measurement: dict[str, Any], reason: str
) -> None:
    patient = read(measurements=[measurement])
    assert patient.facts == ()
    (unused,) = patient.unused
    assert unused.where == "measurements[0]"
    assert reason in unused.reason


def test_a_measurement_of_no_table_is_kept_under_its_own_words() -> None:
    patient = read(measurements=[{"name": "Iothalamate Clearance", "value": 65, "unit": "mL/min"}])
    assert patient.facts[0].variable == "text|iothalamate-clearance"
    assert not patient.unused


def test_code_and_name_that_contradict_each_other_are_not_used() -> None:
    patient = read(conditions=[{"name": "diabetes", "code": "SNOMED:91861009"}])
    assert patient.facts == ()
    assert patient.unused[0].reason == "its code and its name mean different things"
    narrower = read(conditions=[{"name": "leukemia", "code": "SNOMED:91861009"}])
    assert narrower.facts[0].concept is not None
    assert narrower.facts[0].concept.code == "all"


def test_words_that_only_contain_a_known_name_do_not_mean_it() -> None:
    for words in ("no diabetes", "mother with leukemia", "pre-diabetes"):
        assert read(conditions=[{"name": words}]).facts[0].concept is None, words
    relative = read(conditions=[{"name": "family history of diabetes"}]).facts[0]
    assert relative.qualifiers == ("family-history",)  # which decides only what asks for a relative's
    suspected = read(conditions=[{"name": "suspected leukemia"}]).facts[0]
    assert suspected.qualifiers == ("suspected",)  # which proves nothing: see tests/match


def test_an_age_stands_as_of_its_day() -> None:
    patient = read(age=23, age_date="2026-01")
    assert (patient.age_years, patient.age_date) == (23, PartialDate(2026, 1))
