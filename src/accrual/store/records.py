"""The store of records: `home/records.db`, the only truth. Every version of every study, newest wins.

Comes in: a data folder. Goes out: bodies (canonical minified v2 JSON), versions, and streams of what changed since a
generation. Refuses, as StoreError: a missing folder that it may not create, a file that is no database of ours, a
damaged one, one that a newer accrual wrote. Writing is `accrual.store.writer`'s.

A *study* is a small integer, the same for good, that other tables key on. A *version* is one state of a study; of
two versions the later `last_update` wins, then the later `version_holder`, then the later arrival. A *generation* is
one committed batch: the numbers only grow, and a generation's *digest* says what all batches up to it held, so
that whatever is derived can tell this database from any other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import msgspec

from accrual.basic import NctId
from accrual.errors import StoreError, StudyNotFoundError
from accrual.store.compression import NO_DICTIONARY, Codec
from accrual.store.database import Database, sqlite_errors, transaction
from accrual.store.lock import FileLock

FILE_NAME = "records.db"
LOCK_NAME = "records.lock"
SCHEMA_VERSION = 1
APPLICATION_ID = 0x41434352  # "ACCR": what `file` and SQLite's header call this kind of database
PAGE_STUDIES = 500  # rows read in one step of a stream, so that no read holds up a checkpoint for long

# `body` stands apart from `version`: dates are read and changed without touching the bulk.
_SCHEMA = (
    "CREATE TABLE dictionary (dictionary INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
    """CREATE TABLE generation (
        generation INTEGER PRIMARY KEY, studies INTEGER NOT NULL, versions INTEGER NOT NULL,
        data_date TEXT NOT NULL, digest BLOB NOT NULL)""",
    """CREATE TABLE study (
        study INTEGER PRIMARY KEY, nct_id TEXT NOT NULL UNIQUE,
        current INTEGER NOT NULL, generation INTEGER NOT NULL)""",
    "CREATE INDEX study_by_generation ON study (generation)",
    """CREATE TABLE version (
        version INTEGER PRIMARY KEY, study INTEGER NOT NULL, last_update TEXT NOT NULL,
        version_holder TEXT NOT NULL, shown_holder TEXT, identity BLOB NOT NULL, size INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX version_by_identity ON version (study, identity)",
    "CREATE TABLE body (version INTEGER PRIMARY KEY, dictionary INTEGER NOT NULL, bytes BLOB NOT NULL)",
)

