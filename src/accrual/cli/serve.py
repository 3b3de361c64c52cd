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
    import asyncio

    from accrual.finder import Finder

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
    free = free_port(host, port)
    with open_finder(context, home) as finder:
        serve_finder(finder, host, free, json=json)


def free_port(host: str, port: int) -> int:
    """Return the port if it can be listened on; for 0, one that can.

    Raises:
        StoreError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)  # a port in use may still bind under SO_REUSEADDR; it will not listen
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is in use: stop what uses it, or choose another with --port"
        elif error.errno == errno.EACCES:
            reason = f"port {port} needs special rights: choose one above 1023 with --port"
        else:
            reason = f"cannot listen on {host}: it is not an address of this machine"
        raise StoreError(reason) from error


def serve_finder(finder: Finder, host: str, port: int, *, json: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then end in order."""
    import asyncio

    from granian.constants import Interfaces
    from granian.server.embed import Server

    from accrual.web.app import create_app

    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    server = Server(
        create_app(finder),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,  # nothing a visitor sends is written down
    )

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop, server.stop)
        serving = asyncio.create_task(server.serve())
        await _accepting(host, port, serving)
        # Said only now: whoever reads the address can use it at once.
        if json:
            write_json({"url": url})
        else:
            note(f"Serving on {url}  (Ctrl-C stops)")
        await serving

    asyncio.run(listen())


async def _accepting(host: str, port: int, serving: asyncio.Task[None]) -> None:
    """Return once the server accepts connections, or has ended."""
    import asyncio

    while not serving.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
