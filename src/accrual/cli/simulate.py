"""`accrual simulate`: the virtual trial of a study's design; what it can and cannot show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import Home, Json, Study, Today, day
from accrual.cli.output import note, text, write, write_json
from accrual.cli.session import open_finder, state_day
from accrual.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table

    from accrual.simulate.outcome import Participants
    from accrual.simulate.simulation import Simulation


def simulate(
    context: typer.Context,
    nct: Study,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Another seed, other virtual participants.")
    ] = 1,
    participants: Annotated[
        int | None,
        typer.Option(
            "--participants", metavar="N", help="How many take part. [default: as the record plans]"
        ),
    ] = None,
    therapy: Annotated[
        str,
        typer.Option(
            "--therapy",
            metavar="NAME",
            help="4-1BB, CD28, liso-cel or none. [default: 4-1BB where CAR-T cells are given to one arm]",
        ),
    ] = "auto",
    null_rate: Annotated[
        float | None,
        typer.Option("--null-rate", metavar="SHARE", help="The response rate that is not worth having."),
    ] = None,
    target_rate: Annotated[
        float | None,
        typer.Option("--target-rate", metavar="SHARE", help="A response rate that is worth having."),
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", metavar="SHARE", help="The chance allowed of a wrong yes.")
    ] = 0.05,
    beta: Annotated[
        float, typer.Option("--beta", metavar="SHARE", help="The chance allowed of a wrong no.")
    ] = 0.2,
    replicates: Annotated[
        int, typer.Option("--replicates", min=1, metavar="N", help="How many trials are simulated.")
    ] = 10_000,
    population: Annotated[
        str,
        typer.Option(
            "--population",
            metavar="NAME|FILE",
            help="t-all, b-all, adult, child, none, or a file or folder. [default: by the illness, or none]",
        ),
    ] = "auto",
    relax: Annotated[
        list[str] | None,
        typer.Option(
            "--relax",
            metavar="ID=VALUE",
            help="A limit to relax: 5=50, or 1:high=70 where a criterion has two. Repeat. [default: each one step on]",
        ),
    ] = None,
    today: Today = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write a file instead: .html (one page), .json, or .parquet (all virtual participants).",
        ),
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Simulate a study's design: what its numbers can show, and what happens to virtual participants.

    It explores a design. It does not predict what any product does, and it is not medical advice.
    """
    from accrual.report.file import check_file, write_file
    from accrual.simulate.settings import Settings

    if out is not None and json:
        raise QueryError("--out and --json are two places for the answer: choose one")
    if out is not None:
        check_file(out)
    kept: list[Participants] = []
    keep = kept.append if out is not None and out.suffix.lower() == ".parquet" else None
    with open_finder(context, home) as finder:
        found = finder.simulate(
            nct,
            Settings(
                seed=seed,
                participants=participants,
                therapy=therapy,
                null_rate=null_rate,
                target_rate=target_rate,
                alpha=alpha,
                beta=beta,
                replicates=replicates,
                population=population,
                relax=tuple(relax or ()),
                today=day(today, state_day(finder)),
            ),
            keep,
        )
        snapshot = finder.snapshot
    if out is not None:
        write_file(out, found, *kept)
        note(f"Written to {out}. {found.notice}")
    elif json:
        write_json(found, snapshot)
    else:
        write(*_layout(found))


def _layout(found: Simulation) -> Iterator[RenderableType]:
    from rich.padding import Padding

    yield text(f"{found.nct_id}  {found.title}", "bold")
    yield text(found.notice, "italic")
    for title, parts in (
        (f"What {found.participants:,} participants can show", _showing(found)),
        ("Who would be screened in", _screening(found)),
        ("What a rule costs", _costs(found)),
        ("How long finished trials of this size took", _months(found)),
        ("What happens to virtual participants", _course(found)),
    ):
        yield Padding(text(title, "bold underline"), (1, 0, 0, 0))
        for part in parts:
            yield Padding(part, (0, 0, 0, 2))


