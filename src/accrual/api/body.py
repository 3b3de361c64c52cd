"""The body of a request, read whole and never beyond a limit."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 16 * 2**20
"""16 MiB: the largest bundle of the Synthea sample is under 10 MB."""


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the request's body.

    Raises:
        HTTPException: 413, the body is larger than `limit` bytes.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def too_large(limit: int) -> HTTPException:
    """Return the refusal of a body over the limit."""
    return HTTPException(413, f"the request is larger than {limit // 2**20} MiB; send a smaller patient file")
