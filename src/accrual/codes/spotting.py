"""Finding names in a text in one pass, however many names there are.

Comes in: surfaces (a spelling each, with what it means) and a text. Goes out: the spans where a surface stands,
leftmost first, the longest at each place, none overlapping, each bounded by non-word characters. Refuses
(VocabularyError) one spelling that means two things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

import ahocorasick_rs

from accrual.codes.spelling import flat, fold, folded_key, is_strict, spellings
from accrual.errors import VocabularyError

T = TypeVar("T")

# Abbreviations that are also words: in a line of capitals they mean the word ("ALL PATIENTS").
_ALSO_WORDS = frozenset(("ALL", "AIDS", "PAD"))


# "anti-HIV", "non-diabetic" and "pre-diabetic" do not name the thing itself; what they do name has its own row.
_TURNED_AROUND = re.compile(r"(?<![a-z])(?:anti|non|pre) $", re.IGNORECASE)


class Spotter(Generic[T]):
    """An index from spellings to meanings, for whole strings and inside texts.

    Built once, then read only; a text of n characters takes time proportional to n and to the names found.
    """

    def __init__(
        self,
        names: Iterable[tuple[str, T]],
        further: Callable[[str], list[tuple[int, int, T]]] | None = None,
    ) -> None:
        """Index `names`; `further` finds names of another kind in a folded text, which yield to these."""
        self._further = further
        self._strict: dict[str, T] = {}
        own: dict[str, T] = {}
        derived: dict[str, T] = {}
        for name, meaning in names:
            strict = is_strict(name)
            table, key = (self._strict, flat(name)) if strict else (own, folded_key(name))
            if table.setdefault(key, meaning) != meaning:
                raise VocabularyError(
                    f"{name!r} means both {table[key]!r} and {meaning!r}: keep it in one row"
                )
            for spelling in spellings(name):
                if strict:
                    self._strict.setdefault(flat(spelling), meaning)
                else:
                    derived.setdefault(spelling, meaning)
        self._folded = {**derived, **own}  # what a row writes wins over what is derived from another row
        self._loose = {key.lower(): meaning for key, meaning in self._strict.items() if len(key) > 3}
        self._folded_keys = tuple(self._folded)
        self._strict_keys = tuple(self._strict)
        self._folded_automaton = ahocorasick_rs.AhoCorasick(self._folded_keys)
        self._strict_automaton = ahocorasick_rs.AhoCorasick(self._strict_keys)

    def lookup(self, text: str) -> T | None:
        """Return what the whole of `text` means, tolerant of case, plural, hyphens and British spelling."""
        strict = self._strict.get(flat(text.strip()))
        if strict is not None:
            return strict
        key = folded_key(text)
        return self._folded.get(key) or self._loose.get(key)

    def spot(self, text: str) -> list[tuple[int, int, T]]:
        """Return `(start, end, meaning)` for the names in `text`, in reading order, none overlapping.

        A name and its abbreviation in brackets are one: `total parenteral nutrition (TPN)`.
        """
        folded, offsets, plain = _prepared(text)
        hits: list[tuple[int, int, T]] = []
        for index, start, end in self._folded_automaton.find_matches_as_indexes(folded, overlapping=True):
            if _stands_alone(folded, start, end):
                if offsets is not None:
                    start, end = offsets[start], offsets[end - 1] + 1
                hits.append((start, end, self._folded[self._folded_keys[index]]))
        for index, start, end in self._strict_automaton.find_matches_as_indexes(plain, overlapping=True):
            if _stands_alone(plain, start, end):
                key = self._strict_keys[index]
                if key not in _ALSO_WORDS or not is_shouted(text, start, end):
                    hits.append((start, end, self._strict[key]))
        if self._further is not None:
            for start, end, meaning in self._further(folded):
                if _stands_alone(folded, start, end):
                    if offsets is not None:
                        start, end = offsets[start], offsets[end - 1] + 1
                    hits.append((start, end, meaning))
        hits.sort(key=lambda hit: (hit[0], -hit[1]))  # stable: of two alike, the table's own is first
        chosen: list[tuple[int, int, T]] = []
        reached = 0
        for start, end, meaning in hits:
            if start < reached:
                continue
            reached = end
            if chosen and chosen[-1][2] == meaning and _explains(text, chosen[-1][1], start, end):
                reached = end + 1
                chosen[-1] = (chosen[-1][0], reached, meaning)
            else:
                chosen.append((start, end, meaning))
        return chosen


def _explains(text: str, before: int, start: int, end: int) -> bool:
    """Say whether a name stands in brackets right after another: `human immunodeficiency virus (HIV)`."""
    return text[before:start] in (" (", "(", " [") and text[end : end + 1] in (")", "]")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether a match is a word of its own: not inside one, and not turned around by what is put before it."""
    if end < len(text) and text[end].isalnum():
        return False
    if start == 0:
        return True
    return not text[start - 1].isalnum() and not _TURNED_AROUND.search(text, max(0, start - 6), start)


@lru_cache(maxsize=8)
def _prepared(text: str) -> tuple[str, list[int] | None, str]:
    """The text folded and single spaced, the places, and the text with its case: one text is asked of each index."""
    folded, offsets = _single_spaced(fold(text))
    return folded, offsets, flat(text)


_SPACES = re.compile(r" {2,}")


def _single_spaced(folded: str) -> tuple[str, list[int] | None]:
    """Collapse runs of spaces; with the place each kept character came from, or None when nothing changed."""
    if "  " not in folded:
        return folded, None
    parts: list[str] = []
    kept: list[int] = []
    at = 0
    for run in _SPACES.finditer(folded):
        cut = run.start() + 1
        parts.append(folded[at:cut])
        kept.extend(range(at, cut))
        at = run.end()
    parts.append(folded[at:])
    kept.extend(range(at, len(folded)))
    return "".join(parts), kept


def is_shouted(text: str, start: int, end: int) -> bool:
    """Say whether the words next to a match are in capitals too, so that capitals mean nothing here."""
    after = text[end : end + 40].split()
    before = text[max(0, start - 40) : start].split()
    near = [word.strip(".,;:()") for word in (before[-1:] + after[:1])]
    return any(len(word) > 3 and word.isalpha() and word.isupper() for word in near)
