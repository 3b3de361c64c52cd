"""Virtual participants of a single-arm trial: who is infused, who responds, who relapses, and when.

Comes in: a therapy (parameter sets), numbers of participants and replicates, a seeded generator. Goes out:
`Participants`, one value for each participant of each replicate. Refuses: no participants, parameters out of range.

Participants are independent. Each, in order: infused or not, and why not; kinetics and tumour drawn; the tumour under
the exposure; remission (blasts below 5 %) and MRD (below 1e-4) on day 28; side effects; then whichever comes first of
relapse, transplant (only in remission), death without relapse, the end of follow-up.

The same generator state gives the same bytes on one machine, whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.simulate.bridge import stein_exposure
from accrual.simulate.exposure import Exposure
from accrual.simulate.kimmel import Cells, draw_cells, kimmel_exposure, solve
from accrual.simulate.kinetics import Expansion, Kinetics, area, draw_kinetics
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import Floats, OmegaAs, check, check_count
from accrual.simulate.reactions import Grade, grades
from accrual.simulate.settings import FOLLOW_UP_DAYS
from accrual.simulate.therapies import Therapy
from accrual.simulate.tumour import (
    MARROW_CELLS,
    Known,
    Tumours,
    after_chance,
    bands_of,
    days_of_crossing,
    draw_tumours,
    ln_cells_at,
    ln_sum,
)

RESPONSE_DAY: Final = 28.0  # day on which remission and MRD are read (shared reference, section 3)
REMISSION_SHARE: Final = 0.05  # blasts of a full marrow: remission below, relapse at or above
MRD_SHARE: Final = 1e-4  # tumour cells of a full marrow
ANTIGEN_SHARE: Final = 0.30  # cells positive by flow cytometry: the entry cut-off of NCT04785833
_CHUNK: Final = 1000  # participants worked on together; part of what a seed means, so it is never changed

Bytes = NDArray[np.int8]
Flags = NDArray[np.bool_]


class Infusion(IntEnum):
    """Whether the product was given, or why not."""

    GIVEN = 0
    MANUFACTURING_FAILURE = 1
    FRATRICIDE = 2
    EARLY_DEATH = 3


class Event(IntEnum):
    """What happened first."""

    NOT_INFUSED = -1
    NONE = 0
    NO_REMISSION = 1
    RELAPSE_WITH_ANTIGEN = 2
    RELAPSE_WITHOUT_ANTIGEN = 3
    TRANSPLANT = 4
    DEATH_WITHOUT_RELAPSE = 5


class Participants(msgspec.Struct, frozen=True):
    """What happened to each: every array is of shape (replicates, participants); not known is NaN, or -1 in codes.

    `therapy` names the set and what was changed in it. `infusion` holds `Infusion`, `crs` holds `Grade`, `event` holds
    `Event`. `event_day` is the end of follow-up where nothing happened. `relapse_day` is the day the tumour alone would
    come back, whatever happened before; infinite where it does not within the follow-up. `peak` is in `unit`, `area_28`
    in `unit` times days.
    """

    therapy: str
    omega_as: OmegaAs
    unit: str
    follow_up_days: float
    infusion: Bytes
    peak: Floats
    peak_day: Floats
    area_28: Floats
    ln_burden: Floats
    ln_cells_28: Floats
    remission: Flags
    mrd_negative: Flags
    crs: Bytes
    relapse_day: Floats
    positive_at_relapse: Floats
    event: Bytes
    event_day: Floats
    notice: str = NOTICE

    @property
    def replicates(self) -> int:
        """How many trials were simulated."""
        return len(self.event)

    @property
    def participants(self) -> int:
        """How many take part in each."""
        return int(self.event.shape[1])

    @property
    def infused(self) -> Flags:
        """Who was given the product."""
        given: Flags = self.infusion == Infusion.GIVEN
        return given


class _Fate(NamedTuple):
    """What the tumour of each of some patients does: arrays of shape (patients,)."""

    peak: Floats
    peak_day: Floats
    area_28: Floats
    ln_cells_28: Floats
    relapse_day: Floats
    positive_at_relapse: Floats


def simulate(
    therapy: Therapy,
    participants: int,
    replicates: int,
    generator: np.random.Generator,
    follow_up_days: float = FOLLOW_UP_DAYS,
    workers: int = 1,
    known: Known | None = None,
) -> Participants:
    """Return the virtual participants of `replicates` trials of the same design.

    Arguments:
        known: what is known of the tumours of single participants, to be broadcast to (replicates, participants).

    Raises:
        SimulationError: nobody takes part, a number out of its range, rates too far apart to be worked out.

    Example:
        >>> from accrual.simulate.therapies import THERAPIES
        >>> simulate(THERAPIES["4-1BB"], 20, 50, np.random.default_rng(1)).event.shape
        (50, 20)
    """
    shape = (check_count("replicates", replicates), check_count("participants", participants))
    check("follow_up_days", follow_up_days)
    size = check_count("participants times replicates", shape[0] * shape[1])
    spread = Known(**known.spread(shape)) if known is not None else None
    infusion, tumours, cells, rolls = draw_enrolled(therapy, size, generator, spread)
    given = np.flatnonzero(infusion == Infusion.GIVEN)
    chunks = [given[begin : begin + _CHUNK] for begin in range(0, len(given), _CHUNK)]
    seeds = generator.integers(2**63, size=len(chunks))

    def follow(number: int) -> _Fate:
        rows = chunks[number]
        own = np.random.default_rng(int(seeds[number]))
        return _fate(cells.part(rows), tumours.part(rows), follow_up_days, own)

    fates = _over(follow, len(chunks), workers)
    fate = _Fate(*(_placed(given, [getattr(part, name) for part in fates], size) for name in _Fate._fields))
    return _participants(therapy, shape, follow_up_days, infusion, fate, tumours, rolls)


class Enrolled(NamedTuple):
    """Virtual participants before anything is given; arrays of shape (size,), `rolls` (3, size)."""

    infusion: Bytes
    tumours: Tumours
    cells: Kinetics | Cells
    rolls: Floats


def draw_enrolled(
    therapy: Therapy, size: int, generator: np.random.Generator, known: Known | None = None
) -> Enrolled:
    """Return the first that is drawn of a simulation: `trajectories` shows the same participants for the same seed."""
    infusion = _infusions(therapy, generator.random(size))
    tumours = draw_tumours(therapy.tumour, size, generator, known)
    cells: Kinetics | Cells = (
        draw_kinetics(therapy.cells, size, generator)
        if isinstance(therapy.cells, Expansion)
        else draw_cells(therapy.cells, size, generator)
    )
    return Enrolled(infusion, tumours, cells, generator.random((3, size)))


def _over(work: Callable[[int], _Fate], count: int, workers: int) -> list[_Fate]:
    if workers <= 1 or count <= 1:
        return [work(number) for number in range(count)]
    with ThreadPoolExecutor(max_workers=min(workers, count)) as pool:
        return list(pool.map(work, range(count)))


def _placed(rows: NDArray[np.int64], parts: list[Floats], size: int) -> Floats:
    """The values of those infused among all, NaN for the others."""
    whole = np.full(size, np.nan)
    if parts:
        whole[rows] = np.concatenate(parts)
    return whole


def _infusions(therapy: Therapy, rolls: Floats) -> Bytes:
    """Who is infused: the reasons against it come one after the other, each with its share of all participants."""
    outcome = therapy.outcome
    reasons = (outcome.manufacturing_failure, outcome.fratricide, outcome.early_death)
    ends = np.cumsum([reason.typical for reason in reasons])
    code = np.searchsorted(ends, rolls, side="right") + 1
    return np.where(code > len(reasons), Infusion.GIVEN, code).astype(np.int8)


def exposure_to(cells: Kinetics | Cells, tumours: Tumours, horizon_days: float) -> Exposure:
    """Return the exposure of tumours to cells of either model. The half-kill of Kimmel's cells is their own."""
    kill, growth = tumours.kill_rate_per_day, tumours.growth_rate_per_day
    if isinstance(cells, Cells):
        return kimmel_exposure(cells, horizon_days, growth, kill)
    return stein_exposure(cells, tumours.kappa, tumours.half_kill_cells_per_uL, kill, growth, horizon_days)


