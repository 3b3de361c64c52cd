"""Lead-ins say who may enter and who may not; fixed headings of old records say of what they speak."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.leads import opens, turns
from accrual.criteria.render import canonical
from accrual.criteria.tree import Kind


def read(text: str) -> list[tuple[str, str]]:
    return [(each.kind[:2], canonical(each.tree)) for each in compile_text(text)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Patients may be eligible for this study if they:", "inclusion"),  # NCT00007202
        ("You will not be eligible for this study if you:", "exclusion"),  # NCT00002420
        ("Your child will not be eligible for this study if he/she:", "exclusion"),  # NCT00000917
        ("Subjects meeting any of the following criteria must not be enrolled in the study:", "exclusion"),
        (
            "Subjects meeting all of the following criteria are eligible to participate in this study:",
            "inclusion",
        ),
        (
            "A female participant is eligible to participate if she is not pregnant and one of these applies:",
            None,
        ),
        ("Patients with brain metastases are eligible provided they meet the following criteria:", None),
        ("Patients who are not excluded are not eligible:", None),
        ("Patients may be eligible for this study if they are well", None),
    ],
)
def test_a_line_that_says_who_is_eligible_opens_a_section(line: str, kind: Kind | None) -> None:
    assert opens(line) == kind


@pytest.mark.parametrize(
    ("lead", "section", "kind"),
    [
        ("Patients must not have any of the following:", "inclusion", "exclusion"),
        (
            "Patients may not have any of the following diseases or symptoms:",
            "inclusion",
            "exclusion",
        ),  # NCT00000684
        ("None of the following:", "inclusion", "exclusion"),
        ("None of the following within the past 6 months:", "inclusion", "inclusion"),
        ("Patients must have:", "exclusion", "inclusion"),
        ("Patients with diabetes must not have:", "inclusion", "inclusion"),
        ("Patients must not be excluded if:", "exclusion", "exclusion"),
    ],
)
def test_a_lead_in_turns_what_stands_under_it(lead: str, section: Kind, kind: Kind) -> None:
    assert turns(lead, section) == kind


def test_criteria_under_a_lead_in_that_turns_are_of_the_other_kind() -> None:
    text = (
        "Inclusion Criteria:\n\n* ECOG 0-1\n* Patients must not have any of the following:\n"
        "  * Stroke\n  * Leukemia\n* Male"
    )
    assert [kind for kind, _ in read(text)] == ["in", "ex", "ex", "in"]


def test_a_heading_over_two_lines_opens_a_section() -> None:
    text = (
        "        Inclusion Criteria:\n\n          -  ECOG 0-1\n\n"
        "        A subject will not be eligible for inclusion in this study if any of the following criteria\n"
        "        apply:\n\n          -  Stroke\n"
    )
    assert read(text) == [("in", "(compare ecog (range 0 1))"), ("ex", '(present stroke "stroke")')]


def test_what_is_only_allowed_is_no_criterion() -> None:
    # NCT00000692
    text = (
        "        Inclusion Criteria\n\n        Concurrent Medication:\n\n        Allowed:\n\n"
        "          -  Clotrimazole.\n\n          -  Corticosteroids for less than 21 days.\n"
    )
    assert [tree[:7] for _, tree in read(text)] == ["(opaque"]


def test_an_excluded_prior_medication_is_one_of_the_past() -> None:
    # NCT00000684
    text = (
        "        Exclusion Criteria\n\n        Prior Medication:\n\n        Excluded:\n\n"
        "          -  Prednisone.\n\n        Patients with the following prior conditions are excluded:\n\n"
        "          -  Stroke.\n"
    )
    assert read(text) == [
        ("ex", '(present prednisone "prednisone" prior)'),
        ("ex", '(present stroke "stroke" history)'),
    ]


def test_not_specified_says_nothing_and_takes_its_heading_along() -> None:
    # NCT00002678
    text = (
        "        PATIENT CHARACTERISTICS:\n\n        Life expectancy:\n\n          -  Not specified\n\n"
        "        PRIOR CONCURRENT THERAPY:\n\n          -  No prior chemotherapy\n\n          -  Radiotherapy\n"
    )
    first, second = read(text)
    assert first == ("in", '(not (present chemotherapy "chemotherapy" prior))')
    assert second[1].startswith("(opaque ")


@pytest.mark.parametrize(
    "text",
    [
        "Inclusion Criteria: * ECOG 0-1; signed consent Exclusion Criteria\n* Stroke",
        "Inclusion criteria: ECOG 0-1 and more. Exclusion criteria: Stroke",
        "Inclusion Criteria include:\n* ECOG 0-1\nExclusion Criteria include:\n* Stroke",
        "Inclusion Criteria:\n* ECOG 0-1\nExclusion Criteria (the following are general):\n* Stroke",
    ],
)
def test_headings_in_and_at_the_end_of_a_line_open_their_section(text: str) -> None:
    assert read(text)[-1] == ("ex", '(present stroke "stroke")')


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ("Histologically confirmed diagnosis of one of the following:", "(any "),  # NCT00004879
        ("Refractory multiple myeloma defined as meeting one or more of the following:",
         '(all (present multiple-myeloma "multiple myeloma" refractory) (any '),
        ("Female patients must meet one of the following criteria:", '(opaque "Female patients must'),
        ("No diabetes with one of the following:",
         '(all (not (all (present diabetes-mellitus "diabetes mellitus") (opaque "with Stroke"))) '),
        ("Treated with one of the following:", '(opaque "Treated'),
        ("Diabetes with one of the following within 6 months:",
         '(any (all (present diabetes-mellitus "diabetes mellitus" history) (opaque "with Stroke within 6 months")) '),
    ],
)  # fmt: skip
def test_a_lead_in_of_alternatives_keeps_its_own_claim(lead: str, expected: str) -> None:
    text = f"Inclusion Criteria:\n\n* {lead}\n  * Stroke\n  * Asthma\n* Male"
    assert read(text)[0][1].startswith(expected)
    assert len(read(text)) == 2
