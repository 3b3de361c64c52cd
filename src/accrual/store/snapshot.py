"""Snapshots: the registry as it was on a day, kept for good, so that what is found in it can be found again.

Comes in: a data folder and a name. Goes out: `home/snapshots/NAME/`, a data folder of its own whose records never
change; the list of them, and which one is in use. Refuses, as StoreError: a name that is taken or that no folder may
have, nothing to keep, a second process that makes one, a full disk.

A snapshot is made in a folder of another name and takes its own in one step: what a crash leaves is cleared away by the
next. One process at a time makes snapshots; any number use them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import msgspec

from accrual.errors import StoreError
from accrual.store.lock import FileLock
from accrual.store.manifest import MadeBy, Manifest, read_manifest, write_manifest
from accrual.store.records import FILE_NAME, LOCK_NAME, RecordStore, Version
from accrual.store.writer import Incoming, RecordWriter

FOLDER = "snapshots"
_IN_USE = ".in-use"  # a dot first: no snapshot has such a name
_LOCK = ".lock"
_PART = ".part"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
BATCH_RECORDS = 1000
BATCH_BYTES = 16 * 2**20

OnSnapshot = Callable[[int, int], None]
"""Told how many studies are done, and of how many."""


class Line(msgspec.Struct):
    """One line of a snapshot's file: a dated version, as `accrual load` reads it."""

    nct_id: str
    last_update_posted: str
    version_holder: str
    study: msgspec.Raw


class _Posted(msgspec.Struct):
    date: str = ""


class _Status(msgspec.Struct):
    studyFirstPostDateStruct: _Posted = msgspec.field(default_factory=_Posted)  # noqa: N815
    studyFirstSubmitDate: str = ""  # noqa: N815


class _Protocol(msgspec.Struct):
    statusModule: _Status = msgspec.field(default_factory=_Status)  # noqa: N815


class _Dated(msgspec.Struct):
    protocolSection: _Protocol = msgspec.field(default_factory=_Protocol)  # noqa: N815


def snapshot_folder(home: Path, name: str) -> Path:
    """Return where a snapshot lies.

    Raises:
        StoreError: a name that no snapshot may have.
    """
    if not _NAME.fullmatch(name):
        raise StoreError(
            f"{name!r}: no name for a snapshot: up to 64 letters, digits, dots, hyphens and underscores, a letter or"
            " digit first"
        )
    return home / FOLDER / name


def find_snapshot(home: Path, name: str) -> Manifest:
    """Return the manifest of a snapshot.

    Raises:
        StoreError: there is none of this name; the message names those that there are.
    """
    found = read_manifest(snapshot_folder(home, name))
    if found is None:
        names = ", ".join(one.name for one in list_snapshots(home)) or "none"
        raise StoreError(
            f"{home}: no snapshot {name} here (there is: {names}): `accrual snapshot list` shows them"
        )
    return msgspec.structs.replace(found, name=name)


def list_snapshots(home: Path) -> list[Manifest]:
    """Return the snapshots of a data folder, the earliest day first."""
    found = []
    with suppress(OSError):
        for entry in sorted((home / FOLDER).iterdir()):
            manifest = read_manifest(entry) if _NAME.fullmatch(entry.name) else None
            if manifest is not None:
                found.append(msgspec.structs.replace(manifest, name=entry.name))
    return sorted(found, key=lambda one: (one.day, one.name))


def create_snapshot(
    store: RecordStore,
    name: str,
    today: date,
    made_by: MadeBy,
    as_of: date | None = None,
    on_progress: OnSnapshot | None = None,
) -> Manifest:
    """Keep the records as they are, or as they were on a day.

    Arguments:
        today: the day that it stands for where no other is given.
        as_of: an earlier day: each study as the newest version posted by then has it.

    Raises:
        StoreError: see the head of this module.
    """
    if store.manifest is not None:
        raise StoreError(
            f"{store.home}: a snapshot itself: make one of the data folder that it was made from"
        )
    if as_of is not None and as_of > today:
        raise StoreError(f"{as_of}: not come yet: give a day up to {today}")
    with making(store.home, name) as part, store.held_still():
        day = as_of or today
        chosen = store.current_versions() if as_of is None else store.as_of(as_of)
        total = store.count()
        digest = hashlib.sha256()

        def kept() -> Iterator[Incoming]:
            for done, version in enumerate(chosen, 1):
                body = store.get_version(version.version)
                digest.update(snapshot_line(version, body))
                yield Incoming(
                    version.nct_id, body, version.last_update, version.version_holder, version.identity
                )
                if on_progress is not None and done % BATCH_RECORDS == 0:
                    on_progress(done, total)

        studies, data_date = fill(part, kept())
        if not studies:
            raise StoreError(f"{store.home}: no study here is as old as {day}: there is nothing to keep")
        not_yet, unknown = (0, 0) if as_of is None else _left_out(store, as_of)
        manifest = Manifest(
            name=name,
            day=day.isoformat(),
            past=as_of is not None,
            studies=studies,
            data_date=data_date,
            not_yet=not_yet,
            unknown=unknown,
            sha256=digest.hexdigest(),
            made_by=made_by,
        )
        write_manifest(part, manifest)
    if on_progress is not None:
        on_progress(studies, studies)
    return manifest


