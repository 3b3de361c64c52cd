"""Files of an older schema are brought up to date in place, or read as they are where they cannot be written."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from made_up import body, records

from accrual.store.database import Database
from accrual.store.load import load_records
from accrual.store.records import FILE_NAME, RecordStore
from accrual.store.schema import APPLICATION_ID, SCHEMA_VERSION, prepare_tables
from accrual.store.writer import RecordWriter

NCT = "NCT90000001"

# The tables as accrual made them up to November 2026.
SCHEMA_1 = (
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


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A data folder as the program before schema 2 left it: 300 studies."""
    with RecordStore(tmp_path / "new") as store:
        load_records(store, records(300))
    home = tmp_path / "old"
    home.mkdir()
    new, old = (sqlite3.connect(path / FILE_NAME) for path in (tmp_path / "new", home))
    old.execute("PRAGMA journal_mode=WAL")
    for statement in SCHEMA_1:
        old.execute(statement)
    for table, columns in {
        "dictionary": "dictionary, bytes",
        "generation": "generation, studies, versions, data_date, digest",
        "study": "study, nct_id, current, generation",
        "version": "version, study, last_update, version_holder, shown_holder, identity, size",
        "body": "version, dictionary, bytes",
    }.items():
        rows = new.execute(f"SELECT {columns} FROM {table}").fetchall()
        places = ", ".join("?" * (columns.count(",") + 1))
        old.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
    old.execute(f"PRAGMA application_id={APPLICATION_ID}")
    old.execute("PRAGMA user_version=1")
    old.commit()
    new.close()
    old.close()
    return home


def schema_of(home: Path) -> int:
    connection = sqlite3.connect(home / FILE_NAME)
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(schema)


def columns_of(path: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for table in sorted(tables)
    }
    connection.close()
    return found


def test_an_older_file_is_upgraded_and_holds_what_it_held(old_home: Path, tmp_path: Path) -> None:
    with RecordStore(old_home) as store, RecordStore(tmp_path / "new") as new:
        assert (store.count(), store.digest(1)) == (300, new.digest(1))
        assert [*store.changed_since(0)] == [*new.changed_since(0)]
        store.verify()
        with RecordWriter(store) as writer:
            writer.remove([NCT], "2026-03-04")
        assert (store.count(), store.removed_on(NCT)) == (299, "2026-03-04")
        assert load_records(store, records(301)).added == 2
        store.verify()
    assert schema_of(old_home) == SCHEMA_VERSION


def test_an_upgraded_file_has_the_tables_of_a_new_one(old_home: Path, tmp_path: Path) -> None:
    RecordStore(old_home).close()
    assert columns_of(old_home / FILE_NAME) == columns_of(tmp_path / "new" / FILE_NAME)


def test_an_upgrade_that_fails_leaves_the_old_file(old_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "accrual.store.schema._UPGRADES", {1: ("CREATE TABLE half (x)", "CREATE TABLE body (x)")}
    )
    with pytest.raises(OSError, match="already exists"):
        RecordStore(old_home)
    monkeypatch.undo()
    assert schema_of(old_home) == 1
    with RecordStore(old_home) as store:
        assert store.count() == 300
    assert "half" not in columns_of(old_home / FILE_NAME)


def test_many_may_open_an_older_file_at_once(old_home: Path) -> None:
    counts: list[int] = []

    def read() -> None:
        with RecordStore(old_home) as store:
            counts.append(store.count())

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [300] * 6


def test_an_older_file_that_cannot_be_written_is_read_as_it_is(
    old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The superuser may write everywhere, so the answer of the system is given here.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with RecordStore(old_home) as store:
        assert not store.writable
        assert (store.count(), store.removed_on(NCT), store.sources()) == (300, None, ())
        assert sum(len(change.body) > 0 for change in store.changed_since(0)) == 300
        found: list[bytes] = []
        other = threading.Thread(target=lambda: found.append(store.get(NCT)))
        other.start()
        other.join()
        assert found == [body(90_000_001, note="v0")]
        store.verify()
    assert schema_of(old_home) == 1


def test_tables_are_made_once_however_often_it_is_asked(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE_NAME, True, APPLICATION_ID)
    prepare_tables(database)
    prepare_tables(database)
    assert schema_of(tmp_path) == SCHEMA_VERSION
    database.close()
