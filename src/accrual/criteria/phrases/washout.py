"""Washouts: "at least 4 weeks since prior chemotherapy", "more than 30 days must have elapsed since any investigational
drug", "less than 2 weeks since major surgery".

Comes in: a stretch of time, "since", and one or several treatments. Goes out: "at least" is that none of them was
given in that time, `Not(Within(...))`; "less than" is that one was. A bracket with a longer time for some ("6 weeks for
nitrosoureas") is one more washout. Refuses (None) "at least" among exclusions, a shorter time for some, and a time
since anything but treatments.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Interval
from accrual.codes.concepts import vocabulary
from accrual.codes.units import days
from accrual.criteria.phrases.amount import Amount
from accrual.criteria.phrases.condition import read_present
from accrual.criteria.phrases.stream import HAS_CONCEPT, Family, Read, Stream
from accrual.criteria.phrases.time import HALF_LIFE, read_other, time_amount
from accrual.criteria.tree import All, Any_, Not, Opaque, Present, Tree, Window, Within, walk
from accrual.criteria.words import word_set

_BETWEEN = word_set(
    "must should have has had be been is are elapsed passed lapsed since from after following of the "
    "last prior previous any their his her most recent completion completed completing end dose doses "
    "administration receipt course cycle discontinuation stopping final treatment therapy with use "
    "day date time and recovered have elapsed have passed post beyond or more all"
)
_POINTERS = word_set("since from after following beyond post")
_LIST = frozenset(("comma", "or", "and", "slash"))
_LOOSE = frozenset(
    ("loose", "shift", "unless", "except", "include", "example", "excluded", "must", "number", "op", "not",
     "suffix", "open", "within", "before", "after", "between")
)  # fmt: skip
_ENDS = frozenset(("", "dot", "semi", "close"))
MAX_BETWEEN = 14


def read_washout(stream: Stream, at: int) -> Read | None:
    """Read one washout with all the treatments it is for."""
    if stream.last_concept < at:
        return None
    read = time_amount(stream, at)
    if read is None or read.suffix or not read.compared or read.unit is None or read.unit == "h":
        return None
    past = read.low is None
    if (read.low is None) == (read.high is None) or (not past and stream.kind == "exclusion"):
        return None
    windows = [_window(read, read.unit)]
    end = read.end
    second = read_other(stream, end, Interval(0, read.low or read.high, unit=read.unit))
    if second is not None:
        end = second[0]
        if end < 0:
            return None
        windows.append(Window(second[1], "before", "enrollment"))
    first = _past_pointer(stream, end)
    if first is None:
        return None
    found = _treatments(stream, first)
    if found is None:
        return None
    end, parts = found
    longer = _for_some(stream, end, read, past)
    if longer is not None:
        end, more = longer
        if more is None:
            return None
    goes_on = longer is not None and stream.kind_at(end) in ("or", "comma", "slash")
    if goes_on and not (stream.kind_at(end) == "comma" and stream.kind_at(end + 1) == "and"):
        if any(stream.kind_at(each) in _LOOSE for each in range(end, len(stream))):
            return None
        if end + 1 < len(stream):  # a list whose last member is missing has nothing more to say
            parts.append(Opaque(text=stream.words(rest := stream.span(end + 1, len(stream))), span=rest))
        end = len(stream)
    span = stream.span(at, end)
    inner: list[Tree] = []
    for part in parts:
        inner.extend(_inside(part, window) for window in windows)
    if longer is not None and longer[1] is not None:  # asked of some for longer
        inner.append(longer[1])
    child = inner[0] if len(inner) == 1 else Any_(children=tuple(inner), span=span)
    node: Tree = msgspec.structs.replace(child, span=span) if past else Not(child=child, span=span)
    return Read(end, "present", node)


def _window(read: Amount, unit: str) -> Window:
    """ "At least 4 weeks since" forbids what is less than 4 weeks ago."""
    if read.low is not None:
        return Window(Interval(0, read.low, False, not read.low_open, unit), "before", "enrollment")
    return Window(Interval(0, read.high, False, read.high_open, unit), "before", "enrollment")


def _inside(part: Tree, window: Window) -> Tree:
    if isinstance(part, Opaque):
        return part
    if isinstance(part, All):  # the treatment, and words that narrow it
        head = Within(child=part.children[0], window=window, span=part.children[0].span)
        return msgspec.structs.replace(part, children=(head, *part.children[1:]))
    return Within(child=part, window=window, span=part.span)


def _past_pointer(stream: Stream, at: int) -> int | None:
    """Where the treatments begin, behind "must have elapsed since the completion of"."""
    pointed = False
    step = at
    while step < at + MAX_BETWEEN:
        words = stream.low_at(step).split()
        if (
            not words
            or stream.lexemes[step].concept is not None
            or not all(word in _BETWEEN for word in words)
        ):
            break
        if not pointed and stream.kind_at(step) in ("history", "receive"):
            return None
        pointed = pointed or any(word in _POINTERS for word in words)
        step += 1
    return step if pointed else None


def _treatments(stream: Stream, at: int) -> tuple[int, list[Tree]] | None:
    """The list of treatments; what is not understood at its end is one more of them, in doubt."""
    found: list[Tree] = []
    end = at
    step = at
    while True:
        read = _treatment(stream, step)
        if read is None:
            break
        end, node = read
        found.append(node)
        step = end
        joined = ""
        while stream.kind_at(step) in _LIST:
            joined = stream.kind_at(step) if stream.kind_at(step) != "comma" else joined or "comma"
            step += 1
        if step == end:
            break
    if not found:
        return None
    if step > end and step < len(stream):  # a list that goes on
        if joined == "and":
            return end, found
        if any(stream.kind_at(each) in _LOOSE for each in range(step, len(stream))):
            return None
        span = stream.span(step, len(stream))
        return len(stream), [*found, Opaque(text=stream.words(span), span=span)]
    return end, found


def _treatment(stream: Stream, at: int) -> tuple[int, Tree] | None:
    while (
        at < len(stream) and stream.lexemes[at].concept is None and stream.low_at(at) in _BETWEEN | {"either"}
    ):
        if stream.kind_at(at) in ("history", "receive", "or", "and"):
            break
        at += 1
    read = read_present(stream, at) if at < len(stream) else None
    if read is None or read.node is None:
        return None
    for node in walk(read.node):
        if isinstance(node, Present):
            concept = vocabulary().concepts.get(node.concept.code)
            if concept is None or concept.kind == "condition":
                return None
        elif not isinstance(node, (Any_, Opaque, All)):
            return None
    node = read.node
    end = read.end
    while stream.low_at(end) in ("dose", "doses", "treatment", "treatments", "exposure", "administration"):
        end += 1
    if stream.kind_at(end) in ("prep", "link", "receive", "to"):  # "radiotherapy to the chest"
        stop = end
        while stop < len(stream) and stream.kind_at(stop) not in (
            "and",
            "or",
            "semi",
            "comma",
            "open",
            "dot",
        ):
            if stream.kind_at(stop) in _LOOSE:
                return None
            stop += 1
        if stop < len(stream) and stream.kind_at(stop) not in ("semi", "dot", "and", "comma"):
            return None
        span = stream.span(end, stop)
        node = All(children=(node, Opaque(text=stream.words(span), span=span)), span=stream.span(at, stop))
        end = stop
    elif stream.kind_at(end) not in _ENDS | _LIST | {"open"}:
        return None
    return end, node


def _for_some(stream: Stream, at: int, read: Amount, past: bool) -> tuple[int, Tree | None] | None:
    """ "(6 weeks for nitrosoureas or mitomycin C)": the node; no node where a bracket says what is not understood."""
    if stream.kind_at(at) != "open":
        return None
    other = time_amount(stream, at + 1)
    close = at + 1
    while close < len(stream) and stream.kind_at(close) != "close":
        close += 1
    if other is None or past or other.unit in (None, HALF_LIFE) or read.unit in (None, HALF_LIFE):
        inside = range(at + 1, close)
        return (at, None) if any(stream.kind_at(each) in _LOOSE | {"unit"} for each in inside) else None
    least = other.low if other.compared else (other.listed[0] if len(other.listed) == 1 else None)
    if least is None or stream.low_at(other.end) not in ("for", "since") or close >= len(stream):
        return at, None
    assert read.unit is not None
    assert other.unit is not None
    if days(least, other.unit)[0] < days(read.low or 0, read.unit)[1]:
        return at, None  # a shorter time for some loosens the demand
    if any(stream.kind_at(each) in _LOOSE | {"unit"} for each in range(other.end, close)):
        return at, None
    found = _treatments(stream, other.end + 1)
    if found is None or found[0] != close:  # it is asked of some: it may refuse them, and is not decided
        span = stream.span(at, close + 1)
        return close + 1, Opaque(text=stream.words(span), span=span)
    window = Window(Interval(0, least, False, True, other.unit), "before", "enrollment")
    parts = tuple(_inside(part, window) for part in found[1])
    node = parts[0] if len(parts) == 1 else Any_(children=parts, span=stream.span(at, close + 1))
    return close + 1, msgspec.structs.replace(node, span=stream.span(at, close + 1))


WASHOUT = Family("washout", frozenset(("op", "number")), read_washout, needs=HAS_CONCEPT)
