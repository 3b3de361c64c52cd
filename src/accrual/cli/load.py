"""`accrual load`: files and folders of study records into the data folder, with a progress bar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import Home, Json
from accrual.cli.output import note, write_json, write_text
from accrual.cli.progress import progress_bar
from accrual.cli.run import ExitCode
from accrual.cli.session import open_finder

if TYPE_CHECKING:
    from accrual.store.load import LoadReport

REFUSALS_SHOWN = 5


def load(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            readable=False,  # the loader looks itself, and one closed folder does not stop the rest
            help="Folders or files: API v2 .json and .jsonl, legacy .xml; plain or in .gz, .xz, .zst, .zip.",
        ),
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Load study records from files and folders.

    Loading the same again changes nothing. What could not be read is listed in load-report.jsonl.
    """
    with open_finder(context, home, live=True) as finder, progress_bar() as on_progress:
        began = time.monotonic()
        report = finder.load(paths, on_progress)
        seconds = time.monotonic() - began
    if json:
        write_json(report)
    else:
        write_text("".join(f"{line}\n" for line in _summary(report, seconds)))
    if report.nothing_loaded:
        note(f"accrual: nothing could be loaded; the reasons are in {report.report}")
        raise typer.Exit(ExitCode.BAD_INPUT)


def _summary(report: LoadReport, seconds: float) -> Iterator[str]:
    rate = report.seen / report.seconds if report.seconds else 0
    yield (
        f"{_count(report.seen, 'record')} read in {report.seconds:,.1f} s ({rate:,.0f} a second), "
        f"indexed and compiled in {max(seconds - report.seconds, 0):,.1f} s"
    )
    yield f"  {report.added:,} new"
    yield f"  {report.changed:,} updated"
    yield f"  {report.kept_older:,} older versions kept"
    yield f"  {report.unchanged:,} already here"
    if report.warnings:
        about = "something small was wrong, and the record was still loaded"
        yield f"  {_count(report.warnings, 'warning')}: {about}"
    if report.refused:
        yield f"  {report.refused:,} refused:"
        for refusal in report.refusals[:REFUSALS_SHOWN]:
            yield f"    {refusal.where}: {refusal.reason}"
        if report.refused > REFUSALS_SHOWN:
            yield f"    … and {report.refused - REFUSALS_SHOWN:,} more"
    if report.refused or report.warnings:
        yield f"Every reason is in {report.report}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
