"""The trials that may be for a patient: retrieved by what he has and by the words of his note, each with its likeness.

Comes in: the text index, the studies' themes, and a patient. Goes out: hits, and for each the parts of relevance that
`accrual.match.rank.WEIGHTS` weighs. Refuses nothing: a patient of whom nothing is known is offered the studies that
take healthy volunteers.

Stands beside the facade because it joins rooms that do not know each other: matching and search.
"""

from __future__ import annotations

from datetime import date

import msgspec

from accrual.match.likeness import Likeness, named
from accrual.match.rank import queries
from accrual.match.themes import Themes
from accrual.patient.model import Patient
from accrual.search.index import TextIndex
from accrual.search.passage import candidates_of_words, likeness, passage_terms, word_weights
from accrual.search.query import Facet, Hit, Near, Query
from accrual.search.rank import candidates, find

CANDIDATES = 1000
"""Studies retrieved for a patient before they are decided: what one person could ever look through."""

OF_WORDS = 700
"""Studies more that the words of a note may find."""

_NAMES = (("names", "all"), ("names in criteria", "criteria"))
_NOTE = (
    ("note in record", "all"),
    ("note in criteria", "criteria"),
    ("note in title", "title"),
    ("note in conditions", "condition"),
)


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
    of_conditions = candidates(index, asked, limit=CANDIDATES, filters=filters, near=near)
    hits = {hit.nct_id: hit for hit in of_conditions}
    for hit in candidates_of_words(index, patient.words, OF_WORDS, filters, near):
        hits.setdefault(hit.nct_id, hit)
    relevance = {hit.nct_id: hit.score for hit in of_conditions}
    parts = _parts(index, patient, [*hits])
    about = Likeness(patient).about_all(themes, [int(number[3:]) for number in hits])
    return tuple(
        Retrieved(
            hit,
            relevance.get(number, 0.0),
            {
                **{name: scores.get(number, 0.0) for name, scores in parts.items()},
                "about": share,
            },
        )
        for (number, hit), share in zip(hits.items(), about.tolist(), strict=True)
    )


def _parts(index: TextIndex, patient: Patient, numbers: list[str]) -> dict[str, dict[str, float]]:
    names = word_weights(named(patient))
    words = dict.fromkeys(passage_terms(index.searcher()[0], patient.words), 1.0)
    return {
        **{name: likeness(index, numbers, names, field) for name, field in _NAMES if names},
        **{name: likeness(index, numbers, words, field) for name, field in _NOTE if words},
    }
