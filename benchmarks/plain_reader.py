"""What one would write in an afternoon instead: a dictionary, a few regular expressions, and a list of negations.

Comes in: a criteria text. Goes out: spans with the kinds of our mentions. Refuses nothing. It gets the same
dictionary of names as accrual (longest match, no context), so that what is compared is the reading. Negations are the
cues of NegEx (Chapman et al. 2001, doi:10.1006/jbin.2001.1029) that criteria use.
"""

from __future__ import annotations

import re

from accrual.codes.concepts import vocabulary
from accrual.codes.variables import spot_variables
from brat import Spot

_NUMBER = r"\d+(?:[.,]\d+)?"
_SIGN = (
    r"(?:[<>]=?|[≤≥=]|at least|at most|more than|less than|greater than|(?:no|not) more than"
    r"|over|under|above|below)"
)
_TIME_UNIT = r"(?:day|week|month|year|hour|minute)s?"
_PATTERNS = (
    ("time", rf"(?:within|in|for|during|past|last|previous|prior)\s(?:the\s)?(?:last\s|past\s|previous\s|prior\s)?"
             rf"(?:{_SIGN}\s)?{_NUMBER}\s?{_TIME_UNIT}(?:\s(?:prior to|before|after|of)\s\w+)?"),
    ("value", rf"(?:between\s)?(?:{_SIGN}\s*)?{_NUMBER}(?:\s?(?:-|to|and)\s?{_NUMBER})?\s?"
              rf"(?:{_TIME_UNIT}|%|mg/dl|g/dl|mmol/l|kg/m2|ml/min|kg|mg|mm|cm)?(?:\sor\s(?:older|more|above|greater))?"),
    ("age", r"\b(?:ages?|aged|years? old|older)\b"),
    ("person", r"\b(?:wom[ae]n|m[ae]n|males?|females?|adults?|child(?:ren)?|infants?|adolescents?)\b"),
    ("status", r"\b(?:history|current(?:ly)?|previous(?:ly)?|prior|active|ongoing|recent|past)\b"),
    ("negation", r"\b(?:no|not|non|without|denies|absence of|never|except|other than|unable|inability|cannot)\b"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)


def spots(text: str) -> list[Spot]:
    """Return what the dictionary and the expressions find; a later expression leaves out what an earlier one took."""
    found: list[Spot] = []
    taken: list[tuple[int, int]] = []
    for spotted in vocabulary().spot(text):
        found.append(Spot(spotted.start, spotted.end, spotted.concept.kind))
    for measured in spot_variables(text):
        if measured.variable.id not in ("age", "sex"):
            found.append(Spot(measured.start, measured.end, "measurement"))
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(low < end and start < high for low, high in taken):
                taken.append((start, end))
                found.append(Spot(start, end, kind))
    return found
