"""Sex: "Male or female", "women", "both sexes".

Comes in: words for sexes joined by and, or, commas or slashes. Goes out: `OneOf(sex, …)`. "Men and women" names
both, as "men or women" does. Refuses nothing.
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import OneOf

_ORDER = ("female", "male")


def read_sex(stream: Stream, at: int) -> Read | None:
    """Read one claim about sex."""
    start, end = at, at + 1
    found = set(stream.lexemes[at].payload.split(","))
    while True:
        joint = end
        while stream.kind_at(joint) in ("or", "and", "slash", "comma", "drop"):
            joint += 1
        if joint == end or stream.kind_at(joint) != "sex":
            break
        found |= set(stream.lexemes[joint].payload.split(","))
        end = joint + 1
    values = tuple(sex for sex in _ORDER if sex in found)
    return Read(end, "sex", OneOf(variable="sex", values=values, span=stream.span(start, end)))


SEX = Family("sex", frozenset(("sex",)), read_sex)
