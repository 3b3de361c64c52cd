"""Compiled criteria, kept so that no study is compiled twice: one SQLite file, derived from the records.

Comes in: for a study, the compiled criteria as bytes (whatever the caller writes and reads) and how many of them are
understood wholly, in part, not at all. Goes out: those bytes, while they still fit the study's current version and
the compiler; and totals. Refuses nothing: where the file cannot be written, nothing is kept, and that is all.

An entry belongs to a body's `identity` and to a compiler version. Another identity or compiler means not found,
so that a stale entry is never served, whoever forgot to set it aside. What was compiled from an earlier version of a
study is set aside, not thrown away: most new versions change nothing that criteria are compiled from, and then
`take_over` lets it stand for the new version.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from accrual.errors import StoreError
from accrual.store.compression import NO_DICTIONARY, Codec
from accrual.store.database import Database, is_damage, sqlite_errors, transaction
from accrual.store.derived import MARK, Recipe
from accrual.store.records import Change

NAME = "criteria"
FORMAT_VERSION = "3"
FILE_NAME = "criteria.db"
LOOKUPS = 200  # entries asked for in one statement: well under SQLite's limit of 999 variables in old builds

# The counts are summed out of the index alone, without touching the bulk.
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS compiled (
        study INTEGER PRIMARY KEY, identity BLOB NOT NULL, compiler TEXT NOT NULL, source BLOB NOT NULL,
        whole INTEGER NOT NULL, part INTEGER NOT NULL, none INTEGER NOT NULL,
        by_words INTEGER NOT NULL, judgement INTEGER NOT NULL,
        size INTEGER NOT NULL, bytes BLOB NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS compiled_counts ON compiled (compiler, whole, part, none, by_words, judgement)",
    "CREATE TABLE IF NOT EXISTS complete (compiler TEXT PRIMARY KEY, generation INTEGER NOT NULL)",
)
_SET_ASIDE = ""  # in place of the compiler: of an earlier version of the study


class Compiled(msgspec.Struct, frozen=True):
    """One study's compiled criteria."""

    study: int
    identity: bytes
    """Of the body that was compiled: `Version.identity`."""
    body: bytes
    """What the caller made of it."""
    source: bytes = b""
    """All that it was made from, hashed, the compiler included; empty: it cannot be taken over."""
    whole: int = 0
    """Criteria understood wholly."""
    part: int = 0
    none: int = 0
    by_words: int = 0
    """Of the whole ones, those that rest on a name by its words alone."""
    judgement: int = 0
    """Of those not understood, the ones that rightly stay text: judgement, or about the trial."""


class Totals(msgspec.Struct, frozen=True):
    """Counts over all studies compiled so far with one compiler."""

    studies: int
    whole: int
    part: int
    none: int
    by_words: int = 0
    judgement: int = 0


