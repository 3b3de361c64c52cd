"""What a study found, in brief: how many took part, the main outcomes as tables, serious harms and deaths.

Comes in: a `Trial`. Goes out: a frozen `Results`; None where the record has none. Values stay the text that the record
has ("NA", "<0.001"): nothing is computed from them. Refuses nothing; what is left out for length is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from accrual.message import Original, joined, message
from accrual.plain.prose import original, unescape
from accrual.registry.labels import label
from accrual.registry.record import Trial
from accrual.registry.record_results import FlowPeriod, Group, Measurement, OutcomeMeasure

OUTCOMES_SHOWN: Final = 5
"""Main outcomes shown, set by hand: nine in ten studies have no more; the record has all."""
ROWS_SHOWN: Final = 12
"""Rows of one outcome shown, set by hand."""
GROUPS_SHOWN: Final = 6
"""Columns of one table, set by hand: more do not fit a screen."""

STEPS: Final = {
    "STARTED": message("Started"),
    "COMPLETED": message("Finished"),
    "NOT COMPLETED": message("Left early"),
}
"""The registry's own names of the steps that every flow has (data element definitions, results), in plain words."""
HARMS: Final = (
    message("People with serious health problems"),
    message("People with other health problems"),
    message("Deaths, of any cause"),
)


class Row(msgspec.Struct, frozen=True):
    """One row of a table: its name, and one cell for each column; an empty cell is not stated."""

    name: str
    cells: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """One table of results."""

    title: str
    about: str
    """What the numbers are: "Median, in months"."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    rows_left: int = 0
    columns_left: int = 0


class Results(msgspec.Struct, frozen=True):
    """The results in brief; a table without rows is not shown."""

    flow: tuple[Table, ...]
    outcomes: tuple[Table, ...]
    outcomes_left: int
    harms: Table
    limits: str
    """What the authors warn of."""


def read_results(trial: Trial) -> Results | None:
    """Return the results in brief.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> read_results(read_json(b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"}}}')) is None
        True
    """
    section = trial.resultsSection
    main = [one for one in section.outcomeMeasuresModule.outcomeMeasures if one.type == "PRIMARY"]
    groups = section.participantFlowModule.groups
    found = Results(
        flow=tuple(
            table for period in section.participantFlowModule.periods if (table := _flow(period, groups)).rows
        ),
        outcomes=tuple(_outcome(one) for one in main[:OUTCOMES_SHOWN]),
        outcomes_left=max(len(main) - OUTCOMES_SHOWN, 0),
        harms=_harms(trial),
        limits=_line(section.moreInfoModule.limitationsAndCaveats.description),
    )
    return found if found.flow or found.outcomes or found.harms.rows else None


def _flow(period: FlowPeriod, groups: tuple[Group, ...]) -> Table:
    shown = groups[:GROUPS_SHOWN]
    rows = []
    for step in period.milestones:
        counts = {one.groupId: one.numSubjects or one.numUnits for one in step.achievements}
        cells = tuple(counts.get(group.id, "") for group in shown)
        if any(cells):
            rows.append(Row(STEPS.get(step.type) or original(step.type), cells))
    columns = tuple(original(group.title) or Original(group.id) for group in shown)
    return Table(original(period.title), "", columns, tuple(rows[:ROWS_SHOWN]), *_left(rows, groups))


def _outcome(measure: OutcomeMeasure) -> Table:
    shown = measure.groups[:GROUPS_SHOWN]
    rows: list[Row] = []
    analysed = {one.groupId: one.value for denom in measure.denoms[:1] for one in denom.counts}
    if analysed:
        units = original(measure.denoms[0].units).lower()
        named = message("participants") if units in ("", "participants") else Original(units)
        rows.append(
            Row(
                message("Counted: %(units)s", units=named),
                tuple(analysed.get(group.id, "") for group in shown),
            )
        )
    for part in measure.classes:
        for category in part.categories:
            values = {one.groupId: _value(one) for one in category.measurements}
            name = joined(": ", (original(part.title), original(category.title))) or message("Result")
            rows.append(Row(name, tuple(values.get(group.id, "") for group in shown)))
    kinds = (
        label("param", measure.paramType) if measure.paramType else "",
        label("dispersion", measure.dispersionType) if measure.dispersionType else "",
    )
    about = joined(" · ", (*kinds, original(measure.unitOfMeasure), original(measure.timeFrame)))
    columns = tuple(original(group.title) or Original(group.id) for group in shown)
    return Table(
        original(measure.title), about, columns, tuple(rows[:ROWS_SHOWN]), *_left(rows, measure.groups)
    )


def _value(one: Measurement) -> str:
    words = _line(one.value)
    if one.spread:
        words += f" ({_line(one.spread)})"
    if one.lowerLimit or one.upperLimit:
        low, high = _line(one.lowerLimit) or "?", _line(one.upperLimit) or "?"
        return message("%(value)s (%(low)s to %(high)s)", value=Original(words), low=low, high=high)
    return Original(words)


def _harms(trial: Trial) -> Table:
    module = trial.resultsSection.adverseEventsModule
    shown = module.eventGroups[:GROUPS_SHOWN]
    counted = (
        (HARMS[0], [(g.seriousNumAffected, g.seriousNumAtRisk) for g in shown]),
        (HARMS[1], [(g.otherNumAffected, g.otherNumAtRisk) for g in shown]),
        (HARMS[2], [(g.deathsNumAffected, g.deathsNumAtRisk) for g in shown]),
    )
    rows = [Row(name, tuple(_of(*pair) for pair in pairs)) for name, pairs in counted]
    rows = [row for row in rows if any(row.cells)]
    columns = tuple(original(group.title) or Original(group.id) for group in shown)
    return Table("", original(module.timeFrame), columns, tuple(rows), *_left(rows, module.eventGroups))


def _of(some: int | None, whole: int | None) -> str:
    if some is None:
        return ""
    return f"{some:,}" if whole is None else message("%(some)s of %(all)s", some=some, all=whole)


def _left(rows: list[Row], groups: Iterable[object]) -> tuple[int, int]:
    return max(len(rows) - ROWS_SHOWN, 0), max(len(tuple(groups)) - GROUPS_SHOWN, 0)


def _line(text: str) -> str:
    return " ".join(unescape(text).split())
