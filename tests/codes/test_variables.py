"""The table of variables, tested like code, and the look-ups that stand on it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.codes.spelling import folded_key, is_strict
from accrual.codes.units import units
from accrual.codes.variables import spot_variables, variable_by_loinc, variable_named, variables
from accrual.errors import UnitError

ROWS = tuple(variables().values())
NAMES = {
    "ECOG PS": "ecog",
    "Eastern Cooperative Oncology Group (ECOG) performance status (PS)": "ecog",
    "WHO performance status": "ecog",
    "Karnofsky": "karnofsky",
    "Hgb": "hemoglobin",
    "Haemoglobin": "hemoglobin",
    "platelet counts": "platelets",
    "ANC": "neutrophils",
    "SGPT": "alt",
    "HbA1c": "hba1c",
    "eGFR": "egfr",
    "Body Mass Index (BMI)": "bmi",
    "breast-feeding": "breastfeeding",
    "women of child-bearing potential": "childbearing-potential",
    "HBsAg": "hbsag",
    "QTcF": "qtc",
}


@pytest.mark.parametrize(("written", "variable_id"), NAMES.items())
def test_a_name_of_prose_finds_its_variable(written: str, variable_id: str) -> None:
    found = variable_named(written)
    assert found is not None
    assert found.id == variable_id


@pytest.mark.parametrize("written", ["", "patient", "the", "history", "ps", "treatment"])
def test_what_is_no_variable_has_none(written: str) -> None:
    assert variable_named(written) is None


def test_the_variables_of_the_plan_are_all_there() -> None:
    needed = """age sex ecog karnofsky lansky life-expectancy weight height bmi hemoglobin platelets neutrophils
    lymphocytes white-cells creatinine creatinine-clearance egfr bilirubin direct-bilirubin alt ast alp albumin inr
    aptt ldh hba1c glucose fasting-glucose calcium potassium sodium cholesterol ldl triglycerides crp tsh psa lvef
    qtc systolic-blood-pressure diastolic-blood-pressure heart-rate oxygen-saturation temperature nyha child-pugh
    child-pugh-score asa mmse moca gcs edss nihss phq-9 hamd madrs panss gleason das28 fev1 fvc cd4 hiv-viral-load
    stage hiv-test hbsag hcv-antibody pregnancy-test pregnant breastfeeding childbearing-potential contraception
    consent agrees-to-treatment-plan family-agrees-to-treatment-plan healthy-volunteer smoker her2-status er-status
    pr-status egfr-mutation pd-l1 cd7-expression cd19-expression measurable-disease language"""
    assert [name for name in needed.split() if name not in variables()] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_row_keeps_the_rules(row) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.id)
    assert row.name
    assert row.source
    assert row.question.endswith((".", "?"))
    assert max(len(word) for word in re.findall(r"[A-Za-z]+", row.question)) <= 15
    assert len(row.question.split()) <= 45
    assert len(set(map(folded_key, row.aliases))) == len(row.aliases)
    assert all(alias == alias.lower() or is_strict(alias) or alias[0].islower() for alias in row.aliases)
    assert all(re.fullmatch(r"\d{3,6}-\d", code) for code in row.loinc)
    assert row.unit == "" or row.unit in units()
    assert all(unit in units() for unit in row.same_units)
    if row.kind == "category":
        assert len(row.values) >= 2
        assert row.unit == ""
        assert row.low is None
        assert row.high is None
    else:
        assert row.values == ()
        assert row.low is not None
        assert row.high is not None
        assert row.low < row.high
    if row.kind == "score":
        assert row.unit == ""
    if row.molar_mass is not None:
        assert units()[row.unit].dimension in ("mass concentration", "molar concentration")


def test_loinc_check_digits_are_right() -> None:
    for row in ROWS:
        for code in row.loinc:
            digits, check = code.split("-")
            total = sum(
                sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit)
                for place, digit in enumerate(reversed(digits))
            )
            assert (10 - total % 10) % 10 == int(check), (row.id, code)


@pytest.mark.parametrize(
    ("code", "variable_id"),
    [
        ("718-7", "hemoglobin"),
        ("777-3", "platelets"),
        ("89247-1", "ecog"),
        ("4548-4", "hba1c"),
        ("2160-0", "creatinine"),
        ("40557-1", "pr-status"),
        ("85318-4", "her2-status"),
        ("85319-2", "her2-status"),
    ],
)
def test_a_loinc_code_finds_its_variable(code: str, variable_id: str) -> None:
    found = variable_by_loinc(code)
    assert found is not None
    assert found.id == variable_id


def test_an_unknown_loinc_code_finds_nothing() -> None:
    assert variable_by_loinc("0-0") is None


@pytest.mark.parametrize(
    ("variable_id", "value", "unit", "expected"),
    [
        ("hemoglobin", 80, "g/L", 8.0),
        ("creatinine", 133, "umol/L", 1.504496),
        ("glucose", 7, "mmol/L", 126.1092),
        ("bilirubin", 34.2, "umol/L", 1.9995372),
        ("cholesterol", 5.2, "mmol/L", 201.058),
        ("potassium", 4, "meq/L", 4),
        ("egfr", 60, "mL/min", 60),
        ("platelets", 100_000, "/mm3", 100),
        ("life-expectancy", 1, "a", 12),
        ("inr", 1.5, "", 1.5),
        ("karnofsky", 70, "%", 70),
        ("mmse", 24, "{score}", 24),
    ],
)
def test_values_come_into_the_variables_own_unit(
    variable_id: str, value: float, unit: str, expected: float
) -> None:
    assert variables()[variable_id].canonical(value, unit) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("variable_id", "unit"),
    [
        ("calcium", "meq/L"),
        ("creatinine-clearance", "mL/min/{1.73_m2}"),
        ("ecog", "%"),
        ("alt", "[ULN]"),
        ("age", "kg"),
    ],
)
def test_a_unit_that_does_not_measure_the_variable_is_refused(variable_id: str, unit: str) -> None:
    with pytest.raises(UnitError, match=re.escape(variables()[variable_id].name)):
        variables()[variable_id].canonical(1, unit)


def test_an_impossible_value_is_known() -> None:
    assert not variables()["ecog"].is_possible(60)
    assert variables()["karnofsky"].is_possible(60)
    assert not variables()["age"].is_possible(-1)


@settings(deadline=None)  # the first look-up builds the index
@given(st.sampled_from([(row, alias) for row in ROWS for alias in (row.name, *row.aliases)]))
def test_every_alias_finds_its_row(pair) -> None:
    row, alias = pair
    assert variable_named(alias) == row
    text = f"the {alias}, then"
    assert any(hit.variable == row for hit in spot_variables(text))
