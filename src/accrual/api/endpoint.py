"""One endpoint of the registry's API: what happens around every request, whatever it asks for.

Comes in: a handler, which makes an `Answer` of what was `Asked`. Goes out: Starlette routes that read the parameters,
compare the tag, do the work where it has an end, and send answers and refusals as the registry does. Refuses: what
`parameters`, `limits` and the handler refuse, each as plain text with its status. Nothing of a request is logged.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accrual.api import refusals
from accrual.api.caching import (
    GZIP_LEVEL,
    MIN_GZIP_BYTES,
    OPEN_HEADERS,
    PREFLIGHT_HEADERS,
    answer,
    is_unchanged,
    stream,
    takes_gzip,
    unchanged,
)
from accrual.api.limits import Limits, Workers
from accrual.api.parameters import Arguments, Parameter, read_arguments
from accrual.errors import AccrualError, StoreError, StudyNotFoundError

JSON_TYPE = "application/json"
KEPT_BYTES = 64 * 2**20
"""Memory for answers that are asked for again and again. Set by hand: some 4,000 records."""
MAX_KEPT_ANSWER_BYTES = 2**20


class Asked(msgspec.Struct, frozen=True):
    """What a handler is given."""

    path: Mapping[str, str]
    """The parts of the path that vary, by name."""
    arguments: Arguments
    head: bool = False
    """Only the headers will be sent: what costs much need not be made."""


class Answer(msgspec.Struct, frozen=True):
    """What a handler gives."""

    body: bytes | Iterator[bytes]
    """All of it, or its parts, made one by one while they are sent."""
    media_type: str = JSON_TYPE
    headers: Mapping[str, str] = {}
    status: int = 200
    packed: bool = False
    """Compressed already."""
    gzipped: bytes = b""
    """The body in gzip, where somebody has made it: by a worker, not on the event loop."""


Handler = Callable[[Asked], Answer]


class Surroundings:
    """What the endpoints share: the limits, the threads, the answers kept."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.workers = Workers(limits.seconds)
        self.kept = KeptAnswers()


class KeptAnswers:
    """Small answers of one state of the data, by what was asked; the one that was not used longest goes first.

    Only of endpoints that look one thing up: what people search for is not kept.
    """

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self.most_bytes = most_bytes
        self._tag = ""
        self._bytes = 0
        self._answers: OrderedDict[tuple[str, bytes], Answer] = OrderedDict()

    def get(self, tag: str, key: tuple[str, bytes]) -> Answer | None:
        """Return the answer that was kept for a request, while the data is the same."""
        if tag != self._tag:
            self._tag, self._bytes = tag, 0
            self._answers.clear()
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def put(self, tag: str, key: tuple[str, bytes], made: Answer) -> None:
        """Keep an answer, unless it is large, or the data has changed since."""
        if (
            tag != self._tag
            or key in self._answers
            or not isinstance(made.body, bytes)
            or len(made.body) > MAX_KEPT_ANSWER_BYTES
        ):
            return
        self._answers[key] = made
        self._bytes += _size(made)
        while self._bytes > self.most_bytes:
            _, gone = self._answers.popitem(last=False)
            self._bytes -= _size(gone)


def _size(made: Answer) -> int:
    return len(made.gzipped) + (len(made.body) if isinstance(made.body, bytes) else 0)


def endpoint(
    surroundings: Surroundings,
    path: str,
    parameters: Sequence[Parameter],
    handler: Handler,
    tag_of: Callable[[], str],
    keep: bool = False,
) -> Route:
    """Return the route of an endpoint.

    Arguments:
        path: in Starlette's spelling, `/api/v2/studies/{number}`.
        tag_of: names the state of the data that its answers are made from, as it is now.
        keep: whether answers are kept for the next who asks the same; then the tag must be quick to tell.
    """

    async def respond(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT_HEADERS)
        try:
            return await answered(request)
        except HTTPException as refused:
            headers = {**OPEN_HEADERS, **(refused.headers or {})}
            return refusals.text_response(refused.detail, refused.status_code, headers)
        except AccrualError as error:
            return refusals.text_response(str(error), status_of(error), OPEN_HEADERS)

    async def answered(request: Request) -> Response:
        query = request.scope["query_string"]
        if len(query) > surroundings.limits.address_bytes:
            raise refusals.address_too_long(surroundings.limits.address_bytes)
        if not keep:
            arguments = read_arguments(parameters, query, surroundings.limits.value_chars)
            # Also the tag is found by a worker: what is searched may have to be caught up first.
            tag, made = await surroundings.workers.run(lambda: look_up(request, arguments))
            return _send(request, made, tag, surroundings.workers) if made is not None else unchanged(tag)
        tag = tag_of()
        key = (request.scope["path"], query)
        kept = surroundings.kept.get(tag, key)
        if kept is None:
            arguments = read_arguments(parameters, query, surroundings.limits.value_chars)
            kept = await surroundings.workers.run(lambda: _gzipped(handler(asked_by(request, arguments))))
            surroundings.kept.put(tag, key, kept)
        return (
            unchanged(tag) if is_unchanged(request, tag) else _send(request, kept, tag, surroundings.workers)
        )

    def look_up(request: Request, arguments: Arguments) -> tuple[str, Answer | None]:
        tag = tag_of()
        if is_unchanged(request, tag):
            return tag, None
        made = handler(asked_by(request, arguments))
        return tag, _gzipped(made) if takes_gzip(request.headers) else made

    def asked_by(request: Request, arguments: Arguments) -> Asked:
        return Asked(request.path_params, arguments, request.method == "HEAD")

    return Route(path, respond, methods=["GET", "OPTIONS"])


def status_of(error: AccrualError) -> int:
    """Return the HTTP status of an expected error."""
    if isinstance(error, StudyNotFoundError):
        return 404
    return 503 if isinstance(error, StoreError) else 400


def _gzipped(made: Answer) -> Answer:
    """Return an answer with its body also in gzip, where that is worth it."""
    if not isinstance(made.body, bytes) or made.packed or len(made.body) < MIN_GZIP_BYTES:
        return made
    return msgspec.structs.replace(made, gzipped=gzip.compress(made.body, GZIP_LEVEL, mtime=0))


def _send(request: Request, made: Answer, tag: str, workers: Workers) -> Response:
    headers = dict(made.headers)
    if made.status != 200:
        return Response(made.body, made.status, {**OPEN_HEADERS, **headers})
    if isinstance(made.body, bytes):
        return answer(request, made.body, made.gzipped, made.media_type, tag, headers)
    return stream(request, made.body, made.media_type, tag, workers.pace, headers, made.packed)
