"""Writing records: a batch goes in whole or not at all, and each batch is one generation.

Comes in: a `RecordStore`, batches of `Incoming`, the numbers of studies that are gone, how far a source has been read.
Goes out: what became of each record. Refuses, as StoreError: a store that cannot be written, one that another process
is writing, a full disk (then the batch is dropped, and everything before it stays).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from enum import Enum
from types import TracebackType

import msgspec

from accrual.errors import StoreError
from accrual.store.bodies import Base, Frame, find_holder, frames_of, write_body
from accrual.store.compression import NO_DICTIONARY, train
from accrual.store.database import Connection, sqlite_errors, transaction
from accrual.store.records import RecordStore, writer_lock
from accrual.store.sources import Source, write_source

IDENTITY_BYTES = (
    16  # 128 bits of BLAKE2b (RFC 7693): two different bodies of one study never meet by accident
)


class Incoming(msgspec.Struct, frozen=True):
    """One version of a study, on its way in."""

    nct_id: str
    body: bytes
    """Canonical minified v2 JSON."""
    last_update: str
    """The day it was posted (ISO day)."""
    version_holder: str
    """The registry's data date it was taken at (ISO day)."""
    identity: bytes
    """Hash that says which version this is."""

    @classmethod
    def of(cls, nct_id: str, body: bytes, last_update: str = "", version_holder: str = "") -> Incoming:
        """Return a version with its identity worked out (20 µs: done where the record is read, not at the commit)."""
        return cls(nct_id, body, last_update, version_holder, identity(body))


class Outcome(Enum):
    """What became of one record."""

    ADDED = "added"
    """A study that was not here, or that was removed and is back."""
    CHANGED = "changed"
    """A newer version of a study; it is the current one now."""
    KEPT_OLDER = "kept_older"
    """An older version of a study, new to the store."""
    UNCHANGED = "unchanged"
    """A version that is here already."""


class RecordWriter:
    """The one writer of a store: holds the lock from `with` to the end of it.

    Example:
        >>> with RecordWriter(store) as writer:
        ...     writer.write([Incoming.of("NCT90000001", body, "2026-01-02", "2026-01-03")])
        (<Outcome.ADDED: 'added'>,)
    """

    def __init__(self, store: RecordStore, archive: bool = False) -> None:
        """Write to a store.

        Arguments:
            archive: the records may be older than what is known: one whose dates are before the day on which its
                study was removed does not bring the study back.
        """
        self._store = store
        self._archive = archive
        self._lock = writer_lock(store.home)
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compress")

    def __enter__(self) -> RecordWriter:
        if self._store.manifest is not None:
            raise StoreError(
                f"{self._store.home}: the snapshot {self._store.manifest.name}, which never changes: load into the data"
                " folder that it was made from"
            )
        if not self._store.writable:
            raise StoreError(
                f"{self._store.home}: cannot be written: check its permissions, or choose another folder"
            )
        self._lock.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.shutdown()
        self._lock.release()

    def write(self, batch: Sequence[Incoming], source: Source | None = None) -> tuple[Outcome, ...]:
        """Commit a batch as one generation, and say what became of each record, in order.

        A batch that changes nothing makes no generation.

        Arguments:
            source: how far its source has been read with this batch; committed with it.

        Raises:
            StoreError: nothing of the batch is in the store; everything before it is.
        """
        return self.commit(self.prepare(batch), source)

    def prepare(self, batch: Sequence[Incoming]) -> Prepared:
        """Start compressing a batch in the background; the batch before it must be committed.

        Raises:
            StoreError: the store cannot be read or written.
        """
        with sqlite_errors(self._store.path):
            connection = self._store.database.connection()
            fresh = {place: batch[place] for place in _new_bodies(connection, batch)}
            bodies = {place: incoming.body for place, incoming in fresh.items()}
            dictionary = self._dictionary(connection, [*bodies.values()])
            codec = self._store.bodies.codec(dictionary)
            bases = self._bases(connection, {incoming.nct_id for incoming in fresh.values()})
        studies = {place: incoming.nct_id for place, incoming in fresh.items()}
        return Prepared(batch, self._background.submit(frames_of, codec, dictionary, bodies, studies, bases))

    def commit(self, prepared: Prepared, source: Source | None = None) -> tuple[Outcome, ...]:
        """Commit what was prepared; see `write`."""
        frames = prepared.frames.result()
        with sqlite_errors(self._store.path):
            connection = self._store.database.connection()
            with transaction(connection):
                if source is not None:
                    write_source(connection, source)
                return _commit(connection, prepared.batch, frames, self._archive)

    def remove(self, nct_ids: Iterable[str], day: str) -> int:
        """Note that studies are gone from their source, as one generation, and return how many were still present.

        Their versions stay. A study that is removed already keeps its earlier day, and a number that was never here
        is passed over.

        Arguments:
            day: the day on which they were found to be gone (ISO day).

        Raises:
            StoreError: nothing was removed. ValueError: not an ISO day.

        Example:
            >>> with RecordWriter(store) as writer:
            ...     writer.remove(["NCT90000001"], "2026-11-23")
            1
        """
        date.fromisoformat(day)
        with sqlite_errors(self._store.path):
            connection = self._store.database.connection()
            with transaction(connection):
                return _remove(connection, nct_ids, day)

    def set_source(self, source: Source) -> None:
        """Note how far a source has been read; everything written before is committed already.

        To have both or neither, give the source to `write` or `commit` with the batch that was read from it.
        """
        with sqlite_errors(self._store.path):
            connection = self._store.database.connection()
            with transaction(connection):
                write_source(connection, source)

    def _bases(self, connection: Connection, nct_ids: Iterable[str]) -> dict[str, Base]:
        """Return what the new versions of studies that are here already may be stored against."""
        found: dict[str, Base] = {}
        for nct_id in nct_ids:
            row = connection.execute("SELECT study FROM study WHERE nct_id = ?", (nct_id,)).fetchone()
            base = None if row is None else self._store.bodies.base_of(row[0])
            if base is not None:
                found[nct_id] = base
        return found

    def _dictionary(self, connection: Connection, bodies: Sequence[bytes]) -> int:
        """Return the dictionary to compress with; it is made from these bodies where there is none."""
        dictionary = _newest_dictionary(connection)
        if dictionary == NO_DICTIONARY and (trained := train(bodies)) is not None:
            # On its own, ahead of the batch: a crash between the two leaves a dictionary that nothing uses yet.
            with transaction(connection):
                connection.execute("INSERT INTO dictionary (bytes) VALUES (?)", (trained,))
            dictionary = _newest_dictionary(connection)
        return dictionary


