"""A registry on this machine: our own server over made-up records, and a proxy before it that does what networks do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
sys.path.insert(0, str(Path(__file__).parent))

from fault_proxy import FaultProxy
from local_upstream import Clock, LocalUpstream, made_up_home

from accrual.registry.fetch import Client, Patience


@pytest.fixture(scope="session")
def upstream_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of made-up studies; nobody writes to it after this."""
    return made_up_home(tmp_path_factory.mktemp("upstream"))


@pytest.fixture(scope="session")
def upstream(upstream_home: Path) -> Iterator[LocalUpstream]:
    """Our own server over those."""
    with LocalUpstream(upstream_home) as served:
        yield served


@pytest.fixture
def proxy(upstream: LocalUpstream) -> Iterator[FaultProxy]:
    """A proxy before it, without faults as yet."""
    with FaultProxy(upstream.url) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    """A clock that goes on only where somebody sleeps."""
    return Clock()


@pytest.fixture
def client(proxy: FaultProxy, clock: Clock) -> Iterator[Client]:
    """A client of the proxy that never waits."""
    patience = Patience(rate=0)
    with Client(proxy.url, patience, clock=clock.now, sleep=clock.sleep, chance=lambda: 1.0) as made:
        yield made
