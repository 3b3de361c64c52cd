"""How the claims of a list become one tree: what joins them, what is meant for all of them, what stays in doubt.

Comes in: terms, each a claim with the word that stood before it, and the words left over. Goes out: one tree. Refuses
(UnclearError) a list whose joining words do not say what belongs together.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import LEADING_RELATIONS
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.phrases.stream import Group, Stream
from accrual.criteria.spans import widened
from accrual.criteria.tree import (
    All,
    Any_,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    Window,
    Within,
    is_worded,
    walk,
)
from accrual.criteria.wording_heads import kind_of_head
from accrual.criteria.words import word_set

_TIME_UNITS = frozenset(("d", "wk", "mo", "a", "h", "min"))
_TIME_WORDS = word_set("since last past recent recently ever lifetime years months weeks days after before")
PAST = frozenset(("history", "prior"))
_OF_LIFE: frozenset[str] = frozenset(("state", "consent"))
PEOPLE: frozenset[str] = frozenset(("sex", "age", "state"))


class UnclearError(Exception):
    """The scope of a word is not clear; caught in `clause.py`, never seen outside."""


class Term(msgspec.Struct):
    node: Tree
    group: Group
    joiner: str = ""  # what stood before it: and, or, comma, ""
    window: Window | None = None
    window_span: Span | None = None
    also: Window | None = None  # what lies in this window counts too
    doubt: bool = False  # an alternative that is not understood
    bare: bool = False  # begins with the name itself, so that words before the list may be meant for it too
    again: bool = False  # a subject of its own: "patients with A and patients with B"
    shouted: bool = False  # the word before it is in capitals: "tumor AND progression"


def same_outcome(terms: list[Term], node: Tree | None) -> bool:
    """Say whether one of the terms is a test or marker with the same outcome: "no EGFR mutation and ALK fusion"."""
    return isinstance(node, OneOf) and any(
        isinstance(term.node, OneOf) and term.group == "marker" and term.node.values == node.values
        for term in terms
    )


def combine(stream: Stream, negated: bool, terms: list[Term], doubts: list[Opaque], span: Span) -> Tree:
    terms, late = _windows(stream, spread(_staged(_of_women(_healthy(terms)))))
    doubts = [*late, *doubts]
    node = terms[0].node if len(terms) == 1 else _join(stream, negated, terms, span)
    if doubts and any(speaks_of_time(stream, doubt.span) for doubt in doubts):
        node = ever(node)
    if doubts:
        return All(children=(node, *doubts), span=span)
    return node


def _of_women(terms: list[Term]) -> list[Term]:
    """ "Women who are pregnant or lactating": the states say already that they are women."""
    if (
        len(terms) < 3
        or terms[0].node != OneOf(variable="sex", values=("female",))
        or terms[1].joiner != "with"
    ):
        return terms
    if not all(term.doubt or _female(term.node) for term in terms[1:]) or terms[1].doubt:
        return terms
    node = widened(terms[1].node, terms[0].node.span)
    return [msgspec.structs.replace(terms[1], node=node, joiner=""), *terms[2:]]


def _healthy(terms: list[Term]) -> list[Term]:
    """ "Healthy male or female subjects": healthy, of either sex."""
    if (
        len(terms) < 2
        or terms[0].node != _HEALTHY
        or terms[0].doubt
        or terms[1].joiner not in ("or", "and", "slash")
    ):
        return terms
    if not isinstance(terms[1].node, OneOf) or terms[1].node.variable != "sex":
        return terms
    both = OneOf(variable="sex", values=("female", "male"), span=terms[1].node.span)
    return [terms[0], msgspec.structs.replace(terms[1], node=both, joiner="with"), *terms[2:]]


_HEALTHY = OneOf(variable="healthy-volunteer", values=("yes",))


def _staged(terms: list[Term]) -> list[Term]:
    """ "Stage IV or recurrent lung cancer": the stage is of that cancer, though another may be at that stage."""
    cancer = next((term.node for term in terms[1:] if isinstance(term.node, Present)), None)
    if cancer is None or len(terms) < 2 or any(term.joiner == "with" for term in terms):
        return terms
    out = list(terms)
    for at, term in enumerate(terms[:-1]):
        if isinstance(term.node, Present):
            break
        if any(isinstance(node, OneOf) and node.variable == "stage" for node in walk(term.node)):
            disease = Present(concept=cancer.concept, span=term.node.span)
            node = All(children=(term.node, disease), span=term.node.span)
            out[at] = msgspec.structs.replace(term, node=node, group="present")
    return out


def _female(node: Tree) -> bool:
    return isinstance(node, OneOf) and node.variable in FEMALE_STATES and node.values == ("yes",)


def speaks_of_time(stream: Stream, span: Span) -> bool:
    """Say whether words that are not understood may move the claim to another time."""
    for lexeme in stream.lexemes:
        if span.start <= lexeme.start < span.end and (
            lexeme.kind in ("within", "before", "after", "ago", "history")
            or (lexeme.kind == "unit" and lexeme.payload in _TIME_UNITS)
            or lexeme.low in _TIME_WORDS
        ):
            return True
    return False


def spread(terms: list[Term]) -> list[Term]:
    """Carry what stands before a list on to its later members: "history of stroke or seizure".

    The past is meant for all. Another qualifier may be meant for all or for the first: then a later member
    counts surely when it has the qualifier, and surely not when it is not there at all. Words in doubt ("knee pain
    or swelling") put a doubt on what follows: those before the whole list on all, those of a member on the next.
    """
    first = terms[0].node
    if isinstance(first, Any_) and isinstance(
        first.children[0], Present
    ):  # "active hepatitis B or C or asthma"
        shared_by = first.children[0].qualifiers
        if all(isinstance(each, Present) and each.qualifiers == shared_by for each in first.children):
            first = first.children[0]
    of_all = _marks(first)
    first = _core(first)
    ways = _ways(first)
    shared: tuple[str, ...] = ()
    past = (
        bool(ways) and all(_is_past(child) for child in first.children) if isinstance(first, Any_) else False
    )
    ways = () if () in ways else ways
    if isinstance(first, Present):
        past = any(name in PAST for name in first.qualifiers)
        if not LEADING_RELATIONS.isdisjoint(first.qualifiers):
            return terms  # "allergy to A, severe asthma": the list of the relation was read whole
        shared = tuple(name for name in first.qualifiers if name not in PAST)
    out = [terms[0]]
    for before, term in pairwise(terms):
        node = _core(term.node)
        if term.bare and not term.again and isinstance(node, Present) and not node.qualifiers:
            concept = vocabulary().concepts.get(node.concept.code)
            whole = [child for child in _beside(term.node) if isinstance(child, Present)]
            if past and concept is not None:
                name = "history" if concept.kind == "condition" else "prior"
                node = msgspec.structs.replace(node, qualifiers=(name,))
                whole = [msgspec.structs.replace(each, qualifiers=(name,)) for each in whole]
            sure: Tree = node
            if shared:
                mark = Opaque(text=" ".join(shared), span=node.span)
                both = msgspec.structs.replace(node, qualifiers=(*node.qualifiers, *shared))
                sure = Any_(children=(both, All(children=(node, mark), span=node.span)), span=node.span)
            elif ways:  # "severe or unstable angina, stroke"
                mark = Opaque(text=" or ".join(" ".join(way) for way in ways if way), span=node.span)
                each = (
                    msgspec.structs.replace(node, qualifiers=(*node.qualifiers, *way)) for way in ways if way
                )
                sure = Any_(children=(*each, All(children=(node, mark), span=node.span)), span=node.span)
            own = [
                child for child in _beside(term.node) if isinstance(child, Opaque) and not _is_other(child)
            ]
            joined = term.joiner in ("or", "and") and not own and not whole
            next_to = _marks(before.node) or _lent(before.node, node) if joined else ()
            marks = () if is_worded(node) else of_all or next_to  # two words and more: a name of its own
            doubts: list[Tree] = [*whole, *own, *(Opaque(text=mark.text, span=node.span) for mark in marks)]
            if doubts:
                sure = All(children=(sure, *doubts), span=term.node.span)
            if sure is not node or past:
                term = msgspec.structs.replace(term, node=sure)
        out.append(term)
    return out


def _is_past(tree: Tree) -> bool:
    core = _core(tree)
    return isinstance(core, Present) and not PAST.isdisjoint(core.qualifiers)


def _ways(first: Tree) -> tuple[tuple[str, ...], ...]:
    """The qualifiers of which one holds of the first member: what `phrases/alternation.py` reads."""
    if not isinstance(first, Any_):
        return ()
    cores = [core for child in first.children if isinstance(core := _core(child), Present)]
    ways = dict.fromkeys(tuple(name for name in core.qualifiers if name not in PAST) for core in cores)
    return tuple(ways) if len(ways) > 1 else ()


def _beside(tree: Tree) -> tuple[Tree, ...]:
    """What stands beside a name: words in doubt that narrow it, or the whole name by its words."""
    if not isinstance(tree, All) or not isinstance(tree.children[0], Present):
        return ()
    beside = tree.children[1:]
    return beside if all(isinstance(child, Opaque) or is_worded(child) for child in beside) else ()


def _is_other(mark: Opaque) -> bool:
    return mark.text.lower().endswith("other")


def _marks(tree: Tree) -> tuple[Opaque, ...]:
    """The words before a name, in doubt for what follows it ("knee" of "knee surgery or injury"), but for "other"."""
    return tuple(mark for mark in map(_mark, _beside(tree)) if not _is_other(mark))


def _mark(tree: Tree) -> Opaque:
    if isinstance(tree, Present):
        name = tree.concept.name
        return Opaque(text=name.rpartition(" ")[0] or name, span=tree.span)
    assert isinstance(tree, Opaque)
    return tree


def _lent(before: Tree, node: Present) -> tuple[Opaque, ...]:
    """ "Facet cysts or swelling": the first word of a name known by its words may be for a broad word behind it."""
    if isinstance(before, Any_):  # "ocular or periocular cysts or swelling"
        before = before.children[-1]
    if not isinstance(before, Present) or not is_worded(before):
        return ()
    name, head = before.concept.name.lower(), kind_of_head(node.concept.name.lower())
    broad = kind_of_head(name.rpartition(" ")[2])
    if " " not in name or broad is None or broad[1] or head is None or head[1]:
        return ()
    return (Opaque(text=name.partition(" ")[0], span=before.span),)


def _core(tree: Tree) -> Tree:
    """The named thing beside what narrows it."""
    if isinstance(tree, All) and (_beside(tree) or len(tree.children) == 1):
        return tree.children[0]
    return tree


def _windows(stream: Stream, terms: list[Term]) -> tuple[list[Term], list[Opaque]]:
    """Put each window on its claim; one at the end of a list of one kind is for the whole list."""
    last = terms[-1]
    if last.window is None or len(terms) == 1 or any(term.window is not None for term in terms[:-1]):
        return [_timed(term, term) for term in _shared_window(stream, terms)], []
    assert last.window_span is not None
    if all(term.group == last.group and not isinstance(term.node, Not) for term in terms) and not any(
        term.doubt for term in terms
    ):
        return [_timed(term, last) for term in terms], []
    if all(term.group in PEOPLE for term in terms[:-1]) and not any(term.joiner == "or" for term in terms):
        return [*terms[:-1], _timed(last, last)], []
    if (
        all(term.group == "present" and not isinstance(term.node, Not) for term in terms)
        and not terms[0].doubt
    ):
        timed = [term if term.doubt else _perhaps_timed(stream, term, last) for term in terms[:-1]]
        return [*timed, last if last.doubt else _timed(last, last)], []
    words = Opaque(text=stream.words(last.window_span), span=last.window_span)
    return terms, [words]


def _shared_window(stream: Stream, terms: list[Term]) -> list[Term]:
    """ "A, B within 4 months or C": the window may be for A too. A inside it counts surely, no A surely not."""
    at = next((at for at, term in enumerate(terms) if term.window is not None), 0)
    if at == 0 or at == len(terms) - 1 or terms[at].window is None or terms[at].window_span is None:
        return terms
    out = list(terms)
    for before, term in enumerate(terms[:at]):
        if term.group == terms[at].group == "present" and isinstance(term.node, Present):
            out[before] = _perhaps_timed(stream, term, terms[at])
    return out


def _perhaps_timed(stream: Stream, term: Term, told: Term) -> Term:
    """A term that the window of `told` may be for: inside it counts surely, of no time surely not."""
    assert told.window is not None
    assert told.window_span is not None
    doubt = Opaque(text=stream.words(told.window_span), span=told.window_span)
    span = term.node.span
    inside = Within(child=term.node, window=told.window, span=span)
    node = Any_(children=(inside, All(children=(ever(term.node), doubt), span=span)), span=span)
    return msgspec.structs.replace(term, node=node)


def _join(stream: Stream, negated: bool, terms: list[Term], span: Span) -> Tree:
    words = {term.joiner for term in terms[1:]} - {"comma", "with"}
    nodes = tuple(term.node for term in terms)
    exclusion = stream.kind == "exclusion"
    with_ = any(term.joiner == "with" for term in terms[1:])
    if negated and not with_:
        return Any_(children=nodes, span=span)
    washout = isinstance(nodes[0], Not) and isinstance(nodes[0].child, (All, Within))
    if washout and words == {"or"} and any(isinstance(_core(node), Present) for node in nodes[1:]):
        raise UnclearError  # "at least 6 weeks since total-body radiotherapy, or radiotherapy to …"
    if terms[-1].joiner == "comma" and "or" in words and stream.kind == "inclusion":
        raise UnclearError  # "ER+ or PR+, HER2 negative": one more demand, or one more alternative?
    if (
        words == {"or"}
        and not with_
        and not (
            any(term.joiner == "comma" for term in terms[1:]) and len({term.group for term in terms}) > 1
        )
    ):
        return Any_(children=nodes, span=span)
    if words <= {"or"} and len({term.group for term in terms}) == 1 and not with_ and words:
        return Any_(children=nodes, span=span)
    if words == {"or"} and exclusion and not with_ and all(term.group in _OF_LIFE for term in terms):
        return Any_(children=nodes, span=span)  # "pregnant, breastfeeding, or not using contraception"
    if exclusion and with_ and not negated and words <= {"or"}:
        women = _states_of_women(terms, span)
        if women is not None:
            return women
    if "or" in words:
        return _runs(stream, negated, terms, span)
    if words == {"and"}:
        if sum(term.group == "age" for term in terms) > 1 and any(
            term.group == "age" and isinstance(term.node, Opaque) for term in terms
        ):
            raise UnclearError  # "adults and children": either may enter
        return _conjunction(stream, terms, nodes, span)
    # Only commas, or claims about one person side by side.
    if with_ and not exclusion:
        return All(children=nodes, span=span)
    if with_:
        if any(term.joiner == "comma" for term in terms[1:]):
            raise UnclearError
        return All(children=nodes, span=span)
    if exclusion:
        if any(term.group in ("age", "sex") for term in terms):
            raise UnclearError
        return Any_(children=nodes, span=span)
    if len({term.group for term in terms}) > 1 or all(term.group == "measure" for term in terms):
        return All(children=nodes, span=span)
    if any(term.doubt for term in terms):
        raise UnclearError
    # A window at the end of the list is on each member, and stretches its span: the comma stands before the second.
    comma = stream.text.rfind(",", span.start, max(terms[1].node.span.start, span.start))
    at = comma if comma >= 0 else span.start
    return either_way(nodes, Opaque(text=",", span=Span(at, at + 1)), span)


def _states_of_women(terms: list[Term], span: Span) -> Tree | None:
    """ "Pregnant women, or women of childbearing potential not using contraception": each for itself.

    None where a later alternative would lose the people at the head of the list.
    """
    groups: list[list[Term]] = []
    for term in terms:
        if term.joiner == "with":
            groups[-1].append(term)
        else:
            groups.append([term])
    parts: list[Tree] = []
    for group in groups:
        nodes = tuple(term.node for term in group)
        guarded = any(_of(node, ("sex", "childbearing-potential")) for node in nodes)
        if not all(not term.doubt and (_female(term.node) or _of(term.node, _ASIDE)) for term in group):
            return None
        if any(_of(node, ("contraception",)) for node in nodes) and not guarded:
            return None
        if all(_of(node, ("sex",)) for node in nodes):
            return None
        parts.append(
            nodes[0] if len(nodes) == 1 else All(children=nodes, span=nodes[0].span | nodes[-1].span)
        )
    return Any_(children=tuple(parts), span=span) if len(parts) > 1 else None


_ASIDE = ("sex", "contraception")


def _of(node: Tree, variables: tuple[str, ...]) -> bool:
    return isinstance(node, OneOf) and node.variable in variables and node.values != ("male",)


def _conjunction(stream: Stream, terms: list[Term], nodes: tuple[Tree, ...], span: Span) -> Tree:
    exclusion = stream.kind == "exclusion"
    states = all(term.group == "state" for term in terms)
    if exclusion and states:
        return Any_(children=nodes, span=span)  # nobody is excluded only for being both
    if any(term.shouted for term in terms):
        return All(children=nodes, span=span)
    if exclusion and all(term.again for term in terms[1:]):
        return Any_(children=nodes, span=span)  # "patients with A and patients with B"
    conditions = all(term.group == "present" and not isinstance(term.node, Not) for term in terms)
    if exclusion or (conditions and not any(term.doubt for term in terms)):
        at = nodes[0].span.end
        return either_way(nodes, Opaque(text="and", span=Span(at, max(at, nodes[1].span.start))), span)
    return All(children=nodes, span=span)


def _runs(stream: Stream, negated: bool, terms: list[Term], span: Span) -> Tree:
    """Both and and or: neighbours of one group joined by or are one alternative; the rest are demands."""
    if stream.kind == "exclusion" or negated:
        raise UnclearError
    runs: list[list[Term]] = [[terms[0]]]
    for term in terms[1:]:
        same = term.group == runs[-1][-1].group
        if term.joiner == "or" and not same:
            raise UnclearError
        if same and term.joiner in ("or", "comma"):
            runs[-1].append(term)
        else:
            runs.append([term])
    parts: list[Tree] = []
    for run in runs:
        if len(run) == 1:
            parts.append(run[0].node)
        elif run[-1].joiner == "or":
            nodes = tuple(term.node for term in run)
            parts.append(Any_(children=nodes, span=nodes[0].span | nodes[-1].span))
        else:
            raise UnclearError
    groups = [run[0].group for run in runs]
    if len(set(groups)) < len(groups):
        raise UnclearError  # "A or B and C": which binds first is not said
    return parts[0] if len(parts) == 1 else All(children=tuple(parts), span=span)


def ever(tree: Tree) -> Tree:
    """The claim without its "now": words about time that are not understood may reach into the past."""
    match tree:
        case Present():
            concept = vocabulary().concepts.get(tree.concept.code)
            if concept is None or set(tree.qualifiers) & PAST:
                return tree
            if concept.kind == "procedure":
                kept = tuple(name for name in tree.qualifiers if name != "current")
                return msgspec.structs.replace(tree, qualifiers=kept)
            name = "history" if concept.kind == "condition" else "prior"
            return msgspec.structs.replace(tree, qualifiers=(name, *tree.qualifiers))
        case All() | Any_():
            return msgspec.structs.replace(tree, children=tuple(ever(child) for child in tree.children))
        case _:
            return tree


def _timed(term: Term, told: Term) -> Term:
    """The term inside the window of `told`: itself, or the last of its list."""
    window, where = told.window, told.window_span
    if window is None or where is None:
        return term
    if isinstance(term.node, Not):  # "no surgery within 4 weeks" was read with its window inside
        raise UnclearError
    span = term.node.span | where
    node: Tree = Within(child=term.node, window=window, span=span)
    if told.also is not None:
        node = Any_(children=(node, Within(child=term.node, window=told.also, span=span)), span=span)
    return Term(node, term.group, term.joiner, doubt=term.doubt, again=term.again, shouted=term.shouted)
