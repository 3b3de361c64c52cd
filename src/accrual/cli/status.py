"""`accrual status`: what the data folder holds and how much of it is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from accrual.cli.options import Home, Json
from accrual.cli.output import text, write, write_json, write_text
from accrual.cli.session import home_of, open_finder

if TYPE_CHECKING:
    from accrual.holdings import Status


def status(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """Show what is loaded and understood."""
    folder = home_of(context, home)
    with open_finder(context, home) as finder:
        found = finder.status()
    if json:
        write_json(found, finder.snapshot)
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    rows = [
        ("Studies", f"{found.studies:,}"),
        ("Versions", f"{found.versions:,}"),
        ("Data date", found.data_date or "none"),
        ("Studies read", f"{found.studies_read:,}"),
        ("Criteria", f"{found.criteria:,}"),
        *((name, f"{count:,}{_share(count, found.criteria)}") for name, count in _understood(found)),
    ]
    rows.append(("Vocabulary", _vocabulary()))
    for name, value in rows:
        table.add_row(text(name), text(value))
    write_text(f"Data folder: {folder}\n")
    write(table)


def _understood(found: Status) -> tuple[tuple[str, int], ...]:
    from accrual.plain.trial import UNDERSTOOD_WORDS

    return (
        (f"  {UNDERSTOOD_WORDS['whole']}", found.understood_whole),
        ("    with names by words alone", found.understood_by_words),
        (f"  {UNDERSTOOD_WORDS['part']}", found.understood_part),
        (f"  {UNDERSTOOD_WORDS['none']}", found.understood_none),
        ("    judgement, or on the trial", found.rightly_text),
    )


def _vocabulary() -> str:
    from accrual.codes.shelves import open_shelf

    shelf = open_shelf()
    if shelf is None:
        return "the project's own table alone; accrual vocabulary --build fetches the rest"
    return f"{shelf.manifest.concepts:,} imported concepts, version {shelf.manifest.digest}"


def _share(count: int, total: int) -> str:
    return f" ({100 * count / total:.1f} %)" if total else ""
