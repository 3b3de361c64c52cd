"""Designs that count responders: when they stop, when they say yes, and how often, exactly.

Comes in: the looks of a design, or what a single stage must be able to tell. Goes out: `Design`, its operating
characteristics by enumeration, and what each count of responders would show. Refuses: rates, errors and sizes outside
their range, looks out of order.

Every design here is a row of looks. At each, so many participants have been seen; so few responders stop the trial
with no, so many stop it with yes, and between them it goes on. Single stage, Simon's two stages (`simon`) and
predictive probability (`predictive`) differ only in where the limits lie. Counts are enumerated, so there is no error
of simulating.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from scipy.special import bdtr, bdtrc, gammaln, xlog1py, xlogy

from accrual.errors import SimulationError
from accrual.simulate.intervals import exact_interval
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import Floats, check, check_count

SLACK: Final = 1e-12  # an error that is exactly alpha is not lost to rounding


class Look(msgspec.Struct, frozen=True):
    """One look: no at `no_at_most` responders or fewer (-1: never), yes at `yes_at_least` or more (None: never)."""

    participants: int
    no_at_most: int
    yes_at_least: int | None = None


class Design(msgspec.Struct, frozen=True):
    """Looks in order; the last decides: whoever is not yes by then is no.

    Raises:
        SimulationError: no look, looks that do not follow one another, a last look that leaves the question open.
    """

    name: str
    looks: tuple[Look, ...]

    def __post_init__(self) -> None:
        if not self.looks:
            raise SimulationError(f"the design {self.name[:80]!r} has no look: give at least one")
        before = 0
        for look in self.looks:
            if check_count("arm", look.participants) <= before:
                raise SimulationError(
                    f"a look at {look.participants} participants comes after one at {before}: give them in order"
                )
            if look.yes_at_least is not None and look.yes_at_least <= look.no_at_most:
                raise SimulationError(
                    f"at {look.participants} participants {look.yes_at_least} responders are both yes and no"
                )
            before = look.participants
        last = self.looks[-1]
        if last.yes_at_least is None or last.yes_at_least != last.no_at_most + 1:
            raise SimulationError(
                f"the last look, at {last.participants} participants, does not decide every count: "
                "let yes begin one above no"
            )

    @property
    def participants(self) -> int:
        """How many there are at most."""
        return self.looks[-1].participants

    @property
    def reject_above(self) -> int:
        """The highest count of responders at the last look that is still no: "r" of Simon's tables."""
        return self.looks[-1].no_at_most


class Characteristic(msgspec.Struct, frozen=True):
    """What a design does where the true response rate is `rate`: exact chances and the mean number of participants."""

    rate: float
    yes: float
    stops_early: float
    expected_participants: float


class Characteristics(msgspec.Struct, frozen=True):
    """The operating characteristics of a design, a row for each rate."""

    design: Design
    rows: tuple[Characteristic, ...]
    notice: str = NOTICE


class Shown(msgspec.Struct, frozen=True):
    """What one count of responders shows: the share, its exact interval, and whether the design says yes to it.

    `surprise` is the chance of so many or more where the true rate is the null rate (a one-sided exact p-value).
    """

    responders: int
    share: float
    low: float
    high: float
    surprise: float | None = None
    yes: bool | None = None


def chances(participants: int, rates: Floats) -> Floats:
    """Return the chance of each count from 0 to `participants`, of shape (rates, participants + 1).

    Example:
        >>> chances(2, np.array([0.5])).round(3)
        array([[0.25, 0.5 , 0.25]])
    """
    counts = np.arange(participants + 1.0)
    ways = gammaln(participants + 1) - gammaln(counts + 1) - gammaln(participants - counts + 1)
    column = rates[:, None]
    every: Floats = np.exp(ways + xlogy(counts, column) + xlog1py(participants - counts, -column))
    return every


def characteristics(design: Design, rates: Sequence[float]) -> Characteristics:
    """Return the operating characteristics at each true rate, by enumeration of every count.

    Raises:
        SimulationError: a rate that is no share.

    Example:
        >>> design = single_stage(20, null_rate=0.5, alpha=0.05)
        >>> [round(row.yes, 3) for row in characteristics(design, [0.5, 0.8, 0.9]).rows]
        [0.021, 0.804, 0.989]
    """
    true = np.array([check("rate", rate) for rate in rates], dtype=np.float64)
    # The chance that the trial still runs with so many responders; what a look decides is taken out of it.
    running = np.ones((len(true), 1))
    yes, early, expected = np.zeros_like(true), np.zeros_like(true), np.zeros_like(true)
    seen = 0
    for look in design.looks:
        more = chances(look.participants - seen, true)
        counts = np.zeros((len(true), look.participants + 1))
        for before in range(running.shape[1]):
            counts[:, before : before + more.shape[1]] += running[:, before, None] * more
        said_yes = np.arange(look.participants + 1) >= (
            look.participants + 1 if look.yes_at_least is None else look.yes_at_least
        )
        stopped = said_yes | (np.arange(look.participants + 1) <= look.no_at_most)
        ended = counts[:, stopped].sum(axis=1)
        yes += counts[:, said_yes].sum(axis=1)
        expected += ended * look.participants
        if look is not design.looks[-1]:
            early += ended
        running = np.where(stopped, 0.0, counts)
        seen = look.participants
    columns = (true, np.minimum(yes, 1.0), np.minimum(early, 1.0), expected)
    return Characteristics(
        design, tuple(Characteristic(*map(float, row)) for row in zip(*columns, strict=True))
    )


