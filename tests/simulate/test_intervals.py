"""Intervals hold what they say: exact ones for every share, those of replicates for trials that come after."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from scipy.stats import binom, chisquare

from accrual.errors import SimulationError
from accrual.simulate.intervals import exact_interval, middle_interval


def test_the_interval_of_18_among_20_is_the_published_one() -> None:
    low, high = exact_interval(18, 20)
    assert (float(low), float(high)) == pytest.approx((0.683, 0.988), abs=5e-4)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_exact_intervals_hold_the_truth_at_least_as_often_as_they_say(level: float) -> None:
    low, high = exact_interval(np.arange(21), 20, level)
    for truth in np.linspace(0.001, 0.999, 400):
        holds = binom.pmf(np.flatnonzero((low <= truth) & (truth <= high)), 20, truth).sum()
        assert holds >= level


def test_the_ends_are_where_the_tails_of_the_binomial_are() -> None:
    low, high = exact_interval([0, 7, 20], 20)
    assert low[0] == 0
    assert high[2] == 1
    assert binom.sf(6, 20, low[1]) == pytest.approx(0.025)
    assert binom.cdf(7, 20, high[1]) == pytest.approx(0.025)
    assert [float(end) for end in exact_interval(0, 0)] == [0, 1]


def test_a_trial_that_comes_after_lies_within_the_interval_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = []
    for truth in rng.uniform(0.05, 0.95, 300):
        shown, later = rng.binomial(20, truth, 1000) / 20, rng.binomial(20, truth, 200) / 20
        low, high = middle_interval(shown)
        held.append(np.mean((later >= low) & (later <= high)))
    assert 0.94 < np.mean(held) < 0.99


def test_ranks_of_the_truth_among_replicates_are_uniform() -> None:
    """Simulation-based calibration: a trial drawn as the replicates are is as likely at any rank among them."""
    from accrual.simulate.outcome import simulate
    from accrual.simulate.therapies import THERAPIES

    rng = np.random.default_rng(20)
    of = simulate(THERAPIES["4-1BB"], 6, 2000, rng)
    # The cells on day 28 of a trial's infused: continuous, so that ranks have no ties.
    each = np.where(of.infused, of.ln_cells_28, 0).sum(axis=1).reshape(200, 10)
    ranks = (each[:, 1:] < each[:, :1]).sum(axis=1)
    assert chisquare(np.bincount(ranks, minlength=10)).pvalue > 1e-3


def test_what_is_not_known_does_not_count() -> None:
    assert middle_interval(np.array([1.0, math.nan, 1.0])) == (1.0, 1.0)
    assert all(math.isnan(end) for end in middle_interval(np.array([math.nan])))


def test_counts_and_levels_that_make_no_sense_are_refused() -> None:
    with pytest.raises(SimulationError, match="from 0 to the number of participants"):
        exact_interval(21, 20)
    with pytest.raises(SimulationError, match="from 0 to the number of participants"):
        exact_interval(-1, 20)
    with pytest.raises(SimulationError, match="level is 95"):
        exact_interval(1, 20, 95)
