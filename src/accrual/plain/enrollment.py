"""How many people a study planned for and how many joined, as far as its record and its earlier versions say.

Comes in: the versions of a study that are here, oldest first, and the day it is read on. Goes out: a frozen
`Enrollment` of numbers; each face says them in its own words. Refuses nothing: a number that no version has is None,
and a number that a record gives without saying whether it is a plan stays apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from accrual.registry.record import Trial, calendar_date


class Number(msgspec.Struct, frozen=True):
    """How many people, and the day of the version that says so (ISO; empty: not stated)."""

    count: int
    date: str


class Enrollment(msgspec.Struct, frozen=True, kw_only=True):
    """Plan and count. At least one of `joined`, `plan` and `unstated` is there."""

    joined: Number | None
    """The count, as the newest version has it."""
    plan: Number | None
    """The newest plan: the one that holds, or the last before the count."""
    first_plan: Number | None
    """The oldest plan kept here, where it is another number than the newest."""
    unstated: Number | None
    """Of the newest version, where it does not say whether its number is a plan."""
    due: str
    """The planned day of the main results, where it is still to come (as the record writes it)."""
    elapsed: int | None
    """Of the time from the start to that day, how much is over, in percent."""

    @property
    def of_plan(self) -> int | None:
        """How many joined, in percent of the newest plan; None where one of the two is not known, or the plan is 0."""
        if self.joined is None or self.plan is None or not self.plan.count:
            return None
        return round(100 * self.joined.count / self.plan.count)

    def share(self, number: Number) -> float:
        """Return how long the bar of a number is, the longest 100."""
        shown = (self.joined, self.plan, self.first_plan, self.unstated)
        return round(100 * number.count / max(*(one.count for one in shown if one is not None), 1), 1)


def read_enrollment(versions: Sequence[Trial], today: date) -> Enrollment | None:
    """Return the plan and the count; None where the newest version says neither.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> def version(count, kind):
        ...     info = b'"designModule":{"enrollmentInfo":{"count":%d,"type":"%s"}}' % (count, kind)
        ...     return read_json(b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"},' + info + b"}}")
        >>> found = read_enrollment([version(18, b"ESTIMATED"), version(8, b"ACTUAL")], date(2026, 11, 22))
        >>> found.joined.count, found.plan.count, found.of_plan
        (8, 18, 44)
    """
    newest = versions[-1] if versions else None
    said = _number(newest) if newest is not None else None
    if newest is None or said is None:
        return None
    numbers = [_number(version) for version in versions if version.enrollment_type == "ESTIMATED"]
    plans = [number for number in numbers if number is not None]
    plan, first = (plans[-1], plans[0]) if plans else (None, None)
    due, elapsed = _time(newest, today)
    return Enrollment(
        joined=said if newest.enrollment_type == "ACTUAL" else None,
        plan=plan,
        first_plan=first if first is not None and plan is not None and first.count != plan.count else None,
        unstated=said if newest.enrollment_type not in ("ACTUAL", "ESTIMATED") else None,
        due=due,
        elapsed=elapsed,
    )


def _number(version: Trial) -> Number | None:
    count = version.enrollment
    return None if count is None or count < 0 else Number(count, version.last_update)


def _time(trial: Trial, today: date) -> tuple[str, int | None]:
    """The planned day of the main results and how much of the time until then is over; nothing where it is past."""
    status = trial.protocolSection.statusModule
    start, end = trial.start_date, calendar_date(status.primaryCompletionDateStruct.date)
    if start is None or end is None or status.primaryCompletionDateStruct.type == "ACTUAL":
        return "", None
    if not start.last <= today <= end.first or start.last >= end.first:
        return "", None
    return str(end), round(100 * (today - start.last).days / (end.first - start.last).days)
