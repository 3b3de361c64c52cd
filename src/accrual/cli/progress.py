"""The progress bar: drawn on standard error while a load, or a catch-up of derived data, takes its time."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from accrual.cli.output import console

if TYPE_CHECKING:
    from accrual.folder import OnProgress
    from accrual.store.derived import CatchUpProgress
    from accrual.store.load import Progress

SHOW_AFTER_SECONDS = 1.0
RATE_AFTER_SECONDS = 0.5  # of one stage; what is measured over less jumps about
STAGES = {
    "text": "Indexing",
    "registry": "Indexing every field",
    "criteria": "Checking criteria",
    "reading": "Reading criteria",
    "program": "Laying criteria out",
    "themes": "Gathering subjects",
    "figures": "Counting values",
    "locations": "Counting places",
    "matching": "Matching",
}
"""Names of derived data, and of what fills it (`CatchUpProgress.name`), in words."""


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


class _Stage(msgspec.Struct, frozen=True):
    """How far one stage of the work has come: `count` things named `noun`; `done` of `total` is the bar."""

    name: str
    noun: str
    count: int
    done: int
    total: int


def _stage_of(progress: Progress | CatchUpProgress) -> _Stage:
    from accrual.store.load import Progress

    if not isinstance(progress, Progress):
        name = STAGES.get(progress.name, progress.name)
        noun = "patients" if progress.name == "matching" else "studies"
        return _Stage(name, noun, progress.done, progress.done, progress.total)
    if progress.stage == "done":
        # All is stored; the index speaks up only after its first batch, and a full bar would look stuck.
        return _Stage(STAGES["text"], "studies", 0, 0, 0)
    if progress.stage == "listing":
        return _Stage(
            "Comparing lists", "studies", progress.records, progress.records, progress.records_total
        )
    if progress.records_total:
        return _Stage("Fetching", "records", progress.records, progress.records, progress.records_total)
    return _Stage("Loading", "records", progress.records, progress.bytes_done, progress.bytes_total)


class _Bar:
    """A rich bar that starts counting anew for each stage of the work."""

    def __init__(self, began: float) -> None:
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[words]}"),
            console=console("stderr"),
            transient=True,
            expand=True,
        )
        self._task = self._bar.add_task("", total=None, words="")
        self._began = began
        self._first: _Stage | None = None
        """The stage as it was when its clock began; None until then."""
        self._last: _Stage | None = None

    def show(self, progress: Progress | CatchUpProgress) -> None:
        """Draw how far the work has come."""
        stage, now = _stage_of(progress), time.monotonic()
        last = self._last
        if last is None:
            self._first = msgspec.structs.replace(
                stage, count=0, done=0
            )  # the first stage began with the work
        elif stage.name != last.name or stage.count < last.count:
            self._began, self._first = now, stage
        self._last = stage
        self._bar.tasks[0].total = (
            stage.total or None
        )  # `update` takes None for "as it was"; it means a pulse here
        self._bar.update(
            self._task,
            description=stage.name,
            completed=stage.done,
            words=self._words(stage, now - self._began),
        )
        if last is None:
            self._bar.start()
        self._bar.refresh()

    def _words(self, stage: _Stage, seconds: float) -> str:
        words = f"{stage.count:,} {stage.noun}" if stage.count or stage.total else ""
        first = self._first
        if first is None or seconds < RATE_AFTER_SECONDS or stage.count <= first.count:
            return words
        words += f", {(stage.count - first.count) / seconds:,.0f}/s"
        if stage.total and first.done < stage.done:
            left = (stage.total - stage.done) * seconds / (stage.done - first.done)
            words += f", {_time_words(left)} left"
        return words

    def stop(self) -> None:
        """Take the bar off the screen."""
        self._bar.stop()


def _time_words(seconds: float) -> str:
    """Return a time in short: "9 s", "3 min", "2 h 5 min"."""
    whole = math.ceil(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
