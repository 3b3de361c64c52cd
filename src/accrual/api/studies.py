"""Single studies as the registry's API gives them: the record in its formats, and the versions held of it.

Comes in: a `Finder`, and what was asked. Goes out: answers. Refuses, as HTTPException with the registry's text: what is
no NCT number (400), a study that is not here (404), a field that no record has (400).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException

from accrual.api import history, refusals
from accrual.api.endpoint import Answer, Asked
from accrual.api.parameters import NCT_PATTERN, Arguments
from accrual.api.search import CSV_TYPE, ZIP_TYPE, read_names, read_projection, write_record
from accrual.basic import nct_id
from accrual.errors import StudyNotFoundError
from accrual.finder import Finder
from accrual.registry.ctgov_json import read_json
from accrual.registry.export.archive import write_archive
from accrual.registry.export.fhir import write_fhir
from accrual.registry.export.ris import select_tags, write_ris
from accrual.registry.export.table import select_columns, write_table
from accrual.search.studies import Filters, StudyQuery

BASE: Final = "/api/v2"
FHIR_TYPE: Final = "application/fhir+json"
RIS_TYPE: Final = "application/x-research-info-systems"

_decode = msgspec.json.Decoder().decode


def single_study(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies/{nctId}`."""
    number = read_number(asked.path["nctId"])
    write = _FORMATS[asked.arguments.text("format")](asked.arguments)
    try:
        record = finder.record(number)
    except StudyNotFoundError:
        now = _number_now(finder, number)
        if now is None:
            raise refusals.study_not_found(number) from None
        # The registry drops what stood behind the question mark.
        return Answer(b"", status=301, headers={"location": f"{BASE}/studies/{now}"})
    return write(number, record)


def study_with_history(finder: Finder, asked: Asked) -> Answer:
    """Answer `/api/int/studies/{id}`, with `history=true` the list of the versions beside the record."""
    records = _versions(finder, read_number(asked.path["nctId"]))
    found: dict[str, Any] = {"study": records[-1]}
    if asked.arguments.flag("history"):
        found["history"] = history.history_json(records)
    return Answer(msgspec.json.encode(found))


def study_version(finder: Finder, asked: Asked) -> Answer:
    """Answer `/api/int/studies/{id}/history/{n}`: one version, numbered from 0, the oldest."""
    number, asked_for = read_number(asked.path["nctId"]), asked.path["version"]
    if not re.fullmatch(r"[0-9]{1,6}", asked_for):
        raise refusals.bad_format("version")
    records = _versions(finder, number)
    if int(asked_for) >= len(records):
        raise HTTPException(
            404, f"Version {int(asked_for)} of {number} not found: {len(records)} are held here"
        )
    return Answer(msgspec.json.encode(history.version_json(int(asked_for), records[int(asked_for)])))


def read_number(text: str) -> str:
    """Return the NCT number in a path, in its one spelling.

    Raises:
        HTTPException: 400, it is none.
    """
    if not re.fullmatch(NCT_PATTERN, text, re.ASCII):
        raise refusals.bad_format("nctId")
    return nct_id(text)


def _number_now(finder: Finder, number: str) -> str | None:
    """Return the number that a study has now which had this one before."""
    found = finder.studies(StudyQuery(filters=(Filters(ids=(number,)),)), 1).nct_ids
    return found[0] if found else None


_Writer = Callable[[str, bytes], Answer]


def _json(arguments: Arguments) -> _Writer:
    projection = read_projection(arguments.items("fields"))
    legacy = arguments.text("markupFormat") == "legacy"
    return lambda number, record: Answer(write_record(record, projection, legacy))


def _json_zip(arguments: Arguments) -> _Writer:
    projection = read_projection(arguments.items("fields"))
    return lambda number, record: Answer(
        write_archive(number, write_record(record, projection, legacy=False)),
        ZIP_TYPE,
        _file(f"{number}.json.zip"),
        packed=True,
    )


def _csv(arguments: Arguments) -> _Writer:
    columns = read_names(select_columns, arguments.items("fields"))
    return lambda number, record: Answer(
        write_table((read_json(record),), columns).encode(), CSV_TYPE, _file(f"{number}.csv")
    )


def _fhir(arguments: Arguments) -> _Writer:
    if arguments.items("fields"):
        raise refusals.not_applicable("fields", "fhir.json")
    return lambda number, record: Answer(write_fhir(read_json(record)), FHIR_TYPE)


def _ris(arguments: Arguments) -> _Writer:
    tags = read_names(select_tags, arguments.items("fields"))
    return lambda number, record: Answer(
        write_ris(read_json(record), tags).encode(), RIS_TYPE, _file(f"{number}.ris")
    )


_FORMATS: Final[Mapping[str, Callable[[Arguments], _Writer]]] = {
    "json": _json,
    "json.zip": _json_zip,
    "csv": _csv,
    "fhir.json": _fhir,
    "ris": _ris,
}


def _file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def _versions(finder: Finder, number: str) -> list[Any]:
    try:
        finder.record(number)  # raises of a removed study: the registry has no page of one
        return [_decode(body) for body in finder.versions(number)]
    except StudyNotFoundError:
        raise refusals.study_not_found(number) from None
