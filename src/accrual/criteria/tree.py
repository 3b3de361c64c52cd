"""The eligibility tree: ten node shapes, and what a compiled criterion and a compiled trial are.

Comes in: nodes built by `accrual.criteria.phrases`. Goes out: frozen trees that `accrual.match` decides,
`accrual.criteria.render` writes, and JSON carries (`{"node": "compare", "span": [12, 20], ...}`).
Every node keeps its span in the source text. Spans stand outside equality and hashing: two nodes are equal when
they mean the same, wherever they were read.

An open vocabulary keeps the shapes few: `variable` is a row id of `codes/data/variables.tsv`, `Present.concept`
a row of `codes/data/concepts.tsv`, a qualifier a row of `codes/data/qualifiers.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import msgspec

from accrual.basic import Code, Interval, Span
from accrual.codes.wording import SYSTEM

NOWHERE = Span(0, 0)


class Node(
    msgspec.Struct, frozen=True, kw_only=True, eq=False, gc=False, tag_field="node", omit_defaults=True
):
    """Base of the ten shapes: a span, and equality that leaves the span out."""

    span: Span = NOWHERE

    def _meaning(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name != "span")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._meaning() == other._meaning()

    def __ne__(self, other: object) -> bool:  # msgspec's own would compare identity
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), self._meaning()))


class Compare(Node, frozen=True, eq=False, tag="compare"):
    """A number of the patient lies in an interval: age 12 to 65 a, hemoglobin ≥ 80 g/L.

    The interval's unit may be a multiple of the laboratory's limit: `[ULN]` (upper) or `[LLN]` (lower).
    """

    variable: str
    interval: Interval


class Present(Node, frozen=True, eq=False, tag="present"):
    """The patient has the condition, takes the drug, had the procedure; now, unless a qualifier says otherwise.

    The concept is a row of the vocabulary, or nothing but its words (system `text`, see `codes.wording`).
    `qualifiers` narrow it (`active`, `uncontrolled`, `history`): all must hold. `excluding` are kinds of it that do
    not count: a cancer other than a basal cell carcinoma.
    """

    concept: Code
    qualifiers: tuple[str, ...] = ()
    excluding: tuple[Code, ...] = ()


class OneOf(Node, frozen=True, eq=False, tag="one_of"):
    """A category of the patient is one of these: sex is female; consent is given; HIV test is positive."""

    variable: str
    values: tuple[str, ...]


Direction: TypeAlias = Literal["before", "after", "about", "throughout"]


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of time relative to an anchor.

    `distance` is how far from the anchor (unit `d`, `wk`, `mo`, `a` or `[half-life]`): 0 to 3 mo *before* enrolment
    is "within 3 months before"; 6 mo and more *before* is "more than 6 months ago"; 0 and more *after* is "since".
    *Throughout* 6 mo and more before is "for at least 6 months": all along, up to the anchor. The anchor is the
    trial's own word, folded to one of: screening, enrollment, treatment, randomization, now; or an event of the
    patient's own: diagnosis, surgery, transplant, symptom-onset, birth, relapse, last-dose, last-chemotherapy, …
    (`criteria.anchor_words`). A window of half-lives, or from the patient's own event, is undecided.
    """

    distance: Interval
    direction: Direction = "before"
    anchor: str = "enrollment"


class Within(Node, frozen=True, eq=False, tag="within"):
    """The child statement holds, or held, inside the window."""

    child: Tree
    window: Window


class Not(Node, frozen=True, eq=False, tag="not"):
    """The child statement does not hold."""

    child: Tree


class All(Node, frozen=True, eq=False, tag="all"):
    """Every child statement holds."""

    children: tuple[Tree, ...]


class Any_(Node, frozen=True, eq=False, tag="any"):  # noqa: N801 - `Any` is taken by typing
    """At least one child statement holds. Named with an underscore to leave `typing.Any` alone."""

    children: tuple[Tree, ...]


class AtLeast(Node, frozen=True, eq=False, tag="at_least"):
    """At least `count` of the child statements hold."""

    count: int
    children: tuple[Tree, ...]


class When(Node, frozen=True, eq=False, tag="when"):
    """If the condition holds then the child must; where the condition does not hold, the statement is true."""

    condition: Tree
    then: Tree


Reason: TypeAlias = Literal["", "subjective", "administrative"]
"""Why words stay text: not understood; left to somebody's judgement; said of the trial, not of the patient."""


class Opaque(Node, frozen=True, eq=False, tag="opaque"):
    """Words that stay text. They decide nothing: always UNKNOWN, shown and counted in public, with the reason."""

    text: str
    reason: Reason = ""


Tree: TypeAlias = Compare | Present | OneOf | Within | Not | All | Any_ | AtLeast | When | Opaque
"""Any node. A `match` over it with `assert_never` makes the type checker name every place to extend."""

