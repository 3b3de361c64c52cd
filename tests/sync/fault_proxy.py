"""A proxy that does what networks and broken servers do: stalls, resets, half bodies, wrong lengths, nonsense.

Comes in: the address of a server, and faults: each for the next request whose path has certain words in it. Goes out:
an address that answers as the server does, but for the faults, and a list of all requests.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Sent(NamedTuple):
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


Fault = Callable[["Handler", Sent], None]
Edit = Callable[[dict[str, Any]], dict[str, Any]]

KEPT_HEADERS = ("content-type", "etag", "content-encoding", "location")


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the other of one connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        proxy = self.server.proxy
        proxy.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        fault = proxy.take(self.path)
        sent = proxy.ask(self.path, dict(self.headers.items()))
        (fault or send)(self, sent)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: FaultProxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who is reset goes away, which is what is wanted."""


class FaultProxy:
    """See the head of this module."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.edits: list[Edit] = []
        """What is done to each JSON answer of `/studies`."""
        self.archive = b""
        """What the bulk download is, where it is not the server's."""
        self.archive_tag = ""
        """Its strong tag; with one, ranges are offered."""
        self.released = threading.Event()
        self._faults: list[tuple[str, Fault]] = []
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def next(self, words: str, *faults: Fault) -> None:
        """Have the next requests with these words in their path answered so, one after the other."""
        self._faults += [(words, fault) for fault in faults]

    def take(self, path: str) -> Fault | None:
        for at, (words, fault) in enumerate(self._faults):
            if words in path:
                del self._faults[at]
                return fault
        return None

    def paths(self, words: str = "") -> list[str]:
        """Return the requests so far that have these words in their path."""
        return [path for path, _ in self.requests if words in path]

    def ask(self, path: str, headers: Mapping[str, str]) -> Sent:
        """Return what the server answers, with the edits done to it."""
        if "/studies/download" in path and self.archive:
            return self._ask_archive(headers)
        connection = HTTPConnection(urlsplit(self.target).netloc)
        try:
            connection.request("GET", path, headers={**headers, "Host": urlsplit(self.target).netloc})
            got = connection.getresponse()
            body = got.read()
        finally:
            connection.close()
        kept = {name: value for name, value in got.getheaders() if name.lower() in KEPT_HEADERS}
        if self.edits and "/studies?" in path and got.status == 200:
            page = read_page(Sent(200, kept, body))
            kept = {}
            for edit in self.edits:
                page = edit(page)
            body = json.dumps(page, separators=(",", ":")).encode()
        return Sent(got.status, kept, body)

    def _ask_archive(self, headers: Mapping[str, str]) -> Sent:
        small = {name.lower(): value for name, value in headers.items()}
        if not self.archive_tag:
            return Sent(200, {}, self.archive)
        offered = {"accept-ranges": "bytes", "etag": self.archive_tag}
        asked = re.fullmatch(r"bytes=(\d+)-", small.get("range", ""))
        if asked is None or small.get("if-range") != self.archive_tag:
            return Sent(200, offered, self.archive)
        start, size = int(asked[1]), len(self.archive)
        return Sent(
            206, {**offered, "content-range": f"bytes {start}-{size - 1}/{size}"}, self.archive[start:]
        )

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def read_page(sent: Sent) -> dict[str, Any]:
    """Return the JSON of an answer."""
    packed = "content-encoding" in {name.lower() for name in sent.headers}
    page: dict[str, Any] = json.loads(gzip.decompress(sent.body) if packed else sent.body)
    return page


# --- what can happen to an answer


def send(handler: Handler, sent: Sent, length: int | None = None, part: int | None = None) -> None:
    """Send an answer as it is; or with a length that is not its own; or a part of its body alone."""
    handler.send_response(sent.status)
    for name, value in sent.headers.items():
        handler.send_header(name, value)
    if sent.status != 304:
        handler.send_header("content-length", str(len(sent.body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(sent.body[:part])
    handler.wfile.flush()


def refuse(status: int, text: str = "not now", **headers: str) -> Fault:
    """Answer with a status, whatever was asked."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: send(handler, Sent(status, named, text.encode()))


def say(body: bytes, **headers: str) -> Fault:
    """Answer 200 with something else."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: send(handler, Sent(200, named, body))


def cut(share: float, *, abrupt: bool = False) -> Fault:
    """Promise the whole body, send a share of it, and go away: in order, or with a reset."""

    def fault(handler: Handler, sent: Sent) -> None:
        with _going_away(handler, abrupt):
            send(handler, sent, part=int(len(sent.body) * share))

    return fault


def too_long(handler: Handler, sent: Sent) -> None:
    """Promise more than there is, and go away."""
    with _going_away(handler, abrupt=False):
        send(handler, sent, len(sent.body) + 100)


def too_short(handler: Handler, sent: Sent) -> None:
    """Promise, and send, less than there is."""
    send(handler, sent, len(sent.body) - 10, len(sent.body) - 10)


def stall(handler: Handler, sent: Sent) -> None:
    """Send nothing at all until the test is over."""
    handler.server.proxy.released.wait(60)
    handler.close_connection = True


def reset(handler: Handler, sent: Sent) -> None:
    """Break the connection off before a word is said."""
    with _going_away(handler, abrupt=True):
        pass


def flip(at: int) -> Fault:
    """Send the body with one byte of it wrong."""

    def fault(handler: Handler, sent: Sent) -> None:
        body = bytearray(sent.body)
        body[at] ^= 0xFF
        send(handler, sent._replace(body=bytes(body)))

    return fault


def shorten(to: int) -> Fault:
    """Send a body that ends early, with the length of what is sent."""
    return lambda handler, sent: send(handler, sent._replace(body=sent.body[:to]))


@contextmanager
def _going_away(handler: Handler, abrupt: bool) -> Iterator[None]:
    try:
        yield
    finally:
        handler.wfile.flush()
        if abrupt:  # a reset: nothing is waited for (SO_LINGER of 0 seconds)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            handler.connection.shutdown(socket.SHUT_WR)
        handler.close_connection = True
