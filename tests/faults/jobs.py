"""Work on a data folder that is killed at any moment: each job is a function that a process of its own runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from made_up import records

from accrual.doctor import examine, mend
from accrual.finder import Finder
from accrual.registry.fetch import Client, Patience
from accrual.registry.upstream import Upstream
from accrual.store import load
from accrual.store.manifest import MadeBy
from accrual.store.records import RecordStore
from accrual.store.snapshot import create_snapshot
from accrual.sync import SyncPlan

STUDIES, VERSIONS = 60, 2
TODAY = date(2026, 11, 23)


def load_all(home: Path, argument: str) -> None:
    """Load made-up records in small batches, and build all that is derived."""
    load.BATCH_RECORDS = 10
    with Finder(home) as finder:
        finder.load_records(records(STUDIES, VERSIONS))


def build(home: Path, argument: str) -> None:
    """Build what is derived."""
    with Finder(home) as finder:
        finder.catch_up()


def sync_from(home: Path, argument: str) -> None:
    """Sync from the address given, in small pages."""
    load.BATCH_RECORDS = 10
    with Finder(home) as finder, Client(argument, Patience(rate=0)) as client:
        finder.sync(Upstream(client, page_studies=10), SyncPlan())


def keep(home: Path, argument: str) -> None:
    """Make a snapshot of this name."""
    with RecordStore(home) as store:
        create_snapshot(store, argument, TODAY, MadeBy("test", ""))


def heal(home: Path, argument: str) -> None:
    """Mend what the doctor finds; the argument tells one second from another."""
    mend(home, examine(home, TODAY), datetime(2026, 11, 23, 2, 0, int(argument), tzinfo=UTC))


JOBS: dict[str, Callable[[Path, str], None]] = {
    "load": load_all,
    "build": build,
    "sync": sync_from,
    "snapshot": keep,
    "mend": heal,
}


def run(name: str, home: str, argument: str) -> None:
    """Run one job."""
    JOBS[name](Path(home), argument)
