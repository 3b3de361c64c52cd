"""The body of a request, read whole and never beyond a limit."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 16 * 2**20
"""16 MiB: the largest bundle of the Synthea sample is under 10 MB."""

BODY_SECONDS = 60
"""Set by hand: 16 MiB on a line of 2 Mbit/s."""


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the request's body.

    Raises:
        HTTPException: 413, the body is larger than `limit` bytes; 408, it took too long to arrive.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large(limit)
    except TimeoutError:
        raise HTTPException(
            408, f"the request did not arrive in {BODY_SECONDS} seconds; send it again"
        ) from None
    return bytes(body)


def too_large(limit: int) -> HTTPException:
    """Return the refusal of a body over the limit."""
    return HTTPException(413, f"the request is larger than {limit // 2**20} MiB; send a smaller patient file")
