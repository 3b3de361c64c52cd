"""Ranks trials for a patient, and says what to search for first.

Comes in: candidates (a trial's name and status, how well the search liked it, what it comes to for the patient, its
nearest site), or a patient. Goes out: ranked `Match`es, or weighted queries. Refuses nothing; equal inputs give equal
order.

Trials that are not ruled out (eligible, undetermined) stand before ineligible ones. Within each group the score
decides, in [0, 1]: a weighted mean of parts, each in [0, 1], times 0.6 for a trial that takes no patients now or soon:
a closed trial that fits well stands before an open one that hardly has to do with the patient. Where fresh statuses are
preferred, it is also times what the staleness of the trial's status leaves (`Candidate.kept`).

- relevance, 0.81 in all: the parts of `WEIGHTS`, in proportion to their weights there. Each is a search score divided
  by the best candidate's, except those that are shares already. Parts that nobody measured are left out.
- met, 0.09: the share of criteria and fields that are met; what is unknown or not understood is not met.
- near, 0.10: 1 / (1 + distance / 100 km); without a distance its weight goes to the others in proportion.

`Match.parts` holds each part with its value and its share of the score. A candidate below a twentieth of the best
relevance is left out: its words only brush against the patient's. Ties go to the lower NCT number.

`match` may not import `search`: a nearest site is anything with `distance_km` (the protocol `Placed`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Generic, Protocol, TypeAlias, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.codes.concepts import vocabulary
from accrual.match.timing import ended
from accrual.match.verdict import Tally, Verdict
from accrual.patient.model import Fact, Patient
from accrual.registry.standing import Standing
from accrual.truth import Truth


class Placed(Protocol):
    """A site that may be measured from the patient's place."""

    @property
    def distance_km(self) -> float | None:
        """Kilometres from the patient; None when either cannot be placed."""


S = TypeVar("S", bound=Placed)
Floats: TypeAlias = NDArray[np.float64]

# Registry statuses (API v2 enum Status) under which a patient can still get in, now or soon.
OPEN_STATUSES = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE")

_CLOSED = 0.6  # set by hand
_RELEVANCE, _MET, _NEAR = 0.81, 0.09, 0.10  # relevance to met: as trained; near: set by hand

WEIGHTS: Mapping[str, float] = {
    "conditions": 0.2,
    "subject": 1.8,
    "summary": 1.8,
    "inclusion": 2.8,
    "description": 1.0,
    "about": 0.2,
    "has": 1.0,
    "main": 0.5,
}
"""What each part of relevance weighs: trained on TREC Clinical Trials 2021 by benchmarks/train_rank.py.

`conditions` and `about` tell what the others tell, and 2021 does not say how they share: both are set by hand, low, and
the others were trained without them.

conditions: the search for the patient's conditions, their synonyms and wider kinds. subject, summary, inclusion,
description: the words of his note and of what he has, takes and had done, in that passage of the record
(`accrual.search.passages`). about, has, main: what the title and conditions name and he has (`match.likeness`).
"""

SHARES = frozenset(("about", "has", "main"))
"""Parts that lie in [0, 1] already; the others are search scores."""

_FLOOR = 0.05  # of the best relevance
_HALF_KM = 100.0  # at this distance `near` is one half; set by hand


class Candidate(msgspec.Struct, Generic[S], frozen=True):
    """A trial that the search found, decided for the patient. `relevance` is any score of 0 or more."""

    nct_id: str
    title: str
    status: str
    relevance: float
    tally: Tally
    nearest_site: S | None = None
    likeness: Mapping[str, float] = {}
    """Other parts of `WEIGHTS` by name, where they were measured: any scores of 0 or more; `SHARES` at most 1."""
    kept: float = 1.0
    """What is left of the score for how fresh the trial's status is, above 0 to 1; 1 where that was not asked for."""


class Part(msgspec.Struct, frozen=True):
    """One part of a score: `score` is the sum of value times share, times 0.6 for a closed trial."""

    name: str
    value: float
    share: float


class Match(msgspec.Struct, Generic[S], frozen=True):
    """One ranked trial: one entry of `accrual match --json`."""

    nct_id: str
    title: str
    status: str
    verdict: Verdict
    score: float
    met: int
    """Criteria and fields that speak for the patient: inclusions and fields that hold, exclusions that do not."""
    unmet: int
    unknown: int
    nearest_site: S | None = None
    parts: tuple[Part, ...] = ()
    """What the score is made of, the part that gives most first."""
    standing: Standing | None = None
    """How far the status can be relied on; None where nobody looked."""


