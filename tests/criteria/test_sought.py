"""What a trial looks for does not keep its patients out under a wider name."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical


def trees(text: str) -> list[str]:
    return [canonical(each.tree) for each in compile_text(text)]


@pytest.mark.parametrize(
    ("asked", "excluded", "tree"),
    [
        (
            "Probable Alzheimer's disease",
            "Neurodegenerative disorders",
            '(present neurodegenerative-disease "neurodegenerative disease" '
            '(except alzheimer-disease "Alzheimer disease"))',
        ),
        (
            "Breast cancer",
            "History of cancer",
            '(present cancer "cancer" history (except breast-cancer "breast cancer"))',
        ),
        ("Asthma", "Uncontrolled asthma", '(present asthma "asthma" uncontrolled)'),
        ("Asthma", "Cancer", '(present cancer "cancer")'),
        ("No breast cancer", "Cancer", '(present cancer "cancer")'),
    ],
)
def test_a_wider_name_that_excludes_does_not_count_what_is_asked_for(
    asked: str, excluded: str, tree: str
) -> None:
    assert trees(f"Inclusion Criteria:\n\n* {asked}\n\nExclusion Criteria:\n\n* {excluded}")[-1] == tree


def test_a_requirement_that_denies_a_wider_name_does_not_count_it_either() -> None:
    assert trees("Inclusion Criteria:\n\n* HIV infection\n* No active infection")[1] == (
        '(not (present infection "infection" active (except hiv-infection "HIV infection")))'
    )


def test_what_an_exclusion_names_is_not_asked_for() -> None:
    assert trees("Exclusion Criteria:\n\n* Breast cancer\n* Cancer")[1] == '(present cancer "cancer")'


def test_what_the_record_studies_does_not_exclude_either() -> None:
    text = "Exclusion Criteria:\n\n* Previous malignancy"
    assert [canonical(each.tree) for each in compile_text(text, ("Burkitt Lymphoma", "no such thing"))] == [
        '(present cancer "cancer" history (except burkitt-lymphoma "Burkitt lymphoma"))'
    ]


def test_other_than_what_a_trial_looks_for_is_understood() -> None:
    text = (
        "Inclusion Criteria:\n\n* Breast cancer\n\nExclusion Criteria:\n\n* Other malignancy within 5 years"
    )
    assert compile_text(text)[1].understood == "whole"
    assert compile_text(text.replace("* Breast cancer\n", "* Asthma\n"))[1].understood == "part"
