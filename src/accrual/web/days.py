"""Dates and ages as people say them, in the language of the page: "March 8, 2021" rather than "2021-03-08".

Comes in: a date as the registry writes it (a year, a month, a day), or an age. Goes out: words. Refuses nothing: what
is no date of the calendar, or no age, stays as it is.
"""

from __future__ import annotations

from babel.dates import format_date, format_skeleton
from babel.units import format_unit

from accrual.registry.record import calendar_date


def day_words(text: str, language: str = "en") -> str:
    """Return a date in words.

    Example:
        >>> day_words("2021-03"), day_words("2021"), day_words("soon")
        ('March 2021', '2021', 'soon')
        >>> day_words("2021-03-08", "es")
        '8 de marzo de 2021'
    """
    when = calendar_date(text)
    if when is None or when.month is None:
        return text
    if when.day is None:
        return str(format_skeleton("yMMMM", when.first, locale=language))
    return str(format_date(when.first, "long", locale=language))


def age_words(text: str, language: str = "en") -> str:
    """Return an age, as `accrual.plain.age` spells it, in words; whole years stay a number.

    Example:
        >>> age_words("67"), age_words("8 months", "es")
        ('67', '8 meses')
    """
    number, _, unit = text.partition(" ")
    if not number.isdecimal() or unit.removesuffix("s") not in ("month", "week", "day"):
        return text
    return str(format_unit(int(number), f"duration-{unit.removesuffix('s')}", locale=language))