class Prepared:
    """A batch on its way: its new bodies are being compressed."""

    def __init__(self, batch: Sequence[Incoming], frames: Future[dict[int, Frame]]) -> None:
        self.batch = batch
        self.frames = frames


def identity(body: bytes) -> bytes:
    """Return the hash that says which version this is: of the body with its data date left out.

    Each download of the registry stamps its own day into every record (`versionHolder`). With the day counted,
    a daily download would make a new version of each of 600,000 unchanged studies.
    """
    cut = find_holder(body)
    if cut is None:
        return hashlib.blake2b(body, digest_size=IDENTITY_BYTES).digest()
    digest = hashlib.blake2b(body[: cut[0]], digest_size=IDENTITY_BYTES)
    digest.update(body[cut[1] :])
    return digest.digest()


def _newest_dictionary(connection: Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(dictionary), 0) FROM dictionary").fetchone()[0])


def _new_bodies(connection: Connection, batch: Sequence[Incoming]) -> list[int]:
    """Return the places in the batch whose bodies the store lacks, each body once."""
    known = "SELECT 1 FROM study s JOIN version v ON v.study = s.study WHERE s.nct_id = ? AND v.identity = ?"
    fresh: dict[tuple[str, bytes], int] = {}
    for place, incoming in enumerate(batch):
        key = (incoming.nct_id, incoming.identity)
        if key not in fresh and connection.execute(known, key).fetchone() is None:
            fresh[key] = place
    return list(fresh.values())


def _commit(
    connection: Connection, batch: Sequence[Incoming], frames: Mapping[int, Frame], archive: bool
) -> tuple[Outcome, ...]:
    """Put a batch in, inside the caller's transaction; `frames` are the new bodies by their place in the batch."""
    state = _State(connection)
    written: dict[int, int] = {}
    outcomes = []
    for place, incoming in enumerate(batch):
        dates = (incoming.last_update, incoming.version_holder)
        state.data_date = max(state.data_date, *dates)
        row = connection.execute(
            "SELECT study, current, removed FROM study WHERE nct_id = ?", (incoming.nct_id,)
        ).fetchone()
        frame = frames.get(place)
        back = row is not None and row[2] is not None and not (archive and max(dates) < row[2])
        if frame is None:
            seen = _see_again(connection, state.generation, incoming, row[0], row[1])
            if seen is None and not back:
                outcomes.append(Outcome.UNCHANGED)
                continue
            outcome = seen or Outcome.UNCHANGED
        else:
            state.versions += 1
            version = written[place] = state.versions
            study = state.studies + 1 if row is None else row[0]
            connection.execute(
                "INSERT INTO version (version, study, last_update, version_holder, identity, size)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (version, study, *dates, incoming.identity, len(incoming.body)),
            )
            write_body(connection, version, frame, written)
            if row is None:
                state.studies = study
                connection.execute(
                    "INSERT INTO study (study, nct_id, current, generation) VALUES (?, ?, ?, ?)",
                    (study, incoming.nct_id, version, state.generation),
                )
                outcome = Outcome.ADDED
            else:
                outcome = _choose(connection, study, row[1], state.generation, Outcome.KEPT_OLDER)
        if back:
            _bring_back(connection, row[0], max(dates), state.generation)
            state.removed -= 1
            outcome = Outcome.ADDED
        state.note(incoming.nct_id.encode(), incoming.identity, *(day.encode() for day in dates))
        outcomes.append(outcome)
    state.commit()
    return tuple(outcomes)


