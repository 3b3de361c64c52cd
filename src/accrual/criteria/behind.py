"""A list of exclusions whose first members are not understood: "history of foobar, asthma or stroke".

Comes in: a `Stream` that could not be read as a whole, and how a clause is read. Goes out: `Any_(Opaque, …)`, the
members behind the unknown ones, each read under the head that stands before the list ("history of asthma or stroke").
A qualifier before the list narrows them, whether it is meant for all or not, so that they are surely enough. Refuses
(None) a first member with a word that may reach over to the others: a verb, an adjective, a preposition, a denial;
"and"; a list without "or"; every requirement.
"""

from __future__ import annotations

from collections.abc import Callable

from accrual.criteria.partly import OTHERS
from accrual.criteria.phrases.compound import is_adjective
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.tree import Any_, Not, Opaque, Present, Tree, When, walk
from accrual.criteria.words import word_set

MAX_MEMBER = 5  # lexemes of a member that is not understood
MAX_JOINERS = 12  # a longer list is read again for each member: too slow, and seldom one list

_HEADS = frozenset(("drop", "subject", "link", "history", "qualifier", "receive", "before", "other"))
_NAMING = frozenset(("word", "drop", "concept", "variable"))
_OWN = frozenset(("qualifier", "history", "receive", "other", "drop"))  # "…, or any", "…, or severe"
_JOINERS = frozenset(("or", "comma", "slash"))
# Behind the list these may take somebody out of it, or speak of another person.
_BARRED = frozenset(
    ("and", "not", "unless", "except", "excluded", "must", "colon", "child", "adult", "sex", "shift", "loose", "semi",
     "dot", "link", "dash", "example", "include")
)  # fmt: skip
# Nouns and verbs that take what follows as theirs, or turn it round.
_TAKING = word_set(
    "lack lacking normal insufficient poor low less fewer awaiting want wants consent trial study baseline screening "
    "change changes changed cause causes type degree grade stage class level anti non if drug drugs donor first second "
    "negative positive need following either both any due abuse misuse addiction dependence dependency use intake "
    "intolerance intolerances allergy allergies reaction reactions treatment treatments therapy exposure failure "
    "resistance investigational experimental of in to for on by with from"
)


def read_behind(stream: Stream, read: Callable[[Stream], Tree]) -> Tree | None:
    """Return the members that are understood behind those that are not, None where they are not surely enough."""
    if stream.kind != "exclusion" or "or" not in stream.kinds:
        return None
    lead = 0
    while lead < len(stream) and stream.kinds[lead] in _HEADS:
        lead += 1
    end = _member(stream, lead) if _BARRED.isdisjoint(stream.kinds[lead:]) else None
    if end is None or sum(kind in _JOINERS for kind in stream.kinds) > MAX_JOINERS:
        return None
    start = end
    while stream.kind_at(start) in _JOINERS:
        start += 1
    if start == len(stream) or _may_share(stream, lead, end, start):
        return None
    lexemes = [*stream.lexemes[:lead], *stream.lexemes[start:]]
    return _beside(stream, end, read(Stream(stream.text, lexemes, stream.kind, stream.source)))


def _may_share(stream: Stream, at: int, end: int, start: int) -> bool:
    """ "Wound dehiscence or infection": a word of the unknown member may be meant for a bare name behind it."""
    names = [each for each in range(at, end) if stream.kinds[each] != "drop"]
    after = stream.lexemes[start]
    if after.kind in _OWN or (after.concept is not None and after.concept.kind == "drug"):
        return False
    many = sum(len(stream.low_at(each).split()) for each in names) > 1
    if many and is_adjective(stream.low_at(names[-1]).split()[-1]):
        return True  # "investigational pharmacologic or biologic agent"
    return len(names) > 1 or (many and " " not in after.low)


def _member(stream: Stream, at: int) -> int | None:
    """Where the member that begins at `at` ends, if it is nothing but words that name something."""
    end = at
    while stream.kind_at(end) in _NAMING and end - at < MAX_MEMBER:
        words = stream.low_at(end).split()
        if OTHERS.intersection(words) or _TAKING.intersection(words):
            return None
        end += 1
    if end == at or stream.kind_at(end) not in _JOINERS:
        return None
    first = next((each for each in range(at, end) if stream.kinds[each] != "drop"), end)
    if first == end:
        return None
    low = stream.low_at(first).split()[0]
    if is_adjective(low) or (stream.kinds[first] == "word" and low.endswith(("ing", "ed", "ly", "es"))):
        return None
    return end


def _beside(stream: Stream, end: int, tree: Tree) -> Tree | None:
    """The members that are understood beside the first, if one of them is enough."""
    ways = tree.children if isinstance(tree, Any_) else (tree,)
    if not any(_enough(way) for way in ways) or any(isinstance(node, (Not, When)) for node in walk(tree)):
        return None
    span = stream.span(0, end)
    first = ways[0]
    if isinstance(first, Opaque) and first.span.start == span.start:
        return Any_(children=ways, span=stream.span(0, len(stream)))  # it covers the member before it, too
    dark = Opaque(text=stream.words(span), span=span)
    return Any_(children=(dark, *ways), span=stream.span(0, len(stream)))


def _enough(way: Tree) -> bool:
    nodes = list(walk(way))
    return any(isinstance(node, Present) for node in nodes) and not any(
        isinstance(node, Opaque) for node in nodes
    )
