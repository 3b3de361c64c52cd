"""How far a study's status can be relied on: when it was checked, what is late, and one score of how stale it is.

Comes in: a `Trial` and the day it is read on; or just a status and days, out of an index. Goes out: a frozen `Standing`
of facts with its parts; the score, 0 (fresh) to 1 (stale). Refuses nothing: a date that is missing or not on the
calendar leads to no finding, but for the check: one that is not stated counts as never made.

A final status does not go stale: its score is 0 and it has no parts. For any other the score is the sum of value times
share over the parts, and each value grows month by month of the calendar, from 0 to 1 in two years. The shares are set
by hand: a check is what the sponsor says of the whole record, so it weighs half; a date that passed unnoticed says the
same of one field; the age of the copy is no fault of the study's, so it weighs little.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.basic import PartialDate
from accrual.registry.record import Trial, calendar_date

Certainty: TypeAlias = Literal["recent", "old", "unknown", "final", "unstated"]

CHECKED_EVERY: Final = 12
"""Months in which a record has to be looked at again. Source: 42 CFR 11.64(a)(1)."""
STALE_AFTER: Final = 24
"""Months after which nothing is left of a check. Source: the registry calls a study that is past its planned end
"Unknown" when it was not verified for two years (glossary, "Recruitment status")."""

OPEN: Final = frozenset(
    {"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING"}
)
"""Statuses of a study that is still under way."""
FINAL: Final = frozenset(
    {"COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING"}
)
"""Statuses that do not change any more."""
LOST: Final = "UNKNOWN"
"""The status of a study that the registry itself does not vouch for any more."""
NOT_BEGUN: Final = "NOT_YET_RECRUITING"

SHARES: Final[Mapping[str, float]] = {
    "verified": 0.5,
    "unknown": 0.2,
    "overdue": 0.15,
    "late_start": 0.05,
    "copy": 0.1,
}
"""What each part of the score weighs, set by hand (see above).

verified: since the sponsor's last check. unknown: the registry says "Unknown". overdue: since a planned end that passed
while the study is said to run. late_start: since a planned start that passed while it is said not to have begun. copy:
since the copy of the registry was made.
"""


class Part(msgspec.Struct, frozen=True):
    """One part of a score of staleness, which is the sum of value times share."""

    name: str
    value: float
    share: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about how far a status can be relied on. Dates are the record's own; empty: not stated."""

    certainty: Certainty
    staleness: float
    """From 0, as good as checked today, to 1; 0 for a final status."""
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
    parts: tuple[Part, ...]
    """What the score is made of; without those that add nothing."""

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
        >>> found = read_standing(read_json(body), date(2026, 11, 22))
        >>> found.certainty, found.staleness
        ('old', 0.5)
    """
    module = trial.protocolSection.statusModule
    verified = calendar_date(module.statusVerifiedDate)
    months = None if verified is None else _months(verified, today)
    running = module.overallStatus in OPEN
    done, start = trial.completion_date, trial.start_date
    copied = calendar_date(trial.version_holder)
    parts = staleness_parts(
        module.overallStatus,
        today,
        *(None if day is None else day.first for day in (verified, done, start, copied)),
    )
    return Standing(
        certainty=_certainty(module.overallStatus, months),
        staleness=staleness_of(parts),
        verified=str(verified) if verified is not None else "",
        months=months,
        last_known=module.lastKnownStatus,
        overdue=str(done) if running and done is not None and _past(done, today) else "",
        starts_late=(
            str(start)
            if module.overallStatus == NOT_BEGUN and start is not None and _past(start, today)
            else ""
        ),
        copy_months=None if copied is None else _months(copied, today),
        parts=parts,
    )


def staleness_parts(
    status: str,
    today: date,
    verified: date | None,
    completion: date | None,
    start: date | None,
    copied: date | None,
) -> tuple[Part, ...]:
    """Return the parts of the score of a status; a date that lacks its day counts as any day of its month.

    Example:
        >>> staleness_parts("RECRUITING", date(2026, 11, 22), date(2025, 11, 1), None, None, None)
        (Part(name='verified', value=0.5, share=0.5),)
    """
    if status in FINAL:
        return ()
    values = {
        "verified": 1.0 if verified is None else _passed(verified, today),
        "unknown": float(status == LOST),
        "overdue": _passed(completion, today) if status in OPEN or status == LOST else 0.0,
        "late_start": _passed(start, today) if status == NOT_BEGUN else 0.0,
        "copy": _passed(copied, today),
    }
    return tuple(Part(name, round(value, 4), SHARES[name]) for name, value in values.items() if value > 0)


def staleness_of(parts: tuple[Part, ...]) -> float:
    """Return the score that parts come to.

    Example:
        >>> staleness_of((Part("verified", 1.0, 0.5), Part("copy", 0.5, 0.1)))
        0.55
    """
    return round(sum(part.value * part.share for part in parts), 4)


def _passed(since: date | None, today: date) -> float:
    """Return how much of two years passed since a month of the calendar, 0 to 1; 0 where no date is stated."""
    if since is None:
        return 0.0
    months = (today.year - since.year) * 12 + today.month - since.month
    return min(max(months / STALE_AFTER, 0.0), 1.0)


def _certainty(status: str, months: int | None) -> Certainty:
    if status == LOST:
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
