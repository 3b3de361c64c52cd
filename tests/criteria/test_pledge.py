"""Promises and abilities that every trial asks for."""

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical


def tree(text: str, kind: str = "Inclusion") -> str:
    return " ;; ".join(canonical(each.tree) for each in compile_text(f"{kind} Criteria:\n\n* {text}"))


@pytest.mark.parametrize(
    "text", ["Unable or unwilling to comply with the protocol", "Not able to comply with the study"]
)
def test_one_refusal_is_enough_to_exclude(text: str) -> None:
    assert tree(text, "Exclusion") == "(one_of agrees-to-treatment-plan no)"


def test_a_promise_among_the_exclusions_decides_nothing() -> None:
    assert tree("Signed informed consent", "Exclusion").startswith("(opaque")


def test_what_one_would_undergo_is_not_read_as_done() -> None:
    assert "(present" not in tree("Willing to comply with the protocol and undergo a biopsy")


def test_asking_and_refusing_at_once_is_not_read() -> None:
    assert tree("Able to consent but unwilling to comply with the protocol").startswith("(opaque")


def test_the_age_of_consent_asks_for_no_consent() -> None:
    assert "consent yes" not in tree("Above the age of consent")


def test_a_claim_after_the_promise_is_read_by_its_own_family() -> None:
    assert (
        tree("Signed informed consent and ECOG 0-1")
        == "(all (one_of consent yes) (compare ecog (range 0 1)))"
    )


@pytest.mark.parametrize("persons", ["Adult patient, parent or legal guardian", "Adult or their parent"])
def test_an_adult_among_those_who_may_sign_is_no_demand_on_age(persons: str) -> None:
    assert "compare age" not in tree(f"{persons} able to give informed consent")
