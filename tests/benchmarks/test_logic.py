"""Trees are compared by the verdicts they give."""

from __future__ import annotations

import pytest

import logic
from accrual.criteria.render import parse_canonical

ADULT = "(compare age (range 18 _ a))"
ASTHMA = '(present asthma "asthma")'


@pytest.mark.parametrize(
    ("gold", "ours", "outcome"),
    [
        (ADULT, ADULT, "same"),
        (ADULT, '(opaque "adults")', "safe"),
        (ADULT, "(compare age (range > 18 _ a))", "flip"),
        (ADULT, "(compare age (range 216 _ mo))", "same"),  # the same age, said otherwise
        (ADULT, f'(all {ADULT} (opaque "and well"))', "safe"),
        (f"(all {ADULT} {ASTHMA})", f"(any {ADULT} {ASTHMA})", "flip"),
        (ASTHMA, f"(not {ASTHMA})", "flip"),
        ('(opaque "some words")', '(opaque "other words")', "same"),
        ("(one_of sex female)", "(one_of sex male)", "flip"),
        ("(one_of sex female)", "(one_of sex female male)", "flip"),
        (ASTHMA, '(present asthma "asthma" active)', "flip"),
        (f'(any {ASTHMA} (present asthma "asthma" active))', ASTHMA, "same"),  # active asthma is asthma
        (f'(any {ASTHMA} (present asthma "asthma" history))', ASTHMA, "flip"),
        ("(when (one_of sex female) (one_of pregnant no))", "(one_of pregnant no)", "flip"),
        (
            '(within (present asthma "asthma" history) (before (range 0 1 a) enrollment))',
            '(within (present asthma "asthma") (before (range 0 1 a) enrollment))',
            "same",
        ),
        ('(all (opaque "a") (opaque "b"))', '(opaque "a and b")', "same"),
        ('(present x "Made-up illness")', '(present y "made-up illness")', "same"),
    ],
)  # fmt: skip
def test_a_tree_stands_to_the_gold_one(gold: str, ours: str, outcome: str) -> None:
    assert logic.compare(parse_canonical(gold), parse_canonical(ours)) == outcome


def test_a_concept_is_the_same_under_any_of_its_names() -> None:
    gold = parse_canonical('(present anything "high blood pressure")')
    assert logic.compare(gold, parse_canonical('(present hypertension "hypertension")')) == "same"


def test_many_leaves_are_sampled_and_a_common_flip_is_found() -> None:
    leaves = " ".join(f'(present made-up-{each} "made up {each}")' for each in range(30))
    gold, ours = parse_canonical(f"(any {leaves})"), parse_canonical(f"(all {leaves})")
    assert logic.compare(gold, ours) == "flip"
    assert logic.compare(gold, parse_canonical(f'(any {leaves} (opaque "x"))')) == "safe"
