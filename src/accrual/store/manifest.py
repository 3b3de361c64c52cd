"""What a snapshot says of itself: `manifest.json` beside its records, and at the head of the file it is exported to.

Comes in: a folder, or JSON. Goes out: a `Manifest`. Refuses, as StoreError: a manifest of a newer accrual.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from accrual.errors import StoreError

FILE_NAME = "manifest.json"
FORMAT = 1
_KIND = "accrual snapshot"


class MadeBy(msgspec.Struct, frozen=True):
    """Which accrual made it."""

    program: str
    """Its version."""
    compiler: str
    """The version of how it reads criteria: another one may decide otherwise."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot holds. Nothing in it depends on when it was made, but for `day`."""

    kind: str = _KIND
    format: int = FORMAT
    name: str
    day: str
    """The day that it stands for (ISO day)."""
    past: bool
    """Whether it was put together of the versions that were current on that day, or holds what was current then."""
    studies: int
    data_date: str
    """The newest date that a record in it carries (ISO day)."""
    not_yet: int = 0
    """Studies of the data folder that were first posted after the day."""
    unknown: int = 0
    """Studies that were posted by the day, and of which no version as old as it was here: they are missing."""
    sha256: str
    """Of the records in the order of their numbers, each with a line feed after it."""
    made_by: MadeBy


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None where it has none, or another program's.

    Raises:
        StoreError: a newer accrual wrote it.
    """
    try:
        return decode_manifest((folder / FILE_NAME).read_bytes(), str(folder / FILE_NAME))
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        return None


def decode_manifest(data: bytes, where: str) -> Manifest | None:
    """Return the manifest that bytes hold; None where they hold something else.

    Raises:
        StoreError: a newer accrual wrote it.
    """
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.kind != _KIND:
            return None
        if head.format > FORMAT:
            raise StoreError(
                f"{where}: a snapshot of a newer accrual (format {head.format}, this one reads {FORMAT}):"
                " upgrade accrual"
            )
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a folder, for good."""
    with (folder / FILE_NAME).open("xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())


class _Head(msgspec.Struct):
    kind: str
    format: int
