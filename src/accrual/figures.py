"""The statistics of a data folder, kept up to date: what the fields of its studies hold, and how large they are.

Comes in: changes of the store. Goes out: the bodies of `/stats/size`, `/stats/field/values` and `/stats/field/sizes`,
and how many studies fall into each year. Refuses (UnknownFieldError): a field that there are no statistics of. What is
damaged is built again by `accrual.store.derived`.

On disk, in the artefact's folder::

    state.msgpack      everything counted, and of each study which version was
    described.json     the bodies as of the last commit: all that a reader reads

A study that changed is taken out with the version that was counted, which the store still has, and counted anew: an
update costs what its studies cost, and nothing is counted twice however often it is applied.

Stands beside the facade because it joins rooms that do not know each other: the registry's fields and the store.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from accrual.basic import NctId
from accrual.registry.statistics import State, Statistics, choose, describe_study_sizes
from accrual.store.derived import Recipe
from accrual.store.records import Change, RecordStore
from accrual.store.replacement import replace_file

NAME = "figures"
FORMAT = "2"
_STATE = "state.msgpack"
_DESCRIBED = "described.json"


class _Kept(msgspec.Struct):
    """What `state.msgpack` holds. The arrays are indexed by study."""

    state: State
    identities: bytes
    """Of the version that was counted, its first eight bytes; zeros: none was."""
    sizes: bytes
    """Of that version, in bytes, four bytes each."""
    numbers: bytes
    """The digits of the NCT number, four bytes each."""


class _Described(msgspec.Struct):
    """What `described.json` holds."""

    values: list[dict[str, Any]]
    sizes: list[dict[str, Any]]
    study_sizes: dict[str, Any]
    years: dict[str, dict[int, int]]


class Figures:
    """The statistics of one data folder. As an artefact it is filled in batches; opened for reading it answers.

    Opened for reading it answers as of what any process last committed.
    """

    def __init__(self, folder: Path, writable: bool, store: RecordStore) -> None:
        """Open the folder's statistics, or begin with none.

        Raises:
            OSError: a file cannot be read.
            ValueError: a file is damaged.
        """
        self._folder = folder
        self._store = store
        self._statistics: Statistics | None = None
        self._stamp = ""
        self._identities, self._sizes, self._numbers = array("Q"), array("I"), array("I")
        if writable:
            self._go_on()
        else:
            self._stamp = _stamp_of(folder / _DESCRIBED)
            self._described = msgspec.json.decode((folder / _DESCRIBED).read_bytes(), type=_Described)

    # -- answering

    @property
    def stamp(self) -> str:
        """Names what was last committed; another one after every change."""
        _ = self._newest
        return self._stamp

    @property
    def _newest(self) -> _Described:
        """What was last committed; where it cannot be read, because it is being built anew, what was before."""
        if self._statistics is not None:  # being filled: as it is so far
            return self._describe(self._statistics)
        path = self._folder / _DESCRIBED
        with suppress(OSError, ValueError):
            stamp = _stamp_of(path)
            if stamp != self._stamp:
                self._described = msgspec.json.decode(path.read_bytes(), type=_Described)
                self._stamp = stamp
        return self._described

    def values(self, types: Iterable[str] = (), fields: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return the body of `/stats/field/values`: of these types and fields, of all where none are given.

        Raises:
            UnknownFieldError: a name is no leaf field's.
        """
        return choose(self._newest.values, fields, types)

    def sizes(self, fields: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return the body of `/stats/field/sizes`: of these list fields, of all where none are given.

        Raises:
            UnknownFieldError: a name is no list field's.
        """
        return choose(self._newest.sizes, fields)

    def study_sizes(self) -> dict[str, Any]:
        """Return the body of `/stats/size`."""
        return self._newest.study_sizes

    def years(self, field: str) -> dict[int, int]:
        """Return how many studies have a date in each year, the oldest first; empty for a field not counted so.

        Arguments:
            field: one of `registry.statistics.YEAR_FIELDS`.

        Example:
            >>> figures.years("StartDate")
            {2019: 3, 2020: 14, 2022: 9}
        """
        return self._newest.years.get(field, {})

    # -- as an artefact

    def apply(self, changes: Sequence[Change]) -> None:
        """Count studies as they are now, in place of what was counted of them; removed ones count for nothing."""
        assert self._statistics is not None, "opened for reading"
        for change in changes:
            mark = _mark(change.identity)
            self._make_room(change.study)
            before = self._identities[change.study]
            if before == (0 if change.removed else mark):
                continue
            if before:
                self._statistics.remove(_DECODE(self._body(change.nct_id, before)), change.nct_id)
            if change.removed:
                self._identities[change.study] = 0
                continue
            self._statistics.add(_DECODE(change.body), change.nct_id)
            self._identities[change.study] = mark
            self._sizes[change.study] = len(change.body)
            self._numbers[change.study] = int(change.nct_id[3:])

    def commit(self) -> None:
        """Write what was counted, to go on from, and what it says, to be read."""
        assert self._statistics is not None, "opened for reading"
        kept = _Kept(
            self._statistics.state,
            self._identities.tobytes(),
            self._sizes.tobytes(),
            self._numbers.tobytes(),
        )
        described = self._describe(self._statistics)
        replace_file(self._folder / _STATE, msgspec.msgpack.encode(kept))
        replace_file(self._folder / _DESCRIBED, msgspec.json.encode(described))

    def close(self) -> None:
        """Nothing is held open."""

    def check(self) -> int:
        """Return how many studies are counted, once what counting would go on from is read too.

        Raises:
            OSError: a file cannot be read.
            ValueError: a file is damaged.
        """
        counted = Figures(self._folder, True, self._store)
        return sum(mark != 0 for mark in counted._identities)

    def _go_on(self) -> None:
        path = self._folder / _STATE
        if path.exists():
            kept = msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
            self._statistics = Statistics(kept.state)
            self._identities.frombytes(kept.identities)
            self._sizes.frombytes(kept.sizes)
            self._numbers.frombytes(kept.numbers)
        elif (self._folder / _DESCRIBED).exists():
            # To begin with nothing would count what changes from now on, and call that the whole.
            raise ValueError(f"{path}: gone")
        else:
            self._statistics = Statistics()

    def _describe(self, statistics: Statistics) -> _Described:
        counted = np.frombuffer(self._identities, np.uint64) != 0
        return _Described(
            statistics.describe_values(),
            statistics.describe_sizes(),
            describe_study_sizes(
                np.frombuffer(self._sizes, np.uint32)[counted],
                np.frombuffer(self._numbers, np.uint32)[counted],
            ),
            statistics.describe_years(),
        )

    def _make_room(self, study: int) -> None:
        short = study + 1 - len(self._identities)
        if short > 0:
            for each in (self._identities, self._sizes, self._numbers):
                each.extend([0] * short)

    def _body(self, nct_id: NctId, mark: int) -> bytes:
        """Return the version of a study that was counted.

        Raises:
            ValueError: the store has it no more: then nothing that was counted can be trusted.
        """
        for version in self._store.versions(nct_id):
            if _mark(version.identity) == mark:
                return self._store.get_version(version.version)
        raise ValueError(f"{nct_id}: the version that was counted is gone")


def figures_recipe(store: RecordStore) -> Recipe[Figures]:
    """Return how `accrual.store.derived.catch_up` opens the statistics."""
    return Recipe(
        name=NAME,
        format_version=FORMAT,
        open=lambda folder, writable: Figures(folder, writable, store),
        damage=(OSError, ValueError),
    )


def _stamp_of(path: Path) -> str:
    # Every commit writes another file.
    found = path.stat()
    return f"{found.st_mtime_ns:x}{found.st_ino:x}"


def _mark(identity: bytes) -> int:
    return int.from_bytes(identity[:8], "big") or 1


_DECODE = msgspec.json.Decoder(dict[str, Any]).decode
