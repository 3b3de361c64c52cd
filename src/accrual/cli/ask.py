"""`accrual ask`: the next best question, one after the other, with the answers kept in a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import typer

from accrual.cli.eligibility import read_person
from accrual.cli.options import Answers, Home, Json, PatientFile, Person, Today, Top, day
from accrual.cli.output import note, write_json, write_text
from accrual.cli.session import open_finder, state_day
from accrual.errors import PatientError, QueryError, SourceError

if TYPE_CHECKING:
    from datetime import date

    from accrual.finder import Finder
    from accrual.match.ask import Question

_HELP = "Enter alone: not known, ask something else.  q: stop."


def ask(
    context: typer.Context,
    patient: PatientFile,
    person: Person = "",
    answers: Answers = None,
    top: Top = 5,
    today: Today = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask what would decide most trials.

    Question after question; each answer is saved at once, by default beside the patient's file as NAME.answers.json.
    With --json, or where nobody can answer, only the best questions are listed.
    """
    talking = not json and sys.stdin.isatty() and str(patient) != "-"
    if str(patient) == "-" and answers is None and talking:
        raise QueryError("a patient from standard input needs --answers FILE to keep the answers in")
    with open_finder(context, home) as finder:
        as_of = day(today, state_day(finder))
        if talking:
            _talk(finder, patient, person, answers or _beside(patient, person), as_of)
            return
        held = answers if answers is not None and answers.exists() else None
        found, possible = finder.ask(read_person(finder, patient, held, person), as_of, top=top)
    if json:
        write_json({"undetermined": possible, "questions": found}, finder.snapshot)
        return
    write_text(f"{possible} trials are possible and not decided. What would decide most of them:\n")
    for number, question in enumerate(found, 1):
        write_text(f"{number}. {_line(question)}\n")


def _beside(patient: Path, person: str) -> Path:
    """Where the answers of a patient are kept; each of several has a file of his own."""
    from accrual.patient.patients import ANSWERS

    own = f".{quote(person, safe='')}" if person else ""
    return patient.with_suffix(f"{own}{ANSWERS}")


def _talk(finder: Finder, patient: Path, person: str, kept: Path, today: date) -> None:
    from accrual.patient.answers import with_answer

    form: dict[str, Any] = _form(kept) if kept.exists() else {}
    write_text(f"Answers are saved in {kept}. {_HELP}\n")
    skipped: set[str] = set()
    while True:
        chart = read_person(finder, patient, kept if form else None, person)
        found, possible = finder.ask(chart, today, skip=skipped)
        if not found:
            write_text(f"{possible} trials are still possible, and nothing more can be asked.\n")
            return
        question = found[0]
        write_text(f"\n{possible} trials still possible. {_line(question)}\n")
        try:
            answer = input("> ").strip()
        except EOFError:
            return
        if answer.lower() in ("q", "quit"):
            return
        if not answer:
            skipped.add(question.about)
            continue
        try:
            fresh = with_answer(form, question.about, answer, today)
        except PatientError as error:
            note(str(error))
            continue
        skipped.add(question.about)  # an answer that does not settle it is not asked for twice
        form = fresh
        _save(kept, form)


def _form(kept: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(kept.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SourceError(f"{kept}: no answers that can be read; give another file with --answers") from error


def _save(kept: Path, form: dict[str, Any]) -> None:
    fresh = kept.with_name(f"{kept.name}.new")
    try:
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(form), indent=2) + b"\n")
        fresh.replace(kept)
    except OSError as error:
        raise SourceError(f"{kept}: the answers cannot be saved ({error.strerror})") from error


def _line(question: Question) -> str:
    takes = " / ".join(question.choices) or (f"a number in {question.unit}" if question.unit else "a number")
    return f"{question.text} [{takes}] (asked by {question.trials}, may rule out {question.rules_out})"
