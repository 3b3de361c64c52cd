"""Where the data folder is, and the facade opened on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from accrual.basic import path_words
from accrual.cli.progress import progress_bar
from accrual.errors import StoreError

if TYPE_CHECKING:
    from accrual.finder import Finder


class Session(msgspec.Struct, frozen=True):
    """What the global options said."""

    home: Path | None = None


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


def _home_of_environment() -> Path:
    named = os.environ.get("ACCRUAL_HOME")
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("accrual", appauthor=False)


@contextmanager
def open_finder(context: typer.Context, home: Path | None) -> Iterator[Finder]:
    """Open the facade on the data folder; a bar shows while derived data is caught up.

    Raises:
        StoreError: the folder cannot be used.
    """
    from accrual.finder import Finder

    with progress_bar() as on_progress, Finder(home_of(context, home), on_progress) as finder:
        yield finder


def require_studies(finder: Finder, home: Path) -> None:
    """Say how to begin when the data folder holds nothing.

    Raises:
        StoreError: no study is loaded.
    """
    if finder.status().studies == 0:
        raise StoreError(
            f"no studies are loaded in {home}: load some with `accrual load FILE_OR_FOLDER`, or try `accrual demo`"
        )
