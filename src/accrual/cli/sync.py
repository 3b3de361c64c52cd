"""`accrual sync`: the whole registry once, and after that what is new, in seconds."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import typer

from accrual.cli.options import Home, Json
from accrual.cli.output import write_json, write_text
from accrual.cli.progress import progress_bar
from accrual.cli.run import ExitCode
from accrual.cli.session import home_of, open_finder

if TYPE_CHECKING:
    from accrual.registry.upstream import Selection
    from accrual.store.sources import Source
    from accrual.sync import SyncReport

SHOWN = 5
"""Studies named of those that were kept back; the JSON has more."""

TIMER = """\
# ~/.config/systemd/user/accrual-sync.service
[Unit]
Description=Clinical trials of the registry, brought up to date

[Service]
Type=oneshot
ExecStart={command}

# ~/.config/systemd/user/accrual-sync.timer
[Unit]
Description=Every weekday, after the registry's own update (around 14:00 UTC)

[Timer]
OnCalendar=Mon..Fri 15:00 UTC
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target

# then: systemctl --user daemon-reload && systemctl --user enable --now accrual-sync.timer
# or with cron (the hour is this machine's own; choose one after 14:00 UTC):
{minute} 15 * * 1-5  {cron_command}
"""

Query = Annotated[
    str,
    typer.Option(
        "--query", metavar="EXPRESSION", help="Only these studies: an expression of the registry's language."
    ),
]
Condition = Annotated[
    str, typer.Option("--condition", metavar="WORDS", help="Only studies of this condition.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="A mirror, or another accrual serve. [default: ClinicalTrials.gov]"
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate", min=0.01, metavar="N", help="Requests a second. [default: 1 to the registry, 10 to others]"
    ),
]


def sync(
    context: typer.Context,
    query: Query = "",
    condition: Condition = "",
    base_url: BaseUrl = None,
    rate: Rate = None,
    check_removed: Annotated[
        bool, typer.Option("--check-removed", help="Look now for studies that the registry has no more.")
    ] = False,
    accept_removals: Annotated[
        bool,
        typer.Option(
            "--accept-removals", help="Take also what looks like damage: many studies gone at once."
        ),
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Fetch everything again.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say how old the data is; nothing is fetched.")
    ] = False,
    timer: Annotated[bool, typer.Option("--timer", help="Print what runs this every weekday.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Bring the records up to the registry over the network.

    The first time all of them, or all of a condition or expression; after that what is new. Stopped, it goes on.
    """
    from accrual.registry.fetch import REGISTRY_URL, Client, Patience, default_rate, read_address
    from accrual.registry.upstream import Selection, Upstream
    from accrual.sync import SyncPlan

    selection = Selection(condition=condition.strip(), expression=query.strip())
    address = read_address(base_url or REGISTRY_URL)
    if timer:
        write_text(_timer_words(context, home, selection, base_url))
        return
    if check:
        with open_finder(context, home, live=True) as finder:
            sources = finder.sources()
        if json:
            write_json(sources)
        else:
            write_text("".join(f"{line}\n" for line in _age_words(sources, datetime.now(UTC).date())))
        return
    plan = SyncPlan(
        selection=selection, full=full, check_removed=check_removed, accept_removals=accept_removals
    )
    patience = Patience(rate=default_rate(address) if rate is None else rate)
    with (
        Client(address, patience, proxy=_proxy_of(address)) as client,
        open_finder(context, home, live=True) as finder,
        progress_bar() as on_progress,
    ):
        report = finder.sync(Upstream(client), plan, on_progress)
    if json:
        write_json(report)
    else:
        write_text("".join(f"{line}\n" for line in _summary(report)))
    if report.asks:
        raise typer.Exit(ExitCode.ASKS)


def _proxy_of(address: str) -> str:
    """Return the proxy that the environment names for an address: HTTPS_PROXY, HTTP_PROXY, but for NO_PROXY."""
    parts = urlsplit(address)
    if proxy_bypass(parts.hostname or ""):
        return ""
    found = getproxies().get(parts.scheme, "")
    return found if "://" in found or not found else f"http://{found}"


def _summary(report: SyncReport) -> Iterator[str]:
    of = f" of {report.query}" if report.query else ""
    if report.kind == "nothing new":
        yield f"Nothing new: {report.base_url} has the data of {report.data_timestamp}{of}"
    elif report.kind == "older":
        yield f"{report.base_url} is behind what is here (data of {report.data_timestamp}): nothing was fetched"
    loaded = report.loaded
    if loaded is not None:
        every = "everything" if report.kind == "first" else "what is new"
        rate = f"{loaded.seen / report.seconds:,.0f} records a second" if report.seconds else ""
        yield (
            f"Fetched {every} from {report.base_url}{of} in {report.seconds:,.1f} s"
            f" ({report.requests:,} requests, {report.received_bytes / 1e6:,.1f} MB, {rate})"
        )
        yield f"  {loaded.added:,} new"
        yield f"  {loaded.changed:,} updated"
        yield f"  {loaded.unchanged + loaded.kept_older:,} already here"
        if report.listed:
            yield f"  {len(report.removed):,} gone from the registry"
        unread = loaded.refused - len(report.kept_back)
        if unread > 0:
            yield f"  {unread:,} could not be read: see {loaded.report}"
        through = report.updated_through or "no day"
        yield f"The registry's data of {report.data_timestamp}; updates read through {through}"
    yield from _questions(report)


def _questions(report: SyncReport) -> Iterator[str]:
    if report.not_removed:
        yield (
            f"{report.not_removed:,} studies seem to be gone, which is too many at once to be believed. They stay."
            " If that is right: accrual sync --accept-removals"
        )
    if report.kept_back:
        yield (
            f"{len(report.kept_back):,} studies lost most of what they had. The versions held stay. If that is right:"
            " accrual sync --accept-removals"
        )
        for one in report.kept_back[:SHOWN]:
            yield f"  {one.nct_id}: {one.reason}"
        if len(report.kept_back) > SHOWN:
            yield f"  … and {len(report.kept_back) - SHOWN:,} more"


def _age_words(sources: tuple[Source, ...], today: date) -> Iterator[str]:
    if not sources:
        yield "Nothing was synced yet: accrual sync"
    for source in sources:
        of = f" ({source.query})" if source.query else ""
        try:
            days = (today - date.fromisoformat(source.data_timestamp[:10])).days
            age = "of today" if days == 0 else f"{days:,} day{'' if days == 1 else 's'} old"
        except ValueError:
            age = "of an unknown day"
        yield (
            f"{source.base_url}{of}: {age}: data of {source.data_timestamp}, updates read through"
            f" {source.updated_through or 'no day'}, lists compared on {source.listed_on or 'no day'}"
        )


def _timer_words(
    context: typer.Context, home: Path | None, selection: Selection, base_url: str | None
) -> str:
    folder = home_of(context, home).absolute()
    words = [shutil.which("accrual") or "accrual", "--home", str(folder), "sync"]
    for name, value in (
        ("--query", selection.expression),
        ("--condition", selection.condition),
        ("--base-url", base_url),
    ):
        if value:
            words += [name, value]
    # Not everybody on the full hour: the minute follows from the folder's name, the same each time.
    minute = sum(str(folder).encode()) % 60
    command = shlex.join(words)
    # A % means something to both, and each has its own way to write one that does not.
    return TIMER.format(
        command=command.replace("%", "%%"), cron_command=command.replace("%", r"\%"), minute=minute
    )
