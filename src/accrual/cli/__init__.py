"""The command line: `accrual load`, `find`, `show`, `criteria`, `screen`, `match`, `serve`, `status`, `demo`.

Comes in: arguments. Goes out: tables, or JSON with `--json`, on standard output; everything else on standard
error; an exit code of `accrual.cli.run.ExitCode`. Heavy imports stay inside the commands, so that help is quick.
"""

from __future__ import annotations

import os
import signal

__all__ = ["main"]

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, whose module is not imported yet when this is needed


def main() -> None:
    """Run the command line and leave with its exit code."""
    # While modules are imported there is nothing to put in order: Ctrl-C ends the process at once, where Python's
    # own handler would show a traceback. While the interpreter winds down the answer is given, and Ctrl-C comes
    # too late to change it. A caller that had Ctrl-C ignored (nohup, a background job) is not overruled.
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, _leave)
    from accrual.cli.run import run_here

    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run_here()
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(code)


def _leave(number: int, frame: object) -> None:
    os._exit(_INTERRUPTED)
