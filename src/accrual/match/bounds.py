"""Many intervals of one unit, compared with one number at once.

Comes in: intervals, or the arrays that a program keeps of them. Goes out: for a number, or for all that lies on one
side of it, the truth of "it lies in the interval" for each. Refuses nothing.

The one rule of how a number lies in an interval stands here, for one interval as for a million.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.basic import Interval
from accrual.truth import TruthArray


class Bounds(msgspec.Struct, frozen=True):
    """The ends of n intervals; arrays of shape (n,)."""

    low: NDArray[np.float64]
    """Minus infinity where there is no lower end."""
    high: NDArray[np.float64]
    low_open: NDArray[np.bool_]
    high_open: NDArray[np.bool_]

    @staticmethod
    def of(intervals: Sequence[Interval]) -> Bounds:
        """Return the ends of intervals, whose units are the caller's business."""
        return Bounds(
            np.array([-math.inf if one.low is None else one.low for one in intervals], np.float64),
            np.array([math.inf if one.high is None else one.high for one in intervals], np.float64),
            np.array([one.low_open for one in intervals], np.bool_),
            np.array([one.high_open for one in intervals], np.bool_),
        )

    def __len__(self) -> int:
        return len(self.low)

    def holding(self, value: float, comparator: str = "") -> TruthArray:
        """Say which intervals hold a number.

        Arguments:
            comparator: `<` and the like: the number is known to lie on that side of `value`, nobody knows where. Then
                YES where all of that side lies inside, NO where none of it does.

        Example:
            >>> Bounds.of([Interval(5, 10), Interval(None, 10)]).holding(7, "<").tolist()
            [1, 2]
        """
        is_open = comparator in ("<", ">")
        above = (value > self.low) | ((value == self.low) & (is_open | ~self.low_open))
        below = (value < self.high) | ((value == self.high) & (is_open | ~self.high_open))
        if not comparator:
            return np.where(above & below, np.int8(2), np.int8(0))
        if comparator.startswith("<"):
            covered = np.isneginf(self.low) & below
            apart = (value < self.low) | ((value == self.low) & (is_open | self.low_open))
        else:
            covered = np.isposinf(self.high) & above
            apart = (value > self.high) | ((value == self.high) & (is_open | self.high_open))
        return np.where(covered, np.int8(2), np.where(apart, np.int8(0), np.int8(1)))
