"""Many patients matched, on every core, into one file; an interrupted run goes on where it stopped.

Comes in: a folder or file of patients, the data folder, the file to write (`.jsonl`, `.csv` or `.parquet`). Goes out:
that file, one `Row` for each patient in the order of the source: the best trials with counts of all verdicts, or the
reason why this one could not be matched. Refuses another ending, and Parquet without its library, before it begins.

Rows are first kept in `NAME.rows` beside the file, each batch written through to the disk, with a first line that says
what they are of. Who starts the same run again takes up the rows that are whole; the finished file is the same to the
byte, and takes its name in one step. Rows of another run (other patients, studies, day or options) are begun anew.
Memory holds a few batches, however many patients there are.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import importlib
import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import msgspec

from accrual.errors import PatientError, SourceError
from accrual.finder import Finder
from accrual.match.rank import Match
from accrual.match.verdict import Assumption, Verdict
from accrual.patient.model import Patient
from accrual.reading import compiler_version, die_with_parent, without_interrupts
from accrual.search.query import NearestSite

FORMATS = (".jsonl", ".csv", ".parquet")
BATCH = 12
"""Patients swept together: more cost memory and save little time (see `match.sweep`)."""
ALONE = 2 * BATCH
"""So few patients are matched in this process: starting others takes longer."""
_FAULTS = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AssertionError)
_OPTIONS = 1
"""Version of the rows' own form: other code begins anew."""


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One patient matched, or why not. One line of the `.jsonl`."""

    patient: str
    verdicts: dict[Verdict, int] = {}
    """How many of all studies have each verdict."""
    matches: tuple[Match[NearestSite], ...] = ()
    error: str = ""
    """Why the patient could not be matched; never words of the patient's file."""


class Report(msgspec.Struct, frozen=True):
    """What a run came to. JSON of `accrual match --patients … --json`."""

    patients: int
    failed: int
    taken_up: int
    """Patients that an earlier, interrupted run had done."""
    out: str


class Wish(msgspec.Struct, frozen=True):
    """What is asked of a run, the same for every patient."""

    today: date
    top: int = 20
    status: tuple[str, ...] = ()
    assumption: Assumption = "open"


class _Task(msgspec.Struct, frozen=True):
    """Patients to be matched together; what could not be read stands among them with its reason."""

    members: tuple[Patient | Row, ...]


