"""Why a patient's file is refused, and where in it: a sentence that a face can say in its own language.

Comes in: a reason, and the places it is about (a file, a row, a key). Goes out: a `PatientError` raised with a
`Message`. The places stay as they are; what is not a Message is English. No value of the file is in any of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from accrual.errors import PatientError
from accrual.message import Message, Original, joined, message

# The sentences of msgspec 0.19 and later.
_EXPECTED: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`")


def refusal(reason: str, *places: str) -> PatientError:
    """Return the error that says what is wrong at a place.

    Example:
        >>> str(refusal(message("it lies before date"), "patient.json", "conditions[0].end"))
        'patient.json, conditions[0].end: it lies before date'
    """
    at = joined(", ", [place if isinstance(place, Message) else Original(place) for place in places if place])
    return PatientError(joined(": ", (at, reason)))


def wrong_type(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return what msgspec refused, and its path inside the file: types and keys, never a value.

    Example:
        >>> wrong_type(msgspec.ValidationError("Expected `str`, got `int` - at `$.id`"))
        ('Expected `str`, got `int`', '.id')
    """
    reason, _, path = str(error).partition(" - at `$")
    if found := _EXPECTED.fullmatch(reason):
        expected, got = map(Original, found.groups())
        told: str = message("Expected `%(expected)s`, got `%(got)s`", expected=expected, got=got)
    elif found := _MISSING.fullmatch(reason):
        told = message("Object missing required field `%(field)s`", field=Original(found[1]))
    else:
        told = Original(reason)
    return told, path.rstrip("`")


def nearest(word: str, known: Sequence[str]) -> str:
    """Return advice: the nearest known word, or all of them.

    Example:
        >>> nearest("smokr", ("smoker", "pregnant"))
        'did you mean smoker?'
    """
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if close:
        return message("did you mean %(word)s?", word=Original(close[0]))
    return message("known are %(words)s", words=Original(", ".join(known)))
