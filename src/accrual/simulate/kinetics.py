"""CAR copies in blood over time, in closed form (Stein et al. 2019, doi:10.1002/psp4.12388).

Comes in: a parameter set, or one array a parameter with a value for each patient; days after infusion. Goes out:
copies per microgram of DNA, areas under the curve, doubling times and half-lives. Refuses: parameters outside their
range, days before the infusion.

Copies stay at the start for the lag (none in Stein's model), grow exponentially to the peak, then fall with a fast
and a slow rate::

    rho = ln(fold) / growth
    c(t) = peak / fold                                                     t <= lag
    c(t) = peak / fold * exp(rho (t - lag))                                t <= lag + growth
    c(t) = peak * ((1 - F) exp(-alpha s) + F exp(-beta s)),  s = t - lag - growth
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from accrual.errors import SimulationError
from accrual.simulate.parameters import (
    Fixed,
    Floats,
    LogNormal,
    ParameterSet,
    Rows,
    Spread,
    check,
    draw,
)

_STEIN = "Stein 2019, doi:10.1002/psp4.12388"
_LISO = "liso-cel, 261 patients, PMC8613160"
_BORROWED = "not stated for liso-cel; Stein 2019, doi:10.1002/psp4.12388"


class Expansion(ParameterSet, frozen=True, kw_only=True, tag="stein"):
    """A parameter set of the closed form. `lag_days` is 0 in Stein's own model."""

    fold: Spread
    lag_days: Spread
    growth_days: Spread
    peak_copies_per_ug: Spread
    alpha_per_day: Spread
    persistent_share: Spread
    beta_per_day: Spread
    residual_sd: Spread


STEIN: Final = Expansion(
    name="4-1BB",
    stands_for="tisagenlecleucel in 90 children and young adults with B-ALL",
    confounded=(
        "A product with a 4-1BB domain, not the domain: product, CD19, B-ALL and young age go with it. "
        "No source separates the domain from disease and product."
    ),
    fold=LogNormal(3900, 2.4, _STEIN, unclear=True),
    lag_days=Fixed(0, _STEIN),
    growth_days=LogNormal(9.3, 0.38, _STEIN, unclear=True),
    peak_copies_per_ug=LogNormal(24_000, 0.65, _STEIN, unclear=True),
    alpha_per_day=LogNormal(0.16, 0.91, _STEIN, unclear=True),
    persistent_share=LogNormal(0.0079, 0.80, _STEIN, unclear=True),
    beta_per_day=LogNormal(0.0032, 0.86, _STEIN, unclear=True),
    residual_sd=Fixed(0.56, _STEIN),
)

# Stated: lag 3.27 d, doubling time 0.755 d, peak on day 9.29, half-lives 5.00 and 352 d.
_LISO_GROWTH_DAYS: Final = 9.29 - 3.27
LISO_CEL: Final = Expansion(
    name="liso-cel",
    stands_for="lisocabtagene maraleucel in 261 patients; peak, persistent share and all spreads borrowed from Stein",
    confounded=(
        "Another 4-1BB product in another disease (lymphoma). Only times and rates are stated; the height of the "
        "peak is tisagenlecleucel's."
    ),
    fold=LogNormal(
        2 ** (_LISO_GROWTH_DAYS / 0.755), 2.4, f"from lag, doubling and peak day: {_LISO}", unclear=True
    ),
    lag_days=Fixed(3.27, _LISO),
    growth_days=LogNormal(_LISO_GROWTH_DAYS, 0.38, f"peak day less lag: {_LISO}", unclear=True),
    peak_copies_per_ug=LogNormal(24_000, 0.65, _BORROWED, unclear=True, assumed=True),
    alpha_per_day=LogNormal(math.log(2) / 5.00, 0.91, _LISO, unclear=True),
    persistent_share=LogNormal(0.0079, 0.80, _BORROWED, unclear=True, assumed=True),
    beta_per_day=LogNormal(math.log(2) / 352, 0.86, _LISO, unclear=True),
    residual_sd=Fixed(0.56, _BORROWED, assumed=True),
)


class Kinetics(msgspec.Struct, frozen=True):
    """The parameters of each patient: arrays of shape (patients,)."""

    fold: Floats
    lag_days: Floats
    growth_days: Floats
    peak_copies_per_ug: Floats
    alpha_per_day: Floats
    persistent_share: Floats
    beta_per_day: Floats

    @property
    def patients(self) -> int:
        """How many patients."""
        return len(self.fold)

    @property
    def growth_rate_per_day(self) -> Floats:
        """rho, the rate at which copies grow up to the peak; shape (patients,)."""
        return np.log(self.fold) / self.growth_days

    @property
    def peak_day(self) -> Floats:
        """The day of the peak; shape (patients,)."""
        return self.lag_days + self.growth_days

    @property
    def doubling_days(self) -> Floats:
        """The time in which copies double before the peak; infinite where they do not grow. Shape (patients,)."""
        with np.errstate(divide="ignore"):
            return math.log(2) / self.growth_rate_per_day

    @property
    def half_lives_days(self) -> tuple[Floats, Floats]:
        """The first and the last half-life after the peak, each of shape (patients,)."""
        return math.log(2) / self.alpha_per_day, math.log(2) / self.beta_per_day

    def part(self, patients: Rows) -> Kinetics:
        """The same for some of the patients."""
        return Kinetics(*(getattr(self, name)[patients] for name in self.__struct_fields__))


