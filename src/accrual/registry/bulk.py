"""The registry's bulk download, a zip file of one JSON file a study, read while it arrives.

Comes in: a `Client`, and a file to keep what has arrived. Goes out: a stream of `SourceRecord` and `Refusal`. Refuses,
as UpstreamError: a zip that is cut short, damaged (each file is checked against its CRC, their number against the
directory at the end) or larger than can be; as StoreError: a disk without room for it.

Where the registry offers ranges (RFC 9110, section 14) and a strong tag, the zip is kept on disk as it comes. After a
break, and also after a kill, the bytes that are here are read from disk and only the rest is fetched, while the tag is
the same (`If-Range`). Where it does not offer that, a break begins the download anew.

Zip: APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from stream_unzip import UnzipError, stream_unzip

from accrual.basic import path_words
from accrual.errors import AccrualError, StoreError, UpstreamError
from accrual.registry.fetch import Client, Download, PassingError, Reply
from accrual.registry.files import MAX_RECORD_BYTES, Refusal, SourceRecord
from accrual.registry.upstream import read_study

ARCHIVE_PATH: Final = "/studies/download"
ARCHIVE_PARAMETERS: Final = {"format": "json.zip"}
ROUNDS: Final = 3
"""How often a download is begun anew. Set by hand."""
BREAKS: Final = 6
"""Breaks in a row after which nothing more arrived. Set by hand."""
READ_BYTES: Final = 2**20
MAX_BOMB_BYTES: Final = 2**30
"""Of one file in the zip, unpacked, though only the first 32 MiB are looked at; beyond that the zip is not believed."""
_TAIL_BYTES: Final = 22 + 20 + 56  # the three records that end a zip file, without a comment

_END = struct.Struct("<IHHHHIIH")
_END_64 = struct.Struct("<IQHHIIQQQQ")
_END_SIGN, _END_64_SIGN = 0x06054B50, 0x06064B50
_FULL_16 = 0xFFFF


class _Kept(msgspec.Struct, frozen=True):
    """What the bytes on disk are the beginning of."""

    address: str
    tag: str
    """The strong tag of the whole."""
    total: int
    """Bytes of the whole."""


class _BeginAnewError(Exception):
    """What has arrived is not the beginning of what the registry has now, or it is damaged."""


def read_archive(
    client: Client, part: Path, on_bytes: Callable[[int, int], None] | None = None
) -> Iterator[SourceRecord | Refusal]:
    """Yield the studies of the bulk download. Where it is begun anew, studies come a second time.

    Arguments:
        part: where the bytes are kept while it lasts; `part` with `.json` behind it says what they are. Both are
            deleted at the end.
        on_bytes: told how many bytes of the zip have been read, and of how many (0 when unknown).

    Raises:
        UpstreamError, StoreError: see the head of this module.
    """
    for number in range(ROUNDS):
        archive = _Archive(client, part, on_bytes)
        try:
            yield from archive.read()
        except _BeginAnewError as error:
            archive.forget()
            if number == ROUNDS - 1:
                raise UpstreamError(f"{error}; begun {ROUNDS} times: run sync again later") from error
            client.wait(number, PassingError(str(error)))
        else:
            archive.forget()
            return


class _Archive:
    """One download, from its first byte (on disk or not) to its last."""

    def __init__(self, client: Client, part: Path, on_bytes: Callable[[int, int], None] | None) -> None:
        self._client, self._part, self._on_bytes = client, part, on_bytes
        self._about = part.with_name(f"{part.name}.json")
        self._where = f"{client.base_url}{ARCHIVE_PATH}"
        self._total = 0
        self._done = 0
        self._tail = b""

    def read(self) -> Iterator[SourceRecord | Refusal]:
        """Yield the studies.

        Raises:
            _BeginAnewError: see there.
        """
        files = 0
        try:
            for name, _, pieces in stream_unzip(self._bytes(), chunk_size=READ_BYTES):
                files += 1
                yield from self._study(name, pieces)
        except UnzipError as error:
            raise _BeginAnewError(
                f"{self._where}: damaged or cut short after {self._done:,} bytes ({type(error).__name__})"
            ) from error
        promised = _file_count(self._tail)
        if promised != files:
            raise _BeginAnewError(f"{self._where}: {files:,} files came, its directory names {promised:,}")

    def forget(self) -> None:
        """Delete what is on disk of it."""
        with self._disk():
            for path in (self._about, self._part):
                path.unlink(missing_ok=True)

    def _study(self, name: bytes, pieces: Iterable[bytes]) -> Iterator[SourceRecord | Refusal]:
        taken: list[bytes] = []
        size = 0
        for piece in pieces:  # to the end in any case: the CRC stands behind it
            size += len(piece)
            if size <= MAX_RECORD_BYTES:
                taken.append(piece)
            elif size > MAX_BOMB_BYTES:
                raise UpstreamError(
                    f"{self._where}: a file of more than {MAX_BOMB_BYTES:,} bytes in it: not taken"
                )
        where = f"{self._where}!{name.decode('utf-8', 'replace')[:100]}"
        if size > MAX_RECORD_BYTES:
            yield Refusal(where=where, reason=f"over the limit of {MAX_RECORD_BYTES:,} bytes for one record")
        elif name.endswith(b".json"):
            yield read_study(b"".join(taken), where)

    # -- its bytes

    def _bytes(self) -> Iterator[bytes]:
        """Yield the bytes of the zip: those on disk first, then the rest, over as many connections as it takes."""
        kept = self._read_about()
        if kept is None:
            self.forget()
        else:
            self._total = kept.total
            yield from map(self._pass, self._on_disk())
        breaks = 0
        while True:
            before = self._done
            try:
                for piece in self._fetched(kept):
                    yield self._pass(piece)
                return
            except PassingError as error:
                breaks = 1 if self._done > before else breaks + 1
                if breaks >= BREAKS:
                    raise UpstreamError(
                        f"{error}; {BREAKS} attempts brought nothing more: run sync again later, it goes on from here"
                    ) from error
                self._client.wait(breaks - 1, error)
                kept = self._read_about()
                if kept is None and self._done:
                    raise _BeginAnewError(str(error)) from error

    def _fetched(self, kept: _Kept | None) -> Iterator[bytes]:
        headers: dict[str, str] = {}
        if kept is not None and self._done:
            if self._done == kept.total:
                return
            headers = {"range": f"bytes={self._done}-", "if-range": kept.tag}
        with self._client.download(ARCHIVE_PATH, ARCHIVE_PARAMETERS, headers) as download:
            if self._done:
                self._check_continues(download.head, kept)
                yield from self._written(download, "ab")
                return
            self._total = _length(download.head.headers)
            if download.head.status != 200:
                raise PassingError(f"{self._where}: answers a range, though the whole was asked for")
            about = self._resumable(download.head)
            if about is None:
                yield from download.pieces
            else:
                self._write_about(about)
                yield from self._written(download, "wb")

    def _check_continues(self, head: Reply, kept: _Kept | None) -> None:
        """See that an answer goes on exactly where what is here ends.

        Raises:
            _BeginAnewError: it does not: the registry has another zip now.
        """
        range_given = head.headers.get("content-range", "")
        if (
            head.status != 206
            or kept is None
            or range_given != f"bytes {self._done}-{kept.total - 1}/{kept.total}"
        ):
            raise _BeginAnewError(f"{self._where}: changed while it was fetched")

    def _resumable(self, head: Reply) -> _Kept | None:
        """Return what to keep of a download that can be gone on with later; None where it cannot."""
        tag = head.headers.get("etag", "")
        if head.headers.get("accept-ranges") != "bytes" or not tag.startswith('"') or not self._total:
            return None
        room = shutil.disk_usage(self._part.parent).free
        if self._total > room:
            raise StoreError(
                f"{path_words(self._part.parent)}: the download has {self._total:,} bytes and the disk room for"
                f" {room:,}: make room, or choose another data folder"
            )
        return _Kept(self._where, tag, self._total)

    def _written(self, download: Download, mode: str) -> Iterator[bytes]:
        with self._disk(), self._part.open(mode) as file:
            for piece in download.pieces:
                file.write(piece)
                yield piece

    def _on_disk(self) -> Iterator[bytes]:
        with self._disk(), self._part.open("rb") as file:
            while piece := file.read(READ_BYTES):
                yield piece

    def _pass(self, piece: bytes) -> bytes:
        """Count a piece on its way to whoever unpacks it."""
        self._done += len(piece)
        self._tail = (self._tail + piece)[-_TAIL_BYTES:]
        if self._on_bytes is not None:
            self._on_bytes(self._done, self._total)
        return piece

    def _read_about(self) -> _Kept | None:
        """Return what the bytes on disk are of; None where there are none that can be gone on with."""
        try:
            kept = _read_kept(self._about.read_bytes())
            size = self._part.stat().st_size
        except (OSError, ValueError):
            return None
        return kept if kept.address == self._where and 0 < size <= kept.total else None

    def _write_about(self, about: _Kept) -> None:
        with self._disk():
            self._part.unlink(missing_ok=True)  # what lies there is of something else
            self._about.write_bytes(msgspec.json.encode(about))

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except AccrualError:
            raise
        except OSError as error:
            raise StoreError(
                f"{path_words(self._part)}: cannot be kept ({error.strerror}): make room on the disk, or check the"
                " folder's permissions"
            ) from error


_read_kept = msgspec.json.Decoder(_Kept).decode


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isdecimal() else 0


def _file_count(tail: bytes) -> int:
    """Return how many files a zip's last bytes promise; -1 where they are not the end of one.

    Example:
        >>> _file_count(b"PK\\5\\6" + bytes(18))
        0
    """
    if len(tail) < _END.size:
        return -1
    sign, _, _, _, count, *_ = _END.unpack(tail[-_END.size :])
    if sign != _END_SIGN:
        return -1
    if count < _FULL_16:
        return int(count)
    if len(tail) < _TAIL_BYTES or _END_64.unpack_from(tail)[0] != _END_64_SIGN:
        return int(count)
    return int(_END_64.unpack_from(tail)[7])
