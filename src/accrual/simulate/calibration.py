"""How long finished trials of the registry took: months to expect from the numbers of participants and sites alone.

Comes in: finished trials. Goes out: `Course` of each, a `Calibration` fitted to many, how often its intervals hold on
others, and `REGISTRY`, fitted once. Refuses: too few courses to fit.

What records allow. They give start, primary completion, the number enrolled and the sites, but not when the last
participant came: the months here run from start to primary completion. That holds the follow-up of the primary outcome
too, so for enrolment they are an upper end. How sites differ within a trial, and when each opened, is not in a
record: of the model in `enrolment` only a mean rate can be had from here, not its shape.

Months are gamma distributed with mean exp(intercept + per_ln_sites ln sites + per_ln_participants ln participants). Of
the distributions tried (gamma, Weibull, log-normal, and the beta prime that gamma distributed rates of whole trials
give) none fits trials held back better (docs/designs.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.special import gammainc, gammaincinv, gammaln

from accrual.errors import SimulationError
from accrual.registry.record import Trial
from accrual.simulate.enrolment import Forecast
from accrual.simulate.parameters import Floats, check, check_count

DAYS_A_MONTH: Final = 30.4375  # 365.25 / 12
_FEWEST: Final = 20  # set by hand: four numbers are fitted
_MOST_LN_SHAPE: Final = 15.0  # set by hand: all trials alike, for any purpose


class Course(msgspec.Struct, frozen=True):
    """What a finished trial's record says: months from start to primary completion."""

    participants: int
    sites: int
    months: float


class Calibration(msgspec.Struct, frozen=True):
    """Months to expect from participants and sites, and from which trials that is known."""

    shape: float
    intercept: float
    per_ln_sites: float
    per_ln_participants: float
    trials: int
    source: str

    def forecast(self, participants: int, sites: int, level: float = 0.95) -> Forecast:
        """Return the months from start to primary completion of a trial of so many participants at so many sites.

        Raises:
            SimulationError: a number outside its range.

        Example:
            >>> found = REGISTRY.forecast(20, 1)
            >>> round(found.low), round(found.median), round(found.high)
            (1, 29, 146)
        """
        ln_n, ln_s = math.log(check_count("wanted", participants)), math.log(check_count("sites", sites))
        mean = math.exp(self.intercept + self.per_ln_sites * ln_s + self.per_ln_participants * ln_n)
        tail = (1 - check("level", level)) / 2
        low, median, high = gammaincinv(self.shape, [tail, 0.5, 1 - tail]) * mean / self.shape
        return Forecast(participants, mean, float(median), float(low), float(high), level, exact=True)

    def site_rate(self, participants: int, sites: int) -> float:
        """Return participants a month at each site, at the median of finished trials: for `enrolment.Sites`.

        It is a low end, as the months hold follow-up too.
        """
        return participants / (self.forecast(participants, sites).median * sites)


REGISTRY: Final = Calibration(
    # benchmarks/enrolment.py on the shared records, 2026-11: even NCT numbers fitted on, odd ones held against
    shape=1.0837,
    intercept=3.4730,
    per_ln_sites=0.0302,
    per_ln_participants=0.0806,
    trials=1158,
    source="completed interventional trials with even NCT numbers among 11,797 records of ClinicalTrials.gov",
)


def course_of(trial: Trial) -> Course | None:
    """Return the course of a finished interventional trial, or None where the record does not give it.

    It gives it if the trial is completed, its enrolment is actual and above 0, it names a site, and primary completion
    is three days or more after the start. A date without its day is read as the middle of what it can mean.
    """
    start, end, enrolled = trial.start_date, trial.primary_completion_date, trial.enrollment
    finished = trial.study_type == "INTERVENTIONAL" and trial.status == "COMPLETED"
    if not finished or trial.enrollment_type != "ACTUAL" or not trial.sites:
        return None
    if start is None or end is None or enrolled is None or enrolled < 1:
        return None
    days = ((end.first - start.first) + (end.last - start.last)).days / 2
    return Course(enrolled, len(trial.sites), days / DAYS_A_MONTH) if days >= 3 else None


def _columns(courses: Sequence[Course]) -> tuple[Floats, Floats]:
    """Months, and the three predictors of the logarithm of their mean."""
    numbers = np.array([(each.months, each.sites, each.participants) for each in courses], dtype=np.float64)
    return numbers[:, 0], np.column_stack((np.ones(len(numbers)), np.log(numbers[:, 1:])))


def fit(courses: Sequence[Course], source: str) -> Calibration:
    """Return the calibration under which the courses are likeliest.

    Raises:
        SimulationError: fewer than 20 courses, or no maximum found.
    """
    if len(courses) < _FEWEST:
        raise SimulationError(
            f"{len(courses)} finished trials are too few to calibrate on: give at least {_FEWEST}"
        )
    months, predictors = _columns(courses)

    def surprise(values: Floats) -> float:
        shape = math.exp(min(values[3], _MOST_LN_SHAPE))
        ln_part = np.log(months) - predictors @ values[:3] + math.log(shape)
        with np.errstate(over="ignore"):
            likely = shape * ln_part - np.exp(ln_part) - gammaln(shape)
        return -float(np.mean(likely))

    start = np.array([math.log(months.mean()), 0.0, 0.0, 0.0])
    options = {"maxiter": 5000, "maxfev": 5000, "xatol": 1e-5, "fatol": 1e-9}
    found = minimize(surprise, start, method="Nelder-Mead", options=options)
    if not found.success or not np.isfinite(found.x).all():
        raise SimulationError(
            f"no calibration fits these {len(courses)} finished trials: give more, and more unlike"
        )
    intercept, per_ln_sites, per_ln_participants, ln_shape = map(float, found.x)
    shape = math.exp(min(ln_shape, _MOST_LN_SHAPE))
    return Calibration(shape, intercept, per_ln_sites, per_ln_participants, len(courses), source)


def held(calibration: Calibration, courses: Sequence[Course], level: float) -> float:
    """Return the share of courses that lie within the middle `level` of what is expected of each.

    Raises:
        SimulationError: a level that is none; no courses.
    """
    check("held_level", level)
    if not courses:
        raise SimulationError("no finished trials to hold the calibration against: give at least one")
    months, predictors = _columns(courses)
    slopes = np.array([calibration.intercept, calibration.per_ln_sites, calibration.per_ln_participants])
    rank = gammainc(calibration.shape, calibration.shape * months / np.exp(predictors @ slopes))
    return float(np.mean(np.abs(rank - 0.5) <= level / 2))
