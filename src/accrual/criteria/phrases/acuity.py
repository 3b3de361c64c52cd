"""Eyesight on Snellen's chart: "BCVA of 20/40 to 20/320", "visual acuity worse than 20/200", "6/12 or better".

Comes in: the name of the visual acuity and one or two fractions. Goes out: `Compare(visual-acuity, …)` on the decimal
acuity, the fraction as a number: 20/40 is 0.5, and a larger number is better sight (ISO 8596). Refuses (None) a
fraction without a bound, a first figure that no chart has, and acuity in letters or logMAR.
"""

from __future__ import annotations

from accrual.basic import Interval
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Compare
from accrual.criteria.words import word_set

_DISTANCES = (20.0, 6.0)  # feet and meters of the chart
_GAP = word_set("of is in the score was a be ranging range snellen must at : , using chart")
_TAIL = word_set("snellen equivalent equivalents approximate inclusive")


def _fraction(stream: Stream, at: int) -> tuple[int, float] | None:
    """The decimal acuity of a fraction at `at`, and where it ends."""
    if (
        stream.kind_at(at) != "number"
        or stream.kind_at(at + 1) != "slash"
        or stream.kind_at(at + 2) != "number"
    ):
        return None
    near, far = stream.lexemes[at].value, stream.lexemes[at + 2].value
    if near not in _DISTANCES or not far or far < near / 4:
        return None
    return at + 3, near / far


def read_acuity(stream: Stream, at: int) -> Read | None:
    """Read one claim about eyesight."""
    variable = stream.lexemes[at].variable
    if variable is None or variable.id != "visual-acuity":
        return None
    step = at + 1
    while stream.low_at(step) in _GAP or stream.kind_at(step) in ("drop", "colon"):
        step += 1
    sign = ""
    if stream.kind_at(step) == "op":
        sign, step = stream.lexemes[step].payload, step + 1
    elif stream.low_at(step) in ("worse", "better", "poorer") and stream.low_at(step + 1) in ("than", "then"):
        sign, step = (">" if stream.low_at(step) == "better" else "<"), step + 2
        if stream.low_at(step) in ("or equal to", "or"):
            return None
    paired = stream.kind_at(step) == "between"
    one = _fraction(stream, step + paired)
    if one is None:
        return None
    end, low, high, opened = one[0], one[1], one[1], ""
    joint = stream.kind_at(end)
    other = _fraction(stream, end + 1) if joint in ("to", "dash") or (paired and joint == "and") else None
    if other is not None and not sign:
        end, low, high = other[0], min(one[1], other[1]), max(one[1], other[1])
        interval = Interval(round(low, 4), round(high, 4))
    else:
        if not sign and stream.kind_at(end) == "suffix":
            sign, end = stream.lexemes[end].payload, end + 1
        opened = {"better": ">=", "worse": "<="}.get(sign, sign)
        if opened not in (">", ">=", "<", "<=") or paired:
            return None
        value = round(low, 4)
        if stream.kind_at(end) in ("suffix", "op", "slash"):
            return None
        above = opened[0] == ">"
        strict = len(opened) == 1
        interval = Interval(low=value, low_open=strict) if above else Interval(high=value, high_open=strict)
    inside = end + (stream.kind_at(end) == "open")
    tail = inside
    while stream.low_at(tail) in _TAIL:
        tail += 1
    if tail > inside:
        end = tail if inside == end else tail + 1 if stream.kind_at(tail) == "close" else end
    return Read(end, "measure", Compare(variable=variable.id, interval=interval, span=stream.span(at, end)))


ACUITY = Family("acuity", frozenset(("variable",)), read_acuity, topics=frozenset(("visual-acuity",)))
