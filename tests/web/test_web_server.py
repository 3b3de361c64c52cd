"""The server on a real socket: slow clients, too many of them, and what it writes about requests."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from accrual.cli.serve import listening_socket
from accrual.web.request_log import RequestLog
from accrual.web.server import SteadyProtocol, make_server

BIG = 40 * 2**20  # bytes: more than any socket buffers


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with much, or with little."""
    response: Response = PlainTextResponse("x" * BIG if scope["path"] == "/big" else "hello")
    await response(scope, receive, send)


@contextmanager
def serving(app: ASGIApp, clients: int = 50) -> Iterator[int]:
    """Serve on loopback; gives the port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server: uvicorn.Server = make_server(app, clients)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listener.close()


def ask(connection: socket.socket, path: str = "/") -> bytes:
    """Send a request; what comes back first, to the end of a short body."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    found = connection.recv(4096)
    return found if b"hello" in found or path != "/" or b"200" not in found else found + connection.recv(4096)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteadyProtocol, "request_seconds", 1.0)
    monkeypatch.setattr(SteadyProtocol, "still_seconds", 1.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
def test_a_request_that_never_ends_is_let_go(begun: bytes) -> None:
    with serving(answer) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(begun)
        for _ in range(3):  # a byte now and then does not help
            time.sleep(0.1)
            if begun:
                slow.sendall(b"a")
        assert slow.recv(100) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as quick:
            assert b"200 OK" in ask(quick)


@pytest.mark.usefixtures("impatient")
def test_a_second_request_on_a_connection_has_its_time_too() -> None:
    with serving(answer) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as kept:
        assert b"200 OK" in ask(kept)
        time.sleep(1.3)  # idle is no request: the connection is kept
        assert b"200 OK" in ask(kept)
        kept.sendall(b"GET ")
        assert kept.recv(100) == b""


@pytest.mark.usefixtures("impatient")
def test_a_client_that_reads_nothing_is_let_go_and_one_that_reads_slowly_is_not() -> None:
    with serving(answer) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as still:
            ask(still, "/big")
            time.sleep(2.5)
            taken = 0
            with contextlib.suppress(ConnectionResetError):
                while some := still.recv(2**20):
                    taken += len(some)
            assert taken < BIG
        with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
            slow.sendall(b"GET /big HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            taken = 0
            for _ in range(8):
                time.sleep(0.2)
                taken += len(slow.recv(2**21))
            while some := slow.recv(2**21):
                taken += len(some)
        assert taken > BIG


def test_more_clients_than_are_allowed_are_told_so() -> None:
    with serving(answer, clients=3) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(5)]
        time.sleep(0.2)
        assert b"503" in ask(held[0])
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("queries", "address"),
    [(False, "GET /api/v2/studies 404"), (True, "GET /api/v2/studies?query.patient=HIV%0A 404")],
)
def test_a_log_has_what_was_searched_for_only_when_asked(queries: bool, address: str) -> None:
    lines: list[str] = []
    TestClient(RequestLog(Starlette(), lines.append, queries)).get("/api/v2/studies?query.patient=HIV%0A")
    assert len(lines) == 1
    assert lines[0].startswith(address)
    assert lines[0].endswith(" ms")
    assert "\n" not in lines[0]


def test_what_the_server_writes_of_a_fault_has_no_words_of_the_asker(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError(f"cannot do {scope['query_string'].decode()}")

    with serving(faulty) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as asking:
        assert b"500" in ask(asking, "/?query.patient=HIV")
    assert "HIV" not in caplog.text
    assert "ValueError (its words are left out)" in caplog.text
    assert "in faulty" in caplog.text


def test_small_answers_are_sent_at_once() -> None:
    # asyncio switches Nagle's algorithm off only for sockets that say that they are TCP.
    with listening_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.proto == socket.IPPROTO_TCP
