"""Typing slips: the words one slip away from a word, and which of them stand in the records.

Comes in: a word. Goes out: other words. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase
from typing import Final

from accrual.search.words import fold

_SHORTEST: Final = 5  # letters; one slip away from shorter words lies another word nearly always
_MOST_CHARS: Final = 40


def slips(word: str) -> set[str]:
    """Return every word one slip away: a letter too many, too few, another one, or two changed round."""
    word = word[:_MOST_CHARS]  # the work grows with the length
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in cuts if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    found |= {a + c + b[1:] for a, b in cuts if b for c in ascii_lowercase + " "}
    found |= {a + c + b for a, b in cuts for c in ascii_lowercase + " "}
    return found - {word, ""}


def respelled(word: str, frequency: Callable[[str], int]) -> str:
    """Return the word one slip away that most records have; empty where this one stands in some, or none does.

    Arguments:
        frequency: in how many records a word stands.

    Example:
        >>> respelled("leukmia", index.frequency)
        'leukemia'
    """
    folded = fold(word)
    if len(folded) < _SHORTEST or " " in folded or frequency(folded):
        return ""
    others = sorted((one for one in slips(folded) if " " not in one), key=lambda one: (len(one), one))
    # Of words with one stem, which records have as often, the shortest is the likeliest: "diabetes", not "diabetlies".
    found = max(others, key=frequency, default="")
    return found if found and frequency(found) else ""
