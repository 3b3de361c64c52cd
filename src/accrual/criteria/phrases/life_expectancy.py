"""Life expectancy with the amount first: "at least 3 months life expectancy", "> 12 weeks of expected survival".

Comes in: an amount of time followed by the variable's name. Goes out: `Compare(life-expectancy, …)`. The usual
order, name first, is a measurement like any other (`measure.py`). Refuses anything else.
"""

from __future__ import annotations

from accrual.criteria.phrases.amount import amount
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Compare


def read_life_expectancy(stream: Stream, at: int) -> Read | None:
    """Read one claim about life expectancy."""
    read = amount(stream, at)
    if read is None or not read.compared or read.unit not in ("d", "wk", "mo", "a"):
        return None
    end = read.end
    while stream.kind_at(end) == "drop" or stream.low_at(end) == "of":
        end += 1
    variable = stream.lexemes[end].variable if end < len(stream) else None
    if variable is None or variable.id != "life-expectancy":
        return None
    node = Compare(variable=variable.id, interval=read.interval(read.unit), span=stream.span(at, end + 1))
    return Read(end + 1, "measure", node)


LIFE_EXPECTANCY = Family(
    "life expectancy", frozenset(("op", "number")), read_life_expectancy, frozenset(("life-expectancy",))
)
