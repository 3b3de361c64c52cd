"""A clause cut where a new head begins: "has foobar or is pregnant", "foobar, and have an ECOG of 0-1".

Comes in: a `Stream` that could not be read as a whole, and how a clause is read. Goes out: of an exclusion
`Any_(…, Opaque)`, where an alternative is enough alone; of a requirement `All(…, Opaque)`, where each part is asked
for. Each part is read as a clause of its own. Refuses (None) words that may reach over a head: another person, a
lead-in, people of one sex or age, "if", "unless", "allowed"; and two kinds of joining words at one level.

What closes the part before a joint is the head behind it: a verb ("or has", "or who are"), a noun of its own ("or
history of"). Behind a noun the words at the end of the clause may still be meant for both ("history of A or history
of B within 6 months"): then a part before is only kept beside them, in doubt.
"""

from __future__ import annotations

from collections.abc import Callable

from accrual.criteria.lists import ever, speaks_of_time
from accrual.criteria.partly import OTHERS, refutable
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.tree import All, Any_, Compare, Not, OneOf, Opaque, Present, Tree, When, Within, walk
from accrual.criteria.words import word_set

MAX_PARTS = 6  # a clause of more parts is a list that lost its lines

_FINITE = word_set("has have is are who")
_NOUNS = frozenset(
    ("presence of", "the presence of", "evidence of", "diagnosis of", "a diagnosis of", "treatment with",
     "therapy with", "use of", "current use of", "concurrent use of", "concomitant use of", "receipt of",
     "administration of")
)  # fmt: skip
# These reach over a head, or ask of some people only.
_REACHING = frozenset(
    ("colon", "semi", "dot", "unless", "except", "excluded", "child", "adult", "sex", "dash")
)
_MAYS = word_set("may can could might")
_SOME = word_set(
    "cohort cohorts arm arms part parts phase group groups period following each either both neither if when where "
    "only then next visit visits among whether or/and"
)
_LEADING = frozenset(("drop", "link", "subject", "other"))
_RELATIVES = word_set("who that which whose whom with")
_TIMES = frozenset(("time", "within", "before", "after", "ago", "unit"))
_NARROWS = frozenset(("link", "prep", "open", "loose"))


class _Part:
    """One part of a clause: the lexemes `at` up to `to`, how it is closed off, and its tree."""

    def __init__(self, stream: Stream, at: int, to: int, head: str, read: Callable[[Stream], Tree]) -> None:
        self.at, self.to, self.head = at, to, head
        own = Stream(stream.text, stream.lexemes[at:to], stream.kind, stream.source)
        self.tree = read(own)
        nodes = list(walk(self.tree))
        told = any(isinstance(node, (Compare, OneOf, Present)) for node in nodes)
        plain = not any(isinstance(node, (Not, When)) for node in nodes)
        self.dark = not told or not refutable(self.tree) or (stream.kind == "exclusion" and not plain)
        self.whole = not self.dark and not any(isinstance(node, Opaque) for node in nodes)


def read_segments(stream: Stream, read: Callable[[Stream], Tree]) -> Tree | None:
    """Return what is sure of the parts of a clause, None where it has no heads to cut at or nothing is sure."""
    cuts = _joints(stream)
    if not cuts or len(cuts) >= MAX_PARTS or _reaches(stream):
        return None
    starts = [0, *(start for _, start, _ in cuts)]
    ends = [*(end for end, _, _ in cuts), len(stream)]
    heads = ["", *(head for _, _, head in cuts)]
    parts = [_Part(stream, *each, read) for each in zip(starts, ends, heads, strict=True)]
    if stream.kind == "exclusion":
        return _alternatives(stream, parts)
    return _demands(stream, parts)


def _joints(stream: Stream) -> list[tuple[int, int, str]]:
    """Where parts end and begin, each with the sort of head it begins with: "verb" or "noun"."""
    joiner = "or" if stream.kind == "exclusion" else "and"
    found: list[tuple[int, int, str]] = []
    depth = 0
    for at, kind in enumerate(stream.kinds):
        depth += (kind == "open") - (kind == "close")
        low = stream.low_at(at)
        if depth or not at:
            continue
        if joiner == "and" and low == "and have":
            found.append((at, at, "verb"))
        elif kind == joiner and low in ("or", "and"):
            start = at + 1
            if stream.kind_at(start) == "drop" and _head(stream, start) == "":
                start += 1
            head = _head(stream, start)
            if head:
                end = at - 1 if stream.kind_at(at - 1) == "comma" else at
                found.append((end, at + 1, head))
        elif kind == "comma" and stream.kind_at(at + 1) != joiner and _head(stream, at + 1) == "verb":
            found.append((at, at + 1, "comma"))
    if all(head == "comma" for _, _, head in found) and joiner == "or":
        return []  # "patients with asthma, who have …": no "or" says that these are several
    return [(end, start, "verb" if head == "comma" else head) for end, start, head in found]


def _head(stream: Stream, at: int) -> str:
    low = stream.low_at(at)
    kind = stream.kind_at(at)
    if low.split()[:1] and low.split()[0] in _FINITE and kind != "variable":
        return "verb"
    if kind == "subject" and stream.kind_at(at + 1) in ("link", "receive", "history"):
        return "verb"
    return "noun" if low in _NOUNS or (kind == "history" and "history" in low) else ""


