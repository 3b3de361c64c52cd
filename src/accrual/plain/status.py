"""A status in a few words, with how far it can be relied on: "Recruiting (checked 3 years ago)".

Comes in: a registry status and its `Standing`. Goes out: `Message`s, so that any face can say them in its language.
Refuses nothing: a final status has nothing beside it, for it does not go stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from accrual.message import counted, joined, message
from accrual.registry.labels import label
from accrual.registry.standing import Standing

YEARS_FROM: Final = 24
"""Months from which on years are said. Set by hand."""

PART_WORDS: Final[Mapping[str, str]] = {
    "verified": message("time since the sponsor's last check"),
    "unknown": message("the registry itself calls the status unknown"),
    "overdue": message("the planned end has passed"),
    "late_start": message("the planned start has passed"),
    "copy": message("age of this copy of the registry"),
}
"""What each part of the score of staleness tells, by its name."""


def status_words(status: str, standing: Standing | None) -> str:
    """Return a status with what there is to say of it; empty for no status.

    Example:
        >>> from datetime import date
        >>> from accrual.registry.ctgov_json import read_json
        >>> from accrual.registry.standing import read_standing
        >>> body = b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"},"statusModule":'
        >>> body += b'{"overallStatus":"RECRUITING","statusVerifiedDate":"2023-10"}}}'
        >>> status_words("RECRUITING", read_standing(read_json(body), date(2026, 11, 22)))
        'Recruiting (checked 3 years ago)'
    """
    named = label("status", status)
    beside = standing_words(standing)
    return message("%(status)s (%(standing)s)", status=named, standing=beside) if named and beside else named


def standing_words(standing: Standing | None) -> str:
    """Return what stands beside a status: when it was checked, what it was before, what is late; else nothing."""
    if standing is None or standing.certainty == "final":
        return ""
    before = ""
    if standing.certainty == "unknown" and standing.last_known:
        before = message("was: %(status)s", status=label("status", standing.last_known))
    late = ""
    if standing.starts_late:
        late = message("planned start has passed")
    elif standing.overdue:
        late = message("planned end has passed")
    return joined("; ", (before, _checked(standing.months), late))


def staleness_words(standing: Standing) -> str:
    """Return the score with what it is made of, the most first, in one line; nothing for a final status.

    Example:
        >>> from accrual.registry.standing import Part
        >>> standing = Standing(
        ...     certainty="old", staleness=0.3, verified="2025-09", months=14, last_known="", overdue="",
        ...     starts_late="", copy_months=None, parts=(Part("verified", 0.6, 0.5),),
        ... )
        >>> staleness_words(standing)
        "Stale by 30 of 100: time since the sponsor's last check (30)"
    """
    if not standing.parts:
        return ""
    ranked = sorted(standing.parts, key=lambda part: (-part.value * part.share, part.name))
    told = (
        message("%(what)s (%(points)s)", what=PART_WORDS[part.name], points=points)
        for part in ranked
        if (points := round(100 * part.value * part.share))
    )
    score, parts = round(100 * standing.staleness), joined(", ", told)
    return message("Stale by %(score)s of 100: %(parts)s", score=score, parts=parts) if parts else ""


def _checked(months: int | None) -> str:
    if months is None:
        return message("not stated when checked")
    if months == 0:
        return message("checked within a month")
    if months < YEARS_FROM:
        return counted("checked %(count)s month ago", "checked %(count)s months ago", months)
    return message("checked %(years)s years ago", years=months // 12)
