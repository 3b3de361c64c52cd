"""On which points the sites of each study stand: for the distance of a study's closest site.

Comes in: studies with the points of their sites, as they change. Goes out: the distance of each of many studies from a
place. Refuses nothing: a study without a point is infinitely far.

On disk one file of rows that only grows: study, batch, point, 8 bytes each. The newest batch of a study is what counts;
a study that lost its points has a row that says so. Rows reach the disk before the commit of the index that needs them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accrual.basic import GeoPoint
from accrual.search.geo import Floats, UInts, distances_km

_NOWHERE = 2**64 - 1  # no point has this code: codes have 52 bits
_ROW_BYTES = 24


class StudyPoints:
    """The points of all studies, in memory: 8 bytes a point and study; 600,000 studies have some 5 million."""

    def __init__(self, rows: UInts) -> None:
        """Take rows as they are in the file; shape (rows, 3)."""
        order = np.lexsort((rows[:, 1], rows[:, 0])) if len(rows) else np.empty(0, dtype=np.int64)
        studies, batches, codes = rows[order].T
        # Sorted by study, then batch: the last batch of each study is the batch of the study's last row.
        ends = np.flatnonzero(np.diff(studies, append=np.uint64(_NOWHERE)))
        lengths = np.diff(ends, prepend=-1)
        newest = np.repeat(batches[ends], lengths) == batches
        kept = newest & (codes != _NOWHERE)
        self._studies = studies[kept].astype(np.uint32)
        self._codes, which = np.unique(codes[kept], return_inverse=True)
        self._which = which.astype(np.uint32)

    def distances_km(self, studies: NDArray[np.uint64], centre: GeoPoint) -> Floats:
        """Return how far the closest site of each study is; infinite without one. Of the shape of `studies`."""
        if not len(self._codes):
            return np.full(len(studies), np.inf)
        near = distances_km(self._codes, centre)[self._which]
        asked = studies.astype(np.uint32)
        starts = np.searchsorted(self._studies, asked, side="left")
        ends = np.searchsorted(self._studies, asked, side="right")
        # reduceat takes every second of its pairs; a start at the very end needs something to point at.
        bounds = np.stack((starts, ends), axis=1).ravel()
        least: Floats = np.minimum.reduceat(np.append(near, np.inf), bounds)[::2]
        return np.where(starts < ends, least, np.inf)


class StudyPointFile:
    """The rows on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh: dict[int, tuple[int, ...]] = {}
        self._batch = 0

    def size(self) -> int:
        """Return the file's size in bytes; 0 when there is none."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self) -> UInts:
        """Return all rows, shape (rows, 3); a torn last one, which no commit has relied on, is left out."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        whole = data[: len(data) // _ROW_BYTES * _ROW_BYTES]
        return np.frombuffer(whole, dtype="<u8").astype(np.uint64).reshape(-1, 3)

    def open_for_writing(self) -> None:
        """Cut off a torn tail, and begin a batch behind all that are there."""
        if self.size() % _ROW_BYTES:
            with self._path.open("r+b") as file:
                file.truncate(self.size() // _ROW_BYTES * _ROW_BYTES)
        rows = self.read()
        self._batch = int(rows[:, 1].max()) + 1 if len(rows) else 1

    def replace(self, points: Mapping[int, Iterable[int]]) -> None:
        """Remember the points of studies until `flush`, in place of those they had."""
        for study, codes in points.items():
            self._fresh[study] = tuple(codes)

    def flush(self) -> None:
        """Write what is new to disk, durably. Call before the index commits."""
        if not self._fresh:
            return
        rows = [
            (study, self._batch, code)
            for study, codes in self._fresh.items()
            for code in (codes or (_NOWHERE,))
        ]
        with self._path.open("ab") as file:
            file.write(np.array(rows, dtype="<u8").tobytes())
            file.flush()
            os.fsync(file.fileno())
        self._fresh.clear()
        self._batch += 1
