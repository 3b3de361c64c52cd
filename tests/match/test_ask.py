"""The question that decides most comes first, and its answer is decided at once."""

from __future__ import annotations

import pytest
from shorthand import TODAY, fact, has, is_one, measured, number, trial, within

from accrual.criteria.tree import CompiledTrial, Not, Opaque
from accrual.match.ask import questions
from accrual.match.evaluate import Screener
from accrual.patient.model import Patient

NOBODY = Patient()


def asked(*trials: CompiledTrial, of: Patient = NOBODY, skip: tuple[str, ...] = ()) -> list[str]:
    return [question.about for question in questions(Screener(of, TODAY), trials, top=9, skip=skip)]


def test_what_more_trials_ask_comes_first() -> None:
    diabetes, cancer = trial(("inclusion", has("diabetes"))), trial(("inclusion", has("cancer")))
    assert asked(diabetes, cancer, cancer) == ["concept/cancer", "concept/diabetes"]


def test_what_is_needed_comes_before_what_few_have() -> None:
    assert asked(trial(("exclusion", has("diabetes"))), trial(("inclusion", has("cancer")))) == [
        "concept/cancer",
        "concept/diabetes",
    ]


def test_among_equals_what_is_easy_to_know_comes_first() -> None:
    laboratory, state = number("hemoglobin", 9, None, "g/dL"), is_one("smoker", "never")
    assert asked(trial(("inclusion", laboratory), ("inclusion", state))) == ["smoker", "hemoglobin"]


def test_whether_the_patient_is_willing_is_asked_last() -> None:
    consent, cancer = ("inclusion", is_one("consent", "yes")), ("exclusion", has("cancer"))
    assert asked(*[trial(consent)] * 3, trial(cancer)) == ["consent", "concept/cancer"]
    assert asked(trial(consent), trial(cancer)) == ["concept/cancer", "consent"]


def test_nothing_is_asked_of_a_trial_that_is_ruled_out_or_of_what_is_known() -> None:
    known = Patient(facts=(fact("condition", "cancer"),))
    assert asked(trial(("exclusion", has("cancer")), ("inclusion", has("diabetes"))), of=known) == []
    assert asked(trial(("inclusion", has("cancer")), ("inclusion", has("diabetes"))), of=known) == [
        "concept/diabetes"
    ]


def test_what_cannot_change_the_criterion_is_not_asked() -> None:
    unread = Opaque(text="words")
    assert asked(trial(("inclusion", unread))) == []
    assert asked(trial(("inclusion", has("cancer")), ("inclusion", unread))) == ["concept/cancer"]


def test_a_question_that_was_skipped_is_not_asked_again() -> None:
    assert asked(trial(("inclusion", has("cancer"))), skip=("concept/cancer",)) == []


def test_one_question_stands_for_the_thing_in_all_its_times() -> None:
    (question,) = questions(
        Screener(NOBODY, TODAY),
        [trial(("exclusion", has("cancer", "active"))), trial(("exclusion", within(has("cancer"), 5, "a")))],
    )
    assert (question.about, question.trials, question.rules_out) == ("concept/cancer", 2, 2)
    assert question.text == "Do you have, or have you ever had, cancer?"
    assert question.choices == ("yes, now", "in the past", "never")


@pytest.mark.parametrize(
    ("criterion", "kind", "unit"),
    [
        (number("hemoglobin", 9, None, "g/dL"), "number", "g/dL"),
        (is_one("consent", "yes"), "choice", ""),
        (has("cancer", "family-history"), "yes-no", ""),
    ],
)
def test_a_question_says_how_it_is_answered(criterion: object, kind: str, unit: str) -> None:
    (question,) = questions(Screener(NOBODY, TODAY), [trial(("inclusion", criterion))])  # type: ignore[arg-type]
    assert (question.kind, question.unit) == (kind, unit)


def test_a_demand_turned_around_asks_the_same() -> None:
    turned = trial(("exclusion", Not(child=has("cancer"))))
    straight = trial(("inclusion", has("cancer")))
    both = [questions(Screener(NOBODY, TODAY), [one])[0] for one in (turned, straight)]
    assert both[0] == both[1]


def test_a_value_that_is_too_old_is_context_and_not_asked_as_if_unknown() -> None:
    old = Patient(facts=(measured("hemoglobin", 9.5, "g/dL", date="2020-01-01"),))
    assert asked(trial(("inclusion", number("hemoglobin", 9, None, "g/dL"))), of=old) == ["hemoglobin"]
