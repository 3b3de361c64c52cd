"""Deciding numbers and categories: ages, units, limits of normal, comparators, the latest value."""

from __future__ import annotations

from datetime import date

import pytest
from shorthand import TODAY, born, day, decided, holds, is_one, measured, number, patient, within

from accrual.codes.variables import measure_id
from accrual.criteria.tree import Tree
from accrual.patient.model import Patient, Source
from accrual.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.mark.parametrize(
    ("birth", "today", "expected"),
    [
        ("1961-11-22", date(2026, 11, 22), YES),  # the 65th birthday
        ("1960-11-23", date(2026, 11, 22), YES),  # the last day at 65
        ("1960-11-22", date(2026, 11, 22), NO),  # the 66th birthday
        ("1960-11", date(2026, 11, 22), UNKNOWN),
        ("1960-12", date(2026, 11, 22), YES),
        ("1959", date(2026, 11, 22), NO),
        ("1960-02-29", date(2026, 2, 28), YES),  # the birthday of a leap year has not come on 28 February
    ],
)
def test_up_to_65_years_lasts_the_whole_year(birth: str, today: date, expected: Truth) -> None:
    assert holds(number("age", high=65, unit="a"), born(birth), today) is expected


@pytest.mark.parametrize(
    ("tree", "birth", "expected"),
    [
        (number("age", high=18, unit="a", high_open=True), "2008-11-23", YES),
        (number("age", high=18, unit="a", high_open=True), "2008-11-22", NO),
        (
            number("age", low=18, unit="a", low_open=True),
            "2008-11-21",
            UNKNOWN,
        ),  # exact age, or completed years?
        (number("age", low=18, unit="a", low_open=True), "2008-11-23", NO),
        (number("age", low=18, unit="a", low_open=True), "2007-11-22", YES),
        (number("age", low=6, unit="mo"), "2026-05-22", YES),
        (number("age", low=6, unit="mo"), "2026-05-23", NO),
        (number("age", low=28, unit="d"), "2026-10-25", YES),
        (number("age", low=28, unit="d"), "2026-10-26", NO),
        (number("age", low=2, high=3, unit="wk"), "2026-11-01", YES),
        (number("age", low=2.5, unit="a"), "2024-05-01", YES),
        (number("age", low=2.5, unit="a"), "2024-07-01", NO),
        (number("age", low=18), "2000-01-01", UNKNOWN),  # no unit: nothing is assumed
    ],
)
def test_ages_count_completed_units(tree: Tree, birth: str, expected: Truth) -> None:
    assert holds(tree, born(birth)) is expected


def test_an_age_as_of_a_day_leaves_a_year_of_birthdays() -> None:
    aged = Patient(age_years=17, age_date=day("2026-01-01"))
    assert holds(number("age", low=17, unit="a"), aged) is YES
    assert holds(number("age", low=18, unit="a"), aged) is UNKNOWN
    assert holds(number("age", low=18, unit="a"), Patient(age_years=17, age_date=day("2025-11-22"))) is YES
    assert holds(number("age", low=18, unit="a"), Patient(age_years=17)) is NO
    assert holds(number("age", low=4, unit="mo"), Patient(age_years=0.5)) is YES


def test_an_age_that_nobody_stated_is_unknown_and_asked_for() -> None:
    verdict = decided(number("age", low=18, unit="a"), patient())
    assert verdict.holds is UNKNOWN
    assert [(one.reason, one.about) for one in verdict.missing] == [("no fact", "age")]
    assert verdict.missing[0].question


def test_a_birth_after_today_gives_no_age() -> None:
    assert holds(number("age", high=65, unit="a"), born("2027-01-01")) is UNKNOWN


@pytest.mark.parametrize(
    ("tree", "value", "unit", "expected"),
    [
        (number("hemoglobin", low=80, unit="g/L"), 8.0, "g/dL", YES),
        (number("hemoglobin", low=80, unit="g/L", low_open=True), 8.0, "g/dL", NO),
        (number("hemoglobin", low=80, unit="g/L"), 7.2, "g/dL", NO),
        (number("hemoglobin", low=8, unit="g/dL"), 80, "g/L", YES),
        (number("platelets", low=100_000, unit="/mm3"), 150, "10*9/L", YES),
        (number("creatinine", high=1.5, unit="mg/dL"), 133, "umol/L", NO),
        (number("creatinine", high=1.5, unit="mg/dL"), 132, "umol/L", YES),
        (number("hemoglobin", low=80, unit="g/L"), 7.2, "", UNKNOWN),
        (number("hemoglobin", low=8), 7.2, "g/dL", UNKNOWN),
        (number("hemoglobin", low=80, unit="g/L"), 7.2, "mm[Hg]", UNKNOWN),
    ],
)
def test_values_are_compared_in_one_unit_or_not_at_all(
    tree: Tree, value: float, unit: str, expected: Truth
) -> None:
    assert holds(tree, patient(measured("hemoglobin", value, unit))) is (
        expected if tree.variable == "hemoglobin" else UNKNOWN  # type: ignore[union-attr]
    )
    assert holds(tree, patient(measured(tree.variable, value, unit))) is expected  # type: ignore[union-attr]


