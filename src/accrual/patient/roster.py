"""Reads many patients from a table: CSV with a header row, one patient a row (docs/patient.md).

Comes in: the lines of the table. Goes out: a member for each row. Refuses (PatientError): a header without any known
column; a row with more cells than the header, of an id that an earlier row has, or that is not UTF-8. A cell that
cannot be used is listed in `unused` with its column and the reason, and so is a column that is not known.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Literal, cast

import msgspec

from accrual.basic import GeoPoint, PartialDate
from accrual.codes.variables import Variable, variable_named
from accrual.errors import PatientError
from accrual.message import message
from accrual.patient.facts import after_birth
from accrual.patient.form import Entry, FormReader, Measurement
from accrual.patient.ledger import Ledger
from accrual.patient.member import Member
from accrual.patient.model import Fact, FactKind, Patient, Source
from accrual.patient.refusal import refusal

FORM = "CSV table"

# What a column may be called; case, spaces and hyphens do not matter.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "patient_id", "patient", "person_id", "subject_id"),
    "sex": ("sex", "gender"),
    "birth_date": ("birth_date", "date_of_birth", "dob", "birthdate"),
    "age": ("age", "age_years"),
    "age_date": ("age_date",),
    "place": ("place", "city"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "longitude"),
    "date": ("date", "measured_on"),
    "conditions": ("conditions", "diagnoses", "condition", "diagnosis"),
    "absent_conditions": ("absent_conditions", "no_conditions"),
    "drugs": ("drugs", "medications", "medication", "drug"),
    "absent_drugs": ("absent_drugs", "no_drugs"),
    "procedures": ("procedures", "procedure"),
}
_NAMED = {name: key for key, names in _COLUMNS.items() for name in names}
_LISTS: tuple[tuple[str, FactKind, bool], ...] = (
    ("conditions", "condition", True),
    ("absent_conditions", "condition", False),
    ("drugs", "drug", True),
    ("absent_drugs", "drug", False),
    ("procedures", "procedure", True),
)
_NOTHING = frozenset(("", "na", "n/a", "nan", "null", "none", "unknown", "-", "?", "."))
"""Cells that say nothing; what they do not say is unknown."""
_SEXES: Mapping[str, Literal["female", "male"]] = {
    "female": "female",
    "f": "female",
    "male": "male",
    "m": "male",
}
_DELIMITERS = (",", ";", "\t")
_UNIT = re.compile(r"^(.*?)\s*[\[(]([^\])]*)[\])]\s*$")  # "hemoglobin (g/dL)", "hemoglobin [g/dL]"
_DATED = re.compile(r"^(.*?)\s*\[(\d{4}(?:-\d{2}){0,2})\]\s*$")  # "pneumonia [2025-11]"
_MAX_CELL = 1_000_000

csv.field_size_limit(_MAX_CELL)


class _Header(msgspec.Struct, frozen=True):
    known: dict[str, int]
    measured: dict[int, tuple[str, str]]
    """Column to the variable's name and the unit in the header."""
    unknown: tuple[str, ...]


def is_table(first_line: str) -> bool:
    """Say whether a line is the header of such a table: two columns of it are known, one of them of a patient."""
    header = _header(_cells(first_line))
    return len(header.known) + len(header.measured) >= 2 and bool(header.known)


def roster_members(lines: Iterable[str], where: str = "") -> Iterator[Member]:
    """Yield the patients of a table.

    Args:
        lines: decoded with `surrogateescape`, so that one row that is not UTF-8 does not cost the rest.

    Raises:
        PatientError: no known column.
    """
    rows = iter(lines)
    first = next((line for line in rows if line.strip()), "").lstrip("\ufeff")
    cells = _cells(first)
    header = _header(cells)
    if not header.known and not header.measured:
        raise refusal(message("its first row names no column that is known"), where)
    seen: dict[str, int] = {}
    number = 1
    delimiter = _delimiter(first)
    table = csv.reader(rows, delimiter=delimiter, strict=True)
    while True:
        number += 1
        try:
            row = next(table)
        except StopIteration:
            return
        except csv.Error:
            yield Member(
                f"row {number}",
                partial(
                    _fail,
                    message("a broken cell; a quotation mark may lack its end"),
                    where,
                    message("row %(number)s", number=number),
                ),
            )
            continue
        if not any(cell.strip() for cell in row):
            continue
        name = _cell(row, header.known.get("id")) or f"row {number}"
        problem = _problem(row, len(cells), seen.get(name, 0))
        seen.setdefault(name, number)
        if problem:
            read: Callable[[], Patient] = partial(
                _fail, problem, where, message("row %(number)s", number=number)
            )
            name = f"row {number}"
        else:
            read = partial(_read, header, row, name)
        yield Member(name, read)


def _problem(row: list[str], width: int, earlier: int) -> str:
    if earlier:
        return message("its id stands in row %(row)s too: give one row a patient", row=earlier)
    if len(row) > width:
        return message("it has more cells than the header has columns")
    try:
        "".join(row).encode("utf-8")
    except UnicodeEncodeError:
        return message("not UTF-8 text; save the file as UTF-8")
    return ""


