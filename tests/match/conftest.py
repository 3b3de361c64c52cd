"""A small vocabulary of the tests' own, so that deciding is tested apart from the tables it reads."""

from __future__ import annotations

import pytest

from accrual.codes.concept import Concept, ConceptKind
from accrual.codes.concepts import Vocabulary

ROWS: tuple[tuple[str, ConceptKind, str, tuple[str, ...]], ...] = (
    ("cancer", "condition", "cancer", ()),
    ("leukemia", "condition", "leukemia", ("cancer",)),
    ("all", "condition", "acute lymphoblastic leukemia", ("leukemia",)),
    ("t-all", "condition", "T-cell acute lymphoblastic leukemia", ("all",)),
    ("lung-cancer", "condition", "lung cancer", ("cancer",)),
    ("infection", "condition", "infection", ()),
    ("hepatitis-b", "condition", "hepatitis B", ("infection",)),
    ("diabetes", "condition", "diabetes", ()),
    ("steroid", "drug", "corticosteroid", ()),
    ("prednisone", "drug", "prednisone", ("steroid",)),
    ("warfarin", "drug", "warfarin", ()),
    ("surgery", "procedure", "surgery", ()),
    ("appendectomy", "procedure", "appendectomy", ("surgery",)),
)

SMALL = Vocabulary(
    Concept(key, kind, name, parents, ("sugar disease",) if key == "diabetes" else ())
    for key, kind, name, parents in ROWS
)


@pytest.fixture(autouse=True)
def small_vocabulary(monkeypatch: pytest.MonkeyPatch) -> Vocabulary:
    rooms = (
        "ask", "chart", "claim", "concepts", "later", "likeness", "builder", "prominence", "panel", "qualification",
        "rank", "themes",
    )  # fmt: skip
    for module in (*(f"match.{room}" for room in rooms), "patient.answers", "patient.terms"):
        monkeypatch.setattr(f"accrual.{module}.vocabulary", lambda: SMALL)
    return SMALL
