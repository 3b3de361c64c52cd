"""Looks a `records.db` over: is it whole, does every record read back, do its counts and its batches agree.

Comes in: a data folder. Goes out: `Finding`s, each what, where and what to do; none where all is well. Refuses nothing:
what cannot even be opened is a finding. It only reads; mending is `accrual.store.recovery`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.errors import StoreError
from accrual.store.database import sqlite_errors
from accrual.store.records import FILE_NAME, RecordStore
from accrual.store.writer import identity

Severity: TypeAlias = Literal["damage", "warning", "note"]
Tell: TypeAlias = Callable[[str, int, int], None]
"""`tell(what, done, total)`: how far an examination has come."""

PAGE_VERSIONS: Final = 500
NAMED: Final = 20
"""Studies that a sentence names, at most. Set by hand; `Finding.studies` has them all."""
MEND: Final = "run `accrual doctor --mend`: what can be read is kept, and the damaged file is set aside"


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be."""

    severity: Severity
    """damage: something is lost or wrong; warning: it soon may be; note: good to know, nothing is wrong."""
    where: str
    what: str
    remedy: str
    part: str = ""
    """Which part of the folder: "records", or the name of what is derived; empty: none that can be mended."""
    studies: tuple[str, ...] = ()
    """NCT numbers of studies whose records cannot be read."""
    mended: bool = False


# What must hold between the tables: how many rows break it, and what that means.
_RULES: Final = (
    (
        "SELECT count(*) FROM study s LEFT JOIN version v ON v.version = s.current AND v.study = s.study"
        " WHERE v.version IS NULL",
        "studies have no current version",
    ),
    (
        "SELECT count(*) FROM version v LEFT JOIN body b ON b.version = v.version WHERE b.version IS NULL",
        "versions have no record",
    ),
    (
        "SELECT count(*) FROM body b LEFT JOIN version v ON v.version = b.version WHERE v.version IS NULL",
        "records belong to no version",
    ),
    (
        "SELECT count(*) FROM study WHERE generation > (SELECT coalesce(max(generation), 0) FROM generation)",
        "studies changed in a batch that was never committed",
    ),
    (
        "SELECT (SELECT coalesce(max(generation), 0) FROM generation) - (SELECT count(*) FROM generation)",
        "batches are missing from the chain",
    ),
    (
        "SELECT abs((SELECT count(*) FROM version) - coalesce((SELECT versions FROM generation"
        " ORDER BY generation DESC LIMIT 1), 0))",
        "versions are more or fewer than the newest batch counted",
    ),
    (
        "SELECT abs((SELECT count(*) FROM study) - coalesce((SELECT studies FROM generation"
        " ORDER BY generation DESC LIMIT 1), 0))",
        "studies are more or fewer than the newest batch counted",
    ),
)


def examine_records(
    home: Path, today: date, quick: bool = False, tell: Tell | None = None
) -> Iterator[Finding]:
    """Yield what is wrong with the records of a data folder.

    Arguments:
        today: records from after this day mean that the clock is wrong.
        quick: leaves out what reads the whole file: SQLite's own check, and every record.

    Example:
        >>> list(examine_records(Path("data"), date(2026, 11, 23)))
        []
    """
    path = home / FILE_NAME
    if not path.exists():
        yield Finding(
            "warning", str(path), "there are no records here", "load the registry, or name another folder"
        )
        return
    try:
        store = RecordStore(home, create=False)
    except StoreError as error:
        yield Finding("damage", str(path), f"cannot be opened: {error}", MEND, "records")
        return
    with store:
        for look in (_pages,) * (not quick) + (_rules,) + (_bodies,) * (not quick):
            try:
                yield from look(store, tell)
            except StoreError as error:
                yield Finding("damage", str(path), str(error), MEND, "records")
        try:
            newest = store.data_date()
        except StoreError:
            return
    if newest > (today + timedelta(days=1)).isoformat():
        yield Finding(
            "warning",
            str(path),
            f"holds records dated {newest}, and this machine's clock says {today}",
            "set the clock: ages, checks and what is late are reckoned from it",
        )


def _pages(store: RecordStore, tell: Tell | None) -> Iterator[Finding]:
    if tell is not None:
        tell("Checking pages", 0, 0)
    with sqlite_errors(store.path):
        (said,) = store.database.connection().execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        yield Finding(
            "damage", str(store.path), f"SQLite finds it damaged: {' '.join(said.split())}", MEND, "records"
        )


def _rules(store: RecordStore, tell: Tell | None) -> Iterator[Finding]:
    for statement, what in _RULES:
        with sqlite_errors(store.path):
            (count,) = store.database.connection().execute(statement).fetchone()
        if count:
            yield Finding("damage", str(store.path), f"{count:,} {what}", MEND, "records")


def _bodies(store: RecordStore, tell: Tell | None) -> Iterator[Finding]:
    """Read every record, and compare it with the hash that it was stored under."""
    broken: dict[str, str] = {}
    done, after, total = 0, 0, store.version_count()
    while True:
        with sqlite_errors(store.path):
            rows = (
                store.database.connection()
                .execute(
                    "SELECT v.version, v.identity, s.nct_id FROM version v LEFT JOIN study s ON s.study = v.study"
                    " WHERE v.version > ? ORDER BY v.version LIMIT ?",
                    (after, PAGE_VERSIONS),
                )
                .fetchall()
            )
        if not rows:
            break
        for after, hashed, nct_id in rows:
            try:
                if identity(store.bodies.read(after)) != hashed:
                    broken[nct_id or "?"] = "another record than was stored"
            except StoreError as error:
                broken[nct_id or "?"] = str(error)
        done += len(rows)
        if tell is not None:
            tell("Reading records", done, total)
    if broken:
        first = next(iter(broken.values()))
        yield Finding(
            "damage",
            str(store.path),
            f"records of {study_words(tuple(sorted(broken)))} cannot be read: {first}",
            MEND,
            "records",
            tuple(sorted(broken)),
        )


def study_words(studies: tuple[str, ...]) -> str:
    """Return studies in words: how many, and the first of them.

    Example:
        >>> study_words(("NCT04785833",))
        '1 study (NCT04785833)'
    """
    named = ", ".join(studies[:NAMED]) + (" …" if len(studies) > NAMED else "")
    return f"{len(studies):,} {'study' if len(studies) == 1 else 'studies'} ({named})"
