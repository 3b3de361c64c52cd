"""Ages: "Age 12-65", "≥ 18 years", "Male or female, > 18 years", "18 years of age or older", "adults".

Comes in: a stretch that starts with the word age, an amount, or the word adult. Goes out: `Compare(age, …)`.
Refuses an age without a bound ("age 18"), and years that are not said to be of age in a clause about other things.
"""

from __future__ import annotations

import re

from accrual.basic import Interval
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.anchor import moment
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, Any_, Compare

# "Adult (18-64)" and "Older Adult (65+)" are the registry's age groups; together they begin at 18 years.
# Source: ClinicalTrials.gov, Protocol Registration Data Element Definitions, Age Limits.
ADULT = Interval(low=18, unit="a")
MAX_AGE_YEARS = 130  # older than anyone on record (Jeanne Calment, 122); a larger number is not an age
_ENDS_SAID = re.compile(
    r"(?i)\(\s*(?:(?:including|inclusive of|inclusive|include|both|incl\.?|with)\s*)+"
    r"(?:\d+\s*(?:years?(?:[ -]old)?|yrs?|y)?\s*(?:and|,|&|or|to|-)?\s*)*(?:the )?"
    r"(?:years?(?: old| of age)?|cut-?off values?|both ends|boundary values?|threshold values?|thresholds?)?\s*\)"
)
_A_YEAR = {"a": 1, "mo": 12, "wk": 53, "d": 366}  # at most so many of them
_UNITS = frozenset(_A_YEAR)
_AGE_WORDS = {"years": "a", "year": "a", "yrs": "a", "months": "mo"}  # behind "65+" the word is no unit
_ONLY_PEOPLE = frozenset(
    (
        "subject",
        "sex",
        "adult",
        "child",
        "drop",
        "link",
        "or",
        "and",
        "comma",
        "must",
        "colon",
        "open",
        "close",
    )
)
_ENDS = frozenset(("", "comma", "semi", "dot", "and", "close", "link", "drop", "sex", "subject", "open"))


def _filler(stream: Stream, at: int) -> int:
    while stream.kind_at(at) in ("drop", "colon", "must", "subject") or stream.low_at(at) in (
        "of",
        "range",
        "between",
        "ranging",
    ):
        if stream.kind_at(at) == "between" and stream.kind_at(at + 1) != "between":
            break  # "range from 18 to 75"
        at += 1
    return at


def _claim(stream: Stream, start: int, end: int, read: Amount, unit: str) -> Read | None:
    if not read.compared or read.suffix or (read.low is None and read.high is None):
        return None
    if read.high_unit is not None:
        ends = (
            Amount(end, low=read.low, low_open=read.low_open),
            Amount(end, high=read.high, high_open=read.high_open),
        )
        low, high = (
            _claim(stream, start, end, each, unit)
            for each, unit in zip(ends, (unit, read.high_unit), strict=True)
        )
        if low is None or high is None or low.node is None or high.node is None:
            return None
        return Read(end, "age", All(children=(low.node, high.node), span=stream.span(start, end)))
    if (
        unit not in _UNITS
        or max(read.low or 0, read.high or 0) > MAX_AGE_YEARS * {"a": 1, "mo": 12, "wk": 53, "d": 366}[unit]
    ):
        return None
    node = Compare(variable="age", interval=read.interval(unit), span=stream.span(start, end))
    return Read(end, "age", node)


def _after(stream: Stream, at: int) -> int:
    """Skip "of age", "old", "(inclusive)" after the number."""
    while True:
        variable = stream.lexemes[at].variable if at < len(stream) else None
        if (variable is not None and variable.id == "age") or stream.low_at(at) in (
            "old",
            "inclusive",
            "both inclusive",
        ):
            at += 1
        elif stream.low_at(at) == "of" and stream.low_at(at + 1) == "age":
            at += 2
        elif (end := _ends_said(stream, at)) > at:
            at = end
        elif (
            stream.kind_at(at) == "open"
            and stream.kind_at(at + 1) == "drop"
            and stream.kind_at(at + 2) == "close"
        ):
            at += 3
        else:
            return at


