"""What the merge works on: the rules of `imported.tsv`, and concepts while they are put together.

Comes in: nothing; `merge` and `naming` meet here. Goes out: `Rules`, `Draft`, the content words of a name. Refuses
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from accrual.codes.concept import ConceptKind

_WORDS = re.compile(r"[^\W_]+")
_SMALL = frozenset(
    (
        "of",
        "the",
        "in",
        "and",
        "due",
        "to",
        "with",
        "by",
        "a",
        "an",
        "disease",
        "disorder",
        "infection",
        "infectiou",
    )
)
TRUST = "trusted"
"""A second witness by itself."""


class Rules(msgspec.Struct, frozen=True):
    """What of the sources is not taken, or not as it stands; see `imported.tsv`."""

    names: frozenset[str] = frozenset()
    """Folded names that are not searched for."""
    terms: frozenset[str] = frozenset()
    """Codes of terms that are left out; their children go to their parents."""
    links: frozenset[tuple[str, str]] = frozenset()
    """Child and parent, by code, that are no is-a."""
    apart: frozenset[str] = frozenset()
    """Codes of terms that are not the seed row of the same name."""
    never: Mapping[str, frozenset[str]] = MappingProxyType({})
    """Of a seed family, words: what is called so is no kind of it, unless its name says that it is malignant."""
    allowed: frozenset[str] = frozenset()
    """Folded synonyms that were read and found right, though only one source has them."""


class Draft(msgspec.Struct):
    """A concept being put together."""

    id: str
    kind: ConceptKind
    name: str
    is_seed: bool = False
    parents: tuple[str, ...] = ()
    codes: dict[str, None] = {}
    names: dict[str, set[str]] = {}
    """Each name with the sources that have it."""
    preferred: dict[str, None] = {}
    sources: dict[str, None] = {}


def content(name: str) -> frozenset[str]:
    """Return the words of a name that say what it is, singular."""
    words = (word.rstrip("s") for word in _WORDS.findall(name.lower()))
    return frozenset(word for word in words if word not in _SMALL)