_REPLACE = f"put back a copy, or move {FILE_NAME} away and load the registry again"
_Row: TypeAlias = tuple[Any, ...]  # SQLite gives what the column holds
_HOLDER_KEY = b'"versionHolder":"'


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
    """A study whose current version changed."""

    study: int
    nct_id: NctId
    generation: int
    """The generation in which it changed last."""
    identity: bytes
    """As `Version.identity`."""
    body: bytes
    """The current version: canonical minified v2 JSON. Empty when the stream was asked for without bodies."""


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
        self.writable = _can_write(home, self.path)
        if not held and not self.writable:
            raise StoreError(f"{home}: the data folder is empty and cannot be written: choose another")
        self.database = Database(self.path, self.writable, APPLICATION_ID)
        self._codec = Codec({})
        self._codec_guard = threading.Lock()
        try:
            self._check_schema()
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
        """Return the number of studies."""
        return int(self._newest_generation()[0])

    def version_count(self) -> int:
        """Return the number of versions of all studies."""
        return int(self._newest_generation()[1])

    def data_date(self) -> str:
        """Return the newest date that any version carries (ISO day), empty for an empty store."""
        return str(self._newest_generation()[2])

    def written_on(self) -> date:
        """Return the day (UTC) on which the file was last written to: records were added, or it was made."""
        seconds = self.path.stat().st_mtime
        with suppress(FileNotFoundError):
            log = self.path.with_name(f"{FILE_NAME}-wal").stat()  # what is new stands there at first
            seconds = max(seconds, log.st_mtime if log.st_size else 0.0)
        return datetime.fromtimestamp(seconds, UTC).date()

    def nct_ids(self) -> Iterator[NctId]:
        """Yield every study's NCT number, in order."""
        after = ""
        while rows := self._all(
            "SELECT nct_id FROM study WHERE nct_id > ? ORDER BY nct_id LIMIT ?", after, PAGE_STUDIES * 10
        ):
            for (after,) in rows:
                yield NctId(after)

    # -- one study

    def get(self, nct_id: str, as_of: date | None = None) -> bytes:
        """Return a study's record (canonical minified v2 JSON): the current version, or the one of an earlier day.

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
                "SELECT v.version FROM study s JOIN version v ON v.study = s.study"
                " WHERE s.nct_id = ? AND v.last_update <= ?"
                " ORDER BY v.last_update DESC, v.version_holder DESC, v.version DESC LIMIT 1",
                nct_id,
                as_of.isoformat(),
            )
        if row is None:
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
            "SELECT v.version, s.nct_id, v.last_update, v.version_holder, v.identity, v.size, s.current"
            " FROM study s JOIN version v ON v.study = s.study WHERE s.nct_id = ?"
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
        """Return the current version of a study, by its integer key.

        Raises:
            StudyNotFoundError: no such study.
        """
        row = self._first(
            "SELECT s.study, s.nct_id, s.generation, v.identity, s.current FROM study s"
            " JOIN version v ON v.version = s.current WHERE s.study = ?",
            study,
        )
        if row is None:
            raise StudyNotFoundError(f"{self.home}: no study has the key {study}")
        key, nct_id, generation, identity, version = row
        return Change(key, nct_id, generation, identity, self._body(version))

    def current_of(self, nct_ids: Sequence[str], bodies: bool = True) -> list[Change]:
        """Return the current versions of many studies, in the order asked for; those not here are left out.

        Arguments:
            bodies: False leaves `Change.body` empty: enough to ask the criteria cache with `identity`.
        """
        found: dict[str, Change] = {}
        for start in range(0, len(nct_ids), PAGE_STUDIES):
            some = nct_ids[start : start + PAGE_STUDIES]
            rows = self._all(
                "SELECT s.study, s.nct_id, s.generation, v.identity, s.current FROM study s"
                f" JOIN version v ON v.version = s.current WHERE s.nct_id IN ({','.join('?' * len(some))})",
                *some,
            )
            for study, nct_id, generation, identity, version in rows:
                body = self._body(version) if bodies else b""
                found[nct_id] = Change(study, nct_id, generation, identity, body)
        return [found[nct_id] for nct_id in nct_ids if nct_id in found]

    # -- what changed

    def changed_count(self, since: int = 0) -> int:
        """Return how many studies changed after a generation."""
        return int(self._one("SELECT count(*) FROM study WHERE generation > ?", since)[0])

    def changed_since(
        self, since: int = 0, until: int | None = None, bodies: bool = True
    ) -> Iterator[Change]:
        """Yield the studies whose current version changed after `since`, oldest change first; 0 yields all.

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
            "SELECT s.study, s.nct_id, s.generation, v.identity, s.current FROM study s"
            " JOIN version v ON v.version = s.current"
            " WHERE (s.generation, s.study) > (?, ?) AND s.generation <= ? ORDER BY s.generation, s.study LIMIT ?",
            generation,
            study,
            until,
            PAGE_STUDIES,
        ):
            for study, nct_id, generation, identity, version in rows:
                yield Change(study, nct_id, generation, identity, self._body(version) if bodies else b"")

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
        studies, versions, _ = self._newest_generation()
        counted = self._one("SELECT (SELECT count(*) FROM study), (SELECT count(*) FROM version)")
        if counted != (studies, versions):
            raise StoreError(
                f"{self.path}: holds {counted[0]} studies in {counted[1]} versions and should hold {studies} in"
                f" {versions}: {_REPLACE}"
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

    def codec(self, dictionary: int = NO_DICTIONARY) -> Codec:
        """Return the codec, with this dictionary and all older ones read in."""
        if not self._codec.knows(dictionary):
            with self._codec_guard:
                self._codec = Codec(dict(self._all("SELECT dictionary, bytes FROM dictionary")))
            if not self._codec.knows(dictionary):
                raise StoreError(f"{self.path}: dictionary {dictionary} is missing: {_REPLACE}")
        return self._codec

    def _body(self, version: int) -> bytes:
        row = self._first(
            "SELECT b.dictionary, b.bytes, v.size, v.shown_holder FROM version v"
            " JOIN body b ON b.version = v.version WHERE v.version = ?",
            version,
        )
        if row is None:
            raise StoreError(f"{self.path}: version {version} has no body: {_REPLACE}")
        dictionary, frame, size, shown_holder = row
        try:
            body = self.codec(dictionary).decompress(frame, dictionary, size)
        except StoreError as error:
            raise StoreError(f"{self.path}: version {version}: {error}: {_REPLACE}") from error
        return body if shown_holder is None else with_holder(body, shown_holder.encode())

    def _newest_generation(self) -> tuple[int, int, str]:
        row = self._first(
            "SELECT studies, versions, data_date FROM generation ORDER BY generation DESC LIMIT 1"
        )
        return (0, 0, "") if row is None else (row[0], row[1], row[2])

    def _not_found(self, nct_id: str, as_of: date | None) -> StudyNotFoundError:
        if as_of is not None and self._first("SELECT 1 FROM study WHERE nct_id = ?", nct_id) is not None:
            return StudyNotFoundError(
                f"{self.home}: no version of {nct_id} is as old as {as_of}: ask for a later day"
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

    def _check_schema(self) -> None:
        """Make the tables of an empty file; refuse a file that is not ours or not of this program's schema."""
        # In one statement: another process may make the tables between two.
        state = (
            "SELECT (SELECT user_version FROM pragma_user_version),"
            " (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)"
        )
        if self._one(state) == (0, 0, 0) and self.writable:
            connection = self.database.connection()
            with sqlite_errors(self.path), transaction(connection):
                if connection.execute(state).fetchone() == (0, 0, 0):
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        schema, application, _ = self._one(state)
        if application != APPLICATION_ID:
            raise StoreError(
                f"{self.path}: this is not an accrual database: move it away, or choose another data folder"
            )
        if schema != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by a newer accrual (schema {schema}, this one reads {SCHEMA_VERSION}):"
                " upgrade accrual, or choose another data folder"
            )

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


def with_holder(body: bytes, holder: bytes) -> bytes:
    """Return the body with another data date in its one `versionHolder`."""
    cut = find_holder(body)
    if cut is None:
        return body
    return body[: cut[0]] + holder + body[cut[1] :]


def find_holder(body: bytes) -> tuple[int, int] | None:
    """Return where the body's data date stands; None where it has none, or several.

    The body is minified JSON, where an unescaped quote before the name can only begin a key.
    """
    start = body.find(_HOLDER_KEY)
    if start < 0 or body.find(_HOLDER_KEY, start + 1) >= 0:
        return None
    start += len(_HOLDER_KEY)
    return start, body.index(b'"', start)


def writer_lock(home: Path) -> FileLock:
    """Return the lock that a process must hold to write records."""
    return FileLock(home / LOCK_NAME, "loading")


def _can_write(home: Path, path: Path) -> bool:
    return os.access(home, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
