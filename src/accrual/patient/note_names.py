"""Where a sentence names a condition, a drug or a procedure, as the vocabulary or as charts write it.

Comes in: a sentence, and the variables named in it. Goes out: mentions, in its order, none overlapping; of a name
and a variable at one place the longer counts, then the variable. Refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.spotting import Spotter
from accrual.patient.note_values import Measured
from accrual.patient.note_words import chart_names


class Mention(msgspec.Struct, frozen=True):
    """A concept named at `text[start:end]`."""

    start: int
    end: int
    concept: Concept


# Words that name a concept of the vocabulary and in a note mostly something else, or nothing of the patient.
_SIDE = re.compile(r"(?i)\s+of\s+(?:the\s+|his\s+|her\s+)?(?:left|right)\s+(?P<site>[a-z]+)\b")
_NOT_IN_NOTES = frozenset(("hypersensitivity", "hospitalization", "imaging", "sadness-of-others"))
_AIR = re.compile(r"(?:\bon|%|\bin) ?$", re.IGNORECASE)  # "98% on RA" is room air, not an arthritis


@cache
def _chart() -> Spotter[str]:
    """The abbreviations of charts whose meaning the vocabulary has."""
    known = vocabulary()
    return Spotter(
        (short, concept.id) for short, name in chart_names() if (concept := known.lookup(name)) is not None
    )


def _of_its_side(text: str, one: Mention) -> Mention:
    """ "Carcinoma of the left breast": which side it is of is no part of its name."""
    side = _SIDE.match(text, one.end)
    if side is None:
        return one
    name = text[one.start : one.end]
    concept = vocabulary().lookup(f"{name} of the {side['site']}") or vocabulary().lookup(
        f"{side['site']} {name}"
    )
    return one if concept is None else Mention(one.start, side.end(), concept)


def mentions_in(text: str, measured: Sequence[Measured]) -> tuple[Mention, ...]:
    """Return the concepts that a sentence names.

    Example:
        >>> [one.concept.id for one in mentions_in("HTN, HLD and fever", ())]
        ['hypertension', 'hyperlipidemia', 'fever']
    """
    known = vocabulary()
    found = [_of_its_side(text, Mention(spot.start, spot.end, spot.concept)) for spot in known.spot(text)]
    for start, end, concept in _chart().spot(text):
        if text[end : end + 2].strip()[:1].isdigit():
            continue  # "HD 3" is a day in hospital, "AS 2" a grade
        over = [one for one in found if one.start < end and start < one.end]
        if all(one.end - one.start < end - start for one in over):
            found = [one for one in found if one not in over]
            found.append(Mention(start, end, known.concepts[concept]))
    return tuple(
        sorted(
            (
                one
                for one in found
                if not (
                    text[one.start : one.end] == "RA" and _AIR.search(text, max(0, one.start - 5), one.start)
                )
                and one.concept.id not in _NOT_IN_NOTES
                and not any(
                    other.start < one.end
                    and one.start < other.end
                    and not other.is_chart
                    and other.end - other.start >= one.end - one.start
                    for other in measured
                )
            ),
            key=lambda one: one.start,
        )
    )
