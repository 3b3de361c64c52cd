"""Finding names in a text in one pass, however many names there are.

Comes in: surfaces (a spelling each, with what it means) and a text. Goes out: the spans where a surface stands,
leftmost first, the longest at each place, none overlapping, each bounded by non-word characters. Refuses
(VocabularyError) one spelling that means two things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from accrual.codes.spelling import flat, folded_key, is_strict, lowered, spellings
from accrual.errors import VocabularyError

T = TypeVar("T")

# Abbreviations that are also words: in a line of capitals they mean the word ("ALL PATIENTS").
_ALSO_WORDS = frozenset(("ALL", "AIDS", "PAD"))


# "anti-HIV", "non-diabetic" and "pre-diabetic" do not name the thing itself; what they do name has its own row.
_TURNED_AROUND = re.compile(r"(?<![a-z])(?:anti|non|pre) $", re.IGNORECASE)


_WORD = re.compile(r"[^\W_]+")


class Words(NamedTuple):
    """A text made ready to be looked through by any number of indexes."""

    folded: str
    """In lower case, single spaced."""
    offsets: list[int] | None
    """The place that each character of `folded` came from; None where each is in its own."""
    flat: str
    """The text with its case, and every character in its place."""
    words: list[str]
    """The words of `folded`, and an empty one after the last."""
    starts: list[int]
    """Where they stand in `folded`."""


class _Name(NamedTuple, Generic[T]):
    key: str
    lead: int
    """How many signs stand before the first word: one in "% predicted"."""
    meaning: T


class _Begins(Generic[T]):
    """Names that begin with one word, by the word that comes second ("" for those of one word), longest first."""

    __slots__ = ("folded", "strict")

    def __init__(self) -> None:
        self.folded: dict[str, list[_Name[T]]] = {}
        self.strict: dict[str, list[_Name[T]]] = {}


class Spotter(Generic[T]):
    """An index from spellings to meanings, for whole strings and inside texts.

    Built once, then read only; a text of n characters takes time proportional to n and to the names found: at each
    word only the names are tried that begin with it and the next.
    """

    def __init__(
        self,
        names: Iterable[tuple[str, T]],
        further: Callable[[Words], list[tuple[int, int, T]]] | None = None,
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
        self._begins: dict[str, _Begins[T]] = {}
        for key, meaning in sorted(self._folded.items(), key=lambda item: -len(item[0])):
            self._index(key, meaning, strict=False)
        for key, meaning in sorted(self._strict.items(), key=lambda item: -len(item[0])):
            self._index(key, meaning, strict=True)

    def _index(self, key: str, meaning: T, strict: bool) -> None:
        words = list(_WORD.finditer(lowered(key)))
        if not words:
            return  # signs alone name nothing in a text
        begins = self._begins.setdefault(words[0].group(), _Begins())
        second = words[1].group() if len(words) > 1 else ""
        table = begins.strict if strict else begins.folded
        table.setdefault(second, []).append(_Name(key, words[0].start(), meaning))

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
        ready = _prepared(text)
        folded, offsets, plain, words, starts = ready
        hits: list[tuple[int, int, T]] = []
        for number, begins in enumerate(map(self._begins.get, words)):
            if begins is None:
                continue
            start = starts[number]
            follows = words[number + 1]
            for key, lead, meaning in _named(begins.folded, follows):
                if folded.startswith(key, start - lead) and _stands_alone(
                    folded, start - lead, start - lead + len(key)
                ):
                    at, to = start - lead, start - lead + len(key)
                    if offsets is not None:
                        at, to = offsets[at], offsets[to - 1] + 1
                    hits.append((at, to, meaning))
                    if not lead:
                        break  # the shorter ones would yield to it
            if not begins.strict:
                continue
            if offsets is not None:
                start = offsets[start]
            for key, lead, meaning in _named(begins.strict, follows):
                at, to = start - lead, start - lead + len(key)
                if (
                    plain.startswith(key, at)
                    and _stands_alone(plain, at, to)
                    and (key not in _ALSO_WORDS or not is_shouted(text, at, to))
                ):
                    hits.append((at, to, meaning))
                    if not lead:
                        break
        if self._further is not None:
            for start, end, meaning in self._further(ready):
                if _stands_alone(folded, start, end):
                    if offsets is not None:
                        start, end = offsets[start], offsets[end - 1] + 1
                    hits.append((start, end, meaning))
        if not hits:
            return hits
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


def _named(table: dict[str, list[_Name[T]]], follows: str) -> list[_Name[T]]:
    """The names of a table that may stand where `follows` is the second word, the longest first."""
    found = table.get("")
    if follows:
        longer = table.get(follows)
        if longer is not None:
            return longer if found is None else longer + found
    return found or []


def _explains(text: str, before: int, start: int, end: int) -> bool:
    """Say whether a name stands in brackets right after another: `human immunodeficiency virus (HIV)`."""
    return text[before:start] in (" (", "(", " [") and text[end : end + 1] in (")", "]")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether a match is a word of its own: not inside one, and not turned around by what is put before it."""
    if end < len(text) and text[end].isalnum():
        return False
    if start <= 0:
        return start == 0
    before = text[start - 1]
    if before != " ":
        return not before.isalnum()
    return not _TURNED_AROUND.search(text, max(0, start - 6), start)


@lru_cache(maxsize=8)
def _prepared(text: str) -> Words:
    """The text made ready once, however many indexes are asked of it."""
    plain = flat(text)
    folded, offsets = _single_spaced(lowered(plain))
    words = _WORD.findall(folded)
    words.append("")
    return Words(folded, offsets, plain, words, [word.start() for word in _WORD.finditer(folded)])


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
