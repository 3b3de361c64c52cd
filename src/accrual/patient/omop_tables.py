"""The tables of an OMOP CDM: a folder of CSV files, plain or gzip, or any other source that gives rows.

Comes in: a folder. Goes out: rows of the columns asked for, as text. Refuses (SourceError, PatientError): a file that
cannot be read, a table without a column that it must have. Source: OHDSI Common Data Model 5.4 (and 5.3, 6.0).
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TextIO, TypeAlias

from accrual.errors import PatientError, SourceError

_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_MAX_CELL = 10_000_000


class Tables(Protocol):
    """A source of tables: a folder of CSV files here; a database where one can be opened."""

    @property
    def names(self) -> frozenset[str]:
        """The tables there are, in lower case."""

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield these columns of each row; a column that the table lacks is empty."""


Databases: TypeAlias = Callable[[Path], AbstractContextManager[Tables] | None]
"""Opens the tables of a database file; None where the file is no database. Only the store opens databases."""


def no_databases(path: Path) -> None:
    """Open no file as a database: the `Databases` of who has no store."""


class CsvFolder:
    """The tables of a folder: `person.csv`, `PERSON.csv.gz`, …"""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Path] = _files(folder)

    @property
    def names(self) -> frozenset[str]:
        """The tables there are, in lower case."""
        return frozenset(self._files)

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield these columns of each row; a column that the table lacks is empty.

        Raises:
            PatientError: it is no CSV of this table. SourceError: it cannot be read.
        """
        path = self._files[table]
        try:
            with _opened(path) as file:
                yield from _rows(file, path, columns)
        except (OSError, EOFError) as error:
            raise SourceError(f"{path}: cannot be read; it may be cut off") from error
        except csv.Error as error:
            raise PatientError(f"{path}: a broken row; a quotation mark may lack its end") from error


def is_omop(folder: Path) -> bool:
    """Say whether a folder holds a person table, and one more table of the model.

    Raises:
        SourceError: the folder cannot be read.
    """
    try:
        found = _files(folder)
    except OSError as error:
        raise SourceError(f"{folder}: cannot be read ({error.strerror})") from error
    return "person" in found and bool(
        found.keys() & {"condition_occurrence", "condition_era", "drug_exposure", "measurement", "concept"}
    )


def _files(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        for suffix in _SUFFIXES:
            if name.endswith(suffix) and path.is_file():
                found.setdefault(name.removesuffix(suffix), path)
    return found


def _opened(path: Path) -> TextIO:
    if path.name.lower().endswith(".gz"):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _rows(file: TextIO, path: Path, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    csv.field_size_limit(_MAX_CELL)
    first = file.readline()
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    header = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    places: Mapping[str, int] = {name: index for index, name in enumerate(header)}
    if columns[0] not in places:
        raise PatientError(f"{path}: its header has no column {columns[0]}")
    wanted = [places.get(name, -1) for name in columns]
    width = len(header)
    for row in csv.reader(file, delimiter=delimiter):
        if len(row) == width:
            yield tuple(row[index] if index >= 0 else "" for index in wanted)
        elif row:
            # A row that is cut off is nobody's for certain: its person stands at an unknown place.
            continue
