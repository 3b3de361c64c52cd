"""Study records out of files and folders.

Comes in: paths: folders (searched through, in sorted order) and files: `.json` (one study, or a page of the registry's
API), `.jsonl` or `.ndjson` (one study or one dated version a line), `.xml` (one legacy record), each plain, in `.gz`,
`.xz` or `.zst`, or as a member of a `.zip`. Goes out: a stream of `SourceRecord` and `Refusal`, one after the other, in
bounded memory. Refuses: what cannot be read as a study, with file and line or member and a reason, while the rest goes
on; only when nothing exists at all is there an error.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, NewType

import msgspec

from accrual.basic import path_words
from accrual.errors import RecordError, SourceError
from accrual.registry.ctgov_json import explain_json_error, read_with_body, write_json
from accrual.registry.ctgov_xml import read_xml
from accrual.registry.record import Trial, calendar_date
from accrual.registry.streams import Oversized, chunks, document, lines, packing

MAX_RECORD_BYTES = 32 * 2**20  # 32 MiB; the largest study of the registry is 3.6 MB as v2 JSON (2026)
PAGE_FACTOR = 8  # a page of the API holds up to 1,000 studies: 17 MB on average; allow 256 MiB

Kind = NewType("Kind", str)
JSON, LINES, XML, ZIP = Kind("json"), Kind("lines"), Kind("xml"), Kind("zip")
_KINDS = {".json": JSON, ".jsonl": LINES, ".ndjson": LINES, ".xml": XML, ".zip": ZIP}
KNOWN_NAMES = ".json, .jsonl, .ndjson or .xml, plain, in .gz, .xz or .zst, or in a .zip"


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One study read from a file."""

    trial: Trial
    body: bytes
    """The record as canonical minified v2 JSON: what the store keeps."""
    where: str
    """File and line or member: `studies.jsonl.gz:17`, `bulk.zip!NCT00000001.xml`."""
    warnings: tuple[str, ...] = ()
    """What was wrong but did not cost the record: an impossible date, a value of a wrong type."""
    source_bytes: int = 0
    """Size of this record in its source form, uncompressed."""
    version_holder: str = ""
    """Data date of the registry (ISO day) this version was taken from; from a history line, else the record's own."""
    last_update: str = ""
    """The day this version was posted (ISO day); from a history line, else the record's own."""
    consumed_bytes: int = 0
    """Bytes of all sources read so far, as they lie on disk (compressed): for a progress bar against `measure`."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read as a study; the rest still is."""

    where: str
    reason: str
    consumed_bytes: int = 0


def measure(paths: Sequence[Path]) -> int:
    """Return the total size on disk, in bytes, of what `read_records` would read. Missing paths count nothing."""
    total = 0
    for path in paths:
        for file in [path] if _trouble(path) or not path.is_dir() else _files_under(path)[0]:
            try:
                total += file.stat().st_size
            except (OSError, ValueError):  # gone or not permitted: reading will say so
                continue
    return total