def _decides(name: str, participants: int, reject_above: int) -> Design:
    return Design(name, (Look(participants, reject_above, reject_above + 1),))


def single_stage(participants: int, null_rate: float, alpha: float = 0.05) -> Design:
    """Return the exact test of one stage: yes at so many responders that the null rate gives them at most at `alpha`.

    Where even every participant responding is too likely under the null rate, the design never says yes:
    `reject_above` is then the number of participants.

    Raises:
        SimulationError: a number outside its range.

    Example:
        >>> single_stage(20, null_rate=0.5).reject_above
        14
    """
    check_count("arm", participants)
    above = bdtrc(np.arange(participants + 1), participants, check("null_rate", null_rate))
    # Never empty: more than all participants cannot respond, so the last chance is 0.
    first = int(np.flatnonzero(above <= check("alpha", alpha) + SLACK)[0])
    return _decides("single stage", participants, first)


def check_rates(null_rate: float, target_rate: float, alpha: float, beta: float) -> None:
    """Refuse what no design can tell apart.

    Raises:
        SimulationError: a number outside its range, or a target that is not above the null rate.
    """
    check("null_rate", null_rate)
    check("target_rate", target_rate)
    check("alpha", alpha)
    check("beta", beta)
    if target_rate <= null_rate:
        raise SimulationError(
            f"target_rate is {target_rate:g}, null_rate is {null_rate:g}: give a target above the null rate"
        )


def smallest_single_stage(
    null_rate: float, target_rate: float, alpha: float = 0.05, beta: float = 0.2, most: int = 1000
) -> Design:
    """Return the exact test of one stage with the fewest participants that keeps both errors.

    Exact power goes up and down with the number of participants: a few more may do worse than these.

    Raises:
        SimulationError: a number outside its range; no design of up to `most` participants keeps both errors.

    Example:
        >>> design = smallest_single_stage(0.1, 0.3)
        >>> design.participants, design.reject_above
        (25, 5)
    """
    check_rates(null_rate, target_rate, alpha, beta)
    for participants in range(1, check_count("arm", most) + 1):
        design = single_stage(participants, null_rate, alpha)
        if bdtrc(design.reject_above, participants, target_rate) >= 1 - beta - SLACK:
            return design
    raise SimulationError(
        f"no single stage of up to {most} participants tells {target_rate:g} from {null_rate:g} at alpha "
        f"{alpha:g} and beta {beta:g}: allow more participants or larger errors, or set the rates further apart"
    )


def shown(
    participants: int, null_rate: float | None = None, alpha: float = 0.05, level: float = 0.95
) -> tuple[Shown, ...]:
    """Return what each count of responders among `participants` would show, from 0 to all.

    With a null rate, also how surprising the count would be under it, and whether a single stage at `alpha` says yes.

    Raises:
        SimulationError: a number outside its range.

    Example:
        >>> row = shown(20, null_rate=0.5)[18]
        >>> round(row.low, 3), round(row.high, 3), row.yes
        (0.683, 0.988, True)
    """
    counts = np.arange(check_count("arm", participants) + 1)
    low, high = exact_interval(counts, participants, level)
    if null_rate is None:
        return tuple(Shown(int(k), float(k) / participants, float(low[k]), float(high[k])) for k in counts)
    limit = single_stage(participants, null_rate, alpha).reject_above
    surprise = np.concatenate(([1.0], bdtrc(counts[:-1], participants, null_rate)))
    return tuple(
        Shown(
            int(k),
            float(k) / participants,
            float(low[k]),
            float(high[k]),
            float(surprise[k]),
            bool(k > limit),
        )
        for k in counts
    )


def most_powerful(participants: int, null_rate: float, target_rate: float, alpha: float) -> float:
    """Return the power of the randomised test of Neyman and Pearson: no design of so many participants has more.

    Example:
        >>> round(most_powerful(20, 0.5, 0.8, 0.05), 3)
        0.891
    """
    above = bdtrc(np.arange(participants + 1), participants, null_rate)
    first = int(np.flatnonzero(above <= alpha)[0])
    at_limit = math.comb(participants, first) * null_rate**first * (1 - null_rate) ** (participants - first)
    share = (alpha - above[first]) / at_limit if at_limit > 0 else 0.0
    tail = bdtrc(first, participants, target_rate)
    at_target = bdtr(first, participants, target_rate) - (
        bdtr(first - 1, participants, target_rate) if first else 0.0
    )
    return float(tail + min(1.0, share) * at_target)
