"""A submitted form: fields out of a urlencoded or multipart body.

Comes in: a request whose size is limited. Goes out: field name to bytes, the first of each name; or every field, in
order, with the file names. Refuses: a body that is not what its header says (QueryError). Source: RFC 7578
(multipart/form-data), RFC 2046 section 5.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from email.message import Message
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from accrual.api.body import read_body
from accrual.errors import QueryError
from accrual.message import message
from accrual.patient.model import Patient

MAX_FIELDS = 20
_NAME = re.compile(rb';\s*name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(rb';\s*filename="([^"]*)"', re.IGNORECASE)


class Field(msgspec.Struct, frozen=True):
    """One field of a form; a file has its name."""

    name: str
    value: bytes
    file_name: str = ""


async def read_form(request: Request) -> dict[str, bytes]:
    """Return the fields of a submitted form.

    Raises:
        QueryError: the body is not a form.
        HTTPException: 413, it is too large.
    """
    return parse_form(request.headers.get("content-type", ""), await read_body(request))


async def read_fields(request: Request, most: int) -> tuple[Field, ...]:
    """Return every field of a submitted form, in order: a field of several files has one for each.

    Raises:
        QueryError: the body is not a form, or has more than `most` fields.
        HTTPException: 413, it is too large.
    """
    return parse_fields(request.headers.get("content-type", ""), await read_body(request), most)


def parse_form(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the fields of a form's body, the first of each name.

    Raises:
        QueryError: the body is not a form.
    """
    return first_of_each(parse_fields(content_type, body))


def first_of_each(fields: Iterable[Field]) -> dict[str, bytes]:
    """Return the fields by name, the first of each.

    Example:
        >>> first_of_each([Field("text", b"a"), Field("text", b"b")])
        {'text': b'a'}
    """
    found: dict[str, bytes] = {}
    for field in fields:
        found.setdefault(field.name, field.value)
    return found


def parse_fields(content_type: str, body: bytes, most: int = MAX_FIELDS) -> tuple[Field, ...]:
    """Return every field of a form's body, in order.

    Raises:
        QueryError: the body is not a form, or has more than `most` fields.
    """
    header = Message()
    header["content-type"] = content_type
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=most)
        except ValueError as error:
            raise QueryError(message("the form could not be read: send it from this page again")) from error
        return tuple(Field(name, value.encode()) for name, value in pairs)
    boundary = header.get_param("boundary")
    if kind != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise QueryError(message("this is not a form: send the patient from this page"))
    return tuple(_multipart(boundary.encode("utf-8", "replace"), body, most))


def sent_patient(fields: dict[str, bytes], read_patient: Callable[[bytes], Patient]) -> Patient:
    """Return the patient of a form that takes a file or its text.

    Raises:
        QueryError: there is neither.
        PatientError: what there is cannot be read.

    Example:
        >>> sent_patient({"text": b"45-year-old woman with asthma."}, finder.read_patient).sex
        'female'
    """
    data = fields.get("file", b"") or fields.get("text", b"")
    if not data.strip():
        raise QueryError(message("no patient was given: choose a file, or paste its text"))
    return read_patient(data)


def _multipart(boundary: bytes, body: bytes, most: int) -> Iterator[Field]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise QueryError(message("the form came incomplete: send it again"))
    if len(pieces) > most + 2:
        raise QueryError(message("these are too many files or fields: send %(most)s at most", most=most))
    for piece in pieces[1:-1]:
        head, parted, value = piece.partition(b"\r\n\r\n")
        name, file_name = _NAME.search(head), _FILE_NAME.search(head)
        if not parted or name is None:
            raise QueryError(message("the form came incomplete: send it again"))
        yield Field(
            name.group(1).decode("utf-8", "replace"),
            value,
            file_name.group(1).decode("utf-8", "replace") if file_name is not None else "",
        )
