"""What would have to change, in words: for each criterion in the way, whether time, a new fact or nothing moves it.

Comes in: the `Change` of a screening. Goes out: lines that every face lays out in the same words.
"""

from __future__ import annotations

import msgspec

from accrual.match.verdict import Change, Obstacle
from accrual.message import Original, message
from accrual.plain.prose import statement
from accrual.plain.screening import field_words

HEADING = message("What would have to change")


class Step(msgspec.Struct, frozen=True):
    """One criterion in the way, in words."""

    text: str
    """The trial's words, or the fewest of them that are in the way."""
    when: str
    """When it is no longer in the way."""


def steps(change: Change) -> tuple[Step, ...]:
    """Return what stands in the way, in reading order."""
    return tuple(Step(_words(one), _when(one)) for one in change.obstacles)


def outlook(change: Change) -> str:
    """Return in one sentence whether it is a matter of time.

    Example:
        >>> outlook(Change((), date(2026, 12, 14)))
        'If nothing new happens, nothing stands in the way from 2026-12-14 on.'
    """
    if change.lasting:
        return message("Part of it will not change: this patient is ruled out for good.")
    if change.day is not None:
        return message("If nothing new happens, nothing stands in the way from %(day)s on.", day=change.day)
    return message("Time alone does not change it.")


def _words(obstacle: Obstacle) -> str:
    if obstacle.kind == "field":
        return field_words(obstacle.field, obstacle.text)
    whole = statement(obstacle.text)
    part = " … ".join(statement(quote) for quote in obstacle.quotes)
    words = Original(whole if not part or part == whole else f"{whole} [{part}]")
    return message("Excluded by: %(words)s", words=words) if obstacle.kind == "exclusion" else words


def _when(obstacle: Obstacle) -> str:
    if obstacle.lasting:
        return message("will not change")
    if obstacle.day is not None:
        return message("a matter of time: no longer in the way from %(day)s on", day=obstacle.day)
    return message("not a matter of time: only a new fact would change it")
