"""Trees that no patient can meet: all of sex male and sex female. The words were misread, for nobody asks for that.

Comes in: the tree of a clause. Goes out: whether a part of it contradicts itself. Refuses to judge answers that may
hold together (two languages), claims at different times, and an impossible half of what is already in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    Criterion,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Within,
    walk,
)

_ONE_ANSWER = frozenset(("yes", "no", "female", "male", "positive", "negative"))
_MALE = ("male",)
_PROMISED = "contraception"
"""Said of other people than the claims before it: nobody denies it in one breath with them."""


def impossible(tree: Tree, told: tuple[Tree, ...] = ()) -> bool:
    """Say whether the tree, or a part that is claimed as it stands, holds for nobody.

    >>> female = OneOf(variable="sex", values=("female",))
    >>> impossible(All(children=(female, OneOf(variable="sex", values=("male",)))))
    True
    """
    match tree:
        case OneOf() | Compare():
            return any(_apart(tree, other) for other in told)
        case All():
            for child in tree.children:
                if impossible(child, told):
                    return True
                if isinstance(child, (OneOf, Compare)):
                    told = (*told, child)
            # What stands before is asked for too: "women …, or men …" inside what is asked of women.
            return any(
                not isinstance(child, (OneOf, Compare)) and impossible(child, told) for child in tree.children
            )
        case Any_() | AtLeast():
            doubted = any(isinstance(node, Opaque) for child in tree.children for node in walk(child))
            return not doubted and any(impossible(child, told) for child in tree.children)
        case When():
            asked = (tree.condition,) if isinstance(tree.condition, OneOf) else ()
            return impossible(tree.condition) or impossible(tree.then, asked)
        case Not():  # "not fertile, and fertile women who use …", "no negative test, and who do not use …"
            inner = any(isinstance(node, OneOf) and node.variable == _PROMISED for node in walk(tree.child))
            return inner or impossible(tree.child)
        case Within():
            return impossible(tree.child)
        case _:
            return False


MAX_CLAIMS = 200  # distinct demands of one record; a longer record is not looked through


def reconciled(criteria: Sequence[Criterion]) -> Sequence[Criterion]:
    """Return the criteria; requirements that nobody can meet together ("Males: …", "Females: …") are of groups.

    So are "NSCLC patients" and "Patients without NSCLC", each a point of its own.

    Each is then asked of its own group only: `When`, or Opaque where it names no more than the group.
    """
    demands = {claim: None for each in criteria if _asked_of_all(each) for claim in _claims(each.tree)}
    if len(demands) > MAX_CLAIMS:
        return criteria
    groups = [one for one in demands if any(_apart(one, other) for other in demands)]
    if not groups:
        return criteria
    return [
        msgspec.structs.replace(each, tree=_of_group(each, groups)) if _asked_of_all(each) else each
        for each in criteria
    ]


def _asked_of_all(criterion: Criterion) -> bool:
    return criterion.kind == "inclusion" and criterion.group is None


def _claims(tree: Tree) -> list[Tree]:
    parts = tree.children if isinstance(tree, All) else (tree,)
    return [part for part in parts if isinstance(part, (OneOf, Compare, Present)) or _is_denial(part)]


def _of_group(criterion: Criterion, groups: list[Tree]) -> Tree:
    tree = criterion.tree
    named = [claim for claim in _claims(tree) if claim in groups]
    if not named:
        return tree
    rest = tuple(child for child in tree.children if child not in named) if isinstance(tree, All) else ()
    if not rest:
        return Opaque(text=" ".join(criterion.text.split()), span=tree.span)
    guard = named[0] if len(named) == 1 else All(children=tuple(named), span=tree.span)
    then = rest[0] if len(rest) == 1 else All(children=rest, span=tree.span)
    return When(condition=guard, then=then, span=tree.span)


def _is_denial(tree: Tree) -> bool:
    return isinstance(tree, Not) and isinstance(tree.child, Present)


def _apart(one: Tree, other: Tree) -> bool:
    """Say whether two claims never hold together."""
    if isinstance(one, Not) or isinstance(other, Not):
        return Not(child=one) == other or Not(child=other) == one
    if isinstance(one, OneOf) and isinstance(other, OneOf):
        if one.variable == other.variable:
            values = {*one.values, *other.values}
            return values <= _ONE_ANSWER and not set(one.values) & set(other.values)
        return _male_state(one, other) or _male_state(other, one)
    if isinstance(one, Compare) and isinstance(other, Compare) and one.variable == other.variable:
        first, second = one.interval, other.interval
        if first.unit != second.unit:
            return False
        lows = [bound for bound in (first.low, second.low) if bound is not None]
        highs = [bound for bound in (first.high, second.high) if bound is not None]
        return bool(lows) and bool(highs) and max(lows) > min(highs)
    return False


def _male_state(one: OneOf, other: OneOf) -> bool:
    """Of a man nobody charts whether he is of childbearing potential."""
    return (
        one.variable == "sex"
        and one.values == _MALE
        and other.variable in FEMALE_STATES
        and other.values == ("yes",)
    )
