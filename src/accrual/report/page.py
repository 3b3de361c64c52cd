"""One page of HTML that stands alone: no script, nothing from the network, fit to be printed.

Comes in: `Simulation`. Goes out: HTML. Refuses nothing.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from accrual.report.figure import EDGES
from accrual.report.sheet import lay_out

if TYPE_CHECKING:
    from accrual.simulate.simulation import Simulation


def write_page(found: Simulation) -> str:
    """Return the report of a simulation as one page of HTML.

    Example:
        >>> write_page(finder.simulate("NCT04785833"))[:15]
        '<!doctype html>'
    """
    styles = Markup("\n".join(_style(name) for name in ("report.css", "figures.css")))
    page = _environment().get_template("report.html")
    return page.render(sheet=lay_out(found), styles=styles, version=version("accrual"))


def _style(name: str) -> str:
    return files("accrual.report").joinpath("static", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    """The templates in English; the web shows the same ones in the language of the visitor."""
    found = Environment(
        loader=PackageLoader("accrual.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals |= {"_": _said, "edges": EDGES}
    found.filters["plainly"] = str
    return found


def _said(words: str, /, **values: Any) -> str:
    return Markup(escape(words)) % values if values else words
