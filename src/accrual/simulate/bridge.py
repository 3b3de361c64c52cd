"""From CAR copies in blood to cells that kill: the bridge between closed-form kinetics and the tumour.

Comes in: kinetics, and for each patient the white blood cells and the vector copies a cell. Goes out: cells per
microlitre a copy per microgram, and the exposure of the tumour. Refuses: parameters outside their range.

x = kappa c with kappa = WBC / (1.5e5 VCN): a microgram of DNA is that of 1.5e5 cells (6.6 pg a cell), of which the
copies are VCN each in CAR-T cells. At 3,000 white cells per uL and one copy a cell, kappa is 0.02.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from accrual.errors import SimulationError
from accrual.simulate.exposure import (
    LIFETIME_DAYS,
    Exposure,
    checked_horizon,
    empty_panels,
    exposure_of,
)
from accrual.simulate.kinetics import Kinetics
from accrual.simulate.loops import stein_panels
from accrual.simulate.parameters import Floats

CELLS_PER_UG: Final = 1.5e5  # diploid genomes in a microgram of DNA, 6.6 pg each


def cells_a_copy(white_cells_per_uL: Floats, vector_copies_per_cell: Floats) -> Floats:  # noqa: N803 (a unit)
    """Return kappa, CAR-T cells per uL for each copy per microgram of DNA; shape (patients,).

    Example:
        >>> cells_a_copy(np.array([3000.0]), np.array([1.0]))
        array([0.02])
    """
    kappa: Floats = white_cells_per_uL / (CELLS_PER_UG * vector_copies_per_cell)
    return kappa


def stein_exposure(
    kinetics: Kinetics,
    kappa: Floats,
    half_kill_cells_per_uL: Floats,  # noqa: N803 (a unit)
    kill_rate_per_day: Floats,
    growth_rate_per_day: Floats,
    horizon_days: float,
) -> Exposure:
    """Return the exposure to cells that follow closed-form kinetics; every array is of shape (patients,).

    Kill and growth rate do not change the exposure; they say how finely, and how far past the horizon, Kendall's
    integral needs it.

    Raises:
        SimulationError: arrays of different lengths, or rates that are too far apart to be worked out.
    """
    patients = kinetics.patients
    columns = (kappa, half_kill_cells_per_uL, kill_rate_per_day, growth_rate_per_day)
    if any(column.shape != (patients,) for column in columns):
        raise SimulationError(f"{patients} patients need {patients} values of each parameter of the tumour")
    individual = np.column_stack([getattr(kinetics, name) for name in Kinetics.__struct_fields__])
    horizon, panels = checked_horizon(horizon_days), empty_panels(patients)
    used = stein_panels(individual, np.column_stack(columns), horizon, LIFETIME_DAYS, *panels)
    return exposure_of(panels, used, horizon)
