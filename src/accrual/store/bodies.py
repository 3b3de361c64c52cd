"""The bodies of the versions: how each lies in `records.db`, read back byte for byte.

Comes in: the number of a version, or new bodies of a batch. Goes out: canonical minified v2 JSON, or frames to be
stored. Refuses, as StoreError: a frame that is damaged or whose dictionary or base is missing.

A body is stored *whole*, with the trained dictionary, or *against a base*: an earlier version of the same study that is
stored whole. A base never has one itself, so that any version is two frames away at most. Nothing that was written is
written again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from accrual.errors import StoreError
from accrual.store.compression import NO_DICTIONARY, Codec, compress_against, decompress_against
from accrual.store.database import Connection, Database, sqlite_errors

_HOLDER_KEY = b'"versionHolder":"'
# A frame against a base pays only where it is much smaller. At half and above the study has changed for good, as when
# its results come in: stored whole, it is the base of what follows. Set by hand.
MOST_OF_WHOLE = 0.5


class Base(msgspec.Struct, frozen=True):
    """The newest version of a study that is stored whole."""

    version: int
    body: bytes


class Frame(msgspec.Struct, frozen=True):
    """A body as it will be stored."""

    bytes: bytes
    dictionary: int = NO_DICTIONARY
    base: int | None = None
    """The version that it was made against, where that is in the store."""
    base_place: int | None = None
    """Or its place in the batch that both came in."""


class Bodies:
    """The bodies of one file. Safe to use from many threads."""

    def __init__(self, database: Database, replace: str) -> None:
        self._database = database
        self._replace = replace
        self._codec = Codec({})
        self._guard = threading.Lock()

    def codec(self, dictionary: int = NO_DICTIONARY) -> Codec:
        """Return the codec, with this dictionary and all older ones read in."""
        if not self._codec.knows(dictionary):
            with self._guard, sqlite_errors(self._database.path):
                connection = self._database.connection()
                self._codec = Codec(dict(connection.execute("SELECT dictionary, bytes FROM dictionary")))
            if not self._codec.knows(dictionary):
                raise StoreError(
                    f"{self._database.path}: dictionary {dictionary} is missing: {self._replace}"
                )
        return self._codec

    def read(self, version: int) -> bytes:
        """Return the body of a version, with the newest data date that it was seen with."""
        row = self._row(version)
        body = self._whole(version, row)
        return body if row[3] is None else with_holder(body, row[3].encode())

    def base_of(self, study: int) -> Base | None:
        """Return what new versions of a study are stored against; None where it has no version yet."""
        with sqlite_errors(self._database.path):
            row = (
                self._database.connection()
                .execute(
                    "SELECT max(v.version) FROM version v JOIN body b ON b.version = v.version"
                    " WHERE v.study = ? AND b.base IS NULL",
                    (study,),
                )
                .fetchone()
            )
        return None if row[0] is None else Base(row[0], self._whole(row[0], self._row(row[0])))

    def _whole(self, version: int, row: tuple[Any, ...]) -> bytes:
        """Return a body as it was stored."""
        dictionary, frame, size, _, base = row
        under = None if base is None else self._under(version, base)
        codec = self.codec(dictionary)
        try:
            if under is None:
                return codec.decompress(frame, dictionary, size)
            return decompress_against(under, frame, size)
        except StoreError as error:
            raise self._broken(version, str(error)) from error

    def _under(self, version: int, base: int) -> bytes:
        row = self._row(base)
        if row[4] is not None:
            raise self._broken(version, f"version {base}, which it was stored against, is not whole")
        return self._whole(base, row)

    def _broken(self, version: int, reason: str) -> StoreError:
        return StoreError(f"{self._database.path}: version {version}: {reason}: {self._replace}")

    def _row(self, version: int) -> tuple[Any, ...]:
        with sqlite_errors(self._database.path):
            row: tuple[Any, ...] | None = (
                self._database.connection()
                .execute(
                    "SELECT b.dictionary, b.bytes, v.size, v.shown_holder, b.base FROM version v"
                    " JOIN body b ON b.version = v.version WHERE v.version = ?",
                    (version,),
                )
                .fetchone()
            )
        if row is None:
            raise self._broken(version, "it has no body")
        return row


def frames_of(
    codec: Codec,
    dictionary: int,
    bodies: Mapping[int, bytes],
    studies: Mapping[int, str],
    bases: Mapping[str, Base],
) -> dict[int, Frame]:
    """Return the frames of a batch's new bodies, each against a base where that is much smaller.

    Arguments:
        bodies: by their place in the batch.
        studies: the NCT number of each, by the same places.
        bases: of the studies that are in the store already.
    """
    whole = dict(zip(bodies, codec.compress_many([*bodies.values()], dictionary), strict=True))
    newest: dict[str, tuple[bytes, int | None, int | None]] = {
        nct_id: (base.body, base.version, None) for nct_id, base in bases.items()
    }
    found: dict[int, Frame] = {}
    for place, body in bodies.items():
        held = newest.get(studies[place])
        if held is not None:
            delta = compress_against(held[0], body)
            if len(delta) < MOST_OF_WHOLE * len(whole[place]):
                found[place] = Frame(delta, base=held[1], base_place=held[2])
                continue
        found[place] = Frame(whole[place], dictionary)
        newest[studies[place]] = (body, None, place)
    return found


def write_body(connection: Connection, version: int, frame: Frame, written: Mapping[int, int]) -> None:
    """Put a body in, inside the caller's transaction.

    Arguments:
        written: the versions that the batch has written so far, by their place in it.
    """
    base = frame.base if frame.base_place is None else written[frame.base_place]
    connection.execute(
        "INSERT INTO body (version, dictionary, bytes, base) VALUES (?, ?, ?, ?)",
        (version, frame.dictionary, frame.bytes, base),
    )


def with_holder(body: bytes, holder: bytes) -> bytes:
    """Return the body with another data date in its one `versionHolder`."""
    cut = find_holder(body)
    if cut is None:
        return body
    return body[: cut[0]] + holder + body[cut[1] :]


def find_holder(body: bytes) -> tuple[int, int] | None:
    """Return where the body's data date stands; None where it has none, or several.

    The body is minified JSON, where an unescaped quote before the name can only begin a key.
    """
    start = body.find(_HOLDER_KEY)
    if start < 0 or body.find(_HOLDER_KEY, start + 1) >= 0:
        return None
    start += len(_HOLDER_KEY)
    return start, body.index(b'"', start)
