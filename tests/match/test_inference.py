"""What follows from other facts where nobody stated the answer, and what does not."""

from __future__ import annotations

import pytest
from shorthand import decided, fact, has, holds, is_one, measured, patient

from accrual.match.inference import FOLLOWS
from accrual.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.fixture(autouse=True)
def real_tables(small_vocabulary: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()


@pytest.mark.parametrize(("premise", "value"), [(row[0], row[1]) for row in FOLLOWS])
def test_who_cannot_bear_a_child_is_not_fertile(premise: str, value: str) -> None:
    woman = patient(measured(premise, value), sex="female")
    verdict = decided(is_one("fertile", "yes"), woman)
    assert verdict.holds is NO
    assert verdict.evidence[0].step == f"{premise} is {value}, so fertile is no"


def test_a_fact_of_its_own_comes_first() -> None:
    woman = patient(measured("postmenopausal", "yes"), measured("fertile", "yes"), sex="female")
    assert holds(is_one("fertile", "yes"), woman) is YES


def test_a_man_without_childbearing_potential_may_be_fertile() -> None:
    man = patient(measured("childbearing-potential", "no"), sex="male")
    assert holds(is_one("fertile", "yes"), man) is UNKNOWN


def test_a_man_plans_no_pregnancy_of_his_own() -> None:
    assert holds(is_one("plans-pregnancy", "yes"), patient(sex="male")) is NO
    assert holds(is_one("plans-pregnancy", "yes"), patient(sex="female")) is UNKNOWN


def test_no_menopause_yet_says_nothing_of_fertility() -> None:
    assert holds(is_one("fertile", "yes"), patient(measured("postmenopausal", "no"), sex="female")) is UNKNOWN


def test_the_lasting_of_twins_is_that_of_the_pregnancy() -> None:
    twins = fact("condition", "twin-pregnancy", date="2026-06-01")
    assert holds(has("multiple-pregnancy"), patient(twins)) is YES
    assert (
        holds(has("multiple-pregnancy"), patient(fact("condition", "twin-pregnancy", date="2025-06-01")))
        is UNKNOWN
    )
