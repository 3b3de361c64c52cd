"""Several criteria in one line are cut apart where the words say so, and nowhere else."""

from __future__ import annotations

import time

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical
from accrual.criteria.runin import cuts_of


def parts(words: str, *, bullet: bool = False) -> list[str]:
    return [words[cut.start : cut.end] for cut in cuts_of(words, True, bullet)]


def test_records_of_the_cancer_institute_are_cut_at_headings_and_openers() -> None:
    # NCT00002801
    text = (
        "        PATIENT CHARACTERISTICS: Age: 18 and over Performance status: ECOG 0-2 Life expectancy: At least\n"
        "        3 months Hematopoietic: WBC at least 4,000/mm3 Platelet count at least 100,000/mm3 Renal:\n"
        "        Creatinine no greater than 2 mg/dL OR Creatinine clearance at least 60 mL/min Other: Not pregnant\n"
        "        No active infection\n\n"
        "        PRIOR CONCURRENT THERAPY: Biologic therapy: Not specified Chemotherapy: No prior chemotherapy\n"
        "        Surgery: See Disease Characteristics\n"
    )
    assert [canonical(each.tree) for each in compile_text(text)] == [
        "(compare age (range 18 _ a))",
        "(compare ecog (range 0 2))",
        "(compare life-expectancy (range 3 _ mo))",
        "(compare white-cells (range 4000 _ /mm3))",
        "(compare platelets (range 100000 _ /mm3))",
        "(any (compare creatinine (range _ 2 mg/dL)) (compare creatinine-clearance (range 60 _ mL/min)))",
        "(one_of pregnant no)",
        '(not (present infection "infection" active))',
        '(not (present chemotherapy "chemotherapy" prior))',
    ]


@pytest.mark.parametrize(
    "words",
    [
        "No heart failure No stroke",  # no record of the institute
        "PATIENT CHARACTERISTICS: stroke and No prior surgery",
        "PATIENT CHARACTERISTICS: (transfused to Hemoglobin at least 8)",
    ],
)
def test_nothing_is_cut_where_a_criterion_goes_on(words: str) -> None:
    assert parts(words)[-1].startswith(("No heart failure No", "stroke and No", "(transfused to Hemo"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "Blood counts: i. ANC ≥ 2 ii. Platelets ≥ 100",
            ["Blood counts:", "ANC ≥ 2", "Platelets ≥ 100"],
        ),  # NCT00379717
        ("Willing to: a) fast; b) walk", ["Willing to:", "fast;", "walk"]),
        ("Any of these: (1) stroke, (2) asthma", ["Any of these:", "stroke,", "asthma"]),
        ("Stroke 1) or 2) asthma", ["Stroke 1) or 2) asthma"]),
        ("Asthma. It is: 1) mild 2) stable", ["Asthma. It is: 1) mild 2) stable"]),
        ("One (of: 1) mild 2) stable)", ["One (of: 1) mild 2) stable)"]),
    ],
)
def test_a_list_in_a_line_with_a_bullet_is_cut_behind_its_lead_in(words: str, expected: list[str]) -> None:
    assert parts(words, bullet=True) == expected


def test_a_list_in_a_line_stands_under_its_lead_in() -> None:
    text = "Inclusion Criteria:\n\n* At least one of the following: 1) ECOG 0-1; 2) Karnofsky ≥ 80\n* Male"
    assert [canonical(each.tree) for each in compile_text(text)] == [
        "(any (compare ecog (range 0 1)) (compare karnofsky (range 80 _)))",
        "(one_of sex male)",
    ]


@pytest.mark.parametrize("heading", ["Note", "Exceptions", "Examples"])
def test_what_stands_under_a_note_is_no_claim_of_its_own(heading: str) -> None:
    text = f"Exclusion Criteria:\n\n* {heading}:\n  * Stroke\n  * Asthma"
    assert {each.understood for each in compile_text(text)} == {"none"}


@pytest.mark.parametrize(
    ("heading", "words", "tree"),
    [
        ("Age", "18 and over", "(compare age (range 18 _ a))"),  # NCT00003433
        ("Life expectancy", "At least 12 weeks", "(compare life-expectancy (range 12 _ wk))"),  # NCT00005647
        ("Stroke", "18 and over", '(when (opaque "Stroke") (opaque "18 and over"))'),
    ],
)
def test_a_heading_may_be_the_name_of_a_value(heading: str, words: str, tree: str) -> None:
    text = f"PATIENT CHARACTERISTICS:\n\n{heading}:\n\n  * {words}"
    (found,) = compile_text(text)
    assert canonical(found.tree) == tree
    assert found.start <= found.tree.span.start <= found.tree.span.end <= found.end


@pytest.mark.parametrize(
    "unit", ["PATIENT CHARACTERISTICS: No ", "Other: (", "a: 1) 2) ", "DISEASE \n", "1) "]
)
def test_a_long_paragraph_takes_linear_time(unit: str) -> None:
    started = time.perf_counter()
    compile_text(unit * (200_000 // len(unit)))
    assert time.perf_counter() - started < 10


def test_a_paragraph_of_lettered_parts_is_cut_at_its_letters() -> None:
    words = "i) aged 18-55 years; ii) otherwise healthy iii) able to give consent."
    assert [words[cut.start : cut.end] for cut in cuts_of(words, bulleted=False, bullet=False)] == [
        "aged 18-55 years;",
        "otherwise healthy",
        "able to give consent.",
    ]


def test_the_mark_of_a_part_is_no_word_of_it() -> None:
    words = "aged 18-55 years; ii) otherwise healthy; iii) able to give consent"
    assert [words[cut.start : cut.end] for cut in cuts_of(words, bulleted=False, bullet=False)] == [
        "aged 18-55 years",
        "otherwise healthy",
        "able to give consent",
    ]
