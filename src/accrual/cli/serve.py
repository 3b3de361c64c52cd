"""`accrual serve`: the web pages, the registry's API and accrual's own on this machine."""

from __future__ import annotations

import errno
import gc
import signal
import socket
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import Home, Json
from accrual.cli.output import note, write_json
from accrual.cli.session import open_finder, state_day
from accrual.errors import StoreError

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp

    from accrual.api.limits import Limits
    from accrual.finder import Finder

BACKLOG = 128  # connections that may wait to be accepted
CLIENTS = 500  # connections at once; set by hand, well under the usual limit of 1,024 open files

Host = Annotated[
    str,
    typer.Option("--host", metavar="ADDRESS", help="Address to listen on; the default is this machine only."),
]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, metavar="N", help="Port to listen on; 0 takes a free one.")
]


Rate = Annotated[
    float,
    typer.Option("--rate", min=0, metavar="N", help="Requests a second from one address; 0 for any number."),
]
TimeLimit = Annotated[
    float,
    typer.Option(
        "--time-limit", min=0.1, metavar="SECONDS", help="How long the work of one request may take."
    ),
]
Clients = Annotated[int, typer.Option("--clients", min=1, metavar="N", help="Connections at once.")]


class Log(StrEnum):
    """What is written about requests."""

    NONE = "none"
    PATHS = "paths"
    QUERIES = "queries"


LogChoice = Annotated[
    Log,
    typer.Option(
        "--log",
        help="A line for each request on standard error: none, its path, or with what was searched for.",
    ),
]


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    rate: Rate = 0.0,
    time_limit: TimeLimit = 20.0,
    clients: Clients = CLIENTS,
    log: LogChoice = Log.NONE,
    home: Home = None,
    json: Json = False,
) -> None:
    """Serve the web pages and the API.

    Until Ctrl-C. Nothing that visitors send is stored, or logged unless --log asks for it.
    """
    from accrual.api.limits import Limits

    limits = Limits(rate=rate, seconds=time_limit)
    with listening_socket(host, port) as listener, open_finder(context, home) as finder:
        serve_finder(finder, listener, limits, clients=clients, log=log, json=json)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens: from now on the port is ours, and who connects early waits.

    Raises:
        StoreError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its name, not by the default: only for sockets of that name asyncio sends small answers at once. Without,
    # each waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is in use: stop what uses it, or choose another with --port"
        elif error.errno == errno.EACCES:
            reason = f"port {port} needs special rights: choose one above 1023 with --port"
        else:
            reason = f"cannot listen on {host}: it is not an address of this machine"
        raise StoreError(reason) from error
    return listener


def _today_of(finder: Finder) -> Callable[[], date]:
    """Return what says which day it is: in a snapshot always its own."""
    day = state_day(finder)
    return date.today if day is None else lambda: day


def serve_finder(
    finder: Finder,
    listener: socket.socket,
    limits: Limits | None = None,
    *,
    clients: int = CLIENTS,
    log: Log = Log.NONE,
    json: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM, then end in order."""
    from accrual.web.app import create_app
    from accrual.web.request_log import RequestLog
    from accrual.web.server import make_server

    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    pages = create_app(finder, _today_of(finder), limits)
    app: ASGIApp = pages
    if log is not Log.NONE:
        app = RequestLog(app, note, queries=log is Log.QUERIES)
    finder.make_ready()
    pages.state.make_ready()
    # The tables stay as long as the server does: without this, now and then a visitor waits 0.2 s while Python looks
    # through all of them for what is unused.
    gc.collect()
    gc.freeze()
    server = make_server(app, clients)

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    # While it runs, the server answers the signals itself, and hands them on when it has ended. These answer one
    # that comes before it runs, and take what is handed on.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, end)
    if json:
        write_json({"url": url})
    else:
        note(f"Serving on {url}  (Ctrl-C stops)")
    server.run(sockets=[listener])
