"""`accrual show`: one study in plain words, as markdown, or as its registry record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import AsOf, Home, Json, Study, Today, day, past
from accrual.cli.output import note, text, write, write_json, write_text
from accrual.cli.session import open_finder, state_day
from accrual.errors import QueryError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from accrual.plain.sheet import Part


def show(
    context: typer.Context,
    nct: Study,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print markdown.")] = False,
    as_of: AsOf = None,
    today: Today = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show one study in plain words.

    With --as-of, its newest version of that day. With --json: its registry record, as API v2 has it.
    """
    if json and markdown:
        raise QueryError("--json and --markdown are two forms: choose one")
    with open_finder(context, home) as finder:
        held = finder.held(nct, past(as_of))
        if as_of is not None:
            note(f"{held.nct_id} as of {past(as_of)}: the version posted on {held.posted}.")
        if held.gone is not None:
            note(f"{held.nct_id} is gone from its source since {held.gone}: this is its last version.")
        if json:
            write_json(held.body)
            return
        trial, compiled = finder.read(held.body)
        state = past(as_of) or state_day(finder)
    from accrual.plain.sheet import markdown_of, parts
    from accrual.plain.trial import trial_page
    from accrual.registry.standing import read_standing

    page, standing = trial_page(trial, compiled), read_standing(trial, day(today, state))
    if markdown:
        write_text(markdown_of(page, standing))
        return
    write(*(renderable for part in parts(page, standing) for renderable in _lay_out(part)))


def _lay_out(part: Part) -> list[RenderableType]:
    from rich.padding import Padding

    laid: list[RenderableType] = []
    if part.title:
        style = "bold" if part.level > 1 else "bold underline"
        laid.append(Padding(text(part.title, style), (1, 0, 0, 0)))
    for line in part.lines:
        indent = 2 + 2 * line.depth
        if line.bullet:
            from rich.table import Table

            row = Table.grid(padding=(0, 1))
            row.add_row(text("•"), text(line.text))
            laid.append(Padding(row, (0, 0, 0, indent)))
        else:
            laid.append(Padding(text(line.text), (0, 0, 0, indent if part.title else 0)))
    return laid
