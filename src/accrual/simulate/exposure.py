"""How strongly CAR-T cells work over time: the one thing that a model of cells hands to the tumour.

Comes in: the panels that `bridge` and `kimmel` fill. Goes out: the share of the full kill rate that is at work, its
integral at any day. Refuses: days past the horizon.

With x cells in blood, share = x / (k + x). An antigen-positive cell then follows d ln B/dt = g - gamma share, so its
count is B(0) exp(g t - gamma full(t)) with full(t) the integral of share: days of kill at the full rate.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from accrual.errors import SimulationError
from accrual.simulate.loops import PANELS, full_values
from accrual.simulate.parameters import Floats, check

LIFETIME_DAYS: Final = 20_000.0  # set by hand, 55 years: chances of dying out are by then, not by infinity


class Exposure(msgspec.Struct, frozen=True):
    """Points of each patient's exposure: arrays of shape (patients, 5 panels + 1), six Lobatto points a panel.

    Each patient has panels of their own; one who needs fewer than others repeats the last point.
    """

    days: Floats
    share: Floats
    full_days: Floats
    horizon_days: float

    @property
    def patients(self) -> int:
        """How many patients."""
        return len(self.days)

    def full_until(self, days: ArrayLike) -> Floats:
        """Return the integral of share from the infusion to each day, of shape (patients, times); any order.

        `days` are the same for all, or of shape (patients, times).

        Raises:
            SimulationError: a day before the infusion or past the horizon.
        """
        wanted = np.atleast_2d(np.asarray(days, dtype=np.float64))
        if wanted.shape[0] not in (1, self.patients) or wanted.ndim > 2:
            raise SimulationError(
                f"days of shape {wanted.shape}: give one row, or one for each of {self.patients}"
            )
        if wanted.size and not (wanted.min() >= 0 and wanted.max() <= self.horizon_days):
            raise SimulationError(
                f"days are {wanted.min():g} to {wanted.max():g}: this exposure was worked out from day 0 "
                f"to {self.horizon_days:g}; ask for a longer follow-up"
            )
        order = np.argsort(wanted, axis=1, kind="stable")
        sorted_values = np.empty((self.patients, wanted.shape[1]))
        full_values(self.days, self.full_days, np.take_along_axis(wanted, order, axis=1), sorted_values)
        values = np.empty_like(sorted_values)
        np.put_along_axis(values, np.broadcast_to(order, values.shape), sorted_values, axis=1)
        return values


def empty_panels(patients: int) -> tuple[Floats, Floats, Floats]:
    """Return room for the panels of so many patients: days, share, full days."""
    shape = (patients, 5 * PANELS + 1)
    return np.empty(shape), np.empty(shape), np.empty(shape)


def exposure_of(panels: tuple[Floats, Floats, Floats], used: int, horizon_days: float) -> Exposure:
    """Return the exposure out of filled panels.

    Raises:
        SimulationError: the panels did not do (`used` is negative): rates that are too different for one run.
    """
    if used < 0:
        raise SimulationError(
            f"the exposure over {horizon_days:g} days needs more than {PANELS} panels for a patient: kill rate, "
            "growth rate and the rates of the cells are too far apart; give values nearer to the published ones"
        )
    kept = 5 * used + 1
    days, share, full = (np.ascontiguousarray(array[:, :kept]) for array in panels)
    return Exposure(days, share, full, horizon_days)


def checked_horizon(horizon_days: float) -> float:
    """Return a follow-up that can be worked out: at least one day."""
    return max(1.0, check("days", horizon_days))
