"""A trial with groups: one of a kind is enough, all must fail to rule out, other people's criteria do not count."""

from __future__ import annotations

import pytest
from shorthand import TODAY, born, number

from accrual.criteria.tree import CompiledTrial, Criterion, Group
from accrual.match.evaluate import screen
from accrual.match.verdict import Screening, tally
from accrual.plain.screening import groups, verdict_reason
from accrual.truth import Truth

OLD, YOUNG = number("age", 60, None, "a"), number("age", None, 18, "a", high_open=True)


def of(birth: str, closed: bool = True) -> Screening:
    criteria = (
        Criterion("inclusion", "old", 0, 3, OLD, "Cohort A", Group("cohort", ("a",), closed)),
        Criterion("inclusion", "young", 4, 9, YOUNG, "Cohort B", Group("cohort", ("b",), closed)),
        Criterion("inclusion", "old", 10, 13, OLD, "Donor", Group("other people", ("donor",))),
    )
    return screen(CompiledTrial("NCT00000001", criteria), born(birth), TODAY)


@pytest.mark.parametrize(
    ("birth", "closed", "verdict"),
    [
        ("1950-01-01", True, "eligible"),
        ("2015-01-01", True, "eligible"),
        ("1990-01-01", True, "ineligible"),
        ("1990-01-01", False, "undetermined"),
    ],
)
def test_one_group_is_enough_and_only_all_of_them_rule_out(birth: str, closed: bool, verdict: str) -> None:
    assert of(birth, closed).verdict == verdict


def test_the_groups_of_a_kind_count_as_one_and_the_donor_as_none() -> None:
    found = tally(of("1990-01-01"))
    assert (found.met, found.unmet, found.unknown) == (0, 1, 0)


def test_nothing_is_decided_of_a_donor() -> None:
    donor = of("1950-01-01").criteria[-1]
    assert donor.holds is Truth.UNKNOWN
    assert donor.missing == ()


def test_each_group_stands_under_its_name() -> None:
    screening = of("1990-01-01")
    assert [group.title for group in groups(screening)] == [
        "Cohort A: one cohort that fits is enough",
        "Cohort B: one cohort that fits is enough",
        "Donor: not asked of the patient",
    ]
    assert verdict_reason(screening) == "1 requirement rules this patient out."
