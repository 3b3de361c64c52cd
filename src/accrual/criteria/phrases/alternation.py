"""Words before a name that "or" joins: "severe or unstable angina", "oral, intravenous or topical steroids".

Comes in: heads that claim nothing or set the time ("history of", "use of"), two or more groups of words that narrow,
and a name. Goes out: `Any` of the name with each group; a group of which the patient need not have the thing
("inactive", "resolved") is an alternative that is not understood. Refuses (None): words that may be things of their own
("syphilis or hepatic failure"), "and", an adjective that makes another thing of the name ("ocular hypertension").
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.qualifiers import qualifier_named
from accrual.codes.wording import code_of
from accrual.criteria.phrases.compound import is_adjective, keeps_sense, may_be_over
from accrual.criteria.phrases.condition import (
    CONDITION,
    HARMLESS_QUALIFIERS,
    SHIFTING_QUALIFIERS,
    is_past,
)
from accrual.criteria.phrases.shared import lends_noun, shared_head
from accrual.criteria.phrases.stream import HAS_CONCEPT, Family, Read, Stream
from accrual.criteria.tree import All, Any_, Opaque, Present, Tree
from accrual.criteria.words import ADJECTIVES, MEASURE_WORDS, THERAPY_NOUNS

MAX_RUN = 14  # lexemes before the name
_JOINERS = frozenset(("or", "slash", "comma"))
_PAST = frozenset(("history", "prior", "past"))
# Said of a treatment that is to come, no doubt of a condition.
_TO_COME = frozenset(("planned",))
# Words for now; after "history of" they are words for then.
_NOW = frozenset(("active",))
# What narrows a name without being a qualifier of its own sense; see `condition.py`.
_IN_DOUBT = frozenset(("secondary", "major"))


class _Group(msgspec.Struct):
    start: int
    to: int
    qualifiers: list[str] = msgspec.field(default_factory=list)
    words: list[Span] = msgspec.field(default_factory=list)
    past: bool = False
    current: bool = False
    dark: bool = False  # the patient need not have the thing
    first: Span | None = None  # a word of the first group that may be meant here too


class _Head(msgspec.Struct):
    past: bool = False
    receive: str = ""
    other: Span | None = None


def read_alternation(stream: Stream, at: int) -> Read | None:
    """Read several ways to narrow one name."""
    if at > stream.last_concept or not _joined(stream, at):
        return None
    start = at
    at, head = _head(stream, at)
    found = _groups(stream, at, head)
    if found is None:
        return None
    at, groups = found
    if any(len(group.qualifiers) > 1 for group in groups[1:-1]):
        return (
            None  # "severe or uncontrolled acute or chronic X": two choices, the first for both of the second
        )
    concept = stream.lexemes[at].concept
    if concept is None or lends_noun(stream, at, concept) or (concept.kind == "condition" and head.receive):
        return None
    if stream.kind_at(at) == "variable" and stream.kind_at(at + 1) in ("op", "between", "value", "number"):
        return None
    more = shared_head(stream, at, concept)
    if any(word != "or" for _, _, word in more):
        return None
    base = concept
    if groups[-1].to == groups[-1].start:
        split = _base(concept, stream.low_at(at))
        if split is None or more:
            return None
        base = split
    end = more[-1][0] if more else at + 1
    while concept.kind != "condition" and stream.low_at(end) in THERAPY_NOUNS:
        end += 1
    span = stream.span(start, end)
    low = stream.low_at(at)
    nodes: list[Tree] = []
    for group in groups:
        own = concept if group is groups[-1] else base
        nodes.extend(_node(stream, each, low, group, head, span) for each in (own, *(row[1] for row in more)))
    if all(isinstance(node, Opaque) for node in nodes):
        return None
    node: Tree = Any_(children=tuple(dict.fromkeys(nodes)), span=span)
    if head.other is not None and concept.kind == "condition":
        node = All(children=(node, Opaque(text=stream.words(head.other), span=head.other)), span=span)
    return Read(end, "present", node)


def _joined(stream: Stream, at: int) -> bool:
    """Say whether "or" comes before the next name; most clauses end here."""
    for step in range(at, min(at + MAX_RUN, len(stream))):
        if stream.lexemes[step].concept is not None:
            return False
        if stream.kinds[step] in ("or", "slash"):
            return step > at
    return False


def _head(stream: Stream, at: int) -> tuple[int, _Head]:
    head = _Head()
    while at < len(stream):
        kind, low = stream.kinds[at], stream.low_at(at)
        if stream.kind_at(at + 1) in _JOINERS or (kind == "drop" and low in MEASURE_WORDS):
            break
        if kind == "history":
            head.past = True
        elif kind == "receive":
            head.receive = low
        elif kind == "other":
            head.other = stream.span(at, at + 1)
        elif kind != "drop":
            break
        at += 1
    return at, head


def _groups(stream: Stream, at: int, head: _Head) -> tuple[int, list[_Group]] | None:
    """The groups, and where the name stands; None where a word is no word that narrows."""
    groups = [_Group(at, at)]
    either = False
    first = at
    while at < len(stream) and at - first < MAX_RUN:
        lexeme = stream.lexemes[at]
        kind, group = lexeme.kind, groups[-1]
        if lexeme.concept is not None and kind in ("concept", "variable"):
            return (at, _shared(stream, groups)) if either and len(groups) > 1 else None
        if kind in _JOINERS:
            if group.to == group.start:
                return None
            while stream.kind_at(at) in _JOINERS:
                either = either or stream.kind_at(at) != "comma"
                at += 1
            groups.append(_Group(at, at))
            continue
        if kind == "history" or (kind == "qualifier" and lexeme.payload in _PAST):
            group.past = True
        elif kind == "qualifier":
            _qualify(stream, at, group, head)
        elif kind == "word" and (is_adjective(lexeme.low) or lexeme.low.endswith(("ly", "ed"))):
            group.past = group.past or lexeme.low == "recent" or may_be_over(lexeme.low)
            group.words.append(stream.span(at, at + 1))
        elif kind == "receive" and either and not any(each.words for each in groups):
            head.receive = lexeme.low  # "ongoing or planned use of"
        elif kind != "drop" or lexeme.low in MEASURE_WORDS:
            return None
        at += 1
        group.to = at
    return None


def _qualify(stream: Stream, at: int, group: _Group, head: _Head) -> None:
    lexeme = stream.lexemes[at]
    name = lexeme.payload
    if name == "suspected" or name in _TO_COME:
        group.qualifiers.append(name)
    elif name in SHIFTING_QUALIFIERS:
        group.dark = True
    elif name == "current":
        group.current = True
    elif lexeme.low in _IN_DOUBT or (name in _NOW and (head.past or group.past)):
        group.words.append(stream.span(at, at + 1))
    elif name not in HARMLESS_QUALIFIERS:
        group.qualifiers.append(name)


def _shared(stream: Stream, groups: list[_Group]) -> list[_Group]:
    """ "Significant acute or chronic infection": the first word may be meant for both.

    "Relapsed or refractory, low-grade or follicular lymphoma": what holds an "or" of its own is meant for all.
    """
    first = groups[0]
    told = stream.words(stream.span(first.start, first.to)).lower()
    if " or " in told or "/" in told:
        for group in groups[1:]:
            group.qualifiers = [*first.qualifiers, *group.qualifiers]
            group.words = [*first.words, *group.words]
            group.past = group.past or first.past
        return groups[1:]
    if len(first.qualifiers) + len(first.words) > 1:
        for group in groups[1:]:
            group.first = stream.span(first.start, first.start + 1)
    return groups


def _base(concept: Concept, low: str) -> Concept | None:
    """ "Unstable angina" without its first words: angina."""
    words = low.split()
    for cut in range(1, min(len(words), 4)):
        lead = " ".join(words[:cut])
        if qualifier_named(lead) is None and not is_adjective(lead):
            continue
        found = vocabulary().lookup(" ".join(words[cut:]))
        if found is not None and found.id != concept.id and found.kind == concept.kind:
            return found
    return None


def _node(stream: Stream, concept: Concept, low: str, group: _Group, head: _Head, span: Span) -> Tree:
    condition = concept.kind == "condition"
    where = span if group.to == group.start else stream.span(group.start, group.to)
    names = dict.fromkeys(name for name in group.qualifiers if condition or name not in _NOW)
    if (
        group.dark
        or (condition and not _TO_COME.isdisjoint(names))
        or not _narrow(stream, concept, low, group)
    ):
        return Opaque(text=stream.words(where), span=where)
    past = head.past or group.past or (not condition and is_past(head.receive))
    if past and not _TO_COME.isdisjoint(names):
        past = False
    lead = ("history",) if past and condition else ("prior",) if past else ()
    if not lead and group.current and concept.kind == "procedure":
        lead = ("current",)
    node: Tree = Present(concept=code_of(concept), qualifiers=(*lead, *names), span=span)
    told = tuple(Opaque(text=stream.words(each), span=each) for each in group.words)
    if told:
        node = All(children=(node, *told), span=span)
    if group.first is not None:
        node = All(children=(node, Opaque(text=stream.words(group.first), span=group.first)), span=span)
    return node


def _narrow(stream: Stream, concept: Concept, low: str, group: _Group) -> bool:
    """Say whether the words of a group leave the name its sense."""
    if concept.kind != "condition" or not group.words or keeps_sense(concept, low):
        return True
    return all(each.of(stream.text).lower() in ADJECTIVES for each in group.words)


ALTERNATION = Family("alternation", CONDITION.starts | {"receive"}, read_alternation, needs=HAS_CONCEPT)
