"""Standard output and standard error of the commands: tables for people, JSON for programs.

Comes in: rich renderables or values with a JSON form. Goes out: text that fits the terminal, without colour when
piped or under NO_COLOR. Control characters of records never reach the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, Literal, TextIO

import msgspec

from accrual.cli.run import ClosedPipe
from accrual.plain.prose import printable
from accrual.plain.tone import MARKS, PLAIN_MARKS, Tone

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from accrual.store.manifest import Manifest

STYLES: dict[Tone, str] = {"good": "green", "bad": "red", "open": "yellow"}


def write_json(value: Any, snapshot: Manifest | None = None) -> None:
    """Print a value as indented UTF-8 JSON. Bytes are taken as JSON already.

    Arguments:
        snapshot: what the answer was made from; an answer that is an object says so.
    """
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    if snapshot is not None and body.startswith(b"{") and body != b"{}":
        named = {"name": snapshot.name, "day": snapshot.day, "sha256": snapshot.sha256}
        body = body[:-1] + b',"snapshot":' + msgspec.json.encode(named) + b"}"
    write_bytes(msgspec.json.format(body, indent=2) + b"\n")


def write_bytes(data: bytes) -> None:
    """Print bytes as they are on standard output."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ClosedPipe from None


def write_text(words: str) -> None:
    """Print text as it is on standard output; lines are never broken, so that a path stays whole."""
    _flush(sys.stdout, printable(words))


def write(*renderables: RenderableType) -> None:
    """Print text and tables on standard output."""
    _print(console(), renderables)


def note(words: str) -> None:
    """Print a line on standard error: what is not the answer itself."""
    _flush(sys.stderr, f"{printable(words)}\n")


def console(stream: Literal["stdout", "stderr"] = "stdout") -> Console:
    """Return a rich console that takes nothing in a text as markup."""
    from rich.console import Console

    target: TextIO = sys.stdout if stream == "stdout" else sys.stderr
    if (target.encoding or "ascii").lower().replace("-", "") != "utf8" and hasattr(target, "reconfigure"):
        target.reconfigure(errors="replace")
    return Console(file=target, markup=False, highlight=False, emoji=False)


def text(words: str, style: str = "") -> Text:
    """Return a record's words, safe for a terminal."""
    from rich.text import Text

    return Text(printable(words), style=style)


def mark(tone: Tone) -> str:
    """Return the sign for a tone that this terminal can show."""
    try:
        MARKS[tone].encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return PLAIN_MARKS[tone]
    return MARKS[tone]


def _print(target: Console, renderables: Iterable[RenderableType]) -> None:
    # Rendered first and written once: a reader that goes away is then noticed in one place.
    with target.capture() as captured:
        for renderable in renderables:
            target.print(renderable)
    shown = captured.get()
    if not target.is_terminal:  # nothing measures a pipe's width: rich's padding is only noise there
        shown = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    _flush(target.file, shown)


def _flush(stream: IO[str], words: str) -> None:
    try:
        stream.write(words)
        stream.flush()
    except BrokenPipeError:
        raise ClosedPipe from None
    except UnicodeEncodeError:
        stream.write(words.encode("ascii", "replace").decode("ascii"))
        stream.flush()
