"""Tables as files: text stays text, whatever it begins with, and the same table is the same file."""

from __future__ import annotations

import csv
import io

import pytest

from accrual.web.spreadsheet import Table, file_response, write_csv, write_xlsx

from .workbook import opened

HOSTILE = ("=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=cmd|"/C calc"!A0')


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_is_text_in_both_files(text: str) -> None:
    table = Table("One", ("name", "=head"), ((text, 3),))
    rows = list(csv.reader(io.StringIO(write_csv(table).decode("utf-8-sig"), newline="")))
    assert rows == [["name", "'=head"], [f"'{text}", "3"]]
    assert opened(write_xlsx([table]))["One"][1][0].replace("_x000D_", "\r") == text


@pytest.mark.parametrize(
    "text", ["plain", "3", "http://x.example", "a\nb", "\x00\x01", "\ud800", "😀", "x" * 40_000]
)
def test_any_text_makes_a_file_that_opens(text: str) -> None:
    table = Table("One", ("name",), ((text,),))
    assert write_csv(table)
    found = opened(write_xlsx([table]))["One"][1][0]
    assert len(found) <= 32_767
    if text.isprintable() and len(text) < 100:
        assert found == text


def test_the_same_tables_are_the_same_bytes() -> None:
    tables = [Table("One", ("a",), (("b",),)), Table("Two", ("c",), ())]
    assert write_xlsx(tables) == write_xlsx(tables)


def test_numbers_stay_numbers() -> None:
    assert opened(write_xlsx([Table("One", ("a",), ((7,),))]))["One"][1] == ["7"]


def test_a_file_is_kept_nowhere() -> None:
    answer = file_response([Table("One", ("a",), ())], "name", "csv")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="name.csv"'
