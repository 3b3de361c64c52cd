"""What one request may cost: how long it may be, how long it may take, and how often one address may ask.

Comes in: `Limits`, the settings of `accrual serve`. Goes out: `Workers`, where the work of requests is done with an
end to it, and `RateLimit`, an ASGI middleware. Refuses, as HTTPException: work that did not end in time (503), and
more requests than were allowed (429).
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from accrual.api import refusals

T = TypeVar("T")

WORKERS: Final = 8
"""Set by hand: the engine and SQLite work outside Python's lock, so a few more than the cores of a small machine."""

MAX_CLIENTS_REMEMBERED: Final = 10_000
"""Addresses whose pace is kept. Past it the one that was quiet longest is forgotten: memory stays bounded."""


class Limits(msgspec.Struct, frozen=True):
    """The settings; each is an option of `accrual serve`, and docs/api.md says what it is for."""

    value_chars: int = 8_000
    """Characters that one parameter may have."""
    address_bytes: int = 32_000
    """Bytes that a query string may have."""
    seconds: float = 20.0
    """How long the work of one request may take, waiting for a free worker included."""
    rate: float = 0.0
    """Requests a second from one address, on the long run; 0 for any number."""
    burst: int = 50
    """Requests that one address may send at once before its rate counts."""


class Workers:
    """The threads that do the work of requests, and the time it may take there.

    Work that runs out of time is given up, not stopped: its thread is busy until it ends by itself, and requests
    that find no free thread wait, and then run out of time as well. So a flood of dear requests takes no more than
    `WORKERS` threads, and the server answers all the while.
    """

    def __init__(self, seconds: float, threads: int = WORKERS) -> None:
        self.seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="accrual-api")

    async def run(self, work: Callable[..., T], *given: object) -> T:
        """Return what the work gives; the language of the request goes along.

        Raises:
            HTTPException: 503, it took too long.
        """
        context = contextvars.copy_context()
        future = asyncio.get_running_loop().run_in_executor(self._pool, context.run, partial(work, *given))
        try:
            return await asyncio.wait_for(future, self.seconds)
        except TimeoutError:
            raise refusals.out_of_time(self.seconds) from None

    async def pace(self, parts: Iterator[T]) -> AsyncIterator[T]:
        """Yield the parts of something long, each made by a worker in time of its own.

        While the asker is slow to take a part, no thread is kept.
        """
        while (part := await self.run(lambda: next(parts, None))) is not None:
            yield part

    def close(self) -> None:
        """Let the threads go; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class RateLimit:
    """ASGI middleware that lets each address ask so often (a token bucket each); behind a proxy, all are one."""

    def __init__(
        self, app: ASGIApp, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app = app
        self.rate = rate
        self.burst = burst
        self.clock = clock
        self._tokens: dict[str, tuple[float, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429 with the seconds to wait."""
        if scope["type"] != "http" or self.rate <= 0:
            await self.app(scope, receive, send)
            return
        wait = self.take(str((scope.get("client") or ("",))[0]))
        if wait <= 0:
            await self.app(scope, receive, send)
            return
        refused = refusals.too_many_requests(math.ceil(wait))
        response = refusals.text_response(refused.detail, refused.status_code, dict(refused.headers or {}))
        await response(scope, receive, send)

    def take(self, address: str) -> float:
        """Count one request, and return the seconds to wait: 0 when it may pass."""
        now = self.clock()
        # Taken out and put back, so that the order is that of the last request.
        tokens, then = self._tokens.pop(address, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - then) * self.rate)
        passes = tokens >= 1
        self._tokens[address] = (tokens - 1 if passes else tokens, now)
        if len(self._tokens) > MAX_CLIENTS_REMEMBERED:
            del self._tokens[next(iter(self._tokens))]
        return 0.0 if passes else (1 - tokens) / self.rate
