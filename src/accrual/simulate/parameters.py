"""Parameters of the virtual trial: a value with its spread and its source, the range in which it means something.

Comes in: a parameter set (a frozen Struct whose fields are spreads), numbers that replace some of them, a seeded
generator. Goes out: individual values, one a virtual participant. Refuses: unknown names, numbers outside the range.

A spread is drawn by the inverse of its distribution function, from one uniform number a participant, and within the
parameter's range: so two sets drawn with one seed differ in their parameters only, and no draw is impossible.
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from accrual.errors import SimulationError

Floats = NDArray[np.float64]
Rows = slice | NDArray[np.int64]

OmegaAs = Literal["sd", "variance"]
"""How a published omega is read: as the standard deviation of the logarithm, or as its variance."""

GIVEN: Final = "given by the user"
_QUARTILE: Final = 0.6744897501960817  # 75 % point of the standard normal distribution


class Range(NamedTuple):
    """From `low` to `high`, both allowed; `unit` as people write it."""

    low: float
    high: float
    unit: str


RANGES: Final[dict[str, Range]] = {
    # Set by hand: wide enough for any published product, narrow enough that every formula stays finite.
    "fold": Range(1, 1e12, "times"),
    "lag_days": Range(0, 60, "days"),
    "growth_days": Range(0.1, 365, "days"),
    "peak_copies_per_ug": Range(0, 1e9, "copies per microgram"),
    "alpha_per_day": Range(1e-6, 24, "per day"),
    "persistent_share": Range(0, 1, "of the peak"),
    "beta_per_day": Range(1e-6, 24, "per day"),
    "residual_sd": Range(0, 5, "on the natural logarithm"),
    "white_cells_per_uL": Range(1, 1e7, "cells per microlitre"),
    "vector_copies_per_cell": Range(0.01, 100, "copies per cell"),
    "kill_rate_per_day": Range(0, 24, "per day"),
    "half_kill_cells_per_uL": Range(1e-6, 1e6, "cells per microlitre"),
    "growth_rate_per_day": Range(1e-3, 5, "per day"),
    "burden_share": Range(1e-12, 1, "of the cells a full marrow holds"),
    "negative_share": Range(0, 1, "of the tumour cells"),
    "negative_chance": Range(0, 1, "of the participants"),
    "flow_positive_share": Range(1e-6, 1 - 1e-6, "of the tumour cells"),
    "density_sd": Range(0.01, 5, "on the natural logarithm"),
    "half_density": Range(0, 1e6, "times the density that flow cytometry sees"),
    "normal_capacity_cells_per_uL": Range(1, 1e6, "cells per microlitre"),
    "car_capacity_cells_per_uL": Range(1e-3, 1e6, "cells per microlitre"),
    "normal_rate_per_day": Range(0, 24, "per day"),
    "car_rate_per_day": Range(0, 24, "per day"),
    "expansion_slope": Range(1e-6, 1e3, "without unit"),
    "expansion_rate_per_day": Range(0, 24, "per day"),
    "normal_start_cells_per_uL": Range(1e-6, 1e6, "cells per microlitre"),
    "car_start_cells_per_uL": Range(1e-9, 1e6, "cells per microlitre"),
    "tumour_start_mL": Range(1e-9, 1e6, "millilitres"),
    "tumour_rate_per_day": Range(1e-3, 5, "per day"),
    "manufacturing_failure": Range(0, 1, "of the participants"),
    "fratricide": Range(0, 1, "of the participants"),
    "early_death": Range(0, 1, "of the participants"),
    "crs_any": Range(1e-3, 1 - 1e-3, "of the infused"),
    "crs_severe": Range(1e-3, 1 - 1e-3, "of the infused"),
    "crs_burden_slope": Range(-10, 10, "log odds per SD"),
    "crs_peak_slope": Range(-10, 10, "log odds per SD"),
    "transplant_rate_per_day": Range(0, 1, "per day"),
    "death_rate_per_day": Range(0, 1, "per day"),
    "participants": Range(1, 1e5, "participants"),
    "replicates": Range(1, 1e6, "replicates"),
    "patients": Range(1, 1e8, "patients"),
    "participants times replicates": Range(
        1, 5e6, "virtual participants; each takes about 300 bytes of memory"
    ),
    "omega": Range(0, 10, "on the natural logarithm"),
    "follow_up_days": Range(28, 7300, "days"),
    "days": Range(0, 1e5, "days after infusion"),
    "level": Range(0.5, 0.9999, "of the distribution"),
    "grow_back_share": Range(1, 1e6, "of the tumour at the start"),
    "tolerance": Range(1e-12, 1e-2, "relative error of a step"),
    # Designs: wide enough for any trial, narrow enough that enumeration ends within seconds.
    "rate": Range(0, 1, "of the participants"),
    "null_rate": Range(0.001, 0.998, "of the participants"),
    "target_rate": Range(0.002, 0.999, "of the participants"),
    "alpha": Range(1e-4, 0.5, "chance of a wrong yes"),
    "beta": Range(1e-4, 0.5, "chance of a wrong no"),
    "arm": Range(1, 1000, "participants"),
    "two_stage_arm": Range(2, 500, "participants"),
    "responders": Range(0, 1000, "participants"),
    "first_look": Range(1, 1000, "participants"),
    "each_look": Range(1, 1000, "participants"),
    "prior_responders": Range(1e-3, 1e3, "participants' worth of belief"),
    "prior_others": Range(1e-3, 1e3, "participants' worth of belief"),
    "sure": Range(0.5, 0.9999, "of belief"),
    "stop_below": Range(0, 0.5, "predictive probability"),
    "stop_above": Range(0.5, 1, "predictive probability"),
    "toxicity_target": Range(0.05, 0.6, "of the participants"),
    "cohort": Range(1, 30, "participants"),
    "cohorts": Range(1, 100, "cohorts"),
    "eliminate_above": Range(0.5, 0.9999, "of belief"),
    "population": Range(1, 1e5, "patients; each takes some 10 kB of memory"),
    # Enrolment: from one participant in 80 years to a thousand a month at each site.
    "wanted": Range(1, 1e6, "participants"),
    "sites": Range(1, 5000, "sites"),
    "site_rate_per_month": Range(1e-3, 1e3, "participants a month at each site"),
    "site_shape": Range(0.05, 1e4, "without unit"),
    "ramp_up_months": Range(0, 240, "months"),
    "enrolled_share": Range(1e-4, 1, "of those who come"),
    "pace_shape": Range(0.05, 1e8, "without unit"),
    "pace_scale_months": Range(1e-6, 1e12, "months"),
    "months": Range(0, 1e6, "months"),
    "held_level": Range(0.01, 0.9999, "of the trials"),
    "chance": Range(1e-6, 1 - 1e-6, "of the trials"),
}
"""Every number that a caller may give, by its name."""


def check(name: str, value: float) -> float:
    """Return `value` if it lies in the range of the parameter `name`.

    Raises:
        SimulationError: it does not, or is not a number.

    Example:
        >>> check("persistent_share", 0.0079)
        0.0079
    """
    low, high, unit = RANGES[name]
    if not low <= value <= high:
        raise SimulationError(f"{name} is {value:g}: give a number from {low:g} to {high:g} ({unit})")
    return value


def check_count(name: str, value: float) -> int:
    """Return `value` if it is a whole number in the range of the parameter `name`.

    Raises:
        SimulationError: it is not.

    Example:
        >>> check_count("participants", 20)
        20
    """
    if check(name, value) != int(value):
        raise SimulationError(f"{name} is {value:g}: give a whole number")
    return int(value)


class Fixed(msgspec.Struct, frozen=True, tag="fixed"):
    """One value for everybody: `Fixed(4.05, "Kimmel 2021")`."""

    value: float
    source: str
    assumed: bool = False

    @property
    def typical(self) -> float:
        """The value."""
        return self.value

    def limits(self) -> tuple[float, ...]:
        """The numbers that must lie in the parameter's range."""
        return (self.value,)

    def at(self, shares: Floats, within: Range, omega_as: OmegaAs) -> Floats:
        """The value for each of `shares`, points of the distribution function between 0 and 1."""
        return np.full_like(shares, self.value)


