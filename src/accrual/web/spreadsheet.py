"""Tables as files: CSV for one table, XLSX for several.

Comes in: tables of text and numbers. Goes out: the bytes of a file, the same for the same tables. Refuses nothing: a
cell that a spreadsheet would take for a formula stays text, in CSV with an apostrophe before it, in XLSX by its type;
a text that is longer than a cell can be is cut.
Source: OWASP, CSV Injection; Office Open XML, ECMA-376 part 1 section 18.3.1.4; limits of cells as XlsxWriter has them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec
import xlsxwriter
from starlette.responses import Response

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a formula, or what a spreadsheet makes one of, begins with."""
_LONGEST = 32_767  # characters of a cell in XLSX
_WIDEST, _NARROWEST = 60, 10  # characters of a column; set by hand
_LOOKED_AT = 200  # rows that say how wide a column is; set by hand

Value: TypeAlias = str | int


class Table(msgspec.Struct, frozen=True):
    """One table: what it is called, its columns, its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def file_response(tables: Sequence[Table], name: str, form: str) -> Response:
    """Return the tables as a file to keep: all of them as XLSX, the first alone as CSV.

    Arguments:
        name: of the file, without its ending.
        form: `csv`; anything else is XLSX.
    """
    is_csv = form == "csv"
    headers = {
        "content-disposition": f'attachment; filename="{name}.{"csv" if is_csv else "xlsx"}"',
        "cache-control": "no-store",
    }
    body = write_csv(tables[0]) if is_csv else write_xlsx(tables)
    return Response(body, media_type=CSV_TYPE if is_csv else XLSX_TYPE, headers=headers)


def write_csv(table: Table) -> bytes:
    """Return the table as CSV in UTF-8, with the mark that spreadsheets know it by.

    Example:
        >>> write_csv(Table("Trials", ("name",), (("=1+1",),)))
        b"\\xef\\xbb\\xbfname\\r\\n'=1+1\\r\\n"
    """
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    for row in (table.columns, *table.rows):
        lines.writerow([_neutral(value) for value in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def write_xlsx(tables: Sequence[Table]) -> bytes:
    """Return the tables as an XLSX file, one sheet each.

    Example:
        >>> write_xlsx([Table("Trials", ("name",), (("=1+1",),))])[:2]
        b'PK'
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    # A date of its own would make each file another one.
    book.set_properties({"created": datetime(2000, 1, 1)})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    # As the apostrophe that is typed before a text: it stays text when the cell is edited.
    quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    for table in tables:
        sheet = book.add_worksheet(table.title[:31])
        for number, name in enumerate(table.columns):
            sheet.write_string(0, number, _fitting(name), head)
            sheet.set_column(number, number, _width(table, number))
        for at, row in enumerate(table.rows, start=1):
            for number, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(
                        at, number, _fitting(value), quoted if value.startswith(_STARTS) else plain
                    )
                else:
                    sheet.write_number(at, number, value, plain)
        sheet.freeze_panes(1, 1)
    book.close()
    return file.getvalue()


def _neutral(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS) else value


def _fitting(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode()  # a lone surrogate is no text
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"


def _width(table: Table, number: int) -> int:
    cells = (row[number] for row in table.rows[:_LOOKED_AT])
    widest = max((len(str(cell)) for cell in (table.columns[number], *cells)), default=0)
    return max(_NARROWEST, min(_WIDEST, widest + 2))