def _blood(cells: Kinetics | Cells) -> tuple[Floats, Floats, Floats]:
    """Peak, its day, and the area to day 28."""
    if isinstance(cells, Kinetics):
        return cells.peak_copies_per_ug, cells.peak_day, area(cells, RESPONSE_DAY)[:, 0]
    # A quarter of a day is fine enough for a table: the peak is off by less than 0.1 %.
    days = np.arange(0.0, 120.25, 0.25)
    # Cells without a spread between patients are the same in all: once is enough.
    alike = bool((cells.equations == cells.equations[0]).all())
    course = solve(cells.part(slice(1)) if alike else cells, days).car_cells_per_uL
    early = days <= RESPONSE_DAY
    found = (
        course.max(axis=1),
        days[course.argmax(axis=1)],
        np.trapezoid(course[:, early], days[early], axis=1),
    )
    peak, peak_day, whole = (np.broadcast_to(values, (cells.patients,)) for values in found)
    return peak, peak_day, whole


def _fate(
    cells: Kinetics | Cells, tumours: Tumours, follow_up: float, generator: np.random.Generator
) -> _Fate:
    exposure, growth = exposure_to(cells, tumours, follow_up), tumours.growth_rate_per_day
    bands = bands_of(tumours)
    on_day_28 = ln_sum(ln_cells_at(bands, growth, exposure, RESPONSE_DAY)[:, 0])
    later = after_chance(bands, growth, exposure, generator)
    relapse = days_of_crossing(later, growth, exposure, REMISSION_SHARE, RESPONSE_DAY)
    # Days that never come are asked for at the end of follow-up, and forgotten.
    asked = np.where(np.isfinite(relapse), relapse, follow_up)
    full = exposure.full_until(asked[:, None])
    then = later.ln_cells - later.kill_rate_per_day * full
    with np.errstate(invalid="ignore"):
        among = np.exp(then - then.max(axis=1, keepdims=True))
        positive = (among * bands.seen).sum(axis=1) / among.sum(axis=1)
    return _Fate(*_blood(cells), on_day_28, relapse, np.where(np.isfinite(relapse), positive, np.nan))


