"""The benchmark of the pages runs on a small registry, and reports every kind of page."""

from __future__ import annotations

from pathlib import Path

import pytest

import pages
from accrual.finder import Finder


def test_every_kind_of_page_is_served_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Finder.demo(tmp_path / "home").close()
    asked = ["--home", str(tmp_path / "home"), "--work", str(tmp_path), "--rounds", "1", "--no-browser"]
    assert pages.main(asked) == 0
    told = capsys.readouterr().out
    for name in (
        "results",
        "suggestions",
        "map of results",
        "trial",
        "places",
        "take part: any, an answer",
    ):
        assert f"\n{name} " in told
    assert "FTS5" in told
