"""A new version that lost most of itself is told from an update."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from accrual.registry.shrinkage import shrinkage


def study(criteria: str = "Adults only", modules: int = 8, words: int = 4_000) -> dict[str, Any]:
    protocol: dict[str, Any] = {
        f"module{at}": {"text": "x" * (words // modules)} for at in range(modules - 1)
    }
    if criteria:
        protocol["eligibilityModule"] = {"eligibilityCriteria": criteria}
    return {"protocolSection": protocol}


def packed(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def test_lost_criteria_are_told() -> None:
    assert shrinkage(packed(study()), packed(study(criteria=""))) == "its eligibility criteria are gone"
    assert shrinkage(packed(study()), packed(study(criteria="  \n"))) == "its eligibility criteria are gone"


def test_most_bytes_and_modules_gone_are_told() -> None:
    lost = shrinkage(packed(study()), packed(study(modules=4, words=100)))
    assert lost.startswith("only ")
    assert lost.endswith("4 of its 8 modules are left")


@pytest.mark.parametrize(
    ("held", "new"),
    [
        (study(), study()),
        (study(criteria=""), study(criteria="")),
        (study(criteria=""), study()),
        (study(), study(words=100)),  # short texts in all modules
        (study(), study(modules=4)),  # few modules, as long
        (study(words=100), study()),
        ({}, study()),
    ],
)
def test_an_update_is_none(held: dict[str, Any], new: dict[str, Any]) -> None:
    assert shrinkage(packed(held), packed(new)) == ""


def test_no_update_of_the_shared_history_is_taken_for_damage(shared_data: Path) -> None:
    versions: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz", "rb") as lines:
        for line in lines:
            one = json.loads(line)
            versions.setdefault(one["nct_id"], []).append(one["study"])
    steps = [(a, b) for some in versions.values() for a, b in pairwise(some)]
    assert len(steps) == 58
    assert [shrinkage(packed(a), packed(b)) for a, b in steps] == [""] * 58