def rank(
    candidates: Iterable[Candidate[S]], open_first: bool = True, top: int | None = None
) -> tuple[Match[S], ...]:
    """Return the candidates as matches, best first.

    Args:
        open_first: False leaves the recruitment status out (for benchmarks over closed trials).
        top: how many at most; None: all.
    """
    held = tuple(candidates)
    measured = [{"conditions": one.relevance, **one.likeness} for one in held]
    given = {name for values in measured for name in values}
    values: dict[str, Floats] = {}
    for name in WEIGHTS:
        if name in given:
            column = np.array([one.get(name, 0.0) for one in measured])
            best = column.max()
            if best > 0:
                values[name] = column if name in SHARES else column / best
    total = sum(WEIGHTS[name] for name in values)
    shares = {name: _RELEVANCE * WEIGHTS[name] / total for name in values}
    # Added up part by part, so that a candidate's score does not hang on the others' places.
    relevance = np.zeros(len(held))
    for name, share in shares.items():
        relevance += values[name] * share
    met = np.array([_met(one.tally) for one in held])
    near = np.array([_near(one) for one in held])
    placed = ~np.isnan(near)
    fit = relevance + met * _MET + np.where(placed, near, 0.0) * _NEAR
    fit = np.minimum(fit / (_RELEVANCE + _MET + placed * _NEAR), 1.0)
    if open_first:
        fit = np.where([one.status in OPEN_STATUSES for one in held], fit, fit * _CLOSED)
    fit = fit * np.array([one.kept for one in held])
    scores = np.round(fit, 4)
    worth = np.flatnonzero(relevance >= _FLOOR * relevance.max(initial=0.0))
    order = sorted(
        worth.tolist(),
        key=lambda at: (held[at].tally.verdict == "ineligible", -scores[at], held[at].nct_id),
    )
    parts = {**{name: (values[name], shares[name]) for name in values}, "met": (met, _MET)}
    return tuple(
        _match(
            held[at],
            float(scores[at]),
            {name: (float(column[at]), share) for name, (column, share) in parts.items()},
            None if not placed[at] else float(near[at]),
        )
        for at in order[:top]
    )


def _met(of: Tally) -> float:
    return of.met / max(of.met + of.unmet + of.unknown, 1)


def _near(one: Candidate[S]) -> float:
    """Return how near the trial is, up to 1; not a number where no distance is known."""
    distance = one.nearest_site.distance_km if one.nearest_site is not None else None
    return math.nan if distance is None else 1 / (1 + distance / _HALF_KM)


def _match(
    one: Candidate[S], score: float, parts: Mapping[str, tuple[float, float]], near: float | None
) -> Match[S]:
    whole = _RELEVANCE + _MET
    if near is not None:
        parts = {**parts, "near": (near, _NEAR)}
        whole += _NEAR
    ranked = sorted(parts.items(), key=lambda part: (-part[1][0] * part[1][1], part[0]))
    return Match(
        one.nct_id,
        one.title,
        one.status,
        one.tally.verdict,
        score,
        one.tally.met,
        one.tally.unmet,
        one.tally.unknown,
        one.nearest_site,
        tuple(Part(name, round(value, 4), round(share / whole, 4)) for name, (value, share) in ranked),
    )


# What to search for. A chart of 30 conditions has few that a trial is sought for: cancers first, then what lasts;
# what is over, hardly. Weights are set by hand.
_MAIN, _LASTING, _UNSURE, _OVER, _DRUG = 1.0, 0.6, 0.4, 0.1, 0.1
_SYNONYM, _PARENT, PARENT_STEP = 0.6, 0.3, 0.5
SOUGHT_FIRST = "cancer"
_NOT_SOUGHT = frozenset(("inactive", "resolved", "past"))
MAX_QUERIES = 24


def queries(patient: Patient, today: date | None = None) -> tuple[tuple[str, float], ...]:
    """Return what to search for: texts with weights up to 1, heaviest first, at most `MAX_QUERIES`.

    Each asserted condition asks by its name, by its first synonyms, lower, and by every wider concept, lower with
    each step: a trial in acute leukemia is one for T-ALL too. Drugs ask lowest. A text
    that is asked twice keeps its greater weight.

    Args:
        today: what has ended by this day counts as over; None: only what is said to be over does.
    """
    asked: dict[str, float] = {}

    def ask(text: str, weight: float) -> None:
        key = text.strip().lower()
        if key:
            asked[key] = max(asked.get(key, 0.0), round(weight, 3))

    for fact in patient.facts:
        if not fact.asserted or fact.kind not in ("condition", "drug") or "suspected" in fact.qualifiers:
            continue
        weight = fact_weight(fact, today)
        if fact.concept is None:
            ask(fact.text, weight * _SYNONYM)
            continue
        concept = vocabulary().get(fact.concept.code)
        ask(concept.name, weight)
        if fact.kind == "condition":
            for synonym in concept.synonyms[:3]:
                ask(synonym, weight * _SYNONYM)
            for wider, steps in wider_concepts(concept.id):
                ask(vocabulary().get(wider).name, weight * _PARENT * PARENT_STEP ** (steps - 1))
    ranked = sorted(asked.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ranked[:MAX_QUERIES])


def wider_concepts(concept: str) -> list[tuple[str, int]]:
    """Return a concept's ancestors with how many steps up they are, nearest first."""
    steps: dict[str, int] = {concept: 0}
    queue = [concept]
    for below in queue:
        for parent in vocabulary().get(below).parents:
            if parent not in steps:
                steps[parent] = steps[below] + 1
                queue.append(parent)
    return [(wider, up) for wider, up in steps.items() if up]


def fact_weight(fact: Fact, today: date | None) -> float:
    """Return from 0 to 1 how much a condition or drug says of what trial the patient is sought for."""
    gone = today is not None and fact.end is not None and ended(fact.end, today) is Truth.YES
    if fact.kind == "drug":
        return _DRUG * (_OVER if gone or _NOT_SOUGHT.intersection(fact.qualifiers) else 1.0)
    if gone or _NOT_SOUGHT.intersection(fact.qualifiers):
        return _OVER
    if fact.concept is None:
        return _UNSURE
    return _MAIN if vocabulary().is_a(fact.concept.code, SOUGHT_FIRST) else _LASTING