def _fail(reason: str, *places: str) -> Patient:
    raise refusal(reason, *places)


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line.strip("\r\n")], delimiter=_delimiter(line)), [])
    except csv.Error:
        return []


def _header(cells: list[str]) -> _Header:
    known: dict[str, int] = {}
    measured: dict[int, tuple[str, str]] = {}
    unknown: list[str] = []
    for index, cell in enumerate(cells):
        key = _NAMED.get(re.sub(r"[\s-]+", "_", cell.strip().lower()))
        united = _UNIT.match(cell.strip())
        name, unit = united.groups() if united and _variable(cell) is None else (cell.strip(), "")
        variable = _variable(name)
        if key is not None and key not in known:
            known[key] = index
        elif key is None and variable is not None:
            measured[index] = (name.replace("_", " "), unit)
        else:
            unknown.append(cell.strip()[:60])
    return _Header(known, measured, tuple(unknown))


def _variable(name: str) -> Variable | None:
    found = variable_named(name.strip().replace("_", " "))
    return found if found is not None and found.id not in ("age", "sex") else None


def _cell(row: list[str], index: int | None) -> str:
    text = row[index].strip() if index is not None and index < len(row) else ""
    return "" if text.lower() in _NOTHING else text


def _read(header: _Header, row: list[str], name: str) -> Patient:
    return _Row(header, row).patient(name)


class _Row:
    """Reads one row; keeps what was not used."""

    def __init__(self, header: _Header, row: list[str]) -> None:
        self.header = header
        self.row = row
        self.ledger = Ledger()
        self.form = FormReader("")

    def cell(self, key: str) -> str:
        return _cell(self.row, self.header.known.get(key))

    def patient(self, name: str) -> Patient:
        facts: list[Fact] = []
        for key, kind, present in _LISTS:
            for index, part in enumerate(self.cell(key).split(";")):
                facts += self.entry(part.strip(), kind, present, f"{key}[{index}]")
        day = self.date("date")
        for column, (variable, unit) in self.header.measured.items():
            facts += self.measured(_cell(self.row, column), variable, unit, day)
        sex = _SEXES.get(self.cell("sex").lower())
        if self.cell("sex") and sex is None:
            self.ledger.skip("sex", "", "neither female nor male: it is not known")
        birth = self.date("birth_date")
        age = self.number("age", 0, 130) if birth is None else None
        lat, lon = self.number("lat", -90, 90), self.number("lon", -180, 180)
        kept = after_birth(facts, birth, self.ledger)
        for word in self.header.unknown:
            self.ledger.skip(f"column {word}", "", "no such column is known, and no variable has this name")
        for one in self.form.unused:
            self.ledger.skip(one.where, "", one.reason)
        return Patient(
            id=name,
            form=FORM,
            sex=sex,
            sex_source=Source("sex") if sex else None,
            birth_date=birth,
            age_years=age,
            age_date=self.date("age_date") if age is not None else None,
            age_source=Source("birth_date" if birth else "age") if birth or age is not None else None,
            place=self.cell("place"),
            point=GeoPoint(lat, lon) if lat is not None and lon is not None else None,
            facts=kept,
            unused=self.ledger.unused(),
        )

    def entry(self, text: str, kind: FactKind, present: bool, at: str) -> tuple[Fact, ...]:
        if text.lower() in _NOTHING:
            return ()
        dated = _DATED.match(text)
        words, day = dated.groups() if dated else (text, None)
        try:
            return self.form.entry(Entry(words, date=day, present=present), kind, at)
        except PatientError as error:
            self.ledger.skip(at, "", _reason(error))
            return ()

    def measured(self, text: str, name: str, unit: str, day: PartialDate | None) -> list[Fact]:
        if not text:
            return []
        at = f"column {name}"
        value = cast("float | str", _number(text) if _number(text) is not None else text)
        try:
            own = Measurement(name, value, unit, date=str(day) if day else None)
            fact = self.form.measurement(own, at)
        except PatientError as error:
            self.ledger.skip(at, "", _reason(error))
            return []
        return [fact] if fact is not None else []

    def date(self, key: str) -> PartialDate | None:
        text = self.cell(key)
        try:
            return PartialDate.parse(text) if text else None
        except ValueError:
            self.ledger.skip(key, "", "not a date of the calendar: write YYYY-MM-DD, YYYY-MM or YYYY")
            return None

    def number(self, key: str, low: float, high: float) -> float | None:
        text = self.cell(key)
        if not text:
            return None
        found = _number(text)
        if found is None or not low <= found <= high:
            self.ledger.skip(key, "", f"not a number from {low:g} to {high:g}")
            return None
        return found


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?\d{1,15}(?:\.\d{1,15})?", text) else None


def _reason(error: PatientError) -> str:
    """The form's message without the place, which the ledger names itself."""
    return str(error).partition(": ")[2] or str(error)
