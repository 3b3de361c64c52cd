"""Time windows: "within 3 months", "in the past 5 years", "at least 4 weeks prior to enrollment", "> 6 months ago",
"30 days or 5 half-lives, whichever is longer", "for at least 3 months", "prior to screening".

Comes in: a stretch of time and, perhaps, what it is counted from. Goes out: a `Window`, and a second one where two
distances are given; without an anchor it is counted from enrolment. Refuses (None) an anchor that is not known, and
an amount of time that is not said to lie before or after anything.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Interval
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.anchor import TRIAL_ANCHORS, read_anchor
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Direction, Window

HALF_LIFE = "[half-life]"
_UNITS = frozenset(("d", "wk", "mo", "a", "h", HALF_LIFE))
_SINGLE = {"day": "d", "week": "wk", "month": "mo", "year": "a"}
_DURING = frozenset(("in", "during", "over"))
_LASTING = frozenset(("for the past", "for the last"))
_ABOUT = frozenset(
    ("approximately", "about", "approx", "~", "least", "a", "the", "minimum", "period", "of", "total")
)
_SINCE = frozenset(("of", "from", "since", "to", "from the", "of the"))
_EVER = frozenset(("at any time", "at any time in the past", "at anytime", "any time in the past"))
_BOUNDARY = frozenset(("", "comma", "semi", "dot", "close", "or", "and"))


def read_time(stream: Stream, at: int) -> Read | None:
    """Read one window."""
    kind, low = stream.kind_at(at), stream.low_at(at)
    if kind == "before":
        return _before_moment(stream, at)
    if low == "since":
        return _since_moment(stream, at)
    if low == "for" or low in _LASTING:
        return _lasting(stream, at)
    return _distant(stream, at)


def _before_moment(stream: Stream, at: int) -> Read | None:
    """ "prior to enrollment", without a number: at any time before."""
    if stream.low_at(at) in ("prior", "in advance of", "leading up to"):
        return None
    if stream.low_at(at) in _EVER:
        ends = stream.kind_at(at + 1) in _BOUNDARY
        return (
            Read(at + 1, "time", window=Window(Interval(0, None, unit="d"), "before", "enrollment"))
            if ends
            else None
        )
    found = read_anchor(stream, at + 1)
    if found is None or found[1] not in TRIAL_ANCHORS:
        return None
    return Read(found[0], "time", window=Window(Interval(0, None, unit="d"), "before", found[1]))


def _since_moment(stream: Stream, at: int) -> Read | None:
    """ "since the last dose of chemotherapy": from an event of the patient's own until now."""
    found = read_anchor(stream, at + 1)
    if found is None or found[1] in TRIAL_ANCHORS:
        return None
    return Read(found[0], "time", window=Window(Interval(0, None, unit="d"), "after", found[1]))


def _lasting(stream: Stream, at: int) -> Read | None:
    """ "for at least 3 months before screening": all along, for so long."""
    past = stream.low_at(at) in _LASTING
    step = at + 1
    while stream.low_at(step) in _ABOUT and stream.kind_at(step) != "op":
        step += 1
    read = time_amount(stream, step)
    if read is None or read.unit in (HALF_LIFE, None) or read.suffix:
        return None
    if read.compared:
        low, is_open = read.low, read.low_open
        if low is None or read.high is not None:
            return None
    elif len(read.listed) == 1 and (past or step > at + 1 or stream.kind_at(read.end) == "before"):
        low, is_open = read.listed[0], False
    else:
        return None  # "for 6 months": has it been, or will it be?
    assert read.unit is not None
    distance = Interval(low, None, is_open, unit=read.unit)
    if read.unit == "h":
        distance = _in_days(distance)
    end, anchor = read.end, "enrollment"
    if stream.kind_at(end) == "after" or stream.low_at(end) in (
        "during",
        "of",
        "from",
        "to",
        "until",
        "while",
    ):
        return None
    if stream.kind_at(end) in ("before", "ago"):
        found = read_anchor(stream, end + 1)
        if found is not None and found[1] in TRIAL_ANCHORS:
            end, anchor = found
        elif stream.kind_at(end + 1) in _BOUNDARY:
            end += 1
        else:
            return None
    return Read(end, "time", window=Window(distance, "throughout", anchor))


def time_amount(stream: Stream, at: int) -> Amount | None:
    """An amount of time at `at`; a bracket that says it again is part of it: "6 months (180 days)"."""
    read = amount(stream, at)
    if read is None or read.unit not in _UNITS:
        return None
    if stream.kind_at(read.end) == "open":
        again = amount(stream, read.end + 1)
        if (
            again is not None
            and again.unit in _UNITS - {HALF_LIFE, read.unit}
            and not again.compared
            and stream.kind_at(again.end) == "close"
        ):
            return msgspec.structs.replace(read, end=again.end + 1)
    return read


def _in_days(distance: Interval) -> Interval:
    low, high = (None if bound is None else bound / 24 for bound in (distance.low, distance.high))
    return Interval(low, high, distance.low_open, distance.high_open, "d")


def _inside(read: Amount, unit: str) -> Interval | None:
    """The distance for "within N": from 0 to N."""
    if read.listed:
        return Interval(0, read.listed[0], unit=unit) if len(read.listed) == 1 else None
    return None


def _distance(read: Amount) -> Interval | None:
    assert read.unit is not None
    found = _inside(read, read.unit) if not read.compared else read.interval(read.unit)
    if found is None:
        return None
    if found.low is None:
        found = msgspec.structs.replace(found, low=0.0)
    return _in_days(found) if read.unit == "h" else found


