"""BOIN, the Bayesian optimal interval design: its boundaries, and what it does by simulation.

Comes in: a target toxicity, cohorts, true toxicities, a seeded generator. Goes out: `Boundaries` for each number of
participants at a dose, and `DoseFinding` with the error of simulating. Refuses: numbers outside their range.

Liu and Yuan 2015 (doi:10.1111/rssc.12089). Up where the share with toxicity is at most lambda_e, down where it is at
least lambda_d; a dose and those above are given up where the chance that it is above the target is more than
`eliminate_above` (uniform prior, three or more treated). In the end the dose whose share, made monotone over the doses
that were not given up, is nearest the target is recommended. Both limits are those of the paper, with 0.6 and 1.4 times
the target as too low and too high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from accrual.simulate.escalation import DoseFinding, checked_toxicities
from accrual.simulate.parameters import Floats, check, check_count

TOO_LOW: Final = 0.6  # times the target; Liu and Yuan's recommendation
TOO_HIGH: Final = 1.4  # likewise
ELIMINATE_ABOVE: Final = 0.95  # likewise
_SURE_FROM: Final = 3  # participants at a dose before it may be given up; likewise
_PRIOR: Final = (
    0.05  # of toxicities and of others, before shares are made monotone; as in the authors' program
)


class Boundary(msgspec.Struct, frozen=True):
    """What to do at a dose with so many treated; counts of toxicities. None: no count gives the dose up."""

    participants: int
    escalate_at_most: int
    de_escalate_at_least: int
    eliminate_at_least: int | None


class Boundaries(msgspec.Struct, frozen=True):
    """The whole design: both limits as shares, and as counts for each number treated at a dose."""

    target: float
    escalate_below: float
    de_escalate_above: float
    rows: tuple[Boundary, ...]


def boundaries(
    target: float, participants: Sequence[int], eliminate_above: float = ELIMINATE_ABOVE
) -> Boundaries:
    """Return the boundaries for a target toxicity, a row for each number of participants at a dose.

    Raises:
        SimulationError: a number outside its range.

    Example:
        >>> design = boundaries(0.3, [3, 6])
        >>> round(design.escalate_below, 4), round(design.de_escalate_above, 4)
        (0.2365, 0.3585)
        >>> design.rows[1]
        Boundary(participants=6, escalate_at_most=1, de_escalate_at_least=3, eliminate_at_least=4)
    """
    check("toxicity_target", target)
    check("eliminate_above", eliminate_above)
    low, high = TOO_LOW * target, TOO_HIGH * target
    up = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    down = math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))
    rows = []
    for treated in participants:
        check_count("arm", treated)
        counts = np.arange(treated + 1.0)
        too_toxic = _too_toxic(counts, float(treated), target) > eliminate_above
        rows.append(
            Boundary(
                treated,
                math.floor(up * treated),
                math.ceil(down * treated),
                int(np.argmax(too_toxic)) if treated >= _SURE_FROM and too_toxic.any() else None,
            )
        )
    return Boundaries(target, up, down, tuple(rows))


def _too_toxic(toxic: Floats, treated: Floats | float, target: float) -> Floats:
    """The posterior chance that a dose is above the target, from a uniform prior."""
    above: Floats = 1.0 - betainc(1.0 + toxic, 1.0 + treated - toxic, target)
    return above


def boin(
    toxicities: Sequence[float],
    target: float,
    cohorts: int,
    generator: np.random.Generator,
    cohort: int = 3,
    replicates: int = 10_000,
    eliminate_above: float = ELIMINATE_ABOVE,
) -> DoseFinding:
    """Return what BOIN does in so many simulated trials, from the lowest dose on, with the error of simulating.

    Raises:
        SimulationError: a number outside its range; toxicities that are none or fall from dose to dose.

    Example:
        >>> found = boin([0.05, 0.15, 0.3, 0.45], 0.3, cohorts=10, generator=np.random.default_rng(1))
        >>> max(range(4), key=found.recommended.__getitem__)
        2
    """
    rates = checked_toxicities(toxicities)
    size, doses, trials = check_count("cohort", cohort), len(rates), check_count("replicates", replicates)
    check_count("cohorts", cohorts)
    table = boundaries(target, range(1, cohorts * size + 1), eliminate_above).rows
    never = cohorts * size + 1
    up = np.array([0] + [row.escalate_at_most for row in table])
    down = np.array([0] + [row.de_escalate_at_least for row in table])
    out = np.array(
        [never] + [never if row.eliminate_at_least is None else row.eliminate_at_least for row in table]
    )

    every = np.arange(trials)
    treated = np.zeros((trials, doses), np.int64)
    toxic = np.zeros((trials, doses), np.int64)
    dose = np.zeros(trials, np.int64)
    highest = np.full(trials, doses - 1)  # the highest dose not given up; -1: none is left
    for _ in range(cohorts):
        # Drawn for every trial, also one that has ended: a trial's luck does not hang on that of others.
        seen = generator.binomial(size, rates[dose])
        runs = highest >= 0
        treated[every, dose] += size * runs
        toxic[every, dose] += seen * runs
        n, y = treated[every, dose], toxic[every, dose]
        highest = np.where(runs & (y >= out[n]), np.minimum(highest, dose - 1), highest)
        step = np.where(y <= up[n], 1, np.where(y >= down[n], -1, 0))
        dose = np.clip(dose + step, 0, np.maximum(highest, 0))
    recommended = _recommended(treated, toxic, highest, target)

    shares = np.bincount(recommended + 1, minlength=doses + 1) / trials
    errors = np.sqrt(shares * (1 - shares) / trials)
    return DoseFinding(
        name=f"BOIN, target {target:g}, {cohorts} cohorts of {size}",
        toxicities=tuple(map(float, rates)),
        recommended=tuple(map(float, shares[1:])),
        none=float(shares[0]),
        participants=tuple(map(float, treated.mean(axis=0))),
        toxic=tuple(map(float, toxic.mean(axis=0))),
        errors=tuple(map(float, errors)),
        replicates=trials,
    )


def _recommended(
    treated: NDArray[np.int64], toxic: NDArray[np.int64], highest: NDArray[np.int64], target: float
) -> NDArray[np.int64]:
    """The dose of each trial whose monotone share is nearest the target; -1 where all were given up."""
    doses = treated.shape[1]
    tried = (treated > 0) & (np.arange(doses) <= highest[:, None])
    n, y = treated + 2 * _PRIOR, toxic + _PRIOR
    share = y / n
    # Weighted by the inverse of the variance of a beta distribution, as the authors' program does.
    weight = np.where(tried, n**2 * (n + 1) / (y * (n - y)), 0.0)
    ahead = np.concatenate((np.zeros((len(n), 1)), np.cumsum(weight, axis=1)), axis=1)
    sums = np.concatenate((np.zeros((len(n), 1)), np.cumsum(weight * share, axis=1)), axis=1)
    monotone = np.full(share.shape, -np.inf)
    # Pool adjacent violators in closed form: the largest over beginnings of the smallest over ends of the means.
    for start in range(doses):
        smallest = np.full(len(n), np.inf)
        for end in range(doses - 1, start - 1, -1):
            mass = ahead[:, end + 1] - ahead[:, start]
            mean = np.divide(
                sums[:, end + 1] - sums[:, start], mass, out=np.full(len(n), np.inf), where=mass > 0
            )
            smallest = np.minimum(smallest, mean)
            monotone[:, end] = np.maximum(monotone[:, end], smallest)
    # Of doses with one share, the higher where all are below the target, the lower where all are above.
    far = np.where(tried, np.abs(monotone + 1e-10 * np.arange(doses) - target), np.inf)
    return np.where(tried.any(axis=1), np.argmin(far, axis=1), -1)
