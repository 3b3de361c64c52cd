"""Loading: from files, or from records already read, into the store, with a report of what became of everything.

Comes in: paths, or a stream of `SourceRecord` and `Refusal`. Goes out: a `LoadReport`, and `load-report.jsonl` in the
data folder with every refusal and warning. Refuses, as StoreError: a store that another process is loading or that
cannot be written, a full disk; as SourceError: paths none of which exists. What was committed before stays.

While one batch is read, the one before it is compressed on another core. Memory holds two batches, however large
the input. (A thread for reading was tried and was slower: reading and SQLite fight for the interpreter.)
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec

from accrual.basic import path_words
from accrual.errors import StoreError
from accrual.registry.files import Refusal, SourceRecord, measure, read_records
from accrual.store.compression import MAX_SAMPLES
from accrual.store.records import RecordStore
from accrual.store.writer import Incoming, Outcome, Prepared, RecordWriter

REPORT_NAME = "load-report.jsonl"
BATCH_RECORDS = MAX_SAMPLES  # so that the first batch can teach the dictionary
BATCH_BYTES = 16 * 2**20  # about 900 records of usual size; bounds memory when records are large
BATCH_SECONDS = 2.0  # no more than this is lost in a crash
PROGRESS_SECONDS = 0.25  # between two words on progress: a first batch can take many seconds to read
REPORTED_REFUSALS = 100  # kept in memory and in the LoadReport; the file has them all

Stage: TypeAlias = Literal["loading", "listing", "done"]


class Progress(msgspec.Struct, frozen=True):
    """How far a load has come."""

    records: int
    """Records seen so far, refused ones not counted."""
    bytes_done: int
    """Bytes of the sources read so far, as they lie on disk."""
    bytes_total: int
    """Their total; 0 when unknown."""
    refused: int
    stage: Stage = "loading"
    """Of a sync also `listing`: then `records` counts numbers of studies."""
    records_total: int = 0
    """How many there will be, where a source says so; 0 where it does not."""


class Refused(msgspec.Struct, frozen=True):
    """One thing that is no study, as the report file has it."""

    where: str
    reason: str


class Warned(msgspec.Struct, frozen=True):
    """One doubt about a record that was kept, as the report file has it."""

    where: str
    warning: str


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a load did. Every record seen is in exactly one of added, changed, kept_older and unchanged."""

    seen: int = 0
    """Records read; `refused` are not among them."""
    added: int = 0
    """Studies that were not here, or that were removed and are back."""
    changed: int = 0
    """Studies whose current version was replaced by a newer one."""
    kept_older: int = 0
    """Versions kept that are older than the current one."""
    unchanged: int = 0
    """Versions that were here already."""
    refused: int = 0
    warnings: int = 0
    refusals: tuple[Refused, ...] = ()
    """The first refusals; the report file has them all."""
    seconds: float = 0.0
    bytes: int = 0
    """Bytes of the records in their source form, uncompressed."""
    report: str = ""
    """Path of the report file."""

    @property
    def nothing_loaded(self) -> bool:
        """Whether not one record was accepted or found to be here already."""
        return self.seen == 0


def load(
    store: RecordStore,
    paths: Sequence[Path],
    on_progress: Callable[[Progress], None] | None = None,
    report_path: Path | None = None,
) -> LoadReport:
    """Load files and folders into the store.

    Arguments:
        on_progress: called several times a second while records are read, and with stage `done` at the end.
        report_path: where the report file goes, `home/load-report.jsonl` by default.

    Raises:
        StoreError, SourceError: see the head of this module.
    """
    total = measure(paths) if on_progress is not None else 0
    return load_records(store, read_records(paths), on_progress, report_path, bytes_total=total, archive=True)


