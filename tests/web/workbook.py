"""An XLSX file opened again with the standard library: its sheets as rows of text."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def opened(body: bytes) -> dict[str, list[list[str]]]:
    """Return each sheet's rows, by its name; a sheet with a formula in it fails."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        names = [str(one.get("name")) for one in _tree(archive, "xl/workbook.xml").iter(f"{MAIN}sheet")]
        shared = [
            "".join(part.text or "" for part in one.iter(f"{MAIN}t"))
            for one in _tree(archive, "xl/sharedStrings.xml").iter(f"{MAIN}si")
        ]
        return {
            name: _rows(_tree(archive, f"xl/worksheets/sheet{number}.xml"), shared)
            for number, name in enumerate(names, start=1)
        }


def _rows(sheet: ElementTree.Element, shared: list[str]) -> list[list[str]]:
    assert next(sheet.iter(f"{MAIN}f"), None) is None, "a cell is a formula"
    rows = []
    for row in sheet.iter(f"{MAIN}row"):
        cells: dict[int, str] = {}
        for cell in row.iter(f"{MAIN}c"):
            value = cell.find(f"{MAIN}v")
            text = "" if value is None else str(value.text)
            cells[_column(str(cell.get("r")))] = shared[int(text)] if cell.get("t") == "s" else text
        rows.append([cells.get(number, "") for number in range(max(cells, default=-1) + 1)])
    return rows


def _column(place: str) -> int:
    letters = re.match("[A-Z]+", place)
    assert letters is not None
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(name))
