"""Which of a patient's conditions a trial is sought for: how prominent each is in his file.

Comes in: a patient, and whether any trial is about a concept. Goes out: for each condition that he has a number up to
1, the most prominent 1. Refuses nothing: who has no condition has nothing prominent.

A note of a hospital stay names twenty conditions, and the trials that doctors call his are about one or two. How the
signs below weigh was fitted by `benchmarks/train_prominence.py`: the share of the trials judged relevant for a topic
of TREC Clinical Trials 2021 whose titles and conditions name the condition, as odds against the topic's others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

from accrual.codes.concepts import vocabulary
from accrual.match.rank import SOUGHT_FIRST
from accrual.patient.model import Fact, Patient

Sign = str
WEIGHTS: Mapping[Sign, float] = {
    "first sentence": 0.52,
    "place": -0.33,
    "times": 0.85,
    "over": -0.24,
    "grave": 0.48,
    "disease": 1.75,
    "cancer": 0.90,
    "no trial": -0.76,
}
"""What each sign adds to the logarithm of the odds.

first sentence: it stands there. place: from 0, the beginning of the note, to 1, its end. times: the logarithm of how
many facts tell of it. over: it is said to be past. grave: it is severe, spread, come back, new, or resists. disease: a
classification of diseases has it; symptoms are in none. cancer: it is one. no trial: no study is about it, or a kind
of it.
"""

_OVER = frozenset(("history", "inactive", "past", "resolved"))
_GRAVE = frozenset(("acute", "advanced", "metastatic", "newly-diagnosed", "recurrent")) | frozenset(
    ("refractory", "relapsed", "severe", "unresectable")
)
_DISEASES = ("DOID:", "ICD10:", "MONDO:")
_FIRST = "sentence 1,"
_PLACE = re.compile(r"characters (\d+)")
_UNPLACED = 0.5
_FAMILY = "family-history"
_MOST_TIMES = 10  # a chart repeats a condition at every visit; set by hand


def signs(concept: str, facts: list[Fact], characters: int, sought: bool) -> dict[Sign, float]:
    """Return the signs of one condition.

    Arguments:
        facts: that tell of it, at least one, in reading order.
        characters: how long the note is; 0 where there is none.
        sought: whether any study is about it or a kind of it.
    """
    known = vocabulary()
    said = {word for fact in facts for word in fact.qualifiers}
    where = facts[0].source.where
    place = _PLACE.search(where)
    return {
        "first sentence": float(where.startswith(_FIRST)),
        "place": min(int(place.group(1)) / characters, 1.0) if place and characters else _UNPLACED,
        "times": math.log(min(len(facts), _MOST_TIMES)),
        "over": float(not said.isdisjoint(_OVER)),
        "grave": float(not said.isdisjoint(_GRAVE)),
        "disease": float(any(code.startswith(_DISEASES) for code in known.get(concept).codes)),
        "cancer": float(known.is_a(concept, SOUGHT_FIRST)),
        "no trial": float(not sought),
    }


def prominences(patient: Patient, sought: Collection[str]) -> dict[str, float]:
    """Return how prominent each condition of the patient is, by its concept: above 0, at most 1.

    Arguments:
        sought: the concepts that studies are about, with what those are kinds of (`Themes.places`).

    Example:
        >>> prominences(patient, {"asthma", "acne"})
        {'asthma': 1.0, 'acne': 0.26}
    """
    held = conditions(patient)
    worth = {
        concept: math.exp(
            sum(
                WEIGHTS[sign] * value
                for sign, value in signs(concept, facts, len(patient.words), concept in sought).items()
            )
        )
        for concept, facts in held.items()
    }
    most = max(worth.values(), default=1.0)
    return {concept: value / most for concept, value in worth.items()}


def conditions(patient: Patient) -> dict[str, list[Fact]]:
    """Return the facts of each condition that the patient himself has or may have."""
    found: dict[str, list[Fact]] = {}
    for fact in patient.facts:
        if fact.kind != "condition" or not fact.asserted or fact.concept is None:
            continue
        if _FAMILY not in fact.qualifiers and fact.concept.code in vocabulary().concepts:
            found.setdefault(fact.concept.code, []).append(fact)
    return found
