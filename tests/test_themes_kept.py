"""The themes of a data folder: gathered from records, kept up to date, built again when damaged."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from accrual import Finder
from accrual.registry.files import read_record
from accrual.themes import ThemeFile


def test_a_load_gathers_what_each_study_is_about(tmp_path: Path) -> None:
    with Finder.demo(tmp_path) as finder:
        numbers = [int(number[3:]) for number in finder.nct_ids()]
        assert finder.themes.numbers.tolist() == sorted(numbers)
        assert any(finder.themes.named(number) for number in numbers)


def test_a_study_that_changes_is_about_what_it_says_now(tmp_path: Path) -> None:
    with Finder.demo(tmp_path) as finder:
        nct = next(iter(finder.nct_ids()))
        record = msgspec.json.decode(finder.record(nct))
        record["protocolSection"]["conditionsModule"]["conditions"] = ["Asthma"]
        finder.load_records([read_record(msgspec.json.encode(record), "changed")])
        assert ("asthma", "condition") in finder.themes.named(int(nct[3:]))


@pytest.mark.parametrize("file", ["themes.npz", "vocabulary.json"])
def test_themes_that_are_damaged_are_gathered_again(tmp_path: Path, file: str) -> None:
    with Finder.demo(tmp_path) as finder:
        held = finder.themes.numbers.tolist()
    (tmp_path / "derived" / "themes-1" / file).write_bytes(b"no")
    with Finder(tmp_path) as finder:
        assert finder.themes.numbers.tolist() == held


def test_themes_of_another_vocabulary_are_refused(tmp_path: Path) -> None:
    ThemeFile(tmp_path, True, "one").close()
    with pytest.raises(ValueError, match="another vocabulary"):
        ThemeFile(tmp_path, False, "two")
