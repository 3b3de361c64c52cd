"""Healthy volunteers: "healthy volunteers", "healthy male or female subjects".

Comes in: the variable's name in the text. Goes out: `OneOf(healthy-volunteer, yes)`. Refuses nothing else: the
record's own field `healthyVolunteers` is read by `compile.py`.
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import OneOf


def read_healthy_volunteer(stream: Stream, at: int) -> Read | None:
    """Read one claim that the person is a healthy volunteer."""
    variable = stream.lexemes[at].variable
    # "In good general health" is asked of patients too; only the people of that name are meant.
    people = stream.low_at(at).startswith(("healthy", "normal")) or "volunteer" in stream.low_at(at)
    if variable is not None and variable.id == "healthy-volunteer" and people:
        return Read(
            at + 1, "state", OneOf(variable=variable.id, values=("yes",), span=stream.span(at, at + 1))
        )
    if stream.low_at(at) == "healthy" and stream.kind_at(at + 1) == "subject":
        return Read(
            at + 2,
            "state",
            OneOf(variable="healthy-volunteer", values=("yes",), span=stream.span(at, at + 2)),
        )
    if (
        stream.low_at(at) == "healthy"
        and stream.kind_at(at + 1) in ("sex", "adult")
        and stream.kind == "inclusion"
    ):
        # "Healthy men and women": who they are is read on its own.
        return Read(
            at + 1,
            "state",
            OneOf(variable="healthy-volunteer", values=("yes",), span=stream.span(at, at + 1)),
        )
    return None


HEALTHY_VOLUNTEER = Family("healthy volunteer", frozenset(("variable", "word")), read_healthy_volunteer)
