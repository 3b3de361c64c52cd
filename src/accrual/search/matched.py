"""Which of the registry's pieces a search matched, for the studies shown.

Comes in: a study's stored line and the words asked for. Goes out: piece names (`BriefTitle`, `Condition`, …), in
the order of their weights. Refuses nothing.

A piece matches when one of its words has the same index term as a word asked for, or, where a phrase was asked
for, when the whole phrase stands in it. Only the page shown is read this way, and it may not cost much: a plain
substring search throws out nearly every piece first.
"""

from __future__ import annotations

import re
from functools import lru_cache

from accrual.search.index import Line, read_texts
from accrual.search.words import LONGEST_WORD, Words, term_of, terms_of

_SURE_LETTERS = (
    3  # the stemmer changes a word's end only; this many first letters stand in the text as they are
)


class _Seeker:
    """Finds one group of terms in text as `words.plain` leaves it."""

    def __init__(self, group: tuple[str, ...]) -> None:
        self._group = group
        self._longest = max(group, key=len)
        # What the English stemmer puts at the end of a term in place of letters is at most two letters long.
        self.stub = self._longest[: max(_SURE_LETTERS, len(self._longest) - 2)]
        self._word = re.compile(rf"(?<![^\W_]){re.escape(self.stub)}[^\W_]*")
        self._reach = LONGEST_WORD * len(group)

    def stands_in(self, text: str) -> bool:
        for found in self._word.finditer(text):
            if term_of(found.group()) != self._longest:
                continue
            if len(self._group) == 1:
                return True
            around = text[max(0, found.start() - self._reach) : found.end() + self._reach]
            if _holds(terms_of(around), self._group):
                return True
        return False


@lru_cache(maxsize=1024)
def _seeker(group: tuple[str, ...]) -> _Seeker:
    return _Seeker(group)


def _holds(terms: tuple[str, ...], group: tuple[str, ...]) -> bool:
    size = len(group)
    return any(terms[at : at + size] == group for at, term in enumerate(terms) if term == group[0])


def matched_pieces(line: Line, asked: Words) -> tuple[str, ...]:
    """Return the names of the pieces in which a word or phrase of `asked` stands."""
    seekers = [_seeker(group) for group in asked.groups]
    if not seekers:
        return ()
    return tuple(
        name
        for name, text in read_texts(line)
        if any(seeker.stub in text and seeker.stands_in(text) for seeker in seekers)
    )
