"""The course of virtual participants over time: cells in blood, both clones of the tumour. For plots.

Comes in: a therapy, a number of participants, days, a seeded generator. Goes out: `Trajectories`. Refuses: what
`outcome` and `exposure` refuse.

With the same seed these are the participants of the first replicate that `outcome.simulate` gives for one replicate.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from accrual.simulate.exposure import Exposure
from accrual.simulate.kimmel import solve
from accrual.simulate.kinetics import Kinetics, copies
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import Flags, Infusion, draw_enrolled, exposure_to
from accrual.simulate.parameters import Floats, check_count
from accrual.simulate.therapies import Therapy
from accrual.simulate.tumour import Tumours, bands_of, ln_cells_at, ln_sum


class Clones(msgspec.Struct, frozen=True):
    """Means over time: `days` (times,); natural logarithms of cells, (patients, times)."""

    days: Floats
    ln_positive: Floats
    ln_negative: Floats

    @property
    def ln_total(self) -> Floats:
        """All cells."""
        with np.errstate(invalid="ignore"):  # not infused, so not known
            return np.logaddexp(self.ln_positive, self.ln_negative)


class Trajectories(msgspec.Struct, frozen=True):
    """The course of each participant: `days` (times,), the others (participants, times); NaN where not infused.

    `blood` is in `unit`. Tumour cells are means: below one cell (ln below 0) a clone may in truth be gone.
    """

    therapy: str
    unit: str
    infused: Flags
    blood: Floats
    tumour: Clones
    notice: str = NOTICE


def clones(tumours: Tumours, exposure: Exposure, days: ArrayLike) -> Clones:
    """Return both clones of each tumour over time, as means."""
    wanted = np.atleast_1d(np.asarray(days, dtype=np.float64))
    by_band = ln_cells_at(bands_of(tumours), tumours.growth_rate_per_day, exposure, wanted)
    return Clones(wanted, ln_sum(by_band[:, :, :-1]), by_band[:, :, -1])


def trajectories(
    therapy: Therapy, participants: int, days: ArrayLike, generator: np.random.Generator
) -> Trajectories:
    """Return the course of virtual participants.

    Example:
        >>> from accrual.simulate.therapies import THERAPIES
        >>> course = trajectories(THERAPIES["4-1BB"], 20, range(0, 91), np.random.default_rng(1))
        >>> course.blood.shape
        (20, 91)
    """
    size = check_count("participants", participants)
    wanted = np.atleast_1d(np.asarray(days, dtype=np.float64))
    infusion, tumours, cells, _ = draw_enrolled(therapy, size, generator)
    horizon = float(wanted.max()) if wanted.size else 1.0
    course = clones(tumours, exposure_to(cells, tumours, horizon), wanted)
    blood = copies(cells, wanted) if isinstance(cells, Kinetics) else solve(cells, wanted).car_cells_per_uL
    infused: Flags = infusion == Infusion.GIVEN
    row = infused[:, None]
    return Trajectories(
        therapy=therapy.label,
        unit=therapy.unit,
        infused=infused,
        blood=np.where(row, blood, np.nan),
        tumour=Clones(
            wanted, np.where(row, course.ln_positive, np.nan), np.where(row, course.ln_negative, np.nan)
        ),
    )
