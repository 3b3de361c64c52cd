"""Time: how old a patient is, and whether a day lies inside a criterion's window, when dates may lack a part.

Comes in: partial dates, windows, today. Goes out: a Truth that is certain only when every day the date can mean
gives the same answer. Refuses nothing; a window that hangs on a day nobody knows (surgery, diagnosis, the future)
is UNKNOWN.

Today stands for the anchors screening, enrollment, randomization, treatment and now: the patient is decided as if
the trial began today.
"""

from __future__ import annotations

import calendar
import functools
from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from accrual.basic import Interval, PartialDate
from accrual.codes.units import days
from accrual.criteria.tree import Window
from accrual.patient.model import Patient
from accrual.truth import Truth, all_of

TODAY_ANCHORS = ("screening", "enrollment", "randomization", "treatment", "now", "")

UNIT_WORDS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours"}


class Birth(msgspec.Struct, frozen=True):
    """The days on which the patient may have been born."""

    first: date
    last: date


def birth(patient: Patient, today: date) -> Birth | None:
    """Return when the patient was born, from the birth date or from an age as of a day; None when unknown.

    An age in whole years as of a day leaves one year of birth days. A birth after today is not known.
    """
    if patient.birth_date is not None:
        found = Birth(patient.birth_date.first, min(patient.birth_date.last, today))
        return found if found.first <= today else None
    if patient.age_years is None:
        return None
    stated = patient.age_date
    first, last = (stated.first, min(stated.last, today)) if stated is not None else (today, today)
    if first > today:
        return None
    years = patient.age_years
    if years == int(years):
        # Completed years: the patient has had that birthday and not the next.
        return Birth(
            _years_before(first, int(years) + 1) + timedelta(days=1), _years_before(last, int(years))
        )
    # A fraction is as precise as its last decimal: 0.5 is 0.45 to 0.55 years of 365.25 days (Julian year).
    half_step = 0.5 * 10.0 ** -len(f"{years:g}".partition(".")[2])
    return Birth(
        first - timedelta(days=(years + half_step) * 365.25),
        last - timedelta(days=(years - half_step) * 365.25),
    )


def completed(born: date, today: date, unit: str) -> int:
    """Return the age in whole, completed units (`a`, `mo`, `wk`, `d`); a child of 23 months is not yet 2 years.

    Source: ICH E11(R1), 2.5: age classes are counted in completed days, months or years.
    """
    if unit in ("wk", "d"):
        return (today - born).days // (7 if unit == "wk" else 1)
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    return months // 12 if unit == "a" else months


def _exact(born: date, today: date, unit: str) -> float:
    """Return the age with its fraction, for bounds that have one (2.5 years)."""
    mean_days = {"a": 365.2425, "mo": 365.2425 / 12, "wk": 7.0, "d": 1.0}  # Gregorian mean year
    return (today - born).days / mean_days[unit]


def age_in(interval: Interval, born: Birth, today: date) -> Truth:
    """Say whether the age lies in the interval: "up to 65 years" lasts until the day before the 66th birthday.

    "Above 18 years" is certain from the 19th birthday on, and UNKNOWN between the 18th and the 19th.
    """

    def at_least(bound: float, is_open: bool) -> Truth:
        def reached(day: date) -> bool:
            if bound == int(bound):
                age: float = completed(day, today, interval.unit)
            else:
                age = _exact(day, today, interval.unit)
            return age > bound if is_open else age >= bound

        return _every(reached, (born.first, born.last))

    low = Truth.YES if interval.low is None else at_least(interval.low, interval.low_open)
    if interval.low is not None and interval.low_open and low is Truth.NO:
        # "> 18 years" of a person of 18 years and 3 months: some count completed years, some the exact age.
        low = at_least(interval.low, False) & Truth.UNKNOWN
    high = Truth.YES if interval.high is None else ~at_least(interval.high, not interval.high_open)
    return low & high


def age_words(born: Birth, today: date, unit: str) -> str:
    """Return "25" or, when the birth date is not exact, "24 to 25"."""
    oldest, youngest = completed(born.first, today, unit), completed(born.last, today, unit)
    return f"{oldest}" if oldest == youngest else f"{youngest} to {oldest}"


@functools.lru_cache(maxsize=16_384)  # the windows of trials are few, and each is asked of every dated fact
def inside(when: PartialDate, window: Window, today: date) -> Truth:
    """Say whether a day lies inside a window that ends today."""
    if not hangs_on_today(window) or window.direction == "throughout":
        return Truth.UNKNOWN  # a single day says nothing of a stretch of time
    # A day is known to the day: for hours, an event "yesterday" is 0 to 48 hours old.
    slack = 1 if window.distance.unit == "h" else 0
    newest = max((today - when.last).days - slack, 0)
    oldest = (today - when.first).days + slack
    return all_of((_not_older(newest, oldest, window), _not_newer(newest, oldest, window)))


def hangs_on_today(window: Window) -> bool:
    """Say whether the window can be laid out from today, backwards."""
    return (
        window.anchor in TODAY_ANCHORS
        and window.direction != "after"
        and window.distance.unit in UNIT_WORDS  # nobody knows how long a half-life is
    )


def lies_behind(window: Window) -> bool:
    """Say whether the window lies in the past, so that who never had a thing did not have it there.

    What comes after the trial's own moments is still to come.
    """
    return not (window.anchor in TODAY_ANCHORS and window.direction == "after")


def reaches_today(window: Window) -> bool:
    """Say whether the window's near end is today itself ("within 3 months before", not "more than 3 months ago")."""
    near = window.distance.low
    return hangs_on_today(window) and (window.direction == "about" or near is None or near == 0)


def over_by(window: Window, day: date, today: date) -> bool:
    """Say whether the whole window certainly lies before `day`, so that what was known on that day covers it."""
    if not hangs_on_today(window) or reaches_today(window):
        return False
    shortest, _ = days(window.distance.low or 0, window.distance.unit)
    return (today - day).days <= shortest


def recent(day: PartialDate, today: date, limit_days: int) -> bool:
    """Say whether a day certainly lies within the last `limit_days`."""
    return (today - day.first).days <= limit_days


def ended(day: PartialDate, today: date) -> Truth:
    """Say whether an end date has been reached."""
    if day.last <= today:
        return Truth.YES
    return Truth.NO if day.first > today else Truth.UNKNOWN


def _not_older(newest: int, oldest: int, window: Window) -> Truth:
    if window.distance.high is None:
        return Truth.YES
    shortest, longest = days(window.distance.high, window.distance.unit)
    if window.distance.high_open:
        return Truth.YES if oldest < shortest else Truth.NO if newest >= longest else Truth.UNKNOWN
    return Truth.YES if oldest <= shortest else Truth.NO if newest > longest else Truth.UNKNOWN


def _not_newer(newest: int, oldest: int, window: Window) -> Truth:
    if window.direction == "about" or not window.distance.low:
        return Truth.YES
    shortest, longest = days(window.distance.low, window.distance.unit)
    if window.distance.low_open:
        return Truth.YES if newest > longest else Truth.NO if oldest <= shortest else Truth.UNKNOWN
    return Truth.YES if newest >= longest else Truth.NO if oldest < shortest else Truth.UNKNOWN


def _every(test: Callable[[date], bool], ends: tuple[date, date]) -> Truth:
    answers = [test(day) for day in ends]
    return Truth.of(answers[0]) if answers[0] == answers[1] else Truth.UNKNOWN


def _years_before(day: date, years: int) -> date:
    year = max(day.year - years, 1)
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
