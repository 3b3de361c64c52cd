"""SQLite, as the store uses it: a connection for each thread, and errors in accrual's own words.

Comes in: a path, and whether it may be written. Goes out: connections in WAL mode, so that readers in any thread
or process go on while one writer commits. Refuses, as StoreError: a file that is no database, a damaged one, a
full disk, one that another program keeps busy.
"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from accrual.errors import StoreError

BUSY_SECONDS = (
    30.0  # how long to wait for another process: its longest step is one checkpoint, well under a second
)

CACHE_KB = 8 * 1024  # pages each connection, so each thread, keeps in memory

# Bytes a page. A compressed body is 3.4 kB on average with a long tail; what does not fit a page spills into pages
# that nothing else may share. Measured on real records, bytes on disk for each: 4,367 with SQLite's usual pages
# of 4 kB, 4,423 with 8 kB, 4,217 with 16 kB, 3,935 with 32 kB.
PAGE_BYTES = 32768


class Connection(sqlite3.Connection):
    """A connection that can be referred to weakly, so that a finished thread's own is closed with it."""


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into StoreErrors that say which file and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {_in_words(error, path)}") from error
    except UnicodeDecodeError as error:  # the sqlite3 module's way with text that rotted
        raise StoreError(f"{path}: damaged ({error}): {_replace(path)}") from error


def _replace(path: Path) -> str:
    return f"put back a copy, or move {path.name} away and load the registry again"


_FULL = "the disk is full: make room and load again; what was committed is safe"
LEAST_ROOM = 64 * 1024  # bytes: twice the index of an empty log, which SQLite needs even to read


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < LEAST_ROOM
    except OSError:
        return False


def _in_words(error: sqlite3.Error, path: Path) -> str:
    # The primary result codes of https://www.sqlite.org/rescode.html
    match (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF:
        case 26:  # SQLITE_NOTADB
            return f"this is not an accrual database ({error}): move it away, or choose another data folder"
        case 11:  # SQLITE_CORRUPT
            return f"damaged ({error}): {_replace(path)}"
        case 13:  # SQLITE_FULL
            return _FULL
        case 10 | 14 if _is_full(
            path
        ):  # SQLITE_IOERR, SQLITE_CANTOPEN: no room even for the index of the log
            return _FULL
        case 5 | 6:  # SQLITE_BUSY, SQLITE_LOCKED
            return f"kept busy by another process for {BUSY_SECONDS:.0f} s ({error}): try again"
        case 8:  # SQLITE_READONLY
            return f"cannot be written ({error}): check the folder's permissions"
        case _:
            return f"{error}: check the disk and the folder's permissions"


class Database:
    """One SQLite file, opened once for each thread that asks."""

    def __init__(self, path: Path, writable: bool, application_id: int = 0) -> None:
        self.path = path
        self.writable = writable
        self._application_id = application_id
        self._local = threading.local()
        self._open: weakref.WeakKeyDictionary[Connection, threading.Thread] = weakref.WeakKeyDictionary()
        self._guard = threading.Lock()
        self._closed = False
        self._inherited: list[Connection] = []
        self._views: tuple[str, ...] = ()

    def connection(self) -> Connection:
        """Return this thread's own connection; it stands outside any transaction.

        Raises:
            StoreError: closed, or the file cannot be opened.
        """
        local = self._local
        if getattr(local, "process", None) == os.getpid() and not self._closed:
            connection: Connection = local.connection
            return connection
        if self._closed:
            raise StoreError(f"{self.path}: already closed: open the data folder again")
        if getattr(local, "connection", None) is not None:
            # After a fork: to use or close the parent's connection here would take away the parent's locks.
            self._inherited.append(local.connection)
        with sqlite_errors(self.path):
            local.connection = self._connect()
        local.process = os.getpid()
        with self._guard:
            self._open[local.connection] = threading.current_thread()
        return local.connection  # type: ignore[no-any-return]

    def read_through(self, views: tuple[str, ...]) -> None:
        """Have every connection look through temporary views, this thread's own from now on."""
        connection = self.connection()
        for view in views:
            connection.execute(view)
        self._views = views

    def end_log(self) -> None:
        """Put everything into the one file, for a database that will not be written any more.

        Raises:
            StoreError: another connection is open.
        """
        with sqlite_errors(self.path):
            mode = self.connection().execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        if mode != "delete":
            raise StoreError(f"{self.path}: its log cannot be ended: see that no other process has it open")

    def close(self) -> None:
        """Close the connections of all threads; one that is being read from closes when that is done.

        Closing twice does nothing.
        """
        self._closed = True
        with self._guard:
            elsewhere = False
            for connection, thread in list(self._open.items()):
                if thread is threading.current_thread() or not thread.is_alive():
                    connection.close()
                else:
                    elsewhere = True
            # Whether another thread is in the middle of a statement nobody can know, and closing it then would bring
            # the process down. So it is let go: what nobody uses is closed at once, the rest by who uses it last.
            self._local = threading.local()
        if elsewhere:
            del connection
            gc.collect()

    def _connect(self) -> Connection:
        if self.writable:
            return self._prepared("mode=rwc")
        # A folder that cannot be written: with the files of a live WAL at hand SQLite reads it; else nobody
        # writes, and `immutable` reads the file as it stands. Never `immutable` past a WAL: its commits would
        # be missing.
        try:
            return self._prepared("mode=ro")
        except sqlite3.OperationalError:
            wal = self.path.with_name(self.path.name + "-wal")
            if wal.exists() and wal.stat().st_size > 0:
                raise
            return self._prepared("immutable=1")

    def _prepared(self, mode: str) -> Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?{mode}",
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions are begun and ended by name
            check_same_thread=False,  # `close` closes them all
            factory=Connection,
            uri=True,
        )
        try:
            connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
            if self.writable and not _is_foreign(connection, self._application_id):
                connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
                _enter_wal(connection, self.path)
                # FULL: a batch that was reported as committed survives a power cut, not only a kill. NORMAL
                # would save one fsync a batch: measured, no difference (60,000 bodies: 1.4 to 1.5 s either way).
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA journal_size_limit=67108864")
            connection.execute("PRAGMA schema_version").fetchone()  # reads the header: fails here, not later
            for view in self._views:
                connection.execute(view)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _is_foreign(connection: Connection, application_id: int) -> bool:
    """Say whether this is another program's database: going into WAL mode would already change it."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return False
    tables, application = connection.execute(
        "SELECT (SELECT count(*) FROM sqlite_master), (SELECT application_id FROM pragma_application_id)"
    ).fetchone()
    return bool(tables > 0 and application != application_id)


def _enter_wal(connection: Connection, path: Path) -> None:
    """Put a database into WAL mode; a no-op where it is in it already.

    Unlike everything else, this statement does not wait while another process makes or closes the file.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    if mode != "wal":
        raise StoreError(f"{path}: this disk cannot hold a database's log: use a data folder on a local disk")


def is_damage(error: StoreError) -> bool:
    """Say whether an error means that the file itself is broken, and not the disk full or the file busy."""
    cause = error.__cause__
    return not isinstance(cause, sqlite3.Error) or getattr(cause, "sqlite_errorcode", 0) & 0xFF in (11, 26)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Everything inside is committed together, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    with (
        connection
    ):  # commits; on any error, an interrupt too, rolls back unless SQLite did so itself, and raises
        yield
