"""A small vocabulary of the tests' own, so that reading is tested apart from the tables it reads."""

from __future__ import annotations

import pytest

from accrual.codes.concepts import Concept, Vocabulary

SMALL = Vocabulary(
    (
        Concept("cancer", "condition", "cancer"),
        Concept("leukemia", "condition", "leukemia", ("cancer",), codes=("SNOMED:93143009",)),
        Concept(
            "all",
            "condition",
            "acute lymphoblastic leukemia",
            ("leukemia",),
            synonyms=("ALL",),
            codes=("SNOMED:91861009", "ICD10:C91.0"),
        ),
        Concept("diabetes", "condition", "diabetes", codes=("SNOMED:73211009",)),
        Concept("peanut-allergy", "condition", "peanut allergy"),
        Concept("cisplatin", "drug", "cisplatin", codes=("RXNORM:2555",)),
        Concept("etoposide", "drug", "etoposide"),
        Concept("appendectomy", "procedure", "appendectomy", codes=("SNOMED:80146002",)),
    )
)


@pytest.fixture(autouse=True)
def small_vocabulary(monkeypatch: pytest.MonkeyPatch) -> Vocabulary:
    for module in ("patient.answers", "patient.terms"):
        monkeypatch.setattr(f"accrual.{module}.vocabulary", lambda: SMALL)
    return SMALL