def read_records(
    paths: Sequence[Path], *, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[SourceRecord | Refusal]:
    """Yield each study of the files and folders in turn, and a Refusal for each thing that is not one.

    In a folder, files of other kinds are passed over; a file named directly is refused when its kind is unknown.

    Raises:
        SourceError: none of the paths exists (when only some are missing, each gives a Refusal). Raised at once.
    """
    troubles = [f"{path_words(path)}: {trouble}" for path in paths if (trouble := _trouble(path))]
    if len(troubles) == len(paths):
        raise SourceError(", ".join(troubles) or "nothing to load: name a file or folder")
    return _read_all(paths, max_record_bytes)


def _read_all(paths: Sequence[Path], limit: int) -> Iterator[SourceRecord | Refusal]:
    reader = _Reader(limit)
    for path in paths:
        if trouble := _trouble(path):
            yield Refusal(where=path_words(path), reason=trouble, consumed_bytes=reader.before)
        elif path.is_dir():
            found, closed = _files_under(path)
            for where, reason in closed:
                yield Refusal(where=where, reason=reason, consumed_bytes=reader.before)
            if not found and not closed:
                reason = f"no study files in this folder: looked for {KNOWN_NAMES}"
                yield Refusal(where=path_words(path), reason=reason, consumed_bytes=reader.before)
            for file in found:
                yield from reader.read(file)
        elif _kind_of(path.name) is None:
            reason = f"unknown kind of file: accrual reads {KNOWN_NAMES}"
            yield Refusal(where=path_words(path), reason=reason, consumed_bytes=reader.before)
        else:
            yield from reader.read(path)


def _kind_of(name: str) -> Kind | None:
    name = name.lower()
    packed = packing(name)
    kind = _KINDS.get(Path(name.removesuffix(packed)).suffix)
    return None if packed and kind == ZIP else kind


def _trouble(path: Path) -> str:
    """Say why there is nothing at a path that could be opened; empty when there is something."""
    try:
        path.stat()
    except FileNotFoundError:
        return "no such file or folder"
    except (
        OSError,
        ValueError,
    ) as error:  # no permission on the way there, a name too long or with a null in it
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return ""


def _files_under(folder: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """Return the files of known kinds below a folder, sorted, and the folders that cannot be looked into, with why.

    Hidden files and folders and links to folders are passed over.
    """
    found: list[Path] = []
    closed: list[tuple[str, str]] = []

    def note(error: OSError) -> None:
        closed.append((path_words(error.filename or folder), f"cannot be read: {error.strerror or error}"))

    for place, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(place, name)
            for name in sorted(names)
            if not name.startswith(".") and _kind_of(name) is not None
        ]
    return found, closed


# --- one file -------------------------------------------------------------------------------------------------

_PAGE = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[|\{\s*"(?:studies|totalCount|nextPageToken)")')
_STUDY_FIRST = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:protocolSection|derivedSection|hasResults)"')


class _Page(msgspec.Struct):
    """A page of the API's `/studies`."""

    studies: list[msgspec.Raw] = []


class _Version(msgspec.Struct):
    """A dated version of a study, one a line."""

    nct_id: str = ""
    last_update_posted: str = ""
    version_holder: str = ""
    study: msgspec.Raw = msgspec.Raw()


_PAGE_DECODER = msgspec.json.Decoder(_Page)
_LIST_DECODER = msgspec.json.Decoder(list[msgspec.Raw])
_VERSION_DECODER = msgspec.json.Decoder(_Version)


class _Reader:
    """Reads one file after another and knows how far it has come."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.before = 0  # bytes on disk of the files and zip members already behind

    def read(self, path: Path) -> Iterator[SourceRecord | Refusal]:
        where = path_words(path)
        start = self.before
        kind = _kind_of(path.name)
        try:
            with path.open("rb") as raw:
                size = os.fstat(raw.fileno()).st_size
                if kind == ZIP:
                    yield from self._zip(raw, where)
                else:
                    assert kind is not None
                    yield from self._stream(raw, path.name, kind, where, raw.tell)
        except OSError as error:
            yield self._refuse(where, f"cannot be read: {error.strerror or error}")
            return
        self.before = start + size

    def _refuse(self, where: str, reason: str, read: int = 0) -> Refusal:
        return Refusal(where=where, reason=reason, consumed_bytes=self.before + read)

    def _zip(self, raw: IO[bytes], where: str) -> Iterator[SourceRecord | Refusal]:
        try:
            archive = zipfile.ZipFile(raw)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            yield self._refuse(where, f"not a whole zip file (truncated?): {error}")
            return
        with archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            known = [one for one in members if _kind_of(one.filename) is not None]
            if not known:
                yield self._refuse(
                    where, f"no study files among its {len(members)} members: looked for {KNOWN_NAMES}"
                )
            for member in sorted(known, key=lambda one: one.filename):
                yield from self._member(archive, member, f"{where}!{member.filename}")
                self.before += member.compress_size

    def _member(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str
    ) -> Iterator[SourceRecord | Refusal]:
        kind = _kind_of(member.filename)
        if kind is None or kind == ZIP:
            yield self._refuse(where, "a zip inside a zip: unpack it first")
        elif member.flag_bits & 0x1:  # PKWARE APPNOTE 6.3.10, section 4.4.4: bit 0 says encrypted
            yield self._refuse(where, "encrypted: unpack it first")
        else:
            try:
                with archive.open(member) as stream:
                    yield from self._stream(stream, member.filename, kind, where, lambda: 0)
            except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
                yield self._refuse(where, f"damaged zip member: {error}")

    def _stream(
        self, raw: IO[bytes], name: str, kind: Kind, where: str, tell: Callable[[], int]
    ) -> Iterator[SourceRecord | Refusal]:
        """Read one file or member, unpacking it if need be; `tell` says how far on disk that has come."""
        line = 0
        try:
            if kind == LINES:
                for line, text in lines(chunks(raw, name), self.limit):
                    if isinstance(text, bytes) and (foreign := _foreign_encoding(text) if line == 1 else ""):
                        yield self._refuse(where, foreign, tell())
                        return
                    yield self._one(text, read_record, f"{where}:{line}", tell())
                if line == 0:
                    yield self._refuse(where, "empty: no records", tell())
            elif kind == XML:
                whole = document(chunks(raw, name), lambda _: self.limit)
                yield self._one(whole, _read_xml, where, tell())
            else:
                yield from self._json(document(chunks(raw, name), self._json_limit), where, tell())
        except SourceError as error:
            after = f" (after line {line})" if line else ""
            yield self._refuse(where, f"{error}{after}", tell())

    def _json_limit(self, head: bytes) -> int:
        return self.limit * (PAGE_FACTOR if _PAGE.match(head) else 1)

    def _json(self, whole: bytes | Oversized, where: str, read: int) -> Iterator[SourceRecord | Refusal]:
        if isinstance(whole, Oversized) or not _PAGE.match(whole):
            yield self._one(whole, read_record, where, read)
            return
        text = whole.removeprefix(b"\xef\xbb\xbf").lstrip()
        try:
            studies = (
                _LIST_DECODER.decode(text) if text.startswith(b"[") else _PAGE_DECODER.decode(text).studies
            )
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            yield self._refuse(where, explain_json_error(text, error), read)
            return
        if not studies:
            yield self._refuse(where, "a page without studies", read)
        for index, study in enumerate(studies):
            body = bytes(study)
            piece = Oversized(len(body)) if len(body) > self.limit else body
            yield self._one(piece, read_record, f"{where}:studies[{index}]", read)

    def _one(
        self,
        data: bytes | Oversized,
        reading: Callable[[bytes, str], SourceRecord],
        where: str,
        read: int,
    ) -> SourceRecord | Refusal:
        if isinstance(data, Oversized):
            reason = f"over the limit of {self.limit:,} bytes for one record: not read"
            return self._refuse(where, reason, read)
        try:
            record = reading(data, where)
        except RecordError as error:
            return self._refuse(where, error.reason, read)
        return msgspec.structs.replace(record, consumed_bytes=self.before + read)


def _foreign_encoding(text: bytes) -> str:
    """Return what to say of a file in UTF-16 or UTF-32, once for the file and not for each of its lines."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in text[:4]:
        return explain_json_error(text, ValueError())
    return ""


def read_record(data: bytes, where: str = "") -> SourceRecord:
    """Read one v2 record, or one dated version of it, that is already in memory.

    Raises:
        RecordError: it is no study.
    """
    if not _STUDY_FIRST.match(data):
        version = _version(data)
        if version is not None:
            return _read_version(version, len(data), where)
    trial, body = read_with_body(data, where)
    return _record(trial, body, where, len(data))


def _read_xml(data: bytes, where: str) -> SourceRecord:
    trial = read_xml(data, where)
    return _record(trial, write_json(trial), where, len(data))


def _record(trial: Trial, body: bytes, where: str, size: int) -> SourceRecord:
    return SourceRecord(
        trial=trial,
        body=body,
        where=where,
        warnings=trial.warnings,
        source_bytes=size,
        version_holder=trial.version_holder,
        last_update=trial.last_update,
    )


def _version(data: bytes) -> _Version | None:
    """Return the line as a dated version when it is one; whatever is wrong with it, `read_with_body` says better."""
    try:
        version = _VERSION_DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return version if bytes(version.study) else None


def _read_version(version: _Version, size: int, where: str) -> SourceRecord:
    trial, body = read_with_body(bytes(version.study), where)
    if version.nct_id and version.nct_id != trial.nct_id:
        raise RecordError(f"the line says {version.nct_id[:40]!r}, its study says {trial.nct_id}", where)
    record = _record(trial, body, where, size)
    warnings = list(record.warnings)
    days: dict[str, str] = {}
    for field, text in (
        ("last_update", version.last_update_posted),
        ("version_holder", version.version_holder),
    ):
        if not text:
            continue
        if calendar_date(text) is None:
            warnings.append(f"{field}: {text[:40]!r} is not a date on the calendar; the study's own counts")
        else:
            days[field] = str(calendar_date(text))
    return msgspec.structs.replace(record, warnings=tuple(warnings), **days)
