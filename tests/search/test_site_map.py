"""The sites of a search as points on a map."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from accrual.basic import GeoPoint
from accrual.errors import StudyNotFoundError
from accrual.finder import Finder
from accrual.search import site_map
from accrual.search.query import Near, Query
from accrual.search.site_map import search_map, study_map


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    with Finder.demo(tmp_path_factory.mktemp("map")) as demo:
        yield demo


def test_each_point_stands_once_with_every_study_that_has_a_site_there(finder: Finder) -> None:
    found = search_map(finder.index, Query())
    assert found.total == len(found.items) == len({item.nct_id for item in found.items})
    assert len({point.point for point in found.points}) == len(found.points) > 3
    for point in found.points:
        assert set(point.open) <= set(point.items)
        for item in point.items:
            cities = {site.city for site in finder.show(found.items[item].nct_id).sites}
            assert any(point.place.startswith(city) for city in cities) or len(point.items) > 1
    counts = [len(point.items) for point in found.points]
    assert counts == sorted(counts, reverse=True)


def test_the_nearest_recruiting_site_is_marked_and_is_of_all_studies_found(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = finder.place("London").point
    query = Query(near=Near(centre), sort="relevance")
    whole = search_map(finder.index, query)
    assert whole.nearest is not None
    closest = whole.points[whole.nearest]
    open_km = [centre.distance_km(point.point) for point in whole.points if point.open]
    assert centre.distance_km(closest.point) == min(open_km)
    monkeypatch.setattr(site_map, "MOST_STUDIES", 1)
    few = search_map(finder.index, query)
    assert len(few.items) <= 2 < few.total
    assert few.nearest is not None
    assert few.points[few.nearest].point == closest.point


def test_a_map_is_bounded_and_says_what_it_leaves_out(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = search_map(finder.index, Query())
    monkeypatch.setattr(site_map, "MOST_POINTS", 3)
    few = search_map(finder.index, Query())
    assert [point.point for point in few.points] == [point.point for point in whole.points[:3]]
    assert few.left_out == len(whole.points) - 3


def test_a_search_that_finds_nothing_has_an_empty_map(finder: Finder) -> None:
    query = Query(text="xyzzyplugh", near=Near(GeoPoint(0.0, 0.0)))
    found = search_map(finder.index, query)
    assert (found.items, found.points, found.total, found.nearest) == ((), (), 0, None)


def test_the_map_of_a_study_has_its_sites(finder: Finder) -> None:
    number = max(
        (item.nct_id for item in search_map(finder.index, Query()).items),
        key=lambda one: len(finder.show(one).sites),
    )
    trial = finder.show(number)
    found = study_map(finder.index, number)
    assert found.total == len(trial.sites) > 1
    assert [item.title for item in found.items] == [site.facility for site in trial.sites]
    with pytest.raises(StudyNotFoundError):
        study_map(finder.index, "NCT01010101")
    assert msgspec.json.encode(found)