class CriteriaCache:
    """The cache of one data folder, for one compiler version. Safe to use from many threads and processes.

    As an artefact it only forgets: `apply` sets the entries of studies that changed aside, `put` fills.
    """

    def __init__(self, folder: Path, writable: bool, compiler: str) -> None:
        self._path = folder / FILE_NAME
        self._compiler = compiler
        self._codec = Codec({})
        self._writable = writable
        self._database = Database(self._path, writable)
        try:
            with sqlite_errors(self._path):
                connection = self._database.connection()
                if writable:
                    # Derived: a power cut may cost the newest entries, and nothing waits for the disk.
                    connection.execute("PRAGMA synchronous=NORMAL")
                    with transaction(connection):
                        for statement in _SCHEMA:
                            connection.execute(statement)
                connection.execute("SELECT count(*) FROM (SELECT 1 FROM compiled LIMIT 1)").fetchone()
        except StoreError:
            self._database.close()
            raise

    def get(self, study: int, identity: bytes) -> bytes | None:
        """Return a study's compiled criteria, or None where this version of it was not compiled by this compiler."""
        return self.get_many({study: identity}).get(study)

    def get_many(self, wanted: Mapping[int, bytes]) -> dict[int, bytes]:
        """Return the compiled criteria of many studies, of those that are here: `{study: bytes}`.

        Arguments:
            wanted: identity of the current version by study.
        """
        try:
            return self._read(wanted)
        except StoreError as error:
            # Everything here can be compiled again, so nobody has to hear of it. Without its mark the folder is
            # built anew when it is opened next.
            if is_damage(error) and self._writable:
                (self._path.parent / MARK).unlink(missing_ok=True)
            return {}

    def _read(self, wanted: Mapping[int, bytes]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for study, identity, size, frame in self._rows("identity, size, bytes", self._compiler, list(wanted)):
            if identity == wanted[study]:
                found[study] = self._codec.decompress(frame, NO_DICTIONARY, size)
        return found

    def entries(self, wanted: Mapping[int, bytes]) -> list[Compiled]:
        """Return what is held of studies whole, to be given to another cache; what cannot be read is left out.

        Arguments:
            wanted: identity of the version by study.
        """
        found: list[Compiled] = []
        columns = "identity, size, bytes, source, whole, part, none, by_words, judgement"
        with suppress(StoreError):
            for study, identity, size, frame, *rest in self._rows(columns, self._compiler, list(wanted)):
                if identity == wanted[study]:
                    body = self._codec.decompress(frame, NO_DICTIONARY, size)
                    found.append(Compiled(study, identity, body, *rest))
        return found

    def put(self, entries: Sequence[Compiled]) -> bool:
        """Keep what was compiled, in place of what there was of these studies; say whether it was kept.

        It is not kept where the file cannot be written: read-only, full disk, folder deleted meanwhile.
        """
        if not self._writable:
            return False
        rows = [
            (
                entry.study,
                entry.identity,
                self._compiler,
                entry.source,
                entry.whole,
                entry.part,
                entry.none,
                entry.by_words,
                entry.judgement,
                len(entry.body),
                self._codec.compress(entry.body, NO_DICTIONARY),
            )
            for entry in entries
        ]
        try:
            with sqlite_errors(self._path), transaction(connection := self._database.connection()):
                # Entries of another compiler are replaced here: it has not all of them any more.
                connection.execute("DELETE FROM complete WHERE compiler <> ?", (self._compiler,))
                connection.executemany(
                    "INSERT OR REPLACE INTO compiled VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
                )
        except StoreError:
            return False
        return True

    def totals(self) -> Totals:
        """Return the counts over everything this compiler compiled."""
        with sqlite_errors(self._path):
            row = (
                self._database.connection()
                .execute(
                    "SELECT count(*), coalesce(sum(whole), 0), coalesce(sum(part), 0), coalesce(sum(none), 0),"
                    " coalesce(sum(by_words), 0), coalesce(sum(judgement), 0)"
                    " FROM compiled WHERE compiler = ?",
                    (self._compiler,),
                )
                .fetchone()
            )
        return Totals(*row)

    def missing(self, current: Iterator[Change]) -> Iterator[Change]:
        """Yield those of the studies that this compiler has not compiled as they are now.

        Arguments:
            current: `RecordStore.changed_since`, with bodies or without; removed studies are passed over.
        """
        present = (change for change in current if not change.removed)
        while some := list(islice(present, LOOKUPS)):
            held = dict(self._rows("identity", self._compiler, [change.study for change in some]))
            yield from (change for change in some if held.get(change.study) != change.identity)

    def set_aside(self, studies: Sequence[int]) -> dict[int, bytes]:
        """Return `Compiled.source` of what is set aside, by study, of those of which something is."""
        return dict(self._rows("source", _SET_ASIDE, studies))

    def take_over(self, identities: Mapping[int, bytes]) -> bool:
        """Let what is set aside of studies stand for newer versions, which would be compiled from the same source.

        Says whether it does; it does not where the file cannot be written.

        Arguments:
            identities: of the newer versions, by study.
        """
        if not self._writable:
            return False
        rows = [(identity, self._compiler, study, _SET_ASIDE) for study, identity in identities.items()]
        try:
            with sqlite_errors(self._path), transaction(connection := self._database.connection()):
                connection.executemany(
                    "UPDATE compiled SET identity = ?, compiler = ? WHERE study = ? AND compiler = ?", rows
                )
        except StoreError:
            return False
        return True

    def complete_through(self) -> int:
        """Return the generation of the records up to which every study is compiled; 0 where none is known."""
        with sqlite_errors(self._path):
            row = (
                self._database.connection()
                .execute("SELECT generation FROM complete WHERE compiler = ?", (self._compiler,))
                .fetchone()
            )
        return 0 if row is None else int(row[0])

    def set_complete(self, generation: int) -> None:
        """Note that every study is compiled up to a generation, so that nobody looks for missing ones before it."""
        if self._writable:
            with (
                suppress(StoreError),  # nothing is lost but the time to look again
                sqlite_errors(self._path),
                transaction(connection := self._database.connection()),
            ):
                connection.execute(
                    "INSERT OR REPLACE INTO complete VALUES (?, ?)", (self._compiler, generation)
                )

    def _rows(self, columns: str, compiler: str, studies: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Yield the study and some columns of each entry that a compiler made of some studies."""
        for start in range(0, len(studies), LOOKUPS):
            some = studies[start : start + LOOKUPS]
            places = ",".join("?" * len(some))
            with sqlite_errors(self._path):
                rows = (
                    self._database.connection()
                    .execute(
                        f"SELECT study, {columns} FROM compiled WHERE compiler = ? AND study IN ({places})",
                        (compiler, *some),
                    )
                    .fetchall()
                )
            yield from rows

    # -- as an artefact

    def apply(self, changes: Sequence[Change]) -> None:
        """Set aside what is held of studies that changed or were removed."""
        with sqlite_errors(self._path), transaction(connection := self._database.connection()):
            connection.executemany(
                "UPDATE compiled SET compiler = ? WHERE study = ? AND (identity <> ? OR ?)",
                [(_SET_ASIDE, change.study, change.identity, change.removed) for change in changes],
            )

    def commit(self) -> None:
        """Nothing to do: each call commits by itself."""

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def criteria_recipe(compiler: str) -> Recipe[CriteriaCache]:
    """Return how `accrual.store.derived.catch_up` opens the cache for one compiler version.

    Example:
        >>> cache = catch_up(store, criteria_recipe(compiler_version()))
    """
    return Recipe(
        name=NAME,
        format_version=FORMAT_VERSION,
        # Writable for readers too: SQLite keeps writers apart, and `put` is what fills the cache.
        open=lambda folder, writable: CriteriaCache(folder, writable or os.access(folder, os.W_OK), compiler),
        bodies=False,
    )