def read_other(stream: Stream, at: int, first: Interval) -> tuple[int, Interval] | None:
    """ "or 5 half-lives, whichever is longer": the second distance; the longer counts where not said otherwise.

    Raises no error; (-1, first) says that the words are there and cannot be read.
    """
    step = at
    bracket = stream.kind_at(step) == "open"
    step += bracket
    if stream.kind_at(step) == "comma":
        step += 1
    if stream.kind_at(step) not in ("or", "slash"):
        return None
    step += 1
    while stream.kind_at(step) in ("within", "drop"):
        step += 1
    read = amount(stream, step)
    if read is None or read.unit not in _UNITS or read.suffix:
        return None
    if (read.unit == HALF_LIFE) == (first.unit == HALF_LIFE):
        return None
    second = _distance(read)
    if second is None or (second.low or 0) != (first.low or 0):
        return None
    end = read.end
    while bracket and end < read.end + 8 and stream.kind_at(end) not in ("close", "loose", ""):
        end += 1  # "(or 5 half-lives of the drug, whichever is longer)"
    told = _whichever(stream, end)
    if told is not None:
        end, longer = told
        if not longer:
            return -1, first
    if bracket:
        if stream.kind_at(end) != "close":
            return -1, first
        end += 1
    return end, second


def _whichever(stream: Stream, at: int) -> tuple[int, bool] | None:
    """ ", whichever is longer": where it ends, and that the longer counts."""
    step = at
    bracket = False
    while stream.kind_at(step) in ("comma", "open", "dash"):
        bracket = bracket or stream.kind_at(step) == "open"
        step += 1
    if stream.low_at(step) != "whichever":
        return None
    for ahead in range(step + 1, step + 6):
        words = stream.low_at(ahead).split()
        if any(word in ("longer", "longest", "greater", "later", "more", "long") for word in words):
            longer = True
        elif any(word in ("shorter", "shortest", "less", "earlier", "first", "sooner") for word in words):
            longer = False
        else:
            continue
        end = ahead + 1
        while stream.low_at(end) in ("of", "of the", "the", "two", "period"):
            end += 1
        if bracket and stream.kind_at(end) == "close":
            end += 1
        if stream.kind_at(end) == "comma" and (
            stream.kind_at(end + 1) == "before" or stream.low_at(end + 1) in _SINCE
        ):
            end += 1
        return end, longer
    return None


def _distant(stream: Stream, at: int) -> Read | None:
    """A distance from an anchor: "within 4 weeks of", "in the 3 months before", "at least 4 weeks prior to"."""
    start = at
    within = stream.kind_at(at) == "within"
    during = not within and stream.low_at(at) in _DURING
    if during:  # "in the 3 months before": only with what it lies before
        at += 1
        if stream.low_at(at) == "the":
            at += 1
        if stream.kind_at(at) != "number" and stream.low_at(at) not in _SINGLE:
            return None
    if within:
        at += 1
        while stream.kind_at(at) in ("drop", "before", "history") or stream.low_at(at) in (
            "last", "past", "approximately", "about", "preceding",
        ):  # fmt: skip
            at += 1
    past = within and not stream.low_at(start).endswith(("within", "within the", "within a"))
    single = _SINGLE.get(stream.low_at(at)) if within or during else None
    if single is not None or (
        within and stream.kind_at(at) == "unit" and stream.lexemes[at].payload in _UNITS
    ):
        unit = single or stream.lexemes[at].payload
        read: Amount | None = Amount(at + 1, unit=unit, listed=(1.0,), compared=False)
    else:
        read = time_amount(stream, at)
    if read is None or read.unit not in _UNITS or read.suffix:
        return None
    if not (within or (during and stream.kind_at(read.end) == "before")) and not read.compared:
        return None  # "surgery 4 weeks before": within, or at least? It is not said
    if within and read.compared and read.low is not None and read.high is None:
        return None
    distance = _distance(read)
    if distance is None:
        return None
    end = read.end
    also: Window | None = None
    second = read_other(stream, end, distance)
    if second is not None:
        end = second[0]
        if end < 0 or distance.low:
            return None
    direction: Direction = "before"
    anchor = "enrollment"
    kind = stream.kind_at(end)
    if kind == "ago" or (kind == "history" and stream.low_at(end) == "previously"):
        return Read(end + 1, "time", window=Window(distance))
    pointed = kind in ("before", "after") or stream.low_at(end) in _SINCE
    if pointed:
        found = read_anchor(stream, end + 1)
        if found is None:
            if kind == "before" and stream.kind_at(end + 1) in _BOUNDARY:
                found = end + 1, "enrollment"  # "4 weeks prior."
            else:
                return None
        pointer = stream.low_at(end)
        end, anchor = found
        direction = "after" if kind == "after" else "before"
        if anchor not in TRIAL_ANCHORS and kind not in ("before", "after"):
            direction = "about"
        if pointer == "since" and direction == "before":
            return None
        if direction == "about" and distance.low:
            return None  # "at least 3 weeks since prior chemotherapy" is a claim, not a window (see washout)
        if second is None:
            second = read_other(stream, end, distance)
            if second is not None:
                end = second[0]
                if end < 0 or distance.low:
                    return None
    elif not within and not past:
        return None
    if second is not None:
        also = Window(second[1], direction, anchor)
    if anchor in TRIAL_ANCHORS and direction == "after" and distance.low:
        return None  # what is to come
    return Read(end, "time", window=Window(distance, direction, anchor), also=also)


TIME = Family("time", frozenset(("within", "op", "number", "between", "prep", "before")), read_time)
