"""Saves what can be read of a damaged `records.db` into a new one, and sets the damaged one aside.

Comes in: a data folder whose records are damaged. Goes out: the same folder with a sound `records.db`, and a
`Recovery`: what came over, what is lost, and where the damaged file is kept. Refuses, as StoreError: a file of which
nothing can be read, a disk without room for a second one, a folder that is being loaded into. Nothing is ever deleted.

Every version is read by itself, in the order of arrival, compared with its hash, and written anew, as loading does; so
the new file has the same versions in the same order, and all that is derived is built again. Where anything is lost,
the sources are forgotten: the next sync then reads each from its beginning, and what was lost comes back.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from accrual.errors import StoreError
from accrual.store.bodies import Bodies
from accrual.store.database import Database, sqlite_errors
from accrual.store.examination import Tell
from accrual.store.records import FILE_NAME, RecordStore, writer_lock
from accrual.store.schema import APPLICATION_ID, prepare_tables
from accrual.store.sources import Source, read_sources
from accrual.store.writer import Incoming, RecordWriter, identity

FOLDER: Final = "recovering"
"""Where the new file is written, in the data folder; what a killed recovery leaves there is begun again."""
BATCH: Final = 500  # versions written as one batch; set by hand, half of a load's
_BESIDE: Final = ("-wal", "-shm")


class Recovery(msgspec.Struct, frozen=True):
    """What a recovery came to."""

    kept: str
    """Where the damaged file is now."""
    versions: int
    """Versions that came over."""
    lost: tuple[str, ...]
    """NCT numbers of studies that lost a version, so far as they are known."""
    unknown: int
    """Versions lost of studies that nothing can name any more."""


class _Saved(NamedTuple):
    """One version, read; without a body where it is lost."""

    nct_id: str
    incoming: Incoming | None


def recover_records(home: Path, stamp: str, tell: Tell | None = None) -> Recovery:
    """Put a sound `records.db` in the place of a damaged one.

    Arguments:
        stamp: goes into the name that the damaged file is kept under: `records.db.damaged-20261123-015000`.

    Raises:
        StoreError: see the head of this module; the folder is then as it was.
    """
    path = home / FILE_NAME
    kept = path.with_name(f"{FILE_NAME}.damaged-{stamp}")
    if kept.exists():
        raise StoreError(f"{kept}: there already: try again in a second")
    _require_room(path)
    with writer_lock(home):
        shutil.rmtree(home / FOLDER, ignore_errors=True)
        database = Database(path, False, APPLICATION_ID)
        try:
            prepare_tables(database)
            found = _rewrite(database, home / FOLDER, tell)
        finally:
            database.close()
        _replace(home, kept)
    return msgspec.structs.replace(found, kept=str(kept))


def _rewrite(damaged: Database, folder: Path, tell: Tell | None) -> Recovery:
    """Write all that can be read into a new store; nothing of the damaged one changes."""
    total = _last_version(damaged)
    studies = dict(_rows(damaged, "SELECT study, nct_id FROM study", "study"))
    removed = defaultdict(list)
    for number, day in _rows(damaged, "SELECT nct_id, removed FROM study WHERE removed IS NOT NULL", "study"):
        removed[str(day)].append(str(number))
    lost: set[str] = set()
    unknown = kept = done = 0
    batch: list[Incoming] = []
    with RecordStore(folder) as store, RecordWriter(store) as writer:
        for saved in _versions(damaged, studies, total):
            done += 1
            if saved.incoming is not None:
                batch.append(saved.incoming)
                kept += 1
            elif saved.nct_id:
                lost.add(saved.nct_id)
            else:
                unknown += 1
            if len(batch) == BATCH:
                writer.write(batch)
                batch = []
            if tell is not None and done % BATCH == 0:
                tell("Saving records", done, total)
        if batch:
            writer.write(batch)
        if total and not kept:
            raise StoreError(
                f"{damaged.path}: nothing of it can be read: put back a copy, or load the registry again"
            )
        for day, numbers in sorted(removed.items()):
            writer.remove(numbers, day)
        if not lost and not unknown:
            for source in _sources(damaged):
                writer.set_source(source)
    return Recovery("", kept, tuple(sorted(lost)), unknown)


def _versions(damaged: Database, studies: dict[Any, Any], total: int) -> Iterator[_Saved]:
    bodies = Bodies(damaged, "")
    for version in range(1, total + 1):
        nct_id = ""
        try:
            with sqlite_errors(damaged.path):
                row = (
                    damaged.connection()
                    .execute(
                        "SELECT study, last_update, version_holder, identity FROM version WHERE version = ?",
                        (version,),
                    )
                    .fetchone()
                )
            if row is None:
                yield _Saved("", None)
                continue
            study, last_update, holder, hashed = row
            nct_id = str(studies.get(study, ""))
            body = bodies.read(version)
            nct_id = nct_id or _number_in(body)
            if nct_id and identity(body) == hashed:
                yield _Saved(nct_id, Incoming.of(nct_id, body, last_update, holder))
                continue
        except StoreError:
            pass
        yield _Saved(nct_id, None)


class _Names(msgspec.Struct):
    nctId: str = ""  # noqa: N815 - the registry's own name


class _Protocol(msgspec.Struct):
    identificationModule: _Names = msgspec.field(default_factory=_Names)  # noqa: N815


class _Numbered(msgspec.Struct):
    protocolSection: _Protocol = msgspec.field(default_factory=_Protocol)  # noqa: N815


def _number_in(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Numbered).protocolSection.identificationModule.nctId
    except msgspec.MsgspecError:
        return ""


def _last_version(damaged: Database) -> int:
    """Return the largest number that a version may have: several tables know it, and some may be unreadable."""
    found = []
    for statement in (
        "SELECT max(version) FROM version",
        "SELECT max(version) FROM body",
        "SELECT max(versions) FROM generation",
    ):
        try:
            with sqlite_errors(damaged.path):
                found.append(int(damaged.connection().execute(statement).fetchone()[0] or 0))
        except StoreError:
            continue
    if not found:
        raise StoreError(
            f"{damaged.path}: nothing of it can be read: put back a copy, or load the registry again"
        )
    return max(found)


def _rows(damaged: Database, statement: str, key: str) -> list[tuple[Any, Any]]:
    """Return the rows of a statement over a table; where a page of it is broken, those that can be reached."""
    joint = "AND" if " WHERE " in statement else "WHERE"
    try:
        with sqlite_errors(damaged.path):
            return damaged.connection().execute(statement).fetchall()
    except StoreError:
        found: list[tuple[Any, Any]] = []
    for number in range(1, _last_version(damaged) + 1):
        try:
            with sqlite_errors(damaged.path):
                found += damaged.connection().execute(f"{statement} {joint} {key} = ?", (number,)).fetchall()
        except StoreError:
            continue
    return found


def _sources(damaged: Database) -> tuple[Source, ...]:
    try:
        with sqlite_errors(damaged.path):
            return read_sources(damaged.connection())
    except StoreError:
        return ()


def _require_room(path: Path) -> None:
    try:
        needed = path.stat().st_size
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be read ({error.strerror}): put back a copy, or load again"
        ) from error
    free = shutil.disk_usage(path.parent).free
    if free < needed + 2**20:
        raise StoreError(
            f"{path}: mending needs room for a second file, {needed >> 20} MB, and {free >> 20} MB are free: make room"
        )


def _replace(home: Path, kept: Path) -> None:
    """Keep the damaged file under another name, with its log, and put the new one in its place in one step.

    The log goes first: SQLite would read the old file's log into the new one.
    """
    path, fresh = home / FILE_NAME, home / FOLDER / FILE_NAME
    try:
        os.link(path, kept)
        for ending in _BESIDE:
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + ending))
        fresh.replace(path)
    except OSError as error:
        raise StoreError(
            f"{home}: the mended file cannot be put in place ({error}): the disk must be local"
        ) from error
    shutil.rmtree(home / FOLDER, ignore_errors=True)
