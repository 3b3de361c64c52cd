"""From record to simulation: what the virtual trial needs to know of a registered trial's design.

Comes in: a study record and its compiled criteria. Goes out: one frozen `TrialDesign`. Refuses (SimulationError,
naming the record and what to do): no number of participants, or zero; and where a therapy is to be simulated
(`require_therapy`), a study that gives nobody anything (observational), more than one arm, or a therapy that no model
here speaks of.

The therapy is guessed from the names of the interventions, by the rows of `data/therapy_cues.tsv`, and only for
trials in leukemia: that is the tumour which the models hold. What a record does not say (the costimulatory domain) is
not guessed.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.table import read_rows
from accrual.criteria.tree import CompiledTrial
from accrual.errors import SimulationError
from accrual.registry.record import Trial

DATA: Final = Path(__file__).parent / "data"
"""The tables of the virtual trial."""

TherapyKind: TypeAlias = Literal["CAR-T"]
_TRIALS: Final = (
    "",
    "INTERVENTIONAL",
)  # registry study types in which somebody is given something; "" is not said
_TUMOUR: Final = "leukemia"  # what `tumour.LEUKAEMIA` stands for


class Arm(msgspec.Struct, frozen=True):
    """One arm as the record has it: `kind` in the registry's words ("EXPERIMENTAL")."""

    label: str
    kind: str = ""
    interventions: tuple[str, ...] = ()


class TrialDesign(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation takes from a record. Texts are the registry's own; "" is what the record does not say."""

    nct_id: str
    title: str
    conditions: tuple[str, ...]
    study_type: str
    phases: tuple[str, ...]
    arms: tuple[Arm, ...]
    enrolment: int
    """Participants of all arms together, at least one."""
    enrolment_type: str
    """"ACTUAL" or "ESTIMATED"; "GIVEN" where the caller chose the number."""
    allocation: str
    model: str
    masking: str
    sex: str
    minimum_age: str
    maximum_age: str
    sites: int
    """Places in the record; 0 where it names none."""
    compiled: CompiledTrial
    single_arm: bool
    """Everybody is given the same: one arm, and no randomization."""
    therapy: TherapyKind | None
    """What kind of therapy the virtual trial has models for; None: none of them applies."""
    therapy_said: str = ""
    """The name of the intervention that says so."""
    parameter_set: str = ""
    """The set of `therapies.THERAPIES` that stands for the product; "" where the record does not say enough."""


class _Cue(NamedTuple):
    pattern: re.Pattern[str]
    kind: str
    parameter_set: str


def read_trial(record: Trial, compiled: CompiledTrial, enrolment: int | None = None) -> TrialDesign:
    """Return what a record says of its trial's design.

    Arguments:
        compiled: the record's criteria, compiled.
        enrolment: how many participants to simulate, in place of the record's number.

    Raises:
        SimulationError: no participants; the criteria of another study.

    Example:
        >>> read_trial(finder.show("NCT04785833"), finder.compiled("NCT04785833")).single_arm
        True
    """
    number = record.nct_id
    if compiled.nct_id != number:
        raise SimulationError(
            f"{number}: these are the criteria of {compiled.nct_id}: give those of the record"
        )
    if enrolment is not None and enrolment < 1:
        raise SimulationError(f"{number}: {enrolment} participants: nobody takes part: give 1 or more")
    wanted = record.enrollment if enrolment is None else enrolment
    if wanted is None or wanted < 1:
        told = "says nothing of how many take part" if wanted is None else f"has an enrolment of {wanted}"
        raise SimulationError(f"{number}: the record {told}: give the number of participants, 1 or more")
    arms = tuple(Arm(arm.label, arm.type, arm.interventionNames) for arm in record.arms)
    kind, said, parameter_set = _therapy(record)
    return TrialDesign(
        nct_id=number,
        title=record.title,
        conditions=record.conditions,
        study_type=record.study_type,
        phases=record.phases,
        arms=arms,
        enrolment=wanted,
        enrolment_type=record.enrollment_type if enrolment is None else "GIVEN",
        allocation=record.allocation,
        model=record.intervention_model,
        masking=record.masking,
        sex=record.sex,
        minimum_age=record.minimum_age,
        maximum_age=record.maximum_age,
        sites=len(record.sites),
        compiled=compiled,
        single_arm=is_single_arm(record),
        therapy=kind,
        therapy_said=said,
        parameter_set=parameter_set,
    )


def require_therapy(design: TrialDesign) -> TherapyKind:
    """Return the kind of therapy that can be simulated for a design.

    Raises:
        SimulationError: it is no trial, has not exactly one arm, or no model here speaks of what it gives.

    Example:
        >>> require_therapy(design)
        'CAR-T'
    """
    if design.study_type not in _TRIALS:
        raise SimulationError(
            f"{design.nct_id}: a study of the type {design.study_type} gives nobody a therapy: "
            "simulate its screening alone, or choose an interventional trial"
        )
    if not design.single_arm:
        told = (
            f"{len(design.arms)} arms"
            if len(design.arms) != 1
            else "an arm that is randomized against others"
        )
        raise SimulationError(
            f"{design.nct_id}: the record has {told}, and the models of therapy speak of single-arm trials: "
            "simulate its design and its screening without a therapy"
        )
    if design.therapy is None:
        raise SimulationError(
            f"{design.nct_id}: there are models for CAR-T cells in leukemia, and the record names none: "
            "simulate its design and its screening without a therapy"
        )
    return design.therapy


def is_single_arm(record: Trial) -> bool:
    """Say whether everybody in a trial is given the same: one arm, and no randomization.

    Example:
        >>> is_single_arm(finder.show("NCT04785833"))
        True
    """
    if record.study_type not in _TRIALS or record.allocation not in ("", "NA", "NON_RANDOMIZED"):
        return False
    return len(record.arms) == 1 or (not record.arms and record.intervention_model == "SINGLE_GROUP")


def _therapy(record: Trial) -> tuple[TherapyKind | None, str, str]:
    """The kind of therapy, the name that says so, and the parameter set for it."""
    known = vocabulary()
    conditions = (spotted for text in record.conditions for spotted in known.spot(text))
    if not any(known.is_a(spotted.concept.id, _TUMOUR) for spotted in conditions):
        return None, "", ""
    for intervention in record.interventions:
        for cue in _cues():
            if cue.pattern.search(intervention.name):
                if cue.kind == "CAR-T":
                    return "CAR-T", intervention.name, cue.parameter_set
                break
    return None, "", ""


@cache
def _cues() -> tuple[_Cue, ...]:
    rows = read_rows(DATA / "therapy_cues.tsv", ("cue", "kind", "set", "source"), keyed=False)
    return tuple(
        _Cue(
            re.compile(row["cue"], 0 if re.search(r"[A-Z]", row["cue"]) else re.IGNORECASE),
            row["kind"],
            row["set"],
        )
        for row in rows
    )
