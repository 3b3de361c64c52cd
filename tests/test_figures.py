"""The statistics of a data folder: counted while loading, kept up to date exactly, built again when damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual import Finder
from accrual.figures import figures_recipe
from accrual.folder import DataFolder
from accrual.registry.files import read_record
from accrual.registry.statistics import Statistics
from accrual.store.derived import catch_up
from accrual.store.records import RecordStore


def by_hand(store: RecordStore) -> Statistics:
    statistics = Statistics()
    for nct_id in store.nct_ids():
        statistics.add(msgspec.json.decode(store.get(nct_id)), nct_id)
    return statistics


def changed(finder: Finder, nct_id: str, status: str) -> None:
    record = msgspec.json.decode(finder.record(nct_id))
    record["protocolSection"]["statusModule"]["overallStatus"] = status
    record["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {
        "date": "2027-01-01",
        "type": "ACTUAL",
    }
    finder.load_records([read_record(msgspec.json.encode(record), "changed")])


def status_counts(values: list[dict[str, Any]]) -> dict[str, int]:
    return {each["value"]: each["studiesCount"] for each in values[0]["topValues"]}


def test_a_load_counts_every_study(tmp_path: Path) -> None:
    Finder.demo(tmp_path).close()
    folder = DataFolder(tmp_path)
    try:
        assert (tmp_path / "derived" / "figures-2" / "described.json").exists(), "the load did it"
        assert folder.figures.values() == by_hand(folder.records).describe_values()
        assert folder.figures.sizes() == by_hand(folder.records).describe_sizes()
        sizes = folder.figures.study_sizes()
        assert sizes["totalStudies"] == folder.records.count()
        largest = sizes["largestStudies"][0]
        assert len(folder.records.get(largest["id"])) == largest["sizeBytes"]
    finally:
        folder.close()


def test_a_study_that_changes_counts_as_it_is_now(tmp_path: Path) -> None:
    with Finder.demo(tmp_path) as finder:
        nct_id = next(iter(finder.nct_ids()))
        changed(finder, nct_id, "MADE_UP")
        changed(finder, nct_id, "SUSPENDED")
    folder = DataFolder(tmp_path)
    try:
        counts = status_counts(folder.figures.values(fields=["OverallStatus"]))
        assert counts == status_counts(
            [node for node in by_hand(folder.records).describe_values() if node["piece"] == "OverallStatus"]
        )
        assert "MADE_UP" not in counts
        assert sum(counts.values()) == folder.records.count()
        assert folder.figures.study_sizes()["totalStudies"] == folder.records.count()
    finally:
        folder.close()


def test_applying_again_counts_nothing_twice(tmp_path: Path) -> None:
    Finder.demo(tmp_path).close()
    with RecordStore(tmp_path) as store:
        recipe = figures_recipe(store)
        figures = recipe.open(recipe.folder(tmp_path), True)
        before = figures.values()
        figures.apply(list(store.changed_since(0)))
        figures.commit()
        assert figures.values() == before


@pytest.mark.parametrize("name", ["state.msgpack", "described.json"])
def test_what_is_damaged_is_counted_again(tmp_path: Path, name: str) -> None:
    Finder.demo(tmp_path).close()
    with RecordStore(tmp_path) as store:
        recipe = figures_recipe(store)
        held = catch_up(store, recipe).values()
        (recipe.folder(tmp_path) / name).write_bytes(b"no")
    with Finder(tmp_path) as finder:
        changed(finder, next(iter(finder.nct_ids())), "RECRUITING")
    with RecordStore(tmp_path) as store:
        assert len(catch_up(store, figures_recipe(store)).values()) == len(held)
        assert catch_up(store, figures_recipe(store)).study_sizes()["totalStudies"] == store.count()