class LogNormal(msgspec.Struct, frozen=True, tag="log-normal"):
    """Normal on the natural logarithm. `omega` is its SD; where `unclear`, the source may mean the variance."""

    typical: float
    omega: float
    source: str
    unclear: bool = False
    assumed: bool = False

    def __post_init__(self) -> None:
        check("omega", self.omega)

    def limits(self) -> tuple[float, ...]:
        """The numbers that must lie in the parameter's range."""
        return (self.typical,)

    def sd(self, omega_as: OmegaAs) -> float:
        """The standard deviation on the natural logarithm, as omega is read."""
        return math.sqrt(self.omega) if self.unclear and omega_as == "variance" else self.omega

    def at(self, shares: Floats, within: Range, omega_as: OmegaAs) -> Floats:
        """The value for each of `shares`, of the distribution cut off at the ends of the range."""
        sd, middle = self.sd(omega_as), math.log(self.typical) if self.typical > 0 else -math.inf
        if sd == 0 or middle == -math.inf:
            return np.full_like(shares, self.typical)
        below = float(ndtr((math.log(within.low) - middle) / sd)) if within.low > 0 else 0.0
        above = float(ndtr((math.log(within.high) - middle) / sd))
        drawn: Floats = np.exp(middle + sd * ndtri(below + (above - below) * shares))
        return np.clip(drawn, within.low, within.high)


