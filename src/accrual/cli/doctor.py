"""`accrual doctor`: looks the data folder over, and mends it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from accrual.cli.options import Home, Json
from accrual.cli.output import note, write_json, write_text
from accrual.cli.progress import progress_bar
from accrual.cli.run import ExitCode
from accrual.cli.session import home_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from accrual.folder import OnProgress
    from accrual.store.examination import Finding

SIGNS = {"damage": "✗", "warning": "!", "note": "·"}


def doctor(
    context: typer.Context,
    mend: Annotated[
        bool,
        typer.Option("--mend", help="Build again what is derived, save what can be read of damaged records."),
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what reads every byte.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Check the data folder, and mend it.

    Never deletes a record: a damaged file is kept beside the mended one.
    """
    from accrual.doctor import examine
    from accrual.doctor import mend as mend_folder

    folder = home_of(context, home)
    with progress_bar() as on_progress:
        found = examine(folder, date.today(), quick, _tell(on_progress))
        if mend and found:
            found = mend_folder(folder, found, datetime.now(), on_progress)
    wrong = sum(one.severity != "note" and not one.mended for one in found)
    if json:
        write_json({"home": str(folder), "sound": wrong == 0, "findings": found})
    else:
        write_text("".join(f"{line}\n" for one in found for line in _lines(one)))
        note(_summary(len(found), wrong))
    if wrong:
        raise typer.Exit(ExitCode.UNSOUND)


def _lines(one: Finding) -> tuple[str, ...]:
    sign = "✓" if one.mended else SIGNS[one.severity]
    mended = "mended: " if one.mended else ""
    lines = [f"{sign} {one.where}", f"    {mended}{one.what}"]
    if not one.mended or one.part == "records":
        lines.append(f"    What to do: {one.remedy}")
    return tuple(lines)


def _summary(found: int, wrong: int) -> str:
    if not found:
        return "All is well."
    if not wrong:
        return "Nothing is wrong."
    return (
        f"{wrong} thing{'' if wrong == 1 else 's'} to mend: `accrual doctor --mend` mends what can be mended."
    )


def _tell(on_progress: OnProgress | None) -> Callable[[str, int, int], None] | None:
    if on_progress is None:
        return None
    from accrual.store.derived import CatchUpProgress

    return lambda what, done, total: on_progress(CatchUpProgress(what, done, total))
