"""A simulation laid out: sentences, rows and figures, in the order in which a page shows them.

Comes in: `Simulation`. Goes out: `Sheet`. Refuses nothing: a part that is not there says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from accrual.message import Original, message
from accrual.report.costs import CostRow, costs_words, dropped_rows, relaxed_rows
from accrual.report.course_figures import course_figures
from accrual.report.design_figures import characteristics_figure, counts_figure
from accrual.report.figure import Figure
from accrual.report.screening import FunnelRow, funnel_rows, funnel_words
from accrual.report.words import NOTICE, SETS, group_words, left_out_words, outcome_words, percent

if TYPE_CHECKING:
    from accrual.simulate.showing import Showing
    from accrual.simulate.simon import Stages
    from accrual.simulate.simulation import Simulation
    from accrual.simulate.summary import Share, Summary

MONTHS_SHOWN: Final = ("_12", "_24")
"""Of what happens over time these months are shown; JSON has all."""

_SHOWS: Final = (
    message(
        "How sure the answer of a trial of this size can be. Chance alone changes what a small trial finds."
    ),
    message("How often a trial like this would say yes to a treatment, when it works and when it does not."),
)
_CANNOT: Final = (
    message("Whether the treatment works. No person was treated for this page."),
    message("What will happen to you or to someone you know. Ask a doctor or the study team about that."),
)
_CANNOT_COURSE: Final = message(
    "How this very treatment acts. The models come from other products and other illnesses, and some numbers are "
    "guesses."
)


class ShareRow(msgspec.Struct, frozen=True):
    """One outcome: words, and where its interval lies, in percent of a bar."""

    words: str
    share: str
    low: str
    high: str
    error: str
    known: bool
    at: float
    low_at: float
    high_at: float


class ShareGroup(msgspec.Struct, frozen=True):
    """Outcomes of the same people, by the same time."""

    title: str
    rows: tuple[ShareRow, ...]


class Sheet(msgspec.Struct, frozen=True):
    """Everything that a page of a simulation shows."""

    nct_id: str
    title: str
    participants: int
    seed: int
    null_percent: str
    target_percent: str
    therapy_applies: bool
    """Whether there are models for what the trial gives."""
    notice: str
    shows: tuple[str, ...]
    cannot: tuple[str, ...]
    designs: tuple[str, ...]
    design_figures: tuple[Figure, ...]
    screening: tuple[str, ...]
    funnel: tuple[FunnelRow, ...]
    costs: tuple[str, ...]
    dropped: tuple[CostRow, ...]
    relaxed: tuple[CostRow, ...]
    time: tuple[str, ...]
    course: tuple[str, ...]
    shares: tuple[ShareGroup, ...]
    course_figures: tuple[Figure, ...]
    assumed: tuple[str, ...]


def lay_out(found: Simulation) -> Sheet:
    """Return what a page shows of a simulation."""
    course = found.course
    return Sheet(
        nct_id=found.nct_id,
        title=found.title,
        participants=found.participants,
        seed=found.seed,
        null_percent=f"{100 * found.showing.rates.null_rate:g}",
        target_percent=f"{100 * found.showing.rates.target_rate:g}",
        therapy_applies=found.therapy_applies,
        notice=NOTICE,
        shows=(*_SHOWS, _played(course.summary.replicates)) if course else _SHOWS,
        cannot=(_CANNOT[0], _CANNOT_COURSE, _CANNOT[1]) if course else _CANNOT,
        designs=tuple(_designs(found.showing)),
        design_figures=(counts_figure(found.showing), characteristics_figure(found.showing)),
        screening=funnel_words(found.funnel, found.profile)
        if found.funnel
        else _left_out(found, "who would be screened"),
        funnel=funnel_rows(found.funnel) if found.funnel else (),
        costs=costs_words(found.costs) if found.costs else _left_out(found, "what a criterion costs"),
        dropped=dropped_rows(found.costs) if found.costs else (),
        relaxed=relaxed_rows(found.costs) if found.costs else (),
        time=_time(found),
        course=_course(found),
        shares=share_groups(course.summary) if course else (),
        course_figures=course_figures(course.group) if course else (),
        assumed=_assumed(found),
    )


def _played(replicates: int) -> str:
    return message(
        "How a trial like this could go. A computer plays it through %(count)s times, each time with other made-up "
        "people.",
        count=replicates,
    )


def _designs(showing: Showing) -> list[str]:
    rates, null, target = showing.rates, *showing.at_rates.rows
    limit = showing.single.design.reject_above
    said: list[str] = [
        message(
            "Here a response rate of %(null)s is not worth having, and one of %(target)s is. Both were chosen by hand: "
            "they are not in the record.",
            null=percent(rates.null_rate),
            target=percent(rates.target_rate),
        )
    ]
    if limit >= showing.participants:
        said.append(
            message("So few participants cannot say yes: even if all respond, that may be chance."),
        )
    else:
        said.append(
            message(
                "All in one stage: the answer is yes if %(least)s or more of %(all)s respond. It is a wrong yes "
                "%(wrong)s of the time, and a right yes %(right)s of the time.",
                least=limit + 1,
                all=showing.participants,
                wrong=percent(null.yes, 1),
                right=percent(target.yes, 1),
            )
        )
    if showing.two_stage is None:
        said.append(
            message("No two-stage design: %(reason)s.", reason=Original(showing.without_two_stage)),
        )
    else:
        said.append(_stages(message("Two stages (Simon's optimal design)"), showing.two_stage.optimal))
        said.append(_stages(message("Two stages (Simon's minimax design)"), showing.two_stage.minimax))
    return said


def _stages(name: str, one: Stages) -> str:
    first, last = one.design.looks
    return message(
        "%(name)s: stop with no if %(first)s or fewer of the first %(early)s respond. Else go on to %(all)s, and say "
        "yes if more than %(limit)s respond. Where the rate is not worth having, it stops early %(stops)s of the time, "
        "and needs %(expected)s participants on average.",
        name=name,
        first=first.no_at_most,
        early=first.participants,
        all=last.participants,
        limit=last.no_at_most,
        stops=percent(one.null.stops_early),
        expected=f"{one.null.expected_participants:.1f}",
    )


def _time(found: Simulation) -> tuple[str, ...]:
    months = found.months
    return (
        message(
            "Half of the finished trials with as many participants and sites took more than %(median)s months from "
            "their start to their main results, and 95 of 100 took between %(low)s and %(high)s months.",
            median=round(months.median),
            low=round(months.low),
            high=round(months.high),
        ),
        message(
            "Trials that were stopped early are not among them, and the time to watch the participants is in these "
            "months."
        ),
    )


def _course(found: Simulation) -> tuple[str, ...]:
    if found.course is None:
        return _left_out(found, "what happens to participants")
    summary = found.course.summary
    stands_for, _ = SETS[found.course.therapy.name]
    return (
        message(
            "%(replicates)s trials of %(count)s were simulated, with the cells of the parameter set %(set)s: "
            "%(stands_for)s.",
            replicates=summary.replicates,
            count=summary.participants,
            set=Original(summary.therapy),
            stands_for=stands_for,
        ),
        message(
            "The second number says what one trial of this size may show by chance; more simulating does not make it "
            "narrower."
        ),
    )


def _left_out(found: Simulation, part: str) -> tuple[str, ...]:
    return tuple(left_out_words(reason) for reason in found.left_out if reason.startswith(part))


def _assumed(found: Simulation) -> tuple[str, ...]:
    said: list[str] = [message("Each participant responds or not, independent of the others.")]
    if found.profile:
        said.append(
            message(
                "How often each illness and each value occurs in the made-up people, and what goes with what: nearly "
                "all of it was set by hand. So the number who could take part is no forecast."
            )
        )
    if found.course is None:
        return tuple(said)
    _, confounded = SETS[found.course.therapy.name]
    given = found.course.therapy
    fields = [
        getattr(part, name) for part in (given.tumour, given.outcome) for name in part.__struct_fields__
    ]
    guesses = sum(bool(getattr(field, "assumed", False)) for field in fields)
    return (
        *said,
        confounded,
        message(
            "Cells against CD19 stand in for those of this trial. How fast the cancer grows, how much of it there is "
            "and how much of it lacks the antigen are assumptions."
        ),
        message(
            "%(count)s numbers of the models have no source. JSON and the documentation name each of them.",
            count=guesses,
        ),
    )


def share_groups(summary: Summary) -> tuple[ShareGroup, ...]:
    """Return the outcomes that a page shows."""
    shown = [one for one in summary.shares if "_month_" not in one.name or one.name.endswith(MONTHS_SHOWN)]
    # Sorted by the title's first appearance: infusion and remission are told of the enrolled, then of the infused.
    titles = list(dict.fromkeys(group_words(one.name, one.among) for one in shown))
    return tuple(
        ShareGroup(title, tuple(_row(one) for one in shown if group_words(one.name, one.among) == title))
        for title in titles
    )


def _row(one: Share) -> ShareRow:
    known = one.share == one.share  # NaN is not itself
    return ShareRow(
        outcome_words(one.name),
        percent(one.share, 1),
        percent(one.low),
        percent(one.high),
        percent(one.error, 2),
        known,
        *(round(100 * value, 1) if known else 0.0 for value in (one.share, one.low, one.high)),
    )
