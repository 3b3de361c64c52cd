"""A thing known by its words alone: "chondromalacia patella", which no row of the vocabulary has.

Comes in: the words and the kind of thing. Goes out: a `Concept` whose id is made of the kind and the words, the same
for every spelling of them: `condition:chondromalacia-patella`. Refuses (None): an id of another form.

Such a concept has no family and no codes. It is the same thing only as what has the same words, and as nothing else; so
no verdict can rest on a guess of what the words may mean. A colon stands in no id of the table.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import get_args

from accrual.basic import Code
from accrual.codes.concept import Concept, ConceptKind
from accrual.codes.spelling import american, folded_key

SYSTEM = "text"
"""The system of a code that is nothing but words."""
SOURCE = "its own words"
_KINDS: tuple[ConceptKind, ...] = get_args(ConceptKind)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_ARTICLES = frozenset(("the", "a", "an", "his", "her", "their"))
# Words with which an entry says more than a name, or the contrary: "no diabetes", "mother with leukemia".
_MORE = frozenset(
    (
        "no", "not", "non", "never", "nor", "without", "with", "and", "or", "but", "except", "for", "from", "to", "by",
        "in", "on", "at", "due", "pre", "post", "anti", "versus", "vs", "mother", "father", "brother", "sister",
        "family", "maternal", "paternal", "possible", "probable", "suspected", "rule", "ruled", "out", "risk",
        "negative", "absent", "screening",
    )
)  # fmt: skip
MAX_NAMED = 8
"""Words of a name; a longer entry is a sentence."""
_ENDINGS = ("ss", "us", "is", "as", "os", "etes")
"""Words in "s" with one of these endings are singular."""


def worded(kind: ConceptKind, words: str) -> Concept:
    """Return the concept that the words alone name.

    Example:
        >>> worded("condition", "Facet-joint cysts").id
        'condition:facet-joint-cyst'
    """
    return Concept(id=f"{kind}:{slug(words)}", kind=kind, name=" ".join(words.split()), source=SOURCE)


@lru_cache(maxsize=8192)
def slug(words: str) -> str:
    """Return the words with case, hyphens, articles, plurals and British spelling taken out, joined by hyphens."""
    parts = _WORD.findall(american(folded_key(words)))
    return "-".join(_singular(part.replace("'", "")) for part in parts if part not in _ARTICLES)


def is_name(words: str) -> bool:
    """Say whether an entry's words can be the name of a thing and nothing more.

    Example:
        >>> is_name("Facet joint cyst"), is_name("no diabetes")
        (True, False)
    """
    parts = _WORD.findall(folded_key(words))
    return 0 < len(parts) <= MAX_NAMED and _MORE.isdisjoint(parts)


def kind_and_slug(concept_id: str) -> tuple[ConceptKind, str] | None:
    """Return what the id of a worded concept is made of; None for any other id."""
    start, colon, rest = concept_id.partition(":")
    for kind in _KINDS if colon and rest else ():
        if kind == start:
            return kind, rest
    return None


def wording(concept_id: str) -> Concept | None:
    """Return the concept of a worded id, None for any other id.

    Example:
        >>> wording("condition:facet-joint-cyst").name
        'facet joint cyst'
    """
    parts = kind_and_slug(concept_id)
    if parts is None:
        return None
    return Concept(id=concept_id, kind=parts[0], name=parts[1].replace("-", " "), source=SOURCE)


def same_words(concept_id: str) -> frozenset[str]:
    """Return the ids with the same words, of whatever kind: what one file calls a procedure another calls a drug."""
    parts = kind_and_slug(concept_id)
    return frozenset() if parts is None else frozenset(f"{kind}:{parts[1]}" for kind in _KINDS)


def code_of(concept: Concept) -> Code:
    """Return the code by which a tree or a fact names a concept: a row of the vocabulary, or the words alone."""
    return Code(SYSTEM if concept.source == SOURCE else "accrual", concept.id, concept.name)


def _singular(word: str) -> str:
    if word.endswith("tases"):
        return word[:-2] + "is"
    if len(word) < 4 or not word.endswith("s") or word.endswith(_ENDINGS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]