def match_crowd(
    finder: Finder,
    source: Path,
    out: Path,
    wish: Wish,
    on_progress: Callable[[int], None] | None = None,
    workers: int | None = None,
) -> Report:
    """Match every patient of a source, and write what was found.

    Arguments:
        out: its ending says the form: `.jsonl`, `.csv` or `.parquet`.
        on_progress: is told how many patients are done.
        workers: processes to use; every core by default.

    Raises:
        SourceError: the source cannot be read at all, `out` cannot be written, or its form is not known.
        StoreError: the data folder cannot be used. What was done is taken up by the next run.

    Example:
        >>> match_crowd(finder, Path("patients.csv"), Path("found.csv"), Wish(date(2026, 11, 22))).patients
        120
    """
    if not source.exists():
        raise SourceError(f"{source}: there is no such file or folder")
    if out.exists() and out.samefile(source):
        raise SourceError(f"{out}: is the patients' own file: write another one")
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise SourceError(f"{out}: lies among the patients and would be read as one: write it somewhere else")
    write = _writer(out)
    rows = out.with_name(f"{out.name}.rows")
    header = _header(finder, source, wish)
    try:
        with _taken_up(rows, header) as file:
            taken_up = sum(1 for _ in _lines(file))
            file.seek(0, os.SEEK_END)
            done = taken_up
            for lines in _matched(finder, _members(finder, source, taken_up), wish, workers):
                file.write(b"".join(line + b"\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
                done += len(lines)
                if on_progress is not None:
                    on_progress(done)
            failed = sum(bool(row.error) for row in _rows(file))
            fresh = out.with_name(f"{out.name}.new")
            write(fresh, _rows(file))
        fresh.replace(out)
        rows.unlink()
    except OSError as error:
        if isinstance(error, SourceError) or error.filename is None:
            raise
        raise SourceError(f"{out}: cannot be written ({error.strerror})") from error
    return Report(done, failed, taken_up, str(out))


# -- the work


def _members(finder: Finder, source: Path, skip: int) -> Iterator[Patient | Row]:
    """Yield the patients of a source behind the first `skip`, and a row with the reason where one cannot be read."""
    failures: list[Row] = []

    def failed(error: PatientError) -> None:
        failures.append(Row(patient="", error=str(error)))

    def all_members() -> Iterator[Patient | Row]:
        for patient in finder.read_patients(source, failed):
            yield from failures
            failures.clear()
            yield patient
        yield from failures

    return itertools.islice(all_members(), skip, None)


def _matched(
    finder: Finder, members: Iterator[Patient | Row], wish: Wish, workers: int | None
) -> Iterator[list[bytes]]:
    """Yield the rows of one batch after the other, in order."""
    workers = workers or os.cpu_count() or 1
    first = list(itertools.islice(members, ALONE))
    tasks = _tasks(itertools.chain(first, members))
    if workers == 1 or len(first) < ALONE:
        for task in tasks:
            yield _match(finder, task, wish)
        return
    _ = finder.programs, finder.index, finder.cache  # caught up once, and not by every worker
    context = multiprocessing.get_context("spawn")  # see `accrual.reading`
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=die_with_parent)
    try:
        waiting: deque[Future[list[bytes]]] = deque()
        for task in tasks:
            with without_interrupts():
                waiting.append(pool.submit(_match_at, finder.home, task, wish))
            if len(waiting) > 2 * workers:  # bounds memory, however many patients there are
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _tasks(members: Iterable[Patient | Row]) -> Iterator[_Task]:
    held = iter(members)
    while batch := tuple(itertools.islice(held, BATCH)):
        yield _Task(batch)


_opened: dict[Path, Finder] = {}
"""The facade of a worker process, open as long as the process lives."""


def _match_at(home: Path, task: _Task, wish: Wish) -> list[bytes]:
    finder = _opened.get(home)
    if finder is None:
        finder = _opened[home] = Finder(home)
    return _match(finder, task, wish)


def _match(finder: Finder, task: _Task, wish: Wish) -> list[bytes]:
    """Return a batch's rows as lines."""
    patients = [one for one in task.members if isinstance(one, Patient)]
    try:
        found = _rows_of(finder, patients, wish)
    except _FAULTS:  # one of them is at fault: each alone, so that the others are matched
        found = [_row_alone(finder, patient, wish) for patient in patients]
    rows = iter(found)
    return [
        msgspec.json.encode(next(rows) if isinstance(one, Patient) else one, order="sorted")
        for one in task.members
    ]


def _row_alone(finder: Finder, patient: Patient, wish: Wish) -> Row:
    try:
        return _rows_of(finder, [patient], wish)[0]
    except _FAULTS as error:
        # The kind of the error alone: its message may hold words of the patient's file.
        return Row(patient.id, error=f"a fault in accrual itself ({type(error).__name__})")


def _rows_of(finder: Finder, patients: Sequence[Patient], wish: Wish) -> list[Row]:
    if not patients:
        return []
    found = finder.match_many(patients, wish.today, wish.top, wish.status, wish.assumption)
    return [
        Row(patient.id, one.verdicts or {}, one.matches) for patient, one in zip(patients, found, strict=True)
    ]


# -- the rows that are done


def _header(finder: Finder, source: Path, wish: Wish) -> bytes:
    """Return a line that says what the rows are of: equal for equal patients, studies, tables, day and options."""
    digest = hashlib.blake2b(digest_size=16)
    files = [source] if source.is_file() else sorted(one for one in source.rglob("*") if one.is_file())
    for one in files:
        state = one.stat()
        digest.update(f"{one.relative_to(source)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    status = finder.status()
    told = {
        "rows": _OPTIONS,
        "patients": digest.hexdigest(),
        "studies": f"{status.generation} {status.studies} {status.versions}",
        "compiler": compiler_version(),
        "wish": wish,
    }
    return msgspec.json.encode(told, order="sorted")


def _taken_up(rows: Path, header: bytes) -> BinaryIO:
    """Open the rows that an earlier run left, cut behind the last whole one; none where they are of another run."""
    file = os.fdopen(os.open(rows, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise SourceError(f"{rows}: another run is writing it: wait for it, or give another --out") from error
    end = 0
    if file.readline() == header + b"\n":
        end = file.tell()
        for line in file:
            if not line.endswith(b"\n"):  # the run was killed while it wrote this one
                break
            end += len(line)
    file.seek(end)
    file.truncate()
    if not end:
        file.write(header + b"\n")
    return file


def _lines(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    file.readline()
    yield from file


def _rows(file: BinaryIO) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(Row)
    return (decoder.decode(line) for line in _lines(file))


# -- the forms

COLUMNS: tuple[tuple[str, str], ...] = (
    ("patient", "string"),
    ("error", "string"),
    ("eligible", "int32"),
    ("undetermined", "int32"),
    ("ineligible", "int32"),
    ("rank", "int32"),
    ("nct_id", "string"),
    ("title", "string"),
    ("status", "string"),
    ("verdict", "string"),
    ("score", "float64"),
    ("met", "int32"),
    ("unmet", "int32"),
    ("unknown", "int32"),
    ("nearest_site", "string"),
    ("distance_km", "float64"),
)
"""Columns of the tables, with their Parquet types: one line for each match, or one for a patient without any."""


def table_lines(rows: Iterable[Row]) -> Iterator[tuple[str | int | float | None, ...]]:
    """Yield rows as the lines of a table, in the order of `COLUMNS`."""
    for row in rows:
        counts = [row.verdicts.get(name) for name in ("eligible", "undetermined", "ineligible")]
        head = (row.patient, row.error or None, *counts)
        if not row.matches:
            yield (*head, *(None for _ in COLUMNS[len(head) :]))
        for rank, one in enumerate(row.matches, start=1):
            site = one.nearest_site
            place = ", ".join(filter(None, (site.facility, site.city, site.country))) if site else None
            yield (
                *head,
                rank,
                one.nct_id,
                one.title,
                one.status,
                one.verdict,
                one.score,
                one.met,
                one.unmet,
                one.unknown,
                place,
                site.distance_km if site else None,
            )


def _writer(out: Path) -> Callable[[Path, Iterator[Row]], None]:
    """Return what writes the form that a file's ending names.

    Raises:
        SourceError: another ending, or a library that is not installed.
    """
    ending = out.suffix.lower()
    if ending not in FORMATS:
        raise SourceError(f"{out}: by its ending no known form; end it with {', '.join(FORMATS)}")
    if ending == ".parquet":
        try:
            arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
        except ImportError as error:
            raise SourceError(
                f"{out}: Parquet needs a library that is not installed: `pip install accrual[parquet]`, "
                "or end the name with .csv or .jsonl"
            ) from error
        return lambda fresh, rows: _write_parquet(fresh, rows, arrow, parquet)
    return _write_jsonl if ending == ".jsonl" else _write_csv


def _write_jsonl(fresh: Path, rows: Iterator[Row]) -> None:
    with fresh.open("wb") as file:
        for row in rows:
            file.write(msgspec.json.encode(row) + b"\n")


def _write_csv(fresh: Path, rows: Iterator[Row]) -> None:
    file: TextIO
    with fresh.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([name for name, _ in COLUMNS])
        table.writerows(table_lines(rows))


def _write_parquet(fresh: Path, rows: Iterator[Row], arrow: Any, parquet: Any) -> None:
    schema = arrow.schema([(name, getattr(arrow, kind)()) for name, kind in COLUMNS])
    lines = table_lines(rows)
    with parquet.ParquetWriter(str(fresh), schema) as file:
        while group := list(itertools.islice(lines, 50_000)):  # lines of one row group, set by hand
            columns = [
                arrow.array(column, type=field.type)
                for column, field in zip(zip(*group, strict=True), schema, strict=True)
            ]
            file.write_table(arrow.Table.from_arrays(columns, schema=schema))
