"""Months to the last participant: the closed form, and the same again by following every participant."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from scipy.stats import ks_2samp, nbinom

from accrual.errors import SimulationError
from accrual.simulate.enrolment import (
    Pace,
    Sites,
    forecast,
    forecast_pace,
    simulate_months,
)


def test_the_number_by_a_month_has_the_published_mean_and_variance() -> None:
    """Shared reference: mean S t a/b, variance mean (1 + t/b)."""
    shape, scale, count, months = 1.5, 3.0, 4, 5.0
    pace = Sites(count, rate_per_month=shape / scale, shape=shape).pace
    mean = count * months * shape / scale
    assert pace.expected(months) == pytest.approx((mean, mean * (1 + months / scale)))
    number = nbinom(count * shape, scale / (scale + months))
    assert pace.expected(months) == pytest.approx((number.mean(), number.var()))


def test_the_chance_by_a_month_is_the_tail_of_the_negative_binomial() -> None:
    pace = Sites(4, rate_per_month=0.5, shape=1.5).pace
    for months in (1.0, 5.0, 40.0):
        tail = nbinom(6, pace.scale_months / (pace.scale_months + months)).sf(19)
        assert float(pace.chance(20, months)) == pytest.approx(tail)
    assert pace.chance(20, [0, 1e5]) == pytest.approx([0, 1], abs=1e-6)


def test_the_month_of_a_chance_is_where_the_chance_is_reached() -> None:
    pace = Pace(shape=0.7, scale_months=2)
    for chance in (1e-6, 0.025, 0.5, 0.975, 0.9999):
        assert float(pace.chance(20, pace.month(20, chance))) == pytest.approx(chance)


def test_without_variation_between_sites_months_are_those_of_a_poisson_process() -> None:
    found = forecast_pace(Sites(2, rate_per_month=1.0, shape=1e4).pace, 20)
    assert found.mean == pytest.approx(10, rel=1e-3)
    assert found.median == pytest.approx(9.834, rel=1e-3)  # median of a gamma of 20 at 2 a month


def followed(sites: Sites, participants: int, rng: np.random.Generator) -> float:
    """One trial, participant by participant at each site."""
    come: list[float] = []
    for opens in np.linspace(0, sites.ramp_up_months, sites.count):
        rate = rng.gamma(sites.shape, sites.rate_per_month / sites.shape)
        waits = rng.exponential(1 / rate, 4 * participants)
        enrolled = rng.random(len(waits)) < sites.enrolled_share
        come += list(opens + waits.cumsum()[enrolled][:participants])
    return sorted(come)[participants - 1]


def test_simulated_months_are_those_of_following_every_participant() -> None:
    sites = Sites(3, rate_per_month=2.0, shape=1.5, ramp_up_months=9, enrolled_share=0.7)
    rng = np.random.default_rng(5)
    one_by_one = [followed(sites, 20, rng) for _ in range(2000)]
    at_once = simulate_months(sites, 20, np.random.default_rng(6), replicates=4000)
    assert ks_2samp(one_by_one, at_once).pvalue > 1e-3
    # It can fail: the same without the ramp is far away.
    flat = Sites(3, rate_per_month=2.0, shape=1.5, enrolled_share=0.7)
    other = simulate_months(flat, 20, np.random.default_rng(6), replicates=4000)
    assert ks_2samp(one_by_one, other).pvalue < 1e-6


def test_simulating_sites_that_open_at_once_gives_the_closed_form() -> None:
    sites = Sites(5, rate_per_month=0.4, shape=1.2)
    exact = forecast(sites, 20, np.random.default_rng(1))
    months = simulate_months(sites, 20, np.random.default_rng(1), replicates=20_000)
    for chance in (0.1, 0.5, 0.9):
        assert (months <= sites.pace.month(20, chance)).mean() == pytest.approx(chance, abs=0.015)
    assert exact.exact
    assert exact.error == 0


def test_a_ramp_takes_longer_and_says_its_error() -> None:
    at_once = forecast(Sites(6, rate_per_month=0.5), 20, np.random.default_rng(1))
    ramp = forecast(Sites(6, rate_per_month=0.5, ramp_up_months=12), 20, np.random.default_rng(1))
    assert at_once.median < ramp.median < at_once.median + 12
    assert ramp.low < ramp.median < ramp.high
    medians = [
        forecast(Sites(6, rate_per_month=0.5, ramp_up_months=12), 20, np.random.default_rng(seed)).median
        for seed in range(20)
    ]
    assert float(np.std(medians)) == pytest.approx(ramp.error, rel=0.5)
    again = forecast(Sites(6, rate_per_month=0.5, ramp_up_months=12), 20, np.random.default_rng(1))
    assert again == ramp


def test_of_fewer_enrolled_it_takes_longer_by_as_much() -> None:
    every = Sites(4, rate_per_month=1.0).pace
    half = Sites(4, rate_per_month=1.0, enrolled_share=0.5).pace
    assert half.month(20, 0.5) == pytest.approx(2 * every.month(20, 0.5))


def test_the_mean_is_infinite_where_a_site_may_enrol_next_to_nobody() -> None:
    assert forecast(Sites(1, rate_per_month=1.0, shape=1.0), 20, np.random.default_rng(1)).mean == math.inf
    ramp = Sites(2, rate_per_month=1.0, shape=0.4, ramp_up_months=2)
    assert forecast(ramp, 20, np.random.default_rng(1), replicates=200).mean == math.inf


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: Sites(0, rate_per_month=1), "sites is 0: give a number from 1 to 5000"),
        (lambda: Sites(2, rate_per_month=0), "site_rate_per_month is 0"),
        (lambda: Sites(2, rate_per_month=1, shape=0), "site_shape is 0"),
        (lambda: Sites(2, rate_per_month=1, ramp_up_months=-1), "ramp_up_months is -1"),
        (lambda: Sites(2, rate_per_month=1, enrolled_share=0), "enrolled_share is 0"),
        (lambda: Sites(2, rate_per_month=math.inf), "site_rate_per_month is inf"),
        (lambda: forecast(Sites(2, rate_per_month=1), 0, np.random.default_rng(1)), "wanted is 0"),
        (lambda: Pace(6, 3).month(20, 1), "chance is 1"),
        (lambda: Pace(6, 3).chance(20, [-1]), "months must be numbers from 0 up"),
        (lambda: Pace(0, 3), "pace_shape is 0"),
    ],
)
def test_impossible_enrolment_is_refused_by_name(ask: object, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        ask()  # type: ignore[operator]
