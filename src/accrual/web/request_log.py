"""A line for every request, where whoever runs the server asks for it; without the words that were searched for.

Comes in: an application, and what writes a line. Goes out: ASGI middleware. Refuses nothing. What stands behind the
question mark of an address may hold words about a patient: it is in the line only when that was asked for too. Bodies
and headers never are.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestLog:
    """ASGI middleware that tells `write` of every request: method, path, status, milliseconds."""

    def __init__(self, app: ASGIApp, write: Callable[[str], None], queries: bool = False) -> None:
        """Arguments:
        queries: whether the line has what stands behind the question mark.
        """
        self.app = app
        self.write = write
        self.queries = queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and write its line when it has been answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            took_ms = round(1000 * (time.perf_counter() - began))
            self.write(f"{scope['method']} {self._address(scope)} {status} {took_ms} ms")

    def _address(self, scope: Scope) -> str:
        # The raw path: what was decoded could hold line breaks.
        path = bytes(scope.get("raw_path") or b"/").partition(b"?")[0].decode("latin-1")
        query = bytes(scope["query_string"]).decode("latin-1") if self.queries else ""
        return f"{path}?{query}" if query else path
