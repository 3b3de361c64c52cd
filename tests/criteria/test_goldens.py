"""Every golden criterion compiles to its canonical tree."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from accrual.criteria.phrases import PHRASES
from accrual.criteria.render import canonical, parse_canonical

sys.path.insert(0, str(Path(__file__).parent))
from goldens import FOLDER, Golden, compiled, read

GOLDENS = [
    pytest.param(golden, id=f"{path.stem}: {golden.text}")
    for path in sorted(FOLDER.glob("*.txt"))
    for golden in read(path)
]


@pytest.mark.parametrize("golden", GOLDENS)
def test_criterion_compiles_to_its_golden_tree(golden: Golden) -> None:
    assert compiled(golden.kind, golden.text) == golden.tree


@pytest.mark.parametrize("golden", GOLDENS)
def test_golden_tree_reads_back(golden: Golden) -> None:
    for line in golden.tree.split(" ;; "):
        assert canonical(parse_canonical(line)) == line


def test_every_phrase_family_has_a_golden_file() -> None:
    lab_names = {"measure": "lab"}
    wanted = {lab_names.get(name := family.name.replace(" ", "_"), name) for family in PHRASES}
    renamed = {"state": "pregnancy"}
    assert {renamed.get(name, name) for name in wanted} <= {path.stem for path in FOLDER.glob("*.txt")}


def test_seed_trial_is_understood_whole() -> None:
    seed = read(FOLDER / "seed.txt")
    assert len(seed) == 15
    assert not [golden.text for golden in seed if "opaque" in golden.tree]
