"""Whose words are whose: spans of a tree made to cover the words that it understood.

Comes in: a tree, and a stretch of the text. Goes out: the same tree with wider spans; its meaning does not change.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.criteria.tree import All, Any_, AtLeast, Not, Tree, When, Within, children, walk


def widened(tree: Tree, more: Span) -> Tree:
    """Return the tree with `more` counted to its own words, down to the leaf that they repeat."""
    tree = msgspec.structs.replace(tree, span=tree.span | more)
    match tree:
        case All() if tree.children:
            return msgspec.structs.replace(
                tree, children=(widened(tree.children[0], more), *tree.children[1:])
            )
        case Any_() if tree.children:
            return msgspec.structs.replace(
                tree, children=(*tree.children[:-1], widened(tree.children[-1], more))
            )
        case _:
            return tree


def spread_over(tree: Tree, span: Span) -> Tree:
    """Return the tree with each word of `span` under one of its leaves: a leaf reaches to where the next one starts.

    For claims that understood the words between their leaves too: "if liver metastases are present", "defined as".
    """
    spans = sorted({(node.span.start, node.span.end) for node in walk(tree) if not children(node)})
    reach: dict[tuple[int, int], Span] = {}
    for index, (start, end) in enumerate(spans):
        following = spans[index + 1][0] if index + 1 < len(spans) else span.end
        reach[start, end] = Span(span.start if index == 0 else start, max(end, following))

    def spread(node: Tree) -> Tree:
        match node:
            case All() | Any_() | AtLeast():
                below = tuple(spread(child) for child in node.children)
                return msgspec.structs.replace(node, children=below, span=node.span | span)
            case Not() | Within():
                return msgspec.structs.replace(node, child=spread(node.child))
            case When():
                return msgspec.structs.replace(
                    node, condition=spread(node.condition), then=spread(node.then), span=node.span | span
                )
            case _:
                return msgspec.structs.replace(node, span=reach[node.span.start, node.span.end])

    return spread(tree)


def put_at(tree: Tree, span: Span) -> Tree:
    """Return the tree with every node at `span`: for a sentence that does not stand in the text as it was read."""
    match tree:
        case All() | Any_() | AtLeast():
            below = tuple(put_at(child, span) for child in tree.children)
            return msgspec.structs.replace(tree, children=below, span=span)
        case Not() | Within():
            return msgspec.structs.replace(tree, child=put_at(tree.child, span), span=span)
        case When():
            return When(condition=put_at(tree.condition, span), then=put_at(tree.then, span), span=span)
        case _:
            return msgspec.structs.replace(tree, span=span)
