"""The compiled registry as arrays decides exactly as one trial after the other does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shorthand import TODAY, day, fact, has, is_one, measured, number, within

from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    CompiledTrial,
    Criterion,
    FieldCriterion,
    Group,
    Kind,
    Not,
    Opaque,
    Tree,
    When,
)
from accrual.match.builder import Builder
from accrual.match.evaluate import Screener
from accrual.match.program import Program
from accrual.match.sweep import VERDICTS, sweep
from accrual.match.verdict import Tally, tally
from accrual.patient.model import Patient

LEAVES: tuple[Tree, ...] = (
    number("age", 18, None, "a"),
    number("age", None, 65, "a"),
    number("hemoglobin", 9, None, "g/dL"),
    is_one("sex", "female"),
    is_one("pregnant", "yes"),
    is_one("healthy-volunteer", "yes"),
    has("cancer"),
    has("leukemia"),
    has("t-all", "relapsed"),
    has("infection", "active"),
    has("steroid"),
    within(has("surgery"), 4, "wk"),
    within(number("hemoglobin", 9, None, "g/dL"), 14, "d"),
    Opaque(text="words"),
)


COHORT_A, COHORT_B = (Group("cohort", (name,), closed=True) for name in ("a", "b"))


def trees() -> st.SearchStrategy[Tree]:
    return st.recursive(
        st.sampled_from(LEAVES),
        lambda below: st.one_of(
            below.map(lambda child: Not(child=child)),
            st.lists(below, max_size=3).map(lambda some: All(children=tuple(some))),
            st.lists(below, max_size=3).map(lambda some: Any_(children=tuple(some))),
            st.tuples(st.integers(0, 3), st.lists(below, max_size=3)).map(
                lambda pair: AtLeast(count=pair[0], children=tuple(pair[1]))
            ),
            st.tuples(below, below).map(lambda pair: When(condition=pair[0], then=pair[1])),
            below.map(lambda child: within(child, 3, "mo")),
        ),
        max_leaves=8,
    )


def criteria() -> st.SearchStrategy[tuple[Criterion, ...]]:
    kinds: st.SearchStrategy[Kind] = st.sampled_from(("inclusion", "exclusion"))
    groups = st.sampled_from(
        (None, None, COHORT_A, COHORT_B, Group("part", ("1",)), Group("other people", ("donor",)))
    )
    one = st.tuples(kinds, trees(), groups).map(
        lambda drawn: Criterion(drawn[0], "words", 0, 5, drawn[1], group=drawn[2])
    )
    return st.lists(one, max_size=4).map(tuple)


def trials() -> st.SearchStrategy[list[CompiledTrial]]:
    one = st.tuples(criteria(), st.lists(trees(), max_size=2)).map(
        lambda pair: (pair[0], tuple(FieldCriterion("sex", "words", tree) for tree in pair[1]))
    )
    return st.lists(one, max_size=5).map(
        lambda some: [CompiledTrial(f"NCT{rank:08d}", *parts) for rank, parts in enumerate(some, 1)]
    )


def patients() -> st.SearchStrategy[Patient]:
    facts = st.sampled_from(
        (
            fact("condition", "t-all", "relapsed"),
            fact("condition", "cancer", asserted=False),
            fact("condition", "infection", date="2026-11-01"),
            fact("drug", "prednisone", date="2026-11-01"),
            fact("procedure", "appendectomy", date="2026-11-10"),
            measured("hemoglobin", 8.5, "g/dL", date="2026-11-20"),
        )
    )
    return st.builds(
        Patient,
        sex=st.sampled_from((None, "male", "female")),
        birth_date=st.sampled_from((None, day("1990-05-01"), day("1950"))),
        facts=st.lists(facts, max_size=3).map(tuple),
    )


def laid_out(folder: Path, compiled: list[CompiledTrial]) -> Program:
    builder = Builder()
    for one in compiled:
        builder.add(one)
    builder.write(folder)
    return Program(folder)


def tallies(program: Program, patient: Patient, today: date = TODAY) -> dict[int, Tally]:
    return sweep(program, [Screener(patient, today)]).tallies(program.numbers.tolist())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(trials(), st.lists(patients(), min_size=1, max_size=3))
def test_a_sweep_says_what_screening_one_by_one_says(
    tmp_path: Path, compiled: list[CompiledTrial], several: list[Patient]
) -> None:
    program = laid_out(tmp_path / "program", compiled)
    together = sweep(program, [Screener(patient, TODAY) for patient in several])
    for row, patient in enumerate(several):
        screener = Screener(patient, TODAY)
        expected = {int(one.nct_id[3:]): tally(screener.screen(one)) for one in compiled}
        assert tallies(program, patient) == expected
        assert together.tallies(program.numbers.tolist(), row) == expected
        assert [VERDICTS[one] for one in together.verdicts[row]] == [
            expected[int(one)].verdict for one in together.numbers
        ]


def test_what_is_the_same_in_two_trials_is_there_once(tmp_path: Path) -> None:
    same = (Criterion("inclusion", "words", 0, 5, All(children=(LEAVES[0], LEAVES[3]))),)
    program = laid_out(tmp_path, [CompiledTrial("NCT00000001", same), CompiledTrial("NCT00000002", same)])
    assert (program.leaves, program.nodes) == (2, 3 + 2 + 1)


def test_a_program_taken_into_another_stays_the_same(tmp_path: Path) -> None:
    trees = (Not(child=LEAVES[0]), AtLeast(count=2, children=LEAVES[3:6]), All(children=LEAVES[6:9]))
    compiled = [
        CompiledTrial(f"NCT{rank:08d}", (Criterion("exclusion", "words", 0, 5, tree),))
        for rank, tree in enumerate(trees, 1)
    ]
    program = laid_out(tmp_path / "first", compiled)
    builder = Builder()
    builder.take(program, np.array([True, False, True]))
    builder.write(tmp_path / "second")
    again = Program(tmp_path / "second")
    sick = Patient(facts=(fact("condition", "t-all", "relapsed"),), birth_date=day("1950"))
    whole = tallies(program, sick)
    assert tallies(again, sick) == {number: whole[number] for number in again.numbers.tolist()}
    assert len(again.numbers) == 2


@pytest.mark.parametrize(
    "name", ["numbers.npy", "wanted.npy", "children.npy", "leaves.bin", "catalogue.json"]
)
def test_a_file_that_is_missing_or_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    laid_out(
        tmp_path,
        [CompiledTrial("NCT00000001", (Criterion("inclusion", "words", 0, 5, Not(child=LEAVES[0])),))],
    )
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises((ValueError, OSError)):
        Program(tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        Program(tmp_path)
