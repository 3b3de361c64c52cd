"""The reading benchmark tells forms apart, reports on each, and refuses what it does not know."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

import criteria

CHECK, TUNE = "NCT90000004", "NCT90000001"
LOGIC = [
    ("inclusion", "Age >= 18 years", "(compare age (range 18 _ a))"),
    ("inclusion", "Male", "(one_of sex male)"),
    ("exclusion", "Pregnant women", "(one_of pregnant yes)"),
    ("inclusion", "Fond of walks", '(opaque "Fond of walks")'),
    ("inclusion", "ECOG 0-1", "(compare ecog (range 0 2))"),
]


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert criteria.main([str(each) for each in arguments]) == 0
    return capsys.readouterr().out


def lines_file(folder: Path, rows: list[dict[str, object]]) -> Path:
    path = folder / "rows.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return path


def test_parts_are_told_by_the_trial() -> None:
    assert [criteria.PARTS["check"](key) for key in (CHECK, TUNE)] == [True, False]
    assert [criteria.PARTS["tune"](key) for key in (CHECK, TUNE)] == [False, True]


def test_mentions_of_a_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "corpus.zip"
    with zipfile.ZipFile(path, "w") as out:
        for key in (CHECK, TUNE):
            out.writestr(f"{key}.txt", "Patients with asthma")
            out.writestr(f"{key}.ann", "T1\tCondition 14 20\tasthma")
    shown = run(capsys, path)
    assert "1 of 2 texts" in shown
    assert "| condition | 1 | 1 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 |" in shown
    assert "dictionary, regex and NegEx" in shown


def test_errors_show_text_of_the_tune_part_only(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        criteria.main([str(tmp_path), "--errors", "3"])


@pytest.mark.parametrize(
    "row",
    [
        {"nct_id": TUNE, "criteria": "Inclusion Criteria:\n\n* Age >= 18 years\n* Fond of walks"},
        {"protocolSection": {"eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Age >= 18 years\n* Fond of walks"}}},
    ],
)  # fmt: skip
def test_coverage_of_records_and_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: dict[str, object]
) -> None:
    shown = run(capsys, lines_file(tmp_path, [row]))
    assert "1 texts, 2 criteria (2 in, 0 out)" in shown
    assert "| 50.0% | 0.0% | 50.0% | 50.0% |" in shown


def test_sections_of_flagged_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flagged = [
        {"inclusion_indicator": True, "description": "Asthma"},
        {"inclusion_indicator": False, "description": "Pregnant\r\n* Nursing"},
        {"inclusion_indicator": True, "description": "Exclusion criteria: none"},
    ]
    shown = run(capsys, lines_file(tmp_path, [{"nct_id": CHECK, "eligibility": {"unstructured": flagged}}]))
    assert "sections right: 3 of 3 criteria, 100.00%" in shown


def test_comparisons_of_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"question": "age >= 18 years", "query": "select id from records where age >= 18 and age <= 80"}
    assert "comparisons: 1 of 2 made (50.0%); 0 of ours not in the SQL" in run(
        capsys, lines_file(tmp_path, [row])
    )


def test_logic_counts_same_safe_and_flip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, object]] = [
        {"nct_id": TUNE, "kind": kind, "text": text, "start": 0, "end": len(text), "tree": tree}
        for kind, text, tree in LOGIC
    ]
    shown = run(capsys, lines_file(tmp_path, rows))
    assert (
        "5 criteria, 4 of them more than opaque words to the annotator: same 4 (80.0%), safe 0 (0.0%), flip 1 (20.0%)"
        in shown
    )


@pytest.mark.parametrize("content", ['{"a": 1}', "not json", "[1]"])
def test_an_unknown_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(content)
    assert criteria.main([str(path)]) == 2
    assert "some.jsonl" in capsys.readouterr().err
