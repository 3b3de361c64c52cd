"""The tables of an OMOP CDM in a database file: SQLite, or DuckDB where its library is installed.

Comes in: a file. Goes out: `Tables`, as `accrual.patient.omop_tables` reads them out of CSV files, values as text.
Refuses (SourceError, PatientError): a file that cannot be read, DuckDB without its library, a table without a column
that it must have.

The file is a stranger's: it is opened for reading only, without anything beside it, and views and virtual tables are
left alone, for they may compute without end or read other files. Messages name tables and columns, never values.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accrual.errors import PatientError, SourceError, StoreError
from accrual.store.database import Database

if TYPE_CHECKING:
    from accrual.patient.omop_tables import Tables

# The first bytes. Sources: sqlite.org/fileformat2.html section 1.3; duckdb.org/docs/internals/storage.
_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"
_DUCKDB_AT = 8
_MAX_CELL = 10_000_000  # bytes, as in a CSV file
_AT_ONCE = 10_000  # rows; set by hand
_DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1)
_YEARS = range(1800, 2200)  # of births and events; set by hand


def open_omop(path: Path) -> OmopDatabase | None:
    """Return the tables of a database file; None where the file is no database.

    Raises:
        SourceError: the file cannot be read, or is DuckDB's and its library is not installed.

    Example:
        >>> with open_omop(Path("cdm.sqlite")) as tables:
        ...     "person" in tables.names
        True
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    if start == _SQLITE:
        return OmopDatabase(path, *_sqlite(path))
    if start[_DUCKDB_AT:].startswith(_DUCKDB):
        return OmopDatabase(path, *_duckdb(path))
    return None


class OmopDatabase:
    """The tables of an OMOP CDM in one database file, whatever the schema they stand in."""

    def __init__(self, path: Path, connection: Any, faults: type[Exception]) -> None:
        self._path = path
        self._connection = connection
        self._faults = faults
        with self._told():
            self._tables = self._found()

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def names(self) -> frozenset[str]:
        """The tables there are, in lower case."""
        return frozenset(self._tables)

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield these columns of each row; a column that the table lacks is empty.

        Raises:
            PatientError: the table lacks the first of them. SourceError: it cannot be read.
        """
        place, held = self._tables[table]
        if columns[0] not in held:
            raise PatientError(f"{self._path}: its table {table} has no column {columns[0]}")
        wanted = ", ".join(_quoted(held[name]) if name in held else "NULL" for name in columns)
        dated = [name.endswith(("_date", "_datetime")) for name in columns]
        with self._told():
            # Names are the database's own, quoted: a statement takes no placeholder for them.
            found = self._connection.cursor().execute(f"SELECT {wanted} FROM {place}")
            while batch := found.fetchmany(_AT_ONCE):
                for row in batch:
                    yield tuple(map(_text, row, dated))

    def _found(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Return each table by its name: how a statement names it, and its columns by theirs.

        Where several schemas have a table, the one beside `person` counts.
        """
        schemas: dict[str, dict[str, tuple[str, dict[str, str]]]] = {}
        for *schema, name, column in self._columns():
            place = ".".join(map(_quoted, (*schema, name)))
            _, columns = schemas.setdefault(schema[-1], {}).setdefault(name.lower(), (place, {}))
            columns.setdefault(column.lower(), column)
        found: dict[str, tuple[str, dict[str, str]]] = {}
        for _, tables in sorted(schemas.items(), key=lambda item: ("person" not in item[1], item[0])):
            found = {**tables, **found}
        return found

    def _columns(self) -> list[tuple[str, ...]]:
        """Return where it stands, table and column of each column there is, in order."""
        if self._faults is sqlite3.Error:
            tables = self._connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'create virtual%' ORDER BY name"
            ).fetchall()
            return [
                ("main", name, column)
                for (name,) in tables
                for (column,) in self._connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
            ]
        # With the name of the database, which is the file's: a schema may have the same one.
        found: list[tuple[str, ...]] = self._connection.execute(
            "SELECT database_name, schema_name, table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() "
            "USING (database_name, schema_name, table_name) WHERE NOT duckdb_tables.internal "
            "ORDER BY schema_name, table_name, column_index"
        ).fetchall()
        return found

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the library's errors into one that names the file, for theirs may hold a patient's values."""
        try:
            yield
        except self._faults as error:
            raise SourceError(
                f"{self._path}: cannot be read as a database ({type(error).__name__}); it may be damaged, of a newer "
                "form, or being written: give a whole copy"
            ) from error


def _sqlite(path: Path) -> tuple[sqlite3.Connection, type[Exception]]:
    try:
        connection = Database(path, writable=False).connection()
        connection.text_factory = lambda held: held.decode("utf-8", errors="replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
        connection.execute("PRAGMA trusted_schema=OFF")
    except (StoreError, sqlite3.Error) as error:
        raise SourceError(f"{path}: SQLite cannot open it; it may be damaged: give a whole copy") from error
    return connection, sqlite3.Error


def _duckdb(path: Path) -> tuple[Any, type[Exception]]:
    try:
        import duckdb
    except ImportError as error:
        raise SourceError(
            f"{path}: DuckDB needs a library that is not installed: `pip install accrual[duckdb]`, "
            "or give the tables as CSV files or in SQLite"
        ) from error
    try:
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
            },
        )
    except duckdb.Error as error:
        raise SourceError(
            f"{path}: DuckDB cannot open it; it may be open in another program, damaged, or of a newer form"
        ) from error
    return connection, duckdb.Error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object, dated: bool) -> str:
    """Return a value as a CSV file would have it."""
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        if value != value:  # not a number
            return ""
        return _day(value) if dated else str(int(value) if value == value // 1 else value)
    return str(value)


def _day(value: float) -> str:
    """Return a number in a column of dates as a date: SQLite has no type for one.

    DatabaseConnector (github.com/OHDSI/DatabaseConnector) stores seconds since 1970, RSQLite (rsqlite.r-dbi.org) days;
    some exports write 19800229. What could be read in two ways, or in none, becomes no date.
    """
    unclear = f"number {value}"
    if value != value // 1 or int(value) in _YEARS:
        return unclear
    number = int(value)
    try:
        if abs(number) < _DAY:
            found = _EPOCH + timedelta(days=number)
        elif number % _DAY == 0:  # a day written as 19800229 never is: it would end in 00
            found = _EPOCH + timedelta(seconds=number)
        else:
            found = datetime.strptime(str(number), "%Y%m%d").date()
    except (ValueError, OverflowError):
        return unclear
    return found.isoformat() if found.year in _YEARS else unclear
