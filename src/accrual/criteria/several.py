"""Several claims in one clause, of which some are understood: "unknown words, or history of asthma".

Comes in: a `Stream` that is not understood as a whole. Goes out: of an exclusion `Any_(Opaque, claim)`, where the last
alternative alone is enough; of a requirement `All(Opaque, claim, …)`, where numbers are asked for beside other things
("… , ECOG 0-1, and unknown words"). Refuses (None) a claim whose words may belong to what is not understood: an
alternative begins with a head of its own ("or history of", "or patients with", "or has"), a demand stands between
commas and "and"; nothing before it may reach over to it (no, suspected, family, if).
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import Piece, pieces_of
from accrual.criteria.reader import ClauseReader
from accrual.criteria.terms import UnclearError
from accrual.criteria.tree import All, Any_, Compare, Not, Opaque, Tree, When, understood, walk
from accrual.criteria.words import word_set

# What before an alternative may be meant for it too.
_REACHING = frozenset(
    ("not", "shift", "relation", "loose", "unless", "except", "excluded", "must", "include", "example", "colon",
     "child", "open", "close", "within", "before", "after", "ago", "semi", "dot", "receive", "adult", "sex")
)  # fmt: skip
# Heads that begin an alternative of its own behind "or".
_HEADS = frozenset(("history", "subject"))
_HEAD_WORDS = frozenset(
    ("has", "have", "having", "who have", "who has", "with", "diagnosis of", "a diagnosis of", "presence of",
     "evidence of", "the presence of", "patients with", "participants with", "individuals with")
)  # fmt: skip
_FEW_PREPS = frozenset(("of", "to"))


def read_several(stream: Stream) -> Tree | None:
    """Return the last alternative of an exclusion beside the words before it, None where it may not stand alone."""
    if stream.kind == "inclusion":
        return _demands(stream)
    cut = _last_head(stream)
    if cut is None:
        return None
    at, start = cut
    last = Stream(stream.text, stream.lexemes[start:], stream.kind, stream.source)
    claim = _alone(last)
    if claim is None:
        return None
    span = stream.span(0, at)
    dark = Opaque(text=stream.words(span), span=span)
    return Any_(children=(dark, claim), span=stream.span(0, len(stream)))


# A requirement with one of these may ask a number of some people, or at some time, only.
_SOME = frozenset(
    ("or", "slash", "not", "loose", "unless", "except", "excluded", "must", "include", "example", "colon", "child",
     "open", "close", "shift", "relation", "after", "before", "semi", "dot")
)  # fmt: skip
_SOME_WORDS = word_set(
    "visit visits week weeks day days cohort cohorts arm arms part parts phase group groups period during who's "
    "following then history historical nadir peak highest lowest time"
)
_ENDS = frozenset(("and", "comma"))
_BEGINS = frozenset(("and", "comma", "link", "subject"))


def _demands(stream: Stream) -> Tree | None:
    """The numbers and scores that a requirement asks for beside what is not understood."""
    if not stream.topics or not _SOME.isdisjoint(stream.kinds) or stream.kinds[0] in ("prep", "and", "comma"):
        return None
    if any(word in _SOME_WORDS for lexeme in stream.lexemes for word in lexeme.low.split()):
        return None
    items = pieces_of(stream, whole=True)
    parts: list[Tree] = []
    dark = 0
    for at, item in enumerate(items):
        told = item.kind == "claim" and item.group == "measure" and isinstance(item.node, Compare)
        step = at - 1
        while step >= 0 and items[step].kind == "drop":
            step -= 1
        before = items[step].kind if step >= 0 else "and"
        after = items[at + 1].kind if at + 1 < len(items) else "and"
        if not (told and before in _BEGINS and after in _ENDS):
            continue
        if item.at > dark:
            parts.append(_opaque(stream, dark, item.at))
        assert item.node is not None
        parts.append(item.node)
        dark = item.to
    if not dark:
        return None
    if dark < len(stream):
        parts.append(_opaque(stream, dark, len(stream)))
    return All(children=tuple(parts), span=stream.span(0, len(stream)))


def _opaque(stream: Stream, at: int, to: int) -> Opaque:
    span = stream.span(at, to)
    return Opaque(text=stream.words(span), span=span)


def _last_head(stream: Stream) -> tuple[int, int] | None:
    """Where the last "or" with a head of its own stands, and where the head begins."""
    found: tuple[int, int] | None = None
    for at, kind in enumerate(stream.kinds):
        low = stream.low_at(at)
        if kind in _REACHING or (kind == "prep" and low not in _FEW_PREPS):
            return found
        if kind == "subject" and at > 1 and stream.kind_at(at - 1) not in ("or", "drop"):
            return found
        if kind == "or" and at and low == "or":
            head = at + 1
            if stream.kind_at(head) in _HEADS or stream.low_at(head) in _HEAD_WORDS:
                found = at, head
    return found


def _alone(stream: Stream) -> Tree | None:
    """The claim of an alternative, if every word of it is understood."""
    items: list[Piece] = pieces_of(stream)
    if not any(item.kind == "claim" for item in items):
        return None
    try:
        tree = ClauseReader(stream, items).whole()
    except UnclearError:
        return None
    if understood(tree) != "whole" or any(isinstance(node, (Not, When)) for node in walk(tree)):
        return None
    return tree
