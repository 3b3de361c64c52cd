"""Reads many patients: a folder, a zip file, a table, a bulk export, an OMOP database in CSV files or in one file.

Comes in: a path. Goes out: one patient after another, or the one with an id. Refuses nothing as a whole that holds
patients: each file or row that cannot be read is told by name to the caller, and the rest goes on.

Large sources are read as streams: a bulk export by the places of its lines, a table row by row, OMOP by batches.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from accrual.errors import AccrualError, PatientError, SourceError
from accrual.patient.bulk import Bulk
from accrual.patient.member import Member, choose
from accrual.patient.model import Patient
from accrual.patient.omop import Omop
from accrual.patient.omop_tables import CsvFolder, Databases, is_omop, no_databases
from accrual.patient.reader import MAX_BYTES, members_in, read_patient
from accrual.patient.roster import is_table, roster_members
from accrual.patient.uploads import DAMAGED

Failed = Callable[[PatientError], None]

_LINES = (".ndjson", ".jsonl")
_TABLES = (".csv", ".tsv")
_PLAIN = (".json", ".yaml", ".yml", ".txt", ".md")
_DATABASES = (".sqlite", ".sqlite3", ".db", ".duckdb")
ANSWERS = ".answers.json"
"""How the files end that `accrual ask` keeps answers in: they lie beside patients, and are none."""
MAX_UNPACKED = 1_000_000_000
"""Bytes of a gzip file once unpacked: it is held in memory, for lines are found again by their place."""
_PEEK = 1_000_000


def read_patients(
    path: Path, failed: Failed | None = None, databases: Databases = no_databases
) -> Iterator[Patient]:
    """Yield every patient of a file or folder; each has an id that no other has.

    Args:
        path: a file of any known form, or a folder or zip file of such files; OMOP tables, a bulk export.
        failed: is told of each patient or file that cannot be read, by name; without it the first such error is
            raised.
        databases: opens database files; `accrual.store.omop_database.open_omop`, as the facade gives it.

    Raises:
        PatientError: see `failed`. SourceError: the path cannot be read at all.
    """
    seen: dict[str, int] = {}
    with ExitStack() as opened:
        for name, member in _all(path, opened, databases):
            try:
                patient = member.read()
            except PatientError as error:
                if failed is None:
                    raise
                failed(error)
                continue
            own = patient.id or member.id or name
            count = seen[own] = seen.get(own, 0) + 1
            if count > 1:
                # Two files may both call their patient "P2": the second is told apart by its file.
                own = f"{name}#{own}" if f"{name}#{own}" not in seen else f"{name}#{own}#{count}"
                seen[own] = 1
            yield patient if own == patient.id else msgspec.structs.replace(patient, id=own)


def find_patient(path: Path, person: str = "", databases: Databases = no_databases) -> Patient:
    """Return the patient of a file or folder; where it holds several, the one with the id `person`.

    Raises:
        PatientError: no known form, broken, several and none chosen, no such id. SourceError: it cannot be read.
    """
    with ExitStack() as opened:
        source = _omop(path, opened, databases)
        if source is not None:
            members = list(source.members(person)) if person else []
            known = source.ids()
            if not person and len(known) == 1:
                members = list(source.members())
            if members or person:
                return choose(members, person, str(path), known)
            return choose([Member(one, _nobody) for one in known], person, str(path))
        if path.is_dir() or path.suffix.lower() == ".zip":
            return choose((member for _, member in _all(path, opened, databases)), person, str(path))
        many = _many_in_file(path, opened)
        if many is not None:
            return choose(many, person, str(path))
        return read_patient(_bytes(path), str(path), person)


def _nobody() -> Patient:
    raise PatientError("no patient was chosen")


def _all(path: Path, opened: ExitStack, databases: Databases) -> Iterator[tuple[str, Member]]:
    """Yield the members of a source, each with the name of its file."""
    if path.is_dir():
        yield from _in_folder(path, opened, databases)
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path, opened)
    else:
        try:
            source = _omop(path, opened, databases)
            many = source.members() if source is not None else _many_in_file(path, opened)
            if many is None:
                data = _bytes(path)
                many = members_in(data, str(path))
            yield from ((path.name, member) for member in many)
        except PatientError as error:
            yield path.name, Member(path.name, partial(_again, error))


def _omop(path: Path, opened: ExitStack, databases: Databases) -> Omop | None:
    """The OMOP tables of a folder of CSV files or of a database file; None for anything else.

    Raises:
        PatientError: a database without persons. SourceError: it cannot be read.
    """
    if path.is_dir():
        return Omop(CsvFolder(path), str(path)) if is_omop(path) else None
    database = databases(path)
    if database is None:
        return None
    tables = opened.enter_context(database)
    if "person" not in tables.names:
        raise PatientError(f"{path}: a database, and not an OMOP CDM: it has no table person")
    return Omop(tables, str(path))


def _in_folder(path: Path, opened: ExitStack, databases: Databases) -> Iterator[tuple[str, Member]]:
    source = _omop(path, opened, databases)
    if source is not None:
        yield from ((path.name, member) for member in source.members())
        return
    files = sorted(
        one
        for one in path.rglob("*")
        if one.is_file() and not one.name.startswith(".") and not one.name.endswith(ANSWERS)
    )
    lines = [one for one in files if _ending(one) in _LINES]
    if lines:
        export = [(str(one.relative_to(path)), _open(one, opened)) for one in lines]
        yield from ((path.name, member) for member in Bulk(export, str(path)).members())
    for one in files:
        if one in lines:
            continue
        name = str(one.relative_to(path))
        if _ending(one) in (*_PLAIN, *_TABLES, *_DATABASES, ".zip"):
            with ExitStack() as inner:
                try:
                    yield from ((name, member) for _, member in _all(one, inner, databases))
                except SourceError as error:
                    yield name, Member(name, partial(_again, PatientError(str(error))))
        else:
            problem = PatientError(
                f"{one}: by its name no patient file; give .json, .yaml, .ndjson, .csv, .txt, .sqlite or .zip"
            )
            yield name, Member(name, partial(_again, problem))


def _in_zip(path: Path, opened: ExitStack) -> Iterator[tuple[str, Member]]:
    try:
        archive = opened.enter_context(zipfile.ZipFile(path))
        inside = sorted(archive.infolist(), key=lambda one: one.filename)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path}: not a zip file that can be read") from error
    for one in inside:
        name = one.filename
        if one.is_dir() or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("."):
            continue
        try:
            if one.file_size >= MAX_BYTES:
                raise PatientError(
                    f"{path}, {name}: {one.file_size / 1e6:.0f} MB is too large for one patient"
                )
            data = archive.read(one)
            yield from ((name, member) for member in members_in(data, f"{path}, {name}"))
        except PatientError as error:
            yield name, Member(name, partial(_again, error))
        except DAMAGED:
            problem = PatientError(f"{path}, {name}: cannot be unpacked")
            yield name, Member(name, partial(_again, problem))


def _many_in_file(path: Path, opened: ExitStack) -> Iterator[Member] | None:
    """The members of a bulk export or a table, read as a stream; None for any other file."""
    ending = _ending(path)
    if ending in _LINES:
        return Bulk([("", _open(path, opened))], str(path)).members()
    if ending in _TABLES:
        file = _open(path, opened)
        first = file.readline(_PEEK).decode("utf-8-sig", errors="replace")
        if is_table(first):
            file.seek(0)
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
            return roster_members(opened.enter_context(text), str(path))
    return None


def _ending(path: Path) -> str:
    """The file's kind by its name: `.ndjson` for `Patient.ndjson.gz`."""
    suffixes = [one.lower() for one in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _open(path: Path, opened: ExitStack) -> BinaryIO:
    """A file to be read at any place: as it is, or unpacked in memory."""
    try:
        if path.suffix.lower() != ".gz":
            return opened.enter_context(path.open("rb"))
        with gzip.open(path, "rb") as packed:
            data = packed.read(MAX_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read; it may be cut off") from error
    if len(data) > MAX_UNPACKED:
        raise SourceError(f"{path}: more than {MAX_UNPACKED // 10**9} GB once unpacked: unpack it first")
    return cast("BinaryIO", io.BytesIO(data))


def _bytes(path: Path) -> bytes:
    """A file's bytes; one byte more than a patient may have, so that memory stays bounded and the reader refuses it."""
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path, "rb") as packed:
                return packed.read(MAX_BYTES + 1)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, EOFError) as error:
        strerror = error.strerror if isinstance(error, OSError) else ""
        raise SourceError(f"{path}: {strerror or 'it is cut off'}; give a file that can be read") from error


def _again(error: AccrualError) -> Patient:
    raise error
