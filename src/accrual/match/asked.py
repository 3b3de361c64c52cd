"""The questions that deciding asks about a condition, a drug or a procedure, each written once.

Comes in: a name, and a time. Goes out: a question. `question_of` finds out again how a question was made, for those who
say it in another language; what none of these made is a question as it stands, out of `variables.tsv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from accrual.message import Message, message, word

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

_QUESTIONS = (
    *RELATIONS_ASKED.values(), TAKEN, EVER_TAKEN, TAKING, TAKING_OR_TAKEN, EVER_HAD, HAVE, HAVE_OR_HAD,
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
        values: dict[str, object] = {"name": word(held.pop("name"), "name")}
        if "unit" in held:
            held["unit"] = word(held["unit"], "unit")
        if "%(when)s" in question.pattern:
            values["when"] = Message(time.pattern, held) if time is not None else ""
        return Message(question.pattern, values)
    return word(text, "question")


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