def _reaches(stream: Stream) -> bool:
    words = {word for lexeme in stream.lexemes for word in lexeme.low.split()}
    if words & (OTHERS | _SOME):
        return True
    for at, kind in enumerate(stream.kinds):
        if kind in _REACHING or (kind == "loose" and stream.low_at(at) not in _MAYS):
            return True
        if kind == "subject" and any(stream.kinds[each] not in ("drop", "must") for each in range(at)):
            before = stream.kind_at(at - 1)
            if before not in ("or", "and", "comma") or stream.kind == "inclusion":
                return True  # "HIV-positive patients with …"; "volunteers and patients with …": two groups
    return False


def _alternatives(stream: Stream, parts: list[_Part]) -> Tree | None:
    """Of an exclusion any part is enough, where it is closed on both sides."""
    nodes: list[Tree] = []
    sure = False
    for number, part in enumerate(parts):
        if part.dark:
            nodes.append(_opaque(stream, part.at, part.to))
        elif part.whole and _open_before(stream, parts, number) and _open_behind(stream, parts, number):
            nodes.append(part.tree)
            sure = True
        else:
            nodes.append(_doubted(stream, part))
    if not sure and any(part.dark for part in parts):
        return None
    return Any_(children=tuple(nodes), span=stream.span(0, len(stream)))


def _open_before(stream: Stream, parts: list[_Part], number: int) -> bool:
    """Say whether nothing before a part may be asked for with it."""
    for before in parts[:number]:
        lead = before.at
        while lead < before.to and stream.kinds[lead] in _LEADING:
            lead += 1
        inner = range(lead, before.to)
        if any(stream.kinds[at] in ("and", "not", "must", "shift", "relation") for at in inner):
            return False
        if any(not _RELATIVES.isdisjoint(stream.low_at(at).split()) for at in inner):
            return False  # "patients with asthma who smoke or have …": of asthma patients alone
        if stream.kinds[lead] in _TIMES or (parts[number].head == "noun" and not before.whole):
            return False
    return True


def _open_behind(stream: Stream, parts: list[_Part], number: int) -> bool:
    """Say whether nothing behind a part may narrow it."""
    part = parts[number]
    if number + 1 == len(parts):
        return True
    timed = any(isinstance(node, Within) for node in walk(part.tree))
    depth = 0
    for at in range(parts[number + 1].at, len(stream)):
        kind = stream.kinds[at]
        depth += (kind == "open") - (kind == "close")
        if depth:
            continue
        if kind == "must":
            return False
        ahead = stream.kind_at(at + 1)
        if kind == "and" and (_head(stream, at + 1) or stream.kind_at(at - 1) == "comma"):
            return False
        if kind == "comma" and (ahead in _TIMES or ahead in ("prep", "loose")):
            return False
        if kind == "comma" and ahead == "link" and at + 1 not in {each.at for each in parts}:
            return False
    tail = stream.span(parts[number + 1].at, len(stream))
    past = any(isinstance(node, Present) and "prior" in node.qualifiers for node in walk(part.tree))
    if timed or (parts[number + 1].head == "verb" and not (past and speaks_of_time(stream, tail))):
        return True
    rest = range(parts[number + 1].at + 1, len(stream))
    return not any(stream.kinds[at] in _TIMES | _NARROWS | {"and"} for at in rest)


def _demands(stream: Stream, parts: list[_Part]) -> Tree | None:
    """Of a requirement each part is asked for."""
    nodes: list[Tree] = []
    for number, part in enumerate(parts):
        joined = any(
            stream.kinds[at] in ("or", "slash")
            for before in parts[:number]
            for at in range(before.at, before.to)
        )
        later = any(
            kind in ("or", "slash") and (_head(stream, at + 1) or stream.kind_at(at - 1) == "comma")
            for at, kind in enumerate(stream.kinds)
        )
        if part.dark or joined or later:
            nodes.append(_opaque(stream, part.at, part.to))
            continue
        tree = part.tree
        if number + 1 < len(parts) and speaks_of_time(stream, stream.span(parts[number + 1].at, len(stream))):
            if any(isinstance(node, Within) for node in walk(tree)):
                nodes.append(_opaque(stream, part.at, part.to))
                continue
            tree = ever(tree)
        nodes.append(tree)
    if all(isinstance(node, Opaque) for node in nodes):
        return None
    return All(children=tuple(nodes), span=stream.span(0, len(stream)))


def _doubted(stream: Stream, part: _Part) -> Tree:
    """A part that may be narrowed by words elsewhere in the clause."""
    tree = part.tree
    if not any(isinstance(node, Within) for node in walk(tree)) and speaks_of_time(
        stream, stream.span(0, len(stream))
    ):
        tree = ever(tree)
    whole = _opaque(stream, 0, len(stream))
    return All(children=(tree, whole), span=stream.span(part.at, part.to))


def _opaque(stream: Stream, at: int, to: int) -> Opaque:
    span = stream.span(at, to)
    return Opaque(text=stream.words(span), span=span)
