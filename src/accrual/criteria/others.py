"""What "other" is other than: "uveitis or other eye disease" is any eye disease, uveitis among them.

Comes in: the tree of a criterion. Goes out: the same, without the doubt of an "other" whose first half is beside it.
Refuses nothing: where no kind of the wider name stands before it, or one that is narrowed ("uncontrolled hypertension
or other heart disease"), "other" stays in doubt.
"""

from __future__ import annotations

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.criteria.terms import PAST
from accrual.criteria.tree import All, Any_, Not, Opaque, Present, Tree, When, Within

_OTHER = frozenset(("other", "any other", "another", "others"))


def says_other(tree: Tree) -> bool:
    """Say whether words in doubt are nothing but "other"."""
    return isinstance(tree, Opaque) and tree.text.lower() in _OTHER


def with_others(tree: Tree) -> Tree:
    """Return the tree, "other" taken in where a kind of what it stands before is the alternative beside it.

    Example:
        >>> from accrual.basic import Code
        >>> one = Present(concept=Code("accrual", "hemophilia"))
        >>> wide = Present(concept=Code("accrual", "coagulopathy"))
        >>> with_others(Any_(children=(one, All(children=(wide, Opaque(text="other")))))).children[1] == wide
        True
    """
    match tree:
        case Not():
            return msgspec.structs.replace(tree, child=with_others(tree.child))
        case When():
            return msgspec.structs.replace(tree, then=with_others(tree.then))
        case All():
            return msgspec.structs.replace(tree, children=tuple(map(with_others, tree.children)))
        case Any_():
            return msgspec.structs.replace(
                tree,
                children=tuple(_taken_in(each, tree.children[:at]) for at, each in enumerate(tree.children)),
            )
        case _:
            return tree


def _taken_in(tree: Tree, before: tuple[Tree, ...]) -> Tree:
    if isinstance(tree, Within):
        same = tuple(each.child for each in before if isinstance(each, Within) and each.window == tree.window)
        return msgspec.structs.replace(tree, child=_taken_in(tree.child, same))
    if not isinstance(tree, All) or len(tree.children) != 2 or not says_other(tree.children[1]):
        return tree
    wide = tree.children[0]
    if isinstance(wide, Present) and any(_is_of(each, wide) for each in before):
        return msgspec.structs.replace(wide, span=tree.span)
    return tree


def _is_of(tree: Tree, wide: Present) -> bool:
    """Say whether a claim is of a kind of the wider name, and narrowed by no word that the wider one lacks."""
    return (
        isinstance(tree, Present)
        and not tree.excluding
        and tree.concept != wide.concept
        and set(tree.qualifiers) - PAST <= set(wide.qualifiers)
        and vocabulary().is_a(tree.concept.code, wide.concept.code)
    )
