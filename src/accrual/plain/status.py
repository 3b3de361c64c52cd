"""How sure a study's status is: when it was last checked, what is late, why a status is "Unknown".

Comes in: a `Trial` and the day it is read on. Goes out: a frozen `Standing` of facts; each face says them in its own
words. Refuses nothing: a date that is missing or not on the calendar leads to no finding.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.basic import PartialDate
from accrual.registry.record import Trial, calendar_date

Certainty: TypeAlias = Literal["recent", "old", "unknown", "final", "unstated"]

CHECKED_EVERY: Final = 12
"""Months in which a record has to be looked at again. Source: 42 CFR 11.64(a)(1)."""

OPEN: Final = frozenset(
    {"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING"}
)
"""Statuses of a study that is still under way."""
FINAL: Final = frozenset(
    {"COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING"}
)
"""Statuses that do not change any more."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about how far a status can be relied on. Dates are the record's own; empty: not stated."""

    certainty: Certainty
    verified: str
    """When the sponsor last checked the record."""
    months: int | None
    """Whole months since then."""
    last_known: str
    """For "Unknown": the status before it."""
    overdue: str
    """The planned completion date, where it is past and the study is still said to run."""
    starts_late: str
    """The start date, where it is past and the study is still said not to have begun."""
    copy_months: int | None
    """Whole months since the copy of the registry that this record is from; None: not stated."""

    @property
    def old_copy(self) -> bool:
        """Whether the copy itself is so old that the registry may well say something else by now."""
        return self.copy_months is not None and self.copy_months >= CHECKED_EVERY


def read_standing(trial: Trial, today: date) -> Standing:
    """Return how sure the status is as of a day.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> body = b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"},"statusModule":'
        >>> body += b'{"overallStatus":"RECRUITING","statusVerifiedDate":"2024-01"}}}'
        >>> read_standing(read_json(body), date(2026, 11, 22)).certainty
        'old'
    """
    module = trial.protocolSection.statusModule
    verified = calendar_date(module.statusVerifiedDate)
    months = None if verified is None else _months(verified, today)
    running = module.overallStatus in OPEN
    done, start = trial.completion_date, trial.start_date
    copied = calendar_date(trial.version_holder)
    return Standing(
        certainty=_certainty(module.overallStatus, months),
        verified=str(verified) if verified is not None else "",
        months=months,
        last_known=module.lastKnownStatus,
        overdue=str(done) if running and done is not None and _past(done, today) else "",
        starts_late=(
            str(start)
            if module.overallStatus == "NOT_YET_RECRUITING" and start is not None and _past(start, today)
            else ""
        ),
        copy_months=None if copied is None else _months(copied, today),
    )


def _certainty(status: str, months: int | None) -> Certainty:
    if status == "UNKNOWN":
        return "unknown"
    if status in FINAL:
        return "final"
    if not status or months is None:
        return "unstated"
    return "old" if months >= CHECKED_EVERY else "recent"


def _months(since: PartialDate, today: date) -> int:
    """Whole months, never more than have passed: a month without a day counts from its end."""
    last = since.last
    whole = (today.year - last.year) * 12 + today.month - last.month
    return max(whole - (last.day > today.day), 0)


def _past(when: PartialDate, today: date) -> bool:
    """Whether all of it is over: a month is when its last day is."""
    return when.last < today
