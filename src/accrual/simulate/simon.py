"""Simon's two-stage designs: the optimal and the minimax one, by complete enumeration.

Comes in: null and target rate, both errors. Goes out: `TwoStage` with the designs and their figures. Refuses: rates and
errors outside their range; errors that would take more participants than are allowed.

Simon 1989 (doi:10.1016/0197-2456(89)90015-9): stop with no after n1 at r1 responders or fewer, else go on to n and say
yes above r. Of all designs that keep both errors the optimal one has the fewest participants to expect under the
null rate, the minimax one the fewest at most (and of those the fewest to expect).

The search is complete, not up to a limit set by hand. A first stage must keep the power, so r1 has an upper end for
each n1, and with it the chance to stop; a design of n participants then expects at least n1 + (1 - stop)(n - n1). When
no n1 can come below the best found so far, the search is over.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc

from accrual.errors import SimulationError
from accrual.simulate.designs import (
    SLACK,
    Characteristic,
    Design,
    Look,
    chances,
    characteristics,
    check_rates,
    most_powerful,
)
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import Floats, check_count


class Stages(msgspec.Struct, frozen=True):
    """One two-stage design with what it does under the null and under the target rate."""

    design: Design
    null: Characteristic
    target: Characteristic

    @property
    def label(self) -> str:
        """As Simon writes it: `1/10, 5/29`."""
        return ", ".join(f"{look.no_at_most}/{look.participants}" for look in self.design.looks)


class TwoStage(msgspec.Struct, frozen=True):
    """Simon's two designs for what a trial must tell apart."""

    null_rate: float
    target_rate: float
    alpha: float
    beta: float
    optimal: Stages
    minimax: Stages
    notice: str = NOTICE


class _Found(NamedTuple):
    expected: float
    participants: int
    first: int
    first_limit: int
    limit: int


class _Search:
    """Binomial tails kept while one search goes on; `n` participants, of whom `n1` in the first stage."""

    def __init__(self, null_rate: float, target_rate: float, alpha: float, beta: float) -> None:
        self.null_rate, self.target_rate = null_rate, target_rate
        self.most_wrong, self.least_right = alpha + SLACK, 1 - beta - SLACK
        self.rates = np.array([null_rate, target_rate])
        self.chances: dict[int, Floats] = {}
        self.above: dict[int, Floats] = {}
        self.widest: dict[int, tuple[int, float]] = {}

    def exactly(self, n1: int) -> Floats:
        """The chance of each count in the first stage, of shape (2 rates, n1 + 1)."""
        if n1 not in self.chances:
            self.chances[n1] = chances(n1, self.rates)
        return self.chances[n1]

    def more_than(self, n2: int, counts: NDArray[np.int64]) -> Floats:
        """The chance of more than each count in the second stage, of shape (2 rates, counts)."""
        if n2 not in self.above:
            tails = bdtrc(np.arange(n2 + 1), n2, self.rates[:, None])
            self.above[n2] = np.hstack((np.ones((2, 1)), tails))  # more than -1 are there for certain
        return self.above[n2][:, np.clip(counts, -1, n2) + 1]

    def stops(self, n1: int) -> tuple[int, float]:
        """The highest r1 that leaves the power (-1: none), and the chance under the null rate to stop at it."""
        if n1 not in self.widest:
            lost = bdtr(np.arange(n1), n1, self.target_rate)  # r1 = n1 would never go on
            highest = int(np.searchsorted(lost, 1 - self.least_right, side="right")) - 1
            self.widest[n1] = (highest, float(bdtr(highest, n1, self.null_rate)) if highest >= 0 else 0.0)
        return self.widest[n1]

    def least_expected(self, n1: int, n: int) -> float:
        """No design with these numbers expects fewer under the null rate."""
        return n1 + (1 - self.stops(n1)[1]) * (n - n1)

    def best(self, n1: int, n: int, single_limit: int, fewest: float) -> _Found | None:
        """The design with these numbers that keeps both errors and expects the fewest, if fewer than `fewest`."""
        highest, _ = self.stops(n1)
        found: _Found | None = None
        # Stopping early only takes yes away, so no limit need be above that of a single stage; lower limits say yes
        # more often, until no stop at r1 keeps alpha.
        for limit in range(single_limit, -1, -1) if highest >= 0 else ():
            ends = self.exactly(n1) * self.more_than(n - n1, limit - np.arange(n1 + 1))
            from_count = ends[:, ::-1].cumsum(axis=1)[:, ::-1]
            wrong, right = from_count[:, 1 : highest + 2]  # by r1: only more than r1 go on
            if wrong[highest] > self.most_wrong:
                break
            keeps = np.flatnonzero((wrong <= self.most_wrong) & (right >= self.least_right))
            if keeps.size:
                first_limit = int(keeps[-1])  # the likeliest stop
                expected = n1 + float(bdtrc(first_limit, n1, self.null_rate)) * (n - n1)
                if expected < fewest and (found is None or expected <= found.expected):
                    found = _Found(expected, n, n1, first_limit, limit)
        return found

    def best_of(self, n: int, fewest: float) -> _Found | None:
        """The best design of `n` participants, if it expects fewer than `fewest`."""
        tails = bdtrc(np.arange(n + 1), n, self.null_rate)
        single_limit = int(np.flatnonzero(tails <= self.most_wrong)[0])
        found: _Found | None = None
        for n1 in range(1, n):
            if self.least_expected(n1, n) < fewest:
                better = self.best(n1, n, single_limit, fewest)
                if better is not None:
                    found, fewest = better, better.expected
        return found

    def ends_at(self, n: int, fewest: float) -> bool:
        """Whether no design of `n` or more participants expects fewer than `fewest`."""
        return all(self.least_expected(n1, n) >= fewest for n1 in range(1, min(n, int(fewest) + 2)))


