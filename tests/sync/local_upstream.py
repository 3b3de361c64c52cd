"""Our own server as the registry that is synced from, and made-up records for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import made_up

from accrual.cli.serve import listening_socket
from accrual.finder import Finder
from accrual.registry.files import SourceRecord
from accrual.web.app import create_app
from accrual.web.server import make_server

STUDIES = 57
"""Made-up studies of the upstream: several pages of ten, the last one not full."""
FIRST = 90_000_001


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds


def made_up_records() -> list[SourceRecord]:
    """Studies of a few days of March 2026, in the order of their numbers."""
    return [made_up.record(FIRST + at, f"2026-03-{1 + at % 9:02d}", "2026-03-10") for at in range(STUDIES)]


def made_up_home(home: Path, records: Sequence[SourceRecord] | None = None) -> Path:
    """Load records into a data folder, with all that is derived from them."""
    with Finder(home) as finder:
        finder.load_records(made_up_records() if records is None else records)
    return home


class LocalUpstream:
    """`accrual serve` over a data folder, in a thread."""

    def __init__(self, home: Path) -> None:
        self.finder = Finder(home)
        self._socket = listening_socket("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = make_server(create_app(self.finder), 50)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def publish(self, records: Sequence[SourceRecord]) -> None:
        """Load more records, as the registry does on a weekday."""
        self.finder.load_records(records)

    def __enter__(self) -> LocalUpstream:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.finder.close()