_INDIVIDUAL: Final = Kinetics.__struct_fields__


def kinetics(**values: ArrayLike) -> Kinetics:
    """Return the kinetics of patients whose parameters are known: numbers or arrays that go together.

    Raises:
        SimulationError: a parameter is missing, unknown or outside its range, or the arrays differ in length.

    Example:
        >>> kinetics(fold=3900, lag_days=0, growth_days=9.3, peak_copies_per_ug=24000, alpha_per_day=0.16,
        ...          persistent_share=0.0079, beta_per_day=0.0032).doubling_days.round(4)
        array([0.7796])
    """
    if set(values) != set(_INDIVIDUAL):
        missing, unknown = set(_INDIVIDUAL) - set(values), set(values) - set(_INDIVIDUAL)
        raise SimulationError(
            f"kinetics need {', '.join(_INDIVIDUAL)}: missing {sorted(missing)}, unknown {sorted(unknown)}"
        )
    arrays = [np.atleast_1d(np.asarray(values[name], dtype=np.float64)) for name in _INDIVIDUAL]
    lengths = {len(array) for array in arrays} - {1}
    if len(lengths) > 1 or any(array.ndim != 1 for array in arrays):
        raise SimulationError(
            f"kinetics need one number or one a patient for each parameter, not {sorted(lengths)}"
        )
    for name, array in zip(_INDIVIDUAL, arrays, strict=True):
        for end in (array.min(initial=math.inf), array.max(initial=-math.inf)) if len(array) else ():
            check(name, float(end))
    patients = lengths.pop() if lengths else 1
    return Kinetics(*(np.broadcast_to(array, (patients,)) for array in arrays))


def typical_kinetics(parameters: Expansion) -> Kinetics:
    """Return the kinetics of the one typical patient of a set."""
    return kinetics(**{name: getattr(parameters, name).typical for name in _INDIVIDUAL})


def draw_kinetics(parameters: Expansion, patients: int, generator: np.random.Generator) -> Kinetics:
    """Return the kinetics of virtual patients; the same generator state gives the same bytes.

    Example:
        >>> draw_kinetics(STEIN, 20, np.random.default_rng(7)).patients
        20
    """
    return Kinetics(*draw(parameters, _INDIVIDUAL, patients, generator))


def _columns(of: Kinetics, days: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    """Days as a row; growth rate, growth time so far and time since the peak of shape (patients, times)."""
    row = np.atleast_1d(np.asarray(days, dtype=np.float64))
    if row.size:
        check("days", float(row.min()))
        check("days", float(row.max()))
    since_lag = row[None, :] - of.lag_days[:, None]
    grown = np.clip(since_lag, 0, of.growth_days[:, None])
    return row, of.growth_rate_per_day[:, None], grown, np.maximum(since_lag - of.growth_days[:, None], 0)


def copies(of: Kinetics, days: ArrayLike) -> Floats:
    """Return copies per microgram of DNA, of shape (patients, times).

    Raises:
        SimulationError: a day before the infusion.

    Example:
        >>> copies(typical_kinetics(STEIN), [7, 14, 28, 90]).round(1)
        array([[ 3105.3, 11411.5,  1373.6,   146.5]])
    """
    _, rho, grown, past = _columns(of, days)
    slow = of.persistent_share[:, None]
    fall = (1 - slow) * np.exp(-of.alpha_per_day[:, None] * past) + slow * np.exp(
        -of.beta_per_day[:, None] * past
    )
    return (of.peak_copies_per_ug / of.fold)[:, None] * np.exp(rho * grown) * fall


def area(of: Kinetics, days: ArrayLike) -> Floats:
    """Return the area under the curve from day 0, in copies per microgram times days; shape (patients, times).

    Example:
        >>> area(typical_kinetics(STEIN), 28).round(1)
        array([[171774.3]])
    """
    row, rho, grown, past = _columns(of, days)
    slow, alpha, beta = of.persistent_share[:, None], of.alpha_per_day[:, None], of.beta_per_day[:, None]
    # exprel(x) = (exp(x) - 1) / x, also where x is 0: copies that do not grow, a rate that is nearly none.
    start = (of.peak_copies_per_ug / of.fold)[:, None]
    rise = start * (np.minimum(row[None, :], of.lag_days[:, None]) + grown * exprel(rho * grown))
    fall = past * ((1 - slow) * exprel(-alpha * past) + slow * exprel(-beta * past))
    whole: Floats = rise + of.peak_copies_per_ug[:, None] * fall
    return whole


def area_to_infinity(of: Kinetics) -> Floats:
    """Return the whole area under the curve, copies per microgram times days; shape (patients,).

    Example:
        >>> area_to_infinity(typical_kinetics(STEIN)).round(1)
        array([235051.3])
    """
    rho = of.growth_rate_per_day
    rise = of.lag_days + of.growth_days * exprel(rho * of.growth_days)
    fall = (1 - of.persistent_share) / of.alpha_per_day + of.persistent_share / of.beta_per_day
    whole: Floats = of.peak_copies_per_ug * (rise / of.fold + fall)
    return whole


def measured(values: Floats, residual_sd: float, generator: np.random.Generator) -> Floats:
    """Return values as a laboratory would report them: with a residual error on the logarithm; any shape."""
    check("residual_sd", residual_sd)
    return values * np.exp(residual_sd * generator.standard_normal(values.shape))
