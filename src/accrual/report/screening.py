"""Who of a population would be screened in, criterion by criterion: sentences and rows.

Comes in: `Funnel`. Goes out: words and `FunnelRow`s. Refuses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from accrual.message import Original, message
from accrual.report.words import PROFILES, percent

if TYPE_CHECKING:
    from accrual.simulate.funnel import Funnel


class FunnelRow(msgspec.Struct, frozen=True):
    """One criterion: how many people it rules out alone and in order, of how many it cannot say."""

    id: str
    """The number by which a rule is named, for what is to be relaxed."""
    text: str
    alone: str
    in_order: str
    unknown: str
    left: str
    left_at: float
    """Percent of those screened."""


def funnel_words(found: Funnel, profile: str) -> tuple[str, ...]:
    """Return what a funnel shows, in sentences."""
    return (
        message(
            "%(count)s people were held against the rules of the trial, as real patients are: %(who)s.",
            count=found.screened,
            who=PROFILES.get(profile, Original(found.population)),
        ),
        message(
            "%(pool)s of them (%(share)s) could take part if what is not known turns out well. %(met)s are known to "
            "meet every rule, and a rule excludes %(out)s.",
            pool=found.eligible + found.undetermined,
            share=percent((found.eligible + found.undetermined) / found.screened),
            met=found.eligible,
            out=found.ineligible,
        ),
        message("What is not known never counts as met, and never as not met."),
    )


def funnel_rows(found: Funnel) -> tuple[FunnelRow, ...]:
    """Return a row for each criterion, in the order of the record."""
    return tuple(
        FunnelRow(
            step.id,
            Original(step.text),
            f"{step.removed_alone:,}",
            f"{step.removed_in_order:,}",
            f"{step.unknown_alone:,}",
            f"{step.left_after:,}",
            round(100 * step.left_after / found.screened, 1),
        )
        for step in found.steps
    )
