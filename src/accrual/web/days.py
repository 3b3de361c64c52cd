"""Dates as people say them, in the language of the page: "8 March 2021" rather than "2021-03-08".

Comes in: a date as the registry writes it (a year, a month, a day). Goes out: words. Refuses nothing: what is no date of
the calendar stays as it is.
"""

from __future__ import annotations

from babel.dates import format_skeleton

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
    skeleton = "yMMMM" if when.day is None else "yMMMMd"
    return str(format_skeleton(skeleton, when.first, locale=language))
