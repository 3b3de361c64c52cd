"""The benchmark of matching runs over any data folder and says what it took."""

from __future__ import annotations

from pathlib import Path

import pytest

import match
from accrual import Finder

TOPICS = "<topics><topic number='1'>A 60-year-old man with multiple myeloma and a relapse.</topic></topics>"


def test_the_parts_of_matching_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    Finder.demo(home).close()
    topics = tmp_path / "topics.xml"
    topics.write_text(TOPICS)
    assert match.main([str(home), "--topics", str(topics)]) == 0
    said = capsys.readouterr().out
    assert "1 notes:" in said
    assert all(
        part in said for part in ("every trial decided", "retrieved and ranked", "20 proofs", "together")
    )


def test_nobody_to_match_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    Finder.demo(home).close()
    assert match.main([str(home)]) == 1
    assert "nobody to match" in capsys.readouterr().out
