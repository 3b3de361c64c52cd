"""What a data folder holds: counts, state, versions, and the snapshots kept of it.

Comes in: an open data folder. Goes out: typed accounts of it, and snapshots, which are data folders of their own.
Refuses (StoreError): a snapshot whose name is taken, or of a day that nothing here reaches.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from importlib.metadata import version

import msgspec

from accrual.basic import NctId
from accrual.errors import StoreError
from accrual.folder import DataFolder
from accrual.reading import compiler_version, lend_compiled
from accrual.store.criteria_cache import criteria_recipe
from accrual.store.derived import catch_up
from accrual.store.manifest import MadeBy, Manifest
from accrual.store.records import RecordStore
from accrual.store.snapshot import OnSnapshot, create_snapshot, snapshot_folder


class Status(msgspec.Struct, frozen=True):
    """What a data folder holds. JSON of `accrual status --json`."""

    studies: int
    versions: int
    generation: int
    data_date: str
    studies_read: int
    """Studies whose criteria have been compiled; the rest are compiled when they are asked for."""
    criteria: int
    understood_whole: int
    understood_part: int
    understood_none: int
    understood_by_words: int
    """Of the whole ones, those in which some name is known by its words alone."""
    rightly_text: int
    """Of those not understood, the ones that are a judgement or said of the trial."""


class DataState(msgspec.Struct, frozen=True):
    """Which state of the records an answer is made from."""

    digest: str
    """Another one after every change; empty for an empty folder."""
    data_date: str
    """The newest date that a record carries (ISO day); may be empty."""


class Held(msgspec.Struct, frozen=True):
    """One version of a study."""

    nct_id: NctId
    body: bytes
    """Registry JSON (API v2)."""
    posted: str
    """The day it was posted (ISO day)."""
    gone: str | None
    """The day since which the study is gone from its source; None where it is not."""


class Holdings:
    """The accounts of one data folder."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._whole: tuple[str, Status] | None = None

    def status(self) -> Status:
        """Count what is here and how much of it is understood; once all is read, anew only after a change."""
        digest = self.state.digest
        if self._whole is not None and self._whole[0] == digest:
            return self._whole[1]
        totals, records = self._folder.cache.totals(), self._folder.records
        status = Status(
            studies=records.count(),
            versions=records.version_count(),
            generation=records.generation,
            data_date=records.data_date(),
            studies_read=totals.studies,
            criteria=totals.whole + totals.part + totals.none,
            understood_whole=totals.whole,
            understood_part=totals.part,
            understood_none=totals.none,
            understood_by_words=totals.by_words,
            rightly_text=totals.judgement,
        )
        if status.studies_read == status.studies:
            self._whole = (digest, status)
        return status

    @property
    def state(self) -> DataState:
        """What the records are as of now: cheap enough to ask before every answer."""
        records = self._folder.records
        return DataState(records.digest(records.generation) or "", records.data_date())

    def held(self, number: NctId, as_of: date | None = None) -> Held:
        """Return the version of a study that is the newest, or was on an earlier day; raises as `Finder.held`."""
        records = self._folder.records
        return Held(
            number,
            records.get(number, as_of),
            records.posted_on(number, as_of),
            records.removed_on(number, as_of),
        )

    @property
    def made_as_now(self) -> bool:
        """Whether this program reads criteria as the one did that made the snapshot; True of what is none."""
        manifest = self._folder.records.manifest
        return manifest is None or manifest.made_by.compiler == compiler_version()

    def make_snapshot(
        self, name: str, today: date, as_of: date | None = None, on_progress: OnSnapshot | None = None
    ) -> Manifest:
        """Keep the records as they are, or as they were on an earlier day; raises as `Finder.make_snapshot`."""
        made_by = MadeBy(version("accrual"), compiler_version())
        records = self._folder.records
        made = create_snapshot(records, name, today, made_by, as_of, on_progress)
        # Compiling is the longest part of building what is derived; without it the snapshot builds all by itself.
        with (
            suppress(StoreError),
            RecordStore(snapshot_folder(records.home, name), create=False) as kept,
        ):
            theirs = catch_up(kept, criteria_recipe(compiler_version()))
            lend_compiled(records, self._folder.cache, kept, theirs)
            theirs.close()
        return made
