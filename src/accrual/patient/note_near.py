"""What stands near a name in a sentence: the words that narrow it, the date that goes with it.

Comes in: a sentence, its names, its qualifiers or dates. Goes out: the qualifiers of one name; a date for each name
that has one. Refuses nothing: a word that is not right beside a name, and a date of another clause, are not its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from accrual.codes.qualifiers import RELATIONS, SpottedQualifier, qualifier_named
from accrual.patient.note_dates import Told
from accrual.patient.note_names import Mention

# Words before a name that say of what kind it is; those that say where it stands to the patient are cues.
_NOT_CARRIED = RELATIONS | {
    "history", "current", "known", "confirmed", "concomitant", "elective", "emergency", "measurable", "continuous",
    "prior", "past", "resolved", "regular", "compensated",
}  # fmt: skip
_BEHIND = frozenset(
    ("controlled", "well-controlled", "uncontrolled", "in-remission", "metastatic", "refractory")
)
_COPULA = re.compile(r",? (?:(?:is|was|that is|which is|currently|now|has been|are|were) )*", re.IGNORECASE)
_CLAUSE = 50  # characters between a name and its date


# "No metabolic liver disease" denies less than liver disease: an adjective right before the name, by its ending.
_ADJECTIVE = re.compile(
    r"(?<![\w-])([a-z][a-z-]*(?:ic|al|ar|ary|ous|oid|ive|ine|immune|related|induced|associated))\s+$",
    re.IGNORECASE,
)
# Adjectives that leave the thing as wide as it is.
_AS_WIDE = frozenset(
    (
        "additional",
        "clinical",
        "medical",
        "obvious",
        "objective",
        "personal",
        "physical",
        "previous",
        "similar",
    )
)


def narrowed(text: str, start: int) -> bool:
    """Say whether an adjective stands right before a name that is no qualifier of the table: a narrower thing.

    Example:
        >>> narrowed("no metabolic liver disease", 13), narrowed("no previous asthma", 12)
        (True, False)
    """
    found = _ADJECTIVE.search(text, max(0, start - 40), start)
    if found is None:
        return False
    word = found.group(1).lower()
    return word not in _AS_WIDE and qualifier_named(word) is None


def qualifiers_of(text: str, mention: Mention, told: Iterable[SpottedQualifier]) -> tuple[str, ...]:
    """The words right before a name, and a few right behind it, that say of what kind it is."""
    found: list[str] = []
    reached = mention.start
    spotted = list(told)
    for one in reversed(spotted):
        if one.end > reached:
            continue
        if text[one.end : reached].strip(" -,") or reached - one.end > 3:
            break
        if one.qualifier.id not in _NOT_CARRIED:
            found.insert(0, one.qualifier.id)
        reached = one.start
    link = _COPULA.match(text, mention.end)
    at = link.end() if link is not None else mention.end + 1
    for one in spotted:
        if one.start == at and one.qualifier.id in _BEHIND and one.qualifier.id not in found:
            found.append(one.qualifier.id)
    return tuple(dict.fromkeys(found))


def dated(text: str, dates: Sequence[Told], places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Told]:
    """Give each date to the nearest name before it in its clause, else to the next one behind it."""
    found: dict[tuple[int, int], Told] = {}
    ordered = sorted(places)
    for told in dates:
        before = [place for place in ordered if place[1] <= told.start]
        behind = [place for place in ordered if place[0] >= told.end]
        if (
            before
            and told.start - before[-1][1] <= _CLAUSE
            and not re.search(r"[;:]|, (?!in\b|on\b|since\b)|\band\b", text[before[-1][1] : told.start])
        ):
            found.setdefault(before[-1], told)
        elif behind and behind[0][0] - told.end <= _CLAUSE and ";" not in text[told.end : behind[0][0]]:
            found.setdefault(behind[0], told)
    return found
