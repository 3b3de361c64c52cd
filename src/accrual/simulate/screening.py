"""Whom a trial is screened with (the population asked for, or one that stands for its patients), and what rules cost.

Comes in: a design, `Settings`, a seed. Goes out: `Entry`: the population decided, or the reason why there is none.
Refuses (SimulationError): a population that was asked for by name or file and cannot be had; SourceError: a file that
cannot be read.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, cast

import numpy as np

from accrual.codes.concepts import vocabulary
from accrual.errors import SimulationError
from accrual.patient.omop_tables import Databases, no_databases
from accrual.simulate.criterion_cost import CriterionCosts, Relaxation, criterion_costs
from accrual.simulate.funnel import Funnel, Screened, require_pool, screen
from accrual.simulate.population import Population, draw_population, read_population
from accrual.simulate.profiles import PROFILES
from accrual.simulate.requirements import End
from accrual.simulate.response import REPLICATES as TREATED_TIMES
from accrual.simulate.response import Outcome, antigen_of, known_of, outcomes_of
from accrual.simulate.settings import AUTO, NO_POPULATION, REPLICATES, Settings
from accrual.simulate.therapies import Therapy
from accrual.simulate.trial import TrialDesign

STANDS_FOR: Final = (("t-all", "t-all"), ("b-all", "b-all"))
"""Concepts of conditions, and the profile whose people have them: who is screened where nobody chose."""
OWN: Final = ("adult", "child")
"""Profiles of people in general: they are given the trial's own conditions."""
_SYNTHETIC_DAY: Final = date(2026, 1, 1)
"""Synthetic people are drawn and screened as of one day, so that the same seed gives the same on any day."""


class Entry(NamedTuple):
    """Who was screened; `profile` is that of synthetic people, `reason` says why there is nobody."""

    screened: Screened | None = None
    profile: str = ""
    reason: str = ""


def screened_by(
    of: TrialDesign, settings: Settings, seed: np.random.SeedSequence, databases: Databases = no_databases
) -> Entry:
    """Return the population decided, or why there is none.

    Example:
        >>> screened_by(design, Settings(), np.random.SeedSequence(1)).profile
        't-all'
    """
    name = settings.population
    if name == NO_POPULATION:
        return Entry(reason="who would be screened: no population was asked for")
    if name == AUTO:
        found = _profile_for(of)
        if found is None:
            return Entry(
                reason="who would be screened: no synthetic population stands for the people of this trial"
            )
        people = _drawn(of, found, settings, seed)
    elif name in PROFILES:
        people = _drawn(of, name, settings, seed)
    else:
        people = read_population(Path(name), settings.today or _SYNTHETIC_DAY, databases)
    try:
        return Entry(screen(of, people.patients, people.today, people.name), people.profile)
    except SimulationError:
        if name != AUTO:
            raise
        return Entry(reason="who would be screened: the record has no criteria that are asked of anybody")


def costs_of(
    screened: Screened,
    counted: Funnel,
    given: Therapy | None,
    settings: Settings,
    seed: np.random.SeedSequence,
) -> tuple[CriterionCosts | None, str]:
    """Return what each rule costs, with what the therapy does in whom it lets in; or None and why nobody is left.

    Arguments:
        counted: the funnel of those screened.

    Raises:
        SimulationError: a relaxation that was asked for and is none.

    Example:
        >>> costs, _ = costs_of(screened, funnel(screened), None, Settings(), np.random.SeedSequence(1))
        >>> costs.rows[0].change
        'dropped'
    """
    relaxations = [read_relaxation(text) for text in settings.relax] or None
    try:
        require_pool(counted)
    except SimulationError as error:
        if relaxations:
            raise
        return None, f"what a criterion costs: {error}"
    drawing, orders = seed.spawn(2)
    outcomes = _outcomes(screened, given, settings, np.random.default_rng(drawing)) if given else ()
    return criterion_costs(
        screened, np.random.default_rng(orders), outcomes=outcomes, relaxations=relaxations
    ), ""


def _outcomes(
    screened: Screened, given: Therapy, settings: Settings, generator: np.random.Generator
) -> tuple[Outcome, ...]:
    antigen = antigen_of(screened.requirements, screened.design.therapy_said)
    known = known_of([person.chart for person in screened.panel.patients], antigen)
    # Each of a population is treated often enough: 20 times where 10,000 trials are simulated.
    each = max(1, round(settings.replicates / REPLICATES * TREATED_TIMES))
    size = len(screened.patients)
    return outcomes_of(given, known, size, generator, each, settings.workers)


_RELAXATION: Final = re.compile(r"\s*([^:=\s]+)(?::(low|high))?\s*=\s*([-+\d.eE]+)\s*")


def read_relaxation(text: str) -> Relaxation:
    """Return a relaxation as people write it.

    Raises:
        SimulationError: it is none.

    Example:
        >>> read_relaxation("1:high=70")
        Relaxation(requirement='1', to=70.0, variable='', end='high')
    """
    found = _RELAXATION.fullmatch(text)
    try:
        to = float(found[3]) if found else None
    except ValueError:
        to = None
    if found is None or to is None:
        raise SimulationError(
            f"{text[:80]!r} is no relaxation: write the criterion's number and the new limit, like 5=50 or 1:high=70"
        )
    return Relaxation(found[1], to, end=cast("End | None", found[2]))


def _drawn(of: TrialDesign, name: str, settings: Settings, seed: np.random.SeedSequence) -> Population:
    having = of.conditions if name in OWN else ()
    return draw_population(name, settings.screened, np.random.default_rng(seed), _SYNTHETIC_DAY, having)


def _profile_for(of: TrialDesign) -> str | None:
    known = vocabulary()
    spotted = [one.concept.id for text in of.conditions for one in known.spot(text)]
    for concept, name in STANDS_FOR:
        if any(known.is_a(one, concept) for one in spotted):
            return name
    return None
