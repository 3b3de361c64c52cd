"""Each lint fires where it should, and is silent on a neighbour that is sound."""

from __future__ import annotations

import pytest

from accrual.basic import Interval
from accrual.criteria.check import CHECKS, Finding, check
from accrual.criteria.compile import compile_trial
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    Criterion,
    Not,
    OneOf,
    Tree,
)

ECOG = Compare(variable="ecog", interval=Interval(0, 1))
PREGNANT = OneOf(variable="pregnant", values=("yes",))


def found(trial: CompiledTrial, rule: str) -> list[Finding]:
    return [finding for finding in check(trial) if finding.rule == rule]


def text(inclusion: str, exclusion: str = "", **fields: str) -> CompiledTrial:
    """A trial of bullets; lines are separated by " | "."""
    parts = []
    for name, lines in (("Inclusion", inclusion), ("Exclusion", exclusion)):
        if lines:
            parts.append(f"{name} Criteria:\n\n" + "\n".join(f"* {line}" for line in lines.split(" | ")))
    return compile_trial(nct_id="NCT90000001", criteria_text="\n\n".join(parts), **fields)  # type: ignore[arg-type]


def made(*trees: Tree, kind: str = "inclusion") -> CompiledTrial:
    return CompiledTrial(
        "NCT90000001",
        tuple(
            Criterion("inclusion" if kind == "inclusion" else "exclusion", "x", 0, 1, tree) for tree in trees
        ),
    )


CASES: list[tuple[str, str, CompiledTrial, CompiledTrial]] = [
    (
        "contradictory-bounds", "error",
        text("ECOG 0-1", "Age < 18 years and age > 65 years"),
        text("ECOG 0-1", "Age > 18 years and age < 65 years"),
    ),
    ("impossible-value", "error", made(Compare(variable="ecog", interval=Interval(None, 90))), made(ECOG)),
    ("inclusion-is-exclusion", "error", text("Pregnant women", "Pregnancy"), text("Pregnant women", "Breastfeeding")),
    ("said-twice", "note", text("ECOG 0-1 | ECOG 0 or 1"), text("ECOG 0-1 | ECOG 0-2")),
    (
        "too-many-needed", "error",
        made(AtLeast(count=3, children=(ECOG, PREGNANT))),
        made(AtLeast(count=2, children=(ECOG, PREGNANT))),
    ),
    ("negated-exclusion", "warning", made(Not(child=PREGNANT), kind="exclusion"), made(Not(child=PREGNANT))),
    (
        "exclusion-repeats-inclusion", "note",
        text("Age 18 years or older", "Age under 18 years"),
        text("Age 18 years or older", "Age over 65 years"),
    ),
    (
        "field-disagrees", "error",
        text("Age over 70 years", maximum_age="65 Years"),
        text("Age 18 to 65 years", minimum_age="18 Years", maximum_age="65 Years"),
    ),
    (
        "field-disagrees", "warning",
        text("Age 18 to 75 years", maximum_age="65 Years"),
        text("Age 18 years or older", minimum_age="18 Years", maximum_age="65 Years"),
    ),
    (
        "unit-does-not-fit", "warning",
        text("Hemoglobin at least 9 mmHg"),
        text("Hemoglobin at least 9 g/dL"),
    ),
    ("empty-section", "note", text("ECOG 0-1"), text("ECOG 0-1", "Pregnancy")),
    ("empty-group", "error", made(All(children=())), made(Any_(children=(ECOG, PREGNANT)))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "severity", "firing", "silent"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES]
)
def test_a_check_fires_and_is_silent(
    rule: str, severity: str, firing: CompiledTrial, silent: CompiledTrial
) -> None:
    assert [finding.severity for finding in found(firing, rule)] == [severity]
    assert found(silent, rule) == []


def test_every_check_has_a_firing_and_a_silent_case() -> None:
    assert {rule.__name__.replace("_", "-") for rule in CHECKS} == {case[0] for case in CASES}


def test_a_sound_trial_is_left_alone() -> None:
    assert check(text("ECOG 0-1 | Age 18-65 years", "Pregnancy")) == ()


def test_an_empty_text_has_nothing_to_look_at() -> None:
    assert check(CompiledTrial("NCT90000001")) == ()
