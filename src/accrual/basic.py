"""The smallest shared types: identifiers, text spans, codes, quantities, intervals, partial dates, points.

Comes in: plain strings and numbers. Goes out: frozen values that every other room uses. Refuses: an NCT number
that is not one, an interval whose ends are the wrong way round, a date that is not on the calendar.
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import date
from typing import NewType

import msgspec

from accrual.errors import QueryError
from accrual.message import Original, message

NctId = NewType("NctId", str)

# The registry's own pattern for the parameter `nctId` (API v2 OpenAPI document 2.0.3).
_NCT = re.compile(r"^\s*[Nn][Cc][Tt]0*([1-9]\d{0,7})\s*$")

EARTH_RADIUS_KM = 6371.0088  # mean radius R1, IUGG (Moritz 2000, doi:10.1007/s001900050278)


def nct_id(text: str) -> NctId:
    """Return the NCT number in its one canonical spelling: `nct4785833` becomes `NCT04785833`.

    Raises:
        QueryError: the text is not an NCT number.
    """
    found = _NCT.match(text)
    if found is None:
        raise QueryError(
            message(
                "%(text)s is not an NCT number: write NCT and up to eight digits, like NCT04785833",
                text=Original(repr(text)),
            )
        )
    return NctId(f"NCT{int(found.group(1)):08d}")


def path_words(path: object) -> str:
    r"""Return a path as text that can be written anywhere: bytes of a name that are not UTF-8 as `\udce9` (PEP 383)."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


class Span(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """Half-open character offsets into a source text: `text[start:end]`. JSON: `[start, end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the words this span covers in `text`."""
        return text[self.start : self.end]

    def __or__(self, other: Span) -> Span:
        """Return the smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


class Code(msgspec.Struct, frozen=True, omit_defaults=True):
    """A coded meaning: `Code("accrual", "acute-leukemia", "acute leukemia")`."""

    system: str
    code: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or f"{self.system}:{self.code}"


class Quantity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number with its UCUM unit; `unit` is `""` for plain counts and scores."""

    value: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".rstrip()


class Interval(msgspec.Struct, frozen=True, omit_defaults=True):
    """A range of numbers in one UCUM unit. A missing end is unbounded; an end counts unless it is `open`.

    Example:
        >>> Interval(low=12, high=65, unit="a").contains(65)
        True
    """

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    unit: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(
                f"interval from {self.low:g} to {self.high:g}: the low end is above the high end"
            )

    def contains(self, value: float) -> bool:
        """Say whether `value`, in this interval's unit, lies inside."""
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return above and below

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            text = f"= {self.low:g}"
        elif self.low is None and self.high is None:
            text = "any"
        elif self.high is None:
            text = f"{'>' if self.low_open else '≥'} {self.low:g}"
        elif self.low is None:
            text = f"{'<' if self.high_open else '≤'} {self.high:g}"
        else:
            text = (
                f"{'>' if self.low_open else ''}{self.low:g} to {'<' if self.high_open else ''}{self.high:g}"
            )
        return f"{text} {self.unit}".rstrip()


class PartialDate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A date that may lack its day, or its month and day, as registries and charts write them."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read `2021`, `2021-03`, `2021-03-04` or an ISO date-time (its date is kept).

        Raises:
            ValueError: not a date of the calendar.
        """
        found = re.match(r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?$", text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (int(part) if part else None for part in found.groups())
        assert year is not None
        if year < 1 or (month is not None and not 1 <= month <= 12):
            raise ValueError(f"{text!r} is not on the calendar")
        if day is not None and not 1 <= day <= calendar.monthrange(year, month or 1)[1]:
            raise ValueError(f"{text!r} is not on the calendar")
        return cls(year, month, day)

    @property
    def first(self) -> date:
        """The earliest day this date can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day this date can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        if self.month is not None:
            parts.append(f"{self.month:02d}")
            if self.day is not None:
                parts.append(f"{self.day:02d}")
        return "-".join(parts)


class GeoPoint(msgspec.Struct, frozen=True):
    """A point on the globe in degrees (WGS 84)."""

    lat: float
    lon: float

    def distance_km(self, other: GeoPoint) -> float:
        """Return the great-circle distance in kilometres (haversine formula)."""
        lat1, lon1, lat2, lon2 = map(math.radians, (self.lat, self.lon, other.lat, other.lon))
        half = (
            math.sin((lat2 - lat1) / 2) ** 2
            + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        )
        return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))
