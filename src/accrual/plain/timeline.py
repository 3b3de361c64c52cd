"""A study's dates on one line: when it was posted, began, ends, was last updated, and where today is.

Comes in: a `Trial` and the day it is read on. Goes out: a frozen `Timeline` of moments, each with its share of the
way from the first to the last; None where there are not two dates. Refuses nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.basic import PartialDate
from accrual.registry.record import Trial, calendar_date

MomentKind: TypeAlias = Literal["posted", "start", "primary", "completion", "results", "update"]


NEAR: Final = 7.0
"""Shares closer than this would touch on a phone, 320 pixels wide, where a mark has 20. Set by hand."""
ROWS: Final = 4


class Moment(msgspec.Struct, frozen=True):
    """One date: what it is, as the record writes it, whether it is a plan, and where it stands (0 to 100)."""

    kind: MomentKind
    date: str
    planned: bool
    share: float
    row: int = 0
    """Which row it is drawn in, so that dates close together do not cover each other."""


class Timeline(msgspec.Struct, frozen=True):
    """The moments in the order of time, and where today stands; None where today is not between them."""

    moments: tuple[Moment, ...]
    today: float | None

    @property
    def first(self) -> str:
        """The first date."""
        return self.moments[0].date

    @property
    def last(self) -> str:
        """The last date."""
        return self.moments[-1].date


def timeline(trial: Trial, today: date) -> Timeline | None:
    """Return the study's dates in the order of time.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> body = b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"},"statusModule":'
        >>> body += b'{"startDateStruct":{"date":"2020-01-01"},"completionDateStruct":{"date":"2022-01-01"}}}}'
        >>> found = timeline(read_json(body), date(2021, 1, 1))
        >>> [(moment.kind, moment.share) for moment in found.moments], found.today
        ([('start', 0.0), ('completion', 100.0)], 50.1)
    """
    module = trial.protocolSection.statusModule
    said: tuple[tuple[MomentKind, str, str], ...] = (
        ("posted", module.studyFirstPostDateStruct.date, ""),
        ("start", module.startDateStruct.date, module.startDateStruct.type),
        ("primary", module.primaryCompletionDateStruct.date, module.primaryCompletionDateStruct.type),
        ("completion", module.completionDateStruct.date, module.completionDateStruct.type),
        ("results", module.resultsFirstPostDateStruct.date, ""),
        ("update", trial.last_update, ""),
    )
    dated = [
        (_day(found), kind, str(found), sort == "ESTIMATED")
        for kind, text, sort in said
        if (found := calendar_date(text)) is not None
    ]
    dated.sort(key=lambda one: one[0])
    if len(dated) < 2 or dated[0][0] == dated[-1][0]:
        return None
    first, span = dated[0][0], dated[-1][0] - dated[0][0]

    def share(day: int) -> float:
        return round(100 * (day - first) / span, 1)

    moments: list[Moment] = []
    ends = [-NEAR] * ROWS
    for day, kind, text, planned in dated:
        at = share(day)
        row = next((row for row, end in enumerate(ends) if at - end >= NEAR), ends.index(min(ends)))
        ends[row] = at
        moments.append(Moment(kind, text, planned, at, row))
    now = share(today.toordinal())
    return Timeline(
        tuple(moments),
        now if 0 <= now <= 100 else None,
    )


def _day(when: PartialDate) -> int:
    """A day to draw it at: the middle of a month or year that names none."""
    return (when.first.toordinal() + when.last.toordinal()) // 2
