"""What a therapy may do in each patient of a population: the chance of each, from what is known of his tumour.

Comes in: patients, the variable of the antigen, a therapy, a seeded generator. Goes out: `Known` (of whom the share of
antigen-positive cells and the burden are known) and `Outcome`s, counts for each patient over many replicates. Refuses
what `outcome.simulate` refuses.

Of a patient's facts only these two reach the models; age, performance status and all else change nothing in them, for
no source says how. Where they are not known, or say two things, they are drawn as for everybody.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from accrual.codes.variables import variables
from accrual.match.chart import Chart
from accrual.simulate.outcome import Event, Flags, simulate
from accrual.simulate.parameters import Floats
from accrual.simulate.reactions import Grade
from accrual.simulate.requirements import Requirement, limits_of
from accrual.simulate.therapies import Therapy
from accrual.simulate.traits import latest_value
from accrual.simulate.tumour import Known

BLASTS: Final = "bone-marrow-blasts"
REPLICATES: Final = 20  # for each patient: 40,000 virtual participants for 2,000 patients; set by hand
BATCHES: Final = 10
_EXPRESSION: Final = "-expression"  # how the variables of antigens end in `codes/data/variables.tsv`
_LANDMARK_DAYS: Final = 365.0
# What is counted in steps of a percent (blasts, by eye) or of a tenth (flow cytometry) and found to be none, or all, is
# taken for half a step; set by hand.
_BLAST_STEP: Final = 0.01
_FLOW_STEP: Final = 0.001


class Outcome(msgspec.Struct, frozen=True):
    """One thing that may happen, counted for each patient: `hits` of `of` times.

    Both are of shape (batches, patients): how batches differ says how far the figures hang on the chance of simulating.
    """

    name: str
    among: str
    hits: Floats
    of: Floats


def antigen_of(requirements: Sequence[Requirement], therapy_said: str = "") -> str:
    """Return the variable of the antigen that a trial's criteria, or the name of its product, speak of; or "".

    Example:
        >>> antigen_of(requirements, "CD7 CAR-T cells")
        'cd7-expression'
    """
    asked = [limit.variable for limit in limits_of(requirements) if limit.variable.endswith(_EXPRESSION)]
    named = [f"{word.lower()}{_EXPRESSION}" for word in re.findall(r"\b(?:CD\d+|BCMA)", therapy_said)]
    return next((name for name in (*named, *asked) if name in variables()), "")


def known_of(charts: Sequence[Chart], antigen: str) -> Known:
    """Return what is known of the tumours of patients, arrays of shape (patients,).

    Arguments:
        antigen: the variable of the share of antigen-positive cells; "" where there is none.
    """
    seen = np.array([_share(chart, antigen) for chart in charts])
    blasts = np.array([_share(chart, BLASTS) for chart in charts])
    return Known(
        flow_positive_share=np.clip(seen, _FLOW_STEP / 2, 1 - _FLOW_STEP / 2),
        burden_share=np.clip(blasts, _BLAST_STEP / 2, 1.0),
    )


def outcomes_of(
    therapy: Therapy,
    known: Known,
    patients: int,
    generator: np.random.Generator,
    replicates: int = REPLICATES,
    workers: int = 1,
) -> tuple[Outcome, ...]:
    """Return what happens to each patient if he takes part, counted over replicates.

    Arguments:
        known: of each patient, arrays of shape (patients,).

    Raises:
        SimulationError: numbers outside their range; too many virtual participants.

    Example:
        >>> [one.name for one in outcomes_of(therapy("4-1BB"), Known(), 50, np.random.default_rng(1))]
        ['remission', 'mrd_negative', 'event_free_at_month_12', 'crs_severe']
    """
    of = simulate(therapy, patients, replicates, generator, _LANDMARK_DAYS, workers, known)
    given = of.infused
    spared = (of.event == Event.NONE) | (of.event == Event.TRANSPLANT)
    rows = {
        "remission": of.remission,
        "mrd_negative": of.mrd_negative,
        "event_free_at_month_12": spared,
        "crs_severe": of.crs >= Grade.SEVERE,
    }
    counted = _batches(given)
    return tuple(Outcome(name, "infused", _batches(hit & given), counted) for name, hit in rows.items())


def _batches(hits: Flags) -> Floats:
    """How often, in each batch of replicates and for each patient."""
    batches = np.array_split(hits, min(BATCHES, len(hits)))
    return np.stack([batch.sum(axis=0) for batch in batches]).astype(np.float64)


def _share(chart: Chart, variable: str) -> float:
    """The share that the latest values give, NaN where they give none or disagree."""
    held = variables().get(variable)
    value = latest_value(chart, held) / 100 if held is not None else math.nan
    return value if 0 <= value <= 1 else math.nan
