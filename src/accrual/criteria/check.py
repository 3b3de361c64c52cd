"""Lints on compiled criteria: what the reader of a trial, or the author of a phrase family, should look at.

Comes in: a compiled trial. Goes out: findings, each with a severity, a rule, and the span it is about. Refuses
nothing, changes nothing. `CHECKS` is the list of rules; each is one function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Interval, Span
from accrual.codes.variables import Variable, variables
from accrual.criteria.groups import asked_of_all
from accrual.criteria.lexer import lex
from accrual.criteria.render import canonical, english
from accrual.criteria.signs import plain
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    Group,
    Not,
    OneOf,
    Opaque,
    Tree,
    understood,
    walk,
)
from accrual.errors import UnitError

MAX_CRITERION = 8_000
"""Characters; a longer stretch is prose and is not looked into."""
NEAR = 5
"""Lexemes after a name within which its value stands."""

Severity: TypeAlias = Literal["error", "warning", "note"]


class Finding(msgspec.Struct, frozen=True):
    """One thing to look at; `span` is in the criteria text, (0, 0) for a structured field."""

    severity: Severity
    rule: str
    message: str
    span: Span


Check: TypeAlias = Callable[[CompiledTrial], Iterator[Finding]]


def contradictory_bounds(trial: CompiledTrial) -> Iterator[Finding]:
    """Bounds of one variable that no value meets: "age over 65 and under 18" asked for together."""
    for criterion in trial.criteria:
        for node in walk(criterion.tree):
            if not isinstance(node, All):
                continue
            bounds = [child for child in node.children if isinstance(child, Compare)]
            for index, one in enumerate(bounds):
                for other in bounds[index + 1 :]:
                    if one.variable == other.variable and _apart(one.interval, other.interval):
                        message = f"no value is both: {english(one)}; {english(other)}"
                        yield Finding("error", "contradictory-bounds", message, node.span)


def _apart(one: Interval, other: Interval) -> bool:
    if one.unit != other.unit:
        return False
    return _below(one, other) or _below(other, one)


def _below(one: Interval, other: Interval) -> bool:
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and (one.high_open or other.low_open))


def impossible_value(trial: CompiledTrial) -> Iterator[Finding]:
    """A bound outside the variable's possible range: a slip of the pen or of the unit."""
    for tree, span in _trees(trial):
        for node in walk(tree):
            if not isinstance(node, Compare) or node.interval.unit in ("[ULN]", "[LLN]"):
                continue
            variable = variables().get(node.variable)
            for bound in (node.interval.low, node.interval.high):
                if bound is None or variable is None:
                    continue
                try:
                    possible = variable.is_possible(variable.canonical(bound, node.interval.unit))
                except UnitError:
                    possible = False
                if not possible:
                    message = f"{bound:g} {node.interval.unit} is not possible for {variable.name}"
                    yield Finding("error", "impossible-value", message, span or node.span)


def inclusion_is_exclusion(trial: CompiledTrial) -> Iterator[Finding]:
    """The same claim is asked for and excludes: nobody could enter."""
    common = asked_of_all(trial.criteria)
    asked = {criterion.tree: criterion for criterion in common if criterion.kind == "inclusion"}
    for criterion in common:
        if (
            criterion.kind == "exclusion"
            and criterion.tree in asked
            and understood(criterion.tree) == "whole"
        ):
            message = f"asked for and excluded: {english(criterion.tree)}"
            yield Finding("error", "inclusion-is-exclusion", message, Span(criterion.start, criterion.end))


def said_twice(trial: CompiledTrial) -> Iterator[Finding]:
    """The same claim twice in one section."""
    seen: set[tuple[str, Group | None, Tree]] = set()
    for criterion in trial.criteria:
        key = (criterion.kind, criterion.group, criterion.tree)
        if key in seen and not isinstance(criterion.tree, Opaque):
            yield Finding(
                "note", "said-twice", canonical(criterion.tree), Span(criterion.start, criterion.end)
            )
        seen.add(key)


def too_many_needed(trial: CompiledTrial) -> Iterator[Finding]:
    """ "At least 3 of the following" with fewer than three under it: the list was cut."""
    for criterion in trial.criteria:
        for node in walk(criterion.tree):
            if isinstance(node, AtLeast) and node.count > len(node.children):
                message = f"{node.count} needed of {len(node.children)}"
                yield Finding("error", "too-many-needed", message, node.span)


def negated_exclusion(trial: CompiledTrial) -> Iterator[Finding]:
    """An exclusion that is wholly a negation often is a requirement in the wrong list: "No informed consent"."""
    for criterion in trial.criteria:
        if criterion.kind == "exclusion" and isinstance(criterion.tree, Not):
            message = f"excludes who does not have it: {english(criterion.tree.child)}"
            yield Finding("warning", "negated-exclusion", message, Span(criterion.start, criterion.end))


