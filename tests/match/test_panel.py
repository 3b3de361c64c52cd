"""Many patients decided on few trees: exactly as each patient is decided alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shorthand import TODAY, day, fact, has, is_one, measured, number, within
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


AGES = (Patient(birth_date=day("2008-11-22")), Patient(birth_date=day("2008-11-23")), Patient(birth_date=day("2008")),
        Patient(birth_date=day("1990-01")), Patient(age_years=0.5), Patient(age_years=18), Patient())  # fmt: skip


@given(
    st.lists(
        st.builds(
            lambda low, width, unit, opens: number("age", low, low + width, unit, *opens),
            st.sampled_from([0, 17, 18, 18.5, 210]),
            st.sampled_from([0, 1, 0.5, 60]),
            st.sampled_from(["a", "mo", "d", "wk", "h"]),
            st.tuples(st.booleans(), st.booleans()),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_ages_are_decided_as_each_alone(asked: list[Tree]) -> None:
    people = [Screener(patient, TODAY) for patient in AGES]
    alone = [[patient.holds(tree).rank for patient in people] for tree in asked]
    assert Panel(people).truths(asked).tolist() == alone


SHARED = (
    fact("condition", "cancer"), fact("condition", "cancer", asserted=False), fact("condition", "t-all", "relapsed"),
    fact("condition", "leukemia", asserted=False), fact("condition", "infection", "active"), fact("drug", "steroid"),
    fact("condition", "infection", "active", asserted=False), fact("procedure", "surgery", date="2026-11-10"),
    fact("procedure", "appendectomy"), measured("hemoglobin", 8, "g/dL"), measured("hemoglobin", 10, "g/dL"),
    measured("hemoglobin", 9, "g/dL", date="2026-11-20"), measured("pregnant", "yes"), measured("pregnant", "no"),
    measured("healthy-volunteer", "yes"), measured("pregnant", "yes", date="2020-01-01"),
)  # fmt: skip


@given(
    st.lists(
        st.builds(
            lambda facts, sex: Patient(sex=sex, facts=tuple(facts)),
            st.lists(st.sampled_from(SHARED), max_size=4, unique_by=id),
            st.sampled_from([None, "female", "male"]),
        ),
        min_size=2,
        max_size=8,
    ),
    st.lists(trees(), min_size=1, max_size=4),
)
def test_patients_who_share_facts_are_decided_as_each_alone(people: list[Patient], asked: list[Tree]) -> None:
    alone = [[Screener(one, TODAY).holds(tree).rank for one in people] for tree in asked]
    assert Panel([Screener(one, TODAY) for one in people]).truths(asked).tolist() == alone


def test_what_follows_from_other_facts_is_not_shared_with_who_shares_a_fact() -> None:
    long_ago = measured("pregnant", "yes", date="2020-01-01")
    people = [Screener(Patient(sex=sex, facts=(long_ago,)), TODAY) for sex in ("male", "female", None)]
    asked: list[Tree] = [within(is_one("pregnant", "yes"), 4, "wk"), is_one("pregnant", "yes")]
    alone = [[one.holds(tree).rank for one in people] for tree in asked]
    assert Panel(people).truths(asked).tolist() == alone
    assert alone[0] == [0, 1, 1]


def test_patients_of_different_days_are_refused() -> None:
    with pytest.raises(ValueError, match="one day"):
        Panel([Screener(Patient(), TODAY), Screener(Patient(), date(2020, 1, 1))])


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
