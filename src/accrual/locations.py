"""Where the trials are: countries, regions, cities and sites, each with its trials and those that recruit there.

Comes in: changed records, in batches (`accrual.store.derived`). Goes out: a place by its path, the places in it, its
trials. Refuses nothing of a record; a body that is no study is left out, and so is a site without a country.

One SQLite file, derived from the records. A place's counts are kept, not counted when asked: a study that changes is
taken out of the places it was in and put into those it is in now. Paths are those of `accrual.search.localities`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from accrual.errors import RecordError
from accrual.registry.record import Trial
from accrual.search.index import read_body
from accrual.search.localities import LEVELS, Level, localities_of
from accrual.search.localities import slug as slug
from accrual.search.words import fold
from accrual.store.database import Connection, Database, sqlite_errors, transaction
from accrual.store.derived import Recipe
from accrual.store.records import Change

NAME = "locations"
FORMAT = "1"
FILE = "locations.db"
Order: TypeAlias = Literal["count", "name"]

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS place (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, parent TEXT NOT NULL, level INTEGER NOT NULL,
        name TEXT NOT NULL, sorted TEXT NOT NULL, trials INTEGER NOT NULL, open INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS place_by_name ON place (parent, sorted, id)",
    "CREATE INDEX IF NOT EXISTS place_by_count ON place (parent, trials DESC, sorted, id)",
    # `number` is negative, so that the newest studies come first.
    """CREATE TABLE IF NOT EXISTS held (
        place INTEGER, closed INTEGER, number INTEGER, study INTEGER NOT NULL,
        PRIMARY KEY (place, closed, number)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS held_by_study ON held (study)",
    "CREATE TABLE IF NOT EXISTS trial (number INTEGER PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL)",
)
_ORDERS: dict[Order, str] = {"count": "trials DESC, sorted, id", "name": "sorted, id"}


class Location(msgspec.Struct, frozen=True):
    """A country, a region, a city or a site."""

    path: str
    parent: str
    """The path of the place around it; empty for a country."""
    level: Level
    name: str
    trials: int
    open: int
    """Of the trials, those that take participants here now."""


class LocalTrial(msgspec.Struct, frozen=True):
    """A trial of a place."""

    nct_id: str
    title: str
    status: str
    open: bool
    """Whether it takes participants here now."""


def locations_of(trial: Trial) -> dict[str, Location]:
    """Return the places that a study is in, by path; their counts are of this study alone."""
    return {
        path: Location(path, one.parent, one.level, one.name, 1, int(one.open))
        for path, one in localities_of(trial).items()
    }


class Locations:
    """The places of one data folder. Safe to use from many threads and processes.

    Example:
        >>> locations = catch_up(records, locations_recipe())
        >>> [(one.name, one.trials) for one in locations.inside("", "count", 3, 0)[1]]
        [('United States', 160012), ('France', 41210), ('Canada', 29107)]
    """

    def __init__(self, folder: Path, writable: bool) -> None:
        self._path = folder / FILE
        self._database = Database(self._path, writable)
        with sqlite_errors(self._path):
            connection = self._database.connection()
            if writable:
                connection.execute("PRAGMA synchronous=NORMAL")
                with transaction(connection):
                    for statement in _SCHEMA:
                        connection.execute(statement)
            connection.execute("SELECT id FROM place LIMIT 1").fetchone()

    # -- writing

    def apply(self, changes: Sequence[Change]) -> None:
        """Replace what is held of each of these studies; removed ones are in no place. Idempotent."""
        newest = {change.study: change for change in changes}
        trials: dict[int, Trial] = {}
        for change in newest.values():
            if change.removed:
                continue
            with suppress(RecordError):
                trials[change.study] = read_body(change.body)
        with sqlite_errors(self._path):
            connection = self._database.connection()
            with transaction(connection):
                _take_out(connection, newest)
                _put_in(connection, trials)

    def commit(self) -> None:
        """Every batch is durable when it is applied."""

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # -- reading

    def place(self, path: str) -> Location | None:
        """Return the place of a path; None where no trial is."""
        found = self._read(f"SELECT {_COLUMNS} FROM place WHERE path = ? AND trials > 0", path)
        return _location(found[0]) if found else None

    def inside(
        self, path: str, order: Order, top: int, offset: int, open_only: bool = False
    ) -> tuple[int, list[Location]]:
        """Return how many places are directly in a place, and some of them; of the whole world with an empty path.

        Arguments:
            open_only: only those where a trial takes participants now, those with most such trials first.
        """
        asked = f"parent = ? AND {'open' if open_only else 'trials'} > 0"
        ordered = _ORDERS[order].replace("trials", "open") if open_only else _ORDERS[order]
        total = self._read(f"SELECT count(*) FROM place WHERE {asked}", path)[0][0]
        rows = self._read(
            f"SELECT {_COLUMNS} FROM place WHERE {asked} ORDER BY {ordered} LIMIT ? OFFSET ?",
            path,
            top,
            offset,
        )
        return int(total), [_location(row) for row in rows]

    def trials(self, path: str, top: int, offset: int) -> list[LocalTrial]:
        """Return some trials of a place: those that recruit there first, then the newest."""
        rows = self._read(
            "SELECT trial.number, title, status, closed FROM held JOIN trial ON trial.number = held.number"
            " WHERE place = (SELECT id FROM place WHERE path = ?)"
            " ORDER BY closed, held.number LIMIT ? OFFSET ?",
            path,
            top,
            offset,
        )
        return [
            LocalTrial(f"NCT{-number:08d}", title, status, not closed)
            for number, title, status, closed in rows
        ]

    def _read(self, statement: str, *values: str | int) -> list[tuple]:  # type: ignore[type-arg]
        with sqlite_errors(self._path):
            return self._database.connection().execute(statement, values).fetchall()


