"""The web application over real records, where they are here, and over the demo registry, which always is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from accrual.demo import DEMO_TODAY, demo_records
from accrual.finder import Finder
from accrual.registry.files import SourceRecord, read_record
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.web.app import create_app

RECORDS = 250
"""Real records that the tests serve: enough for several pages, few enough to be quick."""


def store_records(home: Path, records: list[SourceRecord]) -> None:
    """Write records without what is derived from them: it is made when it is first asked for."""
    with RecordStore(home) as store:
        load_records(store, records)


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
def demo_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application over the demo registry; unexpected errors become answers, as when served."""
    home = tmp_path_factory.mktemp("demo-api")
    store_records(home, [read_record(body, "the demo registry") for body in demo_records()])
    with Finder(home) as finder:
        app = create_app(finder, today=lambda: DEMO_TODAY)
        yield TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A data folder of real records."""
    home = tmp_path_factory.mktemp("real-api")
    records = [read_record(json.dumps(record).encode(), "shared") for record in real_records(shared_data)]
    store_records(home, records)
    return home


@pytest.fixture(scope="session")
def client(real_home: Path) -> Iterator[TestClient]:
    """The application over real records."""
    with Finder(real_home) as finder:
        app = create_app(finder, today=lambda: DEMO_TODAY)
        yield TestClient(app, raise_server_exceptions=False, follow_redirects=False)
