"""Many patients and one trial: a table of who may fit, who does not and why, and what to find out next.

Comes in: a POSTed form with a trial's number and files of patients; later the rows as the page carries them. Goes out:
the table, or the same as a file. Refuses, on the page: an unknown trial, no patient, more than `MOST` patients.
Patients are called by their number, and by the files' own ids only where that is asked for; nothing is kept here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from typing import get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.errors import QueryError, StudyNotFoundError
from accrual.finder import Finder
from accrual.match.asked import question_of
from accrual.match.verdict import Verdict
from accrual.message import error_words, message
from accrual.patient.uploads import Upload, uploaded_members
from accrual.plain.caseload import PatientRow, patient_rows
from accrual.plain.proof import step_of
from accrual.plain.prose import unescape
from accrual.plain.screening import verdict_tone, verdict_word
from accrual.plain.tone import MARKS, Tone
from accrual.web.carried import Carrier
from accrual.web.check import LIMIT_WORDS
from accrual.web.forms import Field, first_of_each, read_fields, read_form
from accrual.web.interview import text_of
from accrual.web.language import say as _
from accrual.web.layout import render
from accrual.web.matrix_file import about_table, stamp, stamp_columns
from accrual.web.spreadsheet import Table, file_response

MOST = 200
"""Patients in one table: they are decided while the browser waits, in a few seconds. Set by hand."""
MOST_FIELDS = MOST + 20
"""Fields of the form: a file each patient, and the rest."""
ORDER: dict[Verdict | None, int] = {"eligible": 0, "undetermined": 1, "ineligible": 2, None: 3}
"""Who may fit stands first."""


class Caseload(msgspec.Struct, frozen=True):
    """The rows of a table, as its page carries them."""

    nct_id: str
    title: str
    as_of: date
    with_ids: bool
    rows: tuple[PatientRow, ...]


class CaseloadPages:
    """The pages of many patients and one trial."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date], carrier: Carrier) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today
        self.carrier = carrier

    async def form(self, request: Request) -> Response:
        """Show the form; the address may name the trial."""
        return _form(request.query_params.get("trial", "")[:20], False)

    async def table(self, request: Request) -> Response:
        """Decide the trial for the patients that were sent."""
        fields = await read_fields(request, MOST_FIELDS)
        return await self.workers.run(self._table, fields)

    async def export(self, request: Request) -> Response:
        """Give the rows that a page carries as a file."""
        fields = await read_form(request)
        return await self.workers.run(self._export, fields)

    def _table(self, sent: Sequence[Field]) -> Response:
        fields = first_of_each(sent)
        trial, with_ids = text_of(fields, "trial"), "ids" in fields
        try:
            found = self._decided(trial, sent, with_ids)
            held = self.carrier.write(found)
        except (QueryError, StudyNotFoundError) as error:
            return _form(trial, with_ids, error_words(error))
        counts = Counter(row.verdict for row in found.rows)
        return render(
            "caseload.html",
            store=False,
            found=found,
            held=held,
            as_of=found.as_of.isoformat(),
            counts={verdict: counts[verdict] for verdict in get_args(Verdict)},
            unread=counts[None],
            words={verdict: verdict_word(verdict) for verdict in get_args(Verdict)},
            tones=_tones(),
            marks=MARKS,
        )

    def _decided(self, number: str, sent: Sequence[Field], with_ids: bool) -> Caseload:
        """Return the rows, those that may fit first.

        Raises:
            QueryError: no trial was named, or no patient was sent, or too many were.
            StudyNotFoundError: no trial here has the number.
        """
        if not number:
            raise QueryError(message("no trial was named: write its NCT number, like NCT04785833"))
        trial = self.finder.show(number)
        uploads = [
            Upload(field.file_name, field.value)
            for field in sent
            if field.name in ("file", "text") and field.value.strip()
        ]
        if not uploads:
            raise QueryError(message("no patients were given: choose files, or paste their text"))
        members = list(islice(uploaded_members(uploads), MOST + 1))
        if len(members) > MOST:
            raise QueryError(
                message("these are more than %(most)s patients: send them in smaller parts", most=MOST)
            )
        if not members:
            raise QueryError(message("there is no patient in it: choose another file"))
        as_of = self.today()
        rows = patient_rows(members, self.finder.criteria(trial.nct_id), as_of, with_ids)
        ordered = tuple(
            sorted(rows, key=lambda row: (ORDER[row.verdict], row.unmet, row.unknown, row.number))
        )
        title = str(unescape(trial.title)) or trial.nct_id
        return Caseload(trial.nct_id, title, as_of, with_ids, ordered)

    def _export(self, fields: dict[str, bytes]) -> Response:
        try:
            found = self.carrier.read(fields.get("held", b""), Caseload)
        except QueryError as error:
            return _form("", False, error_words(error))
        data_date = self.finder.state.data_date
        about = about_table(
            (
                (_("Trial"), f"{found.nct_id}: {found.title}"),
                (_("Patients"), str(len(found.rows))),
            ),
            found.as_of,
            data_date,
            self.today(),
        )
        name = f"accrual-patients-{found.nct_id}-{found.as_of.isoformat()}"
        return file_response((_patients(found, data_date), about), name, text_of(fields, "form"))


def _patients(found: Caseload, data_date: str) -> Table:
    ids = (_("Id in the file"),) if found.with_ids else ()
    columns = (
        _("Patient"),
        *ids,
        _("Verdict"),
        _("met"),
        _("not known"),
        _("not met"),
        _("Deciding rule"),
        _("Why"),
        _("What to find out"),
        _("NCT number"),
        *stamp_columns(),
    )
    rows = tuple(
        (
            row.number,
            *((row.id,) if found.with_ids else ()),
            _(verdict_word(row.verdict)) if row.verdict is not None else _("Could not be read"),
            row.met,
            row.unknown,
            row.unmet,
            row.rule,
            _(step_of(row.why)) or row.error,
            _(question_of(row.ask)),
            found.nct_id,
            *stamp(found.as_of, data_date),
        )
        for row in found.rows
    )
    return Table(_("Patients"), columns, rows)


def _tones() -> dict[Verdict, Tone]:
    return {verdict: verdict_tone(verdict) for verdict in get_args(Verdict)}


def _form(trial: str, with_ids: bool, error: str = "") -> Response:
    return render(
        "caseload_form.html",
        400 if error else 200,
        store=False,
        error=error,
        trial=trial,
        with_ids=with_ids,
        most=MOST,
        limit_words=LIMIT_WORDS,
    )
