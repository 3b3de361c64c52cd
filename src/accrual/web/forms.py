"""A submitted form: fields out of a urlencoded or multipart body.

Comes in: a request whose size is limited. Goes out: field name to bytes, the first of each name. Refuses: a body
that is not what its header says (QueryError). Source: RFC 7578 (multipart/form-data), RFC 2046 section 5.1.1.
"""

from __future__ import annotations

import re
from email.message import Message
from urllib.parse import parse_qsl

from starlette.requests import Request

from accrual.api.body import read_body
from accrual.errors import QueryError
from accrual.message import message

MAX_FIELDS = 20
_NAME = re.compile(rb';\s*name="([^"]*)"', re.IGNORECASE)


async def read_form(request: Request) -> dict[str, bytes]:
    """Return the fields of a submitted form.

    Raises:
        QueryError: the body is not a form.
        HTTPException: 413, it is too large.
    """
    return parse_form(request.headers.get("content-type", ""), await read_body(request))


def parse_form(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the fields of a form's body.

    Raises:
        QueryError: the body is not a form.
    """
    header = Message()
    header["content-type"] = content_type
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise QueryError(message("the form could not be read: send it from this page again")) from error
        return {name: value.encode() for name, value in reversed(pairs)}
    boundary = header.get_param("boundary")
    if kind != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise QueryError(message("this is not a form: send the patient from this page"))
    return _multipart(boundary.encode("utf-8", "replace"), body)


def _multipart(boundary: bytes, body: bytes) -> dict[str, bytes]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--") or len(pieces) > MAX_FIELDS + 2:
        raise QueryError(message("the form came incomplete: send it again"))
    fields: dict[str, bytes] = {}
    for piece in pieces[1:-1]:
        head, parted, value = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not parted or name is None:
            raise QueryError(message("the form came incomplete: send it again"))
        fields.setdefault(name.group(1).decode("utf-8", "replace"), value)
    return fields
