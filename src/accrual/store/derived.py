"""Lifecycle of what is derived from the records: text index, site table, compiled criteria.

Comes in: a `RecordStore` and a `Recipe` that says how one artefact is opened, filled and committed. Goes out: the
artefact, caught up to the store's generation where this process may write, else as another process last committed
it. Refuses nothing that can be rebuilt: an artefact that is missing, damaged, of another format or made from
another `records.db` is made again.

On disk, under `home/derived/`::

    text-3/            the artefact's own files (name "text", format version 3)
    text-3/mark.json   the generation that the files hold, written after the artefact's own commit
    text-3.lock        who is writing; never deleted, so that two writers always meet on one file

A crash between the artefact's commit and the mark only means that some changes are applied twice, so `apply` must
be idempotent: what it is given replaces what it had of the same study.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from accrual.errors import StoreError
from accrual.store.lock import FileLock
from accrual.store.records import Change, RecordStore, writer_lock
from accrual.store.replacement import replace_file

MARK = "mark.json"
BATCH_STUDIES = 500  # studies given to one `apply`: enough to spread its fixed cost
BATCH_BYTES = 8 * 2**20  # or fewer, when records are large: what bounds memory
COMMIT_STUDIES = 100_000  # studies between commits: what a crash in a long rebuild can cost
FIRST_COMMIT_WAIT_SECONDS = (
    10.0  # how long a reader waits for another process to make an artefact for the first time
)
LOW_DISK_BYTES = 64 * 2**20  # below this a failed write is blamed on the disk, and nothing is thrown away


class Artefact(Protocol):
    """What the text index, the site table and the criteria cache have in common."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Replace what is held of each of these studies; drop removed ones. Idempotent; durable only after `commit`."""

    def commit(self) -> None:
        """Make everything applied so far durable and visible to readers in other processes."""

    def close(self) -> None:
        """Let go of files and locks. What was applied and not committed is dropped."""


A = TypeVar("A", bound=Artefact)


class Recipe(msgspec.Struct, Generic[A], frozen=True):
    """How one kind of artefact is opened."""

    name: str
    format_version: str
    """Part of the folder's name: a program with another format leaves this folder alone and builds its own."""
    open: Callable[[Path, bool], A]
    """`open(folder, writable)`: opens what is in the folder; where it is writable and empty, makes a new one."""
    damage: tuple[type[Exception], ...] = (OSError, ValueError)
    """Errors that mean the files are damaged. A StoreError is an OSError."""
    bodies: bool = True
    """False when `apply` only needs to know which studies changed: then `Change.body` is empty, and reading fast."""

    def folder(self, home: Path) -> Path:
        """Return where the artefact lies: `home/derived/<name>-<format version>`."""
        return home / "derived" / f"{self.name}-{self.format_version}"


class Mark(msgspec.Struct, frozen=True):
    """Which state of which `records.db` an artefact holds."""

    generation: int
    digest: str
    """The store's digest at that generation, in hexadecimal: another database has another one."""


class CatchUpProgress(msgspec.Struct, frozen=True):
    """How far a catch-up has come; counts are studies."""

    name: str
    done: int
    total: int


def catch_up(
    store: RecordStore, recipe: Recipe[A], on_progress: Callable[[CatchUpProgress], None] | None = None
) -> A:
    """Open an artefact and apply what changed in the store since its mark.

    Where another process is catching it up, or is loading records and will catch it up, or the folder cannot be
    written, the artefact is opened for reading as it was last committed.

    Raises:
        StoreError: it can be neither opened nor built: the disk is full, or nothing was ever built in a folder
            that cannot be written.
    """
    folder = recipe.folder(store.home)
    if not store.writable:
        return _serve(
            recipe, folder, "the data folder cannot be written, and this part of it was never built"
        )
    unreadable = False
    # The usual case is that nothing is to be written: no lock, no writer. While records are being loaded there
    # is always something new, and a reader that ran after it would index the registry in the loader's stead.
    if is_current(store, recipe) or (_is_sound(store, recipe) and writer_lock(store.home).is_held()):
        try:
            return recipe.open(folder, False)
        except recipe.damage:
            unreadable = True
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(folder.name + ".lock"), f"building {recipe.name}")
    if not lock.acquire():
        _await_mark(folder)
        return _serve(
            recipe, folder, f"{lock.holder()} is making it for the first time; try again in a minute"
        )
    try:
        if unreadable:
            discard(folder)
        try:
            artefact = _open_for_writing(store, recipe, folder)
            _apply_changes(store, recipe, artefact, folder, on_progress)
        except _Damaged:
            discard(folder)
            artefact = _open_for_writing(store, recipe, folder)
            _apply_changes(store, recipe, artefact, folder, on_progress)
        artefact.close()
    except _Damaged as damaged:
        raise StoreError(
            f"{folder}: cannot be built: {damaged}; see that the disk is sound and has room"
        ) from damaged
    finally:
        lock.release()
    return _serve(recipe, folder, "it was built and cannot be read back")


