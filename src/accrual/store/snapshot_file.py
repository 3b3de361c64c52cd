"""A snapshot as one file, to be sent, cited and kept; and a snapshot out of such a file.

Comes in: a snapshot, or a file. Goes out: the file, or the snapshot. Refuses, as StoreError: a file that is there
already, one that is no snapshot, was changed, or breaks off; a snapshot that is damaged; a full disk.

The file (`NAME.jsonl.zst`) is the manifest in a skippable frame (RFC 8878, section 3.1.2), which readers of zstd pass
over, then one frame of dated versions, a line each, in the order of their numbers. It is the same, byte for byte, each
time, and `accrual load` reads it too. The manifest's `sha256` is that of the lines: `zstd -dc FILE | sha256sum`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from accrual.errors import RecordError, SourceError, StoreError
from accrual.registry.files import MAX_RECORD_BYTES, read_record
from accrual.registry.streams import chunks, lines
from accrual.store.manifest import Manifest, decode_manifest, write_manifest
from accrual.store.records import RecordStore
from accrual.store.snapshot import Line, fill, find_snapshot, making, snapshot_folder, snapshot_line
from accrual.store.writer import Incoming

SUFFIX = ".jsonl.zst"
_PART = ".part"
EXPORT_LEVEL = 5  # of zstd. Level 9 took 1.2 ms a study of 14 kB, three times what making the snapshot takes
_SKIPPABLE = b"\x50\x2a\x4d\x18"  # 0x184D2A50, little-endian: RFC 8878, section 3.1.2
_MOST_MANIFEST = 64 * 1024


def export_snapshot(home: Path, name: str, file: Path) -> Manifest:
    """Write a snapshot into one file.

    Raises:
        StoreError: the file is there already or cannot be written, or the snapshot is damaged: then there is no file.
    """
    manifest = find_snapshot(home, name)
    if not file.name.endswith(SUFFIX):
        raise StoreError(f"{file}: give a name that ends in {SUFFIX}, by which `accrual load` knows it")
    if file.exists():
        raise StoreError(f"{file}: there already: choose another name, or move it away")
    part = file.with_name(file.name + _PART)
    head = msgspec.json.encode(manifest)
    digest = hashlib.sha256()
    try:
        with part.open("wb") as raw, RecordStore(snapshot_folder(home, name), create=False) as store:
            raw.write(_SKIPPABLE + len(head).to_bytes(4, "little") + head)
            packer = zstandard.ZstdCompressor(level=EXPORT_LEVEL, write_checksum=True)
            with packer.stream_writer(raw, closefd=False) as packed:
                for version in store.current_versions():
                    line = snapshot_line(version, store.get_version(version.version))
                    digest.update(line)
                    packed.write(line)
            raw.flush()
            os.fsync(raw.fileno())
        if digest.hexdigest() != manifest.sha256:
            raise StoreError(
                f"{home}: the snapshot {name} does not hold what its manifest says: it is damaged"
            )
        part.rename(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"{file}: cannot be written ({error.strerror}): check the folder, make room"
        ) from error
    return manifest


def import_snapshot(home: Path, file: Path, name: str = "") -> Manifest:
    """Make a snapshot out of a file that `export_snapshot` wrote, and check that it holds what its manifest says.

    Arguments:
        name: another name than the file has it under.

    Raises:
        StoreError: see the head of this module; then no snapshot is made.
    """
    try:
        with file.open("rb") as raw:
            manifest = _read_head(raw, file)
            name = name or manifest.name
            with making(home, name) as part:
                digest = hashlib.sha256()
                studies, _ = fill(part, _read_lines(raw, file, digest))
                if studies != manifest.studies or digest.hexdigest() != manifest.sha256:
                    raise StoreError(
                        f"{file}: holds {studies:,} studies that are not the {manifest.studies:,} of its manifest:"
                        " it was changed or cut short, get it again"
                    )
                manifest = msgspec.structs.replace(manifest, name=name)
                write_manifest(part, manifest)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"{file}: cannot be read ({error.strerror or error}): give a file that can"
        ) from error
    return manifest


def _read_head(raw: IO[bytes], file: Path) -> Manifest:
    """Return the manifest at the head of a file."""
    start = raw.read(8)
    size = int.from_bytes(start[4:], "little")
    manifest = None
    if start[:4] == _SKIPPABLE and size <= _MOST_MANIFEST:
        manifest = decode_manifest(raw.read(size), str(file))
    if manifest is None:
        raise StoreError(f"{file}: no snapshot: give a file that `accrual snapshot export` wrote")
    return manifest


def _read_lines(raw: IO[bytes], file: Path, digest: hashlib._Hash) -> Iterator[Incoming]:
    """Yield the records of a file, checked one by one, and take them into the digest."""
    before = ""
    try:
        for number, text in lines(chunks(raw, SUFFIX), MAX_RECORD_BYTES):
            where = f"{file}:{number}"
            if not isinstance(text, bytes):
                raise StoreError(f"{where}: over the limit of {MAX_RECORD_BYTES:,} bytes for one record")
            digest.update(text + b"\n")
            line = msgspec.json.decode(text, type=Line)
            body = bytes(line.study)
            if read_record(body, where).trial.nct_id != line.nct_id or line.nct_id <= before:
                raise StoreError(
                    f"{where}: {line.nct_id} stands where another study should: get the file again"
                )
            before = line.nct_id
            yield Incoming.of(line.nct_id, body, line.last_update_posted, line.version_holder)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecordError, SourceError) as error:
        raise StoreError(f"{file}: damaged or cut short ({error}): get it again") from error
