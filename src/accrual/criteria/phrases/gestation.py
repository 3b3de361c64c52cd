"""How far a pregnancy is, told by its weeks alone: "18-23 weeks of gestation", "pregnant between 14 and 28 weeks".

Comes in: an amount of weeks with a word for pregnancy behind it, at the beginning of a clause or behind the people or
the pregnancy. Goes out: `Compare(gestational-age, …)`. Refuses (None) weeks behind anything else, which may be those of
an earlier pregnancy or of a birth ("history of birth before 32 weeks of gestation").
"""

from __future__ import annotations

import msgspec

from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Compare

MAX_WEEKS = 46  # as in variables.tsv
_WORDS = frozenset(("gestation", "gestational age", "pregnancy", "amenorrhea", "amenorrhoea", "pregnant"))
_BEFORE = frozenset(("drop", "subject", "sex", "link", "adult", "must", "colon", "prep"))
_OWN = frozenset(("pregnant", "gestational-age", "sex", "age"))


def read_gestation(stream: Stream, at: int) -> Read | None:
    """Read one stretch of weeks."""
    if not all(_may_stand_before(stream, step) for step in range(at)):
        return None
    read = _stretch(stream, at)
    if read is None or read.unit != "wk" or not read.compared or read.suffix:
        return None
    if max(read.low or 0, read.high or 0) > MAX_WEEKS:
        return None
    end = read.end
    while stream.low_at(end) in ("of", "complete", "completed"):
        end += 1
    if stream.low_at(end) == "gestational" and stream.low_at(end + 1) == "age":
        end += 2
    elif stream.low_at(end) in _WORDS:
        end += 1
    else:
        return None
    node = Compare(variable="gestational-age", interval=read.interval("wk"), span=stream.span(at, end))
    return Read(end, "age", node)


def _may_stand_before(stream: Stream, at: int) -> bool:
    variable = stream.lexemes[at].variable
    return stream.kinds[at] in _BEFORE or (variable is not None and variable.id in _OWN)


def _stretch(stream: Stream, at: int) -> Amount | None:
    read = amount(stream, at)
    if read is not None or stream.kind_at(at) not in ("between", "number"):
        return read
    first = at + (stream.kind_at(at) == "between")  # "between 14 weeks up to 28 weeks"
    joint = first + 1 + (stream.kind_at(first + 1) == "unit")
    low, high = stream.lexemes[first].value, amount(stream, joint)
    if (
        low is None
        or stream.low_at(joint) != "up to"
        or high is None
        or high.high is None
        or low >= high.high
    ):
        return None
    return msgspec.structs.replace(high, low=low)


GESTATION = Family("gestation", frozenset(("op", "number", "between")), read_gestation)
