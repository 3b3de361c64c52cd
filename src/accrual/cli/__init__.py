"""The command line: `accrual load`, `find`, `show`, `criteria`, `screen`, `match`, `serve`, `status`, `demo`.

Comes in: arguments. Goes out: tables, or JSON with `--json`, on standard output; everything else on standard
error; an exit code of `accrual.cli.run.ExitCode`. Heavy imports stay inside the commands, so that help is quick.
"""

from accrual.cli.run import main

__all__ = ["main"]
