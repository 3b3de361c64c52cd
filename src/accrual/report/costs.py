"""What the rules of a trial cost: sentences, a row for each rule, a row for each limit relaxed.

Comes in: `CriterionCosts`. Goes out: words and rows. Refuses nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from accrual.message import Original, message
from accrual.report.words import percent

if TYPE_CHECKING:
    from accrual.simulate.criterion_cost import CriterionCosts, Effect

REMISSION = "remission"
"""The outcome that a table shows beside the pool; JSON has all."""


class CostRow(msgspec.Struct, frozen=True):
    """The trial without one rule, or with one relaxed."""

    text: str
    change: str
    """What is asked instead; empty where the rule is dropped."""
    pool: str
    gained: str
    months: str
    remission: str
    lost: str
    """The rule's fair share of those who are lost; empty where one is relaxed."""
    lost_at: float
    """In percent of the dearest rule."""


def costs_words(found: CriterionCosts) -> tuple[str, ...]:
    """Return what the rules cost, in sentences."""
    base, nobody = found.base, found.nobody_asked
    said: list[str] = [
        message(
            "With all rules %(pool)s of %(screened)s people could take part. If people like these come to the sites, "
            "it takes %(months)s months to fill the trial with all rules, and %(fewer)s with none.",
            pool=base.pool,
            screened=found.screened,
            months=f"{base.months:.0f}",
            fewer=f"{nobody.months:.0f}",
        ),
        message(
            "These months come from a model of the sites, not from the finished trials below. Compare them with each "
            "other."
        ),
        message(
            "The fair share of a rule is its part in those who are lost, over all orders of the rules (Shapley "
            "values). The shares of all rules add up."
        ),
        message(
            "That the trial would be as safe without a rule, this does not say. Most rules protect people."
        ),
    ]
    if base.outcomes:
        said.append(
            message(
                "Remission is that of the model. Only the antigen and the amount of cancer reach it: age and all else "
                "change nothing in it."
            )
        )
    return tuple(said)


def dropped_rows(found: CriterionCosts) -> tuple[CostRow, ...]:
    """Return the trial without each rule, the dearest first."""
    fair = {one.requirement: one for one in found.fair_shares}
    dearest = max((one.lost for one in found.fair_shares), default=0.0)
    rows = [one for one in found.rows if one.change == "dropped"]
    rows.sort(key=lambda one: -fair[one.requirement].lost)
    return tuple(
        _row(
            one,
            "",
            f"{fair[one.requirement].lost:,.0f}",
            round(100 * max(fair[one.requirement].lost, 0.0) / dearest, 1) if dearest > 0 else 0.0,
        )
        for one in rows
    )


def relaxed_rows(found: CriterionCosts) -> tuple[CostRow, ...]:
    """Return the trial with each limit relaxed."""
    return tuple(_row(one, Original(one.change), "", 0.0) for one in found.rows if one.change != "dropped")


def _row(one: Effect, change: str, lost: str, lost_at: float) -> CostRow:
    remission = next((each for each in one.outcomes if each.name == REMISSION), None)
    return CostRow(
        Original(one.text),
        change,
        f"{one.pool:,}",
        f"+{one.gained:,}" if one.gained else "0",
        "–" if math.isinf(one.months) or math.isnan(one.months) else f"{one.months:.1f}",
        "" if remission is None else f"{percent(remission.share, 1)} ± {100 * remission.error:.1f}",
        lost,
        lost_at,
    )
