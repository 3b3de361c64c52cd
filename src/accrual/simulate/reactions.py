"""Cytokine release syndrome as an ordinal: none, mild, severe; likelier with more tumour and a higher peak.

Comes in: a therapy, the burden and the peak of each participant. Goes out: a grade each. Refuses: nothing.

P(grade at least j) = logistic(c_j + b_1 z_burden + b_2 z_peak), z in standard deviations of the therapy's own spread.
c_1 and c_2 are such that over that spread the shares are the published ones: calibrated, so they confirm nothing.
No spread of the peak is published for Kimmel's cells: there the peak does not tell participants apart.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from accrual.simulate.kinetics import Expansion
from accrual.simulate.parameters import RANGES, Floats
from accrual.simulate.therapies import Therapy
from accrual.simulate.tumour import MARROW_CELLS

_POINTS: Final = 200  # of each distribution, at equal steps of chance; set by hand


class Grade(IntEnum):
    """Only what was calibrated: published are the shares of any grade and of grade 3 or more."""

    NOT_INFUSED = -1
    NONE = 0
    MILD = 1  # grade 1 or 2
    SEVERE = 2  # grade 3 or more


def _normed(values: Floats, reference: Floats) -> Floats:
    """Values in standard deviations from the mean of the reference; 0 where the reference has no spread."""
    sd = float(reference.std())
    return (values - float(reference.mean())) / sd if sd > 1e-9 else np.zeros_like(values)


def _spread(therapy: Therapy) -> tuple[Floats, Floats]:
    """Points of the logarithm of burden and of peak, as the therapy spreads them."""
    middle = (np.arange(_POINTS) + 0.5) / _POINTS
    burden = therapy.tumour.burden_share.at(middle, RANGES["burden_share"], therapy.tumour.omega_as)
    peak = np.ones(_POINTS)
    if isinstance(therapy.cells, Expansion):
        name = "peak_copies_per_ug"
        peak = np.maximum(
            therapy.cells.peak_copies_per_ug.at(middle, RANGES[name], therapy.cells.omega_as), 1e-300
        )
    return np.log(burden * MARROW_CELLS), np.log(peak)


def grades(therapy: Therapy, ln_burden: Floats, peak: Floats, rolls: Floats) -> NDArray[np.int8]:
    """Return the grade of each participant; `peak` may be NaN where nothing was infused. All of shape (patients,)."""
    outcome = therapy.outcome
    burdens, peaks = _spread(therapy)
    by_burden, by_peak = outcome.crs_burden_slope.value, outcome.crs_peak_slope.value
    grid = (by_burden * _normed(burdens, burdens))[:, None] + by_peak * _normed(peaks, peaks)
    own = by_burden * _normed(ln_burden, burdens)
    if isinstance(therapy.cells, Expansion):
        known = np.where(np.isnan(peak), 1.0, np.maximum(peak, 1e-300))
        own = own + by_peak * _normed(np.log(known), peaks)
    grade = np.zeros(len(rolls), dtype=np.int8)
    for share in (outcome.crs_any.value, outcome.crs_severe.value):
        level = brentq(_excess, -200, 200, args=(grid, share), xtol=1e-10)
        grade += rolls < expit(own + level)
    return grade


def _excess(level: float, grid: Floats, share: float) -> float:
    """How much more of the spread reaches a grade at this level than should."""
    return float(expit(grid + level).mean()) - share
