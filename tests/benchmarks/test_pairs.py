"""The pairs benchmark labels as the physicians' six labels mean it, counts what it says, and refuses other files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import pairs
from accrual.criteria.compile import compile_text
from accrual.criteria.tree import CompiledTrial
from accrual.match.evaluate import Screener
from accrual.patient.reader import read_patient

MAN = b'{"accrual_patient": 1, "sex": "male", "age": 50, "conditions": [{"name": "asthma"}]}'
CHECK, TUNE = "sigir-20142", "sigir-201412"


def label(kind: str, text: str, assumption: str = "open") -> str:
    pair = pairs.Pair("one", "", kind, text, "included")  # type: ignore[arg-type]
    compiled = CompiledTrial("", compile_text(f"{kind.capitalize()} Criteria:\n\n* {text}"))
    screener = Screener(read_patient(MAN), pairs.TODAY, assumption)  # type: ignore[arg-type]
    return pairs.label(pair, compiled, screener)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("inclusion", "Age 18 years or older", "included"),
        ("inclusion", "Age under 18 years", "not included"),
        ("exclusion", "Age under 18 years", "not excluded"),
        ("exclusion", "Asthma", "excluded"),
        ("exclusion", "Epilepsy", "not enough information"),
        ("inclusion", "Epilepsy", "not enough information"),
        ("exclusion", "Pregnant or breastfeeding women", "not applicable"),
    ],
)
def test_a_verdict_becomes_the_label_of_its_kind(kind: str, text: str, expected: str) -> None:
    assert label(kind, text) == expected


@pytest.mark.parametrize(("age", "expected"), [(5, "not applicable"), (30, "not enough information")])
@pytest.mark.parametrize("text", ["Smokes cigarettes every day", "Alcoholism (drunk at least once a week)"])
def test_what_grown_ups_are_asked_for_is_no_question_of_a_child(age: int, expected: str, text: str) -> None:
    pair = pairs.Pair("one", "", "exclusion", text, "included")
    compiled = CompiledTrial("", compile_text(f"Exclusion Criteria:\n\n* {text}"))
    child = read_patient(f'{{"accrual_patient": 1, "sex": "male", "age": {age}}}'.encode())
    assert pairs.label(pair, compiled, Screener(child, pairs.TODAY)) == expected
    asthma = CompiledTrial("", compile_text("Exclusion Criteria:\n\n* Asthma"))
    assert pairs.label(pair, asthma, Screener(child, pairs.TODAY)) == "not enough information"


def test_under_notes_silence_is_not_excluded_and_never_not_included() -> None:
    assert label("exclusion", "Epilepsy", "notes") == "not excluded"
    assert label("inclusion", "Epilepsy", "notes") == "not enough information"


def row(patient_id: str, gold: str, text: str = "Age 18 years or older", **more: str) -> dict[str, str]:
    note = MAN.decode()
    return {
        "patient_id": patient_id,
        "note": note,
        "criterion_type": "inclusion",
        "criterion_text": text,
        "expert_eligibility": gold,
        **more,
    }


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    body = "\n".join(map(json.dumps, rows)).encode()
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


def test_shares_and_contradictions_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        row(TUNE, "included", gpt4_eligibility="included"),
        row(TUNE, "not included", gpt4_eligibility="included"),
        row(TUNE, "included", "Fond of walks", gpt4_eligibility="included"),
    ]
    assert pairs.main([str(write(tmp_path / "rows.jsonl.gz", rows)), "--part", "all"]) == 0
    told = capsys.readouterr().out
    assert "all: 3 pairs of 1 patients" in told
    assert "accrual, open                        1   0.333" in told
    assert "the large model in the file          2   0.667" in told
    assert "the commonest label of each kind     2   0.667" in told
    assert "under open: 2 of 3 answered with certainty" in told
    assert "50.0% of them not contradicted (1 are); 1 have the same label" in told


def test_the_parts_are_split_by_patient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path / "rows.jsonl", [row(TUNE, "included"), row(CHECK, "included"), row(CHECK, "included")]
    )
    assert (pairs.is_check(CHECK), pairs.is_check(TUNE)) == (True, False)
    for part, count in (("check", 2), ("tune", 1), ("all", 3)):
        pairs.main([str(path), "--part", part])
        assert f"{part}: {count} pairs" in capsys.readouterr().out


def test_the_words_of_the_check_part_are_not_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row(CHECK, "included")])
    with pytest.raises(SystemExit) as stopped:
        pairs.main([str(path), "--errors", "5"])
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("line", "reason"), [("{", "not JSON"), ('{"patient_id": "Jane"}', "not a labelled pair")]
)
def test_a_line_of_another_form_is_named_by_its_number_and_not_by_its_words(
    tmp_path: Path, line: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row(TUNE, "included")) + "\n" + line)
    with pytest.raises(SystemExit):
        pairs.main([str(path)])
    told = capsys.readouterr().err
    assert f"rows.jsonl, line 2: {reason}" in told
    assert "Jane" not in told
