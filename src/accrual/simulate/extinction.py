"""The chance that a clone dies out, and how it comes back if not: Kendall's birth and death process.

Comes in: an exposure, kill and growth rates, how many cells there are. Goes out: J, chances, and the random factor by
which regrowth differs from the mean. Refuses: nothing; impossible rates are refused where parameters are made.

Kendall 1948 (doi:10.1214/aoms/1177730285). Cells divide at g and are killed at mu(t). With phi the integral of mu - g
and J = integral of mu exp(phi), one cell's line dies out with chance J / (1 + J), and n lines with the n-th power. Of
the lines that live, the size is geometric with mean exp(-phi) (1 + J); so in the long run::

    cells(t) = exp(-phi(t)) (1 + J) * Gamma(K, 1),   K ~ Poisson(n / (1 + J)) lines that live

Everything is kept as logarithms: n may be 1e12 and J may be e^200.
"""

from __future__ import annotations

import numpy as np

from accrual.simulate.exposure import Exposure
from accrual.simulate.loops import kendall
from accrual.simulate.parameters import Floats


def ln_kendall(exposure: Exposure, kill_rate_per_day: Floats, growth_rate_per_day: Floats) -> Floats:
    """Return ln J of shape (patients, bands); `kill_rate_per_day` is (patients, bands), growth (patients,)."""
    ln_j = np.empty(kill_rate_per_day.shape)
    kendall(
        exposure.days,
        exposure.share,
        exposure.full_days,
        np.ascontiguousarray(kill_rate_per_day),
        np.ascontiguousarray(growth_rate_per_day),
        ln_j,
    )
    return ln_j


def ln_chance_extinct(ln_j: Floats, ln_cells: Floats) -> Floats:
    """Return the logarithm of the chance that all of exp(`ln_cells`) lines die out; any shape that goes together.

    Example:
        >>> np.exp(ln_chance_extinct(np.log(2.9468e11), np.log(9.486e10))).round(4)
        np.float64(0.7248)
    """
    # ln (1 - 1/(1 + J)) = -ln(1 + 1/J); no cells are gone for certain, whatever J is.
    each = np.logaddexp(0.0, -ln_j)
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(ln_cells), 0.0, -np.exp(ln_cells) * each)


def ln_regrowth(ln_j: Floats, ln_cells: Floats, generator: np.random.Generator) -> Floats:
    """Return ln of (cells in the long run / their mean without chance), minus infinity where all lines died out.

    Shapes go together. With many lines that live it is near 0; the mean of its exponential is 1.
    """
    ln_one_more = np.logaddexp(0.0, ln_j)
    expected = np.exp(ln_cells - ln_one_more)
    lines = generator.poisson(expected).astype(np.float64)
    size = generator.standard_gamma(lines)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size > 0, np.log(size) - np.log(expected), -np.inf)
