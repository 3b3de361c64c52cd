"""Identifiers, intervals, partial dates and distances."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.basic import GeoPoint, Interval, PartialDate, Span, nct_id
from accrual.errors import QueryError

points = st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize("text", ["NCT04785833", "nct4785833", " NCT04785833 ", "Nct004785833"])
def test_an_nct_number_has_one_spelling(text: str) -> None:
    assert nct_id(text) == "NCT04785833"


@pytest.mark.parametrize("text", ["", "NCT", "NCT0", "NCT123456789", "4785833", "NCT0478583X"])
def test_what_is_no_nct_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(QueryError, match="NCT number"):
        nct_id(text)


def test_interval_ends_count_unless_open() -> None:
    assert Interval(low=12, high=65).contains(12)
    assert Interval(low=12, high=65).contains(65)
    assert not Interval(low=12, high=65, low_open=True).contains(12)
    assert not Interval(low=12, high=65, high_open=True).contains(65)
    assert Interval().contains(1e300)


def test_interval_with_its_ends_swapped_is_refused() -> None:
    with pytest.raises(ValueError, match="above the high end"):
        Interval(low=65, high=12)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(low=12, high=65, unit="a"), "12 to 65 a"),
        (Interval(low=60), "≥ 60"),
        (Interval(low=60, low_open=True), "> 60"),
        (Interval(high=2), "≤ 2"),
        (Interval(high=2, high_open=True, unit="[ULN]"), "< 2 [ULN]"),
        (Interval(low=1, high=1), "= 1"),
    ],
)
def test_interval_reads_as_written(interval: Interval, text: str) -> None:
    assert str(interval) == text


def test_partial_date_spans_every_day_it_can_mean() -> None:
    assert (PartialDate.parse("2024").first, PartialDate.parse("2024").last) == (
        date(2024, 1, 1),
        date(2024, 12, 31),
    )
    assert PartialDate.parse("2024-02").last == date(2024, 2, 29)
    assert PartialDate.parse("2024-02-29T10:00:00Z").first == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["2021-13", "2021-02-30", "0000", "21", "2021/03/04", "March 2021", ""])
def test_a_date_that_is_not_on_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        PartialDate.parse(text)


@given(st.dates())
def test_partial_date_round_trips(day: date) -> None:
    parsed = PartialDate.parse(day.isoformat())
    assert parsed.first == parsed.last == day
    assert str(parsed) == day.isoformat()


def test_distance_matches_a_known_pair() -> None:
    paris, london = GeoPoint(48.8566, 2.3522), GeoPoint(51.5074, -0.1278)
    assert paris.distance_km(london) == pytest.approx(343.5, abs=1)  # great circle, any atlas


@given(points, points)
def test_distance_is_symmetric_and_at_most_half_the_globe(here: GeoPoint, there: GeoPoint) -> None:
    distance = here.distance_km(there)
    assert distance == pytest.approx(there.distance_km(here), abs=1e-6)
    assert 0 <= distance <= 20016


def test_span_covers_and_joins() -> None:
    assert Span(4, 7).of("the cat") == "cat"
    assert Span(4, 7) | Span(0, 3) == Span(0, 7)
