"""Designs that count responders: the published ones, and each number again by walking through every course."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from accrual.errors import SimulationError
from accrual.simulate.designs import (
    Design,
    Look,
    chances,
    characteristics,
    most_powerful,
    shown,
    single_stage,
    smallest_single_stage,
)
from accrual.simulate.predictive import predictive_design, predictive_probability
from accrual.simulate.simon import two_stage

# Shared reference, section 5: optimal, expected participants and chance to stop under the null rate, minimax.
TABLE = [
    ((0.05, 0.25, 0.05, 0.20), "0/9, 2/17", 11.96, 0.630, "0/12, 2/16"),
    ((0.10, 0.30, 0.05, 0.20), "1/10, 5/29", 15.01, 0.736, "1/15, 5/25"),
    ((0.20, 0.40, 0.05, 0.20), "3/13, 12/43", 20.58, 0.747, "4/18, 10/33"),
    ((0.20, 0.40, 0.05, 0.10), "4/19, 15/54", 30.43, 0.673, "5/24, 13/45"),
    ((0.40, 0.70, 0.05, 0.20), "3/7, 11/20", 10.77, 0.710, "6/12, 10/18"),
    ((0.50, 0.80, 0.05, 0.20), "4/7, 13/20", 9.95, 0.773, "10/15, 11/17"),
]


def exactly(successes: int, of: int, rate: float) -> float:
    return math.comb(of, successes) * rate**successes * (1 - rate) ** (of - successes)


def two_stages(r1: int, n1: int, r: int, n: int, rate: float) -> tuple[float, float]:
    """Chance of yes, chance to stop, count by count."""
    yes = sum(
        exactly(first, n1, rate) * exactly(second, n - n1, rate)
        for first in range(r1 + 1, n1 + 1)
        for second in range(n - n1 + 1)
        if first + second > r
    )
    return yes, sum(exactly(first, n1, rate) for first in range(r1 + 1))


@pytest.mark.parametrize(("asked", "optimal", "expected", "stops", "minimax"), TABLE)
def test_simons_designs_are_the_published_ones(
    asked: tuple[float, float, float, float], optimal: str, expected: float, stops: float, minimax: str
) -> None:
    found = two_stage(*asked)
    assert (found.optimal.label, found.minimax.label) == (optimal, minimax)
    assert round(found.optimal.null.expected_participants, 2) == expected
    assert round(found.optimal.null.stops_early, 3) == stops
    for stages in (found.optimal, found.minimax):
        assert stages.null.yes <= asked[2]
        assert stages.target.yes >= 1 - asked[3]


@pytest.mark.parametrize("asked", [(0.3, 0.7, 0.1, 0.2), (0.05, 0.4, 0.1, 0.1), (0.6, 0.95, 0.05, 0.2)])
def test_simons_search_misses_no_design_that_trying_all_of_them_finds(
    asked: tuple[float, float, float, float],
) -> None:
    null_rate, target_rate, alpha, beta = asked
    kept = []
    for n in range(2, 21):
        for n1 in range(1, n):
            for r1, r in itertools.product(range(n1), range(n)):
                if r1 > r:
                    continue
                right, _ = two_stages(r1, n1, r, n, target_rate)
                if right < 1 - beta:
                    continue
                wrong, stops = two_stages(r1, n1, r, n, null_rate)
                if wrong <= alpha:
                    kept.append((n1 + (1 - stops) * (n - n1), n))
    found = two_stage(*asked)
    assert found.optimal.null.expected_participants == pytest.approx(min(kept)[0])
    assert found.minimax.design.participants == min(n for _, n in kept)
    assert found.minimax.null.expected_participants == pytest.approx(
        min(expected for expected, n in kept if n == found.minimax.design.participants)
    )
    assert found.optimal.design.participants <= 20


def test_a_single_stage_of_20_has_the_published_figures() -> None:
    design = single_stage(20, null_rate=0.5, alpha=0.05)
    null, target, high = characteristics(design, [0.5, 0.8, 0.9]).rows
    assert design.reject_above == 14
    assert [round(row.yes, 4) for row in (null, target, high)] == [0.0207, 0.8042, 0.9887]
    assert (null.expected_participants, null.stops_early) == (pytest.approx(20), 0)


def test_the_smallest_single_stage_is_the_first_that_keeps_both_errors() -> None:
    design = smallest_single_stage(0.1, 0.3)
    for n in range(1, 26):
        limit = next(r for r in range(n + 1) if sum(exactly(k, n, 0.1) for k in range(r + 1, n + 1)) <= 0.05)
        power = sum(exactly(k, n, 0.3) for k in range(limit + 1, n + 1))
        assert (power >= 0.8) == (n == 25)
    assert (design.participants, design.reject_above) == (25, 5)


def test_a_stage_too_small_to_show_anything_never_says_yes() -> None:
    design = single_stage(3, null_rate=0.9)
    assert design.reject_above == 3
    assert characteristics(design, [1.0]).rows[0].yes == 0


def test_characteristics_are_those_of_walking_through_every_course() -> None:
    design = Design("three looks", (Look(2, 0), Look(4, 1, 4), Look(5, 3, 4)))
    for rate, row in zip((0.0, 0.35, 1.0), characteristics(design, (0.0, 0.35, 1.0)).rows, strict=True):
        yes = early = expected = 0.0
        for course in itertools.product((0, 1), repeat=5):
            chance = math.prod(rate if response else 1 - rate for response in course)
            for look in design.looks:
                count = sum(course[: look.participants])
                positive = look.yes_at_least is not None and count >= look.yes_at_least
                if positive or count <= look.no_at_most:
                    yes += chance * positive
                    early += chance * (look.participants < 5)
                    expected += chance * look.participants
                    break
        assert (row.yes, row.stops_early, row.expected_participants) == pytest.approx((yes, early, expected))


def test_no_design_has_more_power_than_the_most_powerful_test() -> None:
    for n in range(1, 40):
        limit = single_stage(n, 0.3, 0.05).reject_above
        power = sum(exactly(k, n, 0.6) for k in range(limit + 1, n + 1))
        assert power <= most_powerful(n, 0.3, 0.6, 0.05) + 1e-12
    # At the null rate itself a randomised test has exactly its level.
    assert most_powerful(17, 0.3, 0.3, 0.05) == pytest.approx(0.05)


def test_what_20_participants_show_is_every_count_with_its_exact_interval() -> None:
    rows = shown(20, null_rate=0.5)
    assert [row.responders for row in rows] == list(range(21))
    assert (round(rows[18].low, 3), round(rows[18].high, 3)) == (0.683, 0.988)
    assert (rows[0].low, rows[20].high) == (0, 1)
    assert [row.yes for row in rows] == [count > 14 for count in range(21)]
    for row in rows:
        assert row.surprise == pytest.approx(sum(exactly(k, 20, 0.5) for k in range(row.responders, 21)))
    assert shown(20)[3].surprise is None


def test_predictive_probability_is_the_published_one() -> None:
    found = predictive_probability(16, 23, 40, 0.6, prior=(0.6, 0.4), sure=0.9)
    assert found == pytest.approx(0.5655589, abs=5e-8)


def test_predictive_probability_of_the_end_is_yes_or_no_and_grows_with_responders() -> None:
    assert predictive_probability(40, 40, 40, 0.6) == pytest.approx(1)
    assert predictive_probability(10, 40, 40, 0.6) == 0
    each = [predictive_probability(count, 23, 40, 0.6) for count in range(24)]
    assert each == sorted(each)


def test_a_predictive_design_stops_where_its_probability_says() -> None:
    design = predictive_design(20, 0.3, sure=0.9, stop_below=0.1, stop_above=0.95, first_look=8, each_look=4)
    assert [look.participants for look in design.looks] == [8, 12, 16, 20]
    for look in design.looks[:-1]:
        for count in range(look.participants + 1):
            chance = predictive_probability(count, look.participants, 20, 0.3, sure=0.9)
            assert (chance < 0.1) == (count <= look.no_at_most)
            assert (chance > 0.95) == (look.yes_at_least is not None and count >= look.yes_at_least)


def test_lee_and_lius_example_has_their_characteristics() -> None:
    """36 participants, 20 % against 40 %, prior (0.2, 0.8): alpha .088 and power .906 (their table 2)."""
    design = predictive_design(36, 0.2, sure=0.922, stop_below=0.001)
    null, target = characteristics(design, [0.2, 0.4]).rows
    assert round(null.yes, 3) == 0.088
    assert round(target.yes, 3) == 0.906
    assert round(null.expected_participants, 2) == 27.67
    assert round(null.stops_early, 2) == 0.86


def test_chances_of_every_count_add_up_also_at_the_ends() -> None:
    each = chances(1000, np.array([0.0, 1e-9, 0.5, 1.0]))
    assert each.sum(axis=1) == pytest.approx(1)
    assert each[0, 0] == each[3, 1000] == 1


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: single_stage(0, 0.5), "arm is 0: give a number from 1 to 1000"),
        (lambda: single_stage(20, 1.0), "null_rate is 1"),
        (lambda: single_stage(20, math.nan), "null_rate is nan"),
        (lambda: single_stage(20.5, 0.5), "arm is 20.5: give a whole number"),  # type: ignore[arg-type]
        (lambda: two_stage(0.3, 0.3), "target above the null rate"),
        (lambda: two_stage(0.1, 0.3, alpha=0), "alpha is 0"),
        (lambda: two_stage(0.1, 0.3, beta=0.9), "beta is 0.9: give a number from 0.0001 to 0.5"),
        (lambda: two_stage(0.1, 0.3, most=20), "needs more than 20 participants"),
        (lambda: two_stage(0.1, 0.3, most=26), "may lie above 26 participants"),
        (lambda: smallest_single_stage(0.1, 0.3, most=24), "up to 24 participants"),
        (lambda: characteristics(single_stage(20, 0.5), [1.5]), "rate is 1.5"),
        (lambda: Design("none", ()), "has no look"),
        (lambda: Design("back", (Look(9, 0), Look(9, 2, 3))), "give them in order"),
        (lambda: Design("both", (Look(9, 4, 4),)), "both yes and no"),
        (lambda: Design("open", (Look(9, 2, 4),)), "does not decide every count"),
        (lambda: predictive_probability(5, 4, 10, 0.5), "responders are 5 among 4 seen"),
        (lambda: predictive_probability(1, 2, 10, 0.5, prior=(0, 1)), "prior_responders is 0"),
        (lambda: predictive_design(20, 0.3, sure=1), "sure is 1"),
        (lambda: shown(20, level=2), "level is 2"),
    ],
)
def test_what_no_design_can_be_is_refused_by_name(ask: object, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        ask()  # type: ignore[operator]
