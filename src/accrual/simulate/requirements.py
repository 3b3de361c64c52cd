"""What a trial asks of a person, one requirement after the other: what a screening funnel counts, drops and relaxes.

Comes in: compiled criteria. Goes out: `Requirement`s, trees that must hold, in reading order. Refuses
(SimulationError): a limit that a requirement does not have, one that would ask for more than before, criteria of
which none is asked of anybody.

Together the requirements are the trial's own verdict: who meets all is eligible, whom one refutes is not. A
structured field of the record (`minimumAge`) belongs to the criterion of the text that speaks of the same, and of
nothing but such things: to drop "Age 12-65" and keep the field would change nothing. Groups of one kind are one
requirement, of which one group is enough. What is asked of other people (a donor) is no requirement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from accrual.codes.variables import variable_of
from accrual.criteria.groups import alternatives
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    FieldCriterion,
    Kind,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    Understood,
    When,
    Within,
    children,
    understood,
    walk,
)
from accrual.errors import SimulationError
from accrual.match.fold import Leaf, Windows, folded
from accrual.match.timing import UNIT_WORDS

RequirementKind: TypeAlias = Kind | Literal["groups", "field"]
End: TypeAlias = Literal["low", "high"]

_OF_FIELDS: Final = frozenset(
    ("age", "sex", "healthy-volunteer")
)  # what structured fields of a record speak of
_FIELD_WORDS: Final = {  # how a field of the record reads beside criteria
    "minimumAge": "Minimum age: {}",
    "maximumAge": "Maximum age: {}",
    "sex": "Sex: {}",
    "healthyVolunteers": "Healthy volunteers: {}",
}


class Requirement(msgspec.Struct, frozen=True):
    """One thing that is asked: a criterion, the groups of one kind, or fields of the record."""

    id: str
    """"1", "2", … in reading order; fields that stand alone come last."""
    kind: RequirementKind
    text: str
    """The record's words; of an exclusion too: what excludes."""
    tree: Tree
    """What must hold: of an exclusion its negation."""
    fields: tuple[str, ...] = ()
    """Fields of the record that ask for the same and are decided with it."""
    start: int = 0
    end: int = 0
    """Offsets of a criterion in the record's criteria text; 0 and 0 for all else."""

    @property
    def understood(self) -> Understood:
        """How much of it is understood; what is not decides nothing."""
        return understood(self.tree)


class Limit(msgspec.Struct, frozen=True):
    """One number of a requirement that could be another: "karnofsky at least 60"."""

    requirement: str
    variable: str
    end: End
    """Whether it is the lower or the upper end of an interval."""
    value: float
    unit: str
    is_open: bool
    """The number itself does not count."""
    excludes: bool
    """It is the interval that rules out; then a narrower one asks for less."""

    @property
    def words(self) -> str:
        """What is asked, in a few words: "Karnofsky performance status ≥ 60"."""
        above = (self.end == "low") != self.excludes
        kept = self.is_open != self.excludes
        sign = (">" if kept else "≥") if above else ("<" if kept else "≤")
        variable, unit = variable_of(self.variable), UNIT_WORDS.get(self.unit, self.unit)
        return f"{variable.name if variable else self.variable} {sign} {self.value:g} {unit}".rstrip()


def requirements_of(compiled: CompiledTrial) -> tuple[Requirement, ...]:
    """Return what a trial asks of a person.

    Raises:
        SimulationError: nothing of its text is asked of the person.

    Example:
        >>> [one.text for one in requirements_of(compiled)][:2]
        ['Age 12-65', 'Sign informed consent']
    """
    own = [each for each in compiled.criteria if each.group is None]
    grouped = alternatives(compiled.criteria)
    if not own and not grouped:
        raise SimulationError(
            f"{compiled.nct_id}: the record has no eligibility criteria: nobody can be screened by it"
        )
    left = list(compiled.fields)
    found: list[Requirement] = []
    for each in own:
        tree: Tree = each.tree if each.kind == "inclusion" else Not(child=each.tree)
        joined = [field for field in left if _belongs(field.tree, tree)]
        left = [field for field in left if field not in joined]
        found.append(
            Requirement(
                str(len(found) + 1),
                each.kind,
                each.text,
                All(children=(tree, *(field.tree for field in joined))) if joined else tree,
                tuple(field.field for field in joined),
                each.start,
                each.end,
            )
        )
    for groups in grouped:
        words = f"One {groups.kind} of: {', '.join(groups.names)}"
        found.append(Requirement(str(len(found) + 1), "groups", words, groups.tree))
    for same in _by_subject(left):
        words = "; ".join(_FIELD_WORDS.get(field.field, "{}").format(field.text) for field in same)
        tree = All(children=tuple(field.tree for field in same)) if len(same) > 1 else same[0].tree
        names = tuple(field.field for field in same)
        found.append(Requirement(str(len(found) + 1), "field", words, tree, names))
    return tuple(found)


def limits_of(requirements: Sequence[Requirement]) -> tuple[Limit, ...]:
    """Return every number of the requirements that could be relaxed, each once, in reading order.

    Example:
        >>> [limit.words for limit in limits_of(requirements)][:2]
        ['age ≥ 12 a', 'age ≤ 65 a']
    """
    found: dict[Limit, None] = {}
    for requirement in requirements:
        for leaf, excludes in _compared(requirement.tree):
            found.update(dict.fromkeys(_ends(requirement.id, leaf, excludes)))
    return tuple(found)


