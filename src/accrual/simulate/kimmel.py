"""CAR-T cells, normal T cells and tumour over time by differential equations (Kimmel et al. 2021).

Comes in: a parameter set, or arrays with a value for each patient; days after infusion. Goes out: cells and tumour
volume, the day of progression, the exposure of a tumour, the chance that it dies out. Refuses: parameters outside
their range.

Source: doi:10.1098/rspb.2021.0229, SBML BIOMD0000001041. With T = N + C::

    dN/dt = -r_N N ln(T / K_N)
    dC/dt = -r_C C ln(T / K_C),   r_C = rho_C + b (T - K_N)^2 / (a T^2 + (T - K_N)^2)
    dB/dt = r_B B - gamma B C / (k_B + C)

N and C do not depend on B, and B(t) = B(0) exp(r_B t - gamma * integral of C / (k_B + C)): so the tumour is never
below nothing and never overflows, and only cells are stepped, with the error of each step under control.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from accrual.errors import SimulationError
from accrual.simulate.exposure import LIFETIME_DAYS, Exposure, checked_horizon, empty_panels, exposure_of
from accrual.simulate.extinction import ln_chance_extinct, ln_kendall
from accrual.simulate.loops import crossings, kimmel_panels, kimmel_values
from accrual.simulate.parameters import (
    Fixed,
    Floats,
    ParameterSet,
    Rows,
    SplitLogNormal,
    Spread,
    check,
    draw,
    spreads,
)

_KIMMEL = "Kimmel 2021, doi:10.1098/rspb.2021.0229"
CELLS_PER_ML: Final = 1e9  # tumour cells in a millilitre, Kimmel 2021
TOLERANCE: Final = 1e-8  # relative error of a step; set by hand, far below what any figure shows


class CellEquations(ParameterSet, frozen=True, kw_only=True, tag="kimmel"):
    """A parameter set of Kimmel's equations. r_B is the middle one of its progression figure."""

    normal_capacity_cells_per_uL: Spread  # noqa: N815 (a unit), here and below
    car_capacity_cells_per_uL: Spread  # noqa: N815
    normal_rate_per_day: Spread
    car_rate_per_day: Spread
    expansion_slope: Spread
    expansion_rate_per_day: Spread
    half_kill_cells_per_uL: Spread  # noqa: N815
    normal_start_cells_per_uL: Spread  # noqa: N815
    car_start_cells_per_uL: Spread  # noqa: N815
    kill_rate_per_day: Spread
    tumour_rate_per_day: Spread
    tumour_start_mL: Spread  # noqa: N815


KIMMEL: Final = CellEquations(
    name="CD28",
    stands_for="axicabtagene ciloleucel in large B-cell lymphoma, the typical patient",
    confounded=(
        "A product with a CD28 domain, not the domain: product, CD19, lymphoma and lymphodepletion go with it. "
        "No source separates the domain from disease and product. No spread of the cells between patients is "
        "published; kill rate, half-kill and tumour growth are confounded by one tumour measurement a patient."
    ),
    normal_capacity_cells_per_uL=Fixed(500, _KIMMEL),
    car_capacity_cells_per_uL=Fixed(139, _KIMMEL),
    normal_rate_per_day=Fixed(0.17, _KIMMEL),
    car_rate_per_day=Fixed(0.0251, _KIMMEL),
    expansion_slope=Fixed(0.423, _KIMMEL),
    expansion_rate_per_day=Fixed(0.525, _KIMMEL),
    half_kill_cells_per_uL=Fixed(4.05, _KIMMEL),
    normal_start_cells_per_uL=Fixed(6, _KIMMEL),
    car_start_cells_per_uL=Fixed(0.36, _KIMMEL),
    kill_rate_per_day=SplitLogNormal(1.15, 0.64, 1.35, _KIMMEL),
    tumour_rate_per_day=Fixed(0.19, f"{_KIMMEL}, the middle of its progression figure"),
    tumour_start_mL=Fixed(94.86, _KIMMEL),
)

_ORDER: Final = (
    "normal_capacity_cells_per_uL",
    "car_capacity_cells_per_uL",
    "normal_rate_per_day",
    "car_rate_per_day",
    "expansion_slope",
    "expansion_rate_per_day",
    "half_kill_cells_per_uL",
    "normal_start_cells_per_uL",
    "car_start_cells_per_uL",
)
_TUMOUR: Final = ("kill_rate_per_day", "tumour_rate_per_day", "tumour_start_mL")


class Cells(msgspec.Struct, frozen=True):
    """The parameters of each patient: `equations` (patients, 9) in the order of the set; the others (patients,)."""

    equations: Floats
    kill_rate_per_day: Floats
    tumour_rate_per_day: Floats
    tumour_start_mL: Floats  # noqa: N815 (a unit)

    @property
    def patients(self) -> int:
        """How many patients."""
        return len(self.equations)

    def part(self, patients: Rows) -> Cells:
        """The same for some of the patients."""
        return Cells(*(getattr(self, name)[patients] for name in self.__struct_fields__))


