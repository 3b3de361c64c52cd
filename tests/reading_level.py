"""How hard a text is to read: the school grade of English, the ease of Spanish. Syllables by hyphenation."""

from __future__ import annotations

import re

import pyphen

GRADE = 8.0
"""The highest school grade of what patients are told, taken together."""

_ENGLISH = pyphen.Pyphen(lang="en_US")
_SPANISH = pyphen.Pyphen(lang="es", left=1, right=1)
_SENTENCE_ENDS = re.compile(r"[.!?:]+(?:\s|$)")


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of English (Kincaid 1975, Navy Research Branch Report 8-75)."""
    sentences, words = _counted(text)
    return 0.39 * words / sentences + 11.8 * _syllables(text, _ENGLISH) / words - 15.59


def ease(text: str) -> float:
    """Return the Szigriszt-Pazos ease of Spanish (1993): 50 to 65 is normal, above 65 easy (Inflesz scale)."""
    sentences, words = _counted(text)
    return 206.835 - 62.3 * _syllables(text, _SPANISH) / words - words / sentences


def _counted(text: str) -> tuple[int, int]:
    return sum(bool(each.strip()) for each in _SENTENCE_ENDS.split(text)), len(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"(?:[^\W\d_]|')+", text)


def _syllables(text: str, hyphens: pyphen.Pyphen) -> int:
    return sum(hyphens.inserted(word).count("-") + 1 for word in _words(text))
