"""Conditions, drugs and procedures with what stands before them: "uncontrolled active infection", "prior chemotherapy",
"relapsed or refractory leukemia", "have received immunotherapy", "hepatitis B or C".

Comes in: a noun phrase that ends in a concept of the vocabulary. Goes out: `Present` with qualifiers; words that only
narrow it stay beside it as Opaque. Refuses (None): words before the concept that could make it something else
("family history of", "allergy to", "suspected"): then the claim is not that the patient has it.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.qualifiers import qualifiers
from accrual.codes.wording import SOURCE, code_of, worded
from accrual.criteria.phrases.compound import is_adjective, is_narrowing, keeps_sense, may_be_over
from accrual.criteria.phrases.shared import Members, lends_noun, shared_head, shared_tail, types_behind
from accrual.criteria.phrases.stream import HAS_CONCEPT, Family, Read, Stream
from accrual.criteria.phrases.wording_words import makes_name, spelled
from accrual.criteria.tree import All, Any_, Opaque, Present, Tree
from accrual.criteria.wording_heads import kind_of_head
from accrual.criteria.words import ADJECTIVES, MEASURE_WORDS, THERAPY_NOUNS

# Qualifiers of the table after which the patient need not have the thing at all.
SHIFTING_QUALIFIERS = frozenset(
    ("planned", "suspected", "resolved", "in-remission", "pregnancy-related", "drug-induced", "inactive",
     "non-metastatic")
)  # fmt: skip
# Qualifiers that only say how sure or what a chart says anyway (see `words.HARMLESS`).
HARMLESS_QUALIFIERS = frozenset(("known", "confirmed", "current"))
_PAST = frozenset(("prior", "previous", "previously", "past", "a prior", "a previous", "earlier"))
# Families whose every member keeps the head's meaning, whatever adjective stands before it.
_OPEN_FAMILIES = ("cancer", "infection", "autoimmune-disease", "allergy", "fracture", "hemorrhage")
# "secondary" may mean metastatic, or the second; "major" and "serious" grade an event, or name another disease.
_AMBIGUOUS = frozenset(("secondary",))
_GRADES = frozenset(("major",))
_CURRENT = frozenset(("current", "currently", "presently", "now"))
_GOING_ON = frozenset(
    ("undergoing", "receiving", "receive", "taking", "take", "takes", "on", "under")
)  # verbs of a treatment that goes on; a procedure without a qualifier was done at any time
_STAYS = ("hospitalized", "hospitalised", "inpatient", "admitted")
_NOW = frozenset(("active",))  # a word for now, that after "had" is a word for then
_JOINING = frozenset(("or", "slash", "comma", "and"))
_REPEATED = frozenset(("infection", "infections", "virus infection", "virus infections"))
_LINKED = frozenset(("related", "associated"))
MAX_PREFIX = 16
MAX_WORDS = 3


class _Before(msgspec.Struct):
    """What stood before the concept."""

    history: bool = False
    current: bool = False
    receive: str = ""
    other: Span | None = None
    adjectives: list[Span] = msgspec.field(default_factory=list)
    members: Members | None = None
    words: list[Span] = msgspec.field(default_factory=list)  # of no table; see `compound.py`
    qualifiers: list[str] = msgspec.field(default_factory=list)
    alternatives: list[list[str]] = msgspec.field(default_factory=list)


def _narrows(stream: Stream, span: Span, concept: Concept, low: str) -> bool:
    """An ocular infection is an infection; an ocular hypertension is not a hypertension as charts mean it."""
    words = span.of(stream.text).lower()
    if words in ADJECTIVES or words in _NOW or " " in words:  # several words are qualifiers in doubt
        return True
    return any(vocabulary().is_a(concept.id, head) for head in _OPEN_FAMILIES) or keeps_sense(concept, low)


def _joined(stream: Stream, adjectives: list[Span], words: list[Span]) -> list[Span]:
    """The words in doubt in their order; neighbours of which one is of no table are one doubt."""
    if not words:
        return list(adjectives)
    found: list[Span] = []
    for span in sorted((*adjectives, *words), key=lambda each: each.start):
        if found and stream.text[found[-1].end : span.start].strip(" -") == "":
            found[-1] = found[-1] | span
        else:
            found.append(span)
    return found


def _prefix(stream: Stream, at: int) -> tuple[int, _Before] | None:
    """Read up to the concept; None where the words make it something else."""
    before = _Before()
    pending_or = False
    first = at
    while at < len(stream) and at - first < MAX_PREFIX:
        lexeme = stream.lexemes[at]
        kind = lexeme.kind
        if lexeme.concept is not None and kind in ("concept", "variable"):
            return at, before
        if kind in ("word", "number") and _list_follows(stream, at):
            before.members = shared_tail(stream, at)
            if before.members is not None:
                return at, before
        if kind == "drop" and lexeme.low not in MEASURE_WORDS:
            before.current = before.current or lexeme.low in _CURRENT
        elif kind == "history" and before.qualifiers and " or " in lexeme.low:
            return None  # "symptomatic evidence or history of": any history, symptomatic or not
        elif kind == "history" or lexeme.low in _PAST:
            before.history = True
        elif kind == "receive":
            if before.words:
                return None  # "normal results on ECG": not that one was made
            before.receive = lexeme.low
        elif kind == "other":
            before.other = stream.span(at, at + 1)
        elif lexeme.payload == "previously-treated" and stream.low_at(at + 1) == "with":
            if before.qualifiers or before.receive or any(each.concept for each in stream.lexemes[:at]):
                return (
                    None  # "breast cancer previously treated with tamoxifen": it narrows what stands before
                )
            before.receive = f"{lexeme.low} with"
            at += 1
        elif kind == "qualifier":
            if lexeme.payload in SHIFTING_QUALIFIERS or lexeme.low in _AMBIGUOUS:
                return None
            if lexeme.low in _GRADES:
                before.adjectives.append(stream.span(at, at + 1))
                at += 1
                continue
            before.current = before.current or lexeme.payload == "current"
            if lexeme.payload in ("history", "prior", "past"):
                before.history = True
            elif lexeme.payload in _NOW and before.history and not before.qualifiers:
                before.adjectives.append(stream.span(at, at + 1))  # "had an active infection": it was, once
            elif lexeme.payload not in HARMLESS_QUALIFIERS:
                if pending_or:
                    before.alternatives.append([lexeme.payload])
                elif before.alternatives and _excludes(lexeme.payload, before.alternatives):
                    before.alternatives[-1].append(lexeme.payload)  # "chronic or relevant acute infection"
                else:
                    before.qualifiers.append(lexeme.payload)
                pending_or = False
        elif kind in ("or", "slash", "and", "comma") and before.qualifiers and _more_to_come(stream, at):
            if stream.kind_at(at - 1) == "word" or (kind == "and" and _opposed(stream, at)):
                return None  # "recurrent gastric ulceration or active colitis"; "acute and chronic pain"
            if kind in ("or", "slash") or (kind == "comma" and _or_follows(stream, at)):
                if before.alternatives and before.qualifiers:
                    return None  # "severe or uncontrolled acute or chronic infection": two choices
                if not before.alternatives:
                    # "unresectable advanced or recurrent": is the first for both?
                    if len(before.qualifiers) > 1:
                        before.adjectives.append(stream.span(first, at))
                    before.alternatives = [before.qualifiers]
                    before.qualifiers = []
                pending_or = True
        elif kind == "word" and is_adjective(lexeme.low):
            before.history = before.history or lexeme.low == "recent"  # what was recent may be over
            before.adjectives.append(stream.span(at, at + 1))
        elif kind == "word" and is_narrowing(lexeme.low) and len(before.words) < MAX_WORDS:
            before.history = before.history or may_be_over(lexeme.low)
            before.words.append(stream.span(at, at + 1))
        elif lexeme.low in _LINKED and before.words and before.words[-1].end == lexeme.start - 1:
            before.words.append(stream.span(at, at + 1))  # "alcohol-related"
        else:
            return None
        at += 1
    return None


def _opposed(stream: Stream, at: int) -> bool:
    """Say whether the qualifiers on both sides of "and" cannot hold of one thing."""
    row = qualifiers().get(stream.lexemes[at - 1].payload)
    return row is not None and at + 1 < len(stream) and stream.lexemes[at + 1].payload in row.opposites


def _list_follows(stream: Stream, at: int) -> bool:
    return stream.kind_at(at + 1) in _JOINING or (
        stream.kind_at(at + 2) in _JOINING and stream.kind_at(at + 1) in ("number", "word")
    )


def _excludes(name: str, alternatives: list[list[str]]) -> bool:
    """Say whether a qualifier cannot go with the first alternative, so that it belongs to the last alone."""
    row = qualifiers().get(name)
    return row is not None and any(other in row.opposites for group in alternatives[:-1] for other in group)


def _more_to_come(stream: Stream, at: int) -> bool:
    """After "relapsed or": another qualifier, and in the end a concept, without another start between."""
    step = at + 1
    while stream.kind_at(step) in ("or", "and", "comma", "slash"):
        step += 1
    return stream.kind_at(step) == "qualifier"


def _or_follows(stream: Stream, at: int) -> bool:
    step = at + 1
    while step < len(stream) and stream.kind_at(step) in ("qualifier", "comma"):
        step += 1
    return stream.kind_at(step) in ("or", "slash")


def _node(concept: Concept, before: _Before, span: Span) -> Tree:
    if concept.kind == "condition":
        past = ("history",) if before.history else ()
    else:
        past = ("prior",) if before.history or is_past(before.receive) else ()
        if not past and concept.kind == "procedure" and before.current:
            past = ("current",)
    common = tuple(before.qualifiers)
    if not before.alternatives:
        return Present(concept=code_of(concept), qualifiers=tuple(dict.fromkeys((*past, *common))), span=span)
    return Any_(
        children=tuple(
            Present(
                concept=code_of(concept), qualifiers=(*past, *dict.fromkeys((*group, *common))), span=span
            )
            for group in before.alternatives
        ),
        span=span,
    )


def _going_on(receive: str) -> bool:
    words = receive.split()
    return bool(words) and (words[-1] in _GOING_ON or words[0] in ("being", "under", "currently"))


_ONCE = frozenset(("previously", "prior", "previous", "pretreated", "already"))


# What an illness can be, and a drug cannot.
OF_ILLNESS = frozenset(
    ("mild", "mild-to-moderate", "moderate", "moderate-to-severe", "severe", "uncontrolled")
)


def is_past(receive: str) -> bool:
    """Say whether a verb of receiving is of the past: "has received", "previously treated with"."""
    if receive.partition(" ")[0] in _ONCE:
        return True
    return receive.rpartition(" ")[2] in (
        "received",
        "undergone",
        "underwent",
        "took",
        "taken",
        "used",
        "exposed",
    ) and ("are " not in receive)


def _list(stream: Stream, start: int, before: _Before, members: Members) -> Read | None:
    """ "Severe renal or hepatic impairment": what stands before is for all that share the head."""
    conditions = {each.kind == "condition" for each in members.known}
    if len(conditions) > 1 or (before.receive and True in conditions) or "elective" in before.qualifiers:
        return None
    if _going_on(before.receive):
        before.current = True
    span = stream.span(start, members.end)
    known = tuple(_node(each, before, span) for each in dict.fromkeys(members.known))
    nodes = (*(_member(stream, each, members, before, span) for each in members.unknown), *known)
    node: Tree = nodes[0] if len(nodes) == 1 else Any_(children=nodes, span=span)
    if members.both and len(nodes) > 1:
        from accrual.criteria.phrases.measure import either_way

        node = either_way(nodes, Opaque(text="and", span=span), span)
    doubts = _joined(stream, before.adjectives, before.words)
    if members.narrowing is not None:
        doubts.append(members.narrowing)
    if before.other is not None:
        doubts.append(before.other)
    if doubts:
        marks = tuple(Opaque(text=stream.words(each), span=each) for each in doubts)
        node = All(children=(node, *marks), span=span)
    return Read(members.end, "present", node)


def read_present(stream: Stream, at: int) -> Read | None:
    """Read one condition, drug or procedure, or several that share a word."""
    if at > stream.last_concept:
        return None
    start = at
    prefixed = _prefix(stream, at)
    if prefixed is None:
        return None
    at, before = prefixed
    if before.members is not None:
        return _list(stream, start, before, before.members)
    concept = stream.lexemes[at].concept
    assert concept is not None
    if concept.kind == "condition" and before.receive:
        return None
    if concept.kind == "drug" and not OF_ILLNESS.isdisjoint(before.qualifiers):
        return None  # "severe hypoglycemic" is an episode, and not the drug that may cause one
    if _going_on(before.receive) or stream.low_at(at).startswith(_STAYS):
        before.current = True
    if "elective" in before.qualifiers and not (before.current or before.history):
        return None  # it may be one that is to come
    if lends_noun(stream, at, concept):
        return None
    types = types_behind(stream, at) if concept.kind == "condition" else None
    if types is not None:
        return _list(stream, start, before, types)
    if stream.lexemes[at].kind == "variable" and stream.kind_at(at + 1) in (
        "op",
        "between",
        "value",
        "number",
    ):
        return None
    more = shared_head(stream, at, concept)
    end = more[-1][0] if more else at + 1
    if more and stream.low_at(end) in _REPEATED and vocabulary().is_a(concept.id, "infection"):
        end += 1  # "hepatitis B or C infection"
    if concept.kind != "condition":
        while stream.low_at(end) in THERAPY_NOUNS:
            end += 1
    span = stream.span(start, end)
    node = _node(concept, before, stream.span(start, at + 1) if more else span)
    if more:
        joiners = {word for _, _, word in more} - {","}
        parts = [node, *(_shared(stream, at, after - 1, other, before, span) for after, other, _ in more)]
        if joiners == {"or"}:
            node = Any_(children=tuple(parts), span=span)
        elif joiners == {"and"}:
            from accrual.criteria.phrases.measure import either_way

            node = either_way(tuple(parts), Opaque(text="and", span=span), span)
        else:
            return None
    if concept.kind == "condition" and not all(
        _narrows(stream, each, concept, stream.low_at(at)) for each in before.adjectives
    ):
        return None
    if before.words and not keeps_sense(concept, stream.low_at(at)):
        return None
    extra = _joined(stream, before.adjectives, before.words)
    if before.other is not None and concept.kind == "condition":
        extra.append(before.other)
    if extra:
        node = All(children=(node, *_narrowings(stream, extra, at, node)), span=span)
    return Read(end, "present", node)


def _member(stream: Stream, own: Span, members: Members, before: _Before, span: Span) -> Tree:
    """A member that the vocabulary does not have: "endocrine" of "endocrine or renal disease"."""
    head = members.known[-1]
    first, _, last = next(each.low for each in stream.lexemes if each.end == span.end).rpartition(" ")
    words = stream.words(own)
    mine, broad = words.lower().replace("-", " "), kind_of_head(last)
    # Of a longer name nobody knows how many words the members share: "subfoveal or juxtafoveal epithelial tear".
    if " " in first or broad is None or broad[1] or not makes_name(tuple(mine.split()), last):
        return Opaque(text=words, span=own)
    return _node(worded(head.kind, f"{mine} {last}"), before, own)


def _two_tags(stream: Stream, start: int, end: int) -> bool:
    """ "visual_loss open_angle_glaucoma": two names run together."""
    words = stream.words(Span(start, end))
    return "_" in words and " " in words


def _narrowings(stream: Stream, spans: list[Span], at: int, node: Tree) -> list[Tree]:
    """What narrows the concept at lexeme `at`: the whole name by its words ("pollen asthma"), else words in doubt."""
    doubts: list[Tree] = [Opaque(text=stream.words(each), span=each) for each in spans]
    lexeme = stream.lexemes[at]
    first, begins = len(spans), lexeme.start
    while first and stream.text[spans[first - 1].end : begins].strip(" -") == "":
        first -= 1
        begins = spans[first].start
    concept = lexeme.concept
    if first == len(spans) or not isinstance(node, Present) or concept is None or concept.source == SOURCE:
        return doubts
    before = stream.text[begins : lexeme.start].replace("-", " ").lower().split()
    if not makes_name(tuple(before), lexeme.low) or _two_tags(stream, begins, lexeme.end):
        return doubts
    whole = Span(begins, lexeme.end)
    named = code_of(worded(concept.kind, spelled(stream.words(whole))))
    return [*doubts[:first], msgspec.structs.replace(node, concept=named, span=whole)]


def _shared(stream: Stream, at: int, last: int, other: Concept, before: _Before, span: Span) -> Tree:
    """The member at lexeme `last` that shares words with the one at `at`.

    "Liver disease or cancer" may be liver cancer, or any: liver cancer counts, no cancer at all does not, another
    cancer is in doubt.
    """
    node = _node(other, before, span)
    own = stream.lexemes[last].concept
    if own is None or own.id == other.id or own.source == SOURCE:
        return node
    wider = All(children=(_node(own, before, span), Opaque(text=stream.low_at(at), span=span)), span=span)
    return Any_(children=(node, wider), span=span)


CONDITION = Family(
    "condition",
    frozenset(
        ("concept", "variable", "qualifier", "history", "other", "drop", "word", "number", "before", "ago")
    ),
    read_present,
    needs=HAS_CONCEPT,
)
