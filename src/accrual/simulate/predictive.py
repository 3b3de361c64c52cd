"""Bayesian predictive probability: a single arm that looks often and stops when its end is all but certain.

Comes in: a null rate, a beta prior, how sure the end must be, when to look and when to stop. Goes out: predictive
probabilities and a `Design` whose characteristics are exact. Refuses: numbers outside their range.

Lee and Liu 2008 (doi:10.1177/1740774508089279). At the end the trial says yes if the posterior chance that the response
rate is above the null rate is more than `sure`. The predictive probability at a look is the chance of that end, over
what the posterior of that day lets expect of the participants to come (beta-binomial).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import betainc, betaln, gammaln

from accrual.errors import SimulationError
from accrual.simulate.designs import Design, Look
from accrual.simulate.parameters import Floats, check, check_count

PRIOR: Final = (
    0.2,
    0.8,
)  # set by hand: worth one participant; Lee and Liu's examples take the null rate as its mean


def _belief(responders: Floats, participants: int, null_rate: float, prior: tuple[float, float]) -> Floats:
    """The posterior chance that the rate is above the null rate."""
    a, b = prior
    above: Floats = 1.0 - betainc(a + responders, b + participants - responders, null_rate)
    return above


def _checked(prior: tuple[float, float]) -> tuple[float, float]:
    return check("prior_responders", prior[0]), check("prior_others", prior[1])


def predictive_probability(
    responders: int,
    seen: int,
    participants: int,
    null_rate: float,
    prior: tuple[float, float] = PRIOR,
    sure: float = 0.9,
) -> float:
    """Return the chance that the trial ends with yes, once `seen` of `participants` are known.

    `prior` is the beta distribution of the rate before the trial: responders and others that it is worth.

    Raises:
        SimulationError: a number outside its range; more responders than seen, or more seen than participants.

    Example:
        >>> round(predictive_probability(16, 23, 40, 0.6, prior=(0.6, 0.4)), 7)
        0.5655589
    """
    check_count("arm", participants)
    if not 0 <= check_count("responders", responders) <= check_count("responders", seen) <= participants:
        raise SimulationError(
            f"responders are {responders} among {seen} seen of {participants} participants: "
            "each number must be at most the next"
        )
    check("null_rate", null_rate)
    return float(
        _predictive(
            np.array([float(responders)]), seen, participants, null_rate, _checked(prior), check("sure", sure)
        )[0]
    )


def _predictive(
    responders: Floats,
    seen: int,
    participants: int,
    null_rate: float,
    prior: tuple[float, float],
    sure: float,
) -> Floats:
    """One value for each of `responders`."""
    left = participants - seen
    more = np.arange(left + 1.0)
    a, b = prior[0] + responders[:, None], prior[1] + seen - responders[:, None]
    ways = gammaln(left + 1) - gammaln(more + 1) - gammaln(left - more + 1)
    chance = np.exp(ways + betaln(a + more, b + left - more) - betaln(a, b))
    yes = _belief(responders[:, None] + more, participants, null_rate, prior) > sure
    whole: Floats = np.minimum(1.0, (chance * yes).sum(axis=1))
    return whole


def predictive_design(
    participants: int,
    null_rate: float,
    prior: tuple[float, float] = PRIOR,
    sure: float = 0.9,
    stop_below: float = 0.05,
    stop_above: float = 1.0,
    first_look: int = 10,
    each_look: int = 1,
) -> Design:
    """Return the design that looks after `first_look` participants and then after every `each_look`.

    It stops with no where the predictive probability is below `stop_below`, with yes where it is above `stop_above`
    (1: it never stops for yes). What these choices cost in errors is in `designs.characteristics`.

    Raises:
        SimulationError: a number outside its range.

    Example:
        >>> design = predictive_design(36, 0.2, sure=0.922, stop_below=0.001)
        >>> design.looks[0].participants, design.looks[0].no_at_most, design.reject_above
        (10, 0, 10)
    """
    check_count("arm", participants)
    check("null_rate", null_rate)
    prior = _checked(prior)
    check("sure", sure)
    check("stop_below", stop_below)
    check("stop_above", stop_above)
    looks = []
    for seen in range(
        check_count("first_look", first_look), participants, check_count("each_look", each_look)
    ):
        chance = _predictive(np.arange(seen + 1.0), seen, participants, null_rate, prior, sure)
        # More responders never make it smaller, so each limit is one count.
        no_at_most = int(np.searchsorted(chance, stop_below, side="left")) - 1
        yes = int(np.searchsorted(chance, stop_above, side="right"))
        looks.append(Look(seen, no_at_most, yes if yes <= seen else None))
    end = _belief(np.arange(participants + 1.0), participants, null_rate, prior)
    limit = int(np.searchsorted(end, sure, side="right")) - 1
    looks.append(Look(participants, limit, limit + 1))
    return Design("predictive probability", tuple(looks))
