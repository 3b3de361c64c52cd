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