def load_records(
    store: RecordStore,
    source: Iterable[SourceRecord | Refusal],
    on_progress: Callable[[Progress], None] | None = None,
    report_path: Path | None = None,
    bytes_total: int = 0,
    archive: bool = False,
) -> LoadReport:
    """Load records that something else reads, in its order; see `load`.

    Arguments:
        archive: as `RecordWriter` has it. Files may be old: what was removed since stays removed.

    Raises:
        StoreError: as `load`. Whatever `source` raises comes through; at most two batches are lost.
    """
    started = time.monotonic()
    path = report_path or store.home / REPORT_NAME
    tally: Counter[Outcome] = Counter()
    refusals: list[Refused] = []
    seen = refused = warnings = source_bytes = consumed = 0
    if on_progress is not None:
        source = _watched(source, on_progress, bytes_total)
    with RecordWriter(store, archive) as writer, _report_file(path) as file:
        for batch, outcomes in _written(writer, _batches(source)):
            tally.update(outcomes)
            seen += len(batch.records)
            refused += sum(isinstance(note, Refused) for note in batch.notes)
            warnings += sum(isinstance(note, Warned) for note in batch.notes)
            refusals += [note for note in batch.notes if isinstance(note, Refused)][
                : REPORTED_REFUSALS - len(refusals)
            ]
            source_bytes += batch.source_bytes
            consumed = max(consumed, batch.consumed_bytes)
            _write_lines(file, path, batch.notes)
        report = LoadReport(
            seen=seen,
            added=tally[Outcome.ADDED],
            changed=tally[Outcome.CHANGED],
            kept_older=tally[Outcome.KEPT_OLDER],
            unchanged=tally[Outcome.UNCHANGED],
            refused=refused,
            warnings=warnings,
            refusals=tuple(refusals),
            seconds=round(time.monotonic() - started, 3),
            bytes=source_bytes,
            report=path_words(path),
        )
        _write_lines(file, path, [msgspec.structs.replace(report, refusals=())])
        if on_progress is not None:
            on_progress(Progress(seen, bytes_total or consumed, bytes_total, refused, "done"))
    return report


class _Batch:
    """What is committed together, and what the report says about it."""

    def __init__(self) -> None:
        self.records: list[Incoming] = []
        self.notes: list[Refused | Warned] = []
        self.source_bytes = 0
        self.consumed_bytes = 0
        self._size = 0
        self._begun = time.monotonic()

    def take(self, item: SourceRecord | Refusal) -> None:
        self.consumed_bytes = max(self.consumed_bytes, item.consumed_bytes)
        if isinstance(item, Refusal):
            self.notes.append(Refused(item.where, item.reason))
            return
        self.notes += [Warned(item.where, warning) for warning in item.warnings]
        self.source_bytes += item.source_bytes
        self._size += len(item.body)
        # The number comes out of the record itself; file names and wrappers are not believed.
        self.records.append(Incoming.of(item.trial.nct_id, item.body, item.last_update, item.version_holder))

    def full(self, first: bool) -> bool:
        """Say whether to commit. The first batch is not cut by time: it may have to teach the dictionary."""
        return (
            len(self.records) >= BATCH_RECORDS
            or len(self.notes) >= BATCH_RECORDS
            or self._size >= BATCH_BYTES
            or (not first and time.monotonic() - self._begun >= BATCH_SECONDS)
        )


def _watched(
    source: Iterable[SourceRecord | Refusal], on_progress: Callable[[Progress], None], bytes_total: int
) -> Iterator[SourceRecord | Refusal]:
    """Pass everything on, telling from time to time how far the reading has come."""
    records = refused = consumed = 0
    told = time.monotonic()
    for item in source:
        consumed = max(consumed, item.consumed_bytes)
        if isinstance(item, Refusal):
            refused += 1
        else:
            records += 1
        yield item
        if time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            on_progress(Progress(records, consumed, bytes_total, refused))


def _batches(source: Iterable[SourceRecord | Refusal]) -> Iterator[_Batch]:
    batch, first = _Batch(), True
    for item in source:
        batch.take(item)
        if batch.full(first):
            yield batch
            batch, first = _Batch(), False
    if batch.records or batch.notes:
        yield batch


def _written(writer: RecordWriter, batches: Iterable[_Batch]) -> Iterator[tuple[_Batch, tuple[Outcome, ...]]]:
    """Commit each batch once the next one is read: meanwhile it is compressed on another core."""
    waiting: tuple[_Batch, Prepared] | None = None
    for batch in batches:
        if waiting is not None:
            yield waiting[0], writer.commit(waiting[1])
        waiting = batch, writer.prepare(batch.records)
    if waiting is not None:
        yield waiting[0], writer.commit(waiting[1])


@contextmanager
def _report_file(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("wb", buffering=0)
    except OSError as error:
        raise StoreError(
            f"{path}: the report cannot be written ({error.strerror}): check its folder"
        ) from error
    with file:
        yield file


def _write_lines(file: BinaryIO, path: Path, lines: Sequence[Refused | Warned | LoadReport]) -> None:
    if not lines:
        return
    try:
        file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError as error:
        raise StoreError(
            f"{path}: the report cannot be written ({error.strerror}): make room on the disk"
        ) from error
