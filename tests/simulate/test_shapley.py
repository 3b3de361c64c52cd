"""Fair shares: as the definition by brute force, whole together, nothing for who changes nothing, errors that hold."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from accrual.simulate.parameters import Floats
from accrual.simulate.shapley import Flags, shares, shares_of_lost

RNG = np.random.default_rng


def worth(pools: Floats) -> Floats:
    """A pool's size, its inverse, and a mean over it: none of them adds up over patients but the first."""
    return np.stack([pools[:, 0], 100 / (1 + pools[:, 0]), (1 + pools[:, 1]) / (1 + pools[:, 0])], axis=1)


def by_definition(kept_out: Flags, sums: Floats) -> Floats:
    """The mean change over all orders, worked out pool by pool."""
    criteria = len(kept_out)

    def value(applied: tuple[int, ...]) -> Floats:
        pool = ~kept_out[list(applied)].any(axis=0)
        return worth(sums[pool].sum(axis=0)[None])[0]

    found = np.zeros((criteria, 3))
    for one in range(criteria):
        others = [other for other in range(criteria) if other != one]
        for size in range(criteria):
            chance = math.factorial(size) * math.factorial(criteria - size - 1) / math.factorial(criteria)
            for applied in combinations(others, size):
                found[one] += chance * (value((*applied, one)) - value(applied))
    return found


@st.composite
def games(draw: st.DrawFn) -> tuple[Flags, Floats]:
    criteria, people = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    bits = draw(st.lists(st.booleans(), min_size=criteria * people, max_size=criteria * people))
    extra = draw(st.lists(st.floats(0, 5), min_size=people, max_size=people))
    return np.array(bits).reshape(criteria, people), np.stack([np.ones(people), np.array(extra)], axis=1)


@given(games())
def test_shares_are_what_the_definition_says(game: tuple[Flags, Floats]) -> None:
    kept_out, sums = game
    found = shares(kept_out, sums, worth, RNG(1))
    assert found.exact
    assert np.allclose(found.values, by_definition(kept_out, sums))
    assert not found.errors.any()


@given(games())
def test_the_lost_are_shared_out_whole_and_in_closed_form(game: tuple[Flags, Floats]) -> None:
    kept_out, sums = game
    lost = shares_of_lost(kept_out)
    assert lost.sum() == pytest.approx(kept_out.any(axis=0).sum())
    assert np.allclose(-shares(kept_out, sums, worth, RNG(1)).values[:, 0], lost)
    assert (lost[~kept_out.any(axis=1)] == 0).all()
    assert (lost <= kept_out.sum(axis=1)).all()


@given(games(), st.integers(0, 5))
def test_shares_make_up_the_whole_difference_also_by_chance(
    game: tuple[Flags, Floats], exact_up_to: int
) -> None:
    kept_out, sums = game
    found = shares(kept_out, sums, worth, RNG(2), exact_up_to, orders=10)
    ends = worth(np.stack([sums.sum(axis=0), sums[~kept_out.any(axis=0)].sum(axis=0)]))
    assert np.allclose(found.values.sum(axis=0), ends[1] - ends[0])
    assert (found.values[~kept_out.any(axis=1)] == 0).all()


def test_criteria_that_keep_the_same_out_have_the_same_share() -> None:
    kept_out = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]], np.bool_)
    found = shares(kept_out, np.stack([np.ones(4), np.arange(4.0)], axis=1), worth, RNG(1)).values
    assert np.allclose(found[0], found[1])
    assert shares_of_lost(kept_out).tolist() == pytest.approx([5 / 6, 5 / 6, 4 / 3])


def test_nobody_kept_out_and_no_criteria_share_nothing() -> None:
    sums = np.ones((3, 2))
    assert not shares(np.zeros((4, 3), np.bool_), sums, worth, RNG(1)).values.any()
    assert shares(np.zeros((0, 3), np.bool_), sums, worth, RNG(1)).values.shape == (0, 3)


def test_orders_drawn_by_chance_agree_within_their_error() -> None:
    rng = RNG(5)
    kept_out = rng.random((12, 400)) < rng.uniform(0.02, 0.3, (12, 1))
    sums = np.stack([np.ones(400), rng.random(400)], axis=1)
    exact = shares(kept_out, sums, worth, RNG(1))
    drawn = shares(kept_out, sums, worth, RNG(1), exact_up_to=3, orders=400)
    assert (drawn.exact, drawn.orders) == (False, 400)
    off = np.abs(drawn.values - exact.values) / np.maximum(drawn.errors, 1e-12)
    assert (drawn.errors > 0).all()
    assert off.max() < 4.5
    assert np.median(off) < 1.3


def test_the_same_seed_draws_the_same_orders() -> None:
    kept_out = RNG(3).random((9, 50)) < 0.2
    one, two, other = (
        shares(kept_out, np.ones((50, 2)), worth, RNG(seed), 2, 20).values for seed in (7, 7, 8)
    )
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()


def test_more_criteria_than_bits_of_a_number_are_shared_too() -> None:
    kept_out = np.eye(70, 80, dtype=np.bool_)
    assert np.allclose(shares_of_lost(kept_out), 1)
    found = shares(kept_out, np.ones((80, 2)), lambda pools: pools[:, :1], RNG(1), orders=4)
    assert np.allclose(found.values, -1)


def test_every_order_is_counted_once_for_three_criteria() -> None:
    kept_out = np.array([[1, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0]], np.bool_)
    total = np.zeros(3)
    for order in permutations(range(3)):
        pool = np.ones(4, np.bool_)
        for one in order:
            before = pool.sum()
            pool = pool & ~kept_out[one]
            total[one] += before - pool.sum()
    assert np.allclose(shares_of_lost(kept_out), total / 6)
