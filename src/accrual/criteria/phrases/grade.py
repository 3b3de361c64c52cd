"""Grades of a condition: "grade 2 or higher neuropathy", "neuropathy ≥ grade 2 (CTCAE v5.0)", "grade 3-4 mucositis".

Comes in: a condition that `condition.py` reads, and a grade before or behind it. Goes out: the condition with one of
the qualifiers `grade-1` … `grade-5`, any of those asked for; at most a grade is that no higher one is there. Refuses
(None) a grade of nothing, a list in front of it, and "at most" among exclusions, where no such condition may be meant.

Of which scale the grade is leaves the tree: the usual one of the condition (CTCAE 5.0 for what a therapy causes).
"""

from __future__ import annotations

import re

import msgspec

from accrual.criteria.phrases.amount import amount
from accrual.criteria.phrases.condition import CONDITION
from accrual.criteria.phrases.stream import HAS_GRADE, Family, Read, Stream
from accrual.criteria.spans import spread_over
from accrual.criteria.tree import Any_, Not, Present, Tree
from accrual.criteria.words import word_set

GRADES = (1, 2, 3, 4, 5)
MAX_BEFORE = 8  # lexemes between the first word of the condition and the grade
_JOINING = frozenset(("or", "and", "comma", "slash"))
_WORDS = frozenset(("grade", "grades", "gr"))
# The scale's own name around the number.
_SCALE = word_set(
    "nci ctcae ctc nci-ctc nci-ctcae who common terminology toxicity criteria severity of than to a the classified as "
    "is"
)
_NAMED = re.compile(
    r"(?i)\s*[,(\[]?\s*(?:(?:according|defined|as|by|per|based|on|to|using|in|with|the|of|see|modified)\s+)*"
    r"(?:(?:u\.?s\.?|national cancer institute(?:'s)?|nci)[\s-]*)?[(\[]?(?:nci)?[)\]]?[\s-]*"
    r"(?:common (?:terminology|toxicity) criteria(?: for adverse events?)?|ctcae|ctc(?:ae)?)"
    r"(?:\s*,?\s*(?:version|ver\.?|v\.?)\s*\d(?:\.\d+)?)?"
    r"(?:\s*[(\[](?:nci[\s-]*)?ctc(?:ae)?(?:\s*v?[\d.]+)?[)\]])?(?:\s*,?\s*(?:criteria|scale|toxicity criteria))?"
    r"(?:\s*,?\s*[(\[]?\s*(?:version|ver\.?|v\.?)?\s*\d(?:\.\d+)?\s*[)\]]?)?\s*[)\]]?"
)


def grades_at(stream: Stream, at: int) -> tuple[int, frozenset[int], bool] | None:
    """Where a grade that begins at `at` ends, the grades it takes in, and whether it is only bounded from above.

    None where no grade begins here.
    """
    step, sign = at, ""
    while stream.low_at(step) in _SCALE and step < at + 4:
        step += 1
    if stream.kind_at(step) == "op":
        sign, step = stream.lexemes[step].payload, step + 1
        while stream.low_at(step) in _SCALE and step < at + 6:
            step += 1
    if stream.low_at(step) not in _WORDS:
        return None
    step += 1
    while stream.low_at(step) in _SCALE and stream.low_at(step) != "a":
        step += 1
    read = amount(stream, step, roman=True)
    if read is None or read.suffix or read.unit is not None:
        return None
    low, high = (read.low, read.high) if read.compared else (min(read.listed), max(read.listed))
    if sign and (read.compared or len(read.listed) != 1):
        return None
    wanted = {grade for grade in GRADES if (low is None or grade >= low) and (high is None or grade <= high)}
    if read.compared:
        wanted -= {
            grade
            for grade in GRADES
            if (read.low_open and grade == low) or (read.high_open and grade == high)
        }
    elif sign:
        compared = {">": wanted_from(low, True), ">=": wanted_from(low, False), "=": wanted}
        if sign in ("<", "<="):
            wanted = {grade for grade in GRADES if grade < (low or 0) or (grade == low and sign == "<=")}
            return _named_end(stream, read.end), frozenset(wanted), True
        wanted = compared[sign]
    else:
        wanted = {grade for grade in GRADES if grade in read.listed}
    ends = [end for end in (low, high) if end is not None]
    if not wanted or any(end != int(end) or not 0 <= end <= 5 for end in ends):
        return None
    bounded = low is None or low == 0
    end = read.end + (stream.low_at(read.end) in ("intensity", "severity", "toxicity"))
    return _named_end(stream, end), frozenset(wanted), bounded


