"""`accrual history`: what changed in a study's record, version by version, in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from accrual.cli.options import Home, Json, Study
from accrual.cli.output import text, write, write_json
from accrual.cli.session import open_finder
from accrual.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from accrual.plain.history import Version

LINES = 40
"""Changes of one version that a terminal shows; --json has them all. Set by hand."""


def history(
    context: typer.Context,
    nct: Study,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="What changed after this day; the version of then.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%Y-%m-%d"], metavar="DAY", help="Leave out what was posted after this day."
        ),
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show what changed in a study's record.

    The versions that are kept here, the newest first, each with what it says otherwise than the one before.
    """
    if since is not None and until is not None and since > until:
        raise QueryError("--from is after --to: turn them round")
    with open_finder(context, home, live=True) as finder:
        bodies = finder.versions(nct)
        held = finder.held(nct)
    from accrual.plain.history import history_json, read_history
    from accrual.registry.ctgov_json import read_json

    title, removed = read_json(held.body, nct).title, held.gone

    records = [msgspec.json.decode(body) for body in bodies]
    first, last = _bounds(
        records, since.date().isoformat() if since else "", until.date().isoformat() if until else ""
    )
    versions = read_history(records[first:last], first)
    if json:
        write_json({"nct_id": held.nct_id, "removed_on": removed, "versions": history_json(versions)})
        return
    laid = _layout(held.nct_id, title, versions, len(records))
    if removed is not None:
        laid.insert(1, text(f"Gone from its source since {removed}: this is what was seen of it."))
    write(*laid)


def _bounds(records: Sequence[dict[str, object]], since: str, until: str) -> tuple[int, int]:
    """Return which versions are asked for: from the one that stood on a day, to the last posted by another."""
    from accrual.plain.history import version_day

    days = [version_day(record) for record in records]
    last = sum(1 for day in days if not until or day <= until)
    first = max(sum(1 for day in days[:last] if since and day <= since) - 1, 0)
    return first, last


def _layout(number: str, title: str, versions: Sequence[Version], held: int) -> list[RenderableType]:
    from rich.padding import Padding
    from rich.table import Table

    laid: list[RenderableType] = [text(f"{number}  {title}", "bold")]
    if not versions:
        return [*laid, text(f"None of the {held:,} versions kept here was posted in that time.")]
    for version in versions:
        head = "  ".join(filter(None, (version.date or "No date", version.status)))
        laid.append(Padding(text(head, "bold underline"), (1, 0, 0, 0)))
        if version is versions[-1]:
            laid.append(Padding(text(_oldest(version, held)), (0, 0, 0, 2)))
            continue
        for change in version.changes[:LINES]:
            row = Table.grid(padding=(0, 1))
            row.add_row(text("•"), text(change.words, "" if change.weight == "main" else "dim"))
            laid.append(Padding(row, (0, 0, 0, 2)))
        if not version.changes:
            laid.append(Padding(text("Only the dates of the update and the like changed."), (0, 0, 0, 2)))
        if len(version.changes) > LINES:
            more = len(version.changes) - LINES
            laid.append(Padding(text(f"… and {more:,} more; --json has all.", "dim"), (0, 0, 0, 2)))
    return laid


def _oldest(version: Version, held: int) -> str:
    if held == 1:
        return "The only version kept here: nothing to compare with yet."
    return "The oldest version kept here." if version.number == 0 else "What the others are compared with."