def _participants(
    therapy: Therapy,
    shape: tuple[int, int],
    follow_up: float,
    infusion: Bytes,
    fate: _Fate,
    tumours: Tumours,
    rolls: Floats,
) -> Participants:
    given = infusion == Infusion.GIVEN
    ln_burden, ln_marrow = np.log(tumours.cells), np.log(MARROW_CELLS)
    death = _waiting(rolls[0], therapy.outcome.death_rate_per_day.typical)
    alive = given & (death > RESPONSE_DAY)
    with np.errstate(invalid="ignore"):
        remission = alive & (fate.ln_cells_28 < ln_marrow + np.log(REMISSION_SHARE))
        mrd_negative = remission & (fate.ln_cells_28 < ln_marrow + np.log(MRD_SHARE))
        without = fate.positive_at_relapse < ANTIGEN_SHARE
    transplant = RESPONSE_DAY + _waiting(rolls[1], therapy.outcome.transplant_rate_per_day.typical)
    relapse = np.where(remission, fate.relapse_day, np.inf)
    days = np.stack(
        [
            np.where(alive & ~remission, RESPONSE_DAY, np.inf),
            np.where(without, np.inf, relapse),
            np.where(without, relapse, np.inf),
            np.where(remission, transplant, np.inf),
            np.where(given & ~(alive & ~remission), death, np.inf),
        ]
    )
    # Rows in the order of `Event`. What happens on the last day of follow-up has happened.
    day = np.minimum(days.min(axis=0), follow_up)
    event = np.where(days.min(axis=0) <= follow_up, days.argmin(axis=0) + Event.NO_REMISSION, Event.NONE)
    crs = grades(therapy, ln_burden, fate.peak, rolls[2])
    arrays = {
        "infusion": infusion,
        "peak": fate.peak,
        "peak_day": fate.peak_day,
        "area_28": fate.area_28,
        "ln_burden": ln_burden,
        "ln_cells_28": fate.ln_cells_28,
        "remission": remission,
        "mrd_negative": mrd_negative,
        "crs": np.where(given, crs, Grade.NOT_INFUSED).astype(np.int8),
        "relapse_day": fate.relapse_day,
        "positive_at_relapse": fate.positive_at_relapse,
        "event": np.where(given, event, Event.NOT_INFUSED).astype(np.int8),
        "event_day": np.where(given, day, np.nan),
    }
    return Participants(
        therapy=therapy.label,
        omega_as=therapy.cells.omega_as,
        unit=therapy.unit,
        follow_up_days=follow_up,
        **{name: array.reshape(shape) for name, array in arrays.items()},
    )


def _waiting(rolls: Floats, rate_per_day: float) -> Floats:
    """Days until something that happens at a constant rate; infinite where it never does."""
    waited: Floats = -np.log1p(-rolls) / rate_per_day if rate_per_day > 0 else np.full_like(rolls, np.inf)
    return waited
