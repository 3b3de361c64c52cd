"""Words that several names share: "hepatitis B or C", "severe renal or hepatic impairment".

Comes in: the place of a name, or of the first word of a list whose last member is a name. Goes out: the names that the
vocabulary has for each member, and where the list ends. Refuses (None): a member that may be a thing of its own.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import Concept, vocabulary
from accrual.criteria.phrases.compound import is_adjective, is_narrowing, keeps_sense
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.words import word_set


def shared_head(stream: Stream, at: int, concept: Concept) -> list[tuple[int, Concept, str]]:
    """ "hepatitis B or C": what follows names another concept when it takes the place of the last word."""
    found: list[tuple[int, Concept, str]] = []
    lexeme = stream.lexemes[at]
    stem, _, last = lexeme.low.rpartition(" ")
    if not stem:
        return found
    end = at + 1
    while len(found) < 6:
        joint = end
        while stream.kind_at(joint) in ("or", "and", "slash", "comma", "drop"):
            joint += 1
        if joint == end or stream.kind_at(joint) not in ("word", "number", "concept", "variable", "mark"):
            break
        tail = stream.low_at(joint)
        other = _longest_named(stem.split(), tail)
        if other is None or other.id == concept.id or len(tail) > max(3, len(last) + 6):
            break
        words = {stream.kind_at(step) for step in range(end, joint)}
        found.append(
            (
                joint + 1,
                other,
                "or" if "or" in words or "slash" in words else "and" if "and" in words else ",",
            )
        )
        end = joint + 1
    return found


def _longest_named(words: list[str], tail: str) -> Concept | None:
    for first in range(min(len(words), 4)):
        found = vocabulary().lookup(" ".join((*words[first:], tail)))
        if found is not None:
            return found
    return None


class Members(msgspec.Struct, frozen=True):
    """The members of a list with one head: "renal, hepatic or visceral disease"."""

    end: int
    known: tuple[Concept, ...]
    unknown: tuple[Span, ...]
    """Adjectives with which the vocabulary has no name: alternatives that are not understood."""
    narrowing: Span | None
    """Adjectives of the whole head: "seasonal or perennial nasal congestion"."""
    both: bool
    """Whether "and" joins them."""


_LIST_WORDS = frozenset(("or", "slash", "comma", "and"))
MAX_MEMBERS = 24  # lexemes of such a list


def shared_tail(stream: Stream, at: int) -> Members | None:
    """ "renal or hepatic failure", "type 1 or type 2 diabetes": the words before share the concept's last word."""
    first = at
    starts: list[tuple[int, int]] = []
    begun = at
    joints: set[str] = set()
    while at < len(stream) and at - first < MAX_MEMBERS:
        kind = stream.kind_at(at)
        if kind in _LIST_WORDS:
            if begun == at:
                return None
            starts.append((begun, at))
            while stream.kind_at(at) in _LIST_WORDS:
                joints.add(stream.kind_at(at))
                at += 1
            begun = at
            continue
        if kind == "concept":
            break
        if kind not in ("word", "number") or at - begun >= 2:
            return None
        at += 1
    concept = stream.lexemes[at].concept if at < len(stream) else None
    both = "and" in joints
    if concept is None or not starts or not joints - {"comma"} or (both and joints & {"or", "slash"}):
        return None
    last = tuple(stream.low_at(step) for step in range(begun, at))
    if stream.low_at(first) in ("type", "types") and len(last) == 1 and last[0] != "type":
        figures = [stream.low_at(to - 1) for _, to in starts]
        return _types(at + 1, (*figures, *last), stream.low_at(at), both)
    return _members(stream, starts, last, concept, at, both)


def types_behind(stream: Stream, at: int) -> Members | None:
    """ "Diabetes mellitus (type 1 or type 2)", "diabetes types 1 or 2": the kinds of the name before."""
    opened = stream.kind_at(at + 1) == "open"
    step = at + 1 + opened
    figures: list[str] = []
    joints: set[str] = set()
    while stream.low_at(step) in ("type", "types") or (
        figures and stream.kind_at(step) in ("number", "word")
    ):
        step += stream.low_at(step) in ("type", "types")
        figures.append(stream.low_at(step))
        step += 1
        if stream.kind_at(step) not in ("or", "slash", "and"):
            break
        joints.add(stream.kind_at(step))
        step += 1
    if len(figures) < 2 or stream.kind_at(step - 1) not in ("number", "word"):
        return None
    if opened and stream.kind_at(step) != "close":
        return None
    return _types(step + opened, tuple(figures), stream.low_at(at), "and" in joints)


