"""Runs one command and turns whatever happens into an exit code and at most one line on standard error.

Comes in: arguments. Goes out: the process's exit code. Every expected error is one clear line, never a
traceback; an unexpected one says where to report it, and shows its traceback with `--debug`.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum

from typer.exceptions import Abort, TyperException

from accrual.errors import (
    AccrualError,
    PlaceNotFoundError,
    StoreError,
    StudyNotFoundError,
    UpstreamError,
)

REPORT_TO = "the project's issue tracker"


class ExitCode(IntEnum):
    """What each exit code means; docs/cli.md and `accrual --help` list them from here."""

    OK = 0
    NOT_FOUND = 1
    BAD_INPUT = 2
    UNAVAILABLE = 3
    UPSTREAM = 4
    ASKS = 5
    UNSOUND = 6
    NEWS = 10
    FAULT = 70  # EX_SOFTWARE of sysexits.h (4.3BSD)
    INTERRUPTED = 130  # 128 + SIGINT, the shells' convention
    CLOSED_PIPE = 141  # 128 + SIGPIPE, the shells' convention


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "done; a search that finds nothing and any verdict are answers too",
    ExitCode.NOT_FOUND: "no study has this number, or no place this name",
    ExitCode.BAD_INPUT: "wrong usage or input, or `load` could read no study at all",
    ExitCode.UNAVAILABLE: "the data folder or the port cannot be used, or holds no studies yet",
    ExitCode.UPSTREAM: "the registry, or a webhook's receiver, cannot be reached, refuses, or answers nonsense",
    ExitCode.ASKS: "`sync` is done but for what looks like damage: look at it, then --accept-removals",
    ExitCode.UNSOUND: "`doctor` found something that is still wrong",
    ExitCode.NEWS: "`watch` found something new",
    ExitCode.FAULT: "a fault in accrual itself",
    ExitCode.INTERRUPTED: "stopped with Ctrl-C",
    ExitCode.CLOSED_PIPE: "the reader of the output went away",
}


class ClosedPipe(Exception):  # noqa: N818 - a signal, not an error: nobody reads the output any more
    """Raised when standard output's reader is gone."""


def run_here() -> int:
    """Run the command that this process was started with; return its exit code."""
    return int(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    try:
        from accrual.cli.app import app

        code = app(args=list(arguments) or ["--help"], prog_name="accrual", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.OK
    except AccrualError as error:
        return _complain(str(error), exit_code(error))
    except (BrokenPipeError, ClosedPipe):
        _silence_stdout()
        return ExitCode.CLOSED_PIPE
    except (KeyboardInterrupt, Abort):
        return ExitCode.INTERRUPTED
    except TyperException as error:
        return _complain(f"{error.format_message()} (try: accrual --help)", ExitCode.BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - the last stop before the user: no traceback in their face
        if _was_interrupted(error):
            return ExitCode.INTERRUPTED
        if "--debug" in arguments:
            traceback.print_exc()
        return _complain(
            f"unexpected {type(error).__name__}: {error}. This is a fault in accrual: please report it to "
            f"{REPORT_TO}, with the output of the same command after `accrual --debug`",
            ExitCode.FAULT,
        )


def _was_interrupted(error: BaseException) -> bool:
    """Say whether Ctrl-C is behind an error: a class statement makes a RuntimeError of it (PEP 487)."""
    cause = error.__cause__
    return isinstance(cause, KeyboardInterrupt) or (cause is not None and _was_interrupted(cause))


def exit_code(error: AccrualError) -> ExitCode:
    """Return the exit code of an expected error."""
    if isinstance(error, StudyNotFoundError | PlaceNotFoundError):
        return ExitCode.NOT_FOUND
    if isinstance(error, StoreError):
        return ExitCode.UNAVAILABLE
    if isinstance(error, UpstreamError):
        return ExitCode.UPSTREAM
    return ExitCode.BAD_INPUT


def _complain(message: str, code: ExitCode) -> ExitCode:
    from accrual.plain.prose import printable

    print(f"accrual: {' '.join(printable(message).split())}", file=sys.stderr)  # noqa: T201 - this is a face
    return code


def _silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's own flush at exit stays silent."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
