"""A tumour of two clones under CAR-T cells: antigen-positive of continuous density, and truly negative.

Comes in: a parameter set, or arrays with a value for each patient; an exposure. Goes out: cells of each clone over
time, how each comes back or dies out, the day it reaches a limit. Refuses: parameters outside their range.

A cell of density a (in units of what flow cytometry just sees) is killed at gamma h share, h = a / (a_half + a); a
cell without antigen is not killed at all. Densities are log-normal over the cells of one tumour, laid in bands a third
of a standard deviation wide, so that also the dimmest of 1e12 cells have a band of their own::

    B+(t) = B+(0) exp(g t) * sum over bands of weight exp(-gamma h full(t)),   B-(t) = phi B(0) exp(g t)

The cut of flow cytometry is not the cut of killing: a tumour of which 40 % is "positive" is dim, not 60 % spared.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from accrual.errors import SimulationError
from accrual.simulate.bridge import cells_a_copy
from accrual.simulate.exposure import Exposure
from accrual.simulate.extinction import ln_kendall, ln_regrowth
from accrual.simulate.loops import crossings
from accrual.simulate.parameters import (
    Fixed,
    Floats,
    LogNormal,
    ParameterSet,
    Rows,
    SplitLogNormal,
    Spread,
    Uniform,
    check,
    draw,
)

MARROW_CELLS: Final = 1e12  # cells of a full marrow; blasts of 5 % are 5e10 (shared reference, section 3)
BANDS: Final = (
    20  # set by hand; more of them move the mean chance of dying out by less than 0.01 (tests/simulate)
)
_DIM_SD: Final = (-7.0, -0.5)  # of 1e12 cells about one lies below the first; in standard deviations
_BRIGHT_SD: Final = 1.0

_KIMMEL = "Kimmel 2021, doi:10.1098/rspb.2021.0229"
_BY_HAND = "set by hand: no source; see docs/virtual-trial.md"


class TumourParameters(ParameterSet, frozen=True, kw_only=True, tag="tumour"):
    """A parameter set of the tumour and of the bridge from copies to cells."""

    white_cells_per_uL: Spread  # noqa: N815 (a unit), here and below
    vector_copies_per_cell: Spread
    kill_rate_per_day: Spread
    half_kill_cells_per_uL: Spread  # noqa: N815
    growth_rate_per_day: Spread
    burden_share: Spread
    negative_share: Spread
    negative_chance: Spread
    flow_positive_share: Spread
    density_sd: Spread
    half_density: Spread


LEUKAEMIA: Final = TumourParameters(
    name="T-ALL",
    stands_for="an antigen-positive acute leukaemia in relapse; kill law of CD19 CAR-T cells in lymphoma",
    confounded=(
        "Kill rate, half-kill and growth rate are confounded by one tumour measurement a patient. CD19 stands in for "
        "CD7. Growth, burden, negative share and density are assumptions."
    ),
    white_cells_per_uL=LogNormal(3000, 0.5, _BY_HAND, assumed=True),
    vector_copies_per_cell=LogNormal(1.0, 0.4, _BY_HAND, assumed=True),
    kill_rate_per_day=SplitLogNormal(1.15, 0.64, 1.35, _KIMMEL),
    half_kill_cells_per_uL=Fixed(4.05, _KIMMEL),
    growth_rate_per_day=LogNormal(0.1, 0.5, _BY_HAND, assumed=True),
    burden_share=Uniform(0.05, 0.95, _BY_HAND, assumed=True),
    negative_share=Uniform(1e-9, 1e-5, _BY_HAND, on_log=True, assumed=True),
    negative_chance=Fixed(1.0, _BY_HAND, assumed=True),
    flow_positive_share=Uniform(0.30, 0.99, _BY_HAND, assumed=True),
    density_sd=Fixed(0.7, _BY_HAND, assumed=True),
    half_density=Fixed(0.1, _BY_HAND, assumed=True),
)


class Tumours(msgspec.Struct, frozen=True):
    """The tumour of each patient: arrays of shape (patients,). `negative_cells` is the mean; a count is drawn later."""

    kappa: Floats
    kill_rate_per_day: Floats
    half_kill_cells_per_uL: Floats  # noqa: N815 (a unit)
    growth_rate_per_day: Floats
    cells: Floats
    negative_cells: Floats
    flow_positive_share: Floats
    density_sd: Floats
    half_density: Floats

    @property
    def patients(self) -> int:
        """How many patients."""
        return len(self.cells)

    def part(self, patients: Rows) -> Tumours:
        """The same for some of the patients."""
        return Tumours(*(getattr(self, name)[patients] for name in self.__struct_fields__))


_DRAWN: Final = TumourParameters.__struct_fields__[len(ParameterSet.__struct_fields__) :]


def _tumours(values: dict[str, Floats], carries: Floats) -> Tumours:
    cells = MARROW_CELLS * values["burden_share"]
    return Tumours(
        kappa=cells_a_copy(values["white_cells_per_uL"], values["vector_copies_per_cell"]),
        kill_rate_per_day=values["kill_rate_per_day"],
        half_kill_cells_per_uL=values["half_kill_cells_per_uL"],
        growth_rate_per_day=values["growth_rate_per_day"],
        cells=cells,
        negative_cells=cells * values["negative_share"] * carries,
        flow_positive_share=values["flow_positive_share"],
        density_sd=values["density_sd"],
        half_density=values["half_density"],
    )


def typical_tumours(parameters: TumourParameters) -> Tumours:
    """Return the tumour of the one typical patient of a set."""
    values = {name: np.array([getattr(parameters, name).typical]) for name in _DRAWN}
    return _tumours(values, (values["negative_chance"] >= 0.5).astype(np.float64))


def draw_tumours(
    parameters: TumourParameters, patients: int, generator: np.random.Generator, known: Known | None = None
) -> Tumours:
    """Return the tumours of virtual patients; the same generator state gives the same bytes.

    Arguments:
        known: what is known of single patients. Everything else is drawn as it would be without.
    """
    values = dict(zip(_DRAWN, draw(parameters, _DRAWN, patients, generator), strict=True))
    for name, given in (known.spread((patients,)) if known is not None else {}).items():
        values[name] = np.where(np.isnan(given), values[name], given)
    carries = generator.random(patients) < values["negative_chance"]
    return _tumours(values, carries.astype(np.float64))


class Known(msgspec.Struct, frozen=True):
    """What is known of the tumours of single patients, in place of a draw.

    Arrays that can be broadcast to all patients; NaN where it is not known, and drawn as for everybody.
    """

    flow_positive_share: Floats | None = None
    burden_share: Floats | None = None

    def spread(self, shape: tuple[int, ...]) -> dict[str, Floats]:
        """Return the values for patients laid out in this shape, one after the other.

        Raises:
            SimulationError: a value out of its range, or as many values as fit no such shape.

        Example:
            >>> Known(burden_share=np.array([0.5, np.nan])).spread((2, 2))["burden_share"].tolist()
            [0.5, nan, 0.5, nan]
        """
        found = {}
        for name in self.__struct_fields__:
            given: Floats | None = getattr(self, name)
            if given is None:
                continue
            values = np.asarray(given, np.float64)
            for end in (np.fmin, np.fmax):
                if values.size and not np.isnan(extreme := end.reduce(values, axis=None)):
                    check(name, float(extreme))
            try:
                found[name] = np.broadcast_to(values, shape).reshape(-1)
            except ValueError as error:
                raise SimulationError(
                    f"{name}: values of shape {values.shape} do not fit participants of shape {shape}"
                ) from error
        return found


class Bands(msgspec.Struct, frozen=True):
    """Antigen-positive cells by density, dimmest first; the last band is the negative clone.

    `ln_cells`, `kill_rate_per_day` and `seen` (the share that flow cytometry calls positive): (patients, bands + 1).
    """

    ln_cells: Floats
    kill_rate_per_day: Floats
    seen: Floats


def bands_of(tumours: Tumours, count: int = BANDS) -> Bands:
    """Return the cells of each tumour on the day of infusion, by antigen density and with the negative clone."""
    # Fine where cells are dim, because those decide whether a tumour dies out; bright cells are all killed alike.
    edges = np.concatenate(([-np.inf], np.linspace(*_DIM_SD, count - 2), [_BRIGHT_SD, np.inf]))
    below = ndtr(edges)
    weight = np.diff(below)
    # The mean of the cells of a band, not its middle: towards the dim end most of a band is at its bright edge.
    middle = -np.diff(np.exp(-(edges**2) / 2)) / (math.sqrt(2 * math.pi) * weight)
    # Where the cut of flow cytometry lies among the cells, in standard deviations from their median.
    cut = ndtri(1 - tumours.flow_positive_share)[:, None]
    ln_density = tumours.density_sd[:, None] * (middle - cut)
    strength = 1 / (1 + tumours.half_density[:, None] * np.exp(-ln_density))
    top = 1 - below[None, 1:]
    seen = np.clip(((1 - ndtr(cut)) - top) / weight, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        ln_negative = np.log(tumours.negative_cells)[:, None]
        ln_positive = np.log(tumours.cells - tumours.negative_cells)[:, None] + np.log(weight)
    nothing = np.zeros((tumours.patients, 1))
    return Bands(
        ln_cells=np.hstack((ln_positive, ln_negative)),
        kill_rate_per_day=np.hstack((tumours.kill_rate_per_day[:, None] * strength, nothing)),
        seen=np.hstack((seen, nothing)),
    )


def ln_cells_at(bands: Bands, growth_rate_per_day: Floats, exposure: Exposure, days: ArrayLike) -> Floats:
    """Return the logarithm of the mean cells of each band, of shape (patients, times, bands + 1)."""
    wanted = np.atleast_1d(np.asarray(days, dtype=np.float64))
    full = exposure.full_until(wanted)
    grown = growth_rate_per_day[:, None] * wanted
    return (
        bands.ln_cells[:, None, :]
        + grown[:, :, None]
        - bands.kill_rate_per_day[:, None, :] * full[:, :, None]
    )


def ln_sum(ln_cells: Floats) -> Floats:
    """Return the logarithm of the sum over the last axis; minus infinity where there is nothing."""
    whole: Floats = np.logaddexp.reduce(ln_cells, axis=-1)
    return whole


def after_chance(
    bands: Bands, growth_rate_per_day: Floats, exposure: Exposure, generator: np.random.Generator
) -> Bands:
    """Return the bands as they grow in the long run, with chance: what died out has no cells.

    The negative clone is a count with that mean, each cell of which divides by chance and is never killed.
    """
    ln_j = ln_kendall(exposure, bands.kill_rate_per_day, growth_rate_per_day)
    factor = ln_regrowth(ln_j, bands.ln_cells, generator)
    return msgspec.structs.replace(bands, ln_cells=bands.ln_cells + factor)


def days_of_crossing(
    bands: Bands,
    growth_rate_per_day: Floats,
    exposure: Exposure,
    share_of_marrow: float,
    from_day: float,
) -> Floats:
    """Return the first day from `from_day` on which cells reach this share of the marrow, or infinity; (patients,)."""
    found = np.empty(exposure.patients)
    limit = np.full(exposure.patients, math.log(share_of_marrow * MARROW_CELLS))
    crossings(
        exposure.days,
        exposure.full_days,
        np.ascontiguousarray(bands.ln_cells),
        np.ascontiguousarray(bands.kill_rate_per_day),
        np.ascontiguousarray(growth_rate_per_day),
        from_day,
        limit,
        exposure.horizon_days,
        found,
    )
    return found
