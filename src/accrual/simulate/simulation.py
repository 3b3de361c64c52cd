"""The whole virtual trial in one value: what its numbers show, how long it takes to fill, what happens in it.

Comes in: the design of a trial, read from its record, and `Settings`. Goes out: `Simulation`, plain frozen values that
are JSON as they stand. Refuses: numbers outside their range, more participants than are enumerated. A part that does
not apply is None, and `left_out` says why.

The same settings give the same bytes on one machine, whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from accrual.criteria.tree import CompiledTrial
from accrual.errors import SimulationError
from accrual.patient.omop_tables import Databases, no_databases
from accrual.registry.record import Trial
from accrual.simulate.calibration import REGISTRY
from accrual.simulate.criterion_cost import CriterionCosts
from accrual.simulate.enrolment import Forecast
from accrual.simulate.funnel import Funnel, funnel
from accrual.simulate.group import Group, draw_group
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import Participants
from accrual.simulate.outcome import simulate as simulate_outcome
from accrual.simulate.screening import costs_of, screened_by
from accrual.simulate.settings import AUTO, MOST_PARTICIPANTS, NO_THERAPY, Settings
from accrual.simulate.showing import Rates, Showing, show
from accrual.simulate.summary import Summary, summarise
from accrual.simulate.therapies import Therapy, therapy
from accrual.simulate.trial import TrialDesign, read_trial, require_therapy

GROUP: Final = 20  # virtual participants drawn one by one, at most; the seed trial's number
THERAPY: Final = (
    "4-1BB"  # where a CAR-T therapy is all that is known: the set with the most patients behind it
)

OnParticipants: TypeAlias = Callable[[Participants], None]
"""Is handed the virtual participants of all replicates."""

CAR_T_RATES: Final = Rates(0.5, 0.8)
"""Not worth having and worth having, in relapsed T-ALL. Set by hand; choose your own."""
OTHER_RATES: Final = Rates(0.2, 0.4)
"""For any other trial. Set by hand, from the tables that designs are often shown with; choose your own."""


class Seeds(NamedTuple):
    """One for each part, so that one part does not hang on another. Their order is part of what a seed means."""

    replicates: np.random.SeedSequence
    group: np.random.SeedSequence
    population: np.random.SeedSequence
    costs: np.random.SeedSequence


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
    funnel: Funnel | None
    """Who of a population would be screened in, criterion by criterion."""
    profile: str
    """The profile of a synthetic population; empty for the user's own."""
    costs: CriterionCosts | None
    """The trial without each criterion, and with its limits relaxed."""
    course: Course | None
    therapy_applies: bool
    """Whether there are models for what the trial gives, and it has a single arm."""
    left_out: tuple[str, ...] = ()
    """Parts that are not here, each with its reason."""
    notice: str = NOTICE


def simulate(
    of: TrialDesign,
    settings: Settings | None = None,
    on_participants: OnParticipants | None = None,
    databases: Databases = no_databases,
) -> Simulation:
    """Return the virtual trial of a record.

    Arguments:
        databases: opens database files of patients, as for `patient.patients.read_patients`.
        on_participants: is handed the virtual participants of all replicates, where a therapy is simulated.

    Raises:
        SimulationError: more participants than are enumerated, a number outside its range, a therapy for a trial of
            several arms, a name that no therapy has.

    Example:
        >>> found = simulate(design, Settings(replicates=50))
        >>> found.participants, found.course.summary.replicates
        (20, 50)
    """
    asked = settings or Settings()
    if of.enrolment > MOST_PARTICIPANTS:
        raise SimulationError(
            f"{of.nct_id} has {of.enrolment:,} participants, and every count of responders is worked out, up to "
            f"{MOST_PARTICIPANTS:,}: say how many to simulate (--participants {MOST_PARTICIPANTS})"
        )
    given, without_course = _therapy(of, asked)
    seeds = Seeds(*np.random.SeedSequence(_seed(asked.seed)).spawn(4))
    entry = screened_by(of, asked, seeds.population, databases)
    counted, costs, without_costs = None, None, ""
    if entry.screened is not None:
        counted = funnel(entry.screened)
        costs, without_costs = costs_of(entry.screened, counted, given, asked, seeds.costs)
    return Simulation(
        nct_id=of.nct_id,
        title=of.title,
        participants=of.enrolment,
        seed=asked.seed,
        showing=show(of.enrolment, _rates(of, asked)),
        months=REGISTRY.forecast(of.enrolment, max(of.sites, 1)),
        months_from=REGISTRY.source,
        funnel=counted,
        profile=entry.profile,
        costs=costs,
        course=None if given is None else run_course(given, of.enrolment, asked, seeds, on_participants),
        therapy_applies=of.single_arm and of.therapy is not None,
        left_out=tuple(reason for reason in (entry.reason, without_costs, without_course) if reason),
    )


def simulate_record(
    record: Trial,
    compiled: CompiledTrial,
    settings: Settings | None = None,
    on_participants: OnParticipants | None = None,
    databases: Databases = no_databases,
) -> Simulation:
    """Return the virtual trial of a study record and its compiled criteria; raises as `read_trial` and `simulate`."""
    asked = settings or Settings()
    return simulate(read_trial(record, compiled, asked.participants), asked, on_participants, databases)


def run_course(
    given: Therapy,
    participants: int,
    settings: Settings,
    seeds: Seeds,
    on_participants: OnParticipants | None = None,
) -> Course:
    """Return what happens to virtual participants under a therapy: many replicates, and one group of them."""
    of = simulate_outcome(
        given,
        participants,
        settings.replicates,
        np.random.default_rng(seeds.replicates),
        settings.follow_up_days,
        settings.workers,
    )
    if on_participants is not None:
        on_participants(of)
    group = draw_group(given, min(participants, GROUP), seeds.group, settings.follow_up_days)
    return Course(given, summarise(of), group)


def _rates(of: TrialDesign, settings: Settings) -> Rates:
    usual = CAR_T_RATES if of.therapy == "CAR-T" else OTHER_RATES
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


def _therapy(of: TrialDesign, settings: Settings) -> tuple[Therapy | None, str]:
    if settings.therapy == NO_THERAPY:
        return None, "what happens to participants: no therapy was asked for"
    if settings.therapy != AUTO:
        named = therapy(settings.therapy)
        require_therapy(of)
        return named, ""
    if of.therapy is None:
        return None, "what happens to participants: only CAR-T cells in leukemia have a model here"
    if not of.single_arm:
        return None, "what happens to participants: the trial has not a single arm"
    return therapy(of.parameter_set or THERAPY), ""
