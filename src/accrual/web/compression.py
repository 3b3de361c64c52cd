"""Pages are sent compressed to whoever takes that. The JSON APIs compress their own answers.

Comes in: an application. Goes out: the same, with gzip around what is not of an API. Refuses nothing.
"""

from __future__ import annotations

from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SMALLEST: Final = 1_000
"""Bytes; below that packing costs more than it spares. Set by hand."""
LEVEL: Final = 5
"""Of 9: beyond it the time doubles for some hundredths of the size. Set by hand."""


class Compression:
    """ASGI middleware that packs pages, scripts and style sheets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.packed = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what comes back is packed, unless it is an API's."""
        own = scope["type"] == "http" and not scope["path"].startswith("/api/")
        await (self.packed if own else self.app)(scope, receive, send)