def _ends_said(stream: Stream, at: int) -> int:
    """ "(including 18 and 75 years old)", "(including cut-off value)": the ends count, as they do anyway."""
    if stream.kind_at(at) != "open" or stream.kind_at(at + 1) not in ("include", "word", "drop", "adult"):
        return at
    found = _ENDS_SAID.match(stream.text, stream.lexemes[at].start)
    if found is None:
        return at
    told = {lexeme.value for lexeme in stream.lexemes[:at] if lexeme.value is not None}
    end = at
    while end < len(stream) and stream.lexemes[end].end <= found.end():
        value = stream.lexemes[end].value
        if value is not None and value not in told:
            return at
        end += 1
    return end


def _names_age(stream: Stream, at: int) -> bool:
    if stream.kind_at(at) == "drop" and stream.low_at(at) in ("the", "an"):
        at += 1
    if stream.low_at(at) in ("age of", "ages of"):
        return True
    variable = stream.lexemes[at].variable if at < len(stream) else None
    return variable is not None and variable.id == "age"


def _crossed(stream: Stream, start: int, sign_at: int, number_at: int) -> Read | None:
    sign = stream.lexemes[sign_at].payload
    number = stream.lexemes[number_at] if number_at < len(stream) else None
    if number is None or number.value is None or stream.kind_at(number_at + 1) in ("dash", "to", "slash"):
        return None
    end, unit = number_at + 1, "a"
    if stream.kind_at(end) == "unit":
        unit, end = stream.lexemes[end].payload, end + 1
    if unit not in _UNITS or sign == "=":
        return None
    low = number.value if sign in (">", ">=") else None
    high = number.value if sign in ("<", "<=") else None
    read = Amount(end, low, high, sign == ">", sign == "<", unit)
    return _claim(stream, start, _after(stream, end), read, unit)


def _of_people(stream: Stream, start: int) -> bool:
    """A number of years "old" is an age where a person, or nothing, stands before it: not "a scar 2 years old"."""
    if start == 0:
        return True
    before = stream.lexemes[start - 1]
    return before.kind in _ONLY_PEOPLE and "diagnos" not in before.low


def read_age(stream: Stream, at: int) -> Read | None:
    """Read one claim about age, as it is now: not "at diagnosis"."""
    read = _read_age(stream, at)
    if read is None or _of_then(stream, at, read.end):
        return None
    return _or_again(stream, read)


def _of_then(stream: Stream, at: int, end: int) -> bool:
    """Say whether the age is that at an event: "at diagnosis", "before age 40", "onset under 18 years"."""
    if stream.low_at(end) in ("at", "at time of", "when", "at the") and moment(stream, end) is None:
        return True
    before = stream.low_at(at - 1) if at else ""
    return before in ("before", "prior to", "at", "by", "since", "at the", "until") or any(
        "onset" in stream.low_at(step) for step in range(at)
    )


def _between(stream: Stream, at: int) -> int | None:
    """ "Between the ages of 18 and 70": where the numbers stand; None where the word age is not there."""
    to = at + 1
    while _names_age(stream, to) or stream.kind_at(to) == "drop" or stream.low_at(to) == "of":
        to += 1
    if not any(_names_age(stream, each) for each in range(at + 1, to)) or stream.kind_at(to) != "number":
        return None
    return to


def _both_sides(stream: Stream, at: int) -> Read | None:
    """ "18 years ≤ age ≤ 65 years": the name between its two ends."""
    low = stream.lexemes[at].value
    step = at + 1
    unit = stream.lexemes[step].payload if stream.kind_at(step) == "unit" else ""
    step += bool(unit)
    sign = stream.lexemes[step].payload if stream.kind_at(step) == "op" else ""
    if sign not in ("<", "<=") or not _names_age(stream, step + 1) or stream.kind_at(step + 2) != "op":
        return None
    high = amount(stream, step + 2)
    if high is None or high.high is None or high.low is not None or (unit and high.unit not in (None, unit)):
        return None
    read = Amount(high.end, low, high.high, sign == "<", high.high_open)
    return _claim(stream, at, _after(stream, high.end), read, high.unit or unit or "a")


