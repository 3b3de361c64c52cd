"""The texts of a record as an area has them, cut into words: where words stand in them, and what stands around.

Comes in: the name of an area, texts of its fields. Goes out: texts as words, and places in them. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from accrual.basic import Span
from accrual.registry.areas import find_area
from accrual.registry.fields import Field, find_field, leaves
from accrual.search.essie_names import SIZE
from accrual.search.expansion import Sequence as Together
from accrual.search.expression import Coverage
from accrual.search.words import LONGEST_WORD, cut_words, raw_words, stem_of

_CONTEXT = 60  # characters shown on each side of what was found


class Value(NamedTuple):
    """A text of a field, cut into words."""

    field: Field
    weight: float
    text: str
    words: Together
    stems: Together

    def place(self, at: int, count: int) -> Span:
        """Return where some of its words stand in the text."""
        start = end = 0
        for number, raw in enumerate(raw_words(self.text)[: at + count]):
            begun = self.text.index(raw, end)
            end = begun + len(raw)
            if number == at:
                start = begun
        return Span(start, end)


@lru_cache(maxsize=1_024)
def weighed(name: str) -> tuple[tuple[Field, float], ...]:
    """Return the fields with values of their own of what `AREA[name]` searches, with their weights, heaviest first.

    Example:
        >>> [(field.piece, weight) for field, weight in weighed("TitleSearch")]
        [('Acronym', 1.0), ('BriefTitle', 0.95), ('OfficialTitle', 0.8)]
    """
    if name.endswith(SIZE):
        return ((find_field(name.removesuffix(SIZE)), 1.0),)
    pairs = [
        (leaf, part.weight)
        for part in find_area(name).parts
        for field in part.fields
        for leaf in leaves(field)
    ]
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))


def cut_value(field: Field, weight: float, text: str) -> Value:
    """Return a text with its words. A run too long for a word is there, and found by nothing."""
    words = cut_words(text)
    if any(len(word) > LONGEST_WORD // 4 for word in words):  # a sign has four bytes at most
        words = tuple(
            "" if len(raw.encode()) > LONGEST_WORD else word
            for raw, word in zip(raw_words(text), words, strict=True)
        )
    return Value(field, weight, text, words, tuple(map(stem_of, words)))


def find_words(terms: Together, words: Together, coverage: Coverage) -> int | None:
    """Return at which word of a value some words stand as the coverage asks; None where they do not."""
    last = len(words) - len(terms)
    if last < 0 or "" in terms:
        return None
    match coverage:
        case Coverage.FULL_MATCH:
            tried: Sequence[int] = (0,) if last == 0 else ()
        case Coverage.STARTS_WITH:
            tried = (0,)
        case Coverage.ENDS_WITH:
            tried = (last,)
        case Coverage.CONTAINS:
            tried = range(last + 1)
    first = terms[0]
    return next((at for at in tried if words[at] == first and words[at : at + len(terms)] == terms), None)


def words_around(text: str, place: Span) -> str:
    """Return words of a text with what stands around them, on one line."""
    start, end = max(0, place.start - _CONTEXT), min(len(text), place.end + _CONTEXT)
    shown = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"
