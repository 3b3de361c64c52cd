"""One virtual group: the course and the fate of each of its participants, as plain numbers, for plots and files.

Comes in: a therapy, a number of participants, a seed. Goes out: `Group`. Refuses: what `outcome` refuses; more
participants than a plot can show.

What happened and the course over time are of the same people: both are drawn from the same seed.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np

from accrual.errors import SimulationError
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import Event, Infusion, simulate
from accrual.simulate.reactions import Grade
from accrual.simulate.settings import FOLLOW_UP_DAYS
from accrual.simulate.therapies import Therapy
from accrual.simulate.trajectories import trajectories

MOST: Final = 100  # participants drawn one by one; more lines than that are a blot. Set by hand
DAYS: Final = (*range(31), *range(33, 181, 3))
"""Days of the courses: each of the first month, then every third to day 180. Set by hand."""

_LN_10 = math.log(10)


class Member(msgspec.Struct, frozen=True):
    """One virtual participant. What is not known, as nothing was infused, is None.

    `log10_change` is the tumour on day 28 beside that of the day of infusion, on the logarithm to base 10; `blood` and
    `log10_tumour` stand for the days of the group, the latter as the logarithm of the number of cells.
    """

    number: int
    infusion: str
    remission: bool | None
    mrd_negative: bool | None
    crs: str
    event: str
    event_day: float | None
    peak: float | None
    peak_day: float | None
    log10_change: float | None
    blood: tuple[float, ...] = ()
    log10_tumour: tuple[float, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """The participants of one virtual trial, in the order in which they were drawn."""

    therapy: str
    unit: str
    follow_up_days: float
    days: tuple[float, ...]
    members: tuple[Member, ...]
    notice: str = NOTICE


def draw_group(
    therapy: Therapy, participants: int, seed: np.random.SeedSequence, follow_up_days: float = FOLLOW_UP_DAYS
) -> Group:
    """Return one virtual group.

    Raises:
        SimulationError: nobody takes part, or more than can be shown one by one.

    Example:
        >>> from accrual.simulate.therapies import THERAPIES
        >>> group = draw_group(THERAPIES["4-1BB"], 20, np.random.SeedSequence(1))
        >>> len(group.members), group.unit
        (20, 'copies per microgram of DNA')
    """
    if participants > MOST:
        raise SimulationError(f"{participants} participants cannot be shown one by one: give at most {MOST}")
    # The same seed twice on purpose: the same people, once by what happened and once over time.
    of = simulate(therapy, participants, 1, np.random.default_rng(seed), follow_up_days)
    course = trajectories(therapy, participants, DAYS, np.random.default_rng(seed))
    ln_tumour = course.tumour.ln_total
    members = []
    for row in range(participants):
        given = bool(of.infused[0, row])
        members.append(
            Member(
                number=row + 1,
                infusion=Infusion(of.infusion[0, row]).name.lower(),
                remission=bool(of.remission[0, row]) if given else None,
                mrd_negative=bool(of.mrd_negative[0, row]) if given else None,
                crs=Grade(of.crs[0, row]).name.lower(),
                event=Event(of.event[0, row]).name.lower(),
                event_day=_known(of.event_day[0, row]),
                peak=_known(of.peak[0, row]),
                peak_day=_known(of.peak_day[0, row]),
                log10_change=_known((of.ln_cells_28[0, row] - of.ln_burden[0, row]) / _LN_10),
                blood=tuple(map(float, course.blood[row])) if given else (),
                log10_tumour=tuple(float(ln) / _LN_10 for ln in ln_tumour[row]) if given else (),
            )
        )
    return Group(of.therapy, of.unit, of.follow_up_days, tuple(map(float, DAYS)), tuple(members))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
