"""Requirements that nobody can meet together are of groups, and each is asked of its own."""

from __future__ import annotations

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical


def trees(*lines: str) -> list[str]:
    text = "Inclusion Criteria:\n\n" + "\n".join(f"* {line}" for line in lines)
    return [canonical(each.tree) for each in compile_text(text)]


def test_requirements_for_each_sex_are_asked_of_that_sex() -> None:
    assert trees("Female patients aged 18 to 40 years", "Male patients with asthma") == [
        "(when (one_of sex female) (compare age (range 18 40 a)))",
        '(when (one_of sex male) (present asthma "asthma"))',
    ]


def test_a_bare_group_beside_the_other_asks_nothing() -> None:
    assert trees("Female patients", "Male patients") == [
        '(opaque "Female patients")',
        '(opaque "Male patients")',
    ]


def test_a_demand_on_one_sex_alone_stays() -> None:
    assert trees("Female patients", "Asthma") == ["(one_of sex female)", '(present asthma "asthma")']


def test_having_it_and_not_having_it_are_two_groups() -> None:
    assert trees("NSCLC patients", "Patients without NSCLC", "Age > 18 years") == [
        '(opaque "NSCLC patients")',
        '(opaque "Patients without NSCLC")',
        "(compare age (range > 18 _ a))",
    ]
    assert trees("No CNS leukemia", "CNS leukemia without symptoms") == [
        '(opaque "No CNS leukemia")',
        '(when (present cns-leukemia "central nervous system leukemia") (opaque "without symptoms"))',
    ]


def test_another_claim_about_the_same_thing_stays() -> None:
    assert trees("History of stroke", "No stroke within 3 months") == [
        '(present stroke "stroke" history)',
        '(not (within (present stroke "stroke") (before (range 0 3 mo) enrollment)))',
    ]


def test_the_status_without_leukemia_cells_repeats_a_denial() -> None:
    assert trees("No detectable leukaemia in the CSF (CNS-1)") == [
        '(not (present cns-leukemia "central nervous system leukemia"))'
    ]
    assert "opaque" in trees("No leukaemia in the CSF (CNS-2)")[0]
