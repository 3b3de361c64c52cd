"""The store of records: `home/records.db`, the only truth. Every version of every study, newest wins.

Comes in: a data folder. Goes out: bodies (canonical minified v2 JSON), versions, and streams of what changed since a
generation. Refuses, as StoreError: a missing folder that it may not create, a file that is no database of ours, a
damaged one, one that a newer accrual wrote. Writing is `accrual.store.writer`'s.

A *study* is a small integer, the same for good, that other tables key on. A *version* is one state of a study; of
two versions the later `last_update` wins, then the later `version_holder`, then the later arrival. A *removed* study
is gone from its source: its versions stay and can be asked for by its number, and nothing else has it any more. A
*generation* is one committed batch: the numbers only grow, and a generation's *digest* says what all batches up to it
held, so that whatever is derived can tell this database from any other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import msgspec

from accrual.basic import NctId
from accrual.errors import StoreError, StudyNotFoundError
from accrual.store.bodies import Bodies
from accrual.store.database import Database, sqlite_errors
from accrual.store.lock import FileLock
from accrual.store.manifest import read_manifest
from accrual.store.schema import APPLICATION_ID, prepare_tables
from accrual.store.sources import Source, read_sources

FILE_NAME = "records.db"
LOCK_NAME = "records.lock"
PAGE_STUDIES = 500  # rows read in one step of a stream, so that no read holds up a checkpoint for long

_REPLACE = f"put back a copy, or move {FILE_NAME} away and load the registry again"
_Row: TypeAlias = tuple[Any, ...]  # SQLite gives what the column holds
_CHANGES = (
    "SELECT s.study, s.nct_id, s.generation, v.identity, s.current, s.removed FROM study s"
    " JOIN version v ON v.version = s.current"
)
_VERSIONS = (
    "SELECT v.version, s.nct_id, v.last_update, v.version_holder, v.identity, v.size, s.current FROM study s"
    " JOIN version v ON v.study = s.study"
)
_NEWEST_BY = (
    "SELECT version FROM version WHERE study = s.study AND last_update <= ?"
    " ORDER BY last_update DESC, version_holder DESC, version DESC LIMIT 1"
)


class Version(msgspec.Struct, frozen=True):
    """One stored state of a study."""

    version: int
    """Number of the version in this store, in order of arrival."""
    nct_id: NctId
    last_update: str
    """The day it was posted (ISO day, or what the record has of it; empty when it has none)."""
    version_holder: str
    """The newest data date at which the registry was seen to hold it (ISO day; may be empty)."""
    identity: bytes
    """Hash of the body, its data date left out: the same study in another download has the same one."""
    size: int
    """Length of the body in bytes."""
    current_version: int
    """Number of the version of this study that wins."""

    @property
    def current(self) -> bool:
        """Whether this is the version that wins."""
        return self.version == self.current_version


class Change(msgspec.Struct, frozen=True):
    """A study whose current version changed, or that was removed."""

    study: int
    nct_id: NctId
    generation: int
    """The generation in which it changed last."""
    identity: bytes
    """As `Version.identity`."""
    body: bytes
    """The current version: canonical minified v2 JSON. Empty of a removed study, and when asked for without bodies."""
    removed: bool = False
    """Whether it is gone from its source: whatever is derived drops it."""


class RecordStore:
    """The records of one data folder. Safe to use from many threads; other processes may use it at the same time.

    Example:
        >>> with RecordStore(Path("data")) as store:
        ...     store.get("NCT04785833")[:20]
    """

    def __init__(self, home: Path, create: bool = True) -> None:
        """Open the store of a data folder, or make an empty one.

        Where the folder cannot be written the store is opened for reading only.

        Raises:
            StoreError: see the head of this module.
        """
        self.home = home
        self.path = home / FILE_NAME
        try:
            if create and not home.exists():
                home.mkdir(parents=True)
            held = self.path.exists()
        except OSError as error:
            raise StoreError(
                f"{home}: the data folder cannot be made or opened ({error.strerror}): choose another"
            ) from error
        if not held and not create:
            raise StoreError(
                f"{home}: no {FILE_NAME} here: load the registry first, or choose another data folder"
            )
        self.manifest = read_manifest(home)
        """What the folder says of itself as a snapshot, whose records never change; None of any other data folder."""
        self.writable = _can_write(home, self.path, self.manifest is not None)
        if not held and not self.writable:
            raise StoreError(f"{home}: the data folder is empty and cannot be written: choose another")
        self.database = Database(self.path, self.writable and self.manifest is None, APPLICATION_ID)
        self.bodies = Bodies(self.database, _REPLACE)
        try:
            prepare_tables(self.database)
            self._check_ends()
        except StoreError:
            self.database.close()
            raise

    # -- what is here

    @property
    def generation(self) -> int:
        """Number of the newest committed batch; 0 for an empty store."""
        return int(self._one("SELECT coalesce(max(generation), 0) FROM generation")[0])

    def digest(self, generation: int) -> str | None:
        """Return what identifies the content up to a generation, in hexadecimal; None where there is no such one."""
        if generation == 0:
            return ""
        row = self._first("SELECT digest FROM generation WHERE generation = ?", generation)
        return row[0].hex() if row is not None else None

    def count(self) -> int:
        """Return the number of studies, without those that were removed."""
        studies, _, _, removed = self._newest_generation()
        return studies - removed

    def version_count(self) -> int:
        """Return the number of versions of all studies, of removed ones too."""
        return self._newest_generation()[1]

    def data_date(self) -> str:
        """Return the newest date that any version carries (ISO day), empty for an empty store."""
        return self._newest_generation()[2]

    def written_on(self) -> date:
        """Return the day (UTC) on which the file was last written to: records were added, or it was made."""
        seconds = self.path.stat().st_mtime
        with suppress(FileNotFoundError):
            log = self.path.with_name(f"{FILE_NAME}-wal").stat()  # what is new stands there at first
            seconds = max(seconds, log.st_mtime if log.st_size else 0.0)
        return datetime.fromtimestamp(seconds, UTC).date()

    def nct_ids(self) -> Iterator[NctId]:
        """Yield every study's NCT number, in order, without those that were removed."""
        after = ""
        while rows := self._all(
            "SELECT nct_id FROM study WHERE nct_id > ? AND removed IS NULL ORDER BY nct_id LIMIT ?",
            after,
            PAGE_STUDIES * 10,
        ):
            for (after,) in rows:
                yield NctId(after)

    def sources(self) -> tuple[Source, ...]:
        """Return every source that records were read from."""
        with sqlite_errors(self.path):
            return read_sources(self.database.connection())

    def source(self, base_url: str, query: str = "") -> Source | None:
        """Return how far a source, or a search of it, has been read; None where it never was."""
        named = (one for one in self.sources() if (one.base_url, one.query) == (base_url, query))
        return next(named, None)

    # -- one study

    def removed_on(self, nct_id: str, as_of: date | None = None) -> str | None:
        """Return the day since which a study is gone from its source; None where it is not, or never was here.

        Arguments:
            as_of: since when it was gone on an earlier day.
        """
        if as_of is None:
            row = self._first("SELECT removed FROM study WHERE nct_id = ?", nct_id)
        else:
            row = self._first(
                "SELECT a.since FROM study s JOIN absence a ON a.study = s.study WHERE s.nct_id = ?"
                " AND a.since <= ? AND (a.until IS NULL OR a.until > ?) ORDER BY a.since DESC LIMIT 1",
                *(nct_id, as_of.isoformat(), as_of.isoformat()),
            )
        return None if row is None else row[0]

    def posted_on(self, nct_id: str, as_of: date | None = None) -> str:
        """Return the day on which the version that `get` gives was posted; raises as `get`."""
        if as_of is None:
            statement = (
                "SELECT last_update FROM study s JOIN version ON version = s.current WHERE s.nct_id = ?"
            )
            row = self._first(statement, nct_id)
        else:
            row = self._first(
                f"SELECT last_update FROM study s JOIN version ON version = ({_NEWEST_BY}) WHERE s.nct_id = ?",
                as_of.isoformat(),
                nct_id,
            )
        if row is None:
            raise self._not_found(nct_id, as_of)
        return str(row[0])

    def get(self, nct_id: str, as_of: date | None = None) -> bytes:
        """Return a study's record (canonical minified v2 JSON): the current version, or the one of an earlier day.

        Of a removed study, the last one that was seen.

        Arguments:
            nct_id: an NCT number in its canonical spelling.
            as_of: the newest version posted on or before this day.

        Raises:
            StudyNotFoundError: no such study, or none of its versions is that old.
        """
        if as_of is None:
            row = self._first("SELECT current FROM study WHERE nct_id = ?", nct_id)
        else:
            row = self._first(
                f"SELECT ({_NEWEST_BY}) FROM study s WHERE s.nct_id = ?", as_of.isoformat(), nct_id
            )
        if row is None or row[0] is None:
            raise self._not_found(nct_id, as_of)
        return self._body(row[0])

    def get_version(self, version: int) -> bytes:
        """Return the record of one version, by its number in this store.

        Raises:
            StudyNotFoundError: there is no such version.
        """
        if self._first("SELECT 1 FROM version WHERE version = ?", version) is None:
            raise StudyNotFoundError(f"{self.home}: no version {version}: list a study's versions first")
        return self._body(version)

    def versions(self, nct_id: str) -> tuple[Version, ...]:
        """Return all versions of a study, the current one first and then from new to old.

        Raises:
            StudyNotFoundError: no such study.
        """
        rows = self._all(
            f"{_VERSIONS} WHERE s.nct_id = ?"
            " ORDER BY v.last_update DESC, v.version_holder DESC, v.version DESC",
            nct_id,
        )
        if not rows:
            raise self._not_found(nct_id, None)
        return tuple(Version(*row) for row in rows)

    def study(self, nct_id: str) -> int:
        """Return the study's integer key.

        Raises:
            StudyNotFoundError: no such study.
        """
        row = self._first("SELECT study FROM study WHERE nct_id = ?", nct_id)
        if row is None:
            raise self._not_found(nct_id, None)
        return int(row[0])

    def current(self, study: int) -> Change:
        """Return the current version of a study, by its integer key; as a removed one where it is gone.

        Raises:
            StudyNotFoundError: no such study.
        """
        row = self._first(
            f"{_CHANGES} WHERE s.study = ?",
            study,
        )
        if row is None:
            raise StudyNotFoundError(f"{self.home}: no study has the key {study}")
        return self._change(row)

    def current_of(self, nct_ids: Sequence[str], bodies: bool = True) -> list[Change]:
        """Return the current versions of many studies, in the order asked for; left out: those not here, or removed.

        Arguments:
            bodies: False leaves `Change.body` empty: enough to ask the criteria cache with `identity`.
        """
        found: dict[str, Change] = {}
        for start in range(0, len(nct_ids), PAGE_STUDIES):
            some = nct_ids[start : start + PAGE_STUDIES]
            rows = self._all(
                f"{_CHANGES} WHERE s.removed IS NULL AND s.nct_id IN ({','.join('?' * len(some))})",
                *some,
            )
            found.update((row[1], self._change(row, bodies)) for row in rows)
        return [found[nct_id] for nct_id in nct_ids if nct_id in found]

    def as_of(self, day: date) -> Iterator[Version]:
        """Yield the version of each study that was current on a day, in the order of the NCT numbers.

        As far as the versions here tell: left out is a study whose oldest version here was posted later, and one that
        was gone from its source on that day.
        """
        asked = day.isoformat()
        return self._walk(
            f"v.version = ({_NEWEST_BY}) AND NOT EXISTS (SELECT 1 FROM absence a WHERE a.study = s.study"
            " AND a.since <= ? AND (a.until IS NULL OR a.until > ?))",
            *(asked, asked, asked),
        )

    def current_versions(self) -> Iterator[Version]:
        """Yield the current version of each study, in the order of the NCT numbers; removed studies have none."""
        return self._walk("v.version = s.current AND s.removed IS NULL")

    def later_than(self, day: date) -> Iterator[Version]:
        """Yield the oldest version of each study of which none here is as old as a day, by NCT number."""
        return self._walk(
            "v.last_update > ? AND v.version = (SELECT version FROM version WHERE study = s.study"
            " ORDER BY last_update, version_holder, version LIMIT 1)",
            day.isoformat(),
        )

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Have every read of this thread see the records as they are now, whatever is loaded meanwhile."""
        with sqlite_errors(self.path):
            connection = self.database.connection()
            connection.execute("BEGIN")
            try:
                connection.execute(
                    "SELECT max(generation) FROM generation"
                ).fetchone()  # begins with the first read
                yield
            finally:
                connection.rollback()

    def _walk(self, condition: str, *values: object) -> Iterator[Version]:
        """Yield the versions of which a condition is true, by NCT number; it is of one version of a study at most."""
        after = ""
        statement = f"{_VERSIONS} WHERE {condition} AND s.nct_id > ? ORDER BY s.nct_id LIMIT ?"
        while rows := self._all(statement, *values, after, PAGE_STUDIES):
            for row in rows:
                yield Version(*row)
            after = rows[-1][1]

    # -- what changed

    def changed_count(self, since: int = 0) -> int:
        """Return how many studies changed, or were removed, after a generation."""
        return int(self._one("SELECT count(*) FROM study WHERE generation > ?", since)[0])

    def changed_since(
        self, since: int = 0, until: int | None = None, bodies: bool = True
    ) -> Iterator[Change]:
        """Yield the studies that changed or were removed after `since`, oldest change first; 0 yields all.

        Holds a few hundred rows and one body at a time, and no read transaction between them: a load may go on
        meanwhile. A study that such a load changes is left out here when its new generation is above `until`,
        and found by the next call.

        Arguments:
            since, until: generations; changes in `since < generation <= until`, `until` now by default.
            bodies: False leaves `Change.body` empty, which is about ten times as fast.
        """
        until = self.generation if until is None else until
        generation, study = since + 1, -1
        while rows := self._all(
            f"{_CHANGES}"
            " WHERE (s.generation, s.study) > (?, ?) AND s.generation <= ? ORDER BY s.generation, s.study LIMIT ?",
            generation,
            study,
            until,
            PAGE_STUDIES,
        ):
            for row in rows:
                study, _, generation = row[:3]
                yield self._change(row, bodies)

    # -- care

    def verify(self) -> None:
        """Read everything once: SQLite's own check, then every body against its checksum.

        Raises:
            StoreError: something is damaged; the message says what.
        """
        finding = self._one("PRAGMA integrity_check")[0]
        if finding != "ok":
            raise StoreError(f"{self.path}: damaged ({finding}): {_REPLACE}")
        after = 0
        while rows := self._all(
            "SELECT version FROM version WHERE version > ? ORDER BY version LIMIT 500", after
        ):
            for (after,) in rows:
                self._body(after)
        studies, versions, _, removed = self._newest_generation()
        counted = self._one(
            "SELECT (SELECT count(*) FROM study), (SELECT count(*) FROM version),"
            " (SELECT count(*) FROM study WHERE removed IS NOT NULL)"
        )
        if counted != (studies, versions, removed):
            raise StoreError(
                f"{self.path}: holds {counted[0]} studies in {counted[1]} versions, {counted[2]} of them removed, and"
                f" should hold {studies} in {versions}, {removed} removed: {_REPLACE}"
            )

    def close(self) -> None:
        """Close all connections. Closing twice does nothing."""
        self.database.close()

    def __enter__(self) -> RecordStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- inside

    def _body(self, version: int) -> bytes:
        return self.bodies.read(version)

    def _change(self, row: _Row, bodies: bool = True) -> Change:
        study, nct_id, generation, identity, current, removed = row
        gone = removed is not None
        return Change(
            study, nct_id, generation, identity, self._body(current) if bodies and not gone else b"", gone
        )

    def _newest_generation(self) -> tuple[int, int, str, int]:
        row = self._first(
            "SELECT studies, versions, data_date, removed FROM generation ORDER BY generation DESC LIMIT 1"
        )
        return (0, 0, "", 0) if row is None else (row[0], row[1], row[2], row[3])

    def _not_found(self, nct_id: str, as_of: date | None) -> StudyNotFoundError:
        oldest = self._first(
            "SELECT min(v.last_update) FROM study s JOIN version v ON v.study = s.study WHERE s.nct_id = ?",
            nct_id,
        )
        if as_of is not None and oldest is not None and oldest[0] is not None:
            return StudyNotFoundError(
                f"{self.home}: no version of {nct_id} is as old as {as_of}: the oldest here was posted on"
                f" {oldest[0]}, ask for that day or a later one"
            )
        return StudyNotFoundError(f"{self.home}: no study {nct_id} here: check the number, or load it")

    def _all(self, sql: str, *values: object) -> list[_Row]:
        with sqlite_errors(self.path):
            rows: list[_Row] = self.database.connection().execute(sql, values).fetchall()
        return rows

    def _first(self, sql: str, *values: object) -> _Row | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def _one(self, sql: str, *values: object) -> _Row:
        return self._all(sql, *values)[0]

    def _check_ends(self) -> None:
        """Touch the last page of every table: a file that was cut short fails here and not in mid-search."""
        for table, key in (
            ("study", "study"),
            ("version", "version"),
            ("body", "version"),
            ("dictionary", "dictionary"),
        ):
            self._one(f"SELECT max({key}) FROM {table}")
        newest = self._first("SELECT version FROM body ORDER BY version DESC LIMIT 1")
        if newest is not None:
            self._body(newest[0])


def writer_lock(home: Path) -> FileLock:
    """Return the lock that a process must hold to write records."""
    return FileLock(home / LOCK_NAME, "loading")


def _can_write(home: Path, path: Path, sealed: bool) -> bool:
    """Say whether what is derived may be built in the folder, and, unless it is sealed, records be written."""
    return os.access(home, os.W_OK) and (sealed or not path.exists() or os.access(path, os.W_OK))