def _showing(found: Simulation) -> Iterator[RenderableType]:
    from accrual.report.words import percent

    showing, rates = found.showing, found.showing.rates
    null, target = showing.at_rates.rows
    limit = showing.single.design.reject_above
    yield text(
        f"A rate of {percent(rates.null_rate)} is not worth having, one of {percent(rates.target_rate)} is "
        "(--null-rate, --target-rate)."
    )
    if limit >= found.participants:
        yield text(
            f"So few cannot say yes: even if all respond, chance alone may do that (alpha {rates.alpha:g})."
        )
    else:
        yield text(
            f"All in one stage: yes from {limit + 1} responders. A wrong yes {percent(null.yes, 1)}, "
            f"a right yes {percent(target.yes, 1)} of the time."
        )
    if showing.two_stage is None:
        yield text(f"Two stages (Simon): {showing.without_two_stage}.")
    else:
        for name, one in (("optimal", showing.two_stage.optimal), ("minimax", showing.two_stage.minimax)):
            yield text(
                f"Two stages (Simon, {name}): {one.label}; {one.null.expected_participants:.1f} participants to "
                f"expect, and an end after the first stage {percent(one.null.stops_early)} of the time, "
                "where the rate is not worth having."
            )
    table = _table(("Responders", "Share", "95 % interval", "Yes?"))
    for row in showing.few():
        table.add_row(
            text(f"{row.responders} of {found.participants}"),
            text(percent(row.share)),
            text(f"{percent(row.low)} to {percent(row.high)}"),
            text("yes" if row.yes else "no"),
        )
    yield table


def _screening(found: Simulation) -> Iterator[RenderableType]:
    from accrual.report.screening import funnel_rows, funnel_words
    from accrual.report.words import left_out_words

    if found.funnel is None:
        for reason in found.left_out:
            if reason.startswith("who"):
                yield text(left_out_words(reason))
        return
    for words in funnel_words(found.funnel, found.profile):
        yield text(words)
    table = _table(("Rule", "Excludes, alone", "In order", "Not known of", "Left"))
    for row in funnel_rows(found.funnel):
        table.add_row(*map(text, (f"{row.id}. {row.text}", row.alone, row.in_order, row.unknown, row.left)))
    yield table


def _costs(found: Simulation) -> Iterator[RenderableType]:
    from accrual.report.costs import costs_words, dropped_rows, relaxed_rows
    from accrual.report.words import left_out_words

    if found.costs is None:
        for reason in found.left_out:
            if not reason.startswith("what happens"):
                yield text(left_out_words(reason))
        return
    for words in costs_words(found.costs):
        yield text(words)
    rows = dropped_rows(found.costs)
    last = ("Remission",) if rows[0].remission else ()
    for title, each in (("Dropped", rows), ("Asked instead", relaxed_rows(found.costs))):
        shares = ("Fair share",) if title == "Dropped" else ()
        table = _table((title, "Could take part", "Months", *last, *shares))
        for row in each:
            cells = (row.change or row.text, f"{row.pool} ({row.gained})", row.months)
            table.add_row(
                *map(text, (*cells, *([row.remission] if last else []), *([row.lost] if shares else [])))
            )
        yield table


def _months(found: Simulation) -> Iterator[RenderableType]:
    months = found.months
    yield text(
        f"{months.median:.0f} months at the median from start to main results, {months.low:.0f} to {months.high:.0f} "
        "with 95 %; follow-up is in it."
    )


def _course(found: Simulation) -> Iterator[RenderableType]:
    from accrual.report.sheet import share_groups

    if found.course is None:
        for reason in found.left_out:
            if reason.startswith("what happens"):
                yield text(f"Left out: {reason}.")
        return
    summary = found.course.summary
    yield text(
        f"Therapy {summary.therapy}; {summary.replicates:,} trials of {summary.participants:,}, seed {found.seed}. "
        f"{found.course.therapy.cells.stands_for[:1].upper()}{found.course.therapy.cells.stands_for[1:]}."
    )
    table = _table(("Outcome", "Over all", "One trial, 95 %", "± simulating"))
    for group in share_groups(summary):
        table.add_row(text(group.title, "italic"))
        for row in group.rows:
            table.add_row(
                text(f"  {row.words}"), text(row.share), text(f"{row.low} to {row.high}"), text(row.error)
            )
    yield table
    yield text(found.course.therapy.cells.confounded)


def _table(columns: tuple[str, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(columns[0], overflow="fold")
    for name in columns[1:]:
        table.add_column(name, justify="right")
    return table
