"""What stands before a list and is meant for its later members too: "history of stroke or seizure".

Comes in: the terms of a list. Goes out: the same terms, with what the first one lends them. Refuses nothing: what may
be meant for a member or not is put beside it in doubt.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import LEADING_RELATIONS
from accrual.criteria.terms import PAST, Term
from accrual.criteria.tree import All, Any_, Opaque, Present, Tree, is_worded
from accrual.criteria.wording_heads import kind_of_head


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
    first = core_of(first)
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
    inner = 0 if past else _inner_list(terms)
    if inner:
        terms = [*terms[:inner], *spread(terms[inner:])]
    out = [terms[0]]
    for before, term in pairwise(terms):
        node = core_of(term.node)
        several = isinstance(node, Any_) and all(  # "history of asthma, hepatitis B or C"
            isinstance(child, Present) and not child.qualifiers for child in node.children
        )
        if past and term.bare and several and not term.again:
            term = msgspec.structs.replace(term, node=_past(term.node))
        elif term.other and past and not term.again and isinstance(node, Present) and not node.qualifiers:
            term = msgspec.structs.replace(term, node=_past(term.node))  # "history of A, or other B"
        elif term.bare and not term.again and isinstance(node, Present) and not node.qualifiers:
            whole = [child for child in _beside(term.node) if isinstance(child, Present)]
            if past:
                node = _at_any_time(node)
                whole = [_at_any_time(each) for each in whole]
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


def _inner_list(terms: list[Term]) -> int:
    """Where a list begins inside the list, 0 for nowhere: "colitis or recurrent nausea, vomiting or pain"."""
    for at in range(1, len(terms) - 1):
        term = terms[at]
        if term.joiner != "or" or term.window is not None or terms[at + 1].joiner != "comma":
            continue
        node = core_of(term.node)
        if isinstance(node, Present) and not PAST.issuperset(node.qualifiers):
            return at
    return 0


def _past(tree: Tree) -> Tree:
    """The named thing at any time; what stands beside it stays."""
    if isinstance(tree, All | Any_):
        beside = tuple(
            _at_any_time(child) if isinstance(child, Present) else child for child in tree.children
        )
        return msgspec.structs.replace(tree, children=beside)
    return _at_any_time(tree) if isinstance(tree, Present) else tree


def _at_any_time(node: Present) -> Present:
    concept = vocabulary().concepts.get(node.concept.code)
    if concept is None:
        return node
    return msgspec.structs.replace(node, qualifiers=("history" if concept.kind == "condition" else "prior",))


def _is_past(tree: Tree) -> bool:
    core = core_of(tree)
    return isinstance(core, Present) and not PAST.isdisjoint(core.qualifiers)


def _ways(first: Tree) -> tuple[tuple[str, ...], ...]:
    """The qualifiers of which one holds of the first member: what `phrases/alternation.py` reads."""
    if not isinstance(first, Any_):
        return ()
    cores = [core for child in first.children if isinstance(core := core_of(child), Present)]
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


def core_of(tree: Tree) -> Tree:
    """The named thing beside what narrows it."""
    if isinstance(tree, All) and (_beside(tree) or len(tree.children) == 1):
        return tree.children[0]
    return tree