class SplitLogNormal(msgspec.Struct, frozen=True, tag="split-log-normal"):
    """Half a log-normal on each side of the median, so that median and both quartiles are as published."""

    typical: float
    lower_quartile: float
    upper_quartile: float
    source: str
    assumed: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.lower_quartile <= self.typical <= self.upper_quartile:
            raise SimulationError(
                f"quartiles {self.lower_quartile:g} and {self.upper_quartile:g} of a median of {self.typical:g}: "
                "give one above 0 and not above the median, one not below it"
            )

    def limits(self) -> tuple[float, ...]:
        """The numbers that must lie in the parameter's range."""
        return (self.typical, self.lower_quartile, self.upper_quartile)

    def at(self, shares: Floats, within: Range, omega_as: OmegaAs) -> Floats:
        """The value for each of `shares`; what lies beyond the range is put at its end."""
        normal = ndtri(shares)
        low = math.log(self.typical / self.lower_quartile) / _QUARTILE
        high = math.log(self.upper_quartile / self.typical) / _QUARTILE
        drawn: Floats = self.typical * np.exp(normal * np.where(normal < 0, low, high))
        return np.clip(drawn, within.low, within.high)


class Uniform(msgspec.Struct, frozen=True, tag="uniform"):
    """Every value from `low` to `high` is as likely; with `on_log`, every order of magnitude."""

    low: float
    high: float
    source: str
    on_log: bool = False
    assumed: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.high or (self.on_log and not self.low > 0):
            raise SimulationError(
                f"from {self.low:g} to {self.high:g}: give the lower end first"
                + (", above 0, for orders of magnitude" if self.on_log else "")
            )

    @property
    def typical(self) -> float:
        """The middle."""
        return math.sqrt(self.low * self.high) if self.on_log else (self.low + self.high) / 2

    def limits(self) -> tuple[float, ...]:
        """The numbers that must lie in the parameter's range."""
        return (self.low, self.high)

    def at(self, shares: Floats, within: Range, omega_as: OmegaAs) -> Floats:
        """The value for each of `shares`."""
        if self.on_log:
            return np.clip(self.low * (self.high / self.low) ** shares, self.low, self.high)
        return self.low + (self.high - self.low) * shares


Spread = Fixed | LogNormal | SplitLogNormal | Uniform


class ParameterSet(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every parameter set: a name, what it stands for, what is confounded in it, how omega is read."""

    name: str
    stands_for: str
    confounded: str = ""
    omega_as: OmegaAs = "sd"

    def __post_init__(self) -> None:
        if self.omega_as not in ("sd", "variance"):
            raise SimulationError(f"omega_as is {self.omega_as!r}: give 'sd' or 'variance'")
        for name in spreads(type(self)):
            for number in getattr(self, name).limits():
                check(name, number)


Set = TypeVar("Set", bound=ParameterSet)


def spreads(kind: type[ParameterSet]) -> tuple[str, ...]:
    """Return the names of the parameters of a kind of set, in order."""
    return tuple(name for name in kind.__struct_fields__ if name not in ParameterSet.__struct_fields__)


def changed(parameters: Set, **values: float) -> Set:
    """Return the set with other typical values; a log-normal spread keeps its width, any other becomes fixed.

    Raises:
        SimulationError: the set has no parameter of that name, or the number is outside its range.

    Example:
        >>> from accrual.simulate.kinetics import STEIN
        >>> changed(STEIN, alpha_per_day=0.2).alpha_per_day.typical
        0.2
    """
    known = spreads(type(parameters))
    replaced: dict[str, Spread] = {}
    for name, value in values.items():
        if name not in known:
            raise SimulationError(
                f"{name[:80]!r} is not a parameter of {parameters.name!r}: it has {', '.join(known)}"
            )
        check(name, value)
        before: Spread = getattr(parameters, name)
        replaced[name] = (
            msgspec.structs.replace(before, typical=value, source=GIVEN)
            if isinstance(before, LogNormal)
            else Fixed(value, GIVEN)
        )
    return msgspec.structs.replace(parameters, **replaced)


def draw(
    parameters: ParameterSet, names: tuple[str, ...], size: int, generator: np.random.Generator
) -> list[Floats]:
    """Return one array of shape (size,) for each of `names`, in that order.

    One uniform number is used for each participant and name, whatever the spread: a fixed value uses one too.
    """
    check("patients", size)
    return [
        getattr(parameters, name).at(generator.random(size), RANGES[name], parameters.omega_as)
        for name in names
    ]