def snapshot_in_use(home: Path) -> str | None:
    """Return the name of the snapshot that the commands of a data folder work on; None: on the folder itself."""
    try:
        return (home / FOLDER / _IN_USE).read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def use_snapshot(home: Path, name: str | None) -> None:
    """Have the commands of a data folder work on a snapshot from now on, or on the folder itself again.

    Raises:
        StoreError: there is no such snapshot, or the folder cannot be written.
    """
    mark = home / FOLDER / _IN_USE
    try:
        if name is None:
            mark.unlink(missing_ok=True)
            return
        find_snapshot(home, name)
        fresh = mark.with_name(f"{_IN_USE}{_PART}")
        fresh.write_text(f"{name}\n", encoding="utf-8")
        fresh.replace(mark)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{mark}: cannot be written ({error.strerror}): check the folder") from error


@contextmanager
def making(home: Path, name: str) -> Iterator[Path]:
    """Give a folder to make a snapshot in; it takes its name at the end, and is gone where that fails."""
    final = snapshot_folder(home, name)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{final.parent}: cannot be made ({error.strerror}): check the folder") from error
    with FileLock(final.parent / _LOCK, "making a snapshot"):
        for left in final.parent.glob(f".*{_PART}"):
            shutil.rmtree(left, ignore_errors=True)
        if final.exists():
            raise StoreError(f"{final}: there already: a snapshot never changes, choose another name")
        part = final.with_name(f".{name}{_PART}")
        try:
            part.mkdir()
            yield part
            (part / LOCK_NAME).unlink(missing_ok=True)
            (part / FILE_NAME).chmod(0o444)
            part.rename(final)
            _sync_folder(final.parent)
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{final}: cannot be made ({error.strerror}): make room on the disk") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)


def fill(folder: Path, records: Iterator[Incoming]) -> tuple[int, str]:
    """Put records into a new store; return how many studies, and the newest date that one carries."""
    with RecordStore(folder) as store:
        with RecordWriter(store) as writer:
            batch: list[Incoming] = []
            size = 0
            for incoming in records:
                batch.append(incoming)
                size += len(incoming.body)
                if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
                    writer.write(batch)
                    batch, size = [], 0
            writer.write(batch)
        found = store.count(), store.data_date()
        store.database.end_log()
    return found


def _left_out(store: RecordStore, day: date) -> tuple[int, int]:
    """Count the studies without a version as old as a day: those that came later, and those that must have had one."""
    not_yet = unknown = 0
    for version in store.later_than(day):
        try:
            status = msgspec.json.decode(
                store.get_version(version.version), type=_Dated
            ).protocolSection.statusModule
        except msgspec.MsgspecError:
            status = _Status()
        first = status.studyFirstPostDateStruct.date or status.studyFirstSubmitDate
        if first and first > day.isoformat():
            not_yet += 1
        else:  # what does not say when it came may have been there
            unknown += 1
    return not_yet, unknown


def snapshot_line(version: Version, body: bytes) -> bytes:
    """Return the line that stands for a version in a snapshot's file, and in its `sha256`."""
    line = Line(version.nct_id, version.last_update, version.version_holder, msgspec.Raw(body))
    return msgspec.json.encode(line) + b"\n"


def digest_of(store: RecordStore) -> str:
    """Return the `sha256` that a snapshot with these records has in its manifest."""
    digest = hashlib.sha256()
    for version in store.current_versions():
        digest.update(snapshot_line(version, store.get_version(version.version)))
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Have the disk keep a new name in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
