"""What a criterion costs: the pool, the months until the trial is full, and what happens in it, without it or relaxed.

Comes in: a screened population; sites; where a therapy applies, its outcomes for each patient; limits to relax. Goes
out: `CriterionCosts`: a row for each criterion dropped and each limit relaxed, and a fair share for each criterion
(`shapley`). Refuses (SimulationError): a population of whom nobody can be enrolled, a relaxation that is none.

All rows are counted on the same people, so that their differences are not chance. Months assume that those who come to
the sites are like the population: twice the pool, twice the pace. That a wider trial is as safe, this does not say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec
import numpy as np

from accrual.codes.table import number, read_rows
from accrual.codes.variables import variable_of
from accrual.errors import SimulationError
from accrual.simulate.calibration import REGISTRY
from accrual.simulate.enrolment import Forecast, Sites, forecast
from accrual.simulate.funnel import Enrol, Screened, admitted, funnel, require_pool
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import RANGES, Floats
from accrual.simulate.requirements import End, Limit, Requirement, limits_of, relaxed
from accrual.simulate.response import Outcome
from accrual.simulate.shapley import EXACT_UP_TO, ORDERS, Flags, shares, shares_of_lost
from accrual.simulate.trial import DATA

_USUAL_PART: Final = 0.2  # a limit of which no step is known moves by a fifth; set by hand
_GRID: Final = (
    65  # pools for which months are worked out where no closed form gives them; between, interpolated
)


class Relaxation(msgspec.Struct, frozen=True):
    """A limit to be relaxed: `Relaxation("5", 50)`, `Relaxation("1", 70, end="high")`."""

    requirement: str
    to: float
    variable: str = ""
    end: End | None = None


class OutcomeShare(msgspec.Struct, frozen=True):
    """How often something happens in a pool; `error` is the standard error of simulating. Not known is NaN."""

    name: str
    among: str
    share: float
    error: float


class Effect(msgspec.Struct, frozen=True):
    """The trial with one thing changed; `months` are the median, and between low and high with 95 %."""

    requirement: str
    """Its id; "" for the trial as it is, and where several are changed together."""
    text: str
    change: str
    """"dropped", or what is asked instead: "Karnofsky performance status ≥ 50"."""
    pool: int
    gained: int
    """How many more than in the trial as it is."""
    share: float
    """The pool, of all who are screened."""
    months: float
    months_low: float
    months_high: float
    outcomes: tuple[OutcomeShare, ...] = ()


class FairShare(msgspec.Struct, frozen=True):
    """A criterion's part in what all criteria do together: patients lost, months added, outcomes changed.

    `months_error` is the standard error of drawing orders by chance, 0 where all pools were worked out;
    `outcome_errors` are those of simulating too.
    """

    requirement: str
    text: str
    lost: float
    months: float
    months_error: float
    outcomes: tuple[float, ...] = ()
    """In the order of `CriterionCosts.outcomes`."""
    outcome_errors: tuple[float, ...] = ()


class CriterionCosts(msgspec.Struct, frozen=True):
    """What the criteria of a trial cost. The fair shares make up the difference between `nobody_asked` and `base`."""

    nct_id: str
    population: str
    screened: int
    enrol: Enrol
    base: Effect
    """The trial as it is."""
    nobody_asked: Effect
    """The trial without any criterion: everybody of the population."""
    rows: tuple[Effect, ...]
    fair_shares: tuple[FairShare, ...]
    outcomes: tuple[str, ...]
    exact: bool
    orders: int
    """Orders drawn by chance; 0 where all pools were worked out."""
    months_from: str
    notice: str = NOTICE


def criterion_costs(
    screened: Screened,
    generator: np.random.Generator,
    enrol: Enrol = "unless refuted",
    sites: Sites | None = None,
    outcomes: Sequence[Outcome] = (),
    relaxations: Sequence[Relaxation] | None = None,
    exact_up_to: int = EXACT_UP_TO,
    orders: int = ORDERS,
) -> CriterionCosts:
    """Return what each criterion costs, dropped and relaxed, and each one's fair share.

    Arguments:
        sites: how fast the trial as it is enrols; without, as finished trials of its size did (`calibration`).
        outcomes: what happens to each patient if he takes part (`response.outcomes_of`).
        relaxations: limits to relax; None takes each one step on. Several are also shown together.

    Raises:
        SimulationError: nobody can be enrolled (it says by which criterion), no such requirement or limit, outcomes of
            other patients.

    Example:
        >>> costs = criterion_costs(screened, np.random.default_rng(1), relaxations=[Relaxation("5", 50)])
        >>> costs.rows[-1].change
        'Karnofsky performance status ≥ 50'
    """
    require_pool(funnel(screened, enrol))
    work = _Costs(screened, enrol, sites, tuple(outcomes), generator)
    rows = [
        work.effect(at, requirement.id, requirement.text, "dropped", None)
        for at, requirement in enumerate(screened.requirements)
    ]
    chosen = usual_relaxations(screened.requirements) if relaxations is None else tuple(relaxations)
    changed: dict[int, Requirement] = {}
    for relaxation in chosen:
        at = _place(screened, relaxation.requirement)
        wider, limit = relaxed(screened.requirements[at], relaxation.to, relaxation.variable, relaxation.end)
        words = msgspec.structs.replace(limit, value=relaxation.to).words
        rows.append(work.effect(at, wider.id, wider.text, words, work.let_in(wider)))
        changed[at], _ = relaxed(
            changed.get(at, screened.requirements[at]), relaxation.to, relaxation.variable, relaxation.end
        )
    if relaxations is not None and len(chosen) > 1:
        rows.append(work.together(changed))
    fair, exact, drawn = work.fair_shares(generator, exact_up_to, orders)
    return CriterionCosts(
        nct_id=screened.design.nct_id,
        population=screened.population,
        screened=len(screened.patients),
        enrol=enrol,
        base=work.base,
        nobody_asked=work.of_pool("", "Nobody is asked anything", "all dropped", np.ones_like(work.pool)),
        rows=tuple(rows),
        fair_shares=fair,
        outcomes=tuple(outcome.name for outcome in outcomes),
        exact=exact,
        orders=drawn,
        months_from=work.months_from,
    )


def usual_relaxations(requirements: Sequence[Requirement]) -> tuple[Relaxation, ...]:
    """Return each limit of a trial one usual step on, by `data/relaxations.tsv`.

    Example:
        >>> usual_relaxations(requirements)[0]
        Relaxation(requirement='1', to=10.0, variable='age', end='low')
    """
    found: dict[tuple[str, str, End], Relaxation] = {}
    for limit in limits_of(requirements):
        down = (limit.end == "low") != limit.excludes
        step = _steps().get((limit.variable, limit.unit, down), abs(limit.value) * _USUAL_PART)
        to = round(limit.value - step if down else limit.value + step, 6)
        held = variable_of(limit.variable)
        # A score below its lowest is asked of nobody; other units are not compared with the variable's own ends.
        impossible = held is not None and held.unit == limit.unit and not held.is_possible(to)
        key = (limit.requirement, limit.variable, limit.end)
        if (
            to != limit.value
            and not impossible
            and to >= 0
            and key not in found
            and _can(requirements, limit, to)
        ):
            found[key] = Relaxation(limit.requirement, to, limit.variable, limit.end)
    return tuple(found.values())


def _can(requirements: Sequence[Requirement], limit: Limit, to: float) -> bool:
    meant = next(requirement for requirement in requirements if requirement.id == limit.requirement)
    try:
        relaxed(meant, to, limit.variable, limit.end)
    except SimulationError:
        return False
    return True


class _Costs:
    """One population under one assumption: pools, and what they come to."""

    def __init__(
        self,
        screened: Screened,
        enrol: Enrol,
        sites: Sites | None,
        outcomes: tuple[Outcome, ...],
        generator: np.random.Generator,
    ) -> None:
        self.screened, self.enrol, self.outcomes = screened, enrol, outcomes
        people = len(screened.patients)
        for outcome in outcomes:
            if outcome.hits.shape != outcome.of.shape or outcome.hits.shape[1:] != (people,):
                raise SimulationError(
                    f"{outcome.name}: give the outcome of each of the {people} patients screened"
                )
        self.passes = screened.admitted(enrol)
        self.pool = _all(self.passes)
        design = screened.design
        count = max(design.sites, 1)
        self.months_from = "sites as given" if sites is not None else f"the median of {REGISTRY.source}"
        self.sites = sites or Sites(count, REGISTRY.site_rate(design.enrolment, count))
        self.seed = int(generator.integers(2**63))
        self.base = self.of_pool("", "The trial as it is", "", self.pool)

    def let_in(self, requirement: Requirement) -> Flags:
        """Whom a changed requirement lets in, shape (patients,)."""
        return admitted(self.screened.panel.truths([requirement.tree])[0], self.enrol)

    def effect(self, at: int, requirement: str, text: str, change: str, instead: Flags | None) -> Effect:
        """The trial with one requirement dropped, or another in its place."""
        pool = _all(np.delete(self.passes, at, axis=0))
        return self.of_pool(requirement, text, change, pool if instead is None else pool & instead)

    def together(self, changed: dict[int, Requirement]) -> Effect:
        """The trial with several requirements relaxed."""
        passes = self.passes.copy()
        for at, requirement in changed.items():
            passes[at] = self.let_in(requirement)
        return self.of_pool("", "All of these together", "relaxed together", _all(passes))

    def of_pool(self, requirement: str, text: str, change: str, pool: Flags) -> Effect:
        """What a pool comes to."""
        count, before = int(pool.sum()), int(self.pool.sum())
        months = self.forecast(count)
        return Effect(
            requirement=requirement,
            text=text,
            change=change,
            pool=count,
            gained=count - before,
            share=count / len(pool),
            months=months.median,
            months_low=months.low,
            months_high=months.high,
            outcomes=tuple(_share(outcome, pool) for outcome in self.outcomes),
        )

    def forecast(self, pool: float) -> Forecast:
        """Months until the trial is full with a pool of so many; the same chance for every pool."""
        pace = self.sites.rate_per_month * pool / int(self.pool.sum())
        allowed = RANGES["site_rate_per_month"]
        sites = msgspec.structs.replace(self.sites, rate_per_month=min(max(pace, allowed.low), allowed.high))
        return forecast(sites, self.screened.design.enrolment, np.random.default_rng(self.seed))

    def months(self, pools: Floats) -> Floats:
        """The median months for pools of so many patients."""
        if self.base_forecast_is_exact:  # the pace grows with the pool, and nothing else
            closed: Floats = self.base.months * int(self.pool.sum()) / pools
            return closed
        ends = np.log([float(self.pool.sum()), float(len(self.pool))])
        grid = np.linspace(ends[0], ends[1], _GRID)
        medians = [self.forecast(math.exp(each)).median for each in grid]
        between: Floats = np.interp(np.log(pools), grid, medians)
        return between

    @property
    def base_forecast_is_exact(self) -> bool:
        """Whether the months are a closed form."""
        return self.sites.ramp_up_months == 0 or self.sites.count == 1

    def fair_shares(
        self, generator: np.random.Generator, exact_up_to: int, orders: int
    ) -> tuple[tuple[FairShare, ...], bool, int]:
        """The part of each requirement, whether they are exact, and how many orders were drawn."""
        kept_out = ~self.passes
        lost = shares_of_lost(kept_out)
        found = shares(kept_out, self._sums(), self._worth, generator, exact_up_to, orders)
        ways = len(self.outcomes)
        means = found.values[:, 1 : 1 + ways]
        errors = np.full_like(means, math.nan)
        at = 1 + ways
        for way, outcome in enumerate(self.outcomes):
            batches = found.values[:, at : at + len(outcome.hits)]
            at += len(outcome.hits)
            if batches.shape[1] > 1:
                errors[:, way] = np.hypot(
                    batches.std(axis=1, ddof=1) / math.sqrt(batches.shape[1]), found.errors[:, 1 + way]
                )
        rows = tuple(
            FairShare(
                requirement=requirement.id,
                text=requirement.text,
                lost=float(lost[at]),
                months=float(found.values[at, 0]),
                months_error=float(found.errors[at, 0]),
                outcomes=tuple(means[at].tolist()),
                outcome_errors=tuple(errors[at].tolist()),
            )
            for at, requirement in enumerate(self.screened.requirements)
        )
        return rows, found.exact, found.orders

    def _sums(self) -> Floats:
        """What each patient adds: himself, then for each outcome hits and how often, in all and batch by batch."""
        whole = [part.sum(axis=0) for outcome in self.outcomes for part in (outcome.hits, outcome.of)]
        batches = [
            part
            for outcome in self.outcomes
            for batch in zip(outcome.hits, outcome.of, strict=True)
            for part in batch
        ]
        return np.stack([np.ones(len(self.pool)), *whole, *batches], axis=1)

    def _worth(self, pools: Floats) -> Floats:
        """The months of pools, then the share of each outcome, in all and batch by batch."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = pools[:, 1::2] / pools[:, 2::2]
        return np.concatenate((self.months(pools[:, 0])[:, None], ratios), axis=1)


def _all(passes: Flags) -> Flags:
    """Who passes every requirement."""
    return np.asarray(passes.all(axis=0), np.bool_)


def _share(outcome: Outcome, pool: Flags) -> OutcomeShare:
    of = float(outcome.of[:, pool].sum())
    share = float(outcome.hits[:, pool].sum()) / of if of else math.nan
    error = math.sqrt(share * (1 - share) / of) if of else math.nan
    return OutcomeShare(outcome.name, outcome.among, share, error)


def _place(screened: Screened, requirement: str) -> int:
    for at, one in enumerate(screened.requirements):
        if one.id == requirement:
            return at
    raise SimulationError(
        f"{screened.design.nct_id}: there is no criterion {requirement[:20]!r}: give a number from 1 to "
        f"{len(screened.requirements)}"
    )


@cache
def _steps() -> dict[tuple[str, str, bool], float]:
    """How far a limit moves, by variable, unit, and whether it goes down."""
    found = {}
    for row in read_rows(DATA / "relaxations.tsv", ("variable", "unit", "down", "up"), keyed=False):
        for name, down in (("down", True), ("up", False)):
            found[row["variable"], row["unit"], down] = number(row[name], "relaxations.tsv") or 0.0
    return found
