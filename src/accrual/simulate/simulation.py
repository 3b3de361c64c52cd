"""The whole virtual trial in one value: what its numbers show, how long it takes to fill, what happens in it.

Comes in: what a record says of a trial's design, and `Settings`. Goes out: `Simulation`, plain frozen values that are
JSON as they stand. Refuses: numbers outside their range, a trial without participants. A part that does not apply is
None, and `left_out` says why.

The same settings give the same bytes on one machine, whatever the number of workers.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
import numpy as np

from accrual.errors import SimulationError
from accrual.registry.record import Trial
from accrual.simulate.calibration import REGISTRY
from accrual.simulate.enrolment import Forecast
from accrual.simulate.group import MOST, Group, draw_group
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import simulate as simulate_outcome
from accrual.simulate.parameters import check_count
from accrual.simulate.settings import AUTO, NO_THERAPY, Settings
from accrual.simulate.showing import Rates, Showing, show
from accrual.simulate.summary import Summary, summarise
from accrual.simulate.therapies import Therapy, therapy

GROUP: Final = 20  # virtual participants drawn one by one, at most; the seed trial's number
THERAPY: Final = (
    "4-1BB"  # where a CAR-T therapy is all that is known: the set with the most patients behind it
)

CAR_T_RATES: Final = Rates(0.5, 0.8)
"""Not worth having and worth having, in relapsed T-ALL. Set by hand; choose your own."""
OTHER_RATES: Final = Rates(0.2, 0.4)
"""For any other trial. Set by hand, from the tables that designs are often shown with; choose your own."""


class Subject(msgspec.Struct, frozen=True):
    """What of a record the simulation starts from. `car_t` says that what is given are CAR-T cells."""

    nct_id: str
    title: str
    enrollment: int
    sites: int
    single_arm: bool
    car_t: bool


_CAR_T = re.compile(r"\bCAR[- ]?T\b|chimeric antigen receptor", re.IGNORECASE)


def subject_of(trial: Trial) -> Subject:
    """Return what the simulation starts from."""
    return Subject(
        nct_id=trial.nct_id,
        title=trial.title,
        enrollment=trial.enrollment or 0,
        sites=len(trial.sites),
        single_arm=trial.intervention_model == "SINGLE_GROUP" or len(trial.arms) == 1,
        car_t=any(_CAR_T.search(f"{each.name} {' '.join(each.otherNames)}") for each in trial.interventions),
    )


class Course(msgspec.Struct, frozen=True):
    """What happens to virtual participants under one therapy: over all replicates, and one group of them."""

    therapy: Therapy
    summary: Summary
    group: Group


class Simulation(msgspec.Struct, frozen=True):
    """One virtual trial. JSON of `accrual simulate --json`."""

    nct_id: str
    title: str
    participants: int
    seed: int
    showing: Showing
    months: Forecast
    """Months from start to primary completion of finished trials of this size, follow-up included."""
    months_from: str
    course: Course | None
    left_out: tuple[str, ...] = ()
    """Parts that are not here, each with its reason."""
    notice: str = NOTICE


def simulate(of: Subject, settings: Settings | None = None) -> Simulation:
    """Return the virtual trial of a record.

    Raises:
        SimulationError: no participants are planned and none are asked for, a number outside its range, a therapy for a
            trial of several arms, a name that no therapy has.

    Example:
        >>> seed = Subject("NCT04785833", "CD7 CAR-T", 20, 1, single_arm=True, car_t=True)
        >>> found = simulate(seed, Settings(replicates=50))
        >>> found.participants, found.course.summary.replicates
        (20, 50)
    """
    asked = settings or Settings()
    participants = _participants(of, asked)
    given, left_out = _therapy(of, asked)
    rates = _rates(of, asked)
    return Simulation(
        nct_id=of.nct_id,
        title=of.title,
        participants=participants,
        seed=asked.seed,
        showing=show(participants, rates),
        months=REGISTRY.forecast(participants, max(of.sites, 1)),
        months_from=REGISTRY.source,
        course=None if given is None else run_course(given, participants, asked),
        left_out=left_out,
    )


def run_course(given: Therapy, participants: int, settings: Settings) -> Course:
    """Return what happens to virtual participants under a therapy: many replicates, and one group of them."""
    replicates, group = np.random.SeedSequence(_seed(settings.seed)).spawn(2)
    of = simulate_outcome(
        given,
        participants,
        settings.replicates,
        np.random.default_rng(replicates),
        settings.follow_up_days,
        settings.workers,
    )
    shown = min(participants, GROUP, MOST)
    return Course(given, summarise(of), draw_group(given, shown, group, settings.follow_up_days))


def _rates(of: Subject, settings: Settings) -> Rates:
    usual = CAR_T_RATES if of.car_t else OTHER_RATES
    null, target = settings.null_rate, settings.target_rate
    return Rates(
        usual.null_rate if null is None else null,
        usual.target_rate if target is None else target,
        settings.alpha,
        settings.beta,
    )


def _seed(seed: int) -> int:
    if not 0 <= seed < 2**63:
        raise SimulationError(f"seed is {seed}: give a whole number from 0 up, below 2 to the 63rd")
    return seed


def _participants(of: Subject, settings: Settings) -> int:
    if settings.participants:
        return check_count("arm", settings.participants)
    if of.enrollment < 1:
        raise SimulationError(
            f"{of.nct_id} plans no participants: say how many to simulate (--participants 20)"
        )
    if of.enrollment > 1000:
        raise SimulationError(
            f"{of.nct_id} plans {of.enrollment:,} participants, and every count of responders is worked out up to "
            "1,000: say how many to simulate (--participants 1000)"
        )
    return of.enrollment


def _therapy(of: Subject, settings: Settings) -> tuple[Therapy | None, tuple[str, ...]]:
    if settings.therapy == NO_THERAPY:
        return None, ("what happens to participants: no therapy was asked for",)
    if settings.therapy != AUTO:
        named = therapy(settings.therapy)
        if not of.single_arm:
            raise SimulationError(
                f"{of.nct_id} is not a trial of a single arm: therapy models need one (--therapy none leaves them out)"
            )
        return named, ()
    if not of.single_arm:
        return None, ("what happens to participants: the trial has not a single arm",)
    if not of.car_t:
        return None, ("what happens to participants: only CAR-T cells have a model here",)
    return therapy(THERAPY), ()
