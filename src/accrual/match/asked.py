"""The questions that deciding asks about a condition, a drug or a procedure, each written once.

Comes in: a name, and a time. Goes out: a question. `question_of` finds out again how a question was made, for those who
say it in another language; what none of these made is a question as it stands, out of `variables.tsv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import qualifiers
from accrual.codes.variables import LAST_VALUE
from accrual.message import Message, counted, joined, message, word

RELATIONS_ASKED: dict[str, Message] = {
    "allergy": message("Are you allergic to %(name)s?", name=""),
    "at-risk": message("Have you been told that you are at risk of %(name)s?", name=""),
    "contraindication": message("Have you been told that you must not have %(name)s?", name=""),
    "family-history": message("Has a blood relative of yours had %(name)s?", name=""),
    "intolerance": message("Have you had %(name)s and not been able to bear it?", name=""),
    "planned": message("Do you plan to have %(name)s, or has it been arranged?", name=""),
    "suspected": message("Have you been told that you may have %(name)s?", name=""),
}
"""What to ask of a relation."""

TAKEN = message("Have you taken or been given %(name)s%(when)s?", name="", when="")
EVER_TAKEN = message("Have you ever taken or been given %(name)s?", name="")
TAKING = message("Are you taking %(name)s now?", name="")
TAKING_OR_TAKEN = message("Are you taking, or have you taken, %(name)s?", name="")
HAD = message("Have you had %(name)s%(when)s?", name="", when="")
EVER_HAD = message("Have you ever had %(name)s?", name="")
HAVE = message("Do you have %(name)s now?", name="")
HAVE_OR_HAD = message("Do you have, or have you had, %(name)s?", name="")
HAVE_OR_EVER_HAD = message("Do you have, or have you ever had, %(name)s?", name="")

NAMED_TIME = message(" in the time the trial names")
LASTING = message(" for at least %(low)s %(unit)s", low="", unit="")
BEFORE = message(" before")
LAST = message(" in the last %(high)s %(unit)s", high="", unit="")
AGO = message(" more than %(low)s %(unit)s ago", low="", unit="")
BETWEEN = message(" between %(low)s and %(high)s %(unit)s ago", low="", high="", unit="")

_UNITS = {
    "years": counted("year", "years", 0),
    "months": counted("month", "months", 0),
    "weeks": counted("week", "weeks", 0),
    "days": counted("day", "days", 0),
    "hours": counted("hour", "hours", 0),
}
"""The units of a time, without their number."""

_QUESTIONS = (
    LAST_VALUE, *RELATIONS_ASKED.values(), TAKEN, EVER_TAKEN, TAKING, TAKING_OR_TAKEN, EVER_HAD, HAVE, HAVE_OR_HAD,
    HAVE_OR_EVER_HAD, HAD,
)  # fmt: skip
_TIMES = (NAMED_TIME, LASTING, LAST, AGO, BETWEEN, BEFORE)
_HOLE = re.compile(r"%\((\w+)\)s")
_FILLED = {"low": r"\d\S*", "high": r"\d\S*", "unit": r"[a-z]+", "name": r".+"}
LONGEST = 400  # characters of a question that is looked at; a longer one is no question of ours


def asked(question: Message, name: str, when: str = "") -> str:
    """Return a question about a name.

    Example:
        >>> asked(HAD, "surgery", " before")
        'Have you had surgery before?'
    """
    return question.pattern % {"name": name, "when": when}


def question_of(text: str) -> Message:
    """Return a question as a Message: how it was made, or the words of `variables.tsv`.

    Example:
        >>> question_of("Have you had surgery in the last 4 weeks?").pattern
        'Have you had %(name)s%(when)s?'
    """
    return _read(text) if len(text) <= LONGEST else word(text, "question")


@lru_cache(maxsize=4096)
def _read(text: str) -> Message:
    for question, time, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is None:
            continue
        held = found.groupdict()
        values: dict[str, object] = {"name": _named(held.pop("name"))}
        if "%(when)s" in question.pattern:
            values["when"] = Message(time.pattern, _timed(held)) if time is not None else ""
        return Message(question.pattern, values)
    return word(text, "question")


def _timed(held: Mapping[str, str]) -> dict[str, object]:
    """The numbers and the unit of a time: one week, several weeks."""
    unit = _UNITS.get(held.get("unit", ""))
    if unit is None:
        return dict(held)
    several = held.get("high", held.get("low")) != "1"
    return {**held, "unit": Message(unit.pattern, many=unit.many, number=2 if several else 1)}


_EXCEPT = re.compile(r"(?P<name>.+) \(other than (?P<others>.+)\)")


def _named(name: str) -> str:
    """What a question is about: a name, with the words that narrow it and the kinds that do not count."""
    found = _EXCEPT.fullmatch(name)
    if found is not None:
        others = joined(" or ", [word(other, "name") for other in found["others"].split(" or ")])
        return message("%(name)s (other than %(others)s)", name=_named(found["name"]), others=others)
    told: list[str] = []
    rest = name
    while not _is_name(rest) and (narrowing := _narrowing().match(rest)) is not None:
        told.append(word(narrowing[1], "adjective"))
        rest = rest[narrowing.end() :]
    if not told:
        return word(name, "name")
    values = {"adjectives": joined(", ", told), "name": word(rest, "name")}
    return Message("%(adjectives)s %(name)s", values, text=name)


def _is_name(words: str) -> bool:
    """Say whether the vocabulary has just this name; some begin like a word that narrows: "chronic pain"."""
    found = vocabulary().lookup(words)
    return found is not None and found.name == words


@cache
def _narrowing() -> re.Pattern[str]:
    spelled = sorted((each.replace("-", " ") for each in qualifiers()), key=len, reverse=True)
    return re.compile(rf"({'|'.join(map(re.escape, spelled))}) (?=.)")


@cache
def _patterns() -> tuple[tuple[Message, Message | None, re.Pattern[str]], ...]:
    return tuple(_each())


def _each() -> Iterator[tuple[Message, Message | None, re.Pattern[str]]]:
    for question in _QUESTIONS:
        before, _, after = question.pattern.partition("%(when)s")
        if before == question.pattern:
            yield question, None, re.compile(_expression(before))
            continue
        for time in _TIMES:
            yield question, time, re.compile(_expression(before + time.pattern + after))
        yield question, None, re.compile(_expression(before + after))


def _expression(pattern: str) -> str:
    parts = _HOLE.split(pattern)
    return "".join(
        f"(?P<{part}>{_FILLED[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
