"""How a person lives, where it decides about taking part: insurance, a telephone, the internet, work for the study,
a planned move, walking, an earlier part in this study.

Comes in: a clause, or the part of a list, in which every word stands in the row of one circumstance. Goes out: `OneOf`
yes of it. Refuses (None) any further word: "access to a smartphone with Android 12" is another demand.
"""

from __future__ import annotations

from accrual.criteria.phrases.circumstance_rows import BY_WORD, Circumstance
from accrual.criteria.phrases.stream import HAS_CIRCUMSTANCE, Family, Read, Stream
from accrual.criteria.tree import OneOf

_ENDS = frozenset(("", "and", "or", "comma", "semi", "close", "dot"))
MAX_WORDS = 30


def _parts(stream: Stream, at: int) -> list[str]:
    return stream.low_at(at).replace("/", " ").split()


def read_circumstance(stream: Stream, at: int) -> Read | None:
    """Read one circumstance."""
    if not stream.circumstantial:
        return None
    named: dict[str, Circumstance] = {}
    for step in range(at, min(len(stream), at + MAX_WORDS)):
        for part in _parts(stream, step):
            for row in BY_WORD.get(part, ()):
                named[row.variable] = row
    for row in named.values():
        read = _read(stream, at, row)
        if read is not None:
            return read
    return None


def _read(stream: Stream, at: int, row: Circumstance) -> Read | None:
    missing = list(row.cores)
    step = at
    done = at
    while step < len(stream) and step - at < MAX_WORDS:
        kind = stream.kind_at(step)
        if kind in ("comma", "semi", "close", "dot", "not"):
            break
        parts = _parts(stream, step)
        if kind not in ("slash", "dash") and not all(part in row.words for part in parts):
            break
        missing = [core for core in missing if core.isdisjoint(parts)]
        step += 1
        if stream.kind_at(step) in _ENDS:
            done = step
    if missing or step != done:
        while done > at and stream.kind_at(done - 1) in ("and", "or"):
            done -= 1
        kept = {part for each in range(at, done) for part in _parts(stream, each)}
        if any(core.isdisjoint(kept) for core in row.cores):
            return None
    while stream.kind_at(done - 1) in ("and", "or"):
        done -= 1
    span = stream.span(at, done)
    return Read(done, "state", OneOf(variable=row.variable, values=("yes",), span=span))


CIRCUMSTANCE = Family(
    "circumstance",
    frozenset(
        (
            "word",
            "shift",
            "drop",
            "link",
            "prep",
            "qualifier",
            "receive",
            "history",
            "concept",
            "variable",
            "loose",
        )
    ),
    read_circumstance,
    needs=HAS_CIRCUMSTANCE,
)
