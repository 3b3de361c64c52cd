"""Dates, ages and numbers, as records hold them and as a range names them.

Comes in: text of a record's field, or an end of `RANGE[low, high]`. Goes out: numbers that compare. Refuses nothing:
what is no such value is None.

One rule for dates: what a query names is all the days it may mean (`2022` is the whole year, so `RANGE[2021, 2022]`
ends on 31 December 2022), and a record's date that lacks its day counts as the first one it may be. The registry's
OpenAPI document gives `AREA[StartDate]2022` as its example.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from accrual.basic import PartialDate

Measure: TypeAlias = Literal["date", "age", "number"]
"""What the values of a field are compared as."""

LEAST = "MIN"
MOST = "MAX"

_US_DATE = re.compile(r"^(\d{1,2})/(?:(\d{1,2})/)?(\d{4})$", re.ASCII)
_AGE = re.compile(r"^(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]*)$", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(
    r"^[+-]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:e[+-]?\d{1,3})?$", re.ASCII | re.IGNORECASE
)

# A year of 365.25 days, a month is its twelfth: no age of whole months or weeks loses anything in minutes.
_MINUTES = {
    "year": 525_960,
    "month": 43_830,
    "week": 10_080,
    "day": 1_440,
    "hour": 60,
    "minute": 1,
}


class Days(NamedTuple):
    """The days that a date may mean, both included, as `date.toordinal` counts them."""

    first: int
    last: int


def read_days(text: str) -> Days | None:
    """Return the days that a date names: ISO (`2016`, `2016-01`, `2016-01-15`) or US (`01/15/2016`, `01/2016`).

    Example:
        >>> read_days("02/2016") == read_days("2016-02")
        True
    """
    text = text.strip()
    if american := _US_DATE.match(text):
        month, day, year = american.groups()
        text = f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else "")
    if not text.isascii():
        return None
    try:
        named = PartialDate.parse(text)
    except ValueError:
        return None
    return Days(named.first.toordinal(), named.last.toordinal())


def read_day(text: str) -> int | None:
    """Return the day of a record's date, the first of those it may be.

    Example:
        >>> read_day("2016-02") == read_day("2016-02-01")
        True
    """
    days = read_days(text)
    return None if days is None else days.first


def read_age(text: str) -> int | None:
    """Return an age in minutes: `18 Years`, `6 months`, `2 Weeks`, `1 Day`, `12 Hours`; `18` alone is years.

    Example:
        >>> read_age("12 months") == read_age("1 Year") == read_age("1")
        True
    """
    found = _AGE.match(text.strip())
    if found is None:
        return None
    unit = found.group(2).lower() or "year"
    minutes = _MINUTES.get(unit.removesuffix("s"))
    return None if minutes is None else round(float(found.group(1)) * minutes)


MOST_MINUTES = 1_000 * _MINUTES["year"]
"""An age that nobody reaches: stands for "no upper limit". Set by hand."""


def read_age_end(text: str) -> int | None:
    """Return when an age is over, in minutes: who is `17 Years` old is so until the 18th birthday.

    Example:
        >>> read_age_end("17 Years") == read_age("18 Years")
        True
    """
    first = read_age(text)
    found = _AGE.match(text.strip())
    if first is None or found is None:
        return None
    unit = (found.group(2).lower() or "year").removesuffix("s")
    return first + _MINUTES[unit]


def read_number(text: str) -> float | None:
    """Return a finite number.

    Example:
        >>> read_number("-1.5")
        -1.5
    """
    text = text.strip()
    if not _NUMBER.match(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


READERS: Mapping[Measure, Callable[[str], object]] = {
    "date": read_days,
    "age": read_age,
    "number": read_number,
}
"""How an end of a range is read, for each measure."""

_MEASURES: Mapping[str, Measure] = {
    "date": "date",
    "PartialDate": "date",
    "DateTimeMinutes": "date",
    "time": "age",
    "integer": "number",
    "number": "number",
}


def measure_of(field_type: str) -> Measure | None:
    """Return what the values of fields of a type are compared as; None where they are words, or have no order.

    Example:
        >>> measure_of("PartialDate")
        'date'
    """
    return _MEASURES.get(field_type)
