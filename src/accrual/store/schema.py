"""The tables of `records.db`: made in an empty file, upgraded in place, refused where another program wrote them.

Comes in: the file, opened. Goes out: the same file with this program's tables. A file of an older schema that may not
be written is left as it is and read through views that give it this program's columns. Refuses, as StoreError: a file
that is no database of ours, one that a newer accrual wrote.
"""

from __future__ import annotations

from accrual.errors import StoreError
from accrual.store.database import Connection, Database, sqlite_errors, transaction

SCHEMA_VERSION = 2
APPLICATION_ID = 0x41434352  # "ACCR": what `file` and SQLite's header call this kind of database

# `absence` holds the times in which a study was gone from its source; `study.removed` the one that goes on.
_ADDED_IN_2 = (
    """CREATE TABLE absence (
        study INTEGER NOT NULL, since TEXT NOT NULL, until TEXT, PRIMARY KEY (study, since)) WITHOUT ROWID""",
    """CREATE TABLE source (
        base_url TEXT NOT NULL, query TEXT NOT NULL, data_timestamp TEXT NOT NULL, updated_through TEXT NOT NULL,
        listed_on TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (base_url, query)) WITHOUT ROWID""",
)

# `body` stands apart from `version`: dates are read and changed without touching the bulk.
_SCHEMA = (
    "CREATE TABLE dictionary (dictionary INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
    """CREATE TABLE generation (
        generation INTEGER PRIMARY KEY, studies INTEGER NOT NULL, versions INTEGER NOT NULL,
        data_date TEXT NOT NULL, digest BLOB NOT NULL, removed INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE study (
        study INTEGER PRIMARY KEY, nct_id TEXT NOT NULL UNIQUE,
        current INTEGER NOT NULL, generation INTEGER NOT NULL, removed TEXT)""",
    "CREATE INDEX study_by_generation ON study (generation)",
    """CREATE TABLE version (
        version INTEGER PRIMARY KEY, study INTEGER NOT NULL, last_update TEXT NOT NULL,
        version_holder TEXT NOT NULL, shown_holder TEXT, identity BLOB NOT NULL, size INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX version_by_identity ON version (study, identity)",
    """CREATE TABLE body (
        version INTEGER PRIMARY KEY, dictionary INTEGER NOT NULL, bytes BLOB NOT NULL, base INTEGER)""",
    *_ADDED_IN_2,
)

# What makes a file of a schema one of the next. New columns come last and may be empty, so that no row is rewritten:
# 600,000 studies take milliseconds.
_UPGRADES = {
    1: (
        "ALTER TABLE generation ADD COLUMN removed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE study ADD COLUMN removed TEXT",
        "ALTER TABLE body ADD COLUMN base INTEGER",
        *_ADDED_IN_2,
    ),
}

# The same columns over an older file that cannot be written: a temporary view stands in front of its table.
_VIEWS = {
    1: (
        "CREATE TEMP VIEW generation AS SELECT *, 0 AS removed FROM main.generation",
        "CREATE TEMP VIEW study AS SELECT *, NULL AS removed FROM main.study",
        "CREATE TEMP VIEW body AS SELECT *, NULL AS base FROM main.body",
        "CREATE TEMP VIEW absence AS SELECT NULL AS study, NULL AS since, NULL AS until WHERE 0",
        "CREATE TEMP VIEW source AS SELECT NULL AS base_url, NULL AS query, NULL AS data_timestamp,"
        " NULL AS updated_through, NULL AS listed_on, NULL AS state WHERE 0",
    ),
}

# In one statement: another process may make the tables between two.
_STATE = (
    "SELECT (SELECT user_version FROM pragma_user_version),"
    " (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)"
)


def prepare_tables(database: Database) -> None:
    """Make the tables of an empty file, or bring those of an older accrual up to date in one transaction.

    Raises:
        StoreError: see the head of this module.
    """
    connection = database.connection()
    with sqlite_errors(database.path):
        if database.writable and connection.execute(_STATE).fetchone() == (0, 0, 0):
            with transaction(connection):
                if connection.execute(_STATE).fetchone() == (0, 0, 0):
                    _make(connection)
        schema, application, _ = connection.execute(_STATE).fetchone()
    if application != APPLICATION_ID:
        raise StoreError(
            f"{database.path}: this is not an accrual database: move it away, or choose another data folder"
        )
    if schema in _UPGRADES:
        with sqlite_errors(database.path):
            if not database.writable:
                database.read_through(_VIEWS[schema])
                return
            with transaction(connection):
                schema = _upgrade(connection)
    if schema != SCHEMA_VERSION:
        raise StoreError(
            f"{database.path}: written by a newer accrual (schema {schema}, this one reads {SCHEMA_VERSION}):"
            " upgrade accrual, or choose another data folder"
        )


def _make(connection: Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _upgrade(connection: Connection) -> int:
    """Bring the tables up to date inside the caller's transaction; another process may have been first."""
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    while schema in _UPGRADES:
        for statement in _UPGRADES[schema]:
            connection.execute(statement)
        schema += 1
        connection.execute(f"PRAGMA user_version={schema}")
    return int(schema)
