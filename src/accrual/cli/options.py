"""The options that several commands share, each defined once with its help."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        readable=False,  # the store says it better
        help="Data folder, instead of $ACCRUAL_HOME or the platform's own.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON (docs/json.md) and nothing else on standard output.")
]
Today = Annotated[
    datetime | None,
    typer.Option(
        "--today", formats=["%Y-%m-%d"], metavar="DATE", help="Decide as of this day. [default: today]"
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DAY", help="The registry as it was on this day."),
]
Top = Annotated[
    int, typer.Option("--top", min=1, max=1000, metavar="N", help="How many to show, up to 1000.")
]
Study = Annotated[str, typer.Argument(metavar="NCT", help="The study's number, like NCT04785833.")]
PatientFile = Annotated[
    Path,
    typer.Argument(
        metavar="PATIENT",
        readable=False,  # the reader says it better, and "-" is no file
        help="A patient file or folder, of any form of docs/patient.md; - reads standard input.",
    ),
]
Person = Annotated[
    str, typer.Option("--person", metavar="ID", help="Which patient, where the file or folder holds several.")
]
Assume = Annotated[
    Literal["open", "notes"],
    typer.Option(
        "--assume",
        help="How silence is read. notes: they are complete; what they do not mention is not there.",
    ),
]
Answers = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        metavar="FILE",
        readable=False,
        help="Answers that `accrual ask` saved, to be added to the patient.",
    ),
]


def day(today: datetime | None, otherwise: date | None = None) -> date:
    """Return the day to decide as of: the one given, else that of the registry's state, else this machine's today."""
    return today.date() if today is not None else otherwise or date.today()


def past(as_of: datetime | None) -> date | None:
    """Return the day of `--as-of`."""
    return as_of.date() if as_of is not None else None
