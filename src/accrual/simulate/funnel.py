"""Who would be screened in: a population decided by a trial's criteria, one after the other and each alone.

Comes in: a `TrialDesign`, patients of any source, today. Goes out: `Screened` (the truth of each requirement for
each patient) and its `Funnel`. Refuses (SimulationError): nobody to screen; and on `require_pool`, a trial that nobody
of the population could enter, naming the criterion.

The patients are decided by the evaluator that decides real ones (`accrual.match`). What is not known of a patient is
counted as unknown: it is never "removed", and never "met". Who is enrolled while something is unknown is an assumption
that the caller names: "unless refuted" (everybody whom no criterion rules out: what is unknown is taken to turn out
well) or "when all is met" (only who is known to meet everything). Truth lies between the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.criteria.tree import Understood
from accrual.errors import SimulationError
from accrual.match.evaluate import Screener
from accrual.match.panel import Panel
from accrual.match.verdict import Assumption
from accrual.patient.model import Patient
from accrual.simulate.notice import NOTICE
from accrual.simulate.requirements import Requirement, RequirementKind, requirements_of, shortened
from accrual.simulate.trial import TrialDesign
from accrual.truth import Truth, TruthArray

Enrol: TypeAlias = Literal["unless refuted", "when all is met"]
"""Who is enrolled while something is unknown of him."""
ENROL: Final[tuple[Enrol, ...]] = get_args(Enrol)

_NO, _UNKNOWN, _YES = (truth.rank for truth in (Truth.NO, Truth.UNKNOWN, Truth.YES))


class Screened(msgspec.Struct, frozen=True):
    """A population decided: what funnels and costs of criteria are counted from."""

    design: TrialDesign
    population: str
    """What the population is called, for people."""
    patients: tuple[Patient, ...]
    today: date
    assumption: Assumption
    requirements: tuple[Requirement, ...]
    truths: TruthArray
    """Shape (requirements, patients)."""
    panel: Panel
    """The patients, ready to be decided on a changed requirement."""

    def admitted(self, enrol: Enrol) -> NDArray[np.bool_]:
        """Say of each requirement and patient whether it lets him in, shape (requirements, patients)."""
        return admitted(self.truths, enrol)


class Step(msgspec.Struct, frozen=True):
    """One requirement of a funnel; every number is of patients.

    Alone: `met_alone` + `removed_alone` + `unknown_alone` is everybody. In order: `removed_in_order` are those whom
    this step is the first to rule out, and `left_after` those whom nothing has ruled out so far; of these `met_after`
    are known to meet everything so far, and the others lack an answer.
    """

    id: str
    kind: RequirementKind
    text: str
    understood: Understood
    met_alone: int
    removed_alone: int
    unknown_alone: int
    removed_in_order: int
    unknown_in_order: int
    """Of those left after it, whom nobody can say this of."""
    left_after: int
    met_after: int


class Funnel(msgspec.Struct, frozen=True):
    """A population screened for a trial. `ineligible` + `undetermined` + `eligible` is `screened`."""

    nct_id: str
    population: str
    screened: int
    steps: tuple[Step, ...]
    eligible: int
    """Known to meet everything."""
    undetermined: int
    ineligible: int
    enrol: Enrol
    pool: int
    """Who could be enrolled under `enrol`."""
    error: float
    """Standard error of the pool's share, for a population drawn by chance."""
    notice: str = NOTICE

    @property
    def share(self) -> float:
        """The pool as a share of those screened."""
        return self.pool / self.screened


def screen(
    design: TrialDesign,
    patients: Sequence[Patient],
    today: date,
    population: str = "",
    assumption: Assumption = "open",
) -> Screened:
    """Decide every patient of a population by every requirement of a trial.

    Arguments:
        population: what to call the patients.
        assumption: how silence is read, as for real patients; under `notes` this takes longer.

    Raises:
        SimulationError: no patients, or a trial without criteria.

    Example:
        >>> screen(design, population.patients, population.today).truths.shape
        (15, 2000)
    """
    requirements = requirements_of(design.compiled)
    if not patients:
        raise SimulationError(f"{design.nct_id}: the population is empty: give patients to screen")
    panel = Panel([Screener(patient, today, assumption) for patient in patients])
    truths = panel.truths([requirement.tree for requirement in requirements])
    return Screened(
        design,
        population or f"{len(patients)} patients",
        tuple(patients),
        today,
        assumption,
        requirements,
        truths,
        panel,
    )


