"""Dates as people say them, in the language of the page: "March 8, 2021" rather than "2021-03-08".

Comes in: a date as the registry writes it (a year, a month, a day). Goes out: words. Refuses nothing: what is no
date of the calendar stays as it is.
"""

from __future__ import annotations

from babel.dates import format_date, format_skeleton

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
