"""The HTTP server: uvicorn, with an end to how long a slow client may hold a connection.

Comes in: an application and how many clients at once. Goes out: a `uvicorn.Server` that is ready to run. Refuses
nothing; it lets go of a client that does not finish its request's headers, or takes nothing of its answer.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS: Final = 15.0
"""From the first byte of a request, or from connecting, to the end of its headers. Set by hand."""

STILL_SECONDS: Final = 30.0
"""How long a client may take nothing of an answer that waits for it. Set by hand."""

KEEP_ALIVE_SECONDS: Final = 15
"""How long a connection is kept open for a further request."""

MAX_HEADER_BYTES: Final = 64 * 2**10
"""Request line and headers together: uvicorn refuses more with 400."""


class SteadyProtocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever.

    uvicorn alone ends only connections that are idle after an answer: a client that sends one byte of a header a
    minute, or that never reads, would hold its connection, and the memory of its answer, for good.
    """

    request_seconds = REQUEST_SECONDS
    still_seconds = STILL_SECONDS
    _request_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start waiting for the first request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Read on; once a request has begun its time runs, and it ends with its headers."""
        if self._request_timer is None and self._is_between_requests():
            self._await_request()
        super().data_received(data)
        if not self._is_between_requests():
            self._stop_awaiting_request()

    def pause_writing(self) -> None:
        """The client is slower than we are: see that it takes something at all."""
        super().pause_writing()
        if self._write_timer is None:
            self._await_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has taken nearly all."""
        self._stop_awaiting_reading()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_awaiting_request()
        self._stop_awaiting_reading()
        super().connection_lost(exc)

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_request(self) -> None:
        def give_up() -> None:
            self._request_timer = None
            self.transport.close()

        self._request_timer = self.loop.call_later(self.request_seconds, give_up)

    def _stop_awaiting_request(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _stop_awaiting_reading(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _await_reading(self, waiting: int) -> None:
        def look() -> None:
            left = self.transport.get_write_buffer_size()
            if left < waiting:
                self._await_reading(left)
            else:
                self._write_timer = None
                self.transport.abort()

        self._write_timer = self.loop.call_later(self.still_seconds, look)


class Discretion(logging.Filter):
    """Keeps the words of an error out of what the server writes: they may be what somebody searched for.

    Where it happened and of what kind it is stays.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the places of an error in the stead of its text."""
        if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            frames = traceback.extract_tb(trace)
            places = [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
            record.exc_text = "\n".join([*places, f"{kind.__name__} (its words are left out)"])
            record.exc_info = None
        return True


def make_server(app: ASGIApp, clients: int) -> uvicorn.Server:
    """Return a server of an application.

    Arguments:
        clients: connections at once; who comes after that is told 503.
    """
    # Nothing a visitor sends is written down: no access log, and errors are the application's own pages.
    log = logging.getLogger("uvicorn.error")
    if not any(isinstance(one, Discretion) for one in log.filters):
        log.addFilter(Discretion())
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=SteadyProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            limit_concurrency=clients,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        )
    )
