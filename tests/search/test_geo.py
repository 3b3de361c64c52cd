"""Circles over points, held against plain measuring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.basic import GeoPoint
from accrual.search.geo import EDGE_KM, PointFile, PointTable, coordinates, distances_km, keys_of, point_code

POINTS = st.builds(
    GeoPoint,
    st.one_of(st.floats(-90, 90), st.sampled_from((-90.0, 0.0, 89.99999, 90.0))),
    st.one_of(st.floats(-180, 180), st.sampled_from((-180.0, -179.99999, 0.0, 179.99999, 180.0))),
)


def found(table: PointTable, points: list[GeoPoint], centre: GeoPoint, km: float) -> list[bool]:
    asked = set(table.inside(centre, km))
    return [bool(asked & keys_of([point_code(point)])) for point in points]


@given(POINTS)
def test_a_code_keeps_its_point_to_a_metre(point: GeoPoint) -> None:
    lat, lon = coordinates(np.array([point_code(point)], dtype=np.uint64))
    assert GeoPoint(float(lat[0]), float(lon[0])).distance_km(point) < 0.0011


@settings(max_examples=150)
@given(
    st.lists(POINTS, min_size=1, max_size=60),
    POINTS,
    st.one_of(st.floats(0, 21_000), st.sampled_from((0.0, 1e9))),
)
def test_a_circle_holds_exactly_the_points_inside(
    points: list[GeoPoint], centre: GeoPoint, km: float
) -> None:
    table = PointTable([point_code(point) for point in points])
    for point, inside in zip(points, found(table, points, centre, km), strict=True):
        distance = centre.distance_km(point)
        if (
            abs(distance - km) > 2 * EDGE_KM
        ):  # nearer to the edge than rounding reaches, either answer is right
            assert inside == (distance < km), (point, distance)


def test_many_points_of_one_country_cost_few_keys() -> None:
    rng = np.random.default_rng(3)
    points = [
        GeoPoint(float(a), float(b))
        for a, b in zip(rng.normal(40, 2, 4000), rng.normal(-90, 3, 4000), strict=True)
    ]
    table = PointTable([point_code(point) for point in points])
    keys = table.inside(GeoPoint(40, -90), 300)
    inside = sum(GeoPoint(40, -90).distance_km(point) <= 300 for point in points)
    assert inside > 2000
    assert len(keys) < inside / 4
    assert sum(found(table, points, GeoPoint(40, -90), 300)) == inside


def test_a_circle_crosses_the_date_line_and_the_pole() -> None:
    fiji, samoa = GeoPoint(-17.8, 177.4), GeoPoint(-13.8, -171.8)
    table = PointTable([point_code(fiji), point_code(samoa)])
    assert found(table, [fiji, samoa], GeoPoint(-16, 179.9), 1200) == [True, True]
    alert, murmansk = GeoPoint(82.5, -62.3), GeoPoint(68.97, 33.07)
    table = PointTable([point_code(alert), point_code(murmansk)])
    assert found(table, [alert, murmansk], GeoPoint(90, 0), 900) == [True, False]


def test_an_empty_table_finds_nothing() -> None:
    assert PointTable([]).inside(GeoPoint(0, 0), 20_000) == []


def test_distances_agree_with_the_scalar_formula() -> None:
    centre = GeoPoint(31.30408, 120.59538)
    points = [GeoPoint(31.30408, 120.59538), GeoPoint(31.22, 121.46), GeoPoint(-31.3, -59.4)]
    km = distances_km(np.array([point_code(point) for point in points], dtype=np.uint64), centre)
    assert km == pytest.approx([centre.distance_km(point) for point in points], abs=0.01)


def test_the_file_of_points_survives_a_torn_write(tmp_path: Path) -> None:
    file = PointFile(tmp_path / "points.bin")
    file.open_for_writing()
    file.add([5, 6])
    file.flush()
    with (tmp_path / "points.bin").open("ab") as torn:
        torn.write(b"\x01\x02\x03")
    assert file.read().tolist() == [5, 6]
    again = PointFile(tmp_path / "points.bin")
    again.open_for_writing()
    again.add([6, 7])
    again.flush()
    assert again.read().tolist() == [5, 6, 7]
