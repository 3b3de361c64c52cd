"""A place in the pieces of one clause, and what can be seen from it.

Comes in: a `Stream` and its pieces. Goes out: kinds, words, spans, Opaque nodes of stretches. Refuses (UnclearError) a
bracket that does not close. What the pieces mean is read in `reader.py`.
"""

from __future__ import annotations

from accrual.basic import Span
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import Piece
from accrual.criteria.terms import UnclearError
from accrual.criteria.tree import Opaque


class Cursor:
    """A place in the items of one clause."""

    def __init__(self, stream: Stream, items: list[Piece]) -> None:
        self.stream = stream
        self.items = items
        self.at = 0
        self.end = len(items)
        self.depth = 0
        self.negated = False
        self.goes_behind = True  # a list is read on behind a member that is not understood
        self.went_on = False

    # --- looking -------------------------------------------------------------------------------------------------

    def kind(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.items[at].kind if at < self.end else ""

    def low(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.stream.low_at(self.items[at].at) if at < self.end else ""

    def span(self, first: int, last: int) -> Span:
        """The span of items `first` up to, not including, `last`."""
        return self.stream.span(self.items[first].at, self.items[last - 1].to)

    def opaque(self, first: int, last: int) -> Opaque:
        span = self.span(first, last)
        return Opaque(text=self.stream.words(span), span=span)

    def loosens(self, first: int, last: int) -> bool:
        """Say whether items hold a word that could widen a claim, or shift it to another person."""
        for item in self.items[first:last]:
            if item.kind in (
                "loose",
                "shift",
                "unless",
                "except",
                "include",
                "example",
                "excluded",
                "must",
                "relation",
            ):
                return True
        return False

    def has(self, kinds: frozenset[str], first: int, last: int) -> bool:
        return any(item.kind in kinds for item in self.items[first:last])

    def names_child(self, start: int) -> bool:
        """Say whether the item is a group of children: "pediatric subjects"."""
        first = self.stream.low_at(self.items[start].at)
        return self.items[start].kind == "child" or first.startswith(
            ("pediatric", "paediatric", "adolescent")
        )

    def matching(self) -> int:
        """The index of the bracket that closes the one here."""
        depth = 0
        for at in range(self.at, self.end):
            kind = self.items[at].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                return at
        raise UnclearError
