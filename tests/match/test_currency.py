"""What is too old to speak of today decides nothing: values, orders, and conditions that pass by themselves."""

from __future__ import annotations

import msgspec
import pytest
from shorthand import fact, has, holds, is_one, measured, number, within

from accrual.criteria.tree import Tree
from accrual.patient.model import Patient
from accrual.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.fixture(autouse=True)
def small_vocabulary() -> None:
    """Here the real table is meant: which conditions pass is said in its ids."""


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-11-01", YES),
        ("2025-11-22", YES),
        ("2025-11-20", UNKNOWN),
        ("2025", UNKNOWN),
        ("1987-01-04", UNKNOWN),
        (None, YES),
    ],
)
def test_a_value_speaks_of_today_for_a_year(date: str | None, expected: Truth) -> None:
    tree = number("weight", low=30, unit="kg")
    assert holds(tree, Patient(facts=(measured("weight", 70, "kg", date),))) is expected


@pytest.mark.parametrize(
    ("tree", "variable", "value", "date", "expected"),
    [
        (is_one("her2-status", "positive"), "her2-status", "positive", "2019-01-01", YES),
        (is_one("postmenopausal", "yes"), "postmenopausal", "yes", "2019-01-01", YES),
        (is_one("postmenopausal", "yes"), "postmenopausal", "no", "2019-01-01", UNKNOWN),
        (is_one("pregnant", "yes"), "pregnant", "yes", "2026-06-01", YES),
        (is_one("pregnant", "yes"), "pregnant", "yes", "2025-12-01", UNKNOWN),
        (is_one("pregnancy-test", "negative"), "pregnancy-test", "negative", "2026-11-01", YES),
        (is_one("pregnancy-test", "negative"), "pregnancy-test", "negative", "2026-09-01", UNKNOWN),
    ],
)
def test_some_values_last_and_some_pass_sooner(
    tree: Tree, variable: str, value: str, date: str, expected: Truth
) -> None:
    assert holds(tree, Patient(facts=(measured(variable, value, date=date),))) is expected


def test_an_old_value_inside_the_window_that_is_asked_for_counts() -> None:
    tree = within(number("hba1c", high=12, unit="%"), 5, "a")
    assert holds(tree, Patient(facts=(measured("hba1c", 7, "%", "2023-01-01"),))) is YES


@pytest.mark.parametrize(
    ("date", "expected"), [("2026-01-10", YES), ("2003-01-07", UNKNOWN), (None, UNKNOWN)]
)
def test_an_order_speaks_of_today_for_a_year(date: str | None, expected: Truth) -> None:
    order = msgspec.structs.replace(fact("drug", "docetaxel", "current", date=date), order=True)
    patient = Patient(facts=(order,))
    assert holds(has("docetaxel"), patient) is expected
    assert holds(within(has("chemotherapy"), 1, "mo"), patient) is expected
    assert holds(has("docetaxel", "prior"), patient) is YES


def test_a_drug_that_the_patient_is_said_to_take_is_taken() -> None:
    assert holds(has("warfarin"), Patient(facts=(fact("drug", "warfarin", date="2003-01-07"),))) is YES


@pytest.mark.parametrize(
    ("tree", "condition", "date", "expected"),
    [
        (has("pneumonia"), "pneumonia", "2026-11-01", YES),
        (has("pneumonia"), "pneumonia", "2010-11-01", UNKNOWN),
        (has("lung-disease"), "pneumonia", "2010-11-01", UNKNOWN),
        (has("pneumonia", "history"), "pneumonia", "2010-11-01", YES),
        (has("pneumonia"), "pneumonia", None, YES),
        (has("diabetes-mellitus"), "gestational-diabetes", "2010-11-01", UNKNOWN),
        (has("acute-leukemia"), "acute-myeloid-leukemia", "2010-11-01", YES),
        (has("stroke"), "stroke", "2010-11-01", YES),
        (has("acute-ischemic-stroke"), "acute-ischemic-stroke", "2010-11-01", UNKNOWN),
    ],
)
def test_what_passes_by_itself_is_not_there_years_later(
    tree: Tree, condition: str, date: str | None, expected: Truth
) -> None:
    assert holds(tree, Patient(facts=(fact("condition", condition, date=date),))) is expected


def test_acute_is_asked_of_today() -> None:
    old = Patient(facts=(fact("condition", "myocardial-infarction", "acute", date="2015-03-01"),))
    new = Patient(facts=(fact("condition", "myocardial-infarction", "acute", date="2026-11-01"),))
    assert holds(has("myocardial-infarction", "acute"), old) is UNKNOWN
    assert holds(has("myocardial-infarction", "acute"), new) is YES


def test_a_diabetes_of_a_past_pregnancy_does_not_make_unhealthy() -> None:
    past = Patient(facts=(fact("condition", "gestational-diabetes", date="2012-03-01"),))
    assert holds(is_one("healthy-volunteer", "yes"), past) is UNKNOWN


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (has("pneumonia"), NO),
        (has("infection", "active"), NO),
        (has("parasitic-infection", "history"), UNKNOWN),
        (within(has("respiratory-tract-infection"), 6, "wk"), UNKNOWN),
    ],
)
def test_no_infection_speaks_of_today_alone(tree: Tree, expected: Truth) -> None:
    assert holds(tree, Patient(facts=(fact("condition", "infection", asserted=False),))) is expected