def test_the_step_shows_the_conversion_and_the_comparison() -> None:
    verdict = decided(
        number("hemoglobin", low=80, unit="g/L"), patient(measured("hemoglobin", 7.2, "g/dL", "2026-11-01"))
    )
    (proof,) = verdict.evidence
    assert proof.step == "7.2 g/dL = 72 g/L; 72 g/L < 80 g/L"
    assert proof.fact == "hemoglobin 7.2 g/dL (2026-11-01)"
    assert (proof.source, proof.holds) == ("measurements[0]", NO)


@pytest.mark.parametrize(
    ("value", "tree", "step"),
    [
        (1, number("ecog", 0, 1), "0 ≤ 1 ≤ 1"),
        (3, number("ecog", 0, 1), "3 > 1"),
        (0, number("ecog", 1, 2), "0 < 1"),
        (1, number("ecog", 1, 1), "1 = 1"),
        (2, number("ecog", 1, 1), "2 > 1"),
        (2, number("ecog", high=2, high_open=True), "2 ≥ 2"),
        (2, number("ecog", low=2, low_open=True), "2 ≤ 2"),
        (2, number("ecog", low=2), "2 ≥ 2"),
        (2, number("ecog", high=2), "2 ≤ 2"),
    ],
)
def test_a_step_states_a_true_comparison(value: float, tree: Tree, step: str) -> None:
    assert decided(tree, patient(measured("ecog", value))).evidence[0].step == step


def test_multiples_of_the_upper_limit_need_the_laboratorys_own_limit() -> None:
    tree = number("alt", high=2.5, unit="[ULN]")
    assert holds(tree, patient(measured("alt", 60, "U/L", reference_high=40))) is YES
    assert holds(tree, patient(measured("alt", 101, "U/L", reference_high=40))) is NO
    verdict = decided(tree, patient(measured("alt", 60, "U/L")))
    assert verdict.holds is UNKNOWN
    assert verdict.missing[0].reason == "not precise enough"
    assert (
        holds(
            number("hemoglobin", low=1, unit="[LLN]"),
            patient(measured("hemoglobin", 9, "g/dL", reference_low=12)),
        )
        is NO
    )


@pytest.mark.parametrize(
    ("comparator", "tree", "expected"),
    [
        ("<", number("crp", high=5, unit="mg/L"), YES),
        ("<", number("crp", high=5, unit="mg/L", high_open=True), YES),
        ("<=", number("crp", high=5, unit="mg/L", high_open=True), UNKNOWN),
        ("<", number("crp", low=5, unit="mg/L"), NO),
        ("<=", number("crp", low=5, unit="mg/L"), UNKNOWN),
        ("<", number("crp", high=3, unit="mg/L"), UNKNOWN),
        (">", number("crp", low=5, unit="mg/L", low_open=True), YES),
        (">=", number("crp", low=5, unit="mg/L", low_open=True), UNKNOWN),
        (">", number("crp", high=5, unit="mg/L"), NO),
        (">", number("crp", low=1, high=9, unit="mg/L"), UNKNOWN),
    ],
)
def test_less_than_five_is_an_interval(comparator: str, tree: Tree, expected: Truth) -> None:
    assert holds(tree, patient(measured("crp", 5, "mg/L", comparator=comparator))) is expected


def test_the_latest_value_counts_and_later_than_today_does_not() -> None:
    tree = number("ecog", 0, 1)
    old, new = measured("ecog", 2, date="2026-01-01"), measured("ecog", 1, date="2026-11-01")
    assert holds(tree, patient(old, new)) is YES
    assert holds(tree, patient(new, old)) is YES
    future = measured("ecog", 3, date="2026-12-01")
    assert holds(tree, patient(new, future)) is YES
    verdict = decided(tree, patient(future))
    assert verdict.holds is UNKNOWN
    assert verdict.evidence[0].step == "dated 2026-12-01, after 2026-11-22: not used"


def test_values_of_one_day_that_disagree_are_a_conflict() -> None:
    tree = number("ecog", 0, 1)
    verdict = decided(
        tree, patient(measured("ecog", 1, date="2026-11-01"), measured("ecog", 2, date="2026-11-01"))
    )
    assert verdict.holds is UNKNOWN
    assert verdict.missing[0].reason == "conflict"
    assert len(verdict.evidence) == 2
    same = patient(measured("ecog", 0, date="2026-11-01"), measured("ecog", 1, date="2026-11-01"))
    assert holds(tree, same) is YES


