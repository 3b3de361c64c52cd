"""The search over real records, held against the records themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from accrual.registry.files import SourceRecord, read_records
from accrual.registry.record import Trial
from accrual.search.facets import count_facets
from accrual.search.index import TextIndex, facet_values
from accrual.search.places import Places
from accrual.search.query import FACETS, Near, Query
from accrual.search.rank import find

from .conftest import SUZHOU, Change


@pytest.fixture(scope="module")
def trials(shared_data: Path) -> list[Trial]:
    records = read_records([shared_data / "registry" / "v2" / "studies.jsonl.gz"])
    return [record.trial for record in records if isinstance(record, SourceRecord)]


@pytest.fixture(scope="module")
def index(shared_data: Path, places: Places, tmp_path_factory: pytest.TempPathFactory) -> TextIndex:
    folder = tmp_path_factory.mktemp("index")
    writer = TextIndex(folder, writable=True, places=places)
    records = read_records([shared_data / "registry" / "v2" / "studies.jsonl.gz"])
    writer.apply([Change(n + 1, r.body) for n, r in enumerate(records) if isinstance(r, SourceRecord)])
    writer.commit()
    writer.close()
    return TextIndex(folder)


def test_facets_count_what_the_records_hold(index: TextIndex, trials: list[Trial]) -> None:
    counts = count_facets(index, Query())
    for facet in FACETS:
        held: dict[str, int] = {}
        for trial in trials:
            for value in {value for value in facet_values(trial)[facet] if value}:
                held[value] = held.get(value, 0) + 1
        assert {c.value: c.count for c in counts[facet]} == held, facet


@pytest.mark.parametrize("km", [1, 50, 400, 2500])
def test_a_circle_finds_the_studies_with_a_site_inside(
    index: TextIndex, trials: list[Trial], km: float
) -> None:
    found = {hit.nct_id for hit in find(index, Query(near=Near(SUZHOU, km), top=1000)).results}
    inside = {
        trial.nct_id
        for trial in trials
        if any(site.geoPoint is not None and site.geoPoint.distance_km(SUZHOU) <= km for site in trial.sites)
    }
    assert inside <= found
    unplaced = {trial.nct_id for trial in trials if any(site.geoPoint is None for site in trial.sites)}
    assert found - inside <= unplaced


def test_every_study_is_found_by_its_number_and_first_by_its_title(
    index: TextIndex, trials: list[Trial]
) -> None:
    for trial in trials[:: len(trials) // 40]:
        assert find(index, Query(text=trial.nct_id, top=1)).results[0].nct_id == trial.nct_id
        hits = find(index, Query(text=trial.title, top=3)).results
        assert trial.nct_id in {hit.nct_id for hit in hits}, trial.title


def test_sites_are_placed_where_the_registry_places_them(trials: list[Trial], places: Places) -> None:
    near = placed = every = 0
    for trial in trials:
        for site in trial.sites:
            if site.geoPoint is None:
                continue
            every += 1
            point = places.place_site(site.city, site.state, site.country)
            if point is not None:
                placed += 1
                near += point.distance_km(site.geoPoint) < 25
    assert placed / every > 0.9
    assert near / placed > 0.95
