"""The step from a patient's fact to a claim, read apart again, so that other languages can say it.

Comes in: a step as `accrual.match` writes it: "asthma is recorded; said to be severe". Goes out: the same as a
`Message`. Refuses nothing: what is not known as a step stays as it is (`Original`).

Deciding writes steps as English text, for JSON and the command line; `_STEPS` has each of their sentences once more. A
test holds it to every step that the demo's patients and trials bring about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from accrual.codes.variables import variables
from accrual.match.absence import ABSENT
from accrual.message import Joined, Message, Original, joined, message, word

LONGEST = 2_000  # characters of a step that is looked at; set by hand: a longer one is no step of ours
_JOINT = "; "
_TIME = "years|months|weeks|days|hours"
_UNITS = re.compile(rf"\b({_TIME})\b")


def _name(text: str) -> str:
    row = variables().get(text)
    return word(text if row is None else row.name, "name")


def _values(text: str) -> str:
    return joined(" or ", [word(value, "answer") for value in text.split(" or ")])


def _adjectives(text: str) -> str:
    return joined(", ", [word(each.replace("-", " "), "adjective") for each in text.split(", ")])


def _amount(text: str) -> str:
    """Numbers and signs, with the words for a time: "12 years ≤ 25 years"."""
    parts = _UNITS.split(text)
    told = [word(part, "unit") if place % 2 else part for place, part in enumerate(parts) if part]
    return told[0] if len(told) == 1 else Joined("", told)


_SIGNS = r"[\d<>≤≥=×(][^;]*"
_HOLES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "name": (r"[^;]+?", _name),
    "wider": (r"[^;]+?", _name),
    "value": (r"[^;:]+?", lambda text: word(text, "answer")),
    "result": (r"[^;:]+?", lambda text: word(text, "answer")),
    "values": (r"[^;:]+?", _values),
    "words": (r"[a-z0-9-]+(?:, [a-z0-9-]+)*", _adjectives),
    "amount": (_SIGNS, _amount),
    "range": (r"[^;]+", _amount),
    "time": (rf"[\d.<>≤≥= a-z]*? ?(?:{_TIME})", _amount),
    "day": (r"[\d-]+", str),
    "today": (r"[\d-]+", str),
    "limit": (r"ULN|LLN", str),
}
"""What a hole holds, and how that is said."""

_STEPS = (
    message("recorded sex is male, so %(name)s is %(value)s", name="", value=""),
    message("%(name)s was done, so %(wider)s is %(value)s", name="", wider="", value=""),
    message("%(name)s is recorded, so not a healthy volunteer", name=""),
    message("%(name)s is %(value)s, so %(wider)s is %(result)s", name="", value="", wider="", result=""),
    message("%(wider)s is a kind of %(name)s, which is recorded as not present", wider="", name=""),
    message("%(name)s is recorded as not present", name=""),
    message("%(name)s is recorded", name=""),
    message("%(name)s is a kind of %(wider)s", name="", wider=""),
    message("%(wider)s is only one kind of it", wider=""),
    message("said to be %(words)s", words=""),
    message("asked for: %(words)s", words=""),
    message("inside %(time)s before %(day)s", time="", day=""),
    message("not certainly inside %(time)s before %(day)s", time="", day=""),
    message("outside %(time)s before %(day)s", time="", day=""),
    message("inside %(time)s after %(day)s", time="", day=""),
    message("not certainly inside %(time)s after %(day)s", time="", day=""),
    message("outside %(time)s after %(day)s", time="", day=""),
    message("inside %(time)s about %(day)s", time="", day=""),
    message("not certainly inside %(time)s about %(day)s", time="", day=""),
    message("outside %(time)s about %(day)s", time="", day=""),
    message("inside %(time)s throughout %(day)s", time="", day=""),
    message("not certainly inside %(time)s throughout %(day)s", time="", day=""),
    message("outside %(time)s throughout %(day)s", time="", day=""),
    message("%(time)s old on %(day)s", time="", day=""),
    message("%(name)s is not stated in words", name=""),
    message("%(name)s is not a number here", name=""),
    message("it has no date, and the criterion asks for a time"),
    message("not certainly inside the time asked for"),
    message("too old to speak of today"),
    message("dated %(day)s, after %(today)s: not used", day="", today=""),
    message("says the contrary: counted as absent under the assumption `notes`"),
    message("%(name)s: counted as absent under the assumption `notes`", name=""),
    message("%(name)s: not %(value)s", name="", value=""),
    message("%(name)s: %(value)s may be %(values)s", name="", value="", values=""),
    message("%(name)s: %(value)s is not %(values)s", name="", value="", values=""),
    message("%(name)s: %(value)s is %(values)s", name="", value="", values=""),
    message("the laboratory's %(limit)s is not given beside %(amount)s", limit="", amount=""),
    message("%(amount)s cannot be put into a plain number", amount=""),
    message("%(amount)s cannot be put into %(range)s", amount="", range=""),
    message("%(amount)s may or may not be %(range)s", amount="", range=""),
    message("%(amount)s", amount=""),
    message("%(value)s is not %(values)s", value="", values=""),
    message("%(value)s is %(values)s", value="", values=""),
)
"""The sentences of steps; of two that fit, the first."""

_HOLE = re.compile(r"%\((\w+)\)s")


def _expression(pattern: str) -> re.Pattern[str]:
    parts = _HOLE.split(pattern)
    return re.compile(
        "".join(
            f"(?P<{part}>{_HOLES[part][0]})" if place % 2 else re.escape(part)
            for place, part in enumerate(parts)
        )
    )


_PATTERNS = tuple((each.pattern, _expression(each.pattern)) for each in _STEPS)


def step_of(text: str) -> str:
    """Return a step as a Message.

    Example:
        >>> step_of("asthma is recorded; said to be severe").parts[1].pattern
        'said to be %(words)s'
    """
    if len(text) > LONGEST:
        return Original(text)
    return joined(_JOINT, [_part(part) for part in text.split(_JOINT)])


def _part(text: str) -> str:
    for pattern, expression in _PATTERNS:
        found = expression.fullmatch(text)
        if found is not None:
            values = {hole: _HOLES[hole][1](held) for hole, held in found.groupdict().items()}
            return Message(pattern, values, text=text)
    return Original(text)


def fact_of(text: str) -> str:
    """Return a patient's fact: in his own words, or that there is none.

    Example:
        >>> type(fact_of("Karnofsky 80 (2026-10-20)")).__name__
        'Original'
    """
    return message("not mentioned in the notes") if text == ABSENT else Original(text)
