"""How the claims of a list become one tree: what joins them, what is meant for all of them, what stays in doubt.

Comes in: terms, each a claim with the word that stood before it, and the words left over. Goes out: one tree. Refuses
(UnclearError) a list whose joining words do not say what belongs together.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import vocabulary
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.sharing import core_of, spread
from accrual.criteria.spans import widened
from accrual.criteria.terms import PAST, PEOPLE, Term, UnclearError
from accrual.criteria.tree import (
    All,
    Any_,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    Within,
    walk,
)
from accrual.criteria.words import word_set

_TIME_UNITS = frozenset(("d", "wk", "mo", "a", "h", "min"))
_TIME_WORDS = word_set("since last past recent recently ever lifetime years months weeks days after before")
_OF_LIFE: frozenset[str] = frozenset(("state", "consent"))


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
    if washout and words == {"or"} and any(isinstance(core_of(node), Present) for node in nodes[1:]):
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
