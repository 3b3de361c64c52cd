"""Headings and lead-ins do to the criteria under them what their words say, and never lose one."""

from __future__ import annotations

import time

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.headings import told_by
from accrual.criteria.render import canonical
from accrual.criteria.split import outline


def trees(kind: str, lead: str, *lines: str) -> list[str]:
    text = f"{kind} Criteria:\n\n* {lead}\n" + "\n".join(f"  * {line}" for line in lines)
    return [canonical(each.tree) for each in compile_text(text)]


def test_a_window_in_the_lead_in_is_put_on_each_value() -> None:
    lead = "Adequate organ function, obtained within 14 days before randomization:"
    assert trees("Inclusion", lead, "Hemoglobin ≥ 9 g/dL", "AST ≤ 3 x ULN") == [
        "(within (compare hemoglobin (range 9 _ g/dL)) (before (range 0 14 d) randomization))",
        "(within (compare ast (range _ 3 [ULN])) (before (range 0 14 d) randomization))",
    ]


def test_a_window_in_the_lead_in_of_exclusions_is_put_on_each_condition() -> None:
    assert trees("Exclusion", "Any of the following within 6 months:", "Stroke") == [
        '(within (present stroke "stroke") (before (range 0 6 mo) enrollment))'
    ]


def test_words_that_demand_more_stay_beside_the_value() -> None:
    lead = "Adequate bone marrow function without transfusion support:"
    (tree,) = trees("Inclusion", lead, "Hemoglobin ≥ 9 g/dL")
    assert tree.startswith("(all (compare hemoglobin (range 9 _ g/dL)) (opaque ")


def test_treatment_with_any_of_the_following_names_drugs() -> None:
    assert trees("Exclusion", "Treatment with any of the following:", "Prednisone") == [
        '(present prednisone "prednisone")'
    ]
    (tree,) = trees("Exclusion", "Treatment with any of the following:", "Leukemia")
    assert tree.startswith("(opaque ")


def test_kinds_of_an_illness_are_claims_with_the_heading_in_doubt() -> None:
    lead = "Uncontrolled intercurrent illness including, but not limited to, any of the following:"
    assert (
        trees("Exclusion", lead, "Stroke", "Prednisone")
        == [  # NCT00659568
            f'(all (present stroke "stroke") (opaque "{lead[:-1]}"))',
            f'(opaque "{lead[:-1]}")',
        ]
    )


def test_an_illness_of_the_past_is_listed_as_past() -> None:
    lead = "Active cardiac disease or a history of cardiac dysfunction including any of the following:"
    (*_, past, own) = trees("Exclusion", lead, "Pericarditis", "Active endocarditis")  # NCT02429089
    assert past.startswith('(all (present pericarditis "pericarditis" history) (opaque ')
    assert "history)" not in own


def test_requirements_that_deny_an_illness_exclude_its_kinds() -> None:
    lead = "* No significant heart disease, including any of the following:"
    text = f"Inclusion Criteria:\n\n{lead}\n  * Stroke\n* ECOG 0-1"
    stroke, ecog = compile_text(text)  # NCT00348985
    assert (stroke.kind, ecog.kind) == ("exclusion", "inclusion")
    assert canonical(stroke.tree).startswith(
        '(all (present stroke "stroke") (opaque "significant heart disease'
    )


@pytest.mark.parametrize(
    "lead",
    [
        "No serious illness, including:",
        "Risk factors for the following diseases:",
        "Any of the following conditions, unless stable:",
        "Symptoms of the following diseases, namely:",
        "Other than the following diseases:",
    ],
)
def test_headings_that_make_another_claim_of_it_claim_nothing(lead: str) -> None:
    (tree,) = trees("Exclusion", lead, "Stroke")
    assert tree.startswith("(opaque ")


@pytest.mark.parametrize(
    ("lead", "line", "tree"),
    [
        ("Family history of any of the following diseases:", "Stroke", '(present stroke "stroke" family-history)'),
        ("Any of the following abnormal laboratory tests:", "Serum albumin level <3.0 g/dL",
         "(compare albumin (range _ < 3 g/dL))"),  # NCT04333472
        ("Known hypersensitivity to any of the following drugs:", "Penicillin",
         '(present penicillin-allergy "penicillin allergy")'),
    ],
)  # fmt: skip
def test_a_heading_and_its_line_are_read_as_one_sentence(lead: str, line: str, tree: str) -> None:
    assert trees("Exclusion", lead, line) == [tree]


def test_what_none_of_a_list_may_hold_is_denied_each() -> None:
    lead = "None of the following laboratory abnormalities within 2 weeks of study entry:"  # NCT00001688
    low, swallows = trees("Inclusion", lead, "Hemoglobin less than 8.0 g/dl;", "Ability to swallow tablets.")
    assert low == "(not (within (compare hemoglobin (range _ < 8 g/dL)) (before (range 0 2 wk) enrollment)))"
    assert swallows.startswith("(opaque ")