def _stages(found: _Found, null_rate: float, target_rate: float, name: str) -> Stages:
    design = Design(
        f"Simon's two stages, {name}",
        (Look(found.first, found.first_limit), Look(found.participants, found.limit, found.limit + 1)),
    )
    null, target = characteristics(design, [null_rate, target_rate]).rows
    return Stages(design, null, target)


def two_stage(
    null_rate: float, target_rate: float, alpha: float = 0.05, beta: float = 0.2, most: int = 200
) -> TwoStage:
    """Return Simon's optimal and minimax design.

    Raises:
        SimulationError: a number outside its range; no design of up to `most` participants keeps both errors, or the
            optimal one may have more.

    Example:
        >>> designs = two_stage(0.1, 0.3)
        >>> designs.optimal.label, round(designs.optimal.null.expected_participants, 2)
        ('1/10, 5/29', 15.01)
    """
    check_rates(null_rate, target_rate, alpha, beta)
    search = _Search(null_rate, target_rate, alpha, beta)
    minimax: _Found | None = None
    optimal: _Found | None = None
    for n in range(2, check_count("two_stage_arm", most) + 1):
        if most_powerful(n, null_rate, target_rate, alpha) < search.least_right:
            continue
        if optimal is not None and search.ends_at(n, optimal.expected):
            break
        found = search.best_of(n, math.inf if optimal is None else optimal.expected)
        if found is not None:
            minimax, optimal = minimax or found, found
    else:
        held = "may lie above" if optimal is not None else "needs more than"
        raise SimulationError(
            f"Simon's design that tells {target_rate:g} from {null_rate:g} at alpha {alpha:g} and beta {beta:g} "
            f"{held} {most} participants: allow more, or larger errors, or set the rates further apart"
        )
    assert minimax is not None
    assert optimal is not None
    return TwoStage(
        null_rate,
        target_rate,
        alpha,
        beta,
        _stages(optimal, null_rate, target_rate, "optimal"),
        _stages(minimax, null_rate, target_rate, "minimax"),
    )
