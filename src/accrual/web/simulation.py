"""The page of a virtual trial: what a study's design can and cannot show.

Comes in: the number of a study, and in the address what is to be tried: rates, participants, a therapy, a seed. Goes
out: a page; other spellings of the number lead to the one address. Refuses, on the page: what cannot be simulated
(400), a machine without the libraries of the models (503).

The work has threads of its own, few, and an end to its time; who meets that end finds the answer a little later, as
the last few are kept. Nothing of a visitor is in it.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accrual.api.limits import Workers
from accrual.errors import QueryError, SimulationError
from accrual.finder import Finder
from accrual.message import error_words, message
from accrual.plain.prose import unescape
from accrual.registry.record import Trial
from accrual.report.sheet import Sheet, lay_out
from accrual.simulate.settings import AUTO, NO_THERAPY, Settings, can_simulate
from accrual.web.layout import render

THREADS: Final = 2
"""Simulations at once; each may keep a core busy for seconds. Set by hand."""
REPLICATES: Final = 500
"""Far fewer than the command line takes: an error of simulating of half a percent, within seconds. Set by hand."""
SCREENED: Final = 500
"""Synthetic people held against the rules, a quarter of the command line's number. Set by hand."""
KEPT: Final = 32
"""Answers kept in memory, of about 100 kB each; the one asked for longest ago goes first. Set by hand."""
THERAPIES: Final = ("4-1BB", "CD28", "liso-cel", NO_THERAPY)
"""What a visitor may choose, where the trial gives CAR-T cells."""


class SimulationPages:
    """The page of a virtual trial."""

    def __init__(self, finder: Finder, seconds: float) -> None:
        self.finder = finder
        self.workers = Workers(seconds, THREADS)
        self._kept: OrderedDict[tuple[str, str, Settings], Sheet] = OrderedDict()
        self._lock = Lock()

    async def show(self, request: Request) -> Response:
        """Show the virtual trial of one study."""
        return await self.workers.run(self._show, request.path_params["nct"], request.query_params)

    def _show(self, asked: str, given: QueryParams) -> Response:
        trial = self.finder.show(asked)
        if trial.nct_id != asked:
            query = f"?{given}" if given else ""
            return RedirectResponse(f"/trials/{trial.nct_id}/simulate{query}", status_code=308)
        if not can_simulate():
            return _page(
                trial, given, 503, problem=message("The virtual trial is not installed on this server.")
            )
        try:
            return _page(trial, given, sheet=self._sheet(trial.nct_id, read_settings(given)))
        except (QueryError, SimulationError) as error:
            return _page(trial, given, 400, problem=error_words(error))

    def _sheet(self, nct: str, settings: Settings) -> Sheet:
        key = (nct, self.finder.state.digest, settings)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        sheet = lay_out(self.finder.simulate(nct, settings))
        with self._lock:
            self._kept[key] = sheet
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return sheet


def read_settings(given: QueryParams) -> Settings:
    """Return what the address asks for; rates are in percent.

    Raises:
        QueryError: a field that is no number.

    Example:
        >>> read_settings(QueryParams("null=40&participants=")).null_rate
        0.4
    """
    null, target = _number(given, "null"), _number(given, "target")
    seed, participants = _number(given, "seed"), _number(given, "participants")
    return Settings(
        seed=1 if seed is None else int(seed),
        participants=None if participants is None else int(participants),
        therapy=given.get("therapy", "")[:20] or AUTO,
        null_rate=None if null is None else null / 100,
        target_rate=None if target is None else target / 100,
        replicates=REPLICATES,
        screened=SCREENED,
        workers=1,
    )


def _number(given: QueryParams, name: str) -> float | None:
    text = given.get(name, "").strip()[:20]
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6 or (name in ("seed", "participants") and number != int(number)):
        raise QueryError(message("“%(value)s” cannot be used here: write a whole number", value=text))
    return number


def _page(
    trial: Trial, given: QueryParams, status: int = 200, sheet: Sheet | None = None, problem: str = ""
) -> Response:
    return render(
        "simulate.html",
        status,
        nct_id=trial.nct_id,
        title=str(unescape(trial.title)) or trial.nct_id,
        sheet=sheet,
        problem=problem,
        given={
            name: given.get(name, "")[:20] for name in ("null", "target", "participants", "seed", "therapy")
        },
        therapies=THERAPIES if sheet is not None and sheet.therapy_applies else (),
    )
