"""Who a population is, in what a trial asks about: quartiles, shares, and of how many nothing is known.

Comes in: a screened population. Goes out: a `Trait` for each variable and concept that the criteria name, in reading
order. Refuses nothing; what no patient says has no figures.

For synthetic patients each trait says how it was drawn and where that comes from: what is set by hand is seen to be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from accrual.basic import Quantity
from accrual.codes.concepts import vocabulary
from accrual.codes.variables import Variable, variable_of
from accrual.criteria.tree import Compare, OneOf, Present, walk
from accrual.errors import UnitError
from accrual.match.chart import Chart, latest
from accrual.match.timing import completed
from accrual.simulate.funnel import Screened
from accrual.simulate.profiles import Row, profile

HAS: Final = "yes"
HAS_NOT: Final = "no"
MIXED: Final = "said and denied"


class Trait(msgspec.Struct, frozen=True):
    """One thing that the criteria ask about. Shares are among those of whom it is known."""

    id: str
    """The variable, or the concept."""
    name: str
    unit: str
    known: int
    unknown: int
    low: float
    """Quartiles of a number; NaN where there is none (null in JSON)."""
    median: float
    high: float
    shares: tuple[tuple[str, float], ...] = ()
    """The most frequent first."""
    drawn: tuple[str, ...] = ()
    """How it was drawn, for synthetic patients: "beta 1.6 0.35 100"; more than one where it differs between them."""
    sources: tuple[str, ...] = ()
    """Where that comes from."""


def traits(screened: Screened, drawn_from: str = "") -> tuple[Trait, ...]:
    """Return what a population is like in what the criteria name.

    Arguments:
        drawn_from: the profile of synthetic patients (`Population.profile`).

    Raises:
        SimulationError: no such profile.

    Example:
        >>> traits(screened, "t-all")[0].name, traits(screened, "t-all")[0].median
        ('age', 15.0)
    """
    rows = profile(drawn_from).rows if drawn_from else ()
    charts = [patient.chart for patient in screened.panel.patients]
    named: dict[str, None] = {}
    for requirement in screened.requirements:
        for node in walk(requirement.tree):
            if isinstance(node, Compare | OneOf):
                named[node.variable] = None
            elif isinstance(node, Present):
                named[node.concept.code] = None
    return tuple(_trait(name, charts, [row for row in rows if _speaks_of(row, name)]) for name in named)


def latest_value(chart: Chart, variable: Variable) -> float:
    """Return a patient's latest number in the variable's own unit; NaN where there is none, or nobody knows which.

    Example:
        >>> latest_value(chart, variable_of("hemoglobin"))
        9.1
    """
    found = set()
    for fact in latest(chart.measured(variable.id)):
        if not isinstance(fact.value, Quantity) or fact.comparator or not fact.asserted:
            return math.nan
        try:
            found.add(variable.canonical(fact.value.value, fact.value.unit))
        except UnitError:
            return math.nan
    return found.pop() if len(found) == 1 else math.nan


def _speaks_of(row: Row, name: str) -> bool:
    """Say whether a row settles what is asked: itself, a kind of it, or what it is a kind of."""
    known = vocabulary()
    return row.fact == name or known.is_a(row.fact, name) or known.is_a(name, row.fact)


def _trait(name: str, charts: Sequence[Chart], rows: Sequence[Row]) -> Trait:
    variable = variable_of(name)
    concept = vocabulary().concepts.get(name)
    numbers: list[float] = []
    words: list[str] = []
    for chart in charts:
        if variable is None:
            words += _had(chart, name)
        elif name == "age":
            born = chart.birth
            numbers += [float(completed(born.last, chart.today, "a"))] if born is not None else []
        elif name == "sex":
            words += [chart.patient.sex] if chart.patient.sex is not None else []
        elif variable.kind == "category":
            words += _category(chart, name)
        else:
            value = latest_value(chart, variable)
            numbers += [] if math.isnan(value) else [value]
    known = len(numbers) + len(words)
    low, median, high = np.quantile(numbers, (0.25, 0.5, 0.75)).tolist() if numbers else [math.nan] * 3
    label = variable.name if variable is not None else concept.name if concept is not None else name
    return Trait(
        id=name,
        name=label,
        unit=variable.unit if variable is not None else "",
        known=known,
        unknown=len(charts) - known,
        low=low,
        median=median,
        high=high,
        shares=tuple((word, count / known) for word, count in Counter(sorted(words)).most_common()),
        drawn=tuple(dict.fromkeys(row.words for row in rows)),
        sources=tuple(dict.fromkeys(row.source for row in rows)),
    )


def _had(chart: Chart, concept: str) -> list[str]:
    """Whether a concept, or a kind of it, is said of a patient, or denied; nothing where neither is."""
    has = any(fact.asserted for fact in chart.kinds_of(concept))
    has_not = any(not fact.asserted for fact in chart.wider_than(concept))
    return [MIXED if has and has_not else HAS if has else HAS_NOT] if has or has_not else []


def _category(chart: Chart, variable: str) -> list[str]:
    """The latest answer, where there is one."""
    held = {
        fact.value
        for fact in latest(chart.measured(variable))
        if fact.asserted and isinstance(fact.value, str)
    }
    return [str(held.pop())] if len(held) == 1 else []
