"""Criteria texts fall into sections, items and nested lists, with true offsets."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical
from accrual.criteria.split import Item, split
from accrual.criteria.tree import All, Any_, AtLeast, Compare, Group, Not, Opaque, When


def words(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def visit(item: Item) -> None:
        found.append((item.kind[:2], " ".join(text[item.start : item.end].split())))
        for child in item.children:
            visit(child)

    for item in split(text):
        visit(item)
    return found


@pytest.mark.parametrize(
    "mark", ["* ", "- ", "• ", "1. ", "1) ", "(1) ", "a. ", "(a) ", "i. ", "\\- ", "1\\. ", "  * "]
)
def test_bullets_are_taken_off(mark: str) -> None:
    assert words(f"Inclusion Criteria:\n\n{mark}Asthma\n{mark}Stroke") == [("in", "Asthma"), ("in", "Stroke")]


@pytest.mark.parametrize(
    "heading",
    [
        "Exclusion Criteria:",
        "EXCLUSION CRITERIA",
        "Exclusion criteria",
        "Key Exclusion Criteria:",
        "Main exclusion criteria",
        "Exclusion:",
        "* Exclusion Criteria:",
        "Exclusion Criteria for all patients:",
        "**Exclusion Criteria:**",
        "Non-inclusion criteria:",
        "Exclusion Criteria (Non inclusion criteria) :",
        "Patients will be excluded if they have any of these:",
    ],
)
def test_exclusion_headings_open_the_exclusion_section(heading: str) -> None:
    assert words(f"Inclusion Criteria:\n\n* Asthma\n\n{heading}\n\n* Stroke") == [
        ("in", "Asthma"),
        ("ex", "Stroke"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Other protocol-defined inclusion/exclusion criteria may apply",
        "Pregnant women are excluded.",
        "Not meeting inclusion criteria",
        "Additional exclusion criteria may apply",
    ],
)
def test_sentences_about_criteria_are_no_headings(line: str) -> None:
    assert words(f"Inclusion Criteria:\n\n* Asthma\n* {line}\n* Stroke") == [
        ("in", "Asthma"),
        ("in", line),
        ("in", "Stroke"),
    ]


def test_criteria_on_one_line_are_cut_at_semicolons() -> None:
    text = "Inclusion Criteria: Asthma; age over 18; no stroke. Exclusion Criteria: Cancer; Stroke"
    assert words(text) == [
        ("in", "Asthma"),
        ("in", "age over 18"),
        ("in", "no stroke."),
        ("ex", "Cancer"),
        ("ex", "Stroke"),
    ]


def test_lines_broken_at_eighty_columns_are_one_criterion() -> None:
    text = (
        "Inclusion Criteria:\n\n          -  Patients with asthma that has been treated for a long time with\n"
        "             inhaled steroids\n\n          -  Stroke"
    )
    assert words(text)[0] == (
        "in",
        "Patients with asthma that has been treated for a long time with inhaled steroids",
    )
    assert len(words(text)) == 2


def test_plain_lines_are_criteria_of_their_own() -> None:
    assert words("Inclusion Criteria:\nHas asthma\nAge over 18") == [
        ("in", "Has asthma"),
        ("in", "Age over 18"),
    ]


def test_one_of_the_following_owns_its_list() -> None:
    text = "Inclusion Criteria:\n\n* One of the following:\n\n  * ECOG 0-1\n  * Karnofsky ≥ 80\n* Male"
    first, second = compile_text(text)
    assert isinstance(first.tree, Any_)
    assert canonical(first.tree) == "(any (compare ecog (range 0 1)) (compare karnofsky (range 80 _)))"
    assert first.text == text[first.start : first.end]
    assert canonical(second.tree) == "(one_of sex male)"


def test_two_of_the_following_is_at_least_two() -> None:
    text = (
        "Inclusion Criteria:\n\n* At least two of the following:\n  * ECOG 0-1\n  * Male\n  * Age > 60 years"
    )
    (only,) = compile_text(text)
    assert isinstance(only.tree, AtLeast)
    assert only.tree.count == 2


def test_any_of_the_following_in_exclusions_are_exclusions_each() -> None:
    text = "Exclusion Criteria:\n\n* Any of the following:\n  * Pregnant\n  * Age > 60 years"
    assert [canonical(each.tree) for each in compile_text(text)] == [
        "(one_of pregnant yes)",
        "(compare age (range > 60 _ a))",
    ]


def test_a_heading_that_turns_its_list_around_never_demands_what_it_lists() -> None:
    for lead in ("No history of any of the following:", "At least 10 days since prior:", "Must not have:"):
        for each in compile_text(f"Inclusion Criteria:\n\n* {lead}\n  * Leukemia\n  * HIV infection"):
            denied = each.tree.children if isinstance(each.tree, All) else (each.tree,)
            assert all(isinstance(tree, (Opaque, Not)) for tree in denied)


def test_criteria_of_a_cohort_are_of_that_group_and_no_other_is_known() -> None:
    (only,) = compile_text("Inclusion Criteria:\n\nCohort A:\n\n* Age > 60 years")
    assert only.group == Group("cohort", ("a",), closed=False)
    assert only.heading == "Cohort A"


def test_criteria_of_a_part_that_may_ask_more_are_asked_of_nobody_for_sure() -> None:
    (only,) = compile_text("Inclusion Criteria:\n\nAsthmatic subjects:\n\n* Age > 60 years")
    assert isinstance(only.tree, When)
    assert isinstance(only.tree.condition, Opaque)


def test_none_is_no_criterion() -> None:
    assert compile_text("Inclusion Criteria:\n\n* Male\n\nExclusion Criteria:\n\nNone") != ()
    assert [
        each.kind for each in compile_text("Inclusion Criteria:\n\n* Male\n\nExclusion Criteria:\n\nNone")
    ] == ["inclusion"]


def test_empty_text_has_no_criteria() -> None:
    assert compile_text("") == ()
    assert compile_text("Inclusion Criteria:\n\n\nExclusion Criteria:\n\n") == ()


def test_a_list_below_one_of_the_following_is_one_criterion_though_it_is_not_set_in() -> None:
    text = "Inclusion Criteria:\n\nAt least one of the following:\n\n* Stroke\n* Asthma\n* Signed consent\n\nMale"
    first, consent, male = compile_text(text)  # NCT00301392
    assert isinstance(first.tree, Any_)
    assert (consent.text, male.text) == ("Signed consent", "Male")


def test_alternatives_whose_end_is_not_told_are_asked_of_nobody_for_sure() -> None:
    lead = "* Has at least one of the following comorbidities:"
    text = f"Inclusion Criteria:\n\n{lead}\n* Stroke\n* ECOG performance status 0-1"
    _, stroke, ecog = compile_text(text)  # NCT01252810
    assert isinstance(stroke.tree, When)
    assert isinstance(ecog.tree, Compare)


def test_eligible_subtypes_are_alternatives() -> None:
    text = "Inclusion Criteria:\n\n* Male\n* Eligible subtypes:\n  * Adenocarcinoma\n  * Large cell carcinoma"
    _, kinds = compile_text(text)  # NCT00002550
    assert isinstance(kinds.tree, Any_)
    assert not any(isinstance(child, Opaque) for child in kinds.tree.children)


def test_who_is_disqualified_is_excluded() -> None:
    lead = "Participants who meet any of the following criteria will be disqualified from entering the study:"
    (only,) = compile_text(f"Inclusion Criteria:\n\n{lead}\n\n* Stroke")  # NCT06330064
    assert only.kind == "exclusion"
