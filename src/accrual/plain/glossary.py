"""Medical words and what they mean, in plain words: where they stand in a text.

Comes in: a text. Goes out: its pieces, those that are a word of the glossary with their entry. Refuses nothing. The
meanings in `data/glossary.tsv` are our own, set by hand, for readers of grade 8; they say what a word means in general,
never what a criterion decides.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from accrual.message import word


class Entry(msgspec.Struct, frozen=True):
    """One word and its meaning."""

    term: str
    meaning: str

    @property
    def key(self) -> str:
        """The term as a part of an address: small letters, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


class Piece(msgspec.Struct, frozen=True):
    """A stretch of a text, and the entry that it is a word of."""

    text: str
    entry: Entry | None = None


@cache
def _entries() -> dict[str, Entry]:
    """Each spelling, in small letters, and its entry."""
    found: dict[str, Entry] = {}
    text = files("accrual.plain").joinpath("data/glossary.tsv").read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        term, others, meaning = line.split("\t")
        entry = Entry(term, word(meaning, "glossary"))
        for spelling in (term, *filter(None, others.split("|"))):
            found[spelling.lower()] = entry
    return found


def entries() -> tuple[Entry, ...]:
    """Return the glossary, each entry once."""
    return tuple({entry.key: entry for entry in _entries().values()}.values())


@cache
def _pattern() -> re.Pattern[str]:
    """The spellings in small letters, the longest first."""
    spellings = sorted(_entries(), key=lambda one: (-len(one), one))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, spellings))})\b")


def pieces(text: str, known: set[str]) -> tuple[Piece, ...]:
    """Cut a text at the words of the glossary; each entry once: `known` has the keys that were met, and grows.

    Example:
        >>> [(piece.text, piece.entry is not None) for piece in pieces("Chronic renal illness", set())]
        [('Chronic', True), (' ', False), ('renal', True), (' illness', False)]
    """
    found: list[Piece] = []
    at = 0
    small = text.lower()
    if len(small) != len(text):  # a sign whose small form is longer would shift all behind it
        return (Piece(text),)
    for match in _pattern().finditer(small):
        entry, words = _entries()[match[0]], text[match.start() : match.end()]
        # "AST" is a word of the glossary, "ast" is not.
        if entry.key in known or (entry.term.isupper() and words.islower() and " " not in words):
            continue
        known.add(entry.key)
        found += (Piece(text[at : match.start()]), Piece(words, entry))
        at = match.end()
    found.append(Piece(text[at:]))
    return tuple(piece for piece in found if piece.text)
