"""What a number of participants can show: exact intervals for every count, and how the usual designs would decide.

Comes in: the number of participants, the rates that must be told apart, both errors. Goes out: `Showing`. Refuses: what
`designs` refuses. Where no two-stage design of that size exists, `without_two_stage` says why; it is no error.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from accrual.errors import SimulationError
from accrual.simulate.designs import (
    Characteristics,
    Shown,
    characteristics,
    check_rates,
    shown,
    single_stage,
)
from accrual.simulate.simon import TwoStage, two_stage

CURVE_RATES: Final = tuple(step / 20 for step in range(21))
"""The true rates at which designs are compared: every 5 %. Set by hand."""


class Rates(msgspec.Struct, frozen=True):
    """What the trial must tell apart: a response rate not worth having, one that would be, and both errors.

    Raises:
        SimulationError: a number outside its range, or a target that is not above the null rate.
    """

    null_rate: float = 0.5
    target_rate: float = 0.8
    alpha: float = 0.05
    beta: float = 0.2

    def __post_init__(self) -> None:
        check_rates(self.null_rate, self.target_rate, self.alpha, self.beta)


class Showing(msgspec.Struct, frozen=True):
    """What so many participants show: a row for each count of responders, and each design's chance to say yes.

    `single` uses all participants in one stage; Simon's two designs have the size that the rates ask for.
    """

    participants: int
    rates: Rates
    counts: tuple[Shown, ...]
    single: Characteristics
    at_rates: Characteristics
    """The single stage at the null and at the target rate: its true alpha and its power."""
    two_stage: TwoStage | None = None
    optimal: Characteristics | None = None
    minimax: Characteristics | None = None
    without_two_stage: str = ""

    def few(self, most: int = 25) -> tuple[Shown, ...]:
        """The counts that a table shows: all of them, or some at equal steps, with those where no turns to yes."""
        if len(self.counts) <= most:
            return self.counts
        limit = self.single.design.reject_above
        step = math.ceil(len(self.counts) / (most - 3))
        last = len(self.counts) - 1
        return tuple(
            row
            for row in self.counts
            if row.responders % step == 0 or row.responders in (limit, limit + 1, last)
        )


def show(participants: int, rates: Rates | None = None) -> Showing:
    """Return what so many participants can show.

    Raises:
        SimulationError: no participants, or more than enumeration takes.

    Example:
        >>> found = show(20)
        >>> [round(row.yes, 3) for row in found.at_rates.rows]
        [0.021, 0.804]
        >>> found.two_stage.optimal.label
        '4/7, 13/20'
    """
    asked = rates or Rates()
    counts = shown(participants, asked.null_rate, asked.alpha)
    design = single_stage(participants, asked.null_rate, asked.alpha)
    single = characteristics(design, CURVE_RATES)
    at_rates = characteristics(design, (asked.null_rate, asked.target_rate))
    try:
        two = two_stage(asked.null_rate, asked.target_rate, asked.alpha, asked.beta)
    except SimulationError as error:
        return Showing(participants, asked, counts, single, at_rates, without_two_stage=str(error))
    return Showing(
        participants,
        asked,
        counts,
        single,
        at_rates,
        two,
        characteristics(two.optimal.design, CURVE_RATES),
        characteristics(two.minimax.design, CURVE_RATES),
    )
