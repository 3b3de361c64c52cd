"""What a claim is of: whether a window may stand with it, whether it is narrowed, of what kind its examples are.

Comes in: trees and terms of one clause. Goes out: yes or no, for `reader.py`. Refuses nothing.
"""

from __future__ import annotations

from accrual.basic import Interval
from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import PLACES, RELATIONS
from accrual.criteria.pieces import Piece
from accrual.criteria.terms import Term
from accrual.criteria.tree import All, Any_, Not, Opaque, Present, Tree, Within, children, is_worded, walk

EVER = Interval(0, None, unit="d")
"""At any time."""


def takes_window(term: Term, item: Piece) -> bool:
    """Say whether a window that is no plain distance may stand with a claim: only what a patient has or takes."""
    window = item.window
    plain = window is not None and window.direction != "throughout" and window.distance != EVER
    if window is not None and window.direction == "throughout" and was_given(term.node):
        return False  # "history of treatment for 3 months": not the 3 months up to now
    return plain or (term.group == "present" and not term.doubt and not isinstance(term.node, Not))


def is_illness(tree: Tree) -> bool:
    """Say whether a tree is one condition of the vocabulary."""
    concept = vocabulary().concepts.get(tree.concept.code) if isinstance(tree, Present) else None
    return concept is not None and concept.kind == "condition"


def was_given(tree: Tree) -> bool:
    """Say whether a tree claims what was given once: in the past, or in an eye."""
    once = {"prior", *PLACES}
    return any(isinstance(node, Present) and not once.isdisjoint(node.qualifiers) for node in walk(tree))


def kinds_of(examples: Tree, head: Tree) -> bool:
    """Say whether each example is a kind of the head; what qualifies the head would be missing on it."""
    if not isinstance(head, Present) or head.qualifiers:
        return False
    return all(
        isinstance(node, (Any_, All, Opaque))
        or is_worded(node)  # an example that the text itself gives
        or (
            isinstance(node, Present)
            and not node.qualifiers
            and vocabulary().is_a(node.concept.code, head.concept.code)
        )
        for node in walk(examples)
    )


def kinds_named(examples: Tree, head: Tree) -> bool:
    """Say whether examples are nothing but kinds of a head, which then says all that they do."""
    if not isinstance(head, Present):
        return False
    told = head.qualifiers or any(isinstance(node, All) for node in walk(examples))
    return bool(told) and all(
        isinstance(node, (Any_, All))
        or (isinstance(node, Opaque) and node.text in ("and", ","))
        or (
            isinstance(node, Present)
            and RELATIONS.isdisjoint(node.qualifiers)
            and vocabulary().is_a(node.concept.code, head.concept.code)
        )
        for node in walk(examples)
    )


def is_narrowed(node: Tree) -> bool:
    """Say whether a window or words in doubt stand with a claim."""
    return isinstance(node, Within) or (
        isinstance(node, All)
        and any(isinstance(child, Opaque) or is_worded(child) for child in node.children)
    )


def ever_done(tree: Tree) -> bool:
    """Say whether a tree claims a procedure at no stated time, which is one at any time."""
    if isinstance(tree, Within):
        return False
    if isinstance(tree, Present):
        concept = vocabulary().concepts.get(tree.concept.code)
        return concept is not None and concept.kind == "procedure"
    return any(ever_done(child) for child in children(tree))


def says_again(told: Tree | None, bracket: Tree | None) -> bool:
    """Say whether a bracket only repeats the name before it: "acute or chronic graft-versus-host disease (GVHD)"."""
    if told == bracket:
        return True
    if told is None or not isinstance(bracket, Present) or bracket.qualifiers:
        return False
    return any(
        isinstance(node, Present) and vocabulary().is_a(node.concept.code, bracket.concept.code)
        for node in walk(told)
    )