def test_a_month_may_be_later_than_a_day_in_it() -> None:
    tree = number("ecog", 0, 1)
    assert (
        holds(tree, patient(measured("ecog", 1, date="2026-11-10"), measured("ecog", 2, date="2026-11")))
        is UNKNOWN
    )
    assert (
        holds(tree, patient(measured("ecog", 1, date="2026-11-10"), measured("ecog", 2, date="2026-10")))
        is YES
    )
    assert holds(tree, patient(measured("ecog", 1, date="2026-11-10"), measured("ecog", 2))) is UNKNOWN


def test_a_value_outside_a_window_or_without_a_date_is_not_used() -> None:
    tree = within(number("hemoglobin", low=80, unit="g/L"), 14, "d")
    assert holds(tree, patient(measured("hemoglobin", 9, "g/dL", "2026-11-08"))) is YES
    assert holds(tree, patient(measured("hemoglobin", 7, "g/dL", "2026-11-08"))) is NO
    assert holds(tree, patient(measured("hemoglobin", 9, "g/dL", "2026-11-07"))) is UNKNOWN
    assert holds(tree, patient(measured("hemoglobin", 7, "g/dL", "2026-11-07"))) is UNKNOWN
    assert holds(tree, patient(measured("hemoglobin", 9, "g/dL"))) is UNKNOWN
    old_and_new = patient(
        measured("hemoglobin", 7, "g/dL", "2025-01-01"), measured("hemoglobin", 9, "g/dL", "2026-11-20")
    )
    assert holds(tree, old_and_new) is YES


def test_ecog_and_karnofsky_are_not_turned_into_each_other() -> None:
    assert holds(number("ecog", 0, 1), patient(measured("karnofsky", 100))) is UNKNOWN
    assert holds(number("karnofsky", 70, 100), patient(measured("ecog", 0))) is UNKNOWN


def test_sex_is_yes_no_or_unknown() -> None:
    assert holds(is_one("sex", "female"), Patient(sex="female")) is YES
    assert holds(is_one("sex", "female"), Patient(sex="male")) is NO
    assert holds(is_one("sex", "female"), Patient()) is UNKNOWN


def test_recorded_sex_male_answers_pregnancy_unless_a_fact_says_otherwise() -> None:
    man = Patient(sex="male", sex_source=Source("sex"))
    verdict = decided(is_one("pregnant", "yes"), man, "exclusion")
    assert verdict.holds is NO
    assert verdict.evidence[0].step == "recorded sex is male, so pregnant is no"
    assert holds(is_one("pregnant", "yes"), Patient(sex="male", facts=(measured("pregnant", "yes"),))) is YES
    assert holds(is_one("pregnant", "yes"), Patient(sex="female")) is UNKNOWN
    assert holds(is_one("pregnancy-test", "negative"), man) is UNKNOWN


def test_a_language_spoken_does_not_deny_another() -> None:
    speaks = patient(measured("language", "spanish"))
    assert holds(is_one("language", "spanish"), speaks) is YES
    assert holds(is_one("language", "english"), speaks) is UNKNOWN


@pytest.mark.parametrize(
    ("held", "asked", "expected"),
    [
        ("negative", "negative", Truth.YES),
        ("negative", "positive", Truth.NO),
        ("negative", "low", Truth.UNKNOWN),
        ("low", "negative", Truth.UNKNOWN),
        ("low", "positive", Truth.NO),
        ("positive", "low", Truth.NO),
    ],
)
def test_a_negative_her2_may_be_low(held: str, asked: str, expected: Truth) -> None:
    tree = is_one("her2-status", asked)
    assert holds(tree, patient(measured("her2-status", held))) is expected


def test_consent_comes_only_from_a_statement() -> None:
    assert holds(is_one("consent", "yes"), patient()) is UNKNOWN
    assert holds(is_one("consent", "yes"), patient(measured("consent", "yes"))) is YES
    assert holds(is_one("consent", "yes"), patient(measured("consent", "no"))) is NO


def test_a_variable_that_the_table_lacks_is_unknown() -> None:
    assert holds(number("no-such-thing", 1, 2), patient()) is UNKNOWN
    assert holds(is_one("no-such-thing", "yes"), patient()) is UNKNOWN


def test_today_is_the_only_clock() -> None:
    assert holds(number("age", low=18, unit="a"), born("2008-11-22"), TODAY) is YES
    assert holds(number("age", low=18, unit="a"), born("2008-11-22"), date(2026, 11, 21)) is NO


def test_what_has_no_row_is_decided_by_a_fact_of_the_same_words_only() -> None:
    clearance = number(measure_id("Iothalamate clearance"), low=70, unit="mL/min")
    same = measured("text|iothalamate-clearance", 1.0, "mL/s")
    other = measured("creatinine-clearance", 90, "mL/min")
    unlike = measured("text|iothalamate-clearance", 90, "mL")
    assert holds(clearance, Patient(facts=(same,))) is NO
    assert holds(clearance, Patient(facts=(other,))) is UNKNOWN
    assert holds(clearance, Patient(facts=(unlike,))) is UNKNOWN
