"""Yes-or-no states that a bare word asserts: "pregnant", "breastfeeding", "of childbearing potential".

Comes in: the name of a yes-or-no variable. Goes out: `OneOf(variable, yes)`. Refuses the variables where the bare name
asserts nothing ("contraception", "language").
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import OneOf

ASSERTED = frozenset(
    ("pregnant", "breastfeeding", "childbearing-potential", "incarcerated", "postmenopausal",
     "surgically-sterile", "legal-guardianship", "fertile")
)  # fmt: skip
FEMALE_STATES = frozenset(
    ("pregnant", "breastfeeding", "childbearing-potential", "postmenopausal", "plans-pregnancy")
)

_TO_COME = frozenset(
    ("planned", "planning", "plans", "plan", "intended", "desired", "desire", "wish", "intention", "expected")
)


def read_state(stream: Stream, at: int) -> Read | None:
    """Read one state."""
    start = at
    while stream.kind_at(at) == "drop" or (at > start and stream.low_at(at) == "of"):
        at += 1
    if stream.kind_at(at) == "prep" and stream.low_at(at) == "of":
        at += 1
    variable = stream.lexemes[at].variable if at < len(stream) else None
    if variable is None or variable.id not in ASSERTED or "yes" not in variable.values:
        return None
    end = at + 1
    if variable.id == "pregnant" and stream.low_at(end) in _TO_COME:
        return None  # "pregnancy planned during the next year"
    if stream.kind_at(end) in ("value", "op", "number", "colon"):
        return None
    return Read(end, "state", OneOf(variable=variable.id, values=("yes",), span=stream.span(start, end)))


STATE = Family("state", frozenset(("variable", "drop", "prep")), read_state, topics=ASSERTED)
