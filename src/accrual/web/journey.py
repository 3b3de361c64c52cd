"""What travels in the forms of "Could I take part?" over many trials: nothing of it is kept on the server.

Comes in: the short form that begins, or the hidden fields of a later step. Goes out: a `Journey`, and its hidden
fields. Refuses (QueryError, PatientError, PlaceNotFoundError): what no page of ours wrote, a place nobody knows, a
file that cannot be read, a form that says nothing.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams

from accrual.codes.variables import variable_of
from accrual.errors import QueryError
from accrual.finder import Finder
from accrual.match.rank import OPEN_STATUSES
from accrual.message import message
from accrual.patient.model import Patient
from accrual.plain.age import spell_age
from accrual.prospects import Sought
from accrual.search.query import Query
from accrual.web.address import SearchForm
from accrual.web.answers import Answer, read_answers, write_answers
from accrual.web.asking import read_asked
from accrual.web.carried import Carrier, lightened
from accrual.web.interview import text_of

MOST_SEARCH = 4_000  # characters of a search's address; set by hand
_NOTHING = message("say what it is about, or give a note or a file: one of them is needed")
_NO_TRIAL = message(
    "no trial is found for this: use fewer or other words, a larger distance, or fewer filters"
)
_TOO_LONG = message("these are too many words: write fewer, or put a long note into the box for notes")
_BROKEN = message("this form did not come back whole: start again")


class Held(msgspec.Struct, frozen=True):
    """What a note or a file gave: it travels sealed."""

    patient: Patient
    among: tuple[int, ...] = ()
    """NCT numbers of the trials to look at, where no words say which they are."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """Where a visitor stands."""

    search: str
    """The trials that are looked at: the address of a search, behind its question mark."""
    held: Held | None = None
    answers: tuple[Answer, ...] = ()
    left: tuple[int, ...] = ()
    """How many trials were left before the first answer, and after each: as many as are known."""

    @property
    def patient(self) -> Patient:
        """What the note or the file says; nobody where there was none."""
        return self.held.patient if self.held is not None else Patient()


def write_journey(journey: Journey, carrier: Carrier) -> dict[str, str]:
    """Return the hidden fields that bring a journey back.

    Raises:
        QueryError: the file holds too much to travel in a page.

    Example:
        >>> write_journey(Journey(search="text=leukemia"), carrier)["search"]
        'text=leukemia'
    """
    fields = {
        "search": journey.search,
        "held": carrier.write(journey.held) if journey.held is not None else "",
        "left": ",".join(map(str, journey.left)),
        "answers": write_answers(journey.answers),
    }
    return {name: value for name, value in fields.items() if value}


def read_journey(fields: dict[str, bytes], carrier: Carrier) -> Journey:
    """Return where a visitor stood when he sent a later step.

    Raises:
        QueryError: a hidden field is none that a page of ours wrote.
    """
    search = text_of(fields, "search")
    if len(search) > MOST_SEARCH or not (search or fields.get("held")):
        raise QueryError(_BROKEN)
    return Journey(
        search=search,
        held=carrier.read(fields["held"], Held) if fields.get("held") else None,
        answers=read_answers(fields.get("answers", b"")),
        left=_read_left(text_of(fields, "left")),
    )


def begin(fields: dict[str, bytes], finder: Finder, today: date) -> Journey:
    """Return the journey that the short form begins.

    Raises:
        QueryError: the form says nothing, or something that makes no sense.
        PlaceNotFoundError: nobody knows the place.
        PatientError: the note or file cannot be read, or holds too much.
    """
    search = text_of(fields, "search") or _typed(fields)
    if len(search) > MOST_SEARCH:
        raise QueryError(_TOO_LONG)
    asked = read_asked(QueryParams(search), finder)
    data = fields.get("file", b"") or fields.get("note", b"")
    read = finder.read_patient(data) if data.strip() else None
    said = frozenset(asked.form.filters)
    meant = msgspec.structs.replace(
        asked.meant,
        # Ages are asked of the person, not of the search: an answer can be changed.
        filters=tuple(pair for pair in asked.meant.filters if pair[0] != "age_group" or pair in said),
        age="",
        page=1,
    )
    if read is None and not _says_something(meant):
        raise QueryError(_NOTHING)
    if "open" in fields and all(facet != "status" for facet, _ in meant.filters):
        meant = msgspec.structs.replace(
            meant, filters=(*meant.filters, *(("status", status) for status in OPEN_STATUSES))
        )
    held = None
    if read is not None:
        among: tuple[int, ...] = ()
        if not _words(meant):
            among = finder.prospects.of_patient(read, today, meant.query(finder.place)).numbers
        held = Held(lightened(read), among)
    journey = Journey(
        search=meant.url("").removeprefix("?"),
        held=held,
        answers=_first_answers(fields, asked.meant.age, read or Patient()),
    )
    if not sought(journey, finder)[0].numbers:
        raise QueryError(_NO_TRIAL)
    return journey


def sought(journey: Journey, finder: Finder) -> tuple[Sought, SearchForm, Query]:
    """Return the trials that are looked at, and the search that says so.

    Raises:
        QueryError, PlaceNotFoundError: the search makes no sense; no page of ours wrote it.
    """
    asked = read_asked(QueryParams(journey.search), finder)
    if journey.held is not None and not _words(asked.meant):
        among = journey.held.among
        return Sought(len(among), among), asked.meant, asked.query
    return finder.prospects.of_search(asked.query), asked.meant, asked.query


def _typed(fields: dict[str, bytes]) -> str:
    """Return the address of the search that the short form's own fields ask for."""
    near = text_of(fields, "near")
    pairs = [("text", text_of(fields, "about_what")), ("near", near)]
    if near:
        pairs.append(("within", text_of(fields, "within")))
    return urlencode([(name, value) for name, value in pairs if value])


def _words(form: SearchForm) -> bool:
    return bool(form.text or form.condition or form.intervention)


def _says_something(form: SearchForm) -> bool:
    return _words(form) or bool(form.filters)


def _first_answers(fields: dict[str, bytes], of_search: str, read: Patient) -> tuple[Answer, ...]:
    """Return the age and the sex that were given, where the file does not say them."""
    age = spell_age(text_of(fields, "age")) or of_search
    sex = text_of(fields, "sex")
    if sex not in ("", "female", "male"):
        raise QueryError(message("choose one of the answers that are offered"))
    found = []
    if age and read.birth_date is None and read.age_years is None:
        found.append(Answer("age", _question("age"), age, "a" if age.isdecimal() else ""))
    if sex and read.sex is None:
        found.append(Answer("sex", _question("sex"), sex))
    return tuple(found)


def _question(variable: str) -> str:
    row = variable_of(variable)
    return row.question if row is not None else variable


def _read_left(text: str) -> tuple[int, ...]:
    parts = text.split(",") if text else []
    if len(text) > 4_000 or any(not part.isdecimal() or len(part) > 9 for part in parts):
        raise QueryError(_BROKEN)
    return tuple(map(int, parts))
