"""Where the data folder is, and the facade opened on it, or on one of its snapshots."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from accrual.basic import path_words
from accrual.cli.output import note
from accrual.cli.progress import progress_bar
from accrual.errors import QueryError, StoreError

if TYPE_CHECKING:
    from accrual.finder import Finder


class Session(msgspec.Struct, frozen=True):
    """What the global options said."""

    home: Path | None = None
    snapshot: str = ""


def home_of(context: typer.Context, home: Path | None) -> Path:
    """Return the data folder: the command's `--home`, the global one, `$ACCRUAL_HOME`, else the platform's own.

    Raises:
        StoreError: its name is not UTF-8, which the text index cannot open.
    """
    session = context.find_object(Session)
    chosen = home or (session.home if session is not None else None) or _home_of_environment()
    if path_words(chosen) != str(chosen):
        raise StoreError(f"{path_words(chosen)}: the data folder's name is not UTF-8: choose another")
    return chosen


def state_of(context: typer.Context, home: Path | None, as_of: date | None = None) -> Path:
    """Return the folder that a question is put to: the data folder, or the snapshot that is asked for or in use.

    Arguments:
        as_of: a day: the snapshot of that day.

    Raises:
        StoreError: as `home_of`; there is no such snapshot; the message says how to make one.
        QueryError: a snapshot was named, and of another day.
    """
    from accrual.store.snapshot import find_snapshot, list_snapshots, snapshot_folder, snapshot_in_use

    folder = home_of(context, home)
    session = context.find_object(Session)
    named = session.snapshot if session is not None else ""
    if as_of is None:
        name = named or snapshot_in_use(folder)
        return folder if name is None else snapshot_folder(folder, find_snapshot(folder, name).name)
    found = [
        one for one in list_snapshots(folder) if one.day == as_of.isoformat() and named in ("", one.name)
    ]
    if not found and named:
        raise QueryError(f"the snapshot {named} is of {find_snapshot(folder, named).day}: leave out --as-of")
    if not found:
        raise StoreError(
            f"{folder}: no snapshot of {as_of} here: `accrual snapshot create NAME --as-of {as_of}` makes one"
        )
    # One that was put together as of the day before one that was made on it, in the middle of the day.
    return snapshot_folder(folder, min(found, key=lambda one: (not one.past, one.name)).name)


def _home_of_environment() -> Path:
    named = os.environ.get("ACCRUAL_HOME")
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("accrual", appauthor=False)


@contextmanager
def open_finder(
    context: typer.Context, home: Path | None, as_of: date | None = None, live: bool = False
) -> Iterator[Finder]:
    """Open the facade on the data folder, or on a snapshot of it; a bar shows while derived data is caught up.

    Which snapshot it is, is said on standard error.

    Arguments:
        as_of: a day: the snapshot of that day.
        live: the data folder itself, whatever snapshot is in use: for what changes it, or tells of changes.

    Raises:
        StoreError: the folder cannot be used. QueryError: as `state_of`, or a snapshot was named to be changed.
    """
    from accrual.finder import Finder

    session = context.find_object(Session)
    if live and session is not None and session.snapshot:
        raise QueryError(
            "a snapshot never changes, and holds one version of each study: leave out --snapshot"
        )
    folder = home_of(context, home) if live else state_of(context, home, as_of)
    with progress_bar() as on_progress, Finder(folder, on_progress) as finder:
        if finder.snapshot is not None:
            note(_snapshot_line(finder))
        yield finder


def _snapshot_line(finder: Finder) -> str:
    assert finder.snapshot is not None
    one = finder.snapshot
    words = f"Snapshot {one.name} of {one.day}: {one.studies:,} studies."
    if one.unknown:
        words += f" {one.unknown:,} more were there then, and no version of them that old is held."
    if not finder.made_as_now:
        words += (
            f" It was made by accrual {one.made_by.program}, which may read criteria otherwise than this one."
        )
    return words


def state_day(finder: Finder) -> date | None:
    """Return the day of the snapshot that a question is put to; None where it is put to the data folder."""
    return date.fromisoformat(finder.snapshot.day) if finder.snapshot is not None else None


def require_studies(finder: Finder, home: Path) -> None:
    """Say how to begin when the data folder holds nothing.

    Raises:
        StoreError: no study is loaded.
    """
    if finder.status().studies == 0:
        raise StoreError(
            f"no studies are loaded in {home}: load some with `accrual load FILE_OR_FOLDER`, or try `accrual demo`"
        )
