"""How long a trial takes to fill: participants come to its sites at rates that differ from site to site.

Comes in: sites, their mean rate and how much it varies, how they open, how many participants are wanted. Goes out:
`Forecast`, months with an interval. Refuses: numbers outside their range.

Anisimov and Fedorov 2007 (doi:10.1002/sim.2956): each site has a rate of its own from a gamma distribution (shape a,
rate b in months), and people come to it as a Poisson process. With S sites open from the first day the number by month
t is negative binomial with mean S t a/b and variance mean (1 + t/b), and the month of participant N is b times a beta
prime of (N, S a): closed forms. Sites that open one after the other are simulated, exactly for each replicate: the
month is where the summed rates have grown to a gamma of N.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv

from accrual.errors import SimulationError
from accrual.simulate.intervals import middle_interval
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import Floats, check, check_count

REPLICATES: Final = 10_000
_CELLS: Final = 2_000_000  # rates drawn together; part of what a seed means, so it is never changed


class Pace(msgspec.Struct, frozen=True):
    """How fast a whole trial enrols: a rate from a gamma distribution with this shape and mean shape / scale a month.

    Raises:
        SimulationError: a number outside its range.
    """

    shape: float
    scale_months: float

    def __post_init__(self) -> None:
        check("pace_shape", self.shape)
        check("pace_scale_months", self.scale_months)

    def expected(self, months: float) -> tuple[float, float]:
        """Return mean and variance of the number enrolled by then.

        Example:
            >>> Pace(shape=6, scale_months=3).expected(6)
            (12.0, 36.0)
        """
        mean = self.shape * check("months", months) / self.scale_months
        return mean, mean * (1 + months / self.scale_months)

    def chance(self, participants: int, months: ArrayLike) -> Floats:
        """Return the chance that so many are enrolled by each of `months`."""
        check_count("wanted", participants)
        until = np.asarray(months, dtype=np.float64)
        if until.size and not (until.min() >= 0 and np.isfinite(until).all()):
            raise SimulationError("months must be numbers from 0 up")
        reached: Floats = betainc(participants, self.shape, until / (until + self.scale_months))
        return reached

    def month(self, participants: int, chance: float) -> float:
        """Return the month by which so many are enrolled with this chance, more than 0 and less than 1.

        Example:
            >>> round(Pace(shape=6, scale_months=3).month(20, 0.5), 2)
            10.41
        """
        check_count("wanted", participants)
        check("chance", chance)
        # Both ends of the beta distribution, so that neither is lost to rounding near 1.
        part = betaincinv(participants, self.shape, chance)
        rest = betaincinv(self.shape, participants, 1 - chance)
        return float(self.scale_months * part / rest) if rest > 0 else math.inf

    def mean_months(self, participants: int) -> float:
        """Return the mean month of participant N: infinite where the rate may be next to nothing (shape up to 1)."""
        check_count("wanted", participants)
        return self.scale_months * participants / (self.shape - 1) if self.shape > 1 else math.inf


class Sites(msgspec.Struct, frozen=True):
    """Sites with a mean rate each; `shape` is that of the gamma distribution of their rates (1: very unlike).

    They open evenly from day 0 to `ramp_up_months`. Of those who come `enrolled_share` are enrolled: what a
    screening of the population gives.

    Raises:
        SimulationError: a number outside its range.
    """

    count: int
    rate_per_month: float
    shape: float = 1.5  # set by hand; multi-centre trials have been near 1 to 2 (Anisimov and Fedorov 2007)
    ramp_up_months: float = 0.0
    enrolled_share: float = 1.0

    def __post_init__(self) -> None:
        check_count("sites", self.count)
        check("site_rate_per_month", self.rate_per_month)
        check("site_shape", self.shape)
        check("ramp_up_months", self.ramp_up_months)
        check("enrolled_share", self.enrolled_share)

    @property
    def pace(self) -> Pace:
        """How fast all sites together enrol, once all are open."""
        return Pace(self.count * self.shape, self.shape / (self.rate_per_month * self.enrolled_share))


class Forecast(msgspec.Struct, frozen=True):
    """Months to the last participant: between `low` and `high` with the chance `level`.

    `exact` says that these are closed forms; else they come from `replicates` simulated trials, and `error` is the
    standard error of `median`. A mean that is infinite has tails so long that it means nothing (null in JSON).
    """

    participants: int
    mean: float
    median: float
    low: float
    high: float
    level: float
    exact: bool
    replicates: int = 0
    error: float = 0.0
    notice: str = NOTICE


def forecast_pace(pace: Pace, participants: int, level: float = 0.95) -> Forecast:
    """Return the months to so many participants, in closed form.

    Raises:
        SimulationError: a number outside its range.

    Example:
        >>> found = forecast_pace(Pace(shape=6, scale_months=3), 20)
        >>> round(found.low, 1), round(found.high, 1)
        (4.4, 29.1)
    """
    tail = (1 - check("level", level)) / 2
    low, median, high = (pace.month(participants, chance) for chance in (tail, 0.5, 1 - tail))
    return Forecast(participants, pace.mean_months(participants), median, low, high, level, exact=True)


def simulate_months(
    sites: Sites, participants: int, generator: np.random.Generator, replicates: int = REPLICATES
) -> Floats:
    """Return the month of the last participant in each of so many simulated trials, of shape (replicates,).

    Raises:
        SimulationError: a number outside its range.
    """
    wanted, trials = check_count("wanted", participants), check_count("replicates", replicates)
    opens = np.linspace(0.0, sites.ramp_up_months, sites.count)
    mean_rate = sites.rate_per_month * sites.enrolled_share
    found = np.empty(trials)
    for start in range(0, trials, max(1, _CELLS // sites.count)):
        part = found[start : start + max(1, _CELLS // sites.count)]
        rates = generator.gamma(sites.shape, mean_rate / sites.shape, size=(len(part), sites.count))
        needed = generator.standard_gamma(wanted, size=len(part))
        # Until the next site opens, those that are open add the same each month.
        together = rates.cumsum(axis=1)
        grown = np.zeros_like(together)
        np.cumsum(together[:, :-1] * np.diff(opens), axis=1, out=grown[:, 1:])
        open_now = (grown <= needed[:, None]).sum(axis=1) - 1
        rows = np.arange(len(part))
        with np.errstate(divide="ignore"):
            part[:] = opens[open_now] + (needed - grown[rows, open_now]) / together[rows, open_now]
    return found


def forecast(
    sites: Sites,
    participants: int,
    generator: np.random.Generator,
    replicates: int = REPLICATES,
    level: float = 0.95,
) -> Forecast:
    """Return the months to so many participants: in closed form where all sites open at once, else simulated.

    Raises:
        SimulationError: a number outside its range.

    Example:
        >>> forecast(Sites(4, rate_per_month=0.5), 20, np.random.default_rng(1)).exact
        True
    """
    check_count("wanted", participants)
    if sites.ramp_up_months == 0 or sites.count == 1:
        return forecast_pace(sites.pace, participants, level)
    months = simulate_months(sites, participants, generator, replicates)
    low, high = middle_interval(months, level)
    inner = middle_interval(months, 0.5)
    # A median's error by the density of a normal distribution with these quartiles: 1.2533 sd / sqrt(n).
    error = 1.2533 * (inner[1] - inner[0]) / 1.349 / math.sqrt(len(months))
    # The mean is infinite for a summed shape up to 1, however the sites open.
    mean = float(months.mean()) if sites.pace.shape > 1 else math.inf
    return Forecast(participants, mean, float(np.median(months)), low, high, level, False, len(months), error)
