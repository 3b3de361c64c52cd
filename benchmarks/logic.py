"""Compares a tree with the tree that a person wrote for the same words: the same, safe, or a flipped verdict.

Comes in: two trees. Goes out: `same`, `safe` or `flip`. Refuses nothing.

Both trees are decided in the same worlds. A world gives every number a place between the bounds that the two trees
name, every category one value (also one that neither names), and every other leaf true or false; Opaque is unknown in
each. `same`: the trees are written alike, or are alike in every world. `flip`: in some world one is YES and the other
NO. `safe`: in none, though the trees differ; mostly ours is less understood. Worlds that contradict themselves are left
out: who has a narrower condition has the wider, who has it with qualifiers has it with fewer, who had it in a window
had it, and who is allergic to a thing has an allergy. Up to 4,096 worlds are all tried; of more,
4,096 are drawn with a fixed seed, so that a rare flip may be missed there.

Concepts are compared by what the vocabulary calls them: a gold line may name a concept by any of its synonyms.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias, assert_never

from accrual.basic import Code, Interval
from accrual.codes.concepts import vocabulary
from accrual.codes.variables import BY_WORDS, variables
from accrual.criteria.render import canonical
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
    children,
    walk,
)
from accrual.truth import Truth, all_of, any_of, at_least

Outcome: TypeAlias = Literal["same", "safe", "flip"]
MAX_WORLDS = 4096
MAX_LEAVES = 400
"""Distinct statements of both trees together; beyond, the trees are compared as they are written."""
_PAST = frozenset(("history", "prior", "past"))
_ELSE = "(another value)"
# Qualifiers that say another relation than "has it now": what has them need not have the concept plainly.
_OTHER_RELATION = frozenset(
    ("allergy", "at-risk", "contraindication", "family-history", "history", "planned", "prior", "recent",
     "suspected")
)  # fmt: skip

_World: TypeAlias = Mapping[str, object]


def compare(gold: Tree, ours: Tree) -> Outcome:
    """Say how our tree stands to the gold one.

    Example:
        >>> from accrual.criteria.render import parse_canonical
        >>> compare(parse_canonical("(one_of sex male)"), parse_canonical("(opaque \\"men\\")"))
        'safe'
    """
    gold, ours = named(gold), named(ours)
    if canonical(gold) == canonical(ours) or _unworded(gold) == _unworded(ours):
        return "same"
    alike, decided = True, False
    for world in _worlds(gold, ours):
        told = {_decide(gold, world), _decide(ours, world)}
        if told == {Truth.YES, Truth.NO}:
            return "flip"
        alike = alike and len(told) == 1
        decided = decided or told != {Truth.UNKNOWN}
    return "same" if alike and decided else "safe"


def named(tree: Tree) -> Tree:
    """Return the tree with each concept under the vocabulary's id and name for it, where it has one."""

    def leaf(node: Tree) -> Tree:
        if isinstance(
            node, Compare
        ):  # a measurement that no table names, under its words or an annotator's own id
            return Compare(variable=node.variable.removeprefix(BY_WORDS), interval=node.interval)
        if not isinstance(node, Present):
            return node
        excluding = tuple(sorted(map(_known, node.excluding), key=lambda code: code.code))
        return Present(
            concept=_known(node.concept), qualifiers=tuple(sorted(node.qualifiers)), excluding=excluding
        )

    return _bare(_mapped(tree, leaf))


def _bare(tree: Tree) -> Tree:
    """The tree with a group of which nothing is understood as one Opaque: how words are cut does not matter."""
    below = children(tree)
    if below and all(isinstance(_bare(child), Opaque) for child in below):
        return Opaque(text="…")
    return tree


def _known(code: Code) -> Code:
    known = vocabulary().lookup(code.name) or vocabulary().lookup(code.code)
    if known is None:
        return Code("", code.name.lower(), code.name.lower())  # a made-up id says nothing
    return Code("accrual", known.id, known.name)


def _unworded(tree: Tree) -> str:
    """The canonical line with what is opaque left unsaid: how an annotator cut the words does not matter."""
    return canonical(_mapped(tree, lambda node: Opaque(text="…") if isinstance(node, Opaque) else node))


def _mapped(tree: Tree, leaf: Callable[[Tree], Tree]) -> Tree:
    match tree:
        case All() | Any_():
            return type(tree)(children=tuple(_mapped(child, leaf) for child in tree.children))
        case AtLeast():
            return AtLeast(count=tree.count, children=tuple(_mapped(child, leaf) for child in tree.children))
        case Not():
            return Not(child=_mapped(tree.child, leaf))
        case Within():
            return Within(child=_in_time(_mapped(tree.child, leaf)), window=tree.window)
        case When():
            return When(condition=_mapped(tree.condition, leaf), then=_mapped(tree.then, leaf))
        case _:
            return leaf(tree)


def _in_time(child: Tree) -> Tree:
    """The child of a window without what the window says: "prior chemotherapy in the last month"."""
    if not isinstance(child, Present):
        return child
    kept = tuple(name for name in child.qualifiers if name not in _PAST)
    return Present(concept=child.concept, qualifiers=kept, excluding=child.excluding)