def _types(end: int, figures: tuple[str, ...], low: str, both: bool) -> Members | None:
    """The numbered kinds of one name: "type 1 or 2 diabetes mellitus (DM)"."""
    name = low.partition(" (")[0]
    types = [vocabulary().lookup(f"type {figure} {name}") for figure in figures]
    known = tuple(each for each in types if each is not None)
    return Members(end, known, (), None, both) if len(known) == len(types) else None


def _members(
    stream: Stream,
    starts: list[tuple[int, int]],
    last: tuple[str, ...],
    concept: Concept,
    at: int,
    both: bool,
) -> Members | None:
    words = stream.low_at(at).split()
    best: list[Concept | None] = []
    narrowing: Span | None = None
    begun, to = starts[0]
    if to - begun == 2 and stream.kind_at(begun) == "word" and is_adjective(stream.low_at(to - 1)):
        tails = (" ".join(words[cut:]) for cut in range(1, len(words)))
        if not any(vocabulary().lookup(f"{_words(stream, begun, to)} {tail}") for tail in tails):
            if not is_narrowing(stream.low_at(begun)):
                return None
            narrowing = stream.span(begun, begun + 1)  # "intercurrent viral or fungal infection": for both
            starts = [(begun + 1, to), *starts[1:]]
    for cut in range(0 if last else 1, len(words)):  # "failure"; "diabetes mellitus"
        tail = " ".join(words[cut:])
        found = [vocabulary().lookup(f"{_words(stream, *start)} {tail}") for start in starts]
        if sum(each is not None for each in found) > sum(each is not None for each in best) or not best:
            best = found
    unknown = tuple(stream.span(*start) for start, each in zip(starts, best, strict=False) if each is None)
    if not all(
        each is not None or is_adjective(stream.low_at(start[1] - 1))
        for start, each in zip(starts, best, strict=False)
    ):
        return None  # it may be a thing of its own: "syphilis or hepatic failure"
    if not best:
        if last or len(starts) != sum(is_adjective(stream.low_at(to - 1)) for _, to in starts):
            return None
        unknown = tuple(stream.span(*start) for start in starts)
    known = tuple(each for each in best if each is not None)
    if not last:
        members = Members(at + 1, (*known, concept), unknown, narrowing, both)
        return members if known or len(words) > 1 else None
    if (
        known
        or not all(is_adjective(word) for word in last[-1:])
        or not keeps_sense(concept, stream.low_at(at))
    ):
        return None
    return Members(at + 1, (concept,), (), stream.span(begun, at), both)


def _words(stream: Stream, start: int, to: int) -> str:
    return " ".join(stream.low_at(step) for step in range(start, to))


# Nouns that a condition before "or" may share: "cataract or refractive surgery".
_LENT = word_set(
    "surgery surgeries therapy therapies transplant transplants transplantation resection repair replacement "
    "allergy biopsy implant implantation operation operations procedures"
)


def lends_noun(stream: Stream, at: int, concept: Concept) -> bool:
    """Say whether the condition may only be the first half of a treatment's name."""
    if concept.kind != "condition" or stream.kind_at(at + 1) not in ("or", "slash", "and", "comma"):
        return False
    step = at + 1
    while stream.kind_at(step) in ("or", "slash", "and", "comma"):
        step += 1
    while stream.kind_at(step) in ("qualifier", "word") and step < at + 5:
        step += 1
    other = stream.lexemes[step].concept if step < len(stream) else None
    head, _, tail = stream.low_at(step).rpartition(" ")
    lent = tail in _LENT and (bool(head) or stream.kind_at(step - 1) == "word")
    return (
        lent
        and (other is None or other.kind != "condition" or tail == "allergy")
        and (stream.low_at(at).rpartition(" ")[2] not in _LENT)
    )
