"""What a trial looks for is not what keeps people out: "Neurodegenerative disorders" in a trial of Alzheimer's disease.

Comes in: all criteria of a trial, and what it studies. Goes out: the same, where a wider name that excludes, or that a
requirement denies, does not count the narrower one that is asked for or studied (`Present.excluding`): another disease
of that name is meant, another cancer, another transplant. Refuses to take out a name that is asked for and excluded in
the same words: nobody can say which of the two was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from accrual.basic import Code
from accrual.codes.concepts import vocabulary
from accrual.criteria.others import says_other
from accrual.criteria.spans import widened
from accrual.criteria.tree import All, Any_, AtLeast, Criterion, Not, Present, Tree, When, Within

MAX_SOUGHT = 50
"""Names that the requirements of one trial ask for; of a longer record none is taken out of anything."""


def spared(criteria: Sequence[Criterion], studied: Sequence[str] = ()) -> tuple[Criterion, ...]:
    """Return the criteria, each wider name that speaks against a patient without what the trial asks for.

    Args:
        studied: the conditions that the record says it studies, in its own words.

    Example:
        >>> from accrual.criteria.compile import compile_text
        >>> from accrual.criteria.render import canonical
        >>> text = "Inclusion Criteria:\\n\\n* Breast cancer\\n\\nExclusion Criteria:\\n\\n* History of cancer"
        >>> canonical(compile_text(text)[1].tree)
        '(present cancer "cancer" history (except breast-cancer "breast cancer"))'
    """
    sought = {
        leaf.concept: None for each in criteria if each.kind == "inclusion" for leaf in _asked(each.tree)
    }
    named = (vocabulary().lookup(words) for words in studied)
    sought.update((Code("accrual", one.id, one.name), None) for one in named if one is not None)
    if not sought or len(sought) > MAX_SOUGHT:
        return tuple(criteria)
    return tuple(
        msgspec.structs.replace(each, tree=_without(each.tree, each.kind == "exclusion", tuple(sought)))
        for each in criteria
    )


def _asked(tree: Tree) -> Iterator[Present]:
    """Yield what a requirement asks a patient to have."""
    match tree:
        case Present():
            if tree.concept.code in vocabulary().concepts:
                yield tree
        case All() | Any_() | AtLeast():
            for child in tree.children:
                yield from _asked(child)
        case Within():
            yield from _asked(tree.child)
        case When():
            yield from _asked(tree.then)
        case _:
            return


def _without(tree: Tree, against: bool, sought: tuple[Code, ...]) -> Tree:
    """Return the tree; `against` says whether what it claims speaks against the patient."""
    match tree:
        case Present():
            return _narrowed(tree, sought) if against else tree
        case All() | Any_() | AtLeast():
            children = tuple(_without(child, against, sought) for child in tree.children)
            if isinstance(tree, All) and any(
                new is not old for new, old in zip(children, tree.children, strict=True)
            ):
                children = tuple(
                    each for each in children if not says_other(each)
                )  # other than what is sought
                if len(children) == 1:
                    return widened(children[0], tree.span)
            return msgspec.structs.replace(tree, children=children)
        case Within():
            return msgspec.structs.replace(tree, child=_without(tree.child, against, sought))
        case Not():
            return msgspec.structs.replace(tree, child=_without(tree.child, not against, sought))
        case When():
            return msgspec.structs.replace(tree, then=_without(tree.then, against, sought))
        case _:
            return tree


def _narrowed(leaf: Present, sought: tuple[Code, ...]) -> Present:
    known, own = vocabulary(), leaf.concept.code
    kinds = tuple(
        kind
        for kind in sought
        if kind not in leaf.excluding and kind.code != own and known.is_a(kind.code, own)
    )
    return msgspec.structs.replace(leaf, excluding=leaf.excluding + kinds) if kinds else leaf