def admitted(truths: TruthArray, enrol: Enrol) -> NDArray[np.bool_]:
    """Say of truths, of any shape, whether each lets a patient in.

    Raises:
        SimulationError: no such assumption.

    Example:
        >>> admitted(np.array([0, 1, 2], np.int8), "unless refuted").tolist()
        [False, True, True]
    """
    if enrol not in ENROL:
        raise SimulationError(
            f"{str(enrol)[:80]!r} is no way to enrol: choose one of {', '.join(map(repr, ENROL))}"
        )
    let_in: NDArray[np.bool_] = truths == _YES if enrol == "when all is met" else truths != _NO
    return let_in


def funnel(screened: Screened, enrol: Enrol = "unless refuted") -> Funnel:
    """Return how many each criterion removes, alone and in order.

    Raises:
        SimulationError: no such assumption.

    Example:
        >>> funnel(screened).steps[0].removed_alone
        812
    """
    truths = screened.truths
    people = truths.shape[1]
    left, met = np.ones(people, np.bool_), np.ones(people, np.bool_)
    steps = []
    for requirement, row in zip(screened.requirements, truths, strict=True):
        refuted, unknown = row == _NO, row == _UNKNOWN
        removed = int((left & refuted).sum())
        left = left & ~refuted
        met = met & (row == _YES)
        steps.append(
            Step(
                id=requirement.id,
                kind=requirement.kind,
                text=requirement.text,
                understood=requirement.understood,
                met_alone=people - int(refuted.sum()) - int(unknown.sum()),
                removed_alone=int(refuted.sum()),
                unknown_alone=int(unknown.sum()),
                removed_in_order=removed,
                unknown_in_order=int((left & unknown).sum()),
                left_after=int(left.sum()),
                met_after=int(met.sum()),
            )
        )
    pool = int(admitted(truths, enrol).all(axis=0).sum())
    eligible, not_refuted = int(met.sum()), int(left.sum())
    share = pool / people
    return Funnel(
        nct_id=screened.design.nct_id,
        population=screened.population,
        screened=people,
        steps=tuple(steps),
        eligible=eligible,
        undetermined=not_refuted - eligible,
        ineligible=people - not_refuted,
        enrol=enrol,
        pool=pool,
        error=math.sqrt(share * (1 - share) / people),
    )


def require_pool(counted: Funnel) -> int:
    """Return how many could be enrolled.

    Raises:
        SimulationError: nobody; it says which criterion nobody meets, or after which one nobody was left.

    Example:
        >>> require_pool(funnel(screened))
        417
    """
    if counted.pool:
        return counted.pool
    sure_only = counted.enrol == "when all is met"
    for step in counted.steps:
        lets_in = step.met_alone if sure_only else step.met_alone + step.unknown_alone
        if lets_in == 0:
            raise SimulationError(_nobody_meets(counted, step))
    last = next(step for step in counted.steps if (step.met_after if sure_only else step.left_after) == 0)
    raise SimulationError(
        f"{counted.nct_id}: nobody of {counted.screened} in the population ({counted.population}) meets all criteria "
        f"together; after criterion {last.id} ({shortened(last.text)}) nobody is left: "
        "take a population closer to the trial, or relax a criterion"
    )


def _nobody_meets(counted: Funnel, step: Step) -> str:
    where = f"{counted.nct_id}: nobody of {counted.screened} in the population ({counted.population})"
    which = f"criterion {step.id} ({shortened(step.text)})"
    if step.unknown_alone == 0:
        return f"{where} meets {which}: take a population that can, or drop the criterion"
    return (
        f"{where} is known to meet {which}; of {step.unknown_alone} it is unknown: give that fact, or enrol "
        '"unless refuted"'
    )
