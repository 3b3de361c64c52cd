"""The words of our tables that pages show: labels of registry values, questions, meanings; and the names."""

from __future__ import annotations

from collections.abc import Iterator

from accrual.codes.concepts import seed_concepts
from accrual.codes.everyday import everyday_words
from accrual.codes.qualifiers import PLACES, qualifiers
from accrual.codes.units import units
from accrual.codes.variables import variables
from accrual.criteria.everyday import ANCHORS
from accrual.criteria.everyday_clause import bare_name, clause_patterns, unit_words
from accrual.criteria.groups import group_names
from accrual.match.timing import UNIT_WORDS
from accrual.message import Message, word
from accrual.plain.filters import field_words
from accrual.plain.glossary import entries
from accrual.registry.labels import labels
from accrual.search.pieces import PIECES

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
    yield from _of_variables()
    yield from _adjectives()
    yield from group_names()
    for entry in entries():
        yield word(entry.meaning, "glossary")
    for unit in units():
        if words := unit_words(unit):
            yield word(words, "unit")
    for words in PLACES.values():
        yield word(words, "place")
    for words in ANCHORS.values():
        yield word(words, "anchor")
    for piece in PIECES:
        yield field_words(piece.name)
    for words in UNIT_WORDS.values():
        yield word(words, "unit")
    for words in ("zero", "one", "two", "three", "four"):
        yield word(words, "number")


def name_words() -> Iterator[Message]:
    """Every name of a condition, a treatment or a measurement, as medicine has it and as people say it."""
    for variable in variables().values():
        yield word(variable.name, "name")
    for concept in seed_concepts():
        yield word(concept.name, "name")
    for name, words in everyday_words().items():
        # What a clause of its own tells ("you are pregnant") is no name.
        if name not in qualifiers() and not words.startswith("you "):
            yield word(words, "name")
            if name in variables():
                yield word(bare_name(words), "name")


def _of_variables() -> Iterator[Message]:
    for variable in variables().values():
        yield word(variable.question, "question")
        for value in variable.values:
            yield word(value, "answer")
    for language in variables()["language"].values:
        yield word(language.capitalize(), "answer")


def _adjectives() -> Iterator[Message]:
    for name in qualifiers():
        if name in everyday_words():
            yield word(everyday_words()[name], "adjective")
        if name not in PLACES:
            yield word(name.replace("-", " "), "adjective")