def field_disagrees(trial: CompiledTrial) -> Iterator[Finding]:
    """The text's age or sex and the record's own field have nothing in common, or other bounds."""
    for part in _demands(trial):
        for field in trial.fields:
            own = field.tree
            if isinstance(part, Compare) and isinstance(own, Compare) and part.variable == own.variable:
                apart, differs = _apart(part.interval, own.interval), _differs(part.interval, own.interval)
            elif isinstance(part, OneOf) and isinstance(own, OneOf) and part.variable == own.variable:
                apart, differs = not set(part.values) & set(own.values), set(part.values) != set(own.values)
            else:
                continue
            if apart or differs:
                message = f"the text says {english(part)}, the field {field.field} says {english(own)}"
                yield Finding("error" if apart else "warning", "field-disagrees", message, part.span)


def _demands(trial: CompiledTrial) -> Iterator[Tree]:
    """What every participant must meet: requirements, and the parts of those that ask several things."""
    for criterion in asked_of_all(trial.criteria):
        if criterion.kind == "inclusion":
            yield from criterion.tree.children if isinstance(criterion.tree, All) else (criterion.tree,)


def _differs(text: Interval, field: Interval) -> bool:
    """Say whether a bound that both give is not the same number; a field holds one bound, the text may hold two."""
    return any(
        one is not None and other is not None and one != other
        for one, other in ((text.low, field.low), (text.high, field.high))
        if text.unit == field.unit
    )


def exclusion_repeats_inclusion(trial: CompiledTrial) -> Iterator[Finding]:
    """What is asked for excludes again, the other way round: "age 18 or older", and "age under 18" excluded."""
    asked = set(_demands(trial))
    for criterion in asked_of_all(trial.criteria):
        if criterion.kind == "exclusion" and _turned(criterion.tree) & asked:
            message = f"asked for already, as its opposite: {english(criterion.tree)}"
            yield Finding(
                "note", "exclusion-repeats-inclusion", message, Span(criterion.start, criterion.end)
            )


def _turned(tree: Tree) -> set[Tree]:
    """The claims that hold just where this one does not."""
    if isinstance(tree, Not):
        return {tree.child}
    found: set[Tree] = {Not(child=tree)}
    if isinstance(tree, OneOf) and tree.values in (("yes",), ("no",)):
        found.add(OneOf(variable=tree.variable, values=("no",) if tree.values == ("yes",) else ("yes",)))
    if isinstance(tree, Compare) and (tree.interval.low is None) != (tree.interval.high is None):
        own = tree.interval
        turned = Interval(
            low=own.high, high=own.low, low_open=not own.high_open and own.high is not None,
            high_open=not own.low_open and own.low is not None, unit=own.unit,
        )  # fmt: skip
        found.add(Compare(variable=tree.variable, interval=turned))
    return found


def empty_section(trial: CompiledTrial) -> Iterator[Finding]:
    """Requirements without exclusions, or the reverse: a section was lost, or its heading was not seen."""
    kinds = {criterion.kind for criterion in trial.criteria}
    for kind in ("inclusion", "exclusion"):
        if kinds and kind not in kinds:
            yield Finding("note", "empty-section", f"no {kind} criteria are listed", Span(0, 0))


def unit_does_not_fit(trial: CompiledTrial) -> Iterator[Finding]:
    """A value in a unit that does not measure the analyte: "hemoglobin at least 9 mmHg". It was left not understood."""
    for criterion in trial.criteria:
        for node in walk(criterion.tree):
            if not isinstance(node, Opaque) or len(node.text) > MAX_CRITERION:
                continue
            lexemes = lex(plain(node.text))
            for at, lexeme in enumerate(lexemes):
                if lexeme.variable is None or lexeme.variable.kind != "number":
                    continue
                near = lexemes[at + 1 : at + 1 + NEAR]
                for number, unit in pairwise(near):
                    if number.kind == "number" and unit.kind == "unit" and number.value is not None:
                        if not _fits(lexeme.variable, number.value, unit.payload):
                            message = f"{lexeme.low} is not measured in {unit.low}"
                            yield Finding("warning", "unit-does-not-fit", message, node.span)
                        break


def _fits(variable: Variable, value: float, unit: str) -> bool:
    if unit in ("[ULN]", "[LLN]"):
        return True
    try:
        variable.canonical(value, unit)
    except UnitError:
        return False
    return True


def empty_group(trial: CompiledTrial) -> Iterator[Finding]:
    """All or Any of nothing: a fault of the compiler itself."""
    for criterion in trial.criteria:
        for node in walk(criterion.tree):
            if isinstance(node, (All, Any_)) and not node.children:
                yield Finding("error", "empty-group", "All or Any without children", node.span)


CHECKS: tuple[Check, ...] = (
    contradictory_bounds,
    impossible_value,
    inclusion_is_exclusion,
    said_twice,
    too_many_needed,
    negated_exclusion,
    exclusion_repeats_inclusion,
    field_disagrees,
    unit_does_not_fit,
    empty_section,
    empty_group,
)


def _trees(trial: CompiledTrial) -> Iterator[tuple[Tree, Span | None]]:
    for criterion in trial.criteria:
        yield criterion.tree, None
    for field in trial.fields:
        yield field.tree, Span(0, 0)


def check(trial: CompiledTrial) -> tuple[Finding, ...]:
    """Return what all checks find, in the order of `CHECKS`."""
    return tuple(finding for rule in CHECKS for finding in rule(trial))
