"""Dose finding: the published numbers, and each chance again by walking through every course of a small trial."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from scipy.stats import beta

from accrual.errors import SimulationError
from accrual.simulate.boin import boin, boundaries
from accrual.simulate.escalation import chance_escalates, three_plus_three

Course = tuple[int | None, list[int], list[int]]


def binomial(successes: int, of: int, rate: float) -> float:
    return math.comb(of, successes) * rate**successes * (1 - rate) ** (of - successes)


def walk_three(rates: list[float], confirm: bool) -> tuple[list[float], list[float], float]:
    """Chance of each dose (none last), participants a dose, toxicities, over every course of 3+3."""
    doses = len(rates)
    chance_of, treated_at, toxic_in_all = [0.0] * (doses + 1), [0.0] * doses, 0.0

    def end(chance: float, dose: int, treated: list[int], toxic: list[int]) -> None:
        nonlocal toxic_in_all
        chance_of[dose] += chance
        toxic_in_all += chance * sum(toxic)
        for at in range(doses):
            treated_at[at] += chance * treated[at]

    def go(chance: float, dose: int, falling: bool, treated: list[int], toxic: list[int]) -> None:
        if dose < 0 or (dose == doses and not confirm):
            return end(chance, dose if dose < 0 else doses - 1, treated, toxic)
        if dose == doses:
            return go(chance, dose - 1, True, treated, toxic)
        if falling and (not confirm or treated[dose] == 6):
            return end(chance, dose, treated, toxic)
        for more in range(4):
            now, ill = list(treated), list(toxic)
            now[dose] += 3
            ill[dose] += more
            here = chance * binomial(more, 3, rates[dose])
            if falling:
                go(here, dose if ill[dose] <= 1 else dose - 1, True, now, ill)
            elif ill[dose] == 1 and now[dose] == 3:
                go(here, dose, False, now, ill)
            elif ill[dose] <= 1:
                go(here, dose + 1, False, now, ill)
            else:
                go(here, dose - 1, True, now, ill)
        return None

    go(1.0, 0, False, [0] * doses, [0] * doses)
    return chance_of, treated_at, toxic_in_all


def test_the_chance_to_escalate_is_the_published_one() -> None:
    found = [round(chance_escalates(rate), 4) for rate in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert found == [0.9061, 0.7086, 0.4943, 0.3093, 0.1719]


@pytest.mark.parametrize("confirm", [False, True])
@pytest.mark.parametrize("rates", [[0.3], [0.1, 0.25, 0.4], [0.0, 0.5, 1.0], [1.0, 1.0], [0.0, 0.0]])
def test_three_plus_three_is_what_walking_through_every_course_gives(
    rates: list[float], confirm: bool
) -> None:
    found = three_plus_three(rates, confirm)
    chance_of, treated, toxic = walk_three(rates, confirm)
    assert (*found.recommended, found.none) == pytest.approx(chance_of)
    assert found.participants == pytest.approx(treated)
    assert found.expected_toxicities == pytest.approx(toxic)
    assert sum(found.recommended) + found.none == pytest.approx(1)


def test_boins_boundaries_are_the_published_ones() -> None:
    design = boundaries(0.3, [1, 3, 6, 9, 12, 15])
    assert (round(design.escalate_below, 4), round(design.de_escalate_above, 4)) == (0.2365, 0.3585)
    counts = [(row.escalate_at_most, row.de_escalate_at_least, row.eliminate_at_least) for row in design.rows]
    assert counts == [(0, 1, None), (0, 2, 3), (1, 3, 4), (2, 4, 5), (2, 5, 7), (3, 6, 8)]


def monotone(shares: list[float], weights: list[float]) -> list[float]:
    """Pool adjacent violators, one pair after the other."""
    blocks: list[tuple[float, float, int]] = []
    for share, weight in zip(shares, weights, strict=True):
        blocks.append((share, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (a, v, i), (b, w, j) = blocks[-2:]
            blocks[-2:] = [((a * v + b * w) / (v + w), v + w, i + j)]
    return [share for share, _, count in blocks for _ in range(count)]


def walk_boin(rates: list[float], target: float, cohorts: int, size: int) -> list[float]:
    """Chance of each dose (none last) over every course of BOIN, in the words of the paper."""
    up = math.log((1 - 0.6 * target) / (1 - target)) / math.log((1 - 0.6 * target) / (0.6 * (1 - target)))
    down = math.log((1 - target) / (1 - 1.4 * target)) / math.log(1.4 * (1 - target) / (1 - 1.4 * target))
    doses, chance_of = len(rates), [0.0] * (len(rates) + 1)
    for course in itertools.product(range(size + 1), repeat=cohorts):
        chance, dose, highest = 1.0, 0, doses - 1
        n, y = [0] * doses, [0] * doses
        for seen in course:
            if highest < 0:
                chance *= seen == 0  # the trial has ended: count this course once
                continue
            chance *= binomial(seen, size, rates[dose])
            n[dose] += size
            y[dose] += seen
            if n[dose] >= 3 and beta.sf(target, 1 + y[dose], 1 + n[dose] - y[dose]) > 0.95:
                highest = dose - 1
            share = y[dose] / n[dose]
            dose = max(0, min(highest, dose + 1 if share <= up else dose - 1 if share >= down else dose))
        tried = [at for at in range(highest + 1) if n[at]]
        if not tried:
            chance_of[-1] += chance
            continue
        shares = [(y[at] + 0.05) / (n[at] + 0.1) for at in tried]
        spread = [beta.var(y[at] + 0.05, n[at] - y[at] + 0.05) for at in tried]
        fit = monotone(shares, [1 / one for one in spread])
        far = [abs(share + 1e-10 * at - target) for at, share in enumerate(fit)]
        chance_of[tried[far.index(min(far))]] += chance
    return chance_of


@pytest.mark.parametrize("rates", [[0.1, 0.3, 0.5], [0.5, 0.6, 0.7]])
def test_boin_by_simulation_is_what_walking_through_every_course_gives(rates: list[float]) -> None:
    found = boin(rates, 0.3, 5, np.random.default_rng(3), cohort=3, replicates=40_000)
    exact = walk_boin(rates, 0.3, 5, 3)
    seen = [found.none, *found.recommended]
    for chance, share, error in zip([exact[-1], *exact[:-1]], seen, found.errors, strict=True):
        assert share == pytest.approx(chance, abs=4 * error + 1e-9)


def test_boin_with_one_seed_gives_one_answer_and_counts_its_participants() -> None:
    once, again = (boin([0.1, 0.3], 0.3, 6, np.random.default_rng(9), replicates=500) for _ in range(2))
    assert once == again
    assert once.expected_participants <= 18
    assert boin([0.0, 0.0], 0.3, 6, np.random.default_rng(9), replicates=50).recommended == (0, 1)
    assert boin([1.0, 1.0], 0.3, 6, np.random.default_rng(9), replicates=50).none == 1


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: three_plus_three([]), "there are 0 doses"),
        (lambda: three_plus_three([0.3, 0.2]), "a higher dose cannot be less toxic"),
        (lambda: three_plus_three([0.3, 1.2]), "rate is 1.2"),
        (lambda: boundaries(0.9, [3]), "toxicity_target is 0.9: give a number from 0.05 to 0.6"),
        (lambda: boundaries(0.3, [0]), "arm is 0"),
        (lambda: boin([0.3], 0.3, 0, np.random.default_rng(1)), "cohorts is 0"),
        (lambda: boin([0.3], 0.3, 3, np.random.default_rng(1), replicates=0), "replicates is 0"),
    ],
)
def test_impossible_dose_finding_is_refused_by_name(ask: object, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        ask()  # type: ignore[operator]
