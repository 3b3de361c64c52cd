"""Many patients decided on few trees: exactly as each patient is decided alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from shorthand import TODAY, fact, has, is_one, measured, number, within
from test_program import trees

from accrual.criteria.tree import All, Any_, Not, Tree
from accrual.match.evaluate import Screener
from accrual.match.panel import Panel
from accrual.patient.model import Patient

PATIENTS = (
    Patient(),
    Patient(sex="female", age_years=30, facts=(fact("condition", "t-all", "relapsed"),)),
    Patient(
        sex="male",
        age_years=70,
        facts=(measured("hemoglobin", 8, "g/dL"), fact("condition", "infection", asserted=False)),
    ),
    Patient(
        age_years=17.5,
        facts=(measured("hemoglobin", 9, "g/dL"), fact("drug", "steroid"), fact("procedure", "surgery")),
    ),
)


def screeners() -> list[Screener]:
    return [Screener(patient, TODAY) for patient in PATIENTS]


@given(st.lists(trees(), min_size=1, max_size=4))
def test_a_panel_says_what_each_patient_alone_is_told(asked: list[Tree]) -> None:
    alone = [[patient.holds(tree).rank for patient in screeners()] for tree in asked]
    assert Panel(screeners()).truths(asked).tolist() == alone


def test_a_tree_asked_later_is_decided_too() -> None:
    panel = Panel(screeners())
    first = panel.truths([number("age", 18, None, "a")]).tolist()
    later = panel.truths(
        [number("age", 18, None, "a"), number("age", 17, None, "a"), is_one("sex", "female")]
    )
    assert later[:1].tolist() == first == [[1, 2, 2, 0]]
    assert later[1:].tolist() == [[1, 2, 2, 2], [1, 2, 0, 1]]


def test_all_of_nothing_holds_and_any_of_nothing_does_not() -> None:
    nothing = [All(children=()), Any_(children=()), Not(child=All(children=()))]
    assert Panel(screeners()).truths(nothing).tolist() == [[2] * 4, [0] * 4, [0] * 4]


def test_under_another_assumption_each_is_decided_alone() -> None:
    asked: list[Tree] = [Not(child=has("infection")), Not(child=within(has("surgery"), 4, "wk"))]
    closed = [Screener(patient, TODAY, "notes") for patient in PATIENTS]
    alone = [[patient.holds(tree).rank for patient in closed] for tree in asked]
    assert Panel(closed).truths(asked).tolist() == alone


def test_without_patients_or_trees_there_is_nothing() -> None:
    assert Panel([]).truths([has("cancer")]).shape == (1, 0)
    assert Panel(screeners()).truths([]).shape == (0, 4)
