"""The progress bar: drawn on standard error while a load, or a catch-up of derived data, takes its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accrual.cli.output import console

if TYPE_CHECKING:
    from accrual.finder import OnProgress
    from accrual.store.derived import CatchUpProgress
    from accrual.store.load import Progress

SHOW_AFTER_SECONDS = 1.0
STAGES = {"text": "Indexing", "criteria": "Reading criteria"}
"""Names of derived data (`CatchUpProgress.name`) in words."""


@contextmanager
def progress_bar() -> Iterator[OnProgress | None]:
    """Give a callback that draws a bar with rate and time left, or None when nobody watches it."""
    if not sys.stderr.isatty():
        yield None
        return
    began = time.monotonic()
    bar: _Bar | None = None

    def on_progress(progress: Progress | CatchUpProgress) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - began >= SHOW_AFTER_SECONDS:
            bar = _Bar(began)
        if bar is not None:
            bar.show(progress)

    try:
        yield on_progress
    finally:
        if bar is not None:
            bar.stop()


class _Bar:
    """A rich bar that starts a new line of counting for each stage of the work."""

    def __init__(self, began: float) -> None:
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console("stderr"),
            transient=True,
            expand=True,
        )
        self._stage = ""
        self._began = began
        self._first = 0
        self._task = self._bar.add_task("", total=None, rate="")
        self._bar.start()

    def show(self, progress: Progress | CatchUpProgress) -> None:
        """Draw how far the work has come."""
        from accrual.store.load import Progress

        if isinstance(progress, Progress) and progress.stage == "done":
            # All is stored; the index speaks up only after its first batch, and a full bar would look stuck.
            stage, noun, count, done, total = STAGES["text"], "studies", 0, 0, 0
        elif isinstance(progress, Progress):
            stage, noun, count = "Loading", "records", progress.records
            done, total = progress.bytes_done, progress.bytes_total
        else:
            stage, noun, count = STAGES.get(progress.name, progress.name), "studies", progress.done
            done, total = progress.done, progress.total
        if stage != self._stage:
            if self._stage:
                self._began, self._first = time.monotonic(), count
            self._stage = stage
            self._bar.reset(self._task, description=stage, rate="")
        seconds = time.monotonic() - self._began
        rate = f", {(count - self._first) / seconds:,.0f}/s" if seconds > 0 and count > self._first else ""
        self._bar.update(
            self._task, completed=done, total=total or None, rate=f"{count:,} {noun}{rate}", refresh=True
        )

    def stop(self) -> None:
        """Take the bar off the screen."""
        self._bar.stop()