def wanted_from(low: float | None, is_open: bool) -> set[int]:
    """The grades from `low` on."""
    return {grade for grade in GRADES if low is None or grade > low or (grade == low and not is_open)}


def _named_end(stream: Stream, at: int) -> int:
    """Where the scale's name behind the grade ends: "(NCI CTCAE v4.03)"."""
    if at >= len(stream):
        return at
    found = _NAMED.match(stream.text, stream.lexemes[at - 1].end, stream.lexemes[-1].end)
    end = at
    while found is not None and end < len(stream) and stream.lexemes[end].end <= found.end():
        end += 1
    kinds = stream.kinds[at:end]
    return end if kinds.count("open") == kinds.count("close") else at


def read_grade(stream: Stream, at: int) -> Read | None:
    """Read one condition with its grade."""
    if not stream.graded:
        return None
    place = _place(stream, at)
    if place is None:
        return None
    begin, end, wanted, bounded = place
    before = stream.lexemes[:begin]
    rest = Stream(stream.text, before + stream.lexemes[end:], stream.kind, stream.source)
    rest.graded = False
    start = at if at < begin else begin
    read = CONDITION.read(rest, start) if start < len(rest) else None
    if read is None or read.node is None or read.end < begin:
        return None
    last = read.end + (end - begin)
    # A grade may be for the whole of a list: in front of it, or behind it.
    behind = read.end == begin
    beside = at
    while beside and stream.kind_at(beside - 1) == "drop":
        beside -= 1
    if behind and beside and stream.kind_at(beside - 1) in _JOINING:
        return None
    if (bounded and stream.kind == "exclusion") or stream.low_at(last) == "to":
        return None  # "severe hypersensitivity (≥ grade 3) to pembrolizumab" is of that drug
    node = _graded(read.node, frozenset(GRADES) - wanted if bounded else wanted)
    if node is None:
        return None
    span = stream.span(at, last)
    node = spread_over(node, span)
    if isinstance(node, Any_):
        whole = tuple(msgspec.structs.replace(child, span=span) for child in node.children)
        node = Any_(children=whole, span=span)
    if bounded:
        node = Not(child=node, span=span)
    return msgspec.structs.replace(read, end=last, node=node)


def _place(stream: Stream, at: int) -> tuple[int, int, frozenset[int], bool] | None:
    """Where the grade stands, with its brackets: before the condition or straight behind it."""
    named = False
    for step in range(at, min(len(stream), at + MAX_BEFORE)):
        kind = stream.kind_at(step)
        opened = kind == "open"
        found = grades_at(stream, step + opened)
        if found is not None:
            end = found[0]
            if opened:
                if stream.kind_at(end) != "close":
                    return None
                end += 1
            return step, end, found[1], found[2]
        if kind in ("and", "or", "comma", "slash", "not", "semi", "dot", "colon", "within", "time"):
            return None
        named = named or stream.lexemes[step].concept is not None
        if kind in ("open", "prep") and not (named and stream.low_at(step) == "of"):
            return None
    return None


def _graded(node: Tree, wanted: frozenset[int]) -> Tree | None:
    """The condition with any of the grades; None where the tree is more than one condition."""
    if isinstance(node, Any_):
        below = [_graded(child, wanted) for child in node.children]
        each = tuple(child for child in below if child is not None)
        return Any_(children=each, span=node.span) if len(each) == len(below) else None
    if not isinstance(node, Present):
        return None
    parts = tuple(
        msgspec.structs.replace(node, qualifiers=tuple(sorted((*node.qualifiers, f"grade-{grade}"))))
        for grade in sorted(wanted)
    )
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Any_(children=parts, span=node.span)


GRADE = Family(
    "grade",
    frozenset(("concept", "qualifier", "word", "op", "drop", "history", "open")),
    read_grade,
    needs=HAS_GRADE,
)
