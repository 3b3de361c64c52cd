"""What a watch remembers of its last run, in a file beside the watch file: `NAME.state.json`, for its owner alone.

Comes in: the watch file's path. Goes out: `WatchState`, or None before the first run. Refuses, as SourceError: a state
that is damaged, of another program, or of another watch file; a folder that cannot be written; and, as StoreError, a
run while another one is going on.

Kept are hashes of what was asked, numbers of trials with the hashes of their records, and of each patient an opaque id
with the verdicts; nothing that a patient's file says. Ids and hashes are made with a random salt of this file's own.
The file is written anew beside itself and moved into place, so that it is whole or the old one, whatever happens.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from accrual.errors import SourceError
from accrual.match.verdict import Verdict
from accrual.store.lock import FileLock

FORMAT: Final = 1
SALT_BYTES: Final = 16
MAX_BYTES: Final = 200_000_000
"""100 searches of 50,000 studies, and 50 patients on all of them, come to some 60 MB."""


class SearchState(msgspec.Struct, frozen=True):
    """One search: what it found."""

    key: str
    """The search hashed."""
    studies: tuple[int, ...]
    """NCT numbers."""


class PatientState(msgspec.Struct, frozen=True):
    """One patient: an opaque id, and the verdicts."""

    id: str
    verdicts: dict[Verdict, tuple[int, ...]]


class WatchState(msgspec.Struct, frozen=True):
    """What the last run saw."""

    format: int
    salt: str
    owner: str
    """The watch file's name, hashed."""
    day: str
    """The day as of which it decided (ISO)."""
    data: str
    """Digest of the records, with the generation that it belongs to."""
    generation: int
    program: str
    """Version of the compiler that read the criteria."""
    studies: dict[int, str]
    """NCT number → hash of the record."""
    searches: tuple[SearchState, ...]
    patients: tuple[PatientState, ...]


def state_path(path: Path) -> Path:
    """Return where the state of a watch file lies.

    Example:
        >>> state_path(Path("mine.yaml")).name
        'mine.yaml.state.json'
    """
    return path.with_name(f"{path.name}.state.json")


def watch_lock(path: Path) -> FileLock:
    """Return the lock that a run of a watch file holds."""
    return FileLock(path.with_name(f"{path.name}.lock"), "watching")


def opaque(salt: bytes, *parts: bytes) -> str:
    """Return a name for something that says nothing of it: without the salt nobody finds it again.

    Example:
        >>> opaque(b"salt", b"Jane") == opaque(b"pepper", b"Jane")
        False
    """
    digest = hashlib.blake2b(digest_size=8, key=salt)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def owner_of(salt: bytes, path: Path) -> str:
    """Return the hash by which a state knows its watch file."""
    return opaque(salt, b"owner", os.fsencode(path.name))


def read_state(path: Path) -> WatchState | None:
    """Return the state of a watch file; None before its first run.

    Raises:
        SourceError: see the head of this module.
    """
    where = state_path(path)
    again = "move it away to begin anew (the next run is then a first one)"
    try:
        with where.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(f"{where}: {error.strerror or error}: {again}") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"{where}: more than {MAX_BYTES // 10**6} MB: no state of a watch: {again}")
    try:
        state = msgspec.json.decode(data, type=WatchState)
        salt = bytes.fromhex(state.salt)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SourceError(f"{where}: damaged, or not the state of a watch: {again}") from error
    if state.format != FORMAT or len(salt) != SALT_BYTES:
        raise SourceError(f"{where}: written by another accrual: {again}")
    if state.owner != owner_of(salt, path):
        raise SourceError(f"{where}: this is the state of another watch file: {again}")
    return state


def write_state(path: Path, state: WatchState) -> None:
    """Keep the state of a watch file, readable by its owner alone.

    Raises:
        SourceError: the folder cannot be written, or the disk is full; the old state is still there.
    """
    write_whole(state_path(path), msgspec.json.encode(state), "the state of the watch")


def write_whole(path: Path, data: bytes, what: str) -> None:
    """Write a file beside itself and move it into place, readable by its owner alone.

    Raises:
        SourceError: it cannot be written; what was there is still there.
    """
    fresh = None
    try:
        # mkstemp makes the file anew, with mode 0600: no link that somebody laid there is followed.
        handle, fresh = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).replace(path)
    except OSError as error:
        if fresh is not None:
            with suppress(OSError):
                Path(fresh).unlink()
        raise SourceError(f"{path}: {what} cannot be written ({error.strerror or error})") from error


def require_writable(path: Path) -> None:
    """Say before the work, not after it, that the state could not be kept.

    Raises:
        SourceError: the watch file's folder cannot be written.
    """
    if not os.access(path.parent, os.W_OK):
        raise SourceError(
            f"{path.parent}: cannot be written, and the state of the last run is kept there: copy the watch file to a"
            " folder of your own, or look without remembering with --dry-run"
        )
