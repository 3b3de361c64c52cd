"""Bytes out of plain and compressed files in bounded memory: whole small documents, or one line after another.

Comes in: an open binary file and the name that says how it is packed. Goes out: chunks, lines with their numbers, or
one document. Refuses: a compressed stream that is damaged or breaks off (SourceError, after everything before
the break has been handed out), a line or document over the limit (Oversized, without holding it in memory).
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Protocol

import msgspec
import zstandard

from accrual.errors import SourceError

CHUNK_BYTES = 256 * 1024
# Read of a zstd file at once: what it unpacks to stands in memory whole. Three bytes may stand for a block of 128 KiB
# (RFC 8878, section 3.1.1.2.2), so that these are 21 MiB at most.
_PACKED_BYTES = 512


class Oversized(msgspec.Struct, frozen=True):
    """Stands in for a line or document that is over the limit; at least `size` bytes of it were seen."""

    size: int


class _Readable(Protocol):
    def read1(self, size: int = -1, /) -> bytes: ...


class _ZstdFile:
    """The unpacked bytes of one zstd frame after the other; skippable ones hold none (RFC 8878, section 3.1.2)."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._waiting = b""
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def read1(self, size: int = -1, /) -> bytes:
        """Return some bytes; none at the end.

        Raises:
            EOFError: the last frame breaks off.
        """
        while True:
            packed = self._waiting or self._raw.read(_PACKED_BYTES)
            self._waiting = b""
            if not packed:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            piece = self._frame.decompress(packed)
            if self._frame.eof:
                self._waiting, self._frame = self._frame.unused_data, None
            if piece:
                return piece


_UNPACK: dict[str, Callable[[IO[bytes]], _Readable]] = {
    ".gz": lambda raw: gzip.GzipFile(fileobj=raw),
    ".xz": lzma.LZMAFile,
    ".zst": _ZstdFile,
}
_KIND_OF_PACKING = {".gz": "gzip", ".xz": "xz", ".zst": "zstd"}


def packing(name: str) -> str:
    """Return `.gz`, `.xz` or `.zst` when the name ends so, else empty."""
    return next((suffix for suffix in _UNPACK if name.lower().endswith(suffix)), "")


def chunks(raw: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the unpacked bytes in pieces. What stands before a break is yielded before the error is raised.

    Raises:
        SourceError: the stream breaks off, fails its checksum, or is not of the kind that its name says.
    """
    packed = packing(name)
    kind = _KIND_OF_PACKING.get(packed, "file")
    try:
        stream = _UNPACK[packed](raw) if packed else raw
        while piece := _read(stream):
            yield piece
    except EOFError:
        raise SourceError(f"truncated {kind}: it breaks off before its end") from None
    except (zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zstandard.ZstdError) as error:
        raise SourceError(f"damaged {kind}: {error}") from None
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None


def _read(stream: _Readable | IO[bytes]) -> bytes:
    read1 = getattr(
        stream, "read1", None
    )  # hands out what it has before it runs into a break; `read` would not
    return read1(CHUNK_BYTES) if read1 is not None else stream.read(CHUNK_BYTES)  # type: ignore[union-attr]


def lines(pieces: Iterator[bytes], limit: int) -> Iterator[tuple[int, bytes | Oversized]]:
    """Yield each line that is not blank with its number, from 1; an Oversized in place of one over `limit` bytes.

    When `pieces` raises, the unfinished last line is dropped and the error goes on up.
    """
    number = 1
    parts: list[bytes] = []
    held = 0
    skipped = 0  # bytes seen of a line that is over the limit
    for piece in pieces:
        start = 0
        while True:
            end = piece.find(b"\n", start)
            part = piece[start:] if end < 0 else piece[start:end]
            if skipped or held + len(part) > limit:
                skipped = (skipped or held) + len(part)
                parts, held = [], 0
            elif part:
                parts.append(part)
                held += len(part)
            if end < 0:
                break
            if skipped:
                yield number, Oversized(skipped)
            elif held:
                line = b"".join(parts).strip()
                if line:
                    yield number, line
            parts, held, skipped = [], 0, 0
            number += 1
            start = end + 1
    if skipped:
        yield number, Oversized(skipped)
    elif held:
        line = b"".join(parts).strip()
        if line:
            yield number, line


def document(pieces: Iterator[bytes], limit: Callable[[bytes], int]) -> bytes | Oversized:
    """Return all bytes as one document; an Oversized when it is over the limit, which may depend on its first piece."""
    parts: list[bytes] = []
    held = 0
    most = 0
    for piece in pieces:
        if not parts:
            most = limit(piece)
        held += len(piece)
        if held > most:
            return Oversized(held)
        parts.append(piece)
    return b"".join(parts)
