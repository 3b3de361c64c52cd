"""Time windows: "within 3 months", "in the past 5 years", "at least 4 weeks prior to enrollment", "> 6 months ago".

Comes in: a stretch of time and, perhaps, what it is counted from. Goes out: a `Window`; without an anchor it is
counted from enrolment. Refuses (None) an anchor that is not one of the trial's own moments ("of the last dose of
chemotherapy"), and an amount of time that is not said to lie before or after anything.
"""

from __future__ import annotations

from functools import cache

import msgspec

from accrual.basic import Interval
from accrual.criteria.amount_words import ANCHORS
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Direction, Window

_UNITS = frozenset(("d", "wk", "mo", "a", "h"))
_SINGLE = {"day": "d", "week": "wk", "month": "mo", "year": "a"}
_PATIENTS_OWN = frozenset(
    ("surgery", "diagnosis")
)  # anchors on the patient's side: "within" lies on both sides
MAX_ANCHOR_LEXEMES = 10


@cache
def _anchors() -> dict[str, str]:
    found = {phrase.strip(): anchor for anchor, group in ANCHORS.items() for phrase in group.split("|")}
    return {**{f"the {phrase}": anchor for phrase, anchor in found.items()}, **found}


def _anchor(stream: Stream, at: int) -> tuple[int, str] | None:
    """The longest anchor phrase that starts at lexeme `at`."""
    for to in range(min(len(stream), at + MAX_ANCHOR_LEXEMES), at, -1):
        span = stream.span(at, to)
        if span.end - span.start > 80:
            continue
        words = " ".join(span.of(stream.text).lower().replace("-", " ").split())
        anchor = _anchors().get(words)
        if anchor is not None:
            return to, anchor
    return None


def moment(stream: Stream, at: int) -> int | None:
    """ "at the time of signing informed consent": where it ends, if it only names one of the trial's moments."""
    if stream.low_at(at) not in ("at", "on", "upon", "at the", "at time of", "by"):
        return None
    at += 1
    while stream.low_at(at) in ("the", "time", "day", "date", "of", "moment", "point", "a"):
        at += 1
    found = _anchor(stream, at)
    return None if found is None or found[1] in _PATIENTS_OWN else found[0]


def _inside(read: Amount, unit: str) -> Interval | None:
    """The distance for "within N": from 0 to N."""
    if read.listed:
        return Interval(0, read.listed[0], unit=unit) if len(read.listed) == 1 else None
    return None


def read_time(stream: Stream, at: int) -> Read | None:
    """Read one window."""
    start = at
    within = stream.kind_at(at) == "within"
    during = not within and stream.low_at(at) in ("in", "during", "for", "over")
    if during:  # "in the 3 months before": only with what it lies before
        at += 1
        if stream.low_at(at) == "the":
            at += 1
        if stream.kind_at(at) != "number":
            return None
    if within:
        at += 1
        while stream.kind_at(at) in ("drop", "before", "history") or stream.low_at(at) in ("last", "past"):
            at += 1
    past = within and stream.low_at(start) not in ("within", "within the", "within a")
    single = _SINGLE.get(stream.low_at(at)) if within else None
    if single is not None or (
        within and stream.kind_at(at) == "unit" and stream.lexemes[at].payload in _UNITS
    ):
        read: Amount | None = Amount(
            at + 1, unit=single or stream.lexemes[at].payload, listed=(1.0,), compared=False
        )
    else:
        read = amount(stream, at)
    if read is None or read.unit not in _UNITS:
        return None
    unit, end = read.unit, read.end
    if read.suffix:
        return None
    distance = _inside(read, unit) if not read.compared else read.interval(unit)
    if not (within or (during and stream.kind_at(read.end) == "before")) and not read.compared:
        return None  # "surgery 4 weeks before": within, or at least? It is not said
    if within and read.compared and read.low is not None and read.high is None:
        return None
    if distance is None:
        return None
    if distance.low is None:
        distance = msgspec.structs.replace(distance, low=0.0)
    if unit == "h":
        low, high = (None if bound is None else bound / 24 for bound in (distance.low, distance.high))
        distance = Interval(low, high, distance.low_open, distance.high_open, "d")
    direction: Direction = "before"
    anchor = "enrollment"
    kind = stream.kind_at(end)
    if kind == "ago" or (kind == "history" and stream.low_at(end) == "previously"):
        return Read(end + 1, "time", window=Window(distance))
    pointed = kind in ("before", "after") or stream.low_at(end) in ("of", "from", "since", "to")
    if pointed:
        found = _anchor(stream, end + 1)
        if found is None:
            if kind == "before" and end + 1 == len(stream):
                return Read(end + 1, "time", window=Window(distance))  # "4 weeks prior."
            return None
        direction = "after" if kind == "after" else "before"
        if found[1] in _PATIENTS_OWN and kind != "before" and direction != "after":
            direction = "about"
        if direction == "before" and stream.low_at(end) == "since":
            return None
        return Read(found[0], "time", window=Window(distance, direction, found[1]))
    if not within and not past:
        return None
    return Read(end, "time", window=Window(distance, direction, anchor))


TIME = Family("time", frozenset(("within", "op", "number", "between", "prep")), read_time)
