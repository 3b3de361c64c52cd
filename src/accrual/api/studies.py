"""Single studies as the registry's API gives them: the record in its formats, and the versions held of it.

Comes in: a `Finder`, and what was asked. Goes out: answers. Refuses, as HTTPException with the registry's text: what is
no NCT number (400), a study that is not here (404), a field that no record has (400).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.exceptions import HTTPException

from accrual.api import history, refusals
from accrual.api.endpoint import Answer, Asked
from accrual.api.parameters import NCT_PATTERN
from accrual.basic import nct_id
from accrual.errors import StudyNotFoundError, UnknownFieldError
from accrual.finder import Finder
from accrual.registry.projection import Projection

_decode = msgspec.json.Decoder().decode


def single_study(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies/{nctId}`."""
    number = read_number(asked.path["nctId"])
    arguments = asked.arguments
    projection = read_projection(arguments.items("fields"))
    record = _record(finder, number)
    if projection is None:
        return Answer(record)
    return Answer(msgspec.json.encode(projection.take(_decode(record))))


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


def read_projection(names: tuple[str, ...]) -> Projection | None:
    """Return what `fields` asks for; None where all is asked for.

    Raises:
        HTTPException: 400, a name that no field has.
    """
    if not names:
        return None
    try:
        return Projection(names)
    except UnknownFieldError as error:
        raise HTTPException(400, str(error)) from error


def _record(finder: Finder, number: str) -> bytes:
    try:
        return finder.record(number)
    except StudyNotFoundError:
        raise refusals.study_not_found(number) from None


def _versions(finder: Finder, number: str) -> list[Any]:
    try:
        return [_decode(body) for body in finder.versions(number)]
    except StudyNotFoundError:
        raise refusals.study_not_found(number) from None
