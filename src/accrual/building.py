"""A second process that builds derived data while this one builds other.

Comes in: what is to be built, as a function of a data folder. Goes out: nothing but the files that it leaves, and how
far it has come. Refuses nothing: a process that fails or is killed leaves what it committed, and who needs the rest
builds it, and meets what went wrong, as if there had been no second process.

Stands beside the facade, as `reading` does, for the derived data of a folder do not know of each other.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from accrual.errors import StoreError
from accrual.reading import die_with_parent, without_interrupts
from accrual.store.derived import CatchUpProgress

LOOK_SECONDS = 0.25
"""Time between two looks at how far it has come, while it is waited for. Set by hand, as for loading."""

Tell: TypeAlias = Callable[[CatchUpProgress], None]
Build: TypeAlias = Callable[[Path, Tell], None]
"""Builds what is derived in a data folder, and tells how far it has come. It is sent by its name."""


class SideProcess:
    """A process that builds beside this one, from `with` on; what is not done when the block ends is broken off.

    Example:
        >>> with SideProcess(build_figures, home) as side:
        ...     compile_criteria()
        ...     side.wait(on_progress)
    """

    def __init__(self, build: Build, home: Path) -> None:
        # Spawned, not forked: see `accrual.reading`.
        context = multiprocessing.get_context("spawn")
        self._receiver, self._sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(build, home, self._sender), daemon=True)
        self._newest: CatchUpProgress | None = None

    def __enter__(self) -> SideProcess:
        with without_interrupts():
            self._process.start()
        self._sender.close()  # so that the other end of the pipe ends with the process
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()

    def wait(self, on_progress: Tell | None = None) -> None:
        """Wait until the process has ended, and pass on how far it has come."""
        told: CatchUpProgress | None = None
        while self._process.is_alive():
            self._process.join(LOOK_SECONDS)
            if on_progress is not None and self._newest is not None and self._newest is not told:
                told = self._newest
                on_progress(told)

    def _listen(self) -> None:
        """Take in what the process tells at once: a pipe that is full would hold it up."""
        try:
            while True:
                self._newest = self._receiver.recv()
        except (EOFError, OSError):
            self._receiver.close()


def _run(build: Build, home: Path, sender: Connection) -> None:
    die_with_parent()
    try:
        build(home, sender.send)
    except StoreError:
        return  # the process that needs it builds it again, and says what is wrong