def test_a_list_of_exceptions_is_one_criterion_with_its_heading() -> None:
    text = (
        "Inclusion Criteria:\n\n* No prior malignancy within past 5 years except:\n"
        "  * Effectively treated basal cell skin cancer\n  * Carcinoma in situ of the cervix\n* ECOG 0-1"
    )
    malignancy, _ = compile_text(text)  # NCT00003830
    assert malignancy.text.endswith("cervix")
    assert canonical(malignancy.tree).startswith("(not (any (within (present cancer ")


@pytest.mark.parametrize(
    ("heading", "kind", "effect"),
    [
        ("A participant will be eligible for entry into the study if all of the following criteria are met",
         "inclusion", "plain"),
        ("Patients with any of the following criteria are not eligible for enrollment", "exclusion", "plain"),
        ("Patients must not have any of the following", "inclusion", "changing"),
        ("No prior", "exclusion", "changing"),
        ("At least 4 weeks since prior", "inclusion", "changing"),
        ("Any of the following laboratory abnormalities are present at baseline", "exclusion", "plain"),
        ("Patients who met the below criteria were excluded", "exclusion", "plain"),
        ("Current or history of the following medical conditions", "exclusion", "history"),
        ("Part 1", "inclusion", "conditional"),
        ("Adequate organ function", "inclusion", "plain"),
        ("History of any of the following", "exclusion", "history"),
    ],
)  # fmt: skip
def test_what_a_heading_does(heading: str, kind: str, effect: str) -> None:
    assert told_by(heading, kind).effect == effect  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["Signed informed consent", "Pregnancy"])
def test_a_short_line_in_front_of_a_list_is_a_criterion(line: str) -> None:
    found = compile_text(f"Exclusion Criteria:\n\n{line}\n\n* Stroke\n* Leukemia")
    assert [each.text for each in found] == [line, "Stroke", "Leukemia"]


@pytest.mark.parametrize("line", ["Chemotherapy therapy", "Healthy controls", "Asthmatic subjects"])
def test_a_line_that_may_be_a_heading_claims_nothing(line: str) -> None:
    first = compile_text(f"Inclusion Criteria:\n\n{line}\n\n* Stroke")[0]
    assert first.understood == "none"


def test_surely_a_heading_is_recorded_as_one() -> None:
    text = "Inclusion Criteria:\n\nDISEASE CHARACTERISTICS\n\n* Leukemia\n\nLaboratory values:\n\n* ECOG 0-1"
    laid = outline(text)
    assert [text[each.start : each.end] for each in laid.asides] == [
        "Inclusion Criteria:", "DISEASE CHARACTERISTICS", "Laboratory values:",
    ]  # fmt: skip


def test_what_is_indented_under_a_complete_criterion_is_one_of_its_own() -> None:
    text = "Inclusion Criteria:\n\n* Signed informed consent.\n\n  * ECOG 0-1\n  * Age > 18 years"
    assert [canonical(each.tree) for each in compile_text(text)] == [
        "(one_of consent yes)", "(compare ecog (range 0 1))", "(compare age (range > 18 _ a))",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "* ECOG 0-1 or\n* Karnofsky > 70",
        "* ECOG 0-1\n* OR Karnofsky > 70",
        "* ECOG 0-1\n\nOR\n\n* Karnofsky > 70",
    ],
)
def test_requirements_joined_by_or_are_one(text: str) -> None:
    (only,) = compile_text(f"Inclusion Criteria:\n\n{text}")
    assert canonical(only.tree).startswith("(any (compare ecog (range 0 1)) (")


def test_a_list_with_one_or_at_its_end_is_undecided_between() -> None:
    text = "Inclusion Criteria:\n\n* Renal function:\n  * ECOG 0-1;\n  * Male; or\n  * Age > 60 years"
    (only,) = compile_text(text)
    assert only.understood == "part"


def test_two_bullets_before_a_criterion_are_taken_off() -> None:
    (only,) = compile_text("Inclusion Criteria:\n\n* 1) Age 20-60 years")
    assert only.text == "Age 20-60 years"


def test_the_study_eye_is_not_the_person() -> None:
    text = "Inclusion Criteria:\n\n* Male\n\nStudy Eye Exclusion Criteria:\n\n* Prior vitrectomy"
    assert canonical(compile_text(text)[1].tree) == (
        '(all (present vitrectomy "vitrectomy" prior) (opaque "Study Eye Exclusion Criteria"))'
    )


@pytest.mark.parametrize(
    "heading",
    [
        "Patients " + "." * 60 + " x",
        "one of the following " * 5 + "x",
        "is are " * 30 + "x",
        "history of" + " the" * 40 + " x",
        "i " * 60 + "x",
        "demonstrated " * 40 + "x",
        "Key" + " " * 80 + "x",
        "patients with the prior conditions " * 6 + "x",
    ],
)
def test_a_heading_that_almost_fits_is_read_at_once(heading: str) -> None:
    started = time.process_time()
    for kind in ("Inclusion", "Exclusion"):
        compile_text(
            f"{kind} Criteria:\n\n* {heading}:\n  * Stroke\n\n{heading[:100]} Exclusion criteria:\n* Stroke"
        )
        told_by(heading, kind.lower())  # type: ignore[arg-type]
    assert time.process_time() - started < 2
