"""`accrual vocabulary`: the names of conditions, drugs and procedures: where they come from, and building them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accrual.cli.options import Json
from accrual.cli.output import note, text, write, write_json, write_text


def vocabulary(
    add: Annotated[
        list[Path] | None,
        typer.Option(
            "--add",
            metavar="FILE",
            readable=False,
            help="Add a file and build: MONDO, DOID or HPO (.obo), MeSH (desc*.xml), RXNCONSO.RRF, or a .tsv table.",
        ),
    ] = None,
    build: Annotated[bool, typer.Option("--build", help="Build anew, fetching what is not here.")] = False,
    json: Json = False,
) -> None:
    """Show or build the names of conditions, drugs and procedures."""
    from accrual.codes.shelves import add_own, is_current, open_shelf, place

    for path in add or ():
        add_own(path)
    home = place()
    if (add or build) and home is not None:
        from accrual.codes.build import build as make

        make(home, home / "packages", note)
        open_shelf.cache_clear()
    shelf = open_shelf()
    if json:
        write_json({"folder": str(home), "current": is_current(), "manifest": shelf and shelf.manifest})
        return
    if shelf is None:
        write_text(
            "Not built: the project's own small table stands alone. accrual vocabulary --build fetches the rest.\n"
        )
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for source in shelf.manifest.sources:
        row = (source.title, source.version, f"{source.terms:,} terms", source.licence)
        table.add_row(*(text(cell) for cell in row))
    write_text(
        f"{shelf.manifest.concepts:,} concepts, {shelf.manifest.names:,} spellings, "
        f"version {shelf.manifest.digest}\nFolder: {home}\n"
    )
    if not is_current():
        write_text("Built with older tables: accrual vocabulary --build brings it up to date.\n")
    write(table)
