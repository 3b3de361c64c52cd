"""The shared history, day by day: published by one accrual, synced by another, and nothing lost on the way."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from fault_proxy import FaultProxy
from local_upstream import Clock, LocalUpstream

from accrual.registry.fetch import Client, Patience
from accrual.registry.files import SourceRecord, read_record
from accrual.registry.upstream import Upstream
from accrual.search.places import Places
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.sync import SyncPlan, sync

BEGIN = "2026-02-04"
"""The first data date of the shared history."""


def published_days(shared_data: Path) -> dict[str, list[SourceRecord]]:
    """What the registry published on each day: at first each study's first version, then the others on their days.

    As the registry does, each record carries the day on which it is given out.
    """
    days: dict[str, list[SourceRecord]] = {BEGIN: []}
    seen = set()
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz", "rb") as lines:
        for line in lines:
            version = json.loads(line)
            day = max(BEGIN, version["last_update_posted"]) if version["nct_id"] in seen else BEGIN
            seen.add(version["nct_id"])
            version["study"]["derivedSection"]["miscInfoModule"]["versionHolder"] = day
            record = read_record(json.dumps(version["study"]).encode())
            days.setdefault(day, []).append(record)
    return dict(sorted(days.items()))


@pytest.fixture
def registry_home(tmp_path: Path, real_home: Path) -> Path:
    """An empty data folder with the tables of the world's cities, which take long to make, from another."""
    home = tmp_path / "registry"
    made = real_home / "derived" / "places"
    Places(made).is_known("London")
    shutil.copytree(made, home / "derived" / "places")
    return home


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_day_arrives_as_it_was_published(
    shared_data: Path, registry_home: Path, tmp_path: Path, clock: Clock
) -> None:
    days = published_days(shared_data)
    assert sum(map(len, days.values())) == 104
    states: dict[str, dict[str, bytes]] = {}
    current: dict[str, bytes] = {}
    with (
        RecordStore(tmp_path / "own") as store,
        FaultProxy("") as address,
        Client(address.url, Patience(rate=0), clock=clock.now, sleep=clock.sleep) as client,
    ):
        upstream = Upstream(client, page_studies=7)
        for day, records in days.items():
            with RecordStore(registry_home) as publisher:
                load_records(publisher, records)
            fresh = {str(one.trial.nct_id): one.body for one in records}
            current |= fresh
            states[day] = dict(current)
            # A server of its own each day: it makes what it needs of the records, and no more.
            with LocalUpstream(registry_home) as registry:
                address.target = registry.url
                report = sync(store, upstream, SyncPlan())
                again = sync(store, upstream, SyncPlan())
            assert report.data_timestamp[:10] == day
            assert report.loaded is not None
            assert report.loaded.added + report.loaded.changed == len(fresh)
            assert report.loaded.refused == 0
            assert {number: store.get(number) for number in store.nct_ids()} == current
            assert again.kind == "nothing new"
        assert len(states) > 20
        assert store.version_count() == 104
        _check_differences(store, states)


def _check_differences(store: RecordStore, states: dict[str, dict[str, bytes]]) -> None:
    """See that the state of each day can be had again from what was synced since, but for the day's stamp."""
    for day, state in states.items():
        if day == BEGIN:
            continue  # the first versions were posted earlier than they were published here
        for number, body in state.items():
            assert store.get(number, as_of=date.fromisoformat(day)) == body, (day, number)
