"""Studies in a zip file, as API v2 JSON: one alone, or one after the other while it is sent, never held whole.

Comes in: names and contents, one file at a time. Goes out: the bytes of a zip archive. Refuses, as ValueError, a
file of 4 GiB or more: a study record is megabytes at most.

Source: APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (its end; with
more than 65,534 files or 4 GiB, as ZIP64). The standard library's `zipfile` keeps an object for every file until the
end, some 400 MB for the whole registry; here the directory waits on disk once it is large.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

MAX_FILE_BYTES: Final = 2**32 - 1
LEVEL: Final = 3
"""zlib's level. Set by hand: on 800 real records level 6 takes twice as long for 8 % fewer bytes."""
DIRECTORY_IN_MEMORY_BYTES: Final = 2 * 2**20
COPY_BYTES: Final = 64 * 2**10

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_ENTRY = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END_64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR_64 = struct.Struct("<IIQI")
_OFFSET_64 = struct.Struct("<HHQ")

_VERSION = 45  # of the format that the reader must know: 4.5, ZIP64
_UTF8 = 0x0800  # flag: names are UTF-8
_DEFLATED = 8
_MADE_BY = (3 << 8) | _VERSION  # Unix, so that the permissions below are read
_PERMISSIONS = 0o100644 << 16
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_FIRST_DAY = date(1980, 1, 1)  # the first that zip can write: the same bytes whenever it is asked for


def write_archive(nct_id: str, body: bytes) -> bytes:
    """Return a zip archive of one study.

    Example:
        >>> import io, zipfile
        >>> zipfile.ZipFile(io.BytesIO(write_archive("NCT00000102", b"{}"))).namelist()
        ['NCT00000102.json']
    """
    return b"".join(zip_parts([(f"{nct_id}.json", body)], _FIRST_DAY))


def zip_parts(files: Iterable[tuple[str, bytes]], day: date) -> Iterator[bytes]:
    """Yield the bytes of a zip archive, at least one part a file.

    Arguments:
        files: name and content of each.
        day: the date that every file gets; from 1980 to 2107, as the format has it.

    Raises:
        ValueError: a file is too large.

    Example:
        >>> import io, zipfile
        >>> made = b"".join(zip_parts([("a.json", b"{}")], date(2026, 8, 14)))
        >>> zipfile.ZipFile(io.BytesIO(made)).read("a.json")
        b'{}'
    """
    stamp = (min(max(day.year, 1980), 2107) - 1980) << 9 | day.month << 5 | day.day
    offset = count = 0
    with tempfile.SpooledTemporaryFile(max_size=DIRECTORY_IN_MEMORY_BYTES) as directory:
        for name, content in files:
            if len(content) > MAX_FILE_BYTES:
                raise ValueError(
                    f"{name}: {len(content)} bytes; a file of the archive may have {MAX_FILE_BYTES}"
                )
            packer = zlib.compressobj(LEVEL, zlib.DEFLATED, wbits=-15)  # -15: bare deflate, as zip has it
            packed = packer.compress(content) + packer.flush()
            written = name.encode()
            sums = (zlib.crc32(content), len(packed), len(content))
            head = _LOCAL.pack(0x04034B50, _VERSION, _UTF8, _DEFLATED, 0, stamp, *sums, len(written), 0)
            far = _OFFSET_64.pack(1, 8, offset) if offset >= _FULL_32 else b""
            entry = (_UTF8, _DEFLATED, 0, stamp, *sums, len(written), len(far), 0, 0, 0, _PERMISSIONS)
            directory.write(
                _ENTRY.pack(0x02014B50, _MADE_BY, _VERSION, *entry, min(offset, _FULL_32)) + written + far
            )
            part = head + written + packed
            offset += len(part)
            count += 1
            yield part
        size = directory.tell()
        directory.seek(0)
        while some := directory.read(COPY_BYTES):
            yield some
    yield _end(count, size, offset)


def _end(count: int, size: int, offset: int) -> bytes:
    """Return the end of the directory, with the large one before it where the small one cannot hold the numbers."""
    end = b""
    if count >= _FULL_16 or size >= _FULL_32 or offset >= _FULL_32:
        end = _END_64.pack(0x06064B50, 44, _MADE_BY, _VERSION, 0, 0, count, count, size, offset)
        end += _LOCATOR_64.pack(0x07064B50, 0, offset + size, 1)
    shown = min(count, _FULL_16)
    return end + _END.pack(0x06054B50, 0, 0, shown, shown, min(size, _FULL_32), min(offset, _FULL_32), 0)
