"""What "except …" takes out of a claim: "cancer except basal cell carcinoma or treated cervical cancer".

Comes in: the claim, and the lexemes after "except". Goes out: the claim with the kinds that do not count
(`Present.excluding`), or None where an exception is not named, or is no kind of what is claimed: then nobody can say
which case is meant.

An exception with more words ("adequately treated …") takes out less than the whole kind. The claim then counts surely
for the other kinds, surely not where nothing of it is there, and is in doubt between:
`(any (present cancer … (except …)) (all (present cancer …) (opaque "except …")))`.
"""

from __future__ import annotations

import msgspec

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.wording import code_of
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.tree import All, Any_, Not, Present, Tree, Within

_JOINERS = frozenset(("or", "and", "comma", "slash", "semi"))
_NAMES_NOTHING = frozenset(
    ("drop", "qualifier", "link", "prep", "open", "close", "colon", "dash", "not", "subject")
)
# Growths that are no cancer in the vocabulary, and are named as exceptions to it all the same.
_NEAR = ("neoplasm",)
MAX_EXCEPTIONS = 20


class _Taken(msgspec.Struct):
    kinds: list[Concept]
    narrowed: bool  # more words than names


def except_kinds(stream: Stream, first: int, last: int, claim: Tree, doubted: Tree) -> Tree | None:
    """Return `claim` without the kinds named by lexemes `first` up to, not including, `last`.

    Args:
        doubted: the claim with the exception as words in doubt, for an exception that takes out less than a kind.
    """
    taken = _taken(stream, first, last)
    if taken is None or _narrows_head(stream, first, last):
        return None
    leaves = _leaves(claim)
    if not leaves or not all(any(_is_kind(kind, leaf) for leaf in leaves) for kind in taken.kinds):
        return None
    if any(vocabulary().is_a(leaf.id, kind.id) for kind in taken.kinds for leaf in leaves):
        return None  # "cancer except tumors of low grade"
    without = _without(claim, taken.kinds)
    if not taken.narrowed:
        return without
    return Any_(children=(without, doubted), span=claim.span | doubted.span)


_OTHER = frozenset(("other than", "apart from"))


def _narrows_head(stream: Stream, first: int, last: int) -> bool:
    """ "Skin conditions other than psoriasis that would interfere": the conditions would, not the psoriasis."""
    if stream.low_at(first - 1) not in _OTHER:
        return False
    named = max((at for at in range(first, last) if stream.lexemes[at].concept is not None), default=last)
    return any(stream.kind_at(at) not in ("close", "drop", "dot") for at in range(named + 1, last))


def _taken(stream: Stream, first: int, last: int) -> _Taken | None:
    found = _Taken([], False)
    elements: list[tuple[int, int]] = []
    start = first
    for at in range(first, last + 1):
        if at == last or stream.kind_at(at) in _JOINERS:
            if at > start:
                elements.append((start, at))
            start = at + 1
    if not elements or len(elements) > MAX_EXCEPTIONS or stream.kind_at(first) in ("or", "and"):
        return None  # "other than or in addition to metformin"
    if any(stream.kind_at(at) in ("include", "example") for at in range(first, last)):
        return None  # "other than X (including Y)": are those Y excepted, or excluded?
    for index, (start, end) in enumerate(elements):
        inside = stream.lexemes[start:end]
        named = [each.concept for each in inside if each.concept is not None]
        if len(named) > 1 and len({each.id for each in named}) > 1:
            return None
        if any(each.kind in ("except", "unless", "loose", "number", "within", "history") for each in inside):
            found.narrowed = True
        if named:
            found.kinds.append(named[0])
            found.narrowed = found.narrowed or any(
                each.concept is None and each.kind not in ("drop", "open", "close", "colon", "other")
                for each in inside
            )
            continue
        shared = _first_half(stream, start, end, elements[index + 1 :])
        if shared is None and index and end - start <= 3:
            shared = _second_half(stream, end, elements[index - 1])
        if shared is not None:
            found.kinds.append(shared)
            found.narrowed = found.narrowed or end - start > 2
        elif all(each.kind in _NAMES_NOTHING or each.low.endswith(("ly", "ed")) for each in inside):
            found.narrowed = True  # "excised, cured"
        else:
            return None
    return found if found.kinds else None


def _first_half(stream: Stream, start: int, end: int, later: list[tuple[int, int]]) -> Concept | None:
    """ "Basal or squamous cell carcinoma": the first word with the second name's last ones."""
    for begin, to in later[:3]:
        for at in range(begin, to):
            lexeme = stream.lexemes[at]
            if lexeme.concept is None:
                continue
            last = lexeme.low.split()
            for own in range(end - 1, max(start - 1, end - 4), -1):
                mine = " ".join(stream.low_at(step) for step in range(own, end))
                for cut in range(1, len(last)):
                    other = vocabulary().lookup(f"{mine} {' '.join(last[cut:])}")
                    if other is not None and all(
                        stream.kind_at(step) in _NAMES_NOTHING or stream.low_at(step).endswith(("ly", "ed"))
                        for step in range(start, own)
                    ):
                        return other
            return None
    return None


def _second_half(stream: Stream, end: int, before: tuple[int, int]) -> Concept | None:
    """ "Carcinoma in situ of the cervix or breast": the first name's words with another last one."""
    name = next((each.low for each in stream.lexemes[before[0] : before[1]] if each.concept is not None), "")
    stem = name.rpartition(" ")[0]
    if " " not in stem:
        return None
    own = stream.low_at(end - 1)
    return vocabulary().lookup(f"{stem} {own}") or vocabulary().lookup(f"{stem} the {own}")


def _leaves(claim: Tree) -> list[Concept]:
    match claim:
        case Present():
            concept = vocabulary().concepts.get(claim.concept.code)
            return [concept] if concept is not None else []
        case Within() | Not():
            return _leaves(claim.child)
        case All() | Any_():
            return [leaf for child in claim.children for leaf in _leaves(child)]
        case _:
            return []


def _is_kind(kind: Concept, head: Concept) -> bool:
    known = vocabulary()
    if known.is_a(kind.id, head.id):
        return True
    return known.is_a(head.id, "cancer") and any(known.is_a(kind.id, near) for near in _NEAR)


def _without(claim: Tree, kinds: list[Concept]) -> Tree:
    match claim:
        case Present():
            concept = vocabulary().concepts.get(claim.concept.code)
            own = [code_of(kind) for kind in kinds if concept is not None and _is_kind(kind, concept)]
            return msgspec.structs.replace(claim, excluding=tuple(dict.fromkeys((*claim.excluding, *own))))
        case Within() | Not():
            return msgspec.structs.replace(claim, child=_without(claim.child, kinds))
        case All() | Any_():
            return msgspec.structs.replace(
                claim, children=tuple(_without(child, kinds) for child in claim.children)
            )
        case _:
            return claim
