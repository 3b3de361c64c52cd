"""What a stretch of text names: concepts and variables, with the abbreviations that the text itself explains.

Comes in: text already made plain, and the stretch to read. Goes out: where each name starts, where it ends and what it
names. Refuses nothing.

"Diabetic macular edema (DME)" is one name, and after it `DME` means that in the whole of this text, whatever the
tables say of `DME`; a text that explains one abbreviation twice, differently, has it stay what the tables say.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from accrual.codes.concept import Concept
from accrual.codes.concepts import vocabulary
from accrual.codes.spotting import is_shouted
from accrual.codes.variables import Variable, spot_variables

Named: TypeAlias = dict[int, tuple[int, Concept | None, Variable | None]]
"""Where a name starts: where it ends, and what it names."""

_SHORT = re.compile(r" ?[(\[]\s?([A-Z][A-Za-z]?[A-Z0-9][A-Za-z0-9/-]{0,6}?)(s?)\s?[)\]]")
_REACH = 90  # characters before a bracket in which the name that it shortens stands
_MOST = 40  # abbreviations of one text; a text with more is a glossary or an attack


class Explained(NamedTuple):
    """The abbreviations that a text explains."""

    words: re.Pattern[str]
    """Finds them, whole words only; the first group is the abbreviation."""
    meanings: Mapping[str, tuple[Concept | None, Variable | None]]


NOTHING = Explained(re.compile(r"(?!)"), {})
"""A text that explains none."""


def named_in(text: str, start: int, end: int, explained: Explained | None = None) -> Named:
    """Return the names in `text[start:end]`, the longest at each place.

    `explained` is what the abbreviations mean; None: what `text` itself explains.
    """
    named = _spotted(text, start, end)
    words, meanings = explained_in(text) if explained is None else explained
    if meanings:
        starts = sorted(named)
        for match in words.finditer(text, start, end):
            at, to = match.span(1)
            before = bisect_left(starts, at) - 1
            if before >= 0 and named[starts[before]][0] > at:
                continue  # inside a longer name
            known = named.get(at)
            if (known is None or known[0] <= to) and not is_shouted(text, at, to):
                named[at] = (to, *meanings[match[1]])
    for at, (to, concept, variable) in tuple(named.items()):
        short = _SHORT.match(text, to, end)
        if short is not None and at in named and is_short_for(short[1], text[at:to]):
            named[at] = (short.end(), concept, variable)
            named.pop(short.start(1), None)
    return named


def is_short_for(short: str, name: str) -> bool:
    """Say whether an abbreviation is made of the letters of a name, in order, from its first on.

    Example:
        >>> is_short_for("NSCLC", "non-small cell lung cancer"), is_short_for("MRI", "brain metastases")
        (True, False)
    """
    letters = iter(sign for sign in name.lower() if sign.isalnum())
    wanted = [sign for sign in short.lower() if sign.isalnum()]
    return (
        name[:1].lower() == wanted[0] and len(wanted) < len(name) and all(sign in letters for sign in wanted)
    )


def _spotted(text: str, start: int, end: int) -> Named:
    piece = text[start:end]
    named: Named = {}
    for spotted in vocabulary().spot(piece):
        named[start + spotted.start] = (start + spotted.end, spotted.concept, None)
    for measured in spot_variables(piece):
        at, to = start + measured.start, start + measured.end
        other = named.get(at)
        if other is None or to > other[0]:
            named[at] = (to, None, measured.variable)
        elif to == other[0]:
            named[at] = (to, other[1], measured.variable)
    return named


@lru_cache(maxsize=8)
def explained_in(text: str) -> Explained:
    """Return the abbreviations that a text, made plain, explains."""
    meanings: dict[str, tuple[Concept | None, Variable | None]] = {}
    twice: set[str] = set()
    for count, match in enumerate(_SHORT.finditer(text)):
        if count == _MOST:
            break
        before = max(0, match.start() - _REACH)
        for at, (to, concept, variable) in _spotted(text, before, match.start()).items():
            if to != match.start() or not is_short_for(match[1], text[at:to]):
                continue
            if meanings.setdefault(match[1], (concept, variable)) != (concept, variable):
                twice.add(match[1])
    for short in twice:
        del meanings[short]
    if not meanings:
        return NOTHING
    listed = "|".join(re.escape(short) for short in sorted(meanings, key=lambda short: (-len(short), short)))
    return Explained(re.compile(rf"(?<![\w-])({listed})s?(?![\w-])"), meanings)
