"""Whom a trial is screened with: the population that was asked for, or the one that stands for its patients.

Comes in: a design, `Settings`, a seed. Goes out: `Entry`: the population decided, or the reason why there is none.
Refuses (SimulationError): a population that was asked for by name or file and cannot be had; SourceError: a file that
cannot be read.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from accrual.codes.concepts import vocabulary
from accrual.errors import SimulationError
from accrual.patient.omop_tables import Databases, no_databases
from accrual.simulate.funnel import Screened, screen
from accrual.simulate.population import Population, draw_population, read_population
from accrual.simulate.profiles import PROFILES
from accrual.simulate.settings import AUTO, NO_POPULATION, Settings
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


def _drawn(of: TrialDesign, name: str, settings: Settings, seed: np.random.SeedSequence) -> Population:
    having = of.conditions if name in OWN else ()
    day = settings.today or _SYNTHETIC_DAY
    return draw_population(name, settings.screened, np.random.default_rng(seed), day, having)


def _profile_for(of: TrialDesign) -> str | None:
    known = vocabulary()
    spotted = [one.concept.id for text in of.conditions for one in known.spot(text)]
    for concept, name in STANDS_FOR:
        if any(known.is_a(one, concept) for one in spotted):
            return name
    return None
