"""Many patients into one file: each a row, none the end of the run, and a killed run goes on to the same bytes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual import Finder
from accrual.crowd import BATCH, COLUMNS, Row, Wish, match_crowd, table_lines
from accrual.demo import DEMO_TODAY, demo_patients
from accrual.errors import SourceError
from accrual.patient.model import Patient

WISH = Wish(DEMO_TODAY, top=3)
COUNT = 3 * BATCH + 2


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    with Finder.demo(tmp_path_factory.mktemp("demo")) as finder:
        yield finder


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of patients of the accrual form, one of them broken."""
    folder = tmp_path_factory.mktemp("people")
    bodies = [body for body in demo_patients().values() if b"accrual_patient" in body]
    for number in range(COUNT):
        form = json.loads(bodies[number % len(bodies)])
        form["id"] = f"p{number:03d}"
        (folder / f"{number:03d}.json").write_text(json.dumps(form), encoding="utf-8")
    (folder / "007.json").write_text('{"accrual_patient": 1, "sex": "secret words"}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(demo: Finder, people: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a run gives that nothing interrupts."""
    out = tmp_path_factory.mktemp("whole") / "found.jsonl"
    report = match_crowd(demo, people, out, WISH, workers=1)
    assert (report.patients, report.failed, report.taken_up) == (COUNT, 1, 0)
    return out.read_bytes()


def rows(data: bytes) -> list[Row]:
    return [msgspec.json.decode(line, type=Row) for line in data.splitlines()]


def test_each_patient_has_the_matches_of_a_match_alone(demo: Finder, people: Path, whole: bytes) -> None:
    held = rows(whole)
    assert [row.patient for row in held] == ["" if n == 7 else f"p{n:03d}" for n in range(COUNT)]
    for number in (0, 5, 8, COUNT - 1):
        patient = demo.read_patient(people / f"{number:03d}.json")
        assert held[number].matches == demo.match(patient, DEMO_TODAY, top=3)
        assert sum(held[number].verdicts.values()) == demo.status().studies


def test_the_assumption_is_that_of_the_run(demo: Finder, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.jsonl"
    match_crowd(demo, people, out, Wish(DEMO_TODAY, 3, assumption="notes"), workers=1)
    patient = demo.read_patient(people / "000.json")
    assert rows(out.read_bytes())[0].matches == demo.match(patient, DEMO_TODAY, 3, assumption="notes")


def test_one_that_cannot_be_read_is_a_row_with_its_reason(whole: bytes) -> None:
    (failed,) = [row for row in rows(whole) if row.error]
    assert "007.json" in failed.error
    assert failed.matches == ()
    assert b"secret" not in whole


def test_one_at_fault_does_not_take_its_batch_along(
    demo: Finder, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Finder.match_many

    def at_fault(self: Finder, patients: Sequence[Patient], *more: Any) -> Any:
        if any(patient.id == "p003" for patient in patients):
            raise ValueError("words of the patient")
        return honest(self, patients, *more)

    monkeypatch.setattr(Finder, "match_many", at_fault)
    match_crowd(demo, people, tmp_path / "found.jsonl", WISH, workers=1)
    held = rows((tmp_path / "found.jsonl").read_bytes())
    assert [row.patient for row in held if row.error] == ["p003", ""]
    assert held[3].error == "a fault in accrual itself (ValueError)"


def test_every_core_gives_the_same_bytes(demo: Finder, people: Path, tmp_path: Path, whole: bytes) -> None:
    match_crowd(demo, people, tmp_path / "found.jsonl", WISH, workers=2)
    assert (tmp_path / "found.jsonl").read_bytes() == whole


def stopped(demo: Finder, people: Path, out: Path, wish: Wish = WISH) -> Path:
    """Stop a run behind its first batch; return its rows."""

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        match_crowd(demo, people, out, wish, stop, workers=1)
    assert not out.exists()
    return out.with_name(f"{out.name}.rows")


def test_an_interrupted_run_goes_on_where_it_stopped(
    demo: Finder, people: Path, tmp_path: Path, whole: bytes
) -> None:
    out = tmp_path / "found.jsonl"
    kept = stopped(demo, people, out)
    with kept.open("ab") as file:  # and was killed while it wrote a row
        file.write(b'{"patient":"p0')
    report = match_crowd(demo, people, out, WISH, workers=1)
    assert (report.patients, report.failed, report.taken_up) == (COUNT, 1, BATCH)
    assert out.read_bytes() == whole
    assert [one.name for one in tmp_path.iterdir()] == ["found.jsonl"]


@pytest.mark.parametrize(
    "wish", [Wish(date(2026, 1, 1), 3), Wish(DEMO_TODAY, 4), Wish(DEMO_TODAY, 3, ("X",))]
)
def test_the_rows_of_another_run_are_begun_anew(
    demo: Finder, people: Path, tmp_path: Path, whole: bytes, wish: Wish
) -> None:
    out = tmp_path / "found.jsonl"
    stopped(demo, people, out, wish)
    assert match_crowd(demo, people, out, WISH, workers=1).taken_up == 0
    assert out.read_bytes() == whole


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(
    demo: Finder, people: Path, tmp_path: Path, whole: bytes
) -> None:
    out = tmp_path / "found.jsonl"
    kept = out.with_name("found.jsonl.rows")
    command = [sys.executable, "-m", "accrual", "match", "--patients", str(people), "--out", str(out)]
    command += ["--top", "3", "--today", DEMO_TODAY.isoformat(), "--home", str(demo.home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        if kept.exists() and kept.read_bytes().count(b"\n") > BATCH:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait(60)
    if process.returncode != -signal.SIGKILL:
        pytest.skip("the run was over before it could be killed")
    assert not out.exists()
    done = subprocess.run([*command, "--json"], capture_output=True, timeout=200, check=True)
    assert json.loads(done.stdout)["taken_up"] >= BATCH
    assert out.read_bytes() == whole


def test_two_runs_do_not_write_the_same_rows(demo: Finder, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.jsonl"

    def again(done: int) -> None:
        with pytest.raises(SourceError, match="another run"):
            match_crowd(demo, people, out, WISH, workers=1)

    match_crowd(demo, people, out, WISH, again, workers=1)


def test_a_table_has_a_line_for_each_match_and_one_for_who_has_none(
    demo: Finder, people: Path, tmp_path: Path, whole: bytes
) -> None:
    out = tmp_path / "found.csv"
    match_crowd(demo, people, out, WISH, workers=1)
    with out.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == tuple(name for name, _ in COLUMNS)
    assert len(lines) == sum(max(len(row.matches), 1) for row in rows(whole))
    (failed,) = [line for line in lines if line["error"]]
    assert failed["rank"] == failed["nct_id"] == failed["eligible"] == ""
    first = rows(whole)[0].matches[0]
    assert (lines[0]["nct_id"], lines[0]["score"]) == (first.nct_id, str(first.score))


def test_parquet_without_its_library_names_the_extra_before_anything_is_done(
    demo: Finder, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SourceError, match=r"pip install accrual\[parquet\]"):
        match_crowd(demo, people, tmp_path / "found.parquet", WISH)
    assert list(tmp_path.iterdir()) == []


def test_parquet_is_written_by_its_library(demo: Finder, people: Path, tmp_path: Path, whole: bytes) -> None:
    arrow = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: accrual[parquet]")
    out = tmp_path / "found.parquet"
    match_crowd(demo, people, out, WISH, workers=1)
    table = arrow.read_table(out)
    assert tuple(table.column_names) == tuple(name for name, _ in COLUMNS)
    assert [tuple(line.values()) for line in table.to_pylist()] == [*table_lines(rows(whole))]
    assert [str(field.type).replace("double", "float64") for field in table.schema] == [
        kind for _, kind in COLUMNS
    ]


def test_a_table_without_patients_has_its_columns(demo: Finder, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: accrual[parquet]")
    nobody, out = tmp_path / "nobody.csv", tmp_path / "found.parquet"
    nobody.write_text("id,age,sex,conditions\n")
    match_crowd(demo, nobody, out, WISH, workers=1)
    table = arrow.read_table(out)
    assert (table.num_rows, table.column_names) == (0, [name for name, _ in COLUMNS])


def test_the_patients_are_never_written_over(demo: Finder, people: Path, tmp_path: Path) -> None:
    own = tmp_path / "people.csv"
    own.write_text("id,age,sex,conditions\np,58,F,asthma\n")
    with pytest.raises(SourceError, match=r"people\.csv: is the patients' own file: write another one"):
        match_crowd(demo, own, own, WISH)
    assert own.read_text().startswith("id,age")


@pytest.mark.parametrize("name", ["found.xlsx", "found", "found.json"])
def test_another_ending_is_refused(demo: Finder, people: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"\.jsonl, \.csv, \.parquet"):
        match_crowd(demo, people, tmp_path / name, WISH)


def test_the_answer_does_not_lie_among_the_patients(demo: Finder, people: Path) -> None:
    with pytest.raises(SourceError, match="somewhere else"):
        match_crowd(demo, people, people / "found.csv", WISH)


def test_a_source_that_is_not_there_is_named(demo: Finder, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nobody"):
        match_crowd(demo, tmp_path / "nobody", tmp_path / "found.csv", WISH)


def test_a_folder_that_is_not_there_is_named(demo: Finder, people: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be written"):
        match_crowd(demo, people, tmp_path / "no" / "found.csv", WISH)
