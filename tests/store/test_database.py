"""A transaction goes in whole or not at all, however it ends; closing never takes a connection from who reads."""

from __future__ import annotations

import gc
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from accrual.errors import StoreError
from accrual.store.database import Connection, Database, transaction


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(tmp_path / "a.db", writable=True)
    held = database.connection()
    held.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    held.execute("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    held.execute("PRAGMA foreign_keys=ON")
    yield held
    database.close()


def parents(connection: Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM parent").fetchone()
    return int(count)


def test_what_was_done_inside_is_committed_together(connection: Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO parent VALUES (1)")
        connection.execute("INSERT INTO parent VALUES (2)")
    assert (parents(connection), connection.in_transaction) == (2, False)


def written(connection: Connection, *statements: str, end: type[BaseException] | None = None) -> None:
    with transaction(connection):
        for statement in statements:
            connection.execute(statement)
        if end is not None:
            raise end


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_error_or_an_interrupt_takes_everything_back(
    connection: Connection, end: type[BaseException]
) -> None:
    with pytest.raises(end):
        written(connection, "INSERT INTO parent VALUES (1)", end=end)
    assert (parents(connection), connection.in_transaction) == (0, False)


def test_a_commit_that_fails_takes_everything_back(connection: Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):  # the missing parent is seen only when it is committed
        written(connection, "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (9)")
    assert (parents(connection), connection.in_transaction) == (0, False)


def test_what_sqlite_took_back_itself_is_not_taken_back_twice(connection: Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        written(connection, "INSERT INTO parent VALUES (1)", "INSERT OR ROLLBACK INTO parent VALUES (1)")
    assert (parents(connection), connection.in_transaction) == (0, False)


def test_closing_lets_another_thread_finish_what_it_reads_and_then_closes_its_connection(
    tmp_path: Path,
) -> None:
    database = Database(tmp_path / "records.db", writable=True)
    began, closed = threading.Event(), threading.Event()
    seen: list[object] = []

    def read() -> None:
        connection = database.connection()
        connection.create_function("wait", 0, lambda: began.set() or closed.wait(30))
        seen.append(connection.execute("SELECT wait()").fetchone())
        seen.append(weakref.ref(connection))
        del connection
        with pytest.raises(StoreError, match="already closed"):
            database.connection()

    reader = threading.Thread(target=read)
    reader.start()
    assert began.wait(30)
    database.close()
    closed.set()
    reader.join()
    answer, connection = seen
    assert answer == (1,)
    assert isinstance(connection, weakref.ref)
    gc.collect()  # as Python does now and then
    assert connection() is None


def test_closing_closes_the_connections_of_threads_that_wait(tmp_path: Path) -> None:
    database = Database(tmp_path / "records.db", writable=True)
    idle, done = threading.Event(), threading.Event()
    held: list[weakref.ref[Connection]] = []

    def wait() -> None:
        held.append(weakref.ref(database.connection()))
        idle.set()
        done.wait(30)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert idle.wait(30)
    database.close()
    assert held[0]() is None
    done.set()
    waiting.join()
