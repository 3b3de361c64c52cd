"""One folder of a tantivy index: opened, written, committed, closed, and searched as it was last committed.

Comes in: a schema, its analyzers, documents that each belong to a study. Goes out: searchers. Refuses (StoreError): a
folder that holds no index or a damaged one, a second writer, a disk that is full.

What an index of ours has in common is here; what its documents say is with those who make them (`index.py`,
`registry_index.py`). Every schema has an unsigned field `study`, by which a study's documents are replaced.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import msgspec
import tantivy

from accrual.errors import StoreError

CLEANER_BYTES = 15_000_000  # the least that tantivy takes for a writer
WRITER_BYTES = 200 * 2**20  # memory the writer may fill before it writes a segment; its threads share it
WRITER_THREADS = 2
_MOST_CLEANINGS = 5  # set by hand: one in forty needs a second
_SEGMENT_DIGITS = 32  # hexadecimal digits of a segment's name


class Segments:
    """A tantivy index in one folder, for reading or for writing."""

    def __init__(
        self,
        folder: Path,
        schema: tantivy.Schema,
        analyzers: Mapping[str, tantivy.TextAnalyzer],
        writable: bool = False,
    ) -> None:
        """Open the index, or make an empty one where `writable`.

        Raises:
            ValueError, OSError: there is no index, it is damaged, or another process is writing to it.
        """
        self.folder = folder
        self._schema = schema
        self._writer: tantivy.IndexWriter | None = None
        self._stand_in: TemporaryDirectory[str] | None = None
        if writable:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(schema, path=str(folder))
        else:
            self._index = tantivy.Index.open(str(self._readable()))
        for name, analyzer in analyzers.items():
            self._index.register_tokenizer(name, analyzer)
        self._index.config_reader("manual")
        if writable:
            self._writer = self._index.writer(WRITER_BYTES, WRITER_THREADS)
        self._newest_study = largest_study(self._index.searcher()) if writable else 0

    # --- writing --------------------------------------------------------------------------------------------

    def delete_studies(self, studies: Iterable[int]) -> None:
        """Forget the documents of studies; those that are newer than all that is here cost nothing."""
        held = [study for study in studies if study <= self._newest_study]
        if held:
            # By query: tantivy-py 0.27 deletes nothing by a term of an unsigned field.
            query = tantivy.Query.term_set_query(self._schema, "study", held)
            self.writer.delete_documents_by_query(query)

    def add(self, study: int, documents: Sequence[tantivy.Document]) -> None:
        """Add the documents of a study."""
        self._newest_study = max(self._newest_study, study)
        for document in documents:
            self.writer.add_document(document)

    def commit(self) -> None:
        """Make everything added so far durable and visible.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self.writer.commit()
        except (ValueError, OSError) as error:
            raise StoreError(f"{self.folder}: cannot be written ({error}); is the disk full?") from error

    def close(self) -> None:
        """Let go of the writer's lock. What was added and not committed is dropped."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None
            # Merges that the last commit set off are cut short above, and what earlier ones replaced still lies
            # there, a quarter of a large index: an empty commit ends the merges and clears the folder. A merge
            # that ends beside the clearing still holds its sources, so it may take another. On a full disk it
            # cannot, and then nothing is lost but room.
            with contextlib.suppress(ValueError, OSError):
                held: set[str] = set()
                for _ in range(_MOST_CLEANINGS):
                    cleaner = self._index.writer(CLEANER_BYTES, 1)
                    cleaner.commit()
                    cleaner.wait_merging_threads()
                    # A merge of large segments may end after the writer that began it: only a cleaning that
                    # changed nothing is the last one.
                    before, held = held, self._held()
                    if held == before and not self._leftovers():
                        break

    def _held(self) -> set[str]:
        """Return the segments of the index."""
        meta = msgspec.json.decode((self.folder / "meta.json").read_bytes())
        return {segment["segment_id"].replace("-", "") for segment in meta["segments"]}

    def _leftovers(self) -> set[str]:
        """Return the segments that have files here and are not of the index any more."""
        names = (file.name.partition(".")[0] for file in self.folder.iterdir())
        return {name for name in names if len(name) == _SEGMENT_DIGITS} - self._held()

    @property
    def writer(self) -> tantivy.IndexWriter:
        """The writer.

        Raises:
            StoreError: opened for reading only, or closed.
        """
        if self._writer is None:
            raise StoreError(f"{self.folder}: this index is open for reading only")
        return self._writer

    # --- reading --------------------------------------------------------------------------------------------

    def searcher(self) -> tantivy.Searcher:
        """Return a searcher over what was last committed by any process.

        Raises:
            StoreError: the index is damaged.
        """
        try:
            if self._stand_in is not None:
                self._readable()
            self._index.reload()
            return self._index.searcher()
        except (ValueError, OSError) as error:
            raise StoreError(f"{self.folder}: the index is damaged ({error}); delete this folder") from error

    def _readable(self) -> Path:
        """Return where the index can be opened for reading: tantivy makes a lock file there, even to read.

        For a folder that cannot be written that is another one, with a link to each of its files.
        """
        if os.access(self.folder, os.W_OK):
            return self.folder
        if self._stand_in is None:
            self._stand_in = TemporaryDirectory(prefix="accrual-index-")
        stand_in = Path(self._stand_in.name)
        for file in self.folder.iterdir():
            link = stand_in / file.name
            if not link.is_symlink() and not file.name.endswith(".lock"):
                with contextlib.suppress(FileExistsError):  # another thread was first
                    link.symlink_to(file.absolute())
        return stand_in

    def stamp(self) -> tuple[int, int]:
        """Return what changes with every commit and is cheap to read."""
        try:
            stat = (self.folder / "meta.json").stat()
        except FileNotFoundError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_ino)

    def digest(self) -> int:
        """Return what changes with every commit and is the same in every process: 32 bits."""
        try:
            return crc32((self.folder / "meta.json").read_bytes())
        except FileNotFoundError:
            return 0


def largest_study(searcher: tantivy.Searcher) -> int:
    """Return the largest study key in an index; 0 where there is none."""
    found = searcher.aggregate(tantivy.Query.all_query(), {"most": {"max": {"field": "study"}}})
    value = found["most"]["value"]
    return 0 if value is None else int(value)
