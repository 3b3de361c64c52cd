"""One patient and many trials as a matrix: a row a trial, a column a topic, a cell how its rules stand, with proof.

Comes in: POSTed forms: a patient file or a note, and a search that may be empty; later the patient as the page carries
it. Goes out: the matrix, the proof of one cell, or the matrix as a file. Refuses, on the page: a file that cannot be
read, a search that makes no sense, a form that no page here wrote. Nothing of the patient is kept here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

import msgspec
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.errors import PatientError, PlaceNotFoundError, QueryError, StudyNotFoundError
from accrual.finder import Finder
from accrual.match.evaluate import Screener
from accrual.match.verdict import Screening, Verdict
from accrual.message import error_words, message
from accrual.patient.model import Patient
from accrual.plain.matrix import cells, topical_rules
from accrual.plain.participation import group_rules
from accrual.plain.patient import person_words
from accrual.plain.prose import unescape
from accrual.plain.topics import TOPIC_NAMES, TOPICS
from accrual.web.asking import read_asked
from accrual.web.carried import Carrier, lightened
from accrual.web.check import LIMIT_WORDS
from accrual.web.forms import read_form, sent_patient
from accrual.web.interview import text_of
from accrual.web.language import marked, say
from accrual.web.layout import render
from accrual.web.matrix_file import matrix_tables
from accrual.web.matrix_rows import Asked, Line, Listed, Proof
from accrual.web.spreadsheet import file_response

TOP = 50
"""Rows of a matrix: more are no overview. Set by hand."""
STATUS_CHOICES = (
    ("", marked("Any status")),
    ("RECRUITING", marked("Recruiting now")),
    ("NOT_YET_RECRUITING", marked("Not yet recruiting")),
)
TOO_LONG = marked("The rules of this cell took too long. Please try again in a moment.")
_ORDER: dict[Verdict, int] = {"eligible": 0, "undetermined": 0, "ineligible": 1}


class MatrixPages:
    """The pages of one patient and many trials."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date], carrier: Carrier) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today
        self.carrier = carrier

    async def form(self, request: Request) -> Response:
        """Show the form."""
        return _form({})

    async def matrix(self, request: Request) -> Response:
        """Show the matrix of the patient that was sent, or one that a page carries with the proof of a cell."""
        fields = await read_form(request)
        if "held" in fields:
            alone = request.headers.get("hx-request") == "true"
            try:
                return await self.workers.run(self._proof, fields, alone)
            except HTTPException as error:
                if not alone:
                    raise
                return _proof(None, say(TOO_LONG), error.status_code)
        return await self.workers.run(self._matrix, fields)

    async def export(self, request: Request) -> Response:
        """Give the matrix that a page carries as a file."""
        fields = await read_form(request)
        return await self.workers.run(self._export, fields)

    def _matrix(self, fields: dict[str, bytes]) -> Response:
        try:
            patient = sent_patient(fields, self.finder.read_patient)
            asked = self._asked(patient, fields)
            held = self.carrier.write(asked)
        except (PatientError, QueryError, PlaceNotFoundError) as error:
            return _form(fields, error_words(error))
        return self._page(asked, held, len(patient.unused))

    def _proof(self, fields: dict[str, bytes], alone: bool) -> Response:
        try:
            asked = self.carrier.read(fields["held"], Asked)
            proof = self._cell(asked, text_of(fields, "cell"))
        except QueryError as error:
            return _proof(None, error_words(error), 400) if alone else _form({}, error_words(error))
        if alone:
            return _proof(proof)
        return self._page(asked, fields["held"].decode(), 0, proof)

    def _export(self, fields: dict[str, bytes]) -> Response:
        try:
            asked = self.carrier.read(fields.get("held", b""), Asked)
        except QueryError as error:
            return _form({}, error_words(error))
        tables = matrix_tables(asked, self._lines(asked), self.finder.state.data_date, self.today())
        name = f"accrual-matrix-{asked.as_of.isoformat()}"
        return file_response(tables, name, text_of(fields, "form"))

    def _asked(self, patient: Patient, fields: dict[str, bytes]) -> Asked:
        """Return the trials to show, best first: of the search, or those that suit the patient best.

        Raises:
            QueryError: the search makes no sense.
            PlaceNotFoundError: nobody knows the place.
        """
        text, near, status = (text_of(fields, name) for name in ("search", "near", "status"))
        if status not in dict(STATUS_CHOICES):
            raise QueryError(message("this status is none of the list: choose one of those offered"))
        pairs = [("text", text), ("near", near), ("status", status)]
        search = read_asked(QueryParams([pair for pair in pairs if pair[1]]), self.finder)
        as_of = self.today()
        if text:
            query = msgspec.structs.replace(search.query, top=TOP, today=as_of)
            trials = [
                Listed(
                    hit.nct_id, unescape(hit.title) or hit.nct_id, hit.status, hit.nearest_site, hit.standing
                )
                for hit in self.finder.find(query).results
            ]
            screener = Screener(patient, as_of)
            order = {one.nct_id: _ORDER[self._screened(one, screener).verdict] for one in trials}
            trials.sort(key=lambda one: order[one.nct_id])
        else:
            if near:
                patient = msgspec.structs.replace(patient, place=near, point=self.finder.place(near).point)
            filters = (status,) if status else ()
            trials = [
                Listed(
                    one.nct_id, unescape(one.title) or one.nct_id, one.status, one.nearest_site, one.standing
                )
                for one in self.finder.match(patient, as_of, TOP, filters)
            ]
        return Asked(lightened(patient), as_of, tuple(trials), text, near, status)

    def _screened(self, trial: Listed, screener: Screener) -> Screening:
        return screener.screen(self.finder.criteria(trial.nct_id))

    def _lines(self, asked: Asked) -> tuple[Line, ...]:
        """Decide every trial of a matrix; one that went since is left out."""
        screener = Screener(asked.patient, asked.as_of)
        found = []
        for trial in asked.trials:
            try:
                screening = self._screened(trial, screener)
            except StudyNotFoundError:
                continue
            found.append(Line(trial, screening, cells(screening)))
        return tuple(found)

    def _cell(self, asked: Asked, key: str) -> Proof:
        number, _, name = key.partition("-")
        trial = next((one for one in asked.trials if one.nct_id == number), None)
        topic = next((one for one in TOPICS if one == name), None)
        if trial is None or topic is None:
            raise QueryError(message("this cell is none of the table: choose one that is shown"))
        screening = self._screened(trial, Screener(asked.patient, asked.as_of))
        rules = tuple(rule for about, rule in topical_rules(screening) if about == topic)
        return Proof(trial, topic, rules, group_rules(screening) if topic == "other" else ())

    def _page(self, asked: Asked, held: str, unused: int, proof: Proof | None = None) -> Response:
        lines = self._lines(asked)
        verdicts = Counter(line.screening.verdict for line in lines)
        against = Counter(cell.topic for line in lines for cell in line.cells if cell.tone == "bad")
        unknown = Counter(cell.topic for line in lines for cell in line.cells if cell.tone == "open")
        return render(
            "matrix.html",
            store=False,
            held=held,
            lines=lines,
            proof=proof,
            proof_error="",
            topics=TOPICS,
            topic_names=TOPIC_NAMES,
            patient_words=person_words(asked.patient, asked.as_of),
            search=asked.search_words,
            unused=unused,
            as_of=asked.as_of.isoformat(),
            counts={verdict: verdicts[verdict] for verdict in ("eligible", "undetermined", "ineligible")},
            against=against.most_common(1)[0] if against else None,
            unknown=unknown.most_common(1)[0] if unknown else None,
        )


def _proof(proof: Proof | None, error: str = "", status: int = 200) -> Response:
    return render("proof.html", status, store=False, proof=proof, proof_error=error, topic_names=TOPIC_NAMES)


def _form(fields: dict[str, bytes], error: str = "") -> Response:
    return render(
        "matrix_form.html",
        400 if error else 200,
        store=False,
        error=error,
        search=text_of(fields, "search"),
        near=text_of(fields, "near"),
        status_chosen=text_of(fields, "status"),
        pasted=text_of(fields, "text"),
        status_choices=STATUS_CHOICES,
        limit_words=LIMIT_WORDS,
        top=TOP,
    )
