"""Groups of a trial: which headings name one, what the trial then asks for, and when groups may rule out."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.groups import demands, named_group
from accrual.criteria.render import canonical
from accrual.criteria.tree import CompiledTrial, Group


@pytest.mark.parametrize(
    ("heading", "kind", "names"),
    [
        ("Cohort A", "cohort", ("a",)),
        ("Additional Inclusion Criteria for Subjects in Part II", "part", ("ii",)),  # NCT00411814
        ("Inclusion Criteria (Phase II)", "phase", ("ii",)),  # NCT01058655
        ("Part 1 and 2", "part", ("1", "2")),  # NCT02082977
        ("Inclusion Criteria for Controls", "population", ("controls",)),  # NCT00813748
        ("DONOR", "other people", ("donor",)),  # NCT00001647
        ("MSC donors Inclusion criteria", "other people", ("msc donors",)),  # NCT04445454
    ],
)
def test_a_heading_of_a_kind_and_its_sign_or_of_a_known_population_names_a_group(
    heading: str, kind: str, names: tuple[str, ...]
) -> None:
    assert named_group(heading) == Group(kind, names)


@pytest.mark.parametrize(
    "heading",
    [
        "Chronic phase",
        "Part A: Healthy subjects",
        "Stage 1",
        "Study eye",
        "CKD Subjects",
        "Cohort",
        "Group B strep",
    ],
)
def test_a_heading_that_may_ask_for_something_itself_names_no_group(heading: str) -> None:
    assert named_group(heading) is None


def asked(text: str) -> list[str]:
    return [canonical(tree) for tree in demands(CompiledTrial("NCT00000001", compile_text(text)))]


TWO = "Inclusion Criteria:\n\n* ECOG 0-1\n\nCohort A:\n\n* Age > 60 years\n\nCohort B:\n\n* Age < 18 years\n"


def test_of_groups_one_is_enough() -> None:
    assert asked(TWO) == [
        "(compare ecog (range 0 1))",
        "(any (all (compare age (range > 60 _ a))) (all (compare age (range _ < 18 a))))",
    ]


@pytest.mark.parametrize(
    "more",
    [
        "\nExclusion Criteria:\n\n* Asthma, in Cohort C",  # another is spoken of
        "\nCohort D:\n\n* Male",  # one is left out
        "\nExclusion Criteria:\n\nCohort C:\n\n* Male",  # one has no requirement
    ],
)
def test_where_another_group_may_exist_the_groups_never_rule_out(more: str) -> None:
    assert asked(TWO + more)[-1].endswith('(opaque "another cohort"))')


def test_a_group_named_alone_never_rules_out() -> None:
    assert asked("Inclusion Criteria:\n\nPart 2 only:\n\n* Age > 60 years") == [
        '(any (all (compare age (range > 60 _ a))) (opaque "another part"))'
    ]


def test_nobody_fits_healthy_controls_for_sure() -> None:
    text = "Inclusion Criteria:\n\nPatients:\n\n* Asthma\n\nHealthy controls:\n\n* Age > 60 years"
    (groups,) = asked(text)
    assert '(all (compare age (range > 60 _ a)) (opaque "controls"))' in groups
    assert "another" not in groups


def test_what_is_asked_of_donors_is_not_asked_of_the_patient() -> None:
    text = "Inclusion Criteria:\n\n* ECOG 0-1\n\nDonor:\n\n* Age > 60 years"
    assert asked(text) == ["(compare ecog (range 0 1))"]


def test_patients_alone_are_no_group() -> None:
    assert compile_text("Inclusion Criteria:\n\nPatients:\n\n* ECOG 0-1")[0].group is None


def test_sections_below_the_name_of_a_group_are_of_that_group() -> None:
    text = (
        "Cohort A\n\nInclusion Criteria:\n\n* Age > 60 years\n\nExclusion Criteria:\n\n* Stroke\n\n"
        "Cohort B\n\nInclusion Criteria:\n\n* Age < 18 years"
    )
    found = [(each.text, each.group and each.group.names) for each in compile_text(text)]
    assert found == [("Age > 60 years", ("a",)), ("Stroke", ("a",)), ("Age < 18 years", ("b",))]


def test_a_heading_inside_a_group_stays_in_it() -> None:
    text = "Inclusion Criteria for Cohort 1:\n\nLaboratory values:\n\n* Hemoglobin ≥ 9 g/dL"
    (only,) = compile_text(text)
    assert only.group == Group("cohort", ("1",))