def read_mark(folder: Path) -> Mark | None:
    """Return the mark of an artefact, or None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / MARK).read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def is_current(store: RecordStore, recipe: Recipe[A]) -> bool:
    """Say whether the artefact on disk holds the store's newest generation."""
    mark = read_mark(recipe.folder(store.home))
    return mark is not None and mark.generation == store.generation and _belongs(store, mark)


def _is_sound(store: RecordStore, recipe: Recipe[A]) -> bool:
    """Say whether the artefact holds some generation of this store."""
    mark = read_mark(recipe.folder(store.home))
    return mark is not None and _belongs(store, mark)


class _Damaged(Exception):  # noqa: N818  (never leaves this module)
    """The artefact's files cannot be opened or written."""


def _belongs(store: RecordStore, mark: Mark) -> bool:
    return store.digest(mark.generation) == mark.digest


def _open_for_writing(store: RecordStore, recipe: Recipe[A], folder: Path) -> A:
    """Open the artefact, or make an empty one; raise `_Damaged` where its files are there and no good."""
    mark = read_mark(folder)
    if folder.exists() and (mark is None or not _belongs(store, mark)):
        # No mark: a crash before the first commit, or somebody tidied up. Another digest: another records.db.
        discard(folder)
        mark = None
    try:
        folder.mkdir(exist_ok=True)
        artefact = recipe.open(folder, True)
        if mark is None:
            artefact.commit()
            _write_mark(folder, Mark(0, store.digest(0) or ""))
    except recipe.damage as error:
        _blame_full_disk(folder, error)
        raise _Damaged(str(error)) from error
    return artefact


def _apply_changes(
    store: RecordStore,
    recipe: Recipe[A],
    artefact: A,
    folder: Path,
    on_progress: Callable[[CatchUpProgress], None] | None,
) -> None:
    """Apply what changed since the mark; close the artefact and raise `_Damaged` where it fails."""
    mark = read_mark(folder)
    since = mark.generation if mark is not None else 0
    target = store.generation
    if since == target:
        return
    total = store.changed_count(since)
    done = uncommitted = 0
    finished = since  # the newest generation all of whose changes are applied
    try:
        for batch in _batches(store.changed_since(since, until=target, bodies=recipe.bodies)):
            artefact.apply(batch)
            done += len(batch)
            uncommitted += len(batch)
            # The last generation of a batch may go on in the next one; those before it are complete.
            finished = max(finished, batch[-1].generation - 1)
            if uncommitted >= COMMIT_STUDIES:
                artefact.commit()
                _write_mark(folder, Mark(finished, store.digest(finished) or ""))
                uncommitted = 0
            if on_progress is not None:
                on_progress(CatchUpProgress(recipe.name, done, total))
        artefact.commit()
        _write_mark(folder, Mark(target, store.digest(target) or ""))
    except _StoreFailedError as failed:
        artefact.close()
        raise failed.error from failed
    except recipe.damage as error:
        artefact.close()
        _blame_full_disk(folder, error)
        raise _Damaged(str(error)) from error


class _StoreFailedError(Exception):
    """The records themselves could not be read: no fault of the artefact's."""

    def __init__(self, error: StoreError) -> None:
        super().__init__(str(error))
        self.error = error


def _batches(changes: Iterator[Change]) -> Iterator[list[Change]]:
    """Cut a stream of changes by number and by bytes."""
    batch: list[Change] = []
    size = 0
    while True:
        try:
            change = next(changes, None)
        except StoreError as error:
            raise _StoreFailedError(error) from error
        if change is not None:
            batch.append(change)
            size += len(change.body)
        if batch and (change is None or len(batch) >= BATCH_STUDIES or size >= BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if change is None:
            return


def _serve(recipe: Recipe[A], folder: Path, why_not: str) -> A:
    if read_mark(folder) is None:
        raise StoreError(f"{folder}: {why_not}")
    try:
        return recipe.open(folder, False)
    except recipe.damage as error:
        raise StoreError(
            f"{folder}: cannot be opened ({error}): delete this folder, it is built again"
        ) from error


def _await_mark(folder: Path) -> None:
    """Give the process that is making the artefact a moment to commit an empty one."""
    deadline = time.monotonic() + FIRST_COMMIT_WAIT_SECONDS
    while read_mark(folder) is None and time.monotonic() < deadline:
        time.sleep(0.05)


def _write_mark(folder: Path, mark: Mark) -> None:
    replace_file(folder / MARK, msgspec.json.encode(mark))


def discard(folder: Path) -> None:
    """Move the artefact aside in one step, then delete it: a reader sees all of it or nothing."""
    if not folder.exists():
        return
    aside = folder.with_name(f"{folder.name}.discarded-{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _blame_full_disk(folder: Path, error: Exception) -> None:
    free = shutil.disk_usage(folder.parent).free
    if free < LOW_DISK_BYTES:
        raise StoreError(
            f"{folder}: {error}; only {free >> 20} MB are free on this disk: make room"
        ) from error
