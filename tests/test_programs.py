"""Every study decided at once: the same as one by one over real records, and kept up to date."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from accrual import Finder
from accrual.basic import Code, NctId, PartialDate, Quantity
from accrual.criteria.compile import compile_text
from accrual.criteria.tree import CompiledTrial
from accrual.demo import DEMO_TODAY, demo_patients
from accrual.match.builder import Builder
from accrual.match.evaluate import Screener
from accrual.match.program import CONSTANTS, Program
from accrual.match.sweep import leaves_decided, sweep, truths
from accrual.match.verdict import Tally, tally
from accrual.patient.model import Fact, Patient, Source
from accrual.programs import Programs
from accrual.store.records import Change

TODAY = date(2026, 11, 22)
NOTE = Source("note", "words")


def has(concept: str, *qualifiers: str, asserted: bool = True) -> Fact:
    code = Code("accrual", concept, concept)
    return Fact(
        kind="condition",
        text=concept,
        source=NOTE,
        asserted=asserted,
        concept=code,
        qualifiers=qualifiers,
    )


def measured(variable: str, value: float, unit: str = "") -> Fact:
    quantity = Quantity(value, unit)
    return Fact(kind="measurement", text=variable, source=NOTE, variable=variable, value=quantity)


SICK = Patient(
    sex="male",
    birth_date=PartialDate.parse("1980-03-02"),
    facts=(
        has("lung-cancer", "metastatic"),
        has("hypertension"),
        has("hiv-infection", asserted=False),
        has("infection", asserted=False),
        measured("ecog", 1),
        measured("hemoglobin", 8.5, "g/dL"),
    ),
)


@pytest.fixture(scope="module")
def real(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Program, dict[int, CompiledTrial]]:
    with gzip.open(shared_data / "criteria" / "texts.jsonl.gz", "rt") as lines:
        texts = [json.loads(line)["criteria"] for rank, line in enumerate(lines) if rank % 16 == 0]
    compiled = {
        rank: CompiledTrial(f"NCT{rank:08d}", compile_text(text)) for rank, text in enumerate(texts, 1)
    }
    builder = Builder()
    for one in compiled.values():
        builder.add(one)
    folder = tmp_path_factory.mktemp("real")
    builder.write(folder)
    return Program(folder), compiled


def test_real_trials_are_decided_as_one_by_one(real: tuple[Program, dict[int, CompiledTrial]]) -> None:
    program, compiled = real
    screener = Screener(SICK, TODAY)
    expected = {number: tally(screener.screen(one)) for number, one in compiled.items()}
    assert sweep(program, [screener]).tallies(list(compiled)) == expected
    assert {one.verdict for one in expected.values()} >= {"ineligible", "undetermined"}


def test_leaves_that_are_not_looked_at_are_unknown(real: tuple[Program, dict[int, CompiledTrial]]) -> None:
    program, _ = real
    screener = Screener(SICK, TODAY)
    assert 0 < len(set(leaves_decided(program, screener))) < program.leaves / 2
    values = truths(program, [screener])
    for node in range(CONSTANTS, CONSTANTS + program.leaves):
        placed = program.leaf(node)
        assert screener.leaf(placed.leaf, placed.windows).rank == values[node, 0]


def test_a_load_lays_the_studies_out_and_a_sweep_says_what_screening_says(tmp_path: Path) -> None:
    with Finder.demo(tmp_path) as finder:
        for patient in demo_patients().values():
            patient_read = finder.read_patient(patient)
            screener = Screener(patient_read, DEMO_TODAY)
            numbers = list(finder.nct_ids())
            expected = {
                int(number[3:]): tally(finder.screen(number, patient_read, DEMO_TODAY)) for number in numbers
            }
            assert finder.sweep([screener]).tallies([int(number[3:]) for number in numbers]) == expected


def test_arrays_that_are_deleted_or_damaged_are_built_again(tmp_path: Path) -> None:
    with Finder.demo(tmp_path) as finder:
        held = finder.programs.trials
    folder = tmp_path / "derived" / "program-1"
    (folder / "000001" / "wanted.npy").write_bytes(b"\x93NUMPY and no more")
    with Finder(tmp_path) as finder:
        assert finder.programs.trials == held
    shutil.rmtree(folder)
    with Finder(tmp_path) as finder:
        assert finder.programs.trials == held


# -- segments


class Shelf:
    """Compiled trials by number, as a finder would give them."""

    def __init__(self) -> None:
        self.trials: dict[str, CompiledTrial] = {}

    def put(self, number: int, text: str) -> Change:
        nct = f"NCT{number:08d}"
        self.trials[nct] = CompiledTrial(nct, compile_text(text))
        return Change(number, nct, 1, b"", b"")  # type: ignore[arg-type]

    def give(self, numbers: Sequence[str]) -> Mapping[str, CompiledTrial]:
        return {number: self.trials[number] for number in numbers if number in self.trials}

    def open(self, folder: Path, writable: bool = False, compiler: str = "one") -> Programs:
        return Programs(folder, writable, compiler, self.give)


MEN = "Inclusion Criteria:\n- Male\n"
WOMEN = "Inclusion Criteria:\n- Female\n"


def decided(programs: Programs, *numbers: int) -> dict[int, Tally]:
    return programs.sweep([Screener(SICK, TODAY)]).tallies(numbers)


def test_a_study_counts_as_it_was_applied_last(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    writer.apply([shelf.put(number, MEN) for number in range(1, 11)])
    writer.commit()
    writer.apply([shelf.put(3, WOMEN)])
    writer.commit()
    for programs in (writer, shelf.open(tmp_path)):
        verdicts = {number: one.verdict for number, one in decided(programs, *range(1, 12)).items()}
        assert verdicts == {number: "ineligible" if number == 3 else "eligible" for number in range(1, 11)}
        assert programs.trials == 10


def test_segments_stay_few_and_old_ones_go(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    for number in range(1, 41):
        writer.apply([shelf.put(number, MEN)])
        writer.commit()
    assert sum(path.is_dir() for path in tmp_path.iterdir()) == 2  # 32 and 8
    assert shelf.open(tmp_path).trials == 40


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    writer.apply([shelf.put(1, MEN)])
    writer.commit()
    reader = shelf.open(tmp_path)
    writer.apply([shelf.put(1, WOMEN), shelf.put(2, MEN)])
    writer.commit()
    assert decided(reader, 1, 2) == {1: Tally("eligible", 1, 0, 0)}
    assert decided(shelf.open(tmp_path), 1)[1].verdict == "ineligible"


def test_what_was_not_committed_does_not_count_and_is_cleared_away(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    writer.apply([shelf.put(1, MEN)])
    writer.commit()
    (tmp_path / "000002").mkdir()  # as a crash in the middle of a commit leaves it
    (tmp_path / "000002" / "wanted.npy").write_bytes(b"half")
    assert shelf.open(tmp_path).trials == 1
    shelf.open(tmp_path, writable=True)
    assert not (tmp_path / "000002").exists()


def test_another_compiler_is_refused(tmp_path: Path) -> None:
    Shelf().open(tmp_path, writable=True)
    with pytest.raises(ValueError, match="another compiler"):
        Shelf().open(tmp_path, compiler="two")


def removed(number: int) -> Change:
    return Change(number, NctId(f"NCT{number:08d}"), 2, b"", b"", removed=True)


def test_a_removed_study_is_not_decided_and_one_that_is_back_is(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    writer.apply([shelf.put(number, MEN) for number in range(1, 11)])
    writer.commit()
    writer.apply([removed(3), removed(4), removed(99)])
    writer.commit()
    for programs in (writer, shelf.open(tmp_path), shelf.open(tmp_path, writable=True)):
        assert sorted(decided(programs, *range(1, 12))) == [1, 2, *range(5, 11)]
        assert programs.trials == 8
    writer.apply([shelf.put(3, WOMEN)])
    writer.commit()
    assert decided(shelf.open(tmp_path), 3, 4) == {3: Tally("ineligible", 0, 1, 0)}


def test_a_removal_outlives_the_merging_of_segments(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    held: set[int] = set()
    for number in range(1, 60):
        changes = [shelf.put(number, MEN)]
        held.add(number)
        if number % 3 == 0:  # one goes that came before, and one that went before is back
            changes.append(removed(number - 1))
            held.discard(number - 1)
        if number % 6 == 0:
            changes.append(shelf.put(number - 4, WOMEN))
            held.add(number - 4)
        writer.apply(changes)
        writer.commit()
        assert sorted(decided(shelf.open(tmp_path), *range(1, 70))) == sorted(held)
    assert shelf.open(tmp_path).trials == len(held)


def test_a_study_that_comes_and_goes_before_a_commit_is_as_it_was_last(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    writer.apply([shelf.put(1, MEN), shelf.put(2, MEN)])
    writer.apply([removed(1), removed(2)])
    writer.apply([shelf.put(2, MEN)])
    writer.commit()
    assert [*decided(shelf.open(tmp_path), 1, 2)] == [2]


def test_a_registry_that_lost_every_study_decides_none(tmp_path: Path) -> None:
    shelf = Shelf()
    writer = shelf.open(tmp_path, writable=True)
    writer.apply([shelf.put(1, MEN)])
    writer.commit()
    writer.apply([removed(1)])
    writer.commit()
    assert shelf.open(tmp_path).trials == 0
    assert decided(shelf.open(tmp_path), 1) == {}
