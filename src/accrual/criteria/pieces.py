"""A clause cut into claims and the lexemes between them.

Comes in: a `Stream`. Goes out: pieces in reading order. Refuses nothing; a clause that begins with what no claim
begins with has none.
"""

from __future__ import annotations

import msgspec

from accrual.criteria.phrases import read_phrase
from accrual.criteria.phrases.stream import Group, Stream
from accrual.criteria.scales import grades
from accrual.criteria.tree import All, Tree, Window


class Piece(msgspec.Struct, frozen=True, gc=False):
    """One claim, or one lexeme that is part of none."""

    kind: str  # "claim", "time", or the kind of a lexeme
    at: int
    to: int  # lexeme indices
    node: Tree | None = None
    group: Group | None = None
    window: Window | None = None
    also: Window | None = None


# What a term may begin with, and what is skipped before it (see `ClauseReader.skip`, `ClauseReader.term`).
_BEGINNING = frozenset(("claim", "time", "not", "open", "child"))
_LEADING = frozenset(("drop", "link", "colon", "dash", "must", "subject", "prep"))


_OF_SCALE = frozenset(("of", "with", "in", "of a", "with a"))  # "heart failure of NYHA class III"


def pieces_of(stream: Stream, whole: bool = False) -> list[Piece]:
    """The claims of a clause and the lexemes between them; none where it begins with what no claim begins with.

    Args:
        whole: read on where no claim begins, too.

    Most clauses that are not understood end here, at their first word.
    """
    found: list[Piece] = []
    at = 0
    leading = not whole
    while at < len(stream):
        read = read_phrase(stream, at)
        if read is not None and read.end > at:
            kind = "time" if read.group == "time" else "claim"
            found.append(Piece(kind, at, read.end, read.node, read.group, read.window, read.also))
            at = read.end
            leading = False
            continue
        kind = stream.kinds[at]
        if leading and kind not in _LEADING:
            if kind not in _BEGINNING:
                return []
            leading = False
        found.append(Piece(kind, at, at + 1))
        at += 1
    return _with_scales(stream, found)


def _with_scales(stream: Stream, pieces: list[Piece]) -> list[Piece]:
    """The pieces, with a value on a disease's scale and the disease beside it as one claim (see `scales.py`)."""
    found: list[Piece] = []
    for piece in pieces:
        back = 0
        if piece.kind == "claim":
            back = next((back for back in (1, 2) if _is_scale(stream, found[-back:], piece)), 0)
        if back:
            before = found[-back]
            assert before.node is not None
            assert piece.node is not None
            both = All(children=(before.node, piece.node), span=stream.span(before.at, piece.to))
            found[-back:] = [Piece("claim", before.at, piece.to, both, "present")]
        else:
            found.append(piece)
    return found


def _is_scale(stream: Stream, before: list[Piece], piece: Piece) -> bool:
    """Say whether a claim goes on with the one before it: at once, or behind "of", "with", or a comma at the end."""
    if not before or not grades(before[0].node, piece.node):
        return False
    if len(before) == 1:
        return True
    between = before[1]
    if between.kind == "comma":  # "heart failure, NYHA class III", and nothing else
        return before[0].at == 0 and piece.to == len(stream)
    return between.kind in ("link", "prep") and stream.low_at(between.at) in _OF_SCALE
