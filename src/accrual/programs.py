"""The programs of a data folder: every study's compiled criteria as arrays, kept up to date.

Comes in: changes of the store, and a way to get studies' compiled criteria. Goes out: `Programs`, which decides every
study for a patient. Refuses nothing: what is damaged, or of another compiler, is built again by
`accrual.store.derived`.

On disk, in the artefact's folder::

    segments.json      the compiler, and the segments that count, oldest first
    000007/            one program (accrual.match.program)

What changes is written as a new segment; a study counts where it stands last. One that was removed counts in no segment
that was there then, and again in a later one when it is back. A segment that is no larger than the one
after it is merged with it, so that there are never more than a few, and no study is written more than log2(n) times.

Stands beside the facade because it joins rooms that do not know each other: matching and the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.criteria.tree import CompiledTrial
from accrual.match.builder import Builder
from accrual.match.evaluate import Screener
from accrual.match.program import FORMAT, Program
from accrual.match.sweep import Sweep, sweep
from accrual.store.derived import Recipe
from accrual.store.records import Change

NAME = "program"
_SEGMENTS = "segments.json"

CompiledOf = Callable[[Sequence[str]], Mapping[str, CompiledTrial]]
"""Gives the compiled criteria of studies, by NCT number; those that are gone are left out."""


class _Listed(msgspec.Struct, frozen=True):
    """What `segments.json` holds."""

    compiler: str
    names: tuple[str, ...]
    gone: dict[int, int] = msgspec.field(default_factory=dict)
    """Studies that were removed, by number: up to which segment they do not count."""


class Programs:
    """Every study's criteria as arrays. As an artefact it is filled in batches; opened for reading it decides.

    A reader maps the segments when it opens, and they may be deleted behind it: what is mapped stays readable.
    """

    def __init__(self, folder: Path, writable: bool, compiler: str, compiled: CompiledOf) -> None:
        """Open the folder's programs, or make it ready for the first.

        Raises:
            OSError: a file cannot be read.
            ValueError: the files are damaged, or were made by another compiler.
        """
        self._folder = folder
        self._compiler = compiler
        self._compiled = compiled
        self._builder = Builder()
        self._removed: set[int] = set()
        if writable and not (folder / _SEGMENTS).exists():
            self._write((), {})
        self._names, self._gone = self._listed()
        try:
            self._programs = [Program(folder / name) for name in self._names]
        except FileNotFoundError:
            if self._listed()[0] == self._names:
                raise
            # Another process merged segments between the two reads; it does so a few times a day at most.
            self._names, self._gone = self._listed()
            self._programs = [Program(folder / name) for name in self._names]
        if writable:
            self._clear()
        self._live = _live(self._programs, self._names, self._gone)
        self._ranked: NDArray[np.intp] | None = None  # the order of the numbers that a sweep has

    # -- deciding

    @property
    def trials(self) -> int:
        """How many studies can be decided."""
        return sum(int(live.sum()) for live in self._live)

    def sweep(self, patients: Sequence[Screener]) -> Sweep:
        """Decide every study for patients; see `accrual.match.sweep`."""
        parts = []
        for program, live in zip(self._programs, self._live, strict=True):
            part = sweep(program, patients)
            parts.append(part if live.all() else part.kept(live))
        return Sweep.joined(parts, len(patients))

    def sweep_among(self, patients: Sequence[Screener], numbers: Sequence[int]) -> Sweep:
        """Decide some studies for patients, in the order of their numbers; those that are not here are left out."""
        swept = self.sweep(patients)
        ranked = self._ranked
        if ranked is None or len(ranked) != len(swept.numbers):
            ranked = self._ranked = np.argsort(swept.numbers, kind="stable")
        wanted = np.array(numbers, np.intp)
        at = np.searchsorted(swept.numbers, wanted, sorter=ranked)
        places = ranked[np.minimum(at, len(ranked) - 1)] if len(ranked) else at[:0]
        return swept.at(places[swept.numbers[places] == wanted] if len(ranked) else places)

    # -- as an artefact

    def apply(self, changes: Sequence[Change]) -> None:
        """Take studies as they are now; removed ones count no more."""
        for change in changes:
            number = int(change.nct_id[3:])
            if change.removed:
                self._removed.add(number)
                self._builder.drop(number)
            else:
                self._removed.discard(number)
        present = [change.nct_id for change in changes if not change.removed]
        for compiled in self._compiled(present).values():
            self._builder.add(compiled)

    def commit(self) -> None:
        """Write what was applied, merge what has grown small beside it, and say so in one step."""
        if not self._builder.trials and not self._removed:
            return
        names, programs = list(self._names), list(self._programs)
        newest = max((int(name) for name in names), default=0)
        gone = self._gone | dict.fromkeys(self._removed, newest)
        while programs and len(programs[-1].numbers) <= self._builder.trials:
            last, segment = programs.pop(), int(names.pop())
            elsewhere = [*self._builder.numbers.tolist(), *_gone_from(gone, segment)]
            self._builder.take(last, ~np.isin(last.numbers, elsewhere))
        if self._builder.trials:
            name = f"{newest + 1:06d}"
            self._builder.write(self._folder / name)
            names.append(name)
            programs.append(Program(self._folder / name))
        oldest = min((int(name) for name in names), default=newest + 1)
        gone = {number: last for number, last in gone.items() if last >= oldest}
        self._write(tuple(names), gone)
        self._names, self._gone, self._programs = tuple(names), gone, programs
        self._clear()
        self._live = _live(self._programs, self._names, self._gone)
        self._ranked = None
        self._builder, self._removed = Builder(), set()

    def close(self) -> None:
        """Let go of the arrays."""
        self._programs, self._live = [], []

    def _listed(self) -> tuple[tuple[str, ...], dict[int, int]]:
        listed = msgspec.json.decode((self._folder / _SEGMENTS).read_bytes(), type=_Listed)
        if listed.compiler != self._compiler:
            raise ValueError(f"{self._folder}: made by another compiler")
        return listed.names, listed.gone

    def _clear(self) -> None:
        """Delete segments that do not count: merged into others, or half written before a crash."""
        for held in self._folder.iterdir():
            if held.is_dir() and held.name not in self._names:
                shutil.rmtree(held, ignore_errors=True)

    def _write(self, names: tuple[str, ...], gone: dict[int, int]) -> None:
        fresh = self._folder / f"{_SEGMENTS}.new"
        fresh.write_bytes(msgspec.json.encode(_Listed(self._compiler, names, gone)))
        fresh.replace(self._folder / _SEGMENTS)


def programs_recipe(compiler: str, compiled: CompiledOf) -> Recipe[Programs]:
    """Return how `accrual.store.derived.catch_up` opens the programs for one compiler version."""
    return Recipe(
        name=NAME,
        format_version=str(FORMAT),
        open=lambda folder, writable: Programs(folder, writable, compiler, compiled),
        damage=(OSError, ValueError),
        bodies=False,
    )


def _gone_from(gone: Mapping[int, int], segment: int) -> list[int]:
    """Return the removed studies that do not count in a segment."""
    return [number for number, last in gone.items() if segment <= last]


def _live(
    programs: Sequence[Program], names: Sequence[str], gone: Mapping[int, int]
) -> list[NDArray[np.bool_]]:
    """Say of each segment's trials which stand in no later one, and were not removed since."""
    found: list[NDArray[np.bool_]] = []
    later = np.zeros(0, np.intp)
    for program, name in zip(reversed(programs), reversed(names), strict=True):
        elsewhere = np.concatenate([later, np.array(_gone_from(gone, int(name)), np.intp)])
        found.append(~np.isin(program.numbers, elsewhere))
        later = np.concatenate([later, program.numbers])
    return found[::-1]