Kind: TypeAlias = Literal["inclusion", "exclusion"]
Understood: TypeAlias = Literal["whole", "part", "none"]


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return a node's child nodes, in reading order."""
    match tree:
        case All() | Any_() | AtLeast():
            return tree.children
        case Not() | Within():
            return (tree.child,)
        case When():
            return (tree.condition, tree.then)
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield the node and everything below it, parents first."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def moved(tree: Tree, by: int, first: int, last: int | None = None) -> Tree:
    """Return the tree with its spans moved by `by`, none of them before `first`, nor behind `last`."""
    if not by and not first:
        return tree

    def at(span: Span) -> Span:
        start, end = max(first, span.start + by), max(first, span.end + by)
        return Span(start, end) if last is None else Span(min(last, start), min(last, end))

    match tree:
        case All() | Any_() | AtLeast():
            inner = tuple(moved(child, by, first, last) for child in tree.children)
            return msgspec.structs.replace(tree, children=inner, span=at(tree.span))
        case Not() | Within():
            return msgspec.structs.replace(tree, child=moved(tree.child, by, first, last), span=at(tree.span))
        case When():
            condition = moved(tree.condition, by, first, last)
            then = moved(tree.then, by, first, last)
            return When(condition=condition, then=then, span=at(tree.span))
        case _:
            return msgspec.structs.replace(tree, span=at(tree.span))


def understood(tree: Tree) -> Understood:
    """Say how much of a tree is understood: `none` if all leaves are Opaque, `whole` if no leaf is."""
    leaves = [isinstance(node, Opaque) for node in walk(tree) if not children(node)]
    return "none" if all(leaves) else "part" if any(leaves) else "whole"


def is_worded(tree: Tree) -> bool:
    """Say whether a leaf names its thing by the words alone, without a code: `(present text|…)`."""
    return isinstance(tree, Present) and tree.concept.system == SYSTEM


def rightly_text(tree: Tree) -> bool:
    """Say whether a tree is text and should be: each leaf is a judgement, or said of the trial.

    Example:
        >>> rightly_text(Opaque(text="in the opinion of the investigator", reason="subjective"))
        True
    """
    return all(isinstance(node, Opaque) and bool(node.reason) for node in walk(tree) if not children(node))


def rests_on_words(tree: Tree) -> bool:
    """Say whether a tree has a leaf that names its thing, or what is measured, by the words alone.

    Example:
        >>> rests_on_words(Present(concept=Code("text", "condition:facet-cyst", "facet cyst")))
        True
    """
    own = f"{SYSTEM}|"
    return any(
        is_worded(node) or (isinstance(node, Compare) and node.variable.startswith(own))
        for node in walk(tree)
    )


MentionKind: TypeAlias = Literal[
    "condition",
    "drug",
    "procedure",
    "measurement",
    "observation",
    "age",
    "sex",
    "person",
    "value",
    "time",
    "status",
    "history",
    "negation",
    "qualifier",
]


class Mention(msgspec.Struct, frozen=True, gc=False):
    """A span of the criteria text that names something: what kind of thing, its code, whether it is negated."""

    kind: MentionKind
    start: int
    end: int
    text: str
    code: Code | None = None
    negated: bool = False


class Group(msgspec.Struct, frozen=True):
    """A part of the trial or of its people with criteria of its own, by its kind and its names: cohort A and B.

    `closed`: there are surely no other groups of the kind. See `criteria.groups`.
    """

    kind: str
    names: tuple[str, ...]
    closed: bool = False


class Criterion(msgspec.Struct, frozen=True):
    """One compiled criterion: `text` is `source[start:end]`, `tree` says what the words claim of a patient.

    For an exclusion the tree is the claim that excludes: "Pregnant women" compiles to *is pregnant*.
    `heading` is the sub-heading or lead-in it stands under ("Cohort A only"), if any.
    """

    kind: Kind
    text: str
    start: int
    end: int
    tree: Tree
    heading: str = ""
    group: Group | None = None
    """The group it is asked of; None: of everybody."""

    @property
    def understood(self) -> Understood:
        """How much of the criterion is understood."""
        return understood(self.tree)

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """What the words name, in reading order; read when asked for, as no verdict needs it."""
        from accrual.criteria.mention import mentions_of  # it stands on the lexer, and the lexer on this file

        return mentions_of(self.text, self.start, self.tree)


class FieldCriterion(msgspec.Struct, frozen=True):
    """A criterion from a structured field of the record: `minimumAge`, `maximumAge`, `sex`, `healthyVolunteers`."""

    field: str
    text: str
    tree: Tree


class CompiledTrial(msgspec.Struct, frozen=True):
    """All eligibility of one trial: its criteria text in reading order, and its structured fields."""

    nct_id: str
    criteria: tuple[Criterion, ...] = ()
    fields: tuple[FieldCriterion, ...] = ()
