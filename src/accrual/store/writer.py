"""Writing records: a batch goes in whole or not at all, and each batch is one generation.

Comes in: a `RecordStore` and batches of `Incoming`. Goes out: what became of each. Refuses, as StoreError: a store that
cannot be written, one that another process is writing, a full disk (then the batch is dropped, and everything
before it stays).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from types import TracebackType

import msgspec

from accrual.errors import StoreError
from accrual.store.compression import NO_DICTIONARY, train
from accrual.store.database import Connection, sqlite_errors, transaction
from accrual.store.records import RecordStore, find_holder, writer_lock

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
    """A study that was not here."""
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

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._lock = writer_lock(store.home)
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compress")

    def __enter__(self) -> RecordWriter:
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

    def write(self, batch: Sequence[Incoming]) -> tuple[Outcome, ...]:
        """Commit a batch as one generation, and say what became of each record, in order.

        A batch that changes nothing makes no generation.

        Raises:
            StoreError: nothing of the batch is in the store; everything before it is.
        """
        return self.commit(self.prepare(batch))

    def prepare(self, batch: Sequence[Incoming]) -> Prepared:
        """Start compressing a batch in the background; the batch before it must be committed.

        Raises:
            StoreError: the store cannot be read or written.
        """
        with sqlite_errors(self._store.path):
            connection = self._store.database.connection()
            places = _new_bodies(connection, batch)
            bodies = [batch[place].body for place in places]
            dictionary = self._dictionary(connection, bodies)
            codec = self._store.codec(dictionary)
        return Prepared(
            batch, places, dictionary, self._background.submit(codec.compress_many, bodies, dictionary)
        )

    def commit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        """Commit what was prepared; see `write`."""
        frames = dict(zip(prepared.places, prepared.frames.result(), strict=True))
        with sqlite_errors(self._store.path):
            connection = self._store.database.connection()
            with transaction(connection):
                return _commit(connection, prepared.batch, frames, prepared.dictionary)

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

    def __init__(
        self, batch: Sequence[Incoming], places: Sequence[int], dictionary: int, frames: Future[list[bytes]]
    ) -> None:
        self.batch = batch
        self.places = places
        self.dictionary = dictionary
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
    connection: Connection,
    batch: Sequence[Incoming],
    frames: Mapping[int, bytes],
    dictionary: int,
) -> tuple[Outcome, ...]:
    """Put a batch in, inside the caller's transaction; `frames` are the new bodies by their place in the batch."""
    before = connection.execute(
        "SELECT generation, studies, versions, data_date, digest FROM generation ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    generation, studies, versions, data_date, digest = before or (0, 0, 0, "", b"")
    generation += 1
    chain = hashlib.blake2b(digest, digest_size=IDENTITY_BYTES)
    written = False
    outcomes = []
    for place, incoming in enumerate(batch):
        dates = (incoming.last_update, incoming.version_holder)
        data_date = max(data_date, *dates)
        row = connection.execute(
            "SELECT s.study, s.current, v.last_update, v.version_holder FROM study s"
            " JOIN version v ON v.version = s.current WHERE s.nct_id = ?",
            (incoming.nct_id,),
        ).fetchone()
        frame = frames.get(place)
        if frame is None:
            outcome = _see_again(connection, generation, incoming, row)
            if outcome is None:
                outcomes.append(Outcome.UNCHANGED)
                continue
        else:
            version = versions + 1
            versions = version
            study = studies + 1 if row is None else row[0]
            connection.execute(
                "INSERT INTO version (version, study, last_update, version_holder, identity, size)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (version, study, *dates, incoming.identity, len(incoming.body)),
            )
            connection.execute("INSERT INTO body VALUES (?, ?, ?)", (version, dictionary, frame))
            if row is None:
                studies = study
                connection.execute(
                    "INSERT INTO study VALUES (?, ?, ?, ?)", (study, incoming.nct_id, version, generation)
                )
                outcome = Outcome.ADDED
            else:
                outcome = _choose(connection, study, row[1], generation, Outcome.KEPT_OLDER)
        written = True
        chain.update(
            b"\0".join((incoming.nct_id.encode(), incoming.identity, *(day.encode() for day in dates)))
        )
        outcomes.append(outcome)
    if written:
        connection.execute(
            "INSERT INTO generation VALUES (?, ?, ?, ?, ?)",
            (generation, studies, versions, data_date, chain.digest()),
        )
    return tuple(outcomes)


def _see_again(
    connection: Connection,
    generation: int,
    incoming: Incoming,
    study_row: tuple[int, ...],
) -> Outcome | None:
    """Note a newer data date of a version that is here already; None where there is nothing to note."""
    study, current = study_row[:2]
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