def locations_recipe() -> Recipe[Locations]:
    """Return how `accrual.store.derived.catch_up` opens the places."""
    return Recipe(name=NAME, format_version=FORMAT, open=Locations)


_COLUMNS = "path, parent, level, name, trials, open"


def _location(row: tuple) -> Location:  # type: ignore[type-arg]
    path, parent, level, name, trials, is_open = row
    return Location(path, parent, LEVELS[level], name, trials, is_open)


def _take_out(connection: Connection, studies: Iterable[int]) -> None:
    """Take studies out of the places they are in; each place is written once, however many of them it has."""
    gone: dict[int, tuple[int, int]] = {}
    numbers: set[int] = set()
    held: list[tuple[int]] = []
    for study in studies:
        rows = connection.execute(
            "SELECT place, closed, number FROM held WHERE study = ?", (study,)
        ).fetchall()
        for place, closed, number in rows:
            trials, is_open = gone.get(place, (0, 0))
            gone[place] = (trials + 1, is_open + 1 - closed)
            numbers.add(number)
        if rows:
            held.append((study,))
    connection.executemany(
        "UPDATE place SET trials = trials - ?, open = open - ? WHERE id = ?",
        ((trials, is_open, place) for place, (trials, is_open) in gone.items()),
    )
    connection.executemany("DELETE FROM trial WHERE number = ?", ((number,) for number in numbers))
    connection.executemany("DELETE FROM held WHERE study = ?", held)


def _put_in(connection: Connection, trials: Mapping[int, Trial]) -> None:
    """Put studies into the places they are in now; each place is written once, however many of them it has."""
    places: dict[str, Location] = {}
    counts: dict[str, tuple[int, int]] = {}
    held: list[tuple[str, int, int, int]] = []
    titles: list[tuple[int, str, str]] = []
    for study, trial in trials.items():
        number = -int(trial.nct_id[3:])
        found = locations_of(trial)
        for path, one in found.items():
            places.setdefault(path, one)
            in_it, is_open = counts.get(path, (0, 0))
            counts[path] = (in_it + 1, is_open + one.open)
            held.append((path, int(not one.open), number, study))
        if found:
            titles.append((number, _stored(trial.title), trial.status))
    connection.executemany("INSERT OR REPLACE INTO trial VALUES (?, ?, ?)", titles)
    ids: dict[str, int] = {}
    for path, one in places.items():
        (ids[path],) = connection.execute(
            "INSERT INTO place (path, parent, level, name, sorted, trials, open) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET trials = trials + excluded.trials, open = open + excluded.open"
            " RETURNING id",
            (
                _stored(path),
                _stored(one.parent),
                LEVELS.index(one.level),
                _stored(one.name),
                _stored(fold(one.name)),
                *counts[path],
            ),
        ).fetchone()
    connection.executemany(
        "INSERT INTO held VALUES (?, ?, ?, ?)", ((ids[path], *rest) for path, *rest in held)
    )


def _stored(text: str) -> str:
    # A lone surrogate, which JSON may carry, is no text to SQLite.
    return text.encode("utf-8", "replace").decode("utf-8")
