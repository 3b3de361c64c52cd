"""The facade on the past: a snapshot takes what is compiled already, and a study is read as of a day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from accrual import Finder
from accrual.errors import StoreError
from accrual.registry.files import read_record
from accrual.store.snapshot import snapshot_folder

TODAY = date(2026, 11, 23)


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    """The demo registry, with one study changed."""
    finder = Finder.demo(tmp_path)
    first = next(iter(finder.nct_ids()))
    record = json.loads(finder.record(first))
    record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = (
        "Inclusion Criteria:\n- Age over 90\n"
    )
    record["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {
        "date": "2026-11-20",
        "type": "ACTUAL",
    }
    finder.load_records([read_record(msgspec.json.encode(record), "changed")])
    return finder


def test_a_snapshot_is_not_compiled_anew_where_the_versions_are_the_same(finder: Finder) -> None:
    made = finder.make_snapshot("now", TODAY)
    with Finder(snapshot_folder(finder.home, "now")) as kept:
        assert kept.cache.totals() == finder.cache.totals()
        assert kept.status().studies_read == made.studies
        assert {nct: kept.criteria(nct) for nct in kept.nct_ids()} == {
            nct: finder.criteria(nct) for nct in finder.nct_ids()
        }


def test_versions_of_another_day_are_compiled_from_their_own_words(finder: Finder) -> None:
    first = next(iter(finder.nct_ids()))
    made = finder.make_snapshot("then", TODAY, as_of=date(2026, 11, 19))
    with Finder(snapshot_folder(finder.home, "then")) as kept:
        assert kept.cache.totals().studies == made.studies - 1
        assert (
            kept.criteria(first) == finder.criteria(first, as_of=date(2026, 11, 19)) != finder.criteria(first)
        )
        kept.catch_up()
        assert kept.status().studies_read == made.studies


def test_a_cache_that_cannot_be_lent_costs_only_time(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("no room")

    monkeypatch.setattr("accrual.holdings.lend_compiled", refuse)
    made = finder.make_snapshot("now", TODAY)
    with Finder(snapshot_folder(finder.home, "now")) as kept:
        assert len(kept.criteria(next(iter(kept.nct_ids()))).criteria) > 0
        kept.catch_up()
        assert kept.status().studies_read == made.studies
