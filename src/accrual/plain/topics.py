"""What a criterion is about: age and sex, disease, treatment, organs and labs, infections, pregnancy, or other things.

Comes in: a criterion's tree. Goes out: one of seven topics, so that many trials' criteria stand in the same columns.
Refuses nothing: words that are not understood are about something else. `data/topics.tsv` says what each variable, each
family of concepts and each kind of concept is about; nothing is decided by it.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from accrual.codes.concepts import vocabulary
from accrual.codes.table import read_rows
from accrual.codes.variables import BY_WORDS
from accrual.criteria.tree import Compare, OneOf, Present, Tree, walk
from accrual.errors import VocabularyError

Topic: TypeAlias = Literal["person", "disease", "treatment", "organs", "infection", "pregnancy", "other"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
"""In the order of their columns."""

TOPIC_NAMES: dict[Topic, str] = {
    "person": "Age and sex",
    "disease": "Disease",
    "treatment": "Earlier treatment",
    "organs": "Organs and labs",
    "infection": "Infections",
    "pregnancy": "Pregnancy and birth control",
    "other": "Other rules",
}
"""What the topics are called."""

_WEAK: frozenset[Topic] = frozenset(("person", "other"))
"""What most criteria say in passing ("women who are pregnant"): it counts only where nothing else is said."""
_DATA = Path(__file__).parent / "data" / "topics.tsv"


def topic_of(tree: Tree) -> Topic:
    """Return what a criterion is about: what most of its leaves are about, the first of them among equals.

    Example:
        >>> topic_of(OneOf(variable="sex", values=("female",)))
        'person'
    """
    found = [topic for node in walk(tree) if (topic := _of_leaf(node)) is not None]
    counted = Counter([topic for topic in found if topic not in _WEAK] or found)
    return counted.most_common(1)[0][0] if counted else "other"


def _of_leaf(node: Tree) -> Topic | None:
    match node:
        case Compare() | OneOf():
            measured = "kind/measured" if node.variable.startswith(BY_WORDS) else f"variable/{node.variable}"
            return table().get(measured, "other")
        case Present():
            return _of_concept(node.concept.code)
        case _:
            return None


@lru_cache(20_000)
def _of_concept(concept: str) -> Topic:
    """Return what a concept is about: by the first family of the table that it belongs to, else by its kind."""
    held = vocabulary()
    above = sorted((concept, *held.ancestors(concept)))
    own = (table().get(f"concept/{family}") for family in above)
    return next((topic for topic in own if topic is not None), table()[f"kind/{held.get(concept).kind}"])


@cache
def table() -> dict[str, Topic]:
    """Return the table: `variable/…`, `concept/…` or `kind/…` to a topic.

    Raises:
        VocabularyError: the table breaks a rule.

    Example:
        >>> table()["variable/ecog"]
        'organs'
    """
    rows = read_rows(_DATA, ("about", "topic"))
    for row in rows:
        if row["topic"] not in TOPICS:
            raise VocabularyError(f"topics.tsv, {row['about']}: there is no topic {row['topic']!r}")
    return {row["about"]: cast(Topic, row["topic"]) for row in rows}