def _worlds(gold: Tree, ours: Tree) -> Iterator[_World]:
    """The worlds to try: what each name of `_leaves` may be, in every combination or in a sample of them."""
    choices: dict[str, list[object]] = {}
    presents: dict[str, Present] = {}
    windows: dict[str, Present] = {}
    for tree in (gold, ours):
        for node in _leaves(tree):
            if isinstance(node, Compare):
                bounds = choices.setdefault(_number_key(node), [])
                bounds += [bound for bound in _bounds(node) if bound not in bounds]
            elif isinstance(node, OneOf):
                values = choices.setdefault(node.variable, [_ELSE])
                values += [value for value in node.values if value not in values]
            elif not isinstance(node, Opaque):
                choices[canonical(node)] = [False, True]
                if isinstance(node, Present):
                    presents[canonical(node)] = node
                elif isinstance(node, Within) and isinstance(node.child, Present):
                    windows[canonical(node)] = node.child
    for key, values in choices.items():
        if all(isinstance(value, float) for value in values):
            choices[key] = list(_places(sorted(float(str(value)) for value in values)))
    if len(choices) > MAX_LEAVES:
        return
    above = _implied(presents) + _had(windows, presents)
    total = 1
    for values in choices.values():
        total = min(total * max(1, len(values)), MAX_WORLDS + 1)
    names = list(choices)
    if total <= MAX_WORLDS:
        for told in itertools.product(*choices.values()):
            world = dict(zip(names, told, strict=True))
            if all(world[wider] for each, wider in above if world[each]):
                yield world
        return
    draw = random.Random(20261122)
    for step in range(MAX_WORLDS):
        share = (0.1, 0.3, 0.5, 0.7, 0.9)[step % 5]  # mostly absent to mostly present
        drawn: dict[str, object] = {
            name: draw.random() < share if values == [False, True] else draw.choice(values)
            for name, values in choices.items()
        }
        for _ in range(3):  # what follows from what is so; three steps up are enough for the chains there are
            drawn.update({wider: True for each, wider in above if drawn[each]})
        yield drawn


def _implied(presents: dict[str, Present]) -> list[tuple[str, str]]:
    """Pairs of statements of which the first cannot hold without the second."""
    found = []
    for key, node in presents.items():
        for other_key, other in presents.items():
            if key == other_key or _OTHER_RELATION & {*node.qualifiers, *other.qualifiers}:
                continue
            if set(other.qualifiers) <= set(node.qualifiers) and _is_a(node, other):
                found.append((key, other_key))
    found += [
        (key, other_key)
        for key, node in presents.items()
        for other_key, other in presents.items()
        if "allergy" in node.qualifiers
        and other.concept.code == "hypersensitivity"
        and set(other.qualifiers) < set(node.qualifiers)
    ]
    return found


def _had(windows: dict[str, Present], presents: dict[str, Present]) -> list[tuple[str, str]]:
    """Pairs of a window and the past that follows from it: who had it last month had it."""
    return [
        (key, other_key)
        for key, node in windows.items()
        for other_key, other in presents.items()
        if _PAST & set(other.qualifiers)
        and set(other.qualifiers) - _PAST <= set(node.qualifiers)
        and _is_a(node, other)
    ]


def _is_a(node: Present, other: Present) -> bool:
    if node.concept.code == other.concept.code:
        return True
    return vocabulary().is_a(node.concept.code, other.concept.code)


def _leaves(tree: Tree) -> Iterator[Tree]:
    """What is decided as one: the leaves, and a window with what it holds."""
    if isinstance(tree, Within):
        if any(isinstance(node, Opaque) for node in walk(tree.child)):
            return  # unknown as a whole
        yield tree
    elif children(tree):
        for child in children(tree):
            yield from _leaves(child)
    else:
        yield tree


def _number_key(node: Compare) -> str:
    """Numbers that share a unit share a scale; of other units each bound stands alone."""
    limit = node.interval.unit if node.interval.unit in ("[ULN]", "[LLN]") else ""
    return f"{node.variable} {limit}"


def _interval(node: Compare) -> tuple[float | None, float | None]:
    known = variables().get(node.variable)

    def to(value: float | None) -> float | None:
        if value is None or known is None or node.interval.unit in ("", "[ULN]", "[LLN]"):
            return value
        try:
            return known.canonical(value, node.interval.unit)
        except ValueError:
            return value

    return to(node.interval.low), to(node.interval.high)


def _bounds(node: Compare) -> list[float]:
    return [float(bound) for bound in _interval(node) if bound is not None]


def _places(bounds: list[float]) -> Iterator[float]:
    """Each bound, and a number below, between and above."""
    yield bounds[0] - 1 if bounds else 0.0
    if not bounds:
        return
    for bound, following in itertools.pairwise([*bounds, bounds[-1] + 2]):
        yield bound
        yield (bound + following) / 2


def _decide(tree: Tree, world: _World) -> Truth:
    match tree:
        case Opaque():
            return Truth.UNKNOWN
        case Compare():
            low, high = _interval(tree)
            own = tree.interval
            scaled = Interval(low=low, high=high, unit="", low_open=own.low_open, high_open=own.high_open)
            value = world[_number_key(tree)]
            assert isinstance(value, (int, float))
            return Truth.of(scaled.contains(value))
        case OneOf():
            return Truth.of(world[tree.variable] in tree.values)
        case Present() | Within():
            told = world.get(canonical(tree))
            return Truth.UNKNOWN if told is None else Truth.of(bool(told))
        case Not():
            return ~_decide(tree.child, world)
        case All():
            return all_of([_decide(child, world) for child in tree.children])
        case Any_():
            return any_of([_decide(child, world) for child in tree.children])
        case AtLeast():
            return at_least(tree.count, [_decide(child, world) for child in tree.children])
        case When():
            return ~_decide(tree.condition, world) | _decide(tree.then, world)
        case _:
            assert_never(tree)