def relaxed(
    requirement: Requirement, to: float, variable: str = "", end: End | None = None
) -> tuple[Requirement, Limit]:
    """Return the requirement with another limit, and the limit that it had.

    Arguments:
        to: the new limit, in the unit of the old one.
        variable: which number is meant, where the requirement has several.
        end: which end of an interval is meant, where it has both; else the one that `to` relaxes.

    Raises:
        SimulationError: no such limit, several that fit, or a number that asks for more than before.

    Example:
        >>> relaxed(requirements[4], 50)[1].words
        'Karnofsky performance status ≥ 60'
    """
    where = f"criterion {requirement.id} ({shortened(requirement.text)})"
    limits = [
        limit
        for limit in limits_of([requirement])
        if variable in ("", limit.variable) and end in (None, limit.end)
    ]
    if not math.isfinite(to):
        raise SimulationError(f"{where}: {to} is no limit: give a number")
    if not limits:
        named = f" of {variable}" if variable else ""
        raise SimulationError(f"{where}: it has no numeric limit{named}: it can only be dropped")
    wider = [limit for limit in limits if _asks_less(limit, to)]
    if not wider:
        had = " and ".join(dict.fromkeys(limit.words for limit in limits))
        raise SimulationError(f"{where}: {to:g} does not ask for less than {had}: give a limit that does")
    if len({(limit.variable, limit.end, limit.unit) for limit in wider}) > 1:
        had = ", ".join(f"{limit.variable} ({limit.end}: {limit.words})" for limit in wider)
        raise SimulationError(f"{where}: several limits could be {to:g}: say the variable and the end: {had}")
    meant = wider[0]
    tree = _with_limit(requirement.tree, meant, to, False)
    return msgspec.structs.replace(requirement, tree=tree), meant


def shortened(text: str, most: int = 60) -> str:
    """Return a criterion's words for an error or a row, no longer than `most` characters.

    Example:
        >>> shortened("Karnofsky score of at least sixty", 15)
        'Karnofsky scor…'
    """
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _about(tree: Tree) -> frozenset[str]:
    """The variables that the leaves of a tree are about; "" for what is no variable."""
    return frozenset(
        leaf.variable if isinstance(leaf, Compare | OneOf) else ""
        for leaf in walk(tree)
        if not children(leaf)
    )


def _belongs(field: Tree, tree: Tree) -> bool:
    """Say whether a criterion speaks of the same as a field, and of nothing that no field speaks of.

    "Women aged 18 to 65" takes the fields of age and sex; "age 18 or older with ECOG 0" takes none.
    """
    return _about(field) <= _about(tree) <= _OF_FIELDS


def _by_subject(fields: Sequence[FieldCriterion]) -> list[list[FieldCriterion]]:
    found: dict[str, list[FieldCriterion]] = {}
    for field in fields:
        found.setdefault(" ".join(sorted(_about(field.tree))), []).append(field)
    return list(found.values())


def _compared(tree: Tree) -> list[tuple[Compare, bool]]:
    """The numeric leaves of a tree, each with whether its YES rules out."""
    found: list[tuple[Compare, bool]] = []

    def keep(leaf: Leaf, windows: Windows, against: bool) -> None:
        if isinstance(leaf, Compare):
            found.append((leaf, against))

    folded(tree, (), False, keep, lambda op, count, parts: None)
    return found


def _ends(requirement: str, leaf: Compare, excludes: bool) -> list[Limit]:
    held = leaf.interval
    ends: tuple[tuple[End, float | None, bool], ...] = (
        ("low", held.low, held.low_open),
        ("high", held.high, held.high_open),
    )
    return [
        Limit(requirement, leaf.variable, end, value, held.unit, is_open, excludes)
        for end, value, is_open in ends
        if value is not None
    ]


def _asks_less(limit: Limit, to: float) -> bool:
    """Whether the new number makes the interval wider, or narrower where it is the interval that rules out."""
    wider = to < limit.value if limit.end == "low" else to > limit.value
    narrower = to > limit.value if limit.end == "low" else to < limit.value
    return narrower if limit.excludes else wider


def _with_limit(tree: Tree, limit: Limit, to: float, excludes: bool) -> Tree:
    """The tree with another number wherever it has such a limit and `to` asks for less."""

    def below(child: Tree, turned: bool = False) -> Tree:
        return _with_limit(child, limit, to, excludes is not turned)

    match tree:
        case Compare():
            return _leaf_with_limit(tree, limit, to, excludes)
        case Present() | OneOf() | Opaque():
            return tree
        case Within():
            return msgspec.structs.replace(tree, child=below(tree.child))
        case Not():
            return msgspec.structs.replace(tree, child=below(tree.child, turned=True))
        case All() | Any_() | AtLeast():
            return msgspec.structs.replace(tree, children=tuple(below(child) for child in tree.children))
        case When():
            return msgspec.structs.replace(
                tree, condition=below(tree.condition, turned=True), then=below(tree.then)
            )
        case _:
            assert_never(tree)


def _leaf_with_limit(leaf: Compare, limit: Limit, to: float, excludes: bool) -> Compare:
    held = leaf.interval
    if (leaf.variable, held.unit, excludes) != (limit.variable, limit.unit, limit.excludes):
        return leaf
    if not any(one.end == limit.end and _asks_less(one, to) for one in _ends("", leaf, excludes)):
        return leaf
    other = held.high if limit.end == "low" else held.low
    if other is not None and (to > other if limit.end == "low" else to < other):
        raise SimulationError(
            f"criterion {limit.requirement}: with {to:g} nobody is ruled out by {limit.variable}: drop it instead"
        )
    interval = (
        msgspec.structs.replace(held, low=to)
        if limit.end == "low"
        else msgspec.structs.replace(held, high=to)
    )
    return msgspec.structs.replace(leaf, interval=interval)
