"""The amount in front of its name: "≥ 9 g/dL hemoglobin", "a score of at least 24 on the MMSE", "≥ 2 prior lines".

Comes in: an amount, then a variable's name. Goes out: `Compare`, as for the usual order (`limits.py`). Refuses (None)
an amount without a comparator, a name that has an amount of its own behind it, and lines of one kind of therapy
(lines of chemotherapy are fewer than lines of therapy).
"""

from __future__ import annotations

import msgspec

from accrual.criteria.phrases.amount import amount
from accrual.criteria.phrases.measure import OF_THEIR_OWN, values_of
from accrual.criteria.phrases.restatement import said_more
from accrual.criteria.phrases.stream import HAS_TOPIC, Family, Read, Stream
from accrual.criteria.words import word_set

_SCORE = word_set("score scores scoring scored total rating points with a having have has of")
_BETWEEN = word_set(
    "of on in by for the a an total score using according to points point per at via as assessed measured"
)
# What was received is counted, not the receiving: "have received at least 2 prior lines of therapy".
_RECEIVED = frozenset(
    ("received", "have received", "has received", "had", "have had", "has had", "who have received", "having received",
     "previously received", "failed", "have failed", "had received", "who received")
)  # fmt: skip
_COUNTED = frozenset(("prior-lines", "tender-joint-count", "swollen-joint-count"))


def read_crossed(stream: Stream, at: int) -> Read | None:
    """Read one amount with the name that follows it."""
    if not stream.topics:
        return None
    step = at
    received = stream.low_at(step) in _RECEIVED
    scored = False
    if received:
        step += 1
    while (
        step < at + 4 and stream.kind_at(step) in ("drop", "word", "link") and stream.low_at(step) in _SCORE
    ):
        scored = scored or stream.low_at(step) not in ("with", "a", "of", "having", "have", "has")
        step += 1
    if stream.kind_at(step) not in ("op", "between", "number") or (step > at and not scored and not received):
        return None
    read = amount(stream, step)
    if read is None or not read.compared or read.suffix:
        return None
    end = read.end
    while end < min(len(stream), read.end + 5) and (
        stream.low_at(end) in _BETWEEN or (stream.kind_at(end) == "history" and received)
    ):
        end += 1
    if stream.kind_at(end) != "variable":
        return None
    variable = stream.lexemes[end].variable
    assert variable is not None
    counted = variable.id in _COUNTED
    after = end + 1
    if stream.kind_at(after) in ("op", "between", "number", "value", "link") and not counted:
        return None
    if variable.kind == "category" or variable.id in (*OF_THEIR_OWN, "life-expectancy"):
        return None
    if counted and "chemo" in stream.low_at(end):
        return None
    if (received and not counted) or (scored and variable.kind != "score"):
        return None
    if variable.kind == "score" and not scored and "point" not in read.unit_words:
        return None
    if variable.kind == "number" and not counted and (read.unit is None or end > read.end + 1):
        return None
    tree = values_of(stream, [(end, after, variable)], "", msgspec.structs.replace(read, end=after))
    if tree is None:
        return None
    to = said_more(stream, variable, msgspec.structs.replace(read, end=after)).end
    return Read(to, "measure", msgspec.structs.replace(tree, span=stream.span(at, to)))


CROSSED = Family(
    "crossed",
    frozenset(("op", "between", "number", "word", "drop", "receive", "history")),
    read_crossed,
    needs=HAS_TOPIC,
)
