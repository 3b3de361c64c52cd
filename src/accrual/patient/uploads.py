"""Reads many patients out of files that lie in memory, as they were sent to a page: any known form, and zip files.

Comes in: the files, with their names. Goes out: a member for each patient, in the order of the files; the files of a
FHIR bulk export (NDJSON of several kinds) are read together, as they belong together. Refuses (PatientError), one
member each: a file that is no patient's, a zip file that is damaged or holds too much.

Files are called by their number: their names may say who is in them.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NoReturn

import msgspec

from accrual.errors import PatientError
from accrual.message import message
from accrual.patient.bulk import Bulk
from accrual.patient.member import Member
from accrual.patient.reader import is_bulk, members_in
from accrual.patient.refusal import refusal

MAX_UNPACKED = 64 * 2**20
"""Bytes that all zip files together may hold once unpacked. Set by hand: four times what may be sent to a page."""
MAX_INSIDE = 1_000
"""Files in one zip file. Set by hand."""

DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # a password
    NotImplementedError,  # a packing that is not known
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
"""What unpacking a zip file raises where it is damaged, or packed in a way that is not read here."""


class Upload(msgspec.Struct, frozen=True):
    """One file as it was sent; of its name only the ending is looked at."""

    name: str
    data: bytes


def uploaded_members(uploads: Sequence[Upload]) -> Iterator[Member]:
    """Yield each patient of the files, still unread.

    Example:
        >>> table = Upload("patients.csv", b"id,sex,age\\np1,female,54\\np2,male,31\\n")
        >>> [member.id for member in uploaded_members([table])]
        ['p1', 'p2']
    """
    whole: list[tuple[str, bytes]] = []
    refused: list[Member] = []
    room = MAX_UNPACKED
    for number, one in enumerate(uploads, start=1):
        where = message("file %(number)s", number=number) if len(uploads) > 1 else ""
        if not one.data.startswith(b"PK\x03\x04"):
            whole.append((where, one.data))
            continue
        try:
            inside = _unpacked(one.data, where or message("the zip file"), room)
        except PatientError as error:
            refused.append(_broken(error))
            continue
        room -= sum(len(data) for _, data in inside)
        whole += inside
    lines = [(where, data) for where, data in whole if is_bulk(data)]
    if lines:
        yield from Bulk([(where, io.BytesIO(data)) for where, data in lines]).members()
    for where, data in whole:
        if not is_bulk(data):
            try:
                yield from members_in(data, where)
            except PatientError as error:
                yield _broken(error)
    yield from refused


def _unpacked(data: bytes, where: str, room: int) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [one for one in archive.infolist() if not _is_left_out(one)]
            if len(inside) > MAX_INSIDE:
                raise refusal(message("more than %(most)s files: send fewer", most=MAX_INSIDE), where)
            if sum(one.file_size for one in inside) > room:
                raise refusal(
                    message("more than %(most)s MB once unpacked: send less", most=MAX_UNPACKED // 2**20),
                    where,
                )
            inside.sort(key=lambda one: one.filename)
            for number, one in enumerate(inside, start=1):
                # Never more than the size that was counted: zipfile stops there.
                inner = message("%(outer)s, file %(number)s inside", outer=where, number=number)
                found.append((inner, archive.read(one)))
    except PatientError:
        raise
    except DAMAGED as error:
        raise refusal(message("cannot be unpacked: pack it again, without a password"), where) from error
    return found


def _is_left_out(one: zipfile.ZipInfo) -> bool:
    name = one.filename
    return one.is_dir() or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _broken(error: PatientError) -> Member:
    return Member("", partial(_again, error))


def _again(error: PatientError) -> NoReturn:
    raise error
