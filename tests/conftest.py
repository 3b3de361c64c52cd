"""Fixtures every test may use: the shared folder of real records, skipped with a reason where it is absent."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from accrual.registry.files import read_record
from accrual.store.load import load_records
from accrual.store.records import RecordStore

RECORDS = 160
"""Real records that a server serves in tests: enough for several pages, few enough to be quick."""

# The same examples on every run, however slow the machine: a run is red for a change, not for its luck.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
# New examples each time, and many: `make fuzz-properties`.
settings.register_profile("search", settings.get_profile("steady"), derandomize=False, max_examples=2_000)
settings.load_profile("steady")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real records and patients that lies beside the checkout; not part of the project."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("real records are not here: ../shared/data is absent")
    return folder


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """The folder of facts on the registry's API that lies beside the checkout; not part of the project."""
    folder = SHARED / "reference"
    if not folder.is_dir():
        pytest.skip("reference facts are not here: ../shared/reference is absent")
    return folder


def real_records(shared_data: Path) -> list[dict[str, Any]]:
    """The first real records, all with former numbers among the rest, and all versions of those that have several."""
    found = []
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz", "rb") as lines:
        for at, line in enumerate(lines):
            if at < RECORDS or b"nctIdAliases" in line:
                found.append(json.loads(line))
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz", "rb") as lines:
        found += [json.loads(line)["study"] for line in lines]
    return found


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A data folder of real records; what is derived from them is made when it is first asked for."""
    home = tmp_path_factory.mktemp("real")
    with RecordStore(home) as store:
        load_records(
            store,
            [read_record(json.dumps(record).encode(), "shared") for record in real_records(shared_data)],
        )
    return home
