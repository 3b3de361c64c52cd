"""A simulation in a file: one page of HTML, JSON, or all virtual participants as Parquet.

Comes in: `Simulation`, for Parquet also its virtual participants; a path, whose ending says the form. Goes out: that
file, written in one step. Refuses (SourceError): another ending, Parquet without its library, a file that cannot be
written. `check_file` refuses before anything is simulated.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from accrual.errors import SimulationError, SourceError
from accrual.report.page import write_page
from accrual.store.replacement import replace_file

if TYPE_CHECKING:
    from accrual.simulate.outcome import Participants
    from accrual.simulate.simulation import Simulation

FORMS: Final = (".html", ".json", ".parquet")


def check_file(out: Path) -> None:
    """Refuse a file that could not be written after all.

    Raises:
        SourceError: its ending is of no known form, its library is missing, its folder is not there.
    """
    ending = out.suffix.lower()
    if ending not in FORMS:
        raise SourceError(f"{out}: by its ending no known form; end it with {', '.join(FORMS)}")
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise SourceError(
            f"{out}: Parquet needs a library that is not installed: `pip install accrual[parquet]`, or end the name "
            "with .json"
        )
    if not out.parent.is_dir() or out.is_dir():
        raise SourceError(f"{out}: cannot be written: there is no such folder, or this is one")


def write_file(out: Path, found: Simulation, participants: Participants | None = None) -> None:
    """Write a simulation in the form that the ending says.

    Raises:
        SourceError: as `check_file`. SimulationError: Parquet of a simulation without virtual participants.

    Example:
        >>> write_file(Path("report.html"), finder.simulate("NCT04785833"))
    """
    check_file(out)
    ending = out.suffix.lower()
    if ending == ".html":
        content = write_page(found).encode()
    elif ending == ".json":
        content = msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    elif participants is None:
        raise SimulationError(
            f"{out}: {found.nct_id} has no virtual participants to write as Parquet: end the name with .json or .html"
        )
    else:
        content = parquet_bytes(participants, found.notice)
    try:
        replace_file(out, content)
    except OSError as error:
        raise SourceError(f"{out}: cannot be written ({error.strerror})") from error


def parquet_bytes(of: Participants, notice: str) -> bytes:
    """Return all virtual participants as Parquet, a row each; what is not known is null."""
    import numpy as np

    from accrual.simulate.outcome import Event, Infusion
    from accrual.simulate.reactions import Grade

    arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    trials, size = of.event.shape
    given = of.infused.ravel()
    columns = {
        "replicate": arrow.array(np.repeat(np.arange(1, trials + 1, dtype=np.int32), size)),
        "participant": arrow.array(np.tile(np.arange(1, size + 1, dtype=np.int32), trials)),
    }
    for name, codes, kinds in (
        ("infusion", of.infusion, Infusion),
        ("event", of.event, Event),
        ("crs", of.crs, Grade),
    ):
        first = min(kinds)
        names = [kind.name.lower() for kind in sorted(kinds)]
        columns[name] = arrow.DictionaryArray.from_arrays(
            arrow.array((codes.ravel() - int(first)).astype(np.int8)), names
        )
    for name in ("remission", "mrd_negative"):
        columns[name] = arrow.array(getattr(of, name).ravel(), mask=~given)
    for name in (
        "peak",
        "peak_day",
        "area_28",
        "ln_cells_28",
        "event_day",
        "relapse_day",
        "positive_at_relapse",
    ):
        values = getattr(of, name).ravel()
        columns[name] = arrow.array(values, mask=np.isnan(values))
    columns["ln_burden"] = arrow.array(of.ln_burden.ravel())
    table = arrow.table(columns).replace_schema_metadata(
        {"notice": notice, "therapy": of.therapy, "unit": of.unit}
    )
    sink = arrow.BufferOutputStream()
    parquet.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content
