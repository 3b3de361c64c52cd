"""The reader of the tables: what it refuses, and that each table is as it must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from accrual.codes import table
from accrual.codes.spelling import spellings
from accrual.codes.table import items, number, read_table
from accrual.errors import VocabularyError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(table, "DATA", tmp_path)
    return tmp_path


def test_rows_are_read_and_comments_are_not(folder: Path) -> None:
    (folder / "t.tsv").write_text("# a comment\nid\tname\na\tApple\n\nb\t\n", encoding="utf-8")
    assert read_table("t.tsv", ("id", "name")) == ({"id": "a", "name": "Apple"}, {"id": "b", "name": ""})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id\tnom\n", "header"),
        ("id\tname\na\n", "line 2: 1 cells"),
        ("id\tname\nb\tx\na\ty\n", "sort the keys"),
        ("id\tname\na\tx\na\ty\n", "sort the keys"),
        ("id\tname\n\tx\n", "sort the keys"),
    ],
)
def test_a_broken_table_is_refused_by_line(folder: Path, text: str, said: str) -> None:
    (folder / "t.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(VocabularyError, match=said):
        read_table("t.tsv", ("id", "name"))


def test_cells_become_lists_and_numbers() -> None:
    assert items("") == ()
    assert items("hgb | hb") == ("hgb", "hb")
    assert number("", "here") is None
    assert number("1e-06", "here") == 1e-6
    with pytest.raises(VocabularyError, match="here: 'x' is not a number"):
        number("x", "here")


@pytest.mark.parametrize("path", sorted(table.DATA.glob("*.tsv")), ids=lambda path: path.name)
def test_a_table_file_is_clean(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert "\r" not in text
    assert not any(line != line.rstrip(" ") for line in text.splitlines())
    assert "  " not in text


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("acute leukemia", {"acute leukaemia", "acute leukemias", "acute leukaemias"}),
        ("biopsy", {"biopsies"}),
        ("metastasis", {"metastases"}),
        ("Crohn's disease", {"crohns disease", "crohn disease", "crohn's diseases"}),
        ("TIA", {"TIA", "TIAs"}),
        ("esophageal edema", {"oesophageal oedema"}),
    ],
)
def test_a_name_is_spelled_in_many_ways(name: str, also: set[str]) -> None:
    assert also <= spellings(name)
