"""What a patient and a thing have to do with each other, where it is not "has it": "allergy to aspirin or ibuprofen",
"family history of breast cancer", "contraindication to MRI", "at risk of bleeding".

Comes in: one or more names of a relation, the last with its "to" or "of", and a list of what it is a relation to. Goes
out: `Present` with the relation as its qualifier, for each; what the vocabulary does not have is an alternative that
is not understood. Refuses (None): a list of which nothing is known, a relation to what cannot have it (an allergy to
asthma), a bracket inside the list that may narrow it.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import Concept, allergy_to, vocabulary
from accrual.codes.wording import code_of
from accrual.criteria.phrases.condition import SHIFTING_QUALIFIERS
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, Any_, Opaque, Present, Tree
from accrual.criteria.words import word_set

_TO_DRUGS = frozenset(("allergy", "contraindication", "intolerance"))  # drugs and procedures
# Bare words of a relation in front of the last one: "contraindication or intolerance to X".
_BARE = {
    **dict.fromkeys(("allergy", "allergies", "allergic", "hypersensitivity", "allergic reaction"), "allergy"),
    **dict.fromkeys(("allergic reactions", "hypersensitivity reaction", "hypersensitive"), "allergy"),
    **dict.fromkeys(("intolerance", "intolerances", "intolerant"), "intolerance"),
    **dict.fromkeys(("contraindication", "contraindications", "contraindicated"), "contraindication"),
}
_JOINERS = frozenset(("or", "and", "comma", "slash"))
# What a list of objects does not go on over: another claim begins, or what is said of the whole list.
_STOPS = frozenset(
    ("not", "must", "subject", "history", "within", "ago", "loose", "unless", "except", "excluded", "semi", "sex",
     "age", "child", "number", "unit", "op", "receive", "relation", "colon", "example", "include", "dash", "dot",
     "before", "after", "adult", "value", "variable", "between", "limit", "suffix", "not")
)  # fmt: skip
_NARROWING = frozenset(("link", "prep"))
_OWN = word_set("any other another its their the similar related")  # what begins so is an object of its own
MAX_OBJECTS = 40
MAX_HEAD = 12


class _Head(msgspec.Struct):
    relations: list[str]
    qualifiers: list[str]
    doubts: list[Opaque]
    other: list[Opaque]  # heads that no row names: "sensitivity or allergy to X"
    end: int


def read_relation(stream: Stream, at: int) -> Read | None:
    """Read a relation and the list of its objects."""
    if at > stream.last_relation:
        return _relation_behind(stream, at)
    head = _head(stream, at)
    if head is None:
        return None
    found = _objects(stream, head)
    if found is None:
        return None
    end, objects, unknown, both = found
    span = stream.span(at, end)
    nodes: list[Tree] = [_node(each, relation, head, span) for each in objects for relation in head.relations]
    if not nodes:
        if head.relations != ["allergy"] or head.other:
            return None
        row = vocabulary().get("hypersensitivity")
        bare = Present(
            concept=code_of(row), qualifiers=tuple(head.qualifiers), span=stream.span(at, head.end)
        )
        return Read(end, "present", All(children=(bare, *head.doubts, *unknown), span=span))
    alternatives = (*nodes, *head.other, *unknown)
    node: Tree = nodes[0]
    if len(alternatives) > 1:
        node = Any_(children=alternatives, span=span)
    if both and len(alternatives) > 1:
        node = either_way(alternatives, Opaque(text="and", span=span), span)
    if head.doubts:
        node = All(children=(node, *head.doubts), span=span)
    return Read(end, "present", node)


# Nouns of a relation behind the name of a drug: "furosemide hypersensitivity".
_BEHIND = frozenset(_BARE) - {"allergic", "hypersensitive", "intolerant", "contraindicated"}
_ENDS = frozenset(("", "or", "and", "comma", "semi", "close", "dot"))


def _relation_behind(stream: Stream, at: int) -> Read | None:
    """ "Furosemide hypersensitivity", "NSAID allergy or intolerance": of one drug, and none named before it."""
    head = _Head([], [], [], [], at)
    step = at
    while stream.kind_at(step) in ("drop", "history"):
        if stream.kind_at(step) == "history":
            head.qualifiers = ["history"]
        step += 1
    concept = stream.lexemes[step].concept if step < len(stream) else None
    if concept is None or concept.kind != "drug" or stream.low_at(step + 1) not in _BEHIND:
        return None
    if any(each.concept is not None and each.concept.kind == "drug" for each in stream.lexemes[:step]):
        return None  # "aspirin or furosemide hypersensitivity": of both
    end = step + 1
    while stream.low_at(end) in _BEHIND:
        head.relations.append(_BARE[stream.low_at(end)])
        end += 1
        if stream.kind_at(end) in ("or", "slash") and stream.low_at(end + 1) in _BEHIND:
            end += 1
    if stream.kind_at(end) not in _ENDS:
        return None
    span = stream.span(at, end)
    nodes = [_node(concept, relation, head, span) for relation in dict.fromkeys(head.relations)]
    return Read(end, "present", nodes[0] if len(nodes) == 1 else Any_(children=tuple(nodes), span=span))


def _node(concept: Concept, relation: str, head: _Head, span: Span) -> Tree:
    named = concept if concept.kind == "condition" else allergy_to(concept.name)
    named = named if relation == "allergy" else None
    if named is not None:
        return Present(concept=code_of(named), qualifiers=tuple(head.qualifiers), span=span)
    return Present(concept=code_of(concept), qualifiers=(*head.qualifiers, relation), span=span)


def _head(stream: Stream, at: int) -> _Head | None:
    """The names of the relation up to the last "to"; None where other words stand between them."""
    head = _Head([], [], [], [], at)
    for step in range(at, min(at + MAX_HEAD, stream.last_relation + 1)):
        lexeme = stream.lexemes[step]
        low, kind = lexeme.low, lexeme.kind
        if kind == "relation":
            head.relations.append(lexeme.payload)
            head.end = step + 1
            ahead = step + 1
            while stream.kind_at(ahead) in ("or", "slash", "comma", "other", "drop"):
                ahead += 1
            again = stream.kind_at(ahead) == "relation" or stream.low_at(ahead) in _BARE
            if not (ahead > step + 1 and again):
                head.relations = list(dict.fromkeys(head.relations))
                return head
        elif low in _BARE:
            head.relations.append(_BARE[low])
        elif kind == "qualifier":
            if lexeme.payload in SHIFTING_QUALIFIERS or head.relations:
                return None
            if lexeme.payload not in ("known", "confirmed", "current"):
                head.qualifiers.append(lexeme.payload)
        elif kind == "history":
            if head.relations:
                return None
            head.qualifiers.append("history")
        elif kind in ("drop", "other", "or", "slash", "comma"):
            if kind in ("or", "slash", "comma") and not head.relations:
                return None
        elif low in ("sensitivity", "reaction", "reactions", "adverse reaction"):
            head.other.append(
                Opaque(text=stream.words(stream.span(step, step + 1)), span=stream.span(step, step + 1))
            )
        else:
            return None
    return None


def _fits(relation: str, concept: Concept) -> bool:
    return (concept.kind == "condition") != (relation in _TO_DRUGS)


def _objects(stream: Stream, head: _Head) -> tuple[int, list[Concept], list[Opaque], bool] | None:
    """The list after the relation: where it ends, what is named, what is not known, and whether "and" joins it."""
    known: list[Concept] = []
    unknown: list[Opaque] = []
    both = False
    end = at = head.end
    while at < len(stream) and len(known) + len(unknown) < MAX_OBJECTS:
        start = at
        while stream.kind_at(at) in ("drop", "other", "or", "link") and stream.low_at(at) not in (
            "that",
            "which",
        ):
            at += 1
        lexeme = stream.lexemes[at] if at < len(stream) else None
        if lexeme is None:
            break
        to = _element(stream, at)
        inside = stream.lexemes[at:to]
        named = [each.concept for each in inside if each.concept is not None]
        thing = lexeme.concept
        if to == at + 1 and thing is None and "allergy" in head.relations:
            thing = allergy_to(lexeme.low)  # "peanut" alone is no drug
            if thing is not None and head.relations != ["allergy"]:
                return None
        if to == at or not all(_fits(relation, each) for each in named for relation in head.relations):
            break
        if thing is not None and to == at + 1:
            known.append(thing)
        else:
            if stream.kind_at(to) in _NARROWING and lexeme.low not in _OWN and known:
                return None  # "aspirin or foobars that …": for both
            span = stream.span(start, to)
            unknown.append(Opaque(text=stream.words(span), span=span))
        end = at = to
        close = _bracket_end(stream, at)
        if close is not None and stream.kind_at(close) in _JOINERS:
            words = stream.span(at, close)
            if not _only_abbreviates(stream, at, close):
                if stream.kind_at(at + 1) not in ("example", "include"):
                    return None
                unknown.append(Opaque(text=stream.words(words), span=words))
            end = at = close
        joined = set()
        while stream.kind_at(at) in _JOINERS:
            joined.add(stream.kind_at(at))
            at += 1
        if not joined:
            break
        if joined == {"and"} or joined == {"and", "comma"}:
            follows = stream.lexemes[at].concept if at < len(stream) else None
            if follows is None or not all(_fits(relation, follows) for relation in head.relations):
                break
            both = True
        at = _after_head(stream, at, head)
    return (end, known, unknown, both) if known or unknown else None


def _after_head(stream: Stream, at: int, head: _Head) -> int:
    """ "Allergy to A or to B": the "to" is said again."""
    return at + 1 if stream.low_at(at) in ("to", "of", "for", "against") else at


def _element(stream: Stream, at: int) -> int:
    """Where one object ends: at a joining word, a bracket, a word that narrows, or where another claim begins."""
    start = at
    own = stream.low_at(at) in _OWN or stream.kind_at(max(at - 1, 0)) in ("other", "drop")
    while at < len(stream):
        kind = stream.kind_at(at)
        low = stream.low_at(at)
        if kind in _JOINERS or kind in ("open", "close"):
            break
        if stream.lexemes[at].concept is None:
            if kind in _STOPS:
                return start if at == start else at
            if (kind == "link" and not own) or (kind == "drop" and low.startswith("for ")):
                break  # "contraindication to MRI for any reason"
            if kind == "prep" and low not in ("of", "in") and not own:
                break
        at += 1
    return at


def _bracket_end(stream: Stream, at: int) -> int | None:
    if stream.kind_at(at) != "open":
        return None
    depth = 0
    for step in range(at, min(len(stream), at + 60)):
        depth += (stream.kind_at(step) == "open") - (stream.kind_at(step) == "close")
        if depth == 0:
            return step + 1
    return None


def _only_abbreviates(stream: Stream, at: int, close: int) -> bool:
    words = stream.words(stream.span(at, close)).strip("()[] ")
    return close - at == 3 and " " not in words and sum(sign.isupper() for sign in words) >= 2


RELATION = Family(
    "relation",
    frozenset(("relation", "concept", "variable", "shift", "history", "drop", "qualifier", "other", "word")),
    read_relation,
)
