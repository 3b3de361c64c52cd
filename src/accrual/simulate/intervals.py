"""Intervals: the exact one of a share, and what replicates of a trial show.

Comes in: counts, or one value a replicate. Goes out: both ends of an interval. Refuses: counts that are none, a level
that is no probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from accrual.errors import SimulationError
from accrual.simulate.parameters import Floats, check


def exact_interval(
    successes: ArrayLike, participants: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the exact interval of a share (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404); any shape.

    It holds the true share at least `level` of the time, whatever the share. Of nobody it is 0 to 1.

    Raises:
        SimulationError: a count below 0, or more successes than participants.

    Example:
        >>> [float(end.round(3)) for end in exact_interval(18, 20)]
        [0.683, 0.988]
    """
    check("level", level)
    hits, whole = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(participants, np.float64))
    if hits.size and not (hits.min() >= 0 and (hits <= whole).all()):
        raise SimulationError("successes must be from 0 to the number of participants")
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits == 0, 0.0, betaincinv(np.maximum(hits, 1), whole - hits + 1, tail))
        high = np.where(hits == whole, 1.0, betaincinv(hits + 1, np.maximum(whole - hits, 1), 1 - tail))
    return low, high


def middle_interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the ends between which the middle `level` of the values lies; those that are not known do not count.

    Values that one replicate gives each: this is what a single trial may well show. Not known is both ends of nothing.

    Example:
        >>> middle_interval(np.arange(1001.0))
        (25.0, 975.0)
    """
    check("level", level)
    known = values[~np.isnan(values)]
    if known.size == 0:
        return float("nan"), float("nan")
    # The next value outwards, not one between two: a trial of 20 cannot show 13.5 responders.
    tail = (1 - level) / 2
    return (
        float(np.quantile(known, tail, method="lower")),
        float(np.quantile(known, 1 - tail, method="higher")),
    )