def _remove(connection: Connection, nct_ids: Iterable[str], day: str) -> int:
    """Note that studies are gone, inside the caller's transaction."""
    state = _State(connection)
    before = state.removed
    for nct_id in nct_ids:
        row = connection.execute(
            "SELECT study FROM study WHERE nct_id = ? AND removed IS NULL", (nct_id,)
        ).fetchone()
        if row is None:
            continue
        connection.execute(
            "UPDATE study SET removed = ?, generation = ? WHERE study = ?", (day, state.generation, row[0])
        )
        connection.execute("INSERT OR REPLACE INTO absence VALUES (?, ?, NULL)", (row[0], day))
        state.removed += 1
        state.note(nct_id.encode(), b"removed", day.encode())
    state.commit()
    return state.removed - before


def _bring_back(connection: Connection, study: int, day: str, generation: int) -> None:
    """Make a removed study present again; `day` is the newest that the record which says so carries."""
    connection.execute("UPDATE study SET removed = NULL, generation = ? WHERE study = ?", (generation, study))
    connection.execute("UPDATE absence SET until = ? WHERE study = ? AND until IS NULL", (day, study))


class _State:
    """What the row of the next generation will say."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        row = connection.execute(
            "SELECT generation, studies, versions, data_date, removed, digest FROM generation"
            " ORDER BY generation DESC LIMIT 1"
        ).fetchone()
        before, studies, versions, data_date, removed, digest = row or (0, 0, 0, "", 0, b"")
        self.generation = int(before) + 1
        self.studies, self.versions, self.removed = int(studies), int(versions), int(removed)
        self.data_date = str(data_date)
        self._chain = hashlib.blake2b(digest, digest_size=IDENTITY_BYTES)
        self._noted = False

    def note(self, *words: bytes) -> None:
        """Take a change into the digest."""
        self._chain.update(b"\0".join(words))
        self._noted = True

    def commit(self) -> None:
        """Write the generation where something changed."""
        if self._noted:
            self._connection.execute(
                "INSERT INTO generation (generation, studies, versions, data_date, removed, digest)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self.generation,
                    self.studies,
                    self.versions,
                    self.data_date,
                    self.removed,
                    self._chain.digest(),
                ),
            )


def _see_again(
    connection: Connection, generation: int, incoming: Incoming, study: int, current: int
) -> Outcome | None:
    """Note a newer data date of a version that is here already; None where there is nothing to note."""
    version, holder = connection.execute(
        "SELECT version, version_holder FROM version WHERE study = ? AND identity = ?",
        (study, incoming.identity),
    ).fetchone()
    if incoming.version_holder <= holder:
        return None
    cut = find_holder(incoming.body)
    shown = None if cut is None else incoming.body[cut[0] : cut[1]].decode()
    connection.execute(
        "UPDATE version SET version_holder = ?, shown_holder = ? WHERE version = ?",
        (incoming.version_holder, shown, version),
    )
    # A registry may take a version back: what is seen again, newer, can win over what had replaced it.
    return _choose(connection, study, current, generation, Outcome.UNCHANGED)


def _choose(connection: Connection, study: int, current: int, generation: int, otherwise: Outcome) -> Outcome:
    """Make the newest version of a study its current one; `otherwise` is the outcome where it is so already."""
    newest = connection.execute(
        "SELECT version FROM version WHERE study = ?"
        " ORDER BY last_update DESC, version_holder DESC, version DESC LIMIT 1",
        (study,),
    ).fetchone()[0]
    if newest == current:
        return otherwise
    connection.execute(
        "UPDATE study SET current = ?, generation = ? WHERE study = ?", (newest, generation, study)
    )
    return Outcome.CHANGED
