"""Of whom a demand is asked: "women of childbearing potential must …", "male and female patients must …".

Comes in: the claims in front of "must", and what is demanded. Goes out: `When`, the demand alone where everybody is
named, or a tree that is right under both readings where the words may be a demand themselves. Refuses
(UnclearError) subjects that are not told by sex or state alone.
"""

from __future__ import annotations

from accrual.basic import Span
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.terms import PEOPLE, Term, UnclearError
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Tree, When, children, walk

_BOTH = OneOf(variable="sex", values=("female", "male"))
_FEMALE = OneOf(variable="sex", values=("female",))
_MALE = OneOf(variable="sex", values=("male",))
_FERTILE = OneOf(variable="childbearing-potential", values=("yes",))
_TELLING = frozenset(("sex", "fertile"))
# Said of women in trials for both sexes; a man is not meant, so that it neither includes nor excludes him.
_OF_WOMEN = frozenset(
    (
        ("pregnant", "no"),
        ("breastfeeding", "no"),
        ("pregnancy-test", "negative"),
        ("contraception", "yes"),
        ("childbearing-potential", "no"),
        ("childbearing-potential", "yes"),
        ("surgically-sterile", "yes"),
        ("postmenopausal", "yes"),
    )
)


def asked_of(stream: Stream, terms: list[Term], then: Tree, span: Span) -> Tree:
    """Return the demand `then` on the people that `terms` name; each group of them for itself, not their meet."""
    if any(term.doubt or term.window is not None or term.group not in PEOPLE for term in terms):
        raise UnclearError
    groups: list[list[Tree]] = []
    for term in terms:
        if term.joiner in ("and", "or", "comma", "slash") or not groups:
            groups.append([])
        groups[-1].append(term.node)
    if any(isinstance(group[0], Opaque) and len(group) == 1 for group in groups):
        raise UnclearError  # "children must …": from which age on is not said
    parts = [_group(stream, group) for group in groups]
    if any(part == _BOTH for part in parts):
        if len(parts) > 1:
            raise UnclearError
        return then
    guard = parts[0] if len(parts) == 1 else Any_(children=tuple(parts), span=parts[0].span | parts[-1].span)
    if all(_tells_women_or_men(group) for group in groups):
        return When(condition=guard, then=then, span=span)
    if len(parts) > 1:
        raise UnclearError
    return either_demand(guard, then, span, stream)


def _group(stream: Stream, nodes: list[Tree]) -> Tree:
    male = any(isinstance(node, OneOf) and node.variable == "sex" and "male" in node.values for node in nodes)
    if male:  # "males and females of reproductive potential": of a man nobody charts that
        nodes = [
            Opaque(text=stream.words(node.span), span=node.span) if _female_state(node) else node
            for node in nodes
        ]
    if len(nodes) == 1:
        return nodes[0]
    return All(children=tuple(nodes), span=nodes[0].span | nodes[-1].span)


def _female_state(node: Tree) -> bool:
    if isinstance(node, Any_):
        return all(_female_state(child) for child in node.children)
    return isinstance(node, OneOf) and node.variable in FEMALE_STATES


def _tells_women_or_men(group: list[Tree]) -> bool:
    return all(
        _female_state(node) or (isinstance(node, OneOf) and node.variable in _TELLING) for node in group
    )


def either_demand(guard: Tree, then: Tree, span: Span, stream: Stream) -> Tree:
    """Return what "patients over 60 must …" surely claims, be the age a demand or the condition of one.

    False where the guard holds and the demand does not; unknown where the guard does not hold.
    """
    doubt = Opaque(text=stream.words(guard.span), span=guard.span)
    named = Any_(children=(guard, doubt), span=guard.span)
    return All(children=(When(condition=guard, then=then, span=span), named), span=span)


def spare_men(stream: Stream, tree: Tree) -> Tree:
    """ "Non-pregnant women", "WOCBP with a negative test" as a requirement: men may not be meant at all."""
    if stream.kind != "inclusion" or not isinstance(tree, All):
        return tree
    guards = tuple(child for child in tree.children if child in (_FEMALE, _FERTILE, _MALE))
    rest = tuple(child for child in tree.children if child not in guards)
    if not guards or not rest:
        return tree
    told = [child for child in rest if not isinstance(child, Opaque)]
    both = _MALE in guards or _BOTH in rest
    if both and _FEMALE in guards:  # "males, and non-pregnant females, aged 18 to 35"
        theirs = tuple(child for child in rest if child not in told or _of_women(child))
        if not any(child in told for child in theirs):
            return tree
        then = theirs[0] if len(theirs) == 1 else All(children=theirs, span=tree.span)
        woman = next(guard for guard in guards if guard == _FEMALE)
        asked = When(condition=woman, then=then, span=tree.span)
        others = tuple(child for child in told if child not in theirs)
        return All(children=(asked, *others), span=tree.span) if others else asked
    if not all(_of_women(child) for child in told) or not (told or _FERTILE in guards):
        return tree
    guard = guards[0] if len(guards) == 1 else All(children=guards, span=guards[0].span | guards[-1].span)
    then = rest[0] if len(rest) == 1 else All(children=rest, span=rest[0].span | rest[-1].span)
    return either_demand(guard, then, tree.span, stream)


def spare_other_sex(stream: Stream, tree: Tree) -> Tree:
    """ "Female subjects who agree to …" as a requirement that is not all understood: men may not be meant at all.

    "Males, unless surgically sterile, …" is no demand on the sex either, and who is male does not meet it for that.
    """
    if stream.kind != "inclusion" or not isinstance(tree, (All, Any_)):
        return tree
    guards = [child for child in tree.children if child in (_FEMALE, _MALE)]
    rest = tuple(child for child in tree.children if child not in (_FEMALE, _MALE))
    if len(guards) != 1 or not any(isinstance(node, Opaque) for child in rest for node in walk(child)):
        return tree
    if isinstance(tree, Any_):
        return Opaque(text=stream.words(tree.span), span=tree.span)
    then = rest[0] if len(rest) == 1 else All(children=rest, span=rest[0].span | rest[-1].span)
    return either_demand(guards[0], then, tree.span, stream)


def _of_women(tree: Tree) -> bool:
    if isinstance(tree, Not):
        inner = [tree.child, *children(tree.child)]
        claims = [node for node in inner if not children(node)]
        return bool(claims) and all(_female_state(claim) or isinstance(claim, Opaque) for claim in claims)
    if isinstance(tree, (Any_, All)):
        return all(_of_women(child) or isinstance(child, Opaque) for child in tree.children)
    return (
        isinstance(tree, OneOf)
        and len(tree.values) == 1
        and ((tree.variable, tree.values[0]) in _OF_WOMEN and tree.variable != "postmenopausal")
    )
