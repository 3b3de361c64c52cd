"""Our table of pieces against the registry's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accrual.search.pieces import (
    BASIC_WEIGHTS,
    CONDITION_WEIGHTS,
    INTERVENTION_WEIGHTS,
    PIECES,
    TEXT_FIELDS,
    plain_words,
)


def area(shared_reference: Path, name: str) -> dict[str, float]:
    documents = json.loads((shared_reference / "ctgov-api-v2" / "search_areas.json").read_text())
    found = next(a for document in documents for a in document["areas"] if a["name"] == name)
    return {piece: part["weight"] for part in found["parts"] for piece in part["pieces"]}


def test_pieces_and_weights_are_the_registrys(shared_reference: Path) -> None:
    assert {piece.name: piece.weight for piece in PIECES} == area(shared_reference, "BasicSearch")
    assert [piece.weight for piece in PIECES] == sorted((piece.weight for piece in PIECES), reverse=True)


@pytest.mark.parametrize(
    ("name", "weights"),
    [("ConditionSearch", CONDITION_WEIGHTS), ("InterventionSearch", INTERVENTION_WEIGHTS)],
)
def test_area_weights_are_those_of_a_piece_of_the_field(
    shared_reference: Path, name: str, weights: tuple[tuple[str, float], ...]
) -> None:
    registry = area(shared_reference, name)
    for field, weight in weights:
        pieces = [piece.name for piece in PIECES if piece.field == field]
        assert weight in {registry.get(piece) for piece in pieces} or field == "arm", field
    covered = {piece.name for piece in PIECES if piece.field in dict(weights)}
    assert set(registry) - covered <= {"NCTId"}


def test_every_field_of_its_own_is_weighed_somewhere() -> None:
    weighed = {
        field for weights in (BASIC_WEIGHTS, CONDITION_WEIGHTS, INTERVENTION_WEIGHTS) for field, _ in weights
    }
    assert weighed == set(TEXT_FIELDS)


@pytest.mark.parametrize(
    ("value", "words"),
    [("PHASE2", "phase2 phase 2"), ("SINGLE_GROUP", "single group"), ("NA", ""), ("", "")],
)
def test_enumerations_are_searched_as_words(value: str, words: str) -> None:
    assert plain_words(value) == words
