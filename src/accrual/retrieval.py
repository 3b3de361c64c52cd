"""The trials that may be for a patient: retrieved by what he has and by the words of his note, each with its likeness.

Comes in: the text index, the studies' themes, and a patient. Goes out: hits, and for each the parts of relevance that
`accrual.match.rank.WEIGHTS` weighs. Refuses nothing: a patient of whom nothing is known is offered the studies that
take healthy volunteers.

Stands beside the facade because it joins rooms that do not know each other: matching and search.
"""

from __future__ import annotations

from datetime import date

import msgspec

from accrual.match.likeness import Likeness, covering, sought_words
from accrual.match.rank import queries
from accrual.match.themes import Themes
from accrual.patient.model import Patient
from accrual.search.index import TextIndex
from accrual.search.passage import candidates_by, hits_among, likenesses, note_words, word_weights
from accrual.search.passages import PASSAGES
from accrual.search.query import Facet, Hit, Near, Query
from accrual.search.rank import candidates, find

CANDIDATES = 1000
"""Studies of a patient who has nothing to look for."""

OF_CONDITIONS, OF_WORDS, OF_THEMES = 500, 700, 500
"""Studies retrieved before they are decided, by the search for his conditions, by words, by what studies are about.

Together they are more than one person could ever look through.
"""

_FIELDS = (("summary", 1.0), ("inclusion", 1.0))
"""Where words find studies, and what they weigh there."""


class Retrieved(msgspec.Struct, frozen=True):
    """A study that may be for the patient. `likeness` is empty where nothing of it can be measured."""

    hit: Hit
    relevance: float
    """How well the search for his conditions liked it."""
    likeness: dict[str, float]


def retrieve(
    index: TextIndex,
    themes: Themes,
    patient: Patient,
    today: date,
    filters: dict[Facet, tuple[str, ...]],
    near: Near | None,
) -> tuple[Retrieved, ...]:
    """Return the studies that may be for a patient, those of his conditions first, each best first."""
    asked = queries(patient, today)
    if not asked and not patient.words:
        filters = {**filters, "healthy_volunteers": ("true",)}
        found = find(index, Query(filters=filters, near=near, top=CANDIDATES)).results
        return tuple(Retrieved(hit, hit.score, {}) for hit in found)
    words = _words(index, themes, patient)
    of_conditions = candidates(index, asked, limit=OF_CONDITIONS, filters=filters, near=near)
    hits = {hit.nct_id: hit for hit in of_conditions}
    for hit in candidates_by(index, words, _FIELDS, OF_WORDS, filters, near):
        hits.setdefault(hit.nct_id, hit)
    more = [f"NCT{number:08d}" for number in covering(themes, patient, OF_THEMES)]
    for hit in hits_among(index, [number for number in more if number not in hits], filters, near):
        hits[hit.nct_id] = hit
    relevance = {hit.nct_id: hit.score for hit in of_conditions}
    numbers = [*hits]
    parts = {
        name: shares.tolist()
        for name, shares in Likeness(patient).parts_all(themes, [int(each[3:]) for each in numbers]).items()
    }
    for field, scores in likenesses(index, numbers, words, PASSAGES).items() if words else ():
        parts[field] = [scores.get(number, 0.0) for number in numbers]
    return tuple(
        Retrieved(hit, relevance.get(number, 0.0), {name: values[place] for name, values in parts.items()})
        for place, (number, hit) in enumerate(hits.items())
    )


def _words(index: TextIndex, themes: Themes, patient: Patient) -> dict[str, float]:
    """Return the words to look for: each as often as it stands in the note, in a name, in a prominent name."""
    found = note_words(index.searcher()[0], patient.words)
    for names in sought_words(patient, themes):
        for word, weight in word_weights(names).items():
            found[word] = found.get(word, 0.0) + weight
    return found
