"""Which of a patient's conditions a trial is sought for."""

from __future__ import annotations

import msgspec
from shorthand import fact, patient

from accrual.match.prominence import prominences
from accrual.patient.model import Fact, Source

SOUGHT = {"t-all", "cancer", "diabetes", "hepatitis-b", "infection"}


def told(concept: str, sentence: int, at: int, *qualifiers: str) -> Fact:
    source = Source(f"sentence {sentence}, characters {at}-{at + 5}", concept)
    return msgspec.structs.replace(fact("condition", concept, *qualifiers), source=source)


def test_the_most_prominent_counts_1_and_a_cancer_more_than_a_diabetes() -> None:
    found = prominences(patient(fact("condition", "diabetes"), fact("condition", "t-all")), SOUGHT)
    assert found["t-all"] == 1.0
    assert 0 < found["diabetes"] < 1


def test_what_stands_first_or_is_told_again_or_is_severe_counts_more() -> None:
    first = prominences(patient(told("diabetes", 1, 0), told("hepatitis-b", 4, 90)), SOUGHT)
    again = prominences(
        patient(
            fact("condition", "hepatitis-b"), fact("condition", "diabetes"), fact("condition", "diabetes")
        ),
        SOUGHT,
    )
    severe = prominences(
        patient(fact("condition", "diabetes", "severe"), fact("condition", "hepatitis-b")), SOUGHT
    )
    for found in (first, again, severe):
        assert found["diabetes"] == 1.0
        assert found["hepatitis-b"] < 1.0


def test_what_no_study_is_about_or_is_over_counts_less() -> None:
    held = (fact("condition", "diabetes"), fact("condition", "hepatitis-b"))
    assert prominences(patient(*held), {"diabetes"})["hepatitis-b"] < 1.0
    over = prominences(patient(held[0], fact("condition", "hepatitis-b", "resolved")), SOUGHT)
    assert over["hepatitis-b"] < over["diabetes"]


def test_relatives_illnesses_denials_and_drugs_have_no_prominence() -> None:
    others = (
        fact("condition", "diabetes", "family-history"),
        fact("condition", "hepatitis-b", asserted=False),
        fact("drug", "warfarin"),
    )
    assert prominences(patient(*others), SOUGHT) == {}
