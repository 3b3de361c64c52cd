"""The command line's frame: its global options, its commands, the list of exit codes."""

from __future__ import annotations

from typing import Annotated

import typer

from accrual.cli import (
    ask,
    demo,
    doctor,
    eligibility,
    history,
    load,
    search,
    serve,
    simulate,
    status,
    study,
    sync,
    vocabulary,
    watch,
)
from accrual.cli import snapshot as snapshot_commands
from accrual.cli.options import Home
from accrual.cli.run import MEANINGS
from accrual.cli.session import Session

EPILOG = "Exit codes:\n\n\b\n" + "\n".join(
    f"{code.value:>4}  {meaning}" for code, meaning in MEANINGS.items()
)

app = typer.Typer(
    name="accrual",
    help="Finds clinical trials, reads their eligibility criteria into logic, and decides them for a patient.",
    epilog=EPILOG,
    add_completion=False,
    rich_markup_mode=None,  # plain help: quick to start, and readable in every terminal
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version as installed_version

        typer.echo(f"accrual {installed_version('accrual')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Home = None,
    snapshot: Annotated[
        str,
        typer.Option(
            "--snapshot", metavar="NAME", help="Put the question to this snapshot of the data folder."
        ),
    ] = "",
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Hold what every command needs: the data folder and whether to debug."""
    context.obj = Session(home=home, snapshot=snapshot)


for command in (
    sync.sync,
    load.load,
    search.find,
    study.show,
    history.history,
    watch.watch,
    eligibility.criteria,
    eligibility.screen,
    eligibility.match,
    ask.ask,
    simulate.simulate,
    serve.serve,
    status.status,
    doctor.doctor,
    vocabulary.vocabulary,
    demo.demo,
):
    app.command()(command)
app.add_typer(snapshot_commands.app, name="snapshot")
