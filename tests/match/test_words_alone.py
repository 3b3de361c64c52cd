"""What only its own words name is decided by the same words, and by nothing else."""

from __future__ import annotations

import pytest
from shorthand import fact, has, holds, patient

from accrual.criteria.tree import Tree
from accrual.patient.model import Fact
from accrual.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
CYST = "condition:facet-cyst"


@pytest.mark.parametrize(
    ("tree", "facts", "expected"),
    [
        (has(CYST), [fact("condition", CYST)], YES),
        (has(CYST), [fact("condition", CYST, asserted=False)], NO),
        (has(CYST), [], UNKNOWN),
        # no family above or below it
        (has(CYST), [fact("condition", "cancer")], UNKNOWN),
        (has(CYST), [fact("condition", "condition:cyst", asserted=False)], UNKNOWN),
        (has("cancer"), [fact("condition", "condition:spinal-cancer")], UNKNOWN),
        # one file's procedure is another's device
        (has("procedure:facet-block"), [fact("drug", "drug:facet-block")], YES),
        (has(CYST, "history"), [fact("condition", CYST)], YES),
        (has(CYST, "severe"), [fact("condition", CYST)], UNKNOWN),
    ],
)
def test_it_is_decided_by_its_own_words_alone(tree: Tree, facts: list[Fact], expected: Truth) -> None:
    assert holds(tree, patient(*facts)) is expected
