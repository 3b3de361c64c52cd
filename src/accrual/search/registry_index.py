"""The registry index: what an Essie search asks, one document a study and one of each of its sites.

Comes in: changed records (study key and canonical JSON), in batches. Goes out: snapshots, each a state of the index as
it was committed. Refuses nothing of a record; a body that is no study any more is left out and counted in `skipped`.

On disk, in the folder given: `studies/` and `sites/` (tantivy; fields in `registry_schema.py`), `points.bin`
(`geo.PointFile`) and `study_points.bin`. Applying a change again changes nothing: what is held of the study is deleted
first. Sites and points are committed before the studies that need them.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec
import tantivy

from accrual.errors import RecordError, StoreError
from accrual.search.geo import PointFile, PointTable, UInts
from accrual.search.places import Places
from accrual.search.registry_document import make_documents
from accrual.search.registry_schema import ANALYZERS, FORMAT, SITE_SCHEMA, STUDY_SCHEMA
from accrual.search.segments import Segments
from accrual.search.study_points import StudyPointFile, StudyPoints

__all__ = ["FORMAT", "RegistryIndex", "Snapshot", "Snapshots"]

KEPT_SECONDS = 15 * 60.0
"""How long a state is kept for page sequences that began on it, once there is a newer one. Set by hand."""
KEPT_STATES = 4
"""States kept beside the newest, at most. Set by hand: the files of each stay on disk until it is let go."""
KEPT_BYTES = 64 * 2**20
"""Room for answers (orders of studies, sets of sites) of one state. Set by hand: an order of 600,000 is 2.4 MB."""


class Change(Protocol):
    """What the index needs of a changed record; `accrual.store.records.Change` is one."""

    @property
    def study(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Snapshot:
    """One committed state of the index, which never changes. Safe to search from many threads."""

    def __init__(
        self,
        stamp: int,
        studies: tantivy.Searcher,
        sites: tantivy.Searcher,
        points: PointTable,
        read_study_points: Callable[[], UInts],
    ) -> None:
        self.stamp = stamp
        """Names the state, in every process: 32 bits."""
        self.studies = studies
        self.sites = sites
        self.points = points
        self._read_study_points = read_study_points
        self._study_points: StudyPoints | None = None
        self._answers: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._room = KEPT_BYTES
        self._lock = Lock()

    @property
    def study_points(self) -> StudyPoints:
        """The points of each study, read when they are first asked for: a second for the whole registry."""
        with self._lock:
            if self._study_points is None:
                self._study_points = StudyPoints(self._read_study_points())
            return self._study_points

    def recall(self, key: Hashable) -> Any:
        """Return what is kept for a key; None where nothing is."""
        with self._lock:
            held = self._answers.get(key)
            if held is None:
                return None
            self._answers.move_to_end(key)
            return held[0]

    def keep(self, key: Hashable, answer: Any, size: int) -> None:
        """Keep an answer of about `size` bytes, for as long as there is room."""
        with self._lock:
            self._room += self._answers.pop(key, (None, 0))[1] - size
            self._answers[key] = (answer, size)
            while self._room < 0:
                _, (_, freed) = self._answers.popitem(last=False)
                self._room += freed


class Snapshots:
    """The states that a process serves: the newest, and older ones for page sequences that began on them.

    One for each data folder, and given to every index that is opened on it: reopening loses no state.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: OrderedDict[int, tuple[Snapshot, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, snapshot: Snapshot) -> None:
        """Take in a state, now the newest; those that are too old or too many go."""
        with self._lock:
            now = self._clock()
            # A state is as old as the time since the next one came.
            if self._states:
                newest = next(reversed(self._states))
                self._states[newest] = (self._states[newest][0], now)
            self._states.pop(snapshot.stamp, None)
            self._states[snapshot.stamp] = (snapshot, now)
            self._forget(now)

    def find(self, stamp: int) -> Snapshot | None:
        """Return a state that is still kept."""
        with self._lock:
            self._forget(self._clock())
            held = self._states.get(stamp)
            return held[0] if held is not None else None

    def _forget(self, now: float) -> None:
        for stamp in list(self._states)[:-1]:
            if now - self._states[stamp][1] > KEPT_SECONDS or len(self._states) > KEPT_STATES + 1:
                del self._states[stamp]


class RegistryIndex:
    """The index of one folder, for reading or for writing. Safe to search from many threads.

    Example:
        >>> index = RegistryIndex(folder, writable=True)
        >>> index.apply(changes); index.commit()
        >>> index.snapshot().studies.num_docs
    """

    def __init__(
        self,
        folder: Path,
        writable: bool = False,
        places: Places | None = None,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Open the index, or make an empty one where `writable`.

        Arguments:
            places: where sites without a point stand, as legacy XML has them; None leaves them without one.
            snapshots: the states that this process serves of the folder.

        Raises:
            StoreError: there is no index, it is damaged, or another process is writing to it.
        """
        self._folder = folder
        self._places = places
        self._points = PointFile(folder / "points.bin")
        self._study_points = StudyPointFile(folder / "study_points.bin")
        self._snapshots = snapshots if snapshots is not None else Snapshots()
        self._lock = Lock()
        self.skipped = 0
        try:
            self._sites = Segments(folder / "sites", SITE_SCHEMA, ANALYZERS, writable)
            self._studies = Segments(folder / "studies", STUDY_SCHEMA, ANALYZERS, writable)
            if writable:
                self._points.open_for_writing()
                self._study_points.open_for_writing()
        except (ValueError, OSError) as error:
            raise StoreError(
                f"{folder}: the registry index cannot be opened ({error}); delete this folder to rebuild it"
            ) from error
        self._stamp: object = None
        self._newest: Snapshot | None = None

    def apply(self, changes: Sequence[Change]) -> None:
        """Replace what is held of each of these studies. Idempotent; visible only after `commit`."""
        newest = {change.study: change for change in changes}
        self._sites.delete_studies(newest)
        self._studies.delete_studies(newest)
        points: dict[int, tuple[int, ...]] = {}
        for change in newest.values():
            points[change.study] = ()
            if not change.body:
                continue
            try:
                made = make_documents(change.study, _decode(change.body), self._places)
            except (RecordError, msgspec.MsgspecError, RecursionError):
                self.skipped += 1
                continue
            points[change.study] = made.codes
            self._points.add(made.codes)
            self._sites.add(change.study, made.sites)
            self._studies.add(change.study, [made.study])
        self._study_points.replace(points)

    def commit(self) -> None:
        """Make everything applied so far durable and visible.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self._points.flush()
            self._study_points.flush()
        except OSError as error:
            raise StoreError(
                f"{self._folder}: points cannot be written ({error}); is the disk full?"
            ) from error
        self._sites.commit()
        self._studies.commit()

    def close(self) -> None:
        """Let go of the writers' locks. What was applied and not committed is dropped."""
        self._sites.close()
        self._studies.close()

    def snapshot(self) -> Snapshot:
        """Return what was last committed by any process.

        Raises:
            StoreError: the index is damaged.
        """
        with self._lock:
            stamp = (self._studies.stamp(), self._sites.stamp())
            if self._newest is None or stamp != self._stamp:
                digest = self._studies.digest() ^ self._sites.digest()
                known = self._snapshots.find(digest)
                # Sites and points are committed before studies, so those opened after them have them all.
                studies = self._studies.searcher()
                self._newest = known or Snapshot(
                    digest,
                    studies,
                    self._sites.searcher(),
                    PointTable(self._points.read()),
                    self._study_points.read,
                )
                self._snapshots.add(self._newest)
                self._stamp = stamp
            return self._newest

    def snapshot_of(self, stamp: int) -> Snapshot | None:
        """Return the state of that stamp, if it is still kept."""
        newest = self.snapshot()
        return newest if newest.stamp == stamp else self._snapshots.find(stamp)

    def count(self) -> int:
        """Return how many studies the index holds."""
        return int(self.snapshot().studies.num_docs)


_decode = msgspec.json.Decoder(dict[str, Any]).decode