class Course(msgspec.Struct, frozen=True):
    """What the equations give: `days` (times,); cells per uL, and ln of the tumour in mL, (patients, times)."""

    days: Floats
    normal_cells_per_uL: Floats  # noqa: N815 (a unit)
    car_cells_per_uL: Floats  # noqa: N815 (a unit)
    ln_tumour_mL: Floats  # noqa: N815 (a unit)


def typical_cells(parameters: CellEquations) -> Cells:
    """Return the one typical patient of a set."""
    values = {name: np.array([getattr(parameters, name).typical]) for name in spreads(CellEquations)}
    return Cells(np.column_stack([values[name] for name in _ORDER]), *(values[name] for name in _TUMOUR))


def draw_cells(parameters: CellEquations, patients: int, generator: np.random.Generator) -> Cells:
    """Return virtual patients; the same generator state gives the same bytes."""
    drawn = draw(parameters, _ORDER + _TUMOUR, patients, generator)
    return Cells(np.column_stack(drawn[:9]), *drawn[9:])


def solve(of: Cells, days: ArrayLike, tolerance: float = TOLERANCE) -> Course:
    """Return cells and tumour at each day.

    Raises:
        SimulationError: a day before the infusion; parameters that the solver cannot follow.

    Example:
        >>> solve(typical_cells(KIMMEL), [14, 28, 90]).car_cells_per_uL.round(3)
        array([[8.975, 2.487, 0.338]])
    """
    check("tolerance", tolerance)
    wanted = np.atleast_1d(np.asarray(days, dtype=np.float64))
    for end in (wanted.min(), wanted.max()) if wanted.size else ():
        check("days", float(end))
    order = np.argsort(wanted, kind="stable")
    values = np.empty((of.patients, len(wanted), 3))
    if not kimmel_values(_with_logarithms(of), wanted[order], tolerance, values):
        raise _stuck(of)
    values[:, order] = values.copy()
    growth, kill = of.tumour_rate_per_day[:, None], of.kill_rate_per_day[:, None]
    ln_tumour = np.log(of.tumour_start_mL)[:, None] + growth * wanted - kill * values[:, :, 2]
    return Course(wanted, values[:, :, 0], values[:, :, 1], ln_tumour)


def kimmel_exposure(
    of: Cells,
    horizon_days: float,
    growth_rate_per_day: Floats | None = None,
    kill_rate_per_day: Floats | None = None,
) -> Exposure:
    """Return the exposure to these cells; the rates, its own where none are given, say how fine and how far it goes.

    Raises:
        SimulationError: parameters that the solver cannot follow.
    """
    growth = of.tumour_rate_per_day if growth_rate_per_day is None else growth_rate_per_day
    kill = of.kill_rate_per_day if kill_rate_per_day is None else kill_rate_per_day
    horizon, panels = checked_horizon(horizon_days), empty_panels(of.patients)
    used = kimmel_panels(
        _with_logarithms(of), np.column_stack((kill, growth)), horizon, LIFETIME_DAYS, TOLERANCE, *panels
    )
    return exposure_of(panels, used, horizon)


def progression_days(of: Cells, grow_back_share: float = 1.2, until_days: float = 3650) -> Floats:
    """Return the first day on which the tumour is `grow_back_share` of what it was; infinite where never; (patients,).

    Example:
        >>> progression_days(typical_cells(KIMMEL)).round(1)
        array([193.5])
    """
    check("grow_back_share", grow_back_share)
    exposure = kimmel_exposure(of, until_days)
    found = np.empty(of.patients)
    nothing = np.zeros((of.patients, 1))
    limit = np.full(of.patients, math.log(grow_back_share))
    crossings(
        exposure.days,
        exposure.full_days,
        nothing,
        of.kill_rate_per_day[:, None].copy(),
        of.tumour_rate_per_day,
        0.0,
        limit,
        exposure.horizon_days,
        found,
    )
    return found


def extinction_chance(of: Cells) -> Floats:
    """Return the chance that the whole tumour dies out (Kendall), for each patient; shape (patients,)."""
    exposure = kimmel_exposure(of, 90)
    ln_j = ln_kendall(exposure, of.kill_rate_per_day[:, None], of.tumour_rate_per_day)[:, 0]
    return np.exp(ln_chance_extinct(ln_j, np.log(of.tumour_start_mL * CELLS_PER_ML)))


def _with_logarithms(of: Cells) -> Floats:
    """The equations with the logarithms of both capacities behind them, so that a step takes one logarithm only."""
    return np.column_stack((of.equations, np.log(of.equations[:, :2])))


def _stuck(of: Cells) -> SimulationError:
    return SimulationError(
        f"the cells of {of.patients} patients could not be followed: the steps became too small; "
        f"give values of {', '.join(_ORDER)} nearer to the published ones"
    )
