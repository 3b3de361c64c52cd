"""What so many participants can show, as figures: intervals of every count, and how often each design says yes.

Comes in: `Showing`. Goes out: figures. Refuses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrual.message import message
from accrual.report.figure import Figure, Frame, Key, Scale, Table
from accrual.report.words import NO, YES, percent

if TYPE_CHECKING:
    from accrual.simulate.showing import Showing

_SHARES = Frame(Scale(0, 1), Scale(0, 1))
_FIFTHS = tuple((step / 5, f"{20 * step} %") for step in range(6))


def counts_figure(showing: Showing) -> Figure:
    """Return what each count of responders would show: its share, its exact interval, yes or no."""
    frame = Frame(Scale(-0.5, showing.participants + 0.5), Scale(0, 1))
    rows, rates = showing.few(), showing.rates
    limit = showing.single.design.reject_above
    step = -(-showing.participants // 5)
    ticks = tuple((count, f"{count:,}") for count in range(0, showing.participants + 1, max(step, 1)))
    never = limit >= showing.participants
    middle = showing.counts[round(rates.target_rate * showing.participants)]
    values = {
        "count": middle.responders,
        "all": showing.participants,
        "low": percent(middle.low),
        "high": percent(middle.high),
    }
    return Figure(
        name="counts",
        title=message("What each number of responders would show"),
        summary=message(
            "If %(count)s of %(all)s respond, the true rate is likely between %(low)s and %(high)s. So few "
            "participants never lead to a yes.",
            **values,
        )
        if never
        else message(
            "If %(count)s of %(all)s respond, the true rate is likely between %(low)s and %(high)s. The answer is yes "
            "from %(limit)s responders on.",
            **values,
            limit=limit + 1,
        ),
        across=message("Across: participants who respond"),
        up=message("Up: the response rate, with its exact 95 % interval"),
        across_ticks=frame.across_ticks(ticks),
        up_ticks=frame.up_ticks(_FIFTHS),
        lines=(
            frame.level(rates.null_rate, "limit"),
            *(
                frame.line((row.responders,) * 2, (row.low, row.high), "yes" if row.yes else "no")
                for row in rows
            ),
        ),
        signs=tuple(
            frame.sign(row.responders, row.share, "◆" if row.yes else "◇", "yes" if row.yes else "no")
            for row in rows
        ),
        keys=(
            Key("sign-yes", message("yes"), "◆"),
            Key("sign-no", message("no"), "◇"),
            Key("line-limit", message("the rate that is not worth having")),
        ),
        table=Table(
            (
                message("Responders"),
                message("Share"),
                message("95 % interval"),
                message("Chance of so many at the null rate"),
                message("Answer"),
            ),
            tuple(
                (
                    f"{row.responders:,}",
                    percent(row.share),
                    f"{percent(row.low, 1)} – {percent(row.high, 1)}",
                    percent(row.surprise, 1),
                    YES if row.yes else NO,
                )
                for row in rows
            ),
        ),
    )


def characteristics_figure(showing: Showing) -> Figure:
    """Return how often each design says yes, whatever the true response rate."""
    frame, rates = _SHARES, showing.rates
    designs = [("one", message("one stage"), showing.single)]
    if showing.optimal is not None and showing.minimax is not None:
        designs += [
            ("two", message("two stages, optimal"), showing.optimal),
            ("three", message("two stages, minimax"), showing.minimax),
        ]
    null, target = showing.at_rates.rows
    return Figure(
        name="characteristics",
        title=message("How often each design says yes"),
        summary=message(
            "One stage of %(all)s participants says yes %(wrong)s of the time where the true rate is %(null)s, and "
            "%(right)s of the time where it is %(target)s.",
            all=showing.participants,
            wrong=percent(null.yes, 1),
            null=percent(rates.null_rate),
            right=percent(target.yes, 1),
            target=percent(rates.target_rate),
        ),
        across=message("Across: the true response rate"),
        up=message("Up: how often the design says yes"),
        across_ticks=frame.across_ticks(_FIFTHS),
        up_ticks=frame.up_ticks(_FIFTHS),
        lines=(
            frame.upright(rates.null_rate, "limit"),
            frame.upright(rates.target_rate, "limit"),
            *(
                frame.line([row.rate for row in one.rows], [row.yes for row in one.rows], kind)
                for kind, _, one in designs
            ),
        ),
        keys=(
            *(Key(f"line-{kind}", words) for kind, words, _ in designs),
            Key("line-limit", message("the rate that is not worth having, and the one that is")),
        ),
        table=Table(
            (message("True rate"), *(words for _, words, _ in designs)),
            tuple(
                (percent(first.rate), *(percent(one.rows[at].yes, 1) for _, _, one in designs))
                for at, first in enumerate(showing.single.rows)
            ),
        ),
    )
