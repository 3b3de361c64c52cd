"""`accrual watch`: what is new, changed or gone since the last run, and whose verdict changed because of what."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from datetime import time as midnight
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import Home, Json, Today, day
from accrual.cli.output import note, text, write, write_bytes, write_json
from accrual.cli.run import ExitCode
from accrual.cli.session import home_of, open_finder, require_studies
from accrual.errors import QueryError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from accrual.watch.news import Report
    from accrual.watch.plan import Plan
    from accrual.watch.state import WatchState


def watch(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", readable=False, help="Your searches and patients (docs/watch.md)."),
    ],
    atom: Annotated[
        Path | None, typer.Option("--atom", metavar="FILE", help="Also write what is new into an Atom feed.")
    ] = None,
    email: Annotated[
        bool, typer.Option("--email", help="Print an e-mail (RFC 5322) instead; nothing is sent.")
    ] = False,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="With --email: whom it is for.")] = "",
    webhook: Annotated[
        str, typer.Option("--webhook", metavar="URL", help="Also send what is new there, signed.")
    ] = "",
    secret: Annotated[
        Path | None,
        typer.Option(
            "--secret-file", metavar="FILE", readable=False, help="With --webhook: the secret that signs."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look, and remember nothing: the next run tells the same again.")
    ] = False,
    today: Today = None,
    home: Home = None,
    json: Json = False,
) -> int:
    """Tell what is new since the last run.

    Trials that are new to a saved search, changed or gone; saved patients whose verdict changed, and because of what.
    The first run only remembers. The exit code is 10 where there is something new.
    """
    if json and email:
        raise QueryError("--json and --email are two forms: choose one")
    if bool(webhook) != (secret is not None):
        raise QueryError("--webhook and --secret-file go together: give both")
    if to and not email:
        raise QueryError("--to goes with --email")
    from accrual.watch.plan import read_plan
    from accrual.watch.state import read_state, require_writable, watch_lock, write_state

    if webhook:
        _ = _receiver(webhook, secret)  # what cannot be sent to is said before the work
    plan = read_plan(file)
    as_of = day(today)
    moment = datetime.combine(as_of, midnight(), UTC) if today is not None else datetime.now(UTC)
    if dry_run:
        report, state = _look(context, home, file, plan, read_state(file), today)
        _tell(report, state, moment, json, email, to)
        return ExitCode.NEWS if report.has_news else ExitCode.OK
    require_writable(file)
    with watch_lock(file):
        report, state = _look(context, home, file, plan, read_state(file), today)
        # What is told is told before it is remembered: a run that fails in between tells it again, and loses nothing.
        _tell(report, state, moment, json, email, to)
        if atom is not None:
            _write_feed(atom, report, state, moment)
        if webhook and report.has_news:
            _send(webhook, secret, report)
        write_state(file, state)
    return ExitCode.NEWS if report.has_news else ExitCode.OK


def _look(
    context: typer.Context,
    home: Path | None,
    file: Path,
    plan: Plan,
    before: WatchState | None,
    today: datetime | None,
) -> tuple[Report, WatchState]:
    from accrual.watch.run import run_watch
    from accrual.watch.state import SALT_BYTES

    with open_finder(context, home, live=True) as finder:
        require_studies(finder, home_of(context, home))
        return run_watch(finder, plan, file, before, day(today), secrets.token_bytes(SALT_BYTES))


def _tell(report: Report, state: WatchState, moment: datetime, json: bool, email: bool, to: str) -> None:
    if json:
        write_json(report)
    elif email:
        from accrual.watch.letter import write_letter
        from accrual.watch.webhook import message_id, payload

        name = message_id(payload(report) + state.salt.encode())
        write_bytes(write_letter(report, name, moment, to))
    else:
        write(*_layout(report))


def _layout(report: Report) -> list[RenderableType]:
    from rich.padding import Padding

    from accrual.watch.words import report_lines

    return [
        Padding(
            text(line.words, "bold" if line.heading else "dim" if line.depth == 2 else ""),
            (1 if line.heading else 0, 0, 0, 2 * line.depth),
        )
        for line in report_lines(report)
    ]


def _write_feed(path: Path, report: Report, state: WatchState, moment: datetime) -> None:
    from accrual.watch.feed import read_feed, write_feed
    from accrual.watch.state import write_whole

    data = write_feed(report, bytes.fromhex(state.salt), moment, read_feed(path), str(path))
    write_whole(path, data, "the feed")


def _receiver(webhook: str, secret: Path | None) -> tuple[str, bytes]:
    from accrual.watch.webhook import check_address, read_secret

    assert secret is not None  # they go together
    return check_address(webhook), read_secret(secret)


def _send(webhook: str, secret: Path | None, report: Report) -> None:
    from accrual.registry.fetch import Client, Patience
    from accrual.watch.webhook import send_report

    address, key = _receiver(webhook, secret)
    patience = Patience(rate=0, stall_seconds=30, answer_seconds=60, max_answer_bytes=1_000_000, attempts=5)
    with Client(address, patience, exact=True) as client:
        send_report(report, client, key, time.time)
    note("Sent.")
