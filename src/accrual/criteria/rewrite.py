"""Rules that bring a tree to one canonical shape without changing what it means.

Comes in: a tree as the phrases built it. Goes out: an equal tree, simpler. `RULES` is the order of the rules; each
takes one node whose children are already rewritten. Refuses nothing: a rule that does not apply returns its node.
Three-valued truth is kept by each rule: for every patient both trees have the same truth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from accrual.basic import Interval, Span
from accrual.codes.variables import variables
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.spans import widened
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Within,
    walk,
)

Rule: TypeAlias = Callable[[Tree], Tree]


def flatten(tree: Tree) -> Tree:
    """All inside All, Any inside Any: one level."""
    if isinstance(tree, All):
        parts: list[Tree] = []
        for child in tree.children:
            parts.extend(child.children if isinstance(child, All) else (child,))
        return tree if len(parts) == len(tree.children) else All(children=tuple(parts), span=tree.span)
    if isinstance(tree, Any_):
        parts = []
        for child in tree.children:
            parts.extend(child.children if isinstance(child, Any_) else (child,))
        return tree if len(parts) == len(tree.children) else Any_(children=tuple(parts), span=tree.span)
    return tree


def dedupe(tree: Tree) -> Tree:
    """The same child twice in All or Any: once. Opaque children at different places stay."""
    if not isinstance(tree, (All, Any_)):
        return tree
    kept: list[Tree] = []
    places: dict[tuple[object, ...], int] = {}
    for child in tree.children:
        key = (child, child.span) if isinstance(child, Opaque) else (child,)
        if key not in places:
            places[key] = len(kept)
            kept.append(child)
        elif not isinstance(child, Opaque):  # said twice: the words of both are understood
            kept[places[key]] = widened(kept[places[key]], child.span)
    return tree if len(kept) == len(tree.children) else msgspec.structs.replace(tree, children=tuple(kept))


def merge_intervals(tree: Tree) -> Tree:
    """Two bounds of one variable in one unit, both asked for: one interval. Contradictions stay as they are."""
    if not isinstance(tree, All):
        return tree
    kept: list[Tree] = []
    for child in tree.children:
        merged = False
        if isinstance(child, Compare):
            for index, other in enumerate(kept):
                if not isinstance(other, Compare) or other.variable != child.variable:
                    continue
                both = _meet(other.interval, child.interval)
                if both is not None:
                    kept[index] = Compare(
                        variable=child.variable, interval=both, span=other.span | child.span
                    )
                    merged = True
                    break
        if not merged:
            kept.append(child)
    return tree if len(kept) == len(tree.children) else All(children=tuple(kept), span=tree.span)


def _meet(one: Interval, other: Interval) -> Interval | None:
    if one.unit != other.unit:
        return None
    low, low_open = max(
        ((bound.low, bound.low_open) for bound in (one, other) if bound.low is not None),
        default=(None, False),
    )
    highs = [(bound.high, not bound.high_open) for bound in (one, other) if bound.high is not None]
    high, closed = min(highs, default=(None, True))
    if low is not None and high is not None and (low > high or (low == high and (low_open or not closed))):
        return None
    return Interval(low, high, low_open, not closed, one.unit)


def double_negation(tree: Tree) -> Tree:
    """Not of Not: the statement itself."""
    return tree.child.child if isinstance(tree, Not) and isinstance(tree.child, Not) else tree


def opposite_answer(tree: Tree) -> Tree:
    """Not of yes is no, for a variable that has only these two answers."""
    if not isinstance(tree, Not) or not isinstance(tree.child, OneOf):
        return tree
    claim = tree.child
    variable = variables().get(claim.variable)
    if variable is None or set(variable.values) != {"yes", "no"} or len(claim.values) != 1:
        return tree
    return OneOf(
        variable=claim.variable, values=("no" if claim.values == ("yes",) else "yes",), span=tree.span
    )


def implied_sex(tree: Tree) -> Tree:
    """Who is pregnant or breastfeeding is female: the sex beside it says nothing more."""
    if not isinstance(tree, All):
        return tree
    if not any(_female_state(child) for child in tree.children):
        return tree
    kept = tuple(child for child in tree.children if child != OneOf(variable="sex", values=("female",)))
    return tree if len(kept) == len(tree.children) else All(children=kept, span=tree.span)


def _female_state(tree: Tree) -> bool:
    if isinstance(tree, Any_):
        return all(_female_state(child) for child in tree.children)
    return isinstance(tree, OneOf) and tree.variable in FEMALE_STATES and tree.values == ("yes",)


def past_window(tree: Tree) -> Tree:
    """A window before now already says that it is past: `prior`, `history` and `current` inside it say nothing."""
    if (
        not isinstance(tree, Within)
        or tree.window.direction != "before"
        or not isinstance(tree.child, Present)
    ):
        return tree
    kept = tuple(name for name in tree.child.qualifiers if name not in ("prior", "history", "current"))
    if kept == tree.child.qualifiers:
        return tree
    child = msgspec.structs.replace(tree.child, qualifiers=kept)
    return Within(child=child, window=tree.window, span=tree.span)


def spread_window(tree: Tree) -> Tree:
    """A window around Any is a window around each: every leaf then carries its own."""
    if not isinstance(tree, Within) or not isinstance(tree.child, Any_):
        return tree
    parts: list[Tree] = []
    for index, each in enumerate(tree.child.children):
        last = index == len(tree.child.children) - 1
        span = each.span | tree.span if last else each.span
        parts.append(past_window(Within(child=each, window=tree.window, span=span)))
    return Any_(children=tuple(parts), span=tree.span)


def absorbed(tree: Tree) -> Tree:
    """ "A, or A with more", "A, and A or more": A. What is more neither lets anybody in nor keeps anybody out.

    Words that are not understood stay, though they change no verdict: the criterion is not wholly read.
    """
    if not isinstance(tree, (All, Any_)):
        return tree
    other = Any_ if isinstance(tree, All) else All
    spans: dict[Tree, Span] = {}
    kept: list[Tree] = []
    for child in tree.children:
        parts = _parts(child, other)
        plain = next((part for part in parts if part in tree.children), None)
        if plain is None or isinstance(plain, Opaque) or any(_is_unread(part) for part in parts):
            kept.append(child)
        else:
            spans[plain] = spans[plain] | child.span if plain in spans else child.span
    if len(kept) == len(tree.children):
        return tree
    merged = (widened(each, spans[each]) if each in spans else each for each in kept)
    return msgspec.structs.replace(tree, children=tuple(merged))


_JOINTS = frozenset((",", "and", "or", "/", "and/or"))


def _is_unread(tree: Tree) -> bool:
    return any(isinstance(each, Opaque) and each.text not in _JOINTS for each in walk(tree))


def _parts(tree: Tree, kind: type[All] | type[Any_]) -> tuple[Tree, ...]:
    return tree.children if isinstance(tree, (All, Any_)) and isinstance(tree, kind) else ()


def singleton(tree: Tree) -> Tree:
    """All or Any of one: that one."""
    if isinstance(tree, (All, Any_)) and len(tree.children) == 1:
        return tree.children[0]
    return tree


RULES: tuple[Rule, ...] = (
    double_negation,
    opposite_answer,
    spread_window,
    past_window,
    flatten,
    implied_sex,
    merge_intervals,
    dedupe,
    absorbed,
    singleton,
)


def rewrite(tree: Tree) -> Tree:
    """Return the tree with all rules applied, from the leaves up, until nothing changes (at most five rounds)."""
    if isinstance(tree, _LEAVES):
        return tree
    for _ in range(5):
        after = _once(tree)
        if after is tree:
            return tree
        tree = after
    return tree


_LEAVES = (Opaque, Compare, Present, OneOf)  # no rule applies to them


def _once(tree: Tree) -> Tree:
    if isinstance(tree, _LEAVES):
        return tree
    match tree:
        case All() | Any_() | AtLeast():
            parts = tuple(_once(child) for child in tree.children)
            if any(new is not old for new, old in zip(parts, tree.children, strict=True)):
                tree = msgspec.structs.replace(tree, children=parts)
        case Not() | Within():
            child = _once(tree.child)
            if child is not tree.child:
                tree = msgspec.structs.replace(tree, child=child)
        case When():
            condition, then = _once(tree.condition), _once(tree.then)
            if condition is not tree.condition or then is not tree.then:
                tree = When(condition=condition, then=then, span=tree.span)
    for rule in RULES:
        tree = rule(tree)
    return tree
