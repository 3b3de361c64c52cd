"""Forms come from our own pages only: a page of another site cannot send one in a visitor's name.

Comes in: a request that may change or decide something (any method but GET, HEAD, OPTIONS). Goes out: the request, or
a page that says no (403). What is no browser sends neither header and passes: no cookie here opens anything.
Source: Fetch Metadata Request Headers (w3.org/TR/fetch-metadata), RFC 6454 section 7 (Origin).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from accrual.web.language import marked
from accrual.web.layout import render

READING = frozenset({"GET", "HEAD", "OPTIONS"})
HEADING = marked("This form came from another website")
MESSAGE = marked("Nothing was read and nothing was kept. Open the page here and send the form again.")


def from_here(headers: Headers) -> bool:
    """Say whether a request was sent by a page of this server, or by no page at all.

    Example:
        >>> from_here(Headers({"host": "trials.example", "origin": "https://other.example"}))
        False
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(sender) and sender.lower() == headers.get("host", "").lower()


class SameOrigin:
    """ASGI middleware that refuses what another site's page sends."""

    def __init__(self, app: ASGIApp, open_paths: tuple[str, ...] = ()) -> None:
        """Under `open_paths` nothing can be sent or changed, so whoever asks is answered there."""
        self.app = app
        self.open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before its body is read."""
        if (
            scope["type"] != "http"
            or scope["method"] in READING
            or scope["path"].startswith(self.open_paths)
            or from_here(Headers(scope=scope))
        ):
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith("/api/"):
            await JSONResponse({"error": f"{HEADING}. {MESSAGE}"}, 403)(scope, receive, send)
            return
        page = render("refused.html", 403, store=False, heading=HEADING, message=MESSAGE)
        await page(scope, receive, send)
