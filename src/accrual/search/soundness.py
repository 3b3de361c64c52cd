"""Checks the files of a tantivy index: each ends with a checksum of all that comes before it.

Comes in: the folder of an index. Goes out: what is wrong with it in words, or nothing. Refuses nothing; it only reads.

Source: `tantivy/src/directory/footer.rs` (0.27): the content, then JSON with `crc` (CRC-32 of the content), then its
length and the number 1337, each four bytes, the least one first.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

_TAIL: Final = struct.Struct("<II")
_MAGIC: Final = 1337
_LONGEST_FOOTER: Final = 4_096  # bytes; tantivy's own limit is of this size
_CHUNK: Final = 2**22
_SEGMENT_DIGITS: Final = 32
_COMPONENTS: Final = frozenset({"idx", "pos", "term", "store", "fast", "fieldnorm"})
"""The files of every segment. Source: `SegmentComponent` of tantivy 0.27; deletions have one more."""


class _Footer(msgspec.Struct):
    crc: int


class _Segment(msgspec.Struct):
    segment_id: str
    max_doc: int


class _Meta(msgspec.Struct):
    segments: list[_Segment]


def broken_files(folder: Path, quick: bool = False) -> tuple[str, ...]:
    """Return what is wrong with the files of an index; quick: without reading what is in them.

    Example:
        >>> broken_files(home / "derived" / "text-3" / "text")
        ()
    """
    try:
        meta = msgspec.json.decode((folder / "meta.json").read_bytes(), type=_Meta)
    except (OSError, msgspec.MsgspecError) as error:
        return (f"{folder / 'meta.json'}: {error}",)
    found = []
    for segment in meta.segments:
        name = segment.segment_id.replace("-", "")
        files = sorted(folder.glob(f"{name}.*"))
        held = {file.name.rpartition(".")[2] for file in files}
        if len(name) != _SEGMENT_DIGITS or not held >= _COMPONENTS:
            found.append(f"{folder / name}: files of this segment are gone")
        found += [words for file in files if (words := _wrong(file, quick))]
    return tuple(found)


def _wrong(path: Path, quick: bool) -> str:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(size - _LONGEST_FOOTER, 0))
            end = file.read()
            length, magic = _TAIL.unpack(end[-_TAIL.size :]) if len(end) >= _TAIL.size else (0, 0)
            if magic != _MAGIC or not 0 < length <= len(end) - _TAIL.size:
                return f"{path}: cut short, or not an index file"
            footer = msgspec.json.decode(end[-_TAIL.size - length : -_TAIL.size], type=_Footer)
            if quick:
                return ""
            file.seek(0)
            left, checksum = size - _TAIL.size - length, 0
            while left > 0 and (chunk := file.read(min(_CHUNK, left))):
                checksum, left = crc32(chunk, checksum), left - len(chunk)
    except (OSError, msgspec.MsgspecError) as error:
        return f"{path}: {error}"
    return "" if checksum == footer.crc else f"{path}: its checksum is not that of what it holds"
