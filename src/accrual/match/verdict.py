"""What deciding a trial for a patient gives: a truth for each criterion, with proof or with what is missing.

The JSON of `accrual screen --json` is exactly `Screening`; it is documented in docs/json.md and kept.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

import msgspec

from accrual.criteria.tree import Group, Kind, Tree
from accrual.truth import Truth

Verdict: TypeAlias = Literal["eligible", "ineligible", "undetermined"]
Assumption: TypeAlias = Literal["open", "notes"]
"""How silence is read. `open`: what nobody said is unknown. `notes`: the notes are complete, so a condition, drug or
procedure that they do not mention is absent where that speaks for the patient (`accrual.match.silence`)."""
ASSUMPTIONS: tuple[Assumption, ...] = ("open", "notes")


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of proof: the trial's words, the patient's fact, and how one bears on the other.

    `start` and `end` are offsets of `quote` in the record's criteria text (0, 0 for a structured field).
    """

    quote: str
    start: int
    end: int
    fact: str
    """The patient's own words or value."""
    source: str
    """Where the fact stands in the patient's file."""
    step: str
    """The reasoning in a few plain words: "12 a ≤ 30 a ≤ 65 a", "T-ALL is a kind of acute leukemia"."""
    holds: Truth


class Missing(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a leaf is unknown: a fact nobody stated (with the question to ask), or words not understood."""

    quote: str
    start: int
    end: int
    reason: Literal["no fact", "not understood", "conflict", "not precise enough"]
    about: str = ""
    """The variable or concept id; empty when the words are not understood."""
    question: str = ""
    """A question in plain words that a patient can answer; empty when the words are not understood."""


class CriterionVerdict(msgspec.Struct, frozen=True):
    """One criterion decided: `holds` says whether the statement is true of the patient."""

    kind: Kind
    text: str
    start: int
    end: int
    holds: Truth
    tree: Tree
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    group: Group | None = None
    """The group it is asked of; None: of everybody. Of other people (a donor) nothing is decided: `unknown`."""


class GroupsVerdict(msgspec.Struct, frozen=True):
    """The groups of one kind decided: `holds` says whether the patient fits at least one of them."""

    kind: str
    names: tuple[str, ...]
    holds: Truth


class FieldVerdict(msgspec.Struct, frozen=True):
    """One structured field of the record decided (`minimumAge`, `maximumAge`, `sex`, `healthyVolunteers`)."""

    field: str
    text: str
    holds: Truth
    tree: Tree
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()


class Obstacle(msgspec.Struct, frozen=True):
    """A criterion or field that rules the patient out, and what would move it."""

    kind: Kind | Literal["field"]
    text: str
    start: int
    """Offsets of `text`, as in `CriterionVerdict`; 0 and 0 for a field."""
    end: int
    field: str = ""
    """The record's name of a field (`minimumAge`); empty for a criterion."""
    group: Group | None = None
    quotes: tuple[str, ...] = ()
    """The fewest of its words that stand in the way: of alternatives, one is enough."""
    evidence: tuple[Evidence, ...] = ()
    day: date | None = None
    """The first day on which it no longer stands in the way, with the same facts and nothing new."""
    lasting: bool = False
    """It stays in the way for ever: neither time nor a new fact can move it."""


class Change(msgspec.Struct, frozen=True):
    """What would have to change for a trial that rules the patient out. See `accrual.match.change`."""

    obstacles: tuple[Obstacle, ...]
    """All that stands in the way, in reading order; of groups of one kind, those of the nearest group."""
    day: date | None = None
    """The first day on which nothing stands in the way, with the same facts and nothing new."""
    lasting: bool = False
    """Something stands in the way for ever."""


class Screening(msgspec.Struct, frozen=True):
    """One trial decided for one patient."""

    nct_id: str
    verdict: Verdict
    assumption: Assumption
    criteria: tuple[CriterionVerdict, ...]
    fields: tuple[FieldVerdict, ...] = ()
    groups: tuple[GroupsVerdict, ...] = ()
    change: Change | None = None
    """What would have to change, where it was asked for and the trial rules the patient out."""


class Tally(msgspec.Struct, frozen=True):
    """What a trial comes to for a patient: the verdict, and how many of its criteria and fields speak which way."""

    verdict: Verdict
    met: int
    """Inclusions and fields that hold, exclusions that do not."""
    unmet: int
    unknown: int


def tally(screening: Screening) -> Tally:
    """Count a screening; the groups of one kind count as one."""
    common = (one for one in screening.criteria if one.group is None)
    held = [one.holds if one.kind == "inclusion" else ~one.holds for one in common]
    held += [groups.holds for groups in screening.groups]
    held += [field.holds for field in screening.fields]
    return Tally(screening.verdict, held.count(Truth.YES), held.count(Truth.NO), held.count(Truth.UNKNOWN))
