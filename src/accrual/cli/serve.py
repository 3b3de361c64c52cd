"""`accrual serve`: the web pages and the JSON API on this machine."""

from __future__ import annotations

import errno
import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import Home, Json
from accrual.cli.output import note, write_json
from accrual.cli.session import open_finder
from accrual.errors import StoreError

if TYPE_CHECKING:
    from types import FrameType

    from accrual.finder import Finder

BACKLOG = 128  # connections that may wait to be accepted

Host = Annotated[
    str,
    typer.Option("--host", metavar="ADDRESS", help="Address to listen on; the default is this machine only."),
]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, metavar="N", help="Port to listen on; 0 takes a free one.")
]


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    home: Home = None,
    json: Json = False,
) -> None:
    """Serve the web pages and the API.

    Until Ctrl-C. Nothing that visitors send is stored or logged.
    """
    with listening_socket(host, port) as listener, open_finder(context, home) as finder:
        serve_finder(finder, listener, json=json)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens: from now on the port is ours, and who connects early waits.

    Raises:
        StoreError: the port is taken, or the address is not this machine's.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
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


def serve_finder(finder: Finder, listener: socket.socket, *, json: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then end in order."""
    import uvicorn

    from accrual.web.app import create_app

    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    # Nothing a visitor sends is written down: no access log, and errors are the application's own pages.
    config = uvicorn.Config(create_app(finder), log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)

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
