"""`accrual criteria`, `screen` and `match`: eligibility read, decided for a patient, and ranked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from accrual.cli.options import (
    Answers,
    AsOf,
    Assume,
    Home,
    Json,
    PatientFile,
    Person,
    Study,
    Today,
    Top,
    day,
    past,
)
from accrual.cli.output import note, write, write_json, write_text
from accrual.cli.session import home_of, open_finder, require_studies, state_day
from accrual.errors import QueryError, SourceError

if TYPE_CHECKING:
    from accrual.crowd import Wish
    from accrual.finder import Finder
    from accrual.patient.model import Patient


def criteria(
    context: typer.Context,
    nct: Annotated[
        str | None, typer.Argument(metavar="NCT", help="The study's number, like NCT04785833.")
    ] = None,
    from_text: Annotated[
        Path | None,
        typer.Option(
            "--text",
            metavar="FILE",
            readable=False,
            help="Read criteria from a text file instead; - is standard input.",
        ),
    ] = None,
    everyday: Annotated[
        bool, typer.Option("--everyday", help="Say what each criterion asks in words for patients.")
    ] = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show how each criterion is read; with --as-of, those of the version of that day."""
    if as_of is not None and from_text is not None:
        raise QueryError("--as-of is for a study, not for --text")
    if (nct is None) == (from_text is None):
        raise QueryError("give either a study's NCT number or --text FILE")
    from accrual.criteria.tree import CompiledTrial
    from accrual.criteria.views import criteria_json

    if from_text is not None:
        from accrual.criteria.compile import compile_text

        compiled = CompiledTrial("", compile_text(_text_of(from_text)))
    else:
        with open_finder(context, home) as finder:
            compiled = finder.criteria(str(nct), past(as_of))
    if json:
        write_json(criteria_json(compiled))
        return
    from accrual.cli.layout import criteria_layout

    write(*criteria_layout(compiled, everyday))


def screen(
    context: typer.Context,
    nct: Study,
    patient: PatientFile,
    person: Person = "",
    answers: Answers = None,
    assume: Assume = "open",
    as_of: AsOf = None,
    today: Today = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Decide one study for one patient.

    Criterion by criterion, each with its proof or the question to ask. With --as-of, the study as it was on that day,
    and decided as of it.
    """
    with open_finder(context, home) as finder:
        then = past(as_of)
        on = day(today, then or state_day(finder))
        chart = read_person(finder, patient, answers, person)
        found = finder.screen(nct, chart, on, assume, then)
        if then is not None:
            note(f"{found.nct_id} as of {then}: the version posted on {finder.held(nct, then).posted}.")
        title = "" if json else finder.read(finder.record(nct, then))[0].title
    if json:
        write_json(found, finder.snapshot)
        return
    from accrual.cli.layout import screening_layout

    write(*screening_layout(found, chart, title, on))


def match(
    context: typer.Context,
    patient: Annotated[
        Path | None,
        typer.Argument(metavar="PATIENT", readable=False, help="A patient file; - reads standard input."),
    ] = None,
    patients: Annotated[
        Path | None,
        typer.Option(
            "--patients",
            metavar="PATH",
            readable=False,
            help="Many patients instead: a folder, zip file, table, bulk export, OMOP folder or database.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="With --patients: the file to write, .jsonl, .csv or .parquet. The same run again goes on.",
        ),
    ] = None,
    person: Person = "",
    answers: Answers = None,
    top: Top = 20,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            metavar="WORDS",
            help="Only studies in these states, like recruiting. Repeat, or part by commas.",
        ),
    ] = None,
    assume: Assume = "open",
    prefer: Annotated[
        Literal["fresh"] | None,
        typer.Option("--prefer", help="fresh: studies with a stale status come later; no verdict changes."),
    ] = None,
    as_of: AsOf = None,
    today: Today = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Rank the studies for one patient, or for many.

    First those with nothing against them, and among these what fits best. Many patients go into a file. With --as-of,
    in the snapshot of that day, and decided as of it.
    """
    from accrual.plain.question import read_words

    statuses = read_words("status", status or ())
    if (patient is None) == (patients is None) or (patients is None) != (out is None):
        raise QueryError("give either one PATIENT, or --patients PATH with --out FILE")
    if patients is not None and out is not None:
        if answers is not None or person or assume != "open" or prefer:
            raise QueryError(
                "--answers, --person, --assume and --prefer go with one PATIENT, not with --patients"
            )
        from accrual.crowd import Wish

        with open_finder(context, home, past(as_of)) as finder:
            on = day(today, state_day(finder))
            require_studies(finder, home_of(context, home))
            match_many(finder, patients, out, Wish(on, top, statuses, assume), json)
        return
    assert patient is not None
    with open_finder(context, home, past(as_of)) as finder:
        on = day(today, state_day(finder))
        chart = read_person(finder, patient, answers, person)
        found = finder.match(
            chart, on, top=top, status=statuses, assumption=assume, prefer_fresh=prefer == "fresh"
        )
        if not found:
            require_studies(finder, home_of(context, home))
    if json:
        write_json(found)
        return
    if not found:
        note("No study here is about anything this patient has. `accrual find` searches by words.")
        return
    from accrual.cli.layout import match_layout

    write(*match_layout(found, chart, on))


def match_many(finder: Finder, patients: Path, out: Path, wish: Wish, json: bool) -> None:
    """Match many patients into a file, with a progress bar."""
    from accrual.cli.progress import progress_bar
    from accrual.crowd import match_crowd
    from accrual.store.derived import CatchUpProgress

    with progress_bar() as on_progress:

        def done(count: int) -> None:
            if on_progress is not None:
                on_progress(CatchUpProgress("matching", count, 0))

        report = match_crowd(finder, patients, out, wish, done)
    if json:
        write_json(report, finder.snapshot)
        return
    before = f"; {report.taken_up:,} of them were done before" if report.taken_up else ""
    failed = f", {report.failed:,} of them could not be matched (see their reasons)" if report.failed else ""
    write_text(f"{report.patients:,} patients in {report.out}{failed}{before}.\n")


def read_person(finder: Finder, path: Path, answers: Path | None, person: str = "") -> Patient:
    """Return the patient of a file, with the answers of another where there is one; of several, the one of this id."""
    if str(path) == "-":
        data, where = _read(path)
        chart = finder.read_patient(data, where, person)
    else:
        chart = finder.read_patient(path, person=person)
    if answers is None:
        return chart
    from accrual.patient.answers import answered

    more, also = _read(answers)
    return answered(chart, finder.read_patient(more, also))


def _text_of(path: Path) -> str:
    data, where = _read(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{where}: not UTF-8 text at byte {error.start}; save it as UTF-8") from error


def _read(path: Path) -> tuple[bytes, str]:
    """Return a file's bytes, or standard input's for `-`, and its name for messages."""
    from accrual.patient.reader import MAX_BYTES

    # One byte more than a patient file may have: the reader then refuses it, and memory stays bounded.
    if str(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1), str(path)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; give a file that can be read") from error
