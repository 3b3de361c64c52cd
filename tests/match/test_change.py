"""What would have to change: the criteria in the way, the fewest of them, and the day on which time has moved them."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shorthand import TODAY, day, fact, has, is_one, measured, number, trial, within

from accrual.basic import Interval
from accrual.criteria.tree import All, Any_, AtLeast, Compare, CompiledTrial, Group, Not, Tree, When
from accrual.match.change import change, fewest
from accrual.match.evaluate import Screener
from accrual.match.later import Later
from accrual.match.verdict import Change
from accrual.patient.model import Patient
from accrual.truth import Truth


def changed(patient: Patient, compiled: CompiledTrial) -> Change:
    found = change(Screener(patient, TODAY), compiled)
    assert found is not None
    return found


def alone(patient: Patient, tree: Tree, kind: str = "exclusion") -> tuple[date | None, bool]:
    """The day and the permanence of a trial of one criterion."""
    (obstacle,) = changed(patient, trial((kind, tree))).obstacles  # type: ignore[arg-type]
    return obstacle.day, obstacle.lasting


def holding(*facts: object, **more: object) -> Patient:
    return Patient(facts=facts, **more)  # type: ignore[arg-type]


WARFARIN = fact("drug", "warfarin", date="2026-11-01", end="2026-11-16")


def test_a_washout_ends_on_the_day_after_its_last() -> None:
    # Stopped on 16 November; the 28th day after it is 14 December and still counts.
    assert alone(holding(WARFARIN), within(has("warfarin"), 4, "wk")) == (date(2026, 12, 15), False)


def test_a_month_is_over_when_its_shortest_reading_is() -> None:
    assert alone(holding(WARFARIN), within(has("warfarin"), 1, "mo")) == (date(2026, 12, 15), False)


def test_an_age_is_reached_on_the_birthday() -> None:
    child = Patient(birth_date=day("2009-03-01"))
    assert alone(child, number("age", 18, None, "a"), "inclusion") == (date(2027, 3, 1), False)


def test_who_is_too_old_is_ruled_out_for_good() -> None:
    assert alone(Patient(birth_date=day("1940-03-01")), number("age", 18, 65, "a"), "inclusion") == (
        None,
        True,
    )


def test_an_age_without_a_day_grows_too() -> None:
    boy = Patient(age_years=17)
    found, lasting = alone(boy, number("age", 18, None, "a"), "inclusion")
    assert found is not None
    assert not lasting
    assert found <= TODAY + timedelta(days=366)


def test_a_history_lasts_and_a_drug_that_is_taken_does_not() -> None:
    patient = holding(fact("drug", "warfarin", date="2026-10-01"), fact("condition", "cancer", date="2020"))
    assert alone(patient, has("cancer", "history")) == (None, True)
    assert alone(patient, has("warfarin")) == (None, False)
    assert alone(patient, within(has("warfarin"), 4, "wk")) == (None, False)


def test_an_order_goes_on_though_it_grows_old() -> None:
    order = msgspec.structs.replace(fact("drug", "warfarin", date="2026-01-01"), order=True)
    assert alone(holding(order), within(has("warfarin"), 4, "wk")) == (None, False)


def test_a_condition_that_goes_on_does_not_leave_its_window() -> None:
    cancer = fact("condition", "cancer", date="2026-01-01")
    assert alone(holding(cancer), within(has("cancer"), 5, "a")) == (None, False)
    over = fact("condition", "cancer", date="2026-01-01", end="2026-06-01")
    assert alone(holding(over), within(has("cancer"), 5, "a")) == (date(2031, 6, 2), False)


def test_a_value_that_grows_old_is_no_matter_of_time() -> None:
    low = measured("hemoglobin", 60, "g/L", date="2026-11-20")
    assert alone(holding(low), number("hemoglobin", 80, None, "g/L"), "inclusion") == (None, False)
    assert alone(holding(low), within(number("hemoglobin", None, 80, "g/L"), 2, "wk")) == (None, False)


def test_a_denial_that_grows_old_is_no_matter_of_time() -> None:
    denial = msgspec.structs.replace(fact("condition", "hepatitis-b", date="2026-11-22"), asserted=False)
    assert alone(holding(denial), within(has("hepatitis-b"), 6, "mo"), "inclusion") == (None, False)


def test_a_plan_does_not_come_true_by_waiting() -> None:
    patient = holding(WARFARIN, fact("drug", "warfarin", date="2026-12-01", end="2027-03-01"))
    assert alone(patient, within(has("warfarin"), 4, "wk"))[0] == date(2026, 12, 15)


def test_the_whole_is_open_when_all_of_it_is() -> None:
    patient = holding(WARFARIN, birth_date=day("2009-03-01"))
    both = trial(("inclusion", number("age", 18, None, "a")), ("exclusion", within(has("warfarin"), 4, "wk")))
    found = changed(patient, both)
    assert [one.day for one in found.obstacles] == [date(2027, 3, 1), date(2026, 12, 15)]
    assert (found.day, found.lasting) == (date(2027, 3, 1), False)
    # He turns 17 before the washout of a year is over, and then is too old.
    late = trial(
        ("inclusion", number("age", 10, 17, "a", high_open=False)),
        ("exclusion", within(has("warfarin"), 2, "a")),
    )
    assert changed(patient, late).day is None


def test_nothing_is_said_where_nothing_rules_the_patient_out() -> None:
    assert change(Screener(Patient(), TODAY), trial(("inclusion", has("cancer")))) is None


def test_of_alternatives_the_fewest_have_to_change() -> None:
    patient = holding(
        WARFARIN,
        fact("condition", "cancer"),
        measured("hemoglobin", 60, "g/L", date="2026-11-20"),
        sex="male",
    )
    screener = Screener(patient, TODAY)
    woman, rich = is_one("sex", "female"), number("hemoglobin", 80, None, "g/L")
    no_cancer = Not(child=has("cancer"))
    assert fewest(Any_(children=(All(children=(woman, rich)), no_cancer)), screener) == (has("cancer"),)
    assert fewest(All(children=(woman, no_cancer)), screener) == (woman, has("cancer"))
    assert fewest(AtLeast(count=2, children=(woman, rich, no_cancer)), screener) == (woman, rich)
    assert fewest(When(condition=has("cancer"), then=woman), screener) == (has("cancer"),)
    assert fewest(has("cancer"), screener) == ()


def test_of_groups_the_nearest_stands_for_its_kind() -> None:
    compiled = trial(
        ("inclusion", has("cancer")), ("inclusion", is_one("sex", "female")), ("exclusion", has("diabetes"))
    )
    names = ("a", "a", "b")
    criteria = tuple(
        msgspec.structs.replace(one, group=Group("cohort", (name,), closed=True))
        for one, name in zip(compiled.criteria, names, strict=True)
    )
    no_cancer = msgspec.structs.replace(fact("condition", "cancer"), asserted=False)
    patient = holding(no_cancer, fact("condition", "diabetes"), sex="male")
    found = changed(patient, msgspec.structs.replace(compiled, criteria=criteria))
    assert [one.group.names for one in found.obstacles if one.group] == [("b",)]


dates = st.dates(TODAY - timedelta(days=200), TODAY)


@st.composite
def timed(draw: st.DrawFn) -> tuple[Patient, Tree]:
    """A patient and a demand of windows and ages that may rule him out."""
    facts = []
    for _ in range(draw(st.integers(1, 3))):
        began = draw(dates)
        ended = draw(st.none() | st.dates(began, TODAY))
        name = draw(st.sampled_from(("warfarin", "prednisone")))
        facts.append(fact("drug", name, date=began.isoformat(), end=ended and ended.isoformat()))
    parts: list[Tree] = []
    for _ in range(draw(st.integers(1, 3))):
        unit, most = draw(st.sampled_from((("d", 150), ("wk", 20), ("mo", 5))))
        name = draw(st.sampled_from(("warfarin", "steroid")))
        parts.append(Not(child=within(has(name), draw(st.integers(1, most)), unit)))
    low = draw(st.sampled_from((None, 17, 18, 17.5)))
    if low is not None:
        parts.append(Compare(variable="age", interval=Interval(low, unit="a")))
    join = draw(st.sampled_from((All, Any_)))
    born = draw(st.dates(date(2007, 1, 1), date(2010, 12, 31)))
    written = born.isoformat()[: draw(st.sampled_from((4, 7, 10)))]
    return Patient(facts=tuple(facts), birth_date=day(written)), join(children=tuple(parts))


@settings(max_examples=150, deadline=None)
@given(timed())
def test_on_its_day_it_is_no_longer_in_the_way_and_on_the_day_before_it_is(
    case: tuple[Patient, Tree],
) -> None:
    patient, tree = case
    found = Later(Screener(patient, TODAY)).opens(tree)
    if found is not None:
        assert Screener(patient, found).holds(tree) is not Truth.NO
        every = (TODAY + timedelta(days=more) for more in range((found - TODAY).days))
        assert all(Screener(patient, before).holds(tree) is Truth.NO for before in every)
    elif Screener(patient, TODAY).holds(tree) is Truth.NO:
        # Nothing of three years: what is still in the way then is something that goes on.
        assert Screener(patient, TODAY + timedelta(days=1100)).holds(tree) is Truth.NO


@pytest.mark.parametrize("text", ["2008-02-29", "2008-02", "2008"])
def test_leap_days_and_partial_birth_dates_have_their_day(text: str) -> None:
    patient = Patient(birth_date=day(text))
    tree = number("age", 20, None, "a")
    found = Later(Screener(patient, TODAY)).opens(tree)
    assert found is not None
    assert Screener(patient, found).holds(tree) is not Truth.NO
    assert Screener(patient, found - timedelta(days=1)).holds(tree) is Truth.NO
