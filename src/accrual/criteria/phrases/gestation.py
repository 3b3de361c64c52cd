"""How far a pregnancy is, told by its weeks: "pregnant between 14 and 28 weeks of gestation".

Comes in: an amount of weeks, "pregnant" before it and a word for pregnancy behind it. Goes out:
`Compare(gestational-age, …)`. Refuses (None) weeks alone and weeks behind anything else, which may be those of an
earlier pregnancy, of a birth or of a newborn ("history of birth before 32 weeks of gestation"); weeks with a decimal.
"""

from __future__ import annotations

import msgspec

from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Compare

MAX_WEEKS = 46  # as in variables.tsv
_WORDS = frozenset(("gestation", "gestational age", "pregnancy", "amenorrhea", "amenorrhoea"))
_BEFORE = frozenset(("drop", "subject", "sex", "link", "adult", "must", "colon", "prep"))
_OWN = frozenset(("pregnant", "gestational-age", "sex", "age"))


def read_gestation(stream: Stream, at: int) -> Read | None:
    """Read one stretch of weeks."""
    if not all(_may_stand_before(stream, step) for step in range(at)):
        return None
    read = _stretch(stream, at)
    if read is None or read.unit != "wk" or not read.compared or read.suffix:
        return None
    ends = [end for end in (read.low, read.high) if end is not None]
    if max(ends, default=0) > MAX_WEEKS or any(end != int(end) for end in ends):
        return None  # "32.6 weeks" are 32 weeks and 6 days to some
    end = read.end
    if not any(_is_pregnant(stream, step) for step in range(at)):
        return None
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


def _is_pregnant(stream: Stream, at: int) -> bool:
    variable = stream.lexemes[at].variable
    return variable is not None and variable.id == "pregnant"


def _may_stand_before(stream: Stream, at: int) -> bool:
    variable = stream.lexemes[at].variable
    return stream.kinds[at] in _BEFORE or (variable is not None and variable.id in _OWN)


def _stretch(stream: Stream, at: int) -> Amount | None:
    read = amount(stream, at)
    if read is not None or stream.kind_at(at) not in ("between", "number"):
        return read
    first = at + (stream.kind_at(at) == "between")  # "between 14 weeks up to 28 weeks"
    if stream.kind_at(first) != "number":
        return None
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
