"""What a trial and a patient have in common before any criterion is decided: words to look for, and what it is about.

Comes in: a patient, and a trial's title and conditions. Goes out: weighted words, and a share from 0 to 1. Refuses
nothing: a patient of whom nothing is known has no words, and nothing is about him.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from accrual.codes.concepts import vocabulary
from accrual.match.prominence import conditions, prominences
from accrual.match.rank import PARENT_STEP, fact_weight, wider_concepts
from accrual.match.themes import Floats, Part, Themes
from accrual.patient.model import Patient

_KIND_WEIGHTS: Mapping[str, float] = {"condition": 1.0, "drug": 0.5, "procedure": 0.5}
"""How much the name of a fact says of what trial is sought; set by hand."""

_OTHERS = 0.2  # for a condition of the family; set by hand
_SUSPECTED = 0.6  # for what is only suspected; set by hand
_NARROWER = 0.5  # a trial in lung cancer, for a patient with cancer: it may be his; set by hand
_AGAIN = 1.25  # for what is stated more than once: what a note is about, it names again; set by hand

_SYNONYMS = 2  # names of a condition, beside the first, whose words are looked for
_ABOUT: tuple[Part, ...] = ("title", "condition")


def named(patient: Patient) -> tuple[tuple[str, float], ...]:
    """Return what the patient has, takes and had done, in his own words and the vocabulary's, each with a weight.

    Example:
        >>> named(Patient(facts=(asthma,)))
        (('asthma', 1.0),)
    """
    found: dict[str, float] = {}
    for fact in patient.facts:
        weight = _KIND_WEIGHTS.get(fact.kind, 0.0)
        if not fact.asserted or not weight:
            continue
        if "family-history" in fact.qualifiers:
            weight = _OTHERS
        for name in (fact.text, fact.concept.name if fact.concept is not None else ""):
            if name:
                found[name.lower()] = max(found.get(name.lower(), 0.0), weight)
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


class Likeness:
    """How much of what a trial names the patient has: for many trials of one patient."""

    def __init__(self, patient: Patient) -> None:
        """Weigh the patient's conditions: the weightiest counts 1."""
        self._patient = patient
        weights: dict[str, float] = {}
        for fact in patient.facts:
            if fact.kind != "condition" or not fact.asserted or fact.concept is None:
                continue
            weight = fact_weight(fact, None)
            if "suspected" in fact.qualifiers:
                weight *= _SUSPECTED
            if "family-history" in fact.qualifiers:
                weight *= _OTHERS
            concept = fact.concept.code
            weights[concept] = max(weights[concept] * _AGAIN, weight) if concept in weights else weight
        best = max(weights.values(), default=1.0)
        self._held = {concept: weight / best for concept, weight in weights.items() if weight > 0}
        self._wider: dict[str, float] = {}
        for concept, weight in self._held.items():
            for wider, steps in wider_concepts(concept):
                self._wider[wider] = max(self._wider.get(wider, 0.0), weight * PARENT_STEP**steps)
        self._known: dict[str, float] = {}

    def about(self, title: str, conditions: Sequence[str]) -> float:
        """Return from 0 to 1 how much of what a trial's title and conditions name the patient has, on average."""
        spotted = vocabulary().spot(" ; ".join((title, *conditions)))
        return self._mean({one.concept.id for one in spotted})

    def about_all(self, themes: Themes, numbers: Sequence[int]) -> Floats:
        """Return the same for trials of which `themes` tells: `about` of each, shape (numbers,).

        Arguments:
            numbers: NCT numbers as integers; a trial that is not there is about nothing.
        """
        values = np.maximum(themes.by_concept(self._held), themes.by_concept(self._wider))
        values = np.where(values > 0, values, themes.by_family(self._held) * _NARROWER)
        owner, codes = themes.items(themes.rows(numbers), _ABOUT)
        named = np.bincount(owner, minlength=len(numbers))
        summed = np.bincount(owner, weights=values[codes], minlength=len(numbers))
        return np.minimum(summed / np.maximum(named, 1), 1.0)

    def parts_all(self, themes: Themes, numbers: Sequence[int]) -> dict[str, Floats]:
        """Return the parts of relevance that concepts give, for trials of which `themes` tells, shape (numbers,) each.

        about: `about`. has: how much of what he has the title and conditions name, each condition by how prominent it
        is. main: how prominent the most prominent is that the title names. A wider or narrower name counts less.
        """
        prominent = prominences(self._patient, themes.places)
        rows = themes.rows(numbers)
        has, main = np.zeros(len(numbers)), np.zeros(len(numbers))
        (owner, codes), (titled, in_titles) = themes.items(rows, _ABOUT), themes.items(rows, ("title",))
        for concept, worth in prominent.items():
            near = nearness(themes, concept)
            best = np.zeros(len(numbers))
            np.maximum.at(best, owner, near[codes])
            has += worth * best
            np.maximum.at(main, titled, worth * near[in_titles])
        has /= sum(prominent.values()) or 1.0
        return {"about": self.about_all(themes, numbers), "has": has, "main": main}

    def _mean(self, concepts: Iterable[str]) -> float:
        values = [self._of(concept) for concept in sorted(concepts)]
        return min(sum(values) / len(values), 1.0) if values else 0.0

    def _of(self, concept: str) -> float:
        if concept not in self._known:
            value = max(self._held.get(concept, 0.0), self._wider.get(concept, 0.0))
            if not value and concept in vocabulary().concepts:
                family = vocabulary().ancestors(concept)
                value = max((self._held.get(one, 0.0) for one in family), default=0.0) * _NARROWER
            self._known[concept] = value
        return self._known[concept]


def nearness(themes: Themes, concept: str) -> Floats:
    """Return how near each concept that trials name is to one: itself 1, what is wider or narrower less, all others 0.

    Example:
        >>> nearness(themes, "lung-cancer")[themes.places["lung-cancer"]]
        1.0
    """
    wider = {above: PARENT_STEP**steps for above, steps in wider_concepts(concept)}
    narrower = themes.by_family({concept: _NARROWER})
    return np.maximum(narrower, themes.by_concept({**wider, concept: 1.0}))


def covering(themes: Themes, patient: Patient, limit: int) -> list[int]:
    """Return the trials whose title and conditions name most of what a patient has, by prominence, best first.

    Arguments:
        limit: how many at most; of equal ones the newest, which have the higher numbers.
    """
    prominent = prominences(patient, themes.places)
    if not prominent or limit < 1:
        return []
    has = np.zeros(len(themes.numbers))
    for concept, worth in prominent.items():
        has += worth * themes.nearest(nearness(themes, concept))
    found = np.flatnonzero(has)
    if len(found) > limit:  # what is below the last of the best need not be sorted
        found = found[has[found] >= np.partition(has[found], -limit)[-limit]]
    order = np.lexsort((-themes.numbers[found], -has[found]))[:limit]
    return [int(number) for number in themes.numbers[found[order]]]


def sought_words(patient: Patient, themes: Themes) -> list[tuple[tuple[str, float], ...]]:
    """Return the names to look for, in sets with weights: all that he has, takes and had done; and his conditions by
    how prominent each is, with their first synonyms.
    """
    prominent = prominences(patient, themes.places)
    known = vocabulary()
    names = [
        (name, worth)
        for concept, worth in prominent.items()
        for name in (known.get(concept).name, *known.get(concept).synonyms[:_SYNONYMS])
    ]
    own = [
        (fact.text, prominent[concept]) for concept, facts in conditions(patient).items() for fact in facts
    ]
    return [named(patient), (*names, *own)]
