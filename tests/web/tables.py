"""The words of our tables that pages show: labels of registry values, names, questions, meanings."""

from __future__ import annotations

from collections.abc import Iterator

from accrual.codes.everyday import everyday_words
from accrual.codes.qualifiers import PLACES, qualifiers
from accrual.codes.variables import variables
from accrual.criteria.everyday import ANCHORS
from accrual.criteria.everyday_clause import clause_patterns
from accrual.message import Message, word
from accrual.registry.labels import labels

LABELS = (
    "arm_type",
    "allocation",
    "dispersion",
    "funder",
    "intervention_model",
    "intervention_type",
    "masking",
    "observational_model",
    "param",
    "phase",
    "primary_purpose",
    "sex",
    "status",
    "std_age",
    "study_type",
    "time_perspective",
    "who_masked",
)
"""The kinds of labels that pages show."""


def table_words() -> Iterator[Message]:
    """Every word, in its context."""
    for kind in LABELS:
        for words in labels(kind).values():
            yield word(words, kind)
    yield from clause_patterns()
    for variable in variables().values():
        for value in variable.values:
            yield word(value, "answer")
    for name, words in everyday_words().items():
        if name in qualifiers():
            yield word(words, "adjective")
    for name in qualifiers():
        if name not in everyday_words() and name not in PLACES:
            yield word(name.replace("-", " "), "adjective")
    for words in PLACES.values():
        yield word(words, "place")
    for words in ANCHORS.values():
        yield word(words, "anchor")
    for words in ("zero", "one", "two", "three", "four"):
        yield word(words, "number")
