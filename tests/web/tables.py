"""The words of our tables that pages show: labels of registry values, names, questions, meanings."""

from __future__ import annotations

from collections.abc import Iterator

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
