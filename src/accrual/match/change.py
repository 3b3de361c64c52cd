"""What would have to change for a trial that rules a patient out, and whether it is a matter of time.

Comes in: a compiled trial, a `Screener` of the patient as of today. Goes out: a `Change`: the criteria in the way,
each with its proof, with the fewest of its statements that would have to change, and with the first day on which it
no longer stands in the way. None where nothing rules the patient out. Refuses nothing.

A matter of time is only what the calendar settles with the same facts and nothing new: an age, and a recorded event
that leaves a window ("no prednisone within 4 weeks"). Days are found from the facts' dates, the windows and the birth
date, and each is checked: the criterion no longer stands in the way on that day (see `accrual.match.later`), and
still does on the day before. That a value goes stale, a denial grows old or a plan comes true is no such day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import assert_never

from accrual.criteria.groups import OTHERS
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    Criterion,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Within,
)
from accrual.match.evaluate import Screener
from accrual.match.fold import Leaf, Windows, combined
from accrual.match.later import Later
from accrual.match.verdict import Change, CriterionVerdict, FieldVerdict, Obstacle, Screening
from accrual.truth import Truth

Moves = tuple[Leaf, ...]
"""Leaves that would all have to change."""


def change(screener: Screener, trial: CompiledTrial, screening: Screening | None = None) -> Change | None:
    """Return what would have to change; None where nothing rules the patient out.

    Arguments:
        screening: the trial already decided by the same screener.

    Example:
        >>> change(Screener(patient, date(2026, 11, 22)), trial).obstacles[0].day
        datetime.date(2026, 12, 14)
    """
    decided = screening or screener.screen(trial)
    if decided.verdict != "ineligible":
        return None
    later = Later(screener)
    obstacles: list[Obstacle] = []
    all_demands: list[Tree] = []
    for field, told in zip(trial.fields, decided.fields, strict=True):
        all_demands.append(field.tree)
        if told.holds is Truth.NO:
            obstacles.append(_obstacle(field.tree, told, later))
    own: list[tuple[Criterion, CriterionVerdict]] = []
    kinds: dict[str, dict[str, list[tuple[Criterion, CriterionVerdict]]]] = {}
    for criterion, verdict in zip(trial.criteria, decided.criteria, strict=True):
        if criterion.group is None:
            own.append((criterion, verdict))
        elif criterion.group.kind != OTHERS:
            for name in criterion.group.names:
                kinds.setdefault(criterion.group.kind, {}).setdefault(name, []).append((criterion, verdict))
    obstacles += _in_the_way(own, later)
    all_demands += [demand(criterion) for criterion, _ in own]
    shut = {groups.kind for groups in decided.groups if groups.holds is Truth.NO}
    for kind, groups in kinds.items():
        trees = [All(children=tuple(demand(one) for one, _ in members)) for members in groups.values()]
        if kind in shut:  # one group is enough: the one with the fewest criteria in the way
            all_demands.append(Any_(children=tuple(trees)))
            ways: list[list[Obstacle]] = [_in_the_way(members, later) for members in groups.values()]
            nearest = min(ways, key=_effort)
            obstacles += nearest
    obstacles.sort(key=lambda one: (one.kind != "field", one.start))
    whole = All(children=tuple(all_demands))
    return Change(tuple(obstacles), later.opens(whole), later.never(whole))


def demand(criterion: Criterion) -> Tree:
    """Return what a criterion asks of a patient, as a tree that must hold."""
    return criterion.tree if criterion.kind == "inclusion" else Not(child=criterion.tree)


def _in_the_way(pairs: Iterable[tuple[Criterion, CriterionVerdict]], later: Later) -> list[Obstacle]:
    found = []
    for criterion, verdict in pairs:
        held = verdict.holds if criterion.kind == "inclusion" else ~verdict.holds
        if held is Truth.NO:
            found.append(_obstacle(demand(criterion), verdict, later))
    return found


def _effort(obstacles: list[Obstacle]) -> tuple[int, int, date, int]:
    """How much stands in the way: what lasts for ever first, then how many, then how long it takes."""
    days = [one.day for one in obstacles]
    return (
        sum(one.lasting for one in obstacles),
        len(obstacles),
        max((day or date.max for day in days), default=date.min),
        sum(len(one.quotes) for one in obstacles),
    )


def _obstacle(tree: Tree, verdict: CriterionVerdict | FieldVerdict, later: Later) -> Obstacle:
    day, lasting = later.opens(tree), later.never(tree)
    if isinstance(verdict, FieldVerdict):
        return Obstacle(
            "field", verdict.text, 0, 0, verdict.field, evidence=verdict.evidence, day=day, lasting=lasting
        )
    text, start = verdict.text, verdict.start
    quotes: dict[str, None] = {}
    for leaf in fewest(tree, later.screener) or ():
        first, last = leaf.span.start, leaf.span.end
        inside = start <= first < last <= verdict.end
        quotes[text[first - start : last - start] if inside else text] = None
    return Obstacle(
        verdict.kind,
        text,
        start,
        verdict.end,
        group=verdict.group,
        quotes=tuple(quotes),
        evidence=verdict.evidence,
        day=day,
        lasting=lasting,
    )


def fewest(tree: Tree, screener: Screener) -> Moves | None:
    """Return the fewest leaves that would have to change for a tree to be no longer NO; None where none can.

    Of alternatives, the ones that take the fewest, and among equals the first in reading order.
    """
    return _moves(tree, (), Truth.NO, screener)


def _moves(tree: Tree, windows: Windows, away: Truth, screener: Screener) -> Moves | None:
    """Return the fewest leaves to change for a tree to be no longer `away`."""

    def below(child: Tree, other: Truth = away) -> Moves | None:
        return _moves(child, windows, other, screener)

    if combined(tree, windows, screener.truth_of) is not away:
        return ()
    match tree:
        case Compare() | Present() | OneOf() | Opaque():
            return (tree,)
        case Within():
            return _moves(tree.child, (*windows, tree.window), away, screener)
        case Not():
            return below(tree.child, ~away)
        case When():
            parts = [below(tree.condition, ~away), below(tree.then)]
            return _cheapest(parts, 1 if away is Truth.NO else 2)
        case All():
            parts = [below(child) for child in tree.children]
            return _cheapest(parts, len(parts) if away is Truth.NO else 1)
        case Any_():
            parts = [below(child) for child in tree.children]
            return _cheapest(parts, 1 if away is Truth.NO else len(parts))
        case AtLeast():
            parts = [below(child) for child in tree.children]
            # Not NO: so many children may hold. Not YES: one fewer than asked for may hold for sure.
            return _cheapest(parts, tree.count if away is Truth.NO else len(parts) - tree.count + 1)
        case _:
            assert_never(tree)


def _cheapest(parts: Sequence[Moves | None], needed: int) -> Moves | None:
    """Return the leaves of the `needed` parts that take the fewest changes."""
    possible = sorted((part for part in parts if part is not None), key=len)
    if len(possible) < needed:
        return None
    return tuple(leaf for part in possible[:needed] for leaf in part)
