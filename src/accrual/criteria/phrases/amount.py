"""Amounts: comparators, numbers, ranges and units, in any order that texts use.

Comes in: lexemes. Goes out: an interval, or a list of numbers, with the unit as written. Refuses (returns None):
ends the wrong way round, two units that differ, a number that stands alone without saying how to compare.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Interval
from accrual.criteria.amount_words import ROMAN
from accrual.criteria.phrases.stream import Stream


class Amount(msgspec.Struct, frozen=True):
    """What was read: an interval in `unit` (None: no unit was written), or the single numbers of a list."""

    end: int
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    unit: str | None = None
    listed: tuple[float, ...] = ()
    suffix: str = ""
    """`better` or `worse`: only the scale knows which way that is."""
    unit_words: str = ""
    compared: bool = True
    """False for a number alone, or a list: nothing said how to compare."""
    high_unit: str | None = None
    """The unit of the high end where it is another one: "3 months to 17 years" (read only on demand)."""

    def interval(self, unit: str) -> Interval:
        """Return the interval with its unit set."""
        return Interval(self.low, self.high, self.low_open, self.high_open, unit)


class _Quantity(msgspec.Struct, frozen=True):
    end: int
    value: float
    unit: str | None
    words: str = ""


_TIMES = frozenset(("x", "times", "×", "*", "fold", "time", "xs", "✕"))


def _quantity(stream: Stream, at: int, roman: bool) -> _Quantity | None:
    """A number with its unit or its multiple of a laboratory's limit; `three (3) months`, `2.5 x ULN`, `ULN`."""
    kind = stream.kind_at(at)
    if kind == "limit":
        return _Quantity(at + 1, 1.0, stream.lexemes[at].payload)
    value = stream.lexemes[at].value if kind == "number" else None
    if value is None and roman and kind == "word":
        value = ROMAN.get(stream.low_at(at))
    if value is None:
        return None
    at += 1
    if stream.kind_at(at) == "open" and stream.kind_at(at + 2) == "close":
        again = stream.lexemes[at + 1]
        if again.kind == "number" and again.value == value:
            at += 3
    if stream.kind_at(at) == "unit":
        unit = stream.lexemes[at]
        if unit.payload not in ("[ULN]", "[LLN]") and stream.kind_at(at + 1) == "limit":
            return None
        return _Quantity(at + 1, value, unit.payload, unit.low)
    skip = at + 1 if stream.low_at(at) in _TIMES else at
    while stream.low_at(skip) in (
        "the",
        "institutional",
        "laboratory",
        "local",
        "of",
        "site",
        "upper",
        "laboratory's",
    ):
        skip += 1
    if stream.kind_at(skip) == "limit":
        return _Quantity(skip + 1, value, stream.lexemes[skip].payload)
    if (
        skip > at
        and stream.low_at(skip) in ("normal", "n")
        and stream.kind_at(skip + 1) not in ("word", "limit")
    ):
        return _Quantity(skip + 1, value, "[ULN]")  # "2.5 times normal": the upper end of it
    if stream.kind_at(at) == "mark" and stream.low_at(at) == "%":
        return _Quantity(at + 1, value, "%", "%")
    return _Quantity(at, value, None)


def _join(first: str | None, second: str | None) -> tuple[bool, str | None]:
    """The common unit of two ends, the second's where the first has none."""
    if first is None or first == second:
        return True, second
    if second is None:
        return True, first
    return False, None


_DAYS = {"d": 1.0, "wk": 7.0, "mo": 30.0, "a": 365.0}  # only to see which end is lower


def _between(one: _Quantity, other: _Quantity, open_low: bool, open_high: bool) -> Amount | None:
    fits, unit = _join(one.unit, other.unit)
    low, high = one.value, other.value
    if not fits and one.unit in _DAYS and other.unit in _DAYS:
        # Completed months and completed years do not convert: who is 17 years old may be 210 months old.
        if low * _DAYS[one.unit] >= high * _DAYS[other.unit]:
            return None
        return Amount(
            other.end, low, high, open_low, open_high, one.unit, unit_words=other.words, high_unit=other.unit
        )
    if not fits:
        return None
    if low > high or (low == high and (open_low or open_high)):
        return None
    return Amount(other.end, low, high, open_low, open_high, unit, unit_words=other.words or one.words)


def _bound(sign: str, quantity: _Quantity) -> Amount:
    value, unit, words = quantity.value, quantity.unit, quantity.words
    if sign in (">", ">="):
        return Amount(quantity.end, low=value, low_open=sign == ">", unit=unit, unit_words=words)
    if sign in ("<", "<="):
        return Amount(quantity.end, high=value, high_open=sign == "<", unit=unit, unit_words=words)
    return Amount(quantity.end, value, value, unit=unit, unit_words=words)


def amount(
    stream: Stream, at: int, *, roman: bool = False, mixed: bool = False, paired: bool = False
) -> Amount | None:
    """Read the amount that starts at lexeme `at`, None if there is none or it is not clear.

    Args:
        roman: `II` is a number.
        mixed: the ends may have two units of time.
        paired: "between" was said before, so that "and" joins two ends.
    """
    read = _amount(stream, at, roman, paired)
    return None if read is not None and read.high_unit is not None and not mixed else read


