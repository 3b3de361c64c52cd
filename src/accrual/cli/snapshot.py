"""`accrual snapshot`: states of the registry that are kept for good: made, listed, used, sent as one file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import AsOf, Home, Json, past
from accrual.cli.output import note, text, write, write_json, write_text
from accrual.cli.progress import progress_bar
from accrual.cli.session import home_of, open_finder
from accrual.errors import QueryError

if TYPE_CHECKING:
    from accrual.store.manifest import Manifest

app = typer.Typer(help="Keep states of the registry for good, so that a search can be repeated.")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Its name: letters, digits, dots, hyphens, underscores.")
]


@app.command()
def create(
    context: typer.Context, name: Name, as_of: AsOf = None, home: Home = None, json: Json = False
) -> None:
    """Keep the records as they are now, or with --as-of as they were on a day."""
    from accrual.store.derived import CatchUpProgress

    with open_finder(context, home, live=True) as finder, progress_bar() as on_progress:

        def done(studies: int, total: int) -> None:
            if on_progress is not None:
                on_progress(CatchUpProgress("keeping", studies, total))

        made = finder.make_snapshot(name, date.today(), past(as_of), done)
    _tell(made, json, "kept")


@app.command("list")
def list_all(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """List the snapshots of the data folder."""
    from accrual.store.snapshot import list_snapshots, snapshot_in_use

    folder = home_of(context, home)
    found, used = list_snapshots(folder), snapshot_in_use(folder)
    if json:
        write_json({"in_use": used, "snapshots": found})
        return
    if not found:
        note("No snapshot here. `accrual snapshot create NAME` makes one.")
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for title in ("Name", "Day", "Studies", "Missing", "Made by", ""):
        table.add_column(
            title, justify="right" if title in ("Studies", "Missing") else "left", overflow="fold"
        )
    for one in found:
        cells = (one.name, one.day, f"{one.studies:,}", f"{one.unknown:,}" if one.unknown else "")
        table.add_row(
            *map(text, (*cells, f"accrual {one.made_by.program}", "in use" if one.name == used else ""))
        )
    write(table)


@app.command()
def use(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The snapshot.")] = "",
    none: Annotated[bool, typer.Option("--none", help="The data folder itself again.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Put every later question to a snapshot; loading goes on into the data folder."""
    from accrual.store.snapshot import use_snapshot

    if bool(name) == none:
        raise QueryError("give either the NAME of a snapshot, or --none")
    use_snapshot(home_of(context, home), name or None)
    if json:
        write_json({"in_use": name or None})
        return
    write_text(
        f"Questions go to {f'the snapshot {name}' if name else 'the data folder itself'} from now on.\n"
    )


@app.command()
def export(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="The file to write, .jsonl.zst.")
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a snapshot into one file, the same bytes each time; `accrual load` reads it too."""
    from accrual.store.snapshot_file import export_snapshot

    _tell(export_snapshot(home_of(context, home), name, file), json, f"written to {file}")


@app.command("import")
def take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A file that export wrote.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Another name than it has.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a snapshot out of an exported file, and check every record of it."""
    from accrual.store.snapshot_file import import_snapshot

    _tell(import_snapshot(home_of(context, home), file, name), json, "taken in")


def _tell(made: Manifest, json: bool, done: str) -> None:
    if json:
        write_json(made)
        return
    write_text(
        f"Snapshot {made.name} of {made.day} {done}: {made.studies:,} studies, sha256 {made.sha256}.\n"
    )
    if made.not_yet:
        write_text(f"{made.not_yet:,} studies here were first posted later, and are not in it.\n")
    if made.unknown:
        write_text(
            f"{made.unknown:,} studies were posted by that day, and no version of them that old is held here: they are"
            " missing.\n"
        )
