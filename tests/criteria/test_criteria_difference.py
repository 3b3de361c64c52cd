"""Criteria of two versions laid side by side: what was added, removed, changed; and what is the same after all."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.difference import compare_criteria

OLD = """Inclusion Criteria:

* Age up to 65 years
* ECOG 0-1
* Histologically confirmed breast cancer

Exclusion Criteria:

* Pregnant or breastfeeding
* Known HIV infection
"""


def kinds(before: str, after: str) -> list[str]:
    return [each.kind for each in compare_criteria(compile_text(before), compile_text(after))]


@pytest.mark.parametrize(
    "after",
    [
        OLD,
        OLD.replace("* ", "- "),
        OLD.replace("* ", "1. "),
        OLD.replace("\n* ", "\r\n\r\n*   "),
        OLD.replace("* Age up to 65 years\n* ECOG 0-1", "* ECOG 0-1\n* Age up to 65 years"),
        OLD.replace("Known HIV infection", "Known HIV infection."),
        OLD.replace("Inclusion Criteria:", "INCLUSION CRITERIA"),
    ],
)
def test_another_layout_or_order_is_no_change(after: str) -> None:
    assert kinds(OLD, after) == []


def test_an_age_limit_that_moved_is_a_change() -> None:
    (found,) = compare_criteria(compile_text(OLD), compile_text(OLD.replace("65", "70")))
    assert found.kind == "changed"
    assert found.before is not None
    assert found.after is not None
    assert (found.before.text, found.after.text) == ("Age up to 65 years", "Age up to 70 years")


def test_what_is_read_the_same_is_only_said_otherwise() -> None:
    assert kinds(OLD, OLD.replace("ECOG 0-1", "ECOG performance status of 0 or 1")) == ["reworded"]


def test_a_criterion_that_comes_and_one_that_goes() -> None:
    after = OLD.replace("* Known HIV infection\n", "* Prior organ transplant\n")
    found = compare_criteria(compile_text(OLD), compile_text(after))
    assert [each.kind for each in found] == ["added", "removed"]


def test_another_subject_in_the_same_words_is_another_criterion() -> None:
    before = "Exclusion Criteria:\n\n* Has a known history of HIV infection"
    after = "Exclusion Criteria:\n\n* Has a known history of hepatitis B infection"
    assert sorted(kinds(before, after)) == ["added", "removed"]


def test_a_criterion_that_went_to_the_other_list_is_a_change() -> None:
    before = "Inclusion Criteria:\n\n* Diabetes\n\nExclusion Criteria:\n\n* Asthma"
    after = "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n* Diabetes"
    assert kinds(before, after) == ["changed", "changed"]


def test_a_sign_that_changes_the_reading_is_a_change() -> None:
    assert kinds("* ECOG 0-1", "* ECOG 0, 1") in ([], ["changed"], ["reworded"])
    assert kinds("* Hemoglobin < 9 g/dL", "* Hemoglobin > 9 g/dL") == ["changed"]