def _amount(stream: Stream, at: int, roman: bool, paired: bool = False) -> Amount | None:
    kind = stream.kind_at(at)
    if kind == "op":
        return _compared(stream, at, roman)
    if kind == "between":
        paired = True
        at += 1
        if stream.kind_at(at) == "op":
            read = _compared(stream, at, roman)
            return read if read is not None and read.low is not None and read.high is not None else None
    one = _quantity(stream, at, roman)
    if one is None:
        return None
    at = one.end
    kind = stream.kind_at(at)
    if kind in ("dash", "to") or (paired and kind == "and"):
        after = at + 1
        if stream.kind_at(after) == "op" and stream.lexemes[after].payload in ("<", "<="):
            other = _quantity(stream, after + 1, roman)
            return (
                None if other is None else _between(one, other, False, stream.lexemes[after].payload == "<")
            )
        other = _quantity(stream, after, roman)
        return None if other is None else _between(one, other, False, False)
    if paired:
        return None
    if kind == "suffix":
        payload = stream.lexemes[at].payload
        if payload in ("better", "worse"):
            return Amount(at + 1, one.value, one.value, unit=one.unit, suffix=payload, unit_words=one.words)
        read = _bound(payload, one)
        end, words = at + 1, one.words
        if one.unit is None and stream.kind_at(end) == "unit":  # "18 or more years"
            return msgspec.structs.replace(
                read, end=end + 1, unit=stream.lexemes[end].payload, unit_words=stream.low_at(end)
            )
        return msgspec.structs.replace(read, end=end, unit_words=words)
    return _listed(stream, one, roman)


def _normal(stream: Stream, at: int, sign: str) -> _Quantity | None:
    """ "above institutional normal", "below the normal range": the laboratory's own limit on that side."""
    step = at
    while stream.low_at(step) in ("the", "institutional", "laboratory", "local", "institution's"):
        step += 1
    if stream.low_at(step) not in ("normal", "normals") or sign not in (">", "<"):
        return None
    step += 1
    if stream.low_at(step) in ("range", "limit", "limits", "ranges", "level", "levels"):
        step += 1
    elif stream.kind_at(step) not in ("", "comma", "and", "or", "close", "open"):
        return None
    return _Quantity(step, 1.0, "[ULN]" if sign == ">" else "[LLN]")


def _sign_again(stream: Stream, at: int, sign: str) -> int:
    """ "greater than or equal to (≥)", "≥ at least": the comparator twice; where the second stands."""
    if stream.kind_at(at + 1) == "op" and stream.lexemes[at + 1].payload == sign:
        return at + 1
    if (
        stream.kind_at(at + 1) == "open"
        and stream.kind_at(at + 2) == "op"
        and stream.kind_at(at + 3) == "close"
        and stream.lexemes[at + 2].payload == sign
    ):
        return at + 3
    return at


def _compared(stream: Stream, at: int, roman: bool) -> Amount | None:
    sign = stream.lexemes[at].payload
    at = _sign_again(stream, at, sign)
    if stream.kind_at(at + 1) == "op":  # "≥ at most 18", "> = 18" cut in two
        return None
    if sign == "=":  # "ECOG = 0-1", "= 0 or 1"
        read = _amount(stream, at + 1, roman)
        if read is not None and (read.compared or len(read.listed) > 1):
            return read
    one = _quantity(stream, at + 1, roman) or _normal(stream, at + 1, sign)
    if one is None:
        return None
    first = _bound(sign, one)
    at = one.end
    if stream.kind_at(at) == "suffix":  # "≥ 18 years and older" says it twice
        payload = stream.lexemes[at].payload
        return msgspec.structs.replace(first, end=at + 1) if payload == sign else None
    joint = at
    while stream.kind_at(joint) in ("and", "comma", "to", "dash", "drop") or stream.low_at(joint) == "but":
        joint += 1
    if sign in (">", ">=") and stream.kind_at(joint) == "op":
        closing = stream.lexemes[joint].payload
        other = _quantity(stream, joint + 1, roman)
        if other is not None and closing in ("<", "<="):
            return _between(one, other, sign == ">", closing == "<")
    elif sign in ("<", "<=") and stream.kind_at(joint) == "op":
        opening = stream.lexemes[joint].payload
        other = _quantity(stream, joint + 1, roman)
        if other is not None and opening in (">", ">=") and other.value <= one.value:
            read = _between(other, one, opening == ">", sign == "<")
            return None if read is None else msgspec.structs.replace(read, end=other.end)
    elif sign in (">", ">=") and stream.kind_at(at) in ("dash", "to"):  # "≥ 18 to 65 years"
        other = _quantity(stream, at + 1, roman)
        return None if other is None else _between(one, other, sign == ">", False)
    return first


def _listed(stream: Stream, one: _Quantity, roman: bool) -> Amount | None:
    """`0 or 1`, `0, 1, or 2`, `0/1`: the numbers of a scale, one after another."""
    values, end, unit = [one.value], one.end, one.unit
    joint = end
    while True:
        step = joint
        while stream.kind_at(step) in ("comma", "or", "slash", "and"):
            step += 1
        if step == joint:
            break
        other = _quantity(stream, step, roman)
        if other is None or (unit is not None and other.unit != unit):
            break
        values.append(other.value)
        unit = unit or other.unit
        end = joint = other.end
    return Amount(end, unit=unit, listed=tuple(values), compared=False, unit_words=one.words)
