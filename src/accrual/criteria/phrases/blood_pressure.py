"""Both blood pressures at once: "blood pressure > 140/90 mmHg", "BP ≤ 160/100", "hypertension > 180/110 mmHg".

Comes in: the words for blood pressure and two numbers with a stroke between. Goes out: a claim on the systolic and the
diastolic pressure. Refuses (None) numbers that cannot be the two, and a comparator that points two ways.

"Above 140/90" among exclusions is either number above its own, "at most 140/90" as a demand is both; so do the
guidelines that define hypertension read them (Williams 2018, doi:10.1093/eurheartj/ehy339). The other two ("below
90/60" as an exclusion, "above 140/90" as a demand) are used loosely: true when both hold, false when neither does.
"""

from __future__ import annotations

import re

from accrual.basic import Interval
from accrual.codes.variables import variables
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.method import method_end
from accrual.criteria.phrases.stream import HAS_COMPARATOR, Family, Read, Stream
from accrual.criteria.tree import All, Any_, Compare, Opaque, Tree

_NAME = re.compile(
    r"(?i)(?:(?:mean|average|resting|sitting|seated|supine|standing|arterial|systemic|office|clinic|"
    r"screening|baseline|"
    r"poorly controlled|severe|untreated|"
    r"uncontrolled|elevated|high|a|an|the)\s+)*(?:(?:arterial )?hypertension\s*\(?(?:\s*(?:with|defined as|"
    r"defined by|as defined by|"
    r"i\.e\.,?|:|a|an|resting|systemic|sitting))*\s*(?:blood[ -]pressures?|bp)?|blood[ -]pressures?|"
    r"bp)(?:\s*\(bp\))?"
    r"(?:\s+(?:reading|readings|measurement|measurements|level|levels|value|values|of|is|was|that is|"
    r"which is|at rest|"
    r"consistently|persistently|defined as|must be|should be|at screening))*\s*(?:\(|:|,)?\s*"
)
_STARTS = frozenset(
    [
        "blood",
        "bp",
        "mean",
        "average",
        "resting",
        "sitting",
        "seated",
        "supine",
        "arterial",
        "systemic",
        "uncontrolled",
        "elevated",
        "high",
        "office",
        "hypertension",
        "severe",
        "poorly",
        "untreated",
    ]
)
_PARTS = ("systolic-blood-pressure", "diastolic-blood-pressure")


def read_blood_pressure(stream: Stream, at: int) -> Read | None:
    """Read one claim about both pressures."""
    first = stream.low_at(at).split(" ")[0]
    if first not in _STARTS:
        return None
    start = stream.lexemes[at].start
    found = _NAME.match(stream.text, start, min(stream.lexemes[-1].end, start + 120))
    if found is None:
        return None
    to = at
    while to < len(stream) and stream.lexemes[to].start < found.end():
        to += 1
    opened = any(stream.kind_at(k) == "open" for k in range(at, to)) and not any(
        stream.kind_at(k) == "close" for k in range(at, to)
    )
    if stream.kind_at(to) != "op":
        return None
    sign, step, numbers = stream.lexemes[to].payload, to + 1, []
    for last in (False, True):
        value = stream.lexemes[step].value if stream.kind_at(step) == "number" else None
        if value is None:
            return None
        numbers.append(value)
        step += 1
        if stream.kind_at(step) == "unit" and stream.lexemes[step].payload == "mm[Hg]":
            step += 1
        if not last:
            if stream.kind_at(step) != "slash":
                return None
            step += 1
            if stream.kind_at(step) == "op":
                if stream.lexemes[step].payload[0] != sign[0]:
                    return None
                step += 1
    if opened:
        if stream.kind_at(step) != "close":
            return None
        step += 1
    end = method_end(stream, step)
    span = stream.span(at, end)
    node = _claim(stream, sign, numbers, at, end)
    return None if node is None else Read(end, "measure", _with_span(node, span))


def _with_span(node: Tree, span: object) -> Tree:
    import msgspec

    return msgspec.structs.replace(node, span=span)


def _claim(stream: Stream, sign: str, numbers: list[float], at: int, end: int) -> Tree | None:
    span = stream.span(at, end)
    above = sign in (">", ">=")
    if sign == "=" or numbers[0] <= numbers[1]:
        return None
    parts: list[Tree] = []
    for name, number in zip(_PARTS, numbers, strict=True):
        if not variables()[name].is_possible(number):
            return None
        interval = (
            Interval(low=number, low_open=sign == ">", unit="mm[Hg]")
            if above
            else Interval(high=number, high_open=sign == "<", unit="mm[Hg]")
        )
        parts.append(Compare(variable=name, interval=interval, span=span))
    denied = "not" in stream.kinds[:at]
    if above and (stream.kind == "exclusion" or denied):
        return Any_(children=tuple(parts), span=span)
    if not above and stream.kind == "inclusion" and not denied:
        return All(children=tuple(parts), span=span)
    return either_way(tuple(parts), Opaque(text="/", span=span), span)


BLOOD_PRESSURE = Family(
    "blood pressure",
    frozenset(("word", "drop", "qualifier", "concept")),
    read_blood_pressure,
    needs=HAS_COMPARATOR,
)
