"""Dates in a note: of the note itself, and of what it tells.

Comes in: text, and the note's own date. Goes out: partial dates with their places. Refuses nothing: a date that two
countries read differently keeps its year alone, a date that de-identification has moved is none, and "3 years ago"
is a date only where the note has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from accrual.basic import PartialDate

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH = "(?:" + "|".join(f"{name}|{name[:3]}\\.?|{name[:4]}\\.?" for name in _MONTHS) + ")"
_YEAR = r"(?:19|20)\d\d"
_ABSOLUTE = (
    re.compile(rf"(?P<y>{_YEAR})-(?P<m>\d\d)-(?P<d>\d\d)\b"),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<w>{_MONTH}),? (?P<y>{_YEAR})\b", re.IGNORECASE
    ),
    re.compile(rf"\b(?P<w>{_MONTH}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>{_YEAR})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<w>{_MONTH}),? (?:of )?(?P<y>{_YEAR})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<a>\d{{1,2}})[/.](?P<b>\d{{1,2}})[/.](?P<y>{_YEAR})\b"),
    re.compile(rf"\b(?P<m>\d{{1,2}})/(?P<y>{_YEAR})\b"),
    re.compile(
        rf"\b(?:in|since|from|during|of|until|year|around|circa|early|late|mid) (?P<y>{_YEAR})\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\((?P<y>{_YEAR})\)"),
)
_COUNT = r"(?P<n>\d{1,2}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|several|few|couple of)"
_AGO = re.compile(
    rf"\b{_COUNT} (?P<u>day|week|month|year|yr|wk|mo)s? (?:ago|prior|earlier|before|previously)\b",
    re.IGNORECASE,
)
_FOR = re.compile(
    rf"\b(?:for|over|x) (?:the (?:past|last) )?{_COUNT} ?(?P<u>day|week|month|year|yr)s?\b", re.IGNORECASE
)
_LAST = re.compile(
    r"\b(?:last (?P<u>week|month|year)|(?P<t>yesterday|today|this morning|last night))\b", re.IGNORECASE
)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "twelve": 12}  # fmt: skip
_OWN = re.compile(
    r"(?im)^[ \t]*(?:date(?: of (?:visit|service|note|consultation|examination|referral|letter|admission))?|seen on|"
    r"visit date|note date|dictated|admission date|encounter date|clinic date)\s*:?\s*(?P<date>[^\n]{4,30})"
)
_MOVED = re.compile(r"\[\*\*[^\]]{0,60}\]")


class Told(msgspec.Struct, frozen=True, gc=False):
    """A date at a place of a text: `text[start:end]`."""

    start: int
    end: int
    date: PartialDate | None
    """None: a time that cannot be put on the calendar."""


def note_date(text: str) -> PartialDate | None:
    """Return the date that the note gives itself, in a line of its head or alone on its first line.

    Example:
        >>> str(note_date("Date: 4 March 2026\\nSeen in clinic"))
        '2026-03-04'
    """
    found = _OWN.search(text[:4000])
    line = found.group("date") if found is not None else text.lstrip()[:40].partition("\n")[0]
    told = next(iter(_absolute(line)), None)
    if told is None or (found is None and told.end - told.start < len(line.strip()) - 2):
        return None
    return told.date


def dates_in(text: str, own: PartialDate | None) -> tuple[Told, ...]:
    """Return the dates that a sentence tells, in its order, none overlapping."""
    found = list(_absolute(text))
    for match in _AGO.finditer(text):
        found.append(Told(match.start(), match.end(), _before(own, match.group("n"), match.group("u"))))
    for match in _FOR.finditer(text):
        found.append(Told(match.start(), match.end(), _before(own, match.group("n"), match.group("u"))))
    for match in _LAST.finditer(text):
        if match.group("t"):
            back = 0 if match.group("t").lower() in ("today", "this morning") else 1
            day = _back(own, back)
            found.append(Told(match.start(), match.end(), day))
        else:
            found.append(Told(match.start(), match.end(), _before(own, "1", match.group("u"))))
    found.sort(key=lambda told: (told.start, -told.end))
    kept: list[Told] = []
    for told in found:
        if not kept or told.start >= kept[-1].end:
            kept.append(told)
    return tuple(kept)


def _absolute(text: str) -> Iterator[Told]:
    moved = [(match.start(), match.end()) for match in _MOVED.finditer(text)]
    reached: list[tuple[int, int]] = list(moved)
    for pattern in _ABSOLUTE:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in reached):
                continue
            when = _read({key: value for key, value in match.groupdict().items() if value})
            if when is not None:
                reached.append((match.start(), match.end()))
                yield Told(match.start(), match.end(), when)


def _read(parts: dict[str, str]) -> PartialDate | None:
    year = int(parts["y"])
    month = int(parts["m"]) if "m" in parts else None
    day = int(parts["d"]) if "d" in parts else None
    if "w" in parts:
        low = parts["w"].lower()[:3]
        month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(low))
    if "a" in parts:
        one, other = int(parts["a"]), int(parts["b"])
        if one > 12:
            day, month = one, other
        elif other > 12:
            month, day = one, other
        elif one == other:
            month = day = one
    text = f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")
    try:
        return PartialDate.parse(text)
    except ValueError:
        return None


def _before(own: PartialDate | None, count: str, unit: str) -> PartialDate | None:
    """A stretch of time before the note's date, as exact as its unit: years give a year, months a month."""
    number = int(count) if count.isdigit() else _NUMBERS.get(count.lower())
    if own is None or number is None:
        return None
    kind = unit.lower()[0]
    if kind == "y":
        return PartialDate(own.year - number) if own.year > number else None
    if own.month is None:
        return None
    if kind == "m":
        months = own.year * 12 + own.month - 1 - number
        return PartialDate(months // 12, months % 12 + 1) if months >= 12 else None
    day = _back(own, number * (7 if kind == "w" else 1))
    return PartialDate(day.year, day.month) if day is not None and kind == "w" else day


def _back(own: PartialDate | None, days: int) -> PartialDate | None:
    if own is None or own.day is None or own.month is None:
        return None
    try:
        then = date(own.year, own.month, own.day) - timedelta(days=days)
    except OverflowError:
        return None
    return PartialDate(then.year, then.month, then.day)
