"""The imported vocabulary on disk: written once by the build, mapped into memory by every process that reads.

Comes in: what `merge` made, or the folder it was written to. Goes out: concepts by id, name and code, and the places
where a text names them. Refuses (VocabularyError): a folder that is not whole, or of another format.

The names are a trie in a mapped file: opening takes milliseconds, and the processes of one machine share the pages.
A concept is decoded when it is first asked for.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import marisa_trie
import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.codes.concept import Concept
from accrual.codes.merge import Merged
from accrual.codes.spelling import flat, folded_key, spellings
from accrual.codes.spotting import Words
from accrual.errors import VocabularyError

FORMAT = 3
"""Raised when the files change: a folder of another format is built anew."""

_MANIFEST = "manifest.json"
_BEGINS = "begins.msgpack"
"""The first words of the names, each with the words that come second; "" where it is a name alone."""
_WORD = re.compile(r"[^\W_]+")
_WIDEST = 120  # characters; no name that a text would write is longer


class SourceUsed(msgspec.Struct, frozen=True):
    """One source as it went into a build."""

    title: str
    version: str
    licence: str
    terms: int


class Manifest(msgspec.Struct, frozen=True):
    """What a built folder says of itself."""

    format: int
    seed: str
    """Hash of the seed tables it was built with."""
    concepts: int
    names: int
    sources: tuple[SourceUsed, ...]
    digest: str
    """Hash over the files: the version of the imported vocabulary."""


_ROW = msgspec.msgpack.Encoder()
_CONCEPT = msgspec.msgpack.Decoder(Concept)


def write(folder: Path, merged: Merged, seed: str, sources: Iterable[SourceUsed]) -> Manifest:
    """Write the imported vocabulary to `folder`, whole or not at all. The same input gives the same bytes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        concepts = sorted(merged.concepts, key=lambda concept: concept.id)
        place = {concept.id: index for index, concept in enumerate(concepts)}
        rows = [_ROW.encode(concept) for concept in concepts]
        (made / "rows.msgpack").write_bytes(b"".join(rows))
        _save(made / "rows.at", np.cumsum([0, *(len(row) for row in rows)]), np.int64)
        _index(made, "ids", place)
        _index(made, "codes", {code: place[one.id] for one in reversed(concepts) for code in one.codes})
        # What a source writes wins over what is derived from another name.
        derived: dict[str, int] = {}
        own: dict[str, int] = {}
        for name, key in merged.names:
            own.setdefault(folded_key(name), place[key])
            for spelling in spellings(name):
                derived.setdefault(spelling, place[key])
        names = {**derived, **own}
        _index(made, "names", names)
        _index(made, "acronyms", {flat(name): place[key] for name, key in merged.acronyms if key in place})
        (made / _BEGINS).write_bytes(msgspec.msgpack.encode(_begins(names)))
        manifest = Manifest(FORMAT, seed, len(concepts), len(names), tuple(sources), _digest(made))
        (made / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        shutil.rmtree(folder, ignore_errors=True)
        try:
            made.rename(folder)
        except OSError:  # another build of the same recipe was faster
            read_manifest(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return what the folder says of itself.

    Raises:
        VocabularyError: it says nothing, or is of another format.
    """
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise VocabularyError(f"{folder}: no built vocabulary: {error}") from error
    if manifest.format != FORMAT:
        raise VocabularyError(f"{folder}: built in format {manifest.format}, this program reads {FORMAT}")
    return manifest


class Shelf:
    """The imported concepts of one built folder. Read only."""

    def __init__(self, folder: Path) -> None:
        """Open `folder`.

        Raises:
            VocabularyError: it is not whole.
        """
        self.manifest = read_manifest(folder)
        try:
            self._rows: NDArray[np.uint8] = np.memmap(folder / "rows.msgpack", np.uint8, "r")
            self._at = np.load(folder / "rows.at.npy", mmap_mode="r")
            self._ids = _Index(folder, "ids")
            self._codes = _Index(folder, "codes")
            self._names = _Index(folder, "names")
            self._acronyms = _Index(folder, "acronyms")
            begins = msgspec.msgpack.decode((folder / _BEGINS).read_bytes(), type=dict[str, frozenset[str]])
            self._seconds = begins.get
        except (OSError, ValueError, RuntimeError, EOFError, msgspec.MsgspecError) as error:
            raise VocabularyError(
                f"{folder}: the built vocabulary is damaged, build it again: {error}"
            ) from error
        if len(self._at) != self.manifest.concepts + 1 or self._at[-1] != len(self._rows):
            raise VocabularyError(f"{folder}: the built vocabulary is damaged, build it again")
        self._decoded: dict[int, Concept] = {}

    def __len__(self) -> int:
        return self.manifest.concepts

    def __iter__(self) -> Iterator[Concept]:
        return (self.at(place) for place in range(len(self)))

    def at(self, place: int) -> Concept:
        """Return the concept at a place of the table."""
        concept = self._decoded.get(place)
        if concept is None:
            concept = _CONCEPT.decode(self._rows[self._at[place] : self._at[place + 1]].tobytes())
            self._decoded[place] = concept
        return concept

    def get(self, concept_id: str) -> Concept | None:
        """Return the concept with this id."""
        place = self._ids.get(concept_id)
        return None if place is None else self.at(place)

    def by_code(self, code: str) -> str | None:
        """Return the id of the concept with this code, `MONDO:0005015`."""
        place = self._codes.get(code)
        return None if place is None else self.at(place).id

    def lookup(self, key: str) -> str | None:
        """Return the id of what the folded `key` names."""
        place = self._names.get(key)
        return None if place is None else self.at(place).id

    def acronym(self, surface: str) -> str | None:
        """Return the id of what an acronym may stand for; it needs support, because it may stand for others."""
        place = self._acronyms.get(surface)
        return None if place is None else self.at(place).id

    def hits(self, ready: Words) -> list[tuple[int, int, str]]:
        """Return `(start, end, id)` of the longest name at each word of a text made ready."""
        words = ready.words
        found: list[tuple[int, int, str]] = []
        # Most words begin no name: one look at a word, and at the next, spares the trie.
        for number, seconds in enumerate(map(self._seconds, words)):
            if seconds is not None and ("" in seconds or words[number + 1] in seconds):
                start = ready.starts[number]
                best = self._longest(ready.folded, start)
                if best is not None:
                    found.append((start, *best))
        return found

    def _longest(self, folded: str, start: int) -> tuple[int, str] | None:
        """Where the longest name at `start` ends, and whose it is."""
        best = None
        for size, place in self._names.prefixes(folded[start : start + _WIDEST]):
            end = start + size
            if end == len(folded) or not folded[end].isalnum():
                best = (end, place)
        return None if best is None else (best[0], self.at(best[1]).id)


class _Index:
    """A mapped trie and what each of its keys points to."""

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / f"{name}.marisa"
        if not path.is_file() or path.stat().st_size == 0:
            raise VocabularyError(f"{folder}: {path.name} is missing, build the vocabulary again")
        self._trie = marisa_trie.Trie()
        self._trie.mmap(str(path))
        self._places: NDArray[np.int32] = np.load(folder / f"{name}.npy", mmap_mode="r")
        if len(self._places) != len(self._trie):
            raise VocabularyError(f"{folder}: {path.name} is damaged, build the vocabulary again")

    def get(self, key: str) -> int | None:
        try:
            return int(self._places[self._trie.key_id(key)])
        except KeyError:
            return None

    def prefixes(self, text: str) -> Iterator[tuple[int, int]]:
        """The length of each key that `text` begins with, shortest first, and its place."""
        places = self._places
        for key, number in self._trie.iter_prefixes_with_ids(text):
            yield len(key), int(places[number])


def _begins(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        first, second, *_ = (*_WORD.findall(name), "", "")
        if first:
            found.setdefault(first, set()).add(second)
    return {first: sorted(seconds) for first, seconds in sorted(found.items())}


def _index(folder: Path, name: str, places: dict[str, int]) -> None:
    trie = marisa_trie.Trie(sorted(places))
    trie.save(str(folder / f"{name}.marisa"))
    column = np.zeros(len(places), np.int32)
    for key, place in places.items():
        column[trie.key_id(key)] = place
    _save(folder / name, column, np.int32)


def _save(path: Path, column: NDArray[np.int64] | NDArray[np.int32], kind: type[np.number]) -> None:
    np.save(path.with_name(f"{path.name}.npy"), np.asarray(column, kind))


def _digest(folder: Path) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def remove_stale(parent: Path, keep: int) -> None:
    """Delete all but the `keep` newest built folders."""
    folders = sorted(
        (path for path in parent.iterdir() if (path / _MANIFEST).is_file()),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in folders[keep:]:
        shutil.rmtree(path, ignore_errors=True)