def _or_again(stream: Stream, read: Read) -> Read:
    """ "Age < 18 or > 65 years", "less than 3 or more than 5": two stretches that do not touch."""
    node, at = read.node, read.end
    loosely = stream.kind == "exclusion" and stream.kind_at(at + 1) == "op"  # "age < 6 and > 18"
    joints = ("or", "and", "slash") if loosely else ("or", "slash")
    if not isinstance(node, Compare) or stream.kind_at(at) not in joints:
        return read
    at += 1
    while _names_age(stream, at) or stream.kind_at(at) == "drop":
        at += 1
    other = amount(stream, at) if stream.kind_at(at) == "op" else None
    if (
        other is None
        or not other.compared
        or other.suffix
        or (other.unit is None and node.interval.unit != "a")
    ):
        return read
    second = _claim(stream, at, _after(stream, other.end), other, other.unit or node.interval.unit)
    if (
        second is None
        or not isinstance(second.node, Compare)
        or second.node.interval.unit != node.interval.unit
    ):
        return read
    one, two = node.interval, second.node.interval
    low, high = (one, two) if one.low is None else (two, one)
    if (
        low.low is not None
        or high.high is not None
        or low.high is None
        or high.low is None
        or low.high > high.low
    ):
        return read
    span = node.span | second.node.span
    return Read(second.end, "age", Any_(children=(node, second.node), span=span))


def _read_age(stream: Stream, at: int) -> Read | None:
    start, kind = at, stream.kind_at(at)
    lexeme = stream.lexemes[at]
    adult, child = kind == "adult", kind == "child"
    if adult or child:
        at = _filler(stream, at + 1)
        if child and stream.kind_at(at) == "sex" and stream.lexemes[at].payload == "female,male":
            at = _filler(stream, at + 1)
        lexeme = stream.lexemes[at] if at < len(stream) else lexeme
        if stream.kind_at(at) == "link" and stream.kind_at(at + 1) in ("op", "number", "variable"):
            at += 1
            lexeme = stream.lexemes[at]
    named = lexeme.variable is not None and lexeme.variable.id == "age"
    if not named and stream.kind_at(at) == "op" and _names_age(stream, at + 1):
        # "over age 21", "under the age of 18": the name stands between comparator and number
        to = at + 1
        while _names_age(stream, to) or stream.kind_at(to) == "drop" or stream.low_at(to) == "of":
            to += 1
        return _crossed(stream, start, at, to)
    sides = _both_sides(stream, at) if kind == "number" else None
    if sides is not None:
        return sides
    between = _between(stream, at) if stream.kind_at(at) == "between" else None
    if between is not None:
        named, at = True, between
    elif named:
        at = _filler(stream, at + 1)
    read = amount(stream, at, mixed=True, paired=between is not None)
    if (
        named and stream.kind_at(at) == "number" and stream.low_at(at + 1) == "+"
    ):  # "age 65+", "aged 65+ years"
        unit = _AGE_WORDS.get(stream.low_at(at + 2), "")
        end = _after(stream, at + 2 + bool(unit))
        return _claim(stream, start, end, Amount(end, low=stream.lexemes[at].value), unit or "a")
    if read is not None and (read.unit in _UNITS or (read.unit is None and named)):
        unit = read.unit or "a"
        end = _after(stream, read.end)
        told = (
            named or adult or child or end > read.end or "old" in read.unit_words or "age" in read.unit_words
        )
        if stream.kind_at(end) == "suffix" and read.listed and len(read.listed) == 1 and told:
            # "18 years of age or older": the bound comes after the unit
            payload = stream.lexemes[end].payload
            if payload in (">=", "<="):
                low = read.listed[0] if payload == ">=" else None
                high = read.listed[0] if payload == "<=" else None
                end = _after(stream, end + 1)
                return _claim(stream, start, end, Amount(end, low, high, unit=unit), unit)
        again = stream.kind_at(end) == "or" and stream.kind_at(end + 1) == "op"  # "under 18 or over 80 years"
        people = not told and unit == "a" and (again or stream.kind_at(end) in _ENDS)
        if (told and (named or adult or child or _of_people(stream, start))) or (
            people and all(stream.kind_at(k) in _ONLY_PEOPLE for k in range(start))
        ):
            claim = _claim(stream, start, end, read, unit)
            if claim is not None:
                return claim
    if adult:
        return Read(
            start + 1, "age", Compare(variable="age", interval=ADULT, span=stream.span(start, start + 1))
        )
    return None


AGE = Family("age", frozenset(("variable", "op", "number", "between", "adult", "child")), read_age)
