"""A lock file: at most one process (and one thread) does a named piece of work; the others learn who does.

Comes in: a path. Goes out: held or not held, and the holder's own words. The kernel drops the lock when its holder
dies, however it dies, so a stale lock cannot exist. Lock files are never deleted: two processes must meet on one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from pathlib import Path
from types import TracebackType

from accrual.errors import StoreError

ATTEMPTS = 5  # a look at the lock (`is_held`) takes it for a moment, and must not pass for a holder
ATTEMPT_SECONDS = 0.01


class FileLock:
    """An exclusive, non-waiting lock on a file (flock): `with lock:` raises StoreError where another holds it."""

    def __init__(self, path: Path, work: str) -> None:
        self._path = path
        self._work = work
        self._file: int | None = None

    @property
    def path(self) -> Path:
        """The lock file."""
        return self._path

    def acquire(self) -> bool:
        """Take the lock and say whether we have it now.

        Raises:
            StoreError: the lock file cannot be written at all.
        """
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"{self._path}: cannot be written ({error.strerror}): check the folder's permissions"
            ) from error
        for attempt in range(ATTEMPTS):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == ATTEMPTS - 1:
                    os.close(file)
                    return False
                time.sleep(ATTEMPT_SECONDS)
            except OSError as error:
                os.close(file)
                raise StoreError(
                    f"{self._path}: cannot be locked ({error.strerror}): is it on a network disk?"
                ) from error
        with contextlib.suppress(OSError):  # the name is a courtesy; on a full disk the lock holds without it
            os.ftruncate(file, 0)
            os.write(file, f"process {os.getpid()} on {socket.gethostname()}, {self._work}".encode())
        self._file = file
        return True

    def release(self) -> None:
        """Let go; nothing happens where the lock is not held."""
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):  # as above
                os.ftruncate(file, 0)
            os.close(file)

    def is_held(self) -> bool:
        """Say whether anybody holds the lock just now, without taking it."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False  # nobody has ever taken it
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(file)
        return False

    def holder(self) -> str:
        """Return who holds the lock, in words: `process 4711 on host, loading`."""
        try:
            return self._path.read_text(errors="replace").strip() or "another process"
        except OSError:
            return "another process"

    def __enter__(self) -> FileLock:
        if not self.acquire():
            raise StoreError(f"{self._path.parent}: in use by {self.holder()}: wait for it, or stop it")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
