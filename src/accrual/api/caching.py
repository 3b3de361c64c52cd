"""What goes around an answer: the tag of the data it was made from, 304, gzip, and who may read it.

Comes in: a request and the body of its answer. Goes out: a response. Refuses nothing.

The tag names the state of the data, not the body: as long as it is the same, the same request gets the same answer,
and `304 Not Modified` costs no search. It is weak (RFC 9110, section 8.8.1), because the body may come compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

OPEN_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, x-next-page-token, x-total-count",
}
"""Any page may read what is public (the registry's own header is the first)."""

PREFLIGHT_HEADERS = {
    **OPEN_HEADERS,
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "*",
    "access-control-max-age": "86400",  # seconds: a day; browsers cap it themselves
}

GZIP_LEVEL = 4
"""Set by hand: on 800 real records level 4 takes 0.4 of level 9's time for 7 % more bytes."""

MIN_GZIP_BYTES = 1000
"""Set by hand: below that a compressed body saves no packet."""

# A query may hold words about a patient: only the asker's own machine may keep the answer, and asks before it is used.
_KEEPING = "private, no-cache"


def is_unchanged(request: Request, tag: str) -> bool:
    """Say whether the asker already has what it asks for: `If-None-Match` names this state of the data."""
    asked = request.headers.get("if-none-match", "")
    return asked.strip() == "*" or any(_opaque(one) == _opaque(tag) for one in asked.split(","))


def unchanged(tag: str) -> Response:
    """Return `304 Not Modified`."""
    return Response(status_code=304, headers=_headers(tag, {}))


def answer(
    request: Request,
    body: bytes,
    gzipped: bytes,
    media_type: str,
    tag: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a body, compressed where the asker takes that and it has been; `gzipped` is empty where it has not."""
    shown = _headers(tag, headers or {})
    if gzipped and takes_gzip(request.headers):
        body = gzipped
        shown["content-encoding"] = "gzip"
    return Response(body, headers={**shown, "content-type": media_type})


def stream(
    request: Request,
    parts: Iterator[bytes],
    media_type: str,
    tag: str,
    paced: Callable[[Iterator[bytes]], AsyncIterator[bytes]],
    headers: dict[str, str] | None = None,
    packed: bool = False,
) -> Response:
    """Return a body that is made while it is sent, so that a large one is never held whole.

    Arguments:
        paced: makes the parts one by one away from the event loop.
        packed: the body is compressed already (a zip file).
    """
    shown = _headers(tag, headers or {})
    if not packed and takes_gzip(request.headers):
        shown["content-encoding"] = "gzip"
        parts = _compressed(parts)
    return StreamingResponse(paced(parts), headers={**shown, "content-type": media_type})


def takes_gzip(headers: Headers) -> bool:
    """Say whether `Accept-Encoding` names gzip and does not refuse it with `q=0`."""
    for coding in headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = coding.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _compressed(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, wbits=31)  # 31: a gzip frame (zlib's manual)
    for part in parts:
        packed = packer.compress(part)
        if packed:
            yield packed
    yield packer.flush()


def _headers(tag: str, more: dict[str, str]) -> dict[str, str]:
    return {**OPEN_HEADERS, "etag": tag, "cache-control": _KEEPING, "vary": "accept-encoding", **more}


def _opaque(tag: str) -> str:
    """Return a tag without its mark of weakness: 304 compares weakly (RFC 9110, section 13.1.2)."""
    return tag.strip().removeprefix("W/")
