"""The web application over real records, where they are here, and over the demo registry, which always is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accrual.demo import DEMO_TODAY, demo_records
from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.web.app import create_app


@pytest.fixture(scope="session")
def demo_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application over the demo registry; unexpected errors become answers, as when served."""
    home = tmp_path_factory.mktemp("demo-api")
    with RecordStore(home) as store:
        load_records(store, [read_record(body, "the demo registry") for body in demo_records()])
    with Finder(home) as finder:
        finder.make_ready()
        app = create_app(finder, today=lambda: DEMO_TODAY)
        yield TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="session")
def client(real_home: Path) -> Iterator[TestClient]:
    """The application over real records."""
    with Finder(real_home) as finder:
        finder.make_ready()
        app = create_app(finder, today=lambda: DEMO_TODAY)
        yield TestClient(app, raise_server_exceptions=False, follow_redirects=False)
