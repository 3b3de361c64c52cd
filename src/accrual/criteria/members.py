"""A member of a list that is not understood, and where the list goes on: "asthma, foobar or stroke within 6 months".

Comes in: the pieces of a clause and the place of the member. Goes out: the item after it, where the member is nothing
but words that name something, and another claim or a window follows; or that it has a head of its own ("or history of
…", "or has …"), so that what follows is said of it alone. Refuses (the end of the clause): a member with a word that
may reach over to what follows.
"""

from __future__ import annotations

from accrual.criteria.phrases.compound import is_adjective, is_narrowing
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import Piece

_JOINERS = frozenset(("or", "and", "comma", "slash"))
_NAMING = frozenset(("word", "concept", "variable", "drop", "other", "qualifier"))
# Heads that begin a claim of their own behind "or".
_HEADS = frozenset(("history", "subject"))
_HEAD_WORDS = frozenset(
    ("has", "have", "having", "who have", "who has", "diagnosis of", "a diagnosis of", "presence of", "evidence of",
     "the presence of", "patients with", "participants with", "individuals with", "any", "other", "any other", "a",
     "an", "another")
)  # fmt: skip
MAX_MEMBER = 6  # items of one member


def member_end(stream: Stream, items: list[Piece], start: int, end: int) -> int:
    """Where the member that begins at item `start` ends, if the list surely goes on behind it; else `end`."""
    at = start
    qualified = False
    while at < end and at - start < MAX_MEMBER and items[at].kind in _NAMING:
        item = items[at]
        low = stream.low_at(item.at)
        if item.kind == "word" and not (is_narrowing(low) or is_adjective(low)):
            return end
        qualified = qualified or item.kind == "qualifier" or (item.kind == "word" and is_adjective(low))
        at += 1
    if at >= end or all(item.kind in ("drop", "other", "qualifier") for item in items[start:at]):
        return end
    if stream.kind == "exclusion" and any(item.kind == "and" for item in items[at:end]):
        return end  # "A, foobar, B and C": two of them together, or each?
    if items[at].kind == "time":
        return at if at + 1 == end or items[at + 1].kind in _JOINERS else end
    after = at
    joined = set()
    while after < end and items[after].kind in _JOINERS | {"drop"}:
        joined.add(items[after].kind)
        after += 1
    if not joined & _JOINERS or "and" in joined or after >= end:
        return end
    if qualified and "comma" not in joined:
        return end  # "unstable foobar or asthma"
    return at if items[after].kind == "claim" and items[after].group == "present" else end


def own_head(stream: Stream, items: list[Piece], start: int) -> bool:
    """Say whether an alternative begins so that what follows it belongs to it alone: other, any, history of, has."""
    item = items[start]
    if item.kind == "other" or stream.low_at(item.at) in ("any", "other"):
        return True
    return stream.kind == "exclusion" and (item.kind in _HEADS or stream.low_at(item.at) in _HEAD_WORDS)
