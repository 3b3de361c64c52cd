"""Which state of the registry the pages serve: the newest, or a snapshot, which then every page names.

Comes in: the snapshot, once for an application. Goes out: the same, for the time of a request. Refuses nothing.
"""

from __future__ import annotations

from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

from accrual.store.manifest import Manifest

_served: ContextVar[Manifest | None] = ContextVar("served", default=None)


def served() -> Manifest | None:
    """Return the snapshot that this request is answered from; None where it is the newest state."""
    return _served.get()


class Served:
    """ASGI middleware: the snapshot of each request, which is the application's."""

    def __init__(self, app: ASGIApp, snapshot: Manifest | None) -> None:
        self.app = app
        self.snapshot = snapshot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its snapshot set."""
        token = _served.set(self.snapshot)
        try:
            await self.app(scope, receive, send)
        finally:
            _served.reset(token)
