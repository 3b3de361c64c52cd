"""What the virtual participants show together: shares with what one trial may show, and the error of simulating.

Comes in: `Participants`. Goes out: `Summary`, rows of figures. Refuses: nothing; what nobody reached is not known.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np

from accrual.simulate.intervals import middle_interval
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import Event, Flags, Infusion, Participants
from accrual.simulate.parameters import Floats, OmegaAs
from accrual.simulate.reactions import Grade

LANDMARKS_DAYS: Final = (182.5, 365.0, 730.0)  # 6, 12 and 24 months


class Share(msgspec.Struct, frozen=True):
    """A share of the participants: over all replicates, and the middle 95 % of what one trial shows.

    `error` is the standard error of simulating: it shrinks with more replicates; the interval does not.
    Not known, where nobody was counted, is NaN (null in JSON).
    """

    name: str
    among: str
    share: float
    low: float
    high: float
    error: float


class Summary(msgspec.Struct, frozen=True):
    """The figures of a simulation, in the order in which things happen."""

    therapy: str
    omega_as: OmegaAs
    replicates: int
    participants: int
    follow_up_days: float
    shares: tuple[Share, ...]
    median_relapse_day: float
    level: float = 0.95
    notice: str = NOTICE

    def share(self, name: str) -> Share:
        """Return the row of that name; a `LookupError` where there is none."""
        for row in self.shares:
            if row.name == name:
                return row
        raise LookupError(
            f"no figure is called {name!r}: there are {', '.join(row.name for row in self.shares)}"
        )


def _share(name: str, among: str, hits: Flags, counted: Flags, level: float) -> Share:
    """`hits` and `counted` are (replicates, participants)."""
    each, of = (hits & counted).sum(axis=1), counted.sum(axis=1)
    whole = int(of.sum())
    share = float(each.sum()) / whole if whole else math.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        shown: Floats = np.where(of > 0, each / of, np.nan)
    low, high = middle_interval(shown, level)
    error = math.sqrt(share * (1 - share) / whole) if whole else math.nan
    return Share(name, among, share, low, high, error)


def summarise(of: Participants, level: float = 0.95) -> Summary:
    """Return the figures of a simulation.

    Example:
        >>> from accrual.simulate.outcome import simulate
        >>> from accrual.simulate.therapies import THERAPIES
        >>> figures = summarise(simulate(THERAPIES["4-1BB"], 20, 50, np.random.default_rng(1)))
        >>> figures.share("remission").among
        'infused'
    """
    everyone, given, remission = np.ones_like(of.infused), of.infused, of.remission
    rows = [("infused", "enrolled", given, everyone)]
    rows += [
        (reason.name.lower(), "enrolled", of.infusion == reason, everyone)
        for reason in Infusion
        if reason != Infusion.GIVEN
    ]
    rows += [
        ("remission", "infused", remission, given),
        ("remission_of_enrolled", "enrolled", remission, everyone),
        ("mrd_negative", "infused", of.mrd_negative, given),
        ("crs_any", "infused", of.crs >= Grade.MILD, given),
        ("crs_severe", "infused", of.crs >= Grade.SEVERE, given),
    ]
    failures = (
        Event.NO_REMISSION,
        Event.RELAPSE_WITH_ANTIGEN,
        Event.RELAPSE_WITHOUT_ANTIGEN,
        Event.DEATH_WITHOUT_RELAPSE,
    )
    for day in LANDMARKS_DAYS:
        if day > of.follow_up_days:
            continue
        with np.errstate(invalid="ignore"):
            by = of.event_day <= day
        months = round(day / 365 * 12)
        rows += [
            (f"{event.name.lower()}_by_month_{months}", "infused", (of.event == event) & by, given)
            for event in (*failures, Event.TRANSPLANT)
        ]
        failed = np.isin(of.event, failures) & by
        rows.append((f"event_free_at_month_{months}", "infused", given & ~failed, given))
    relapsed = of.relapse_day[remission & np.isfinite(of.relapse_day)]
    return Summary(
        therapy=of.therapy,
        omega_as=of.omega_as,
        replicates=of.replicates,
        participants=of.participants,
        follow_up_days=of.follow_up_days,
        shares=tuple(_share(*row, level) for row in rows),
        median_relapse_day=float(np.median(relapsed)) if relapsed.size else math.nan,
        level=level,
    )
