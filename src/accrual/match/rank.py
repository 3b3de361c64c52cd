"""Ranks trials for a patient, and says what to search for first.

Comes in: candidates (a trial's name and status, how well the search liked it, what it comes to for the patient, its
nearest site), or a patient. Goes out: ranked `Match`es, or weighted queries. Refuses nothing; equal inputs give equal
order.

Trials that are not ruled out (eligible, undetermined) stand before ineligible ones. Within each group the score
decides, in [0, 1]:

    score = open * (0.60 * relevance + 0.30 * met + 0.10 * near)

- open: 1 when the trial takes patients or soon will, else 0.6: a closed trial that fits well stands before an open
  one that hardly has to do with the patient.
- relevance: the search score divided by the best candidate's.
- met: the share of criteria and fields that are met; what is unknown or not understood is not met.
- near: 1 / (1 + distance / 100 km); without a distance its weight goes to the other two in proportion.

A candidate below a twentieth of the best relevance is left out: its words only brush against the patient's.
Ties go to the lower NCT number. The weights are set by hand; the benchmark page says what they give.

`match` may not import `search`: a nearest site is anything with `distance_km` (the protocol `Placed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Generic, Protocol, TypeVar

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.match.timing import ended
from accrual.match.verdict import Tally, Verdict
from accrual.patient.model import Fact, Patient
from accrual.truth import Truth


class Placed(Protocol):
    """A site that may be measured from the patient's place."""

    @property
    def distance_km(self) -> float | None:
        """Kilometres from the patient; None when either cannot be placed."""


S = TypeVar("S", bound=Placed)

# Registry statuses (API v2 enum Status) under which a patient can still get in, now or soon.
OPEN_STATUSES = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE")

_CLOSED, _RELEVANCE, _MET, _NEAR = 0.6, 0.60, 0.30, 0.10
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


def rank(candidates: Iterable[Candidate[S]], open_first: bool = True) -> tuple[Match[S], ...]:
    """Return the candidates as matches, best first.

    Args:
        open_first: False leaves the recruitment status out (for benchmarks over closed trials).
    """
    held = tuple(candidates)
    best = max((one.relevance for one in held), default=0.0)
    matches = [_match(one, best, open_first) for one in held if one.relevance >= _FLOOR * best]
    return tuple(sorted(matches, key=lambda one: (one.verdict == "ineligible", -one.score, one.nct_id)))


def _match(one: Candidate[S], best: float, open_first: bool) -> Match[S]:
    met, unmet, unknown = one.tally.met, one.tally.unmet, one.tally.unknown
    relevance = one.relevance / best if best > 0 else 0.0
    share = met / max(met + unmet + unknown, 1)
    distance = one.nearest_site.distance_km if one.nearest_site is not None else None
    if distance is None:
        fit = (_RELEVANCE * relevance + _MET * share) / (_RELEVANCE + _MET)
    else:
        fit = _RELEVANCE * relevance + _MET * share + _NEAR / (1 + distance / _HALF_KM)
    score = fit * _CLOSED if open_first and one.status not in OPEN_STATUSES else fit
    return Match(
        one.nct_id,
        one.title,
        one.status,
        one.tally.verdict,
        round(score, 4),
        met,
        unmet,
        unknown,
        one.nearest_site,
    )


# What to search for. A chart of 30 conditions has few that a trial is sought for: cancers first, then what lasts;
# what is over, hardly. Weights are set by hand.
_MAIN, _LASTING, _UNSURE, _OVER, _DRUG = 1.0, 0.6, 0.4, 0.1, 0.1
_SYNONYM, _PARENT, _STEP = 0.6, 0.3, 0.5
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
        weight = _weight(fact, today)
        if fact.concept is None:
            ask(fact.text, weight * _SYNONYM)
            continue
        concept = vocabulary().get(fact.concept.code)
        ask(concept.name, weight)
        if fact.kind == "condition":
            for synonym in concept.synonyms[:3]:
                ask(synonym, weight * _SYNONYM)
            for wider, steps in _wider(concept.id):
                ask(vocabulary().get(wider).name, weight * _PARENT * _STEP ** (steps - 1))
    ranked = sorted(asked.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ranked[:MAX_QUERIES])


def _wider(concept: str) -> list[tuple[str, int]]:
    """Return a concept's ancestors with how many steps up they are, nearest first."""
    steps: dict[str, int] = {concept: 0}
    queue = [concept]
    for below in queue:
        for parent in vocabulary().get(below).parents:
            if parent not in steps:
                steps[parent] = steps[below] + 1
                queue.append(parent)
    return [(wider, up) for wider, up in steps.items() if up]


def _weight(fact: Fact, today: date | None) -> float:
    gone = today is not None and fact.end is not None and ended(fact.end, today) is Truth.YES
    if fact.kind == "drug":
        return _DRUG * (_OVER if gone or _NOT_SOUGHT.intersection(fact.qualifiers) else 1.0)
    if gone or _NOT_SOUGHT.intersection(fact.qualifiers):
        return _OVER
    if fact.concept is None:
        return _UNSURE
    return _MAIN if vocabulary().is_a(fact.concept.code, SOUGHT_FIRST) else _LASTING
