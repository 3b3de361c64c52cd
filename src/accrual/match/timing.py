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
from datetime import date, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.basic import PartialDate
from accrual.codes.units import days
from accrual.criteria.tree import Window
from accrual.match.bounds import Bounds
from accrual.patient.model import Patient
from accrual.truth import Truth, TruthArray, agreed_arrays, all_arrays, all_of, not_array

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


def ages_in(bounds: Bounds, unit: str, born: Birth, today: date) -> TruthArray:
    """Say in which intervals the age lies: "up to 65 years" lasts until the day before the 66th birthday.

    "Above 18 years" is certain from the 19th birthday on, and UNKNOWN between the 18th and the 19th.

    Arguments:
        unit: of the bounds: `a`, `mo`, `wk` or `d`.
    """

    def at_least(bound: NDArray[np.float64], is_open: NDArray[np.bool_]) -> TruthArray:
        def reached(day: date) -> TruthArray:
            whole = bound == np.floor(bound)
            age = np.where(whole, completed(day, today, unit), _exact(day, today, unit))
            return np.where((age > bound) | ((age == bound) & ~is_open), np.int8(2), np.int8(0))

        return agreed_arrays(np.stack([reached(born.first), reached(born.last)]))

    low = at_least(bounds.low, bounds.low_open)
    # "> 18 years" of a person of 18 years and 3 months: some count completed years, some the exact age.
    doubt = np.minimum(at_least(bounds.low, np.zeros(len(bounds), np.bool_)), np.int8(Truth.UNKNOWN.rank))
    low = np.where(bounds.low_open & (low == Truth.NO.rank), doubt, low)
    high = not_array(at_least(bounds.high, ~bounds.high_open))
    return all_arrays(np.stack([low, high]))


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


def _years_before(day: date, years: int) -> date:
    year = max(day.year - years, 1)
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
