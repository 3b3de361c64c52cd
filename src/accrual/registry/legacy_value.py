"""Small values of legacy XML into v2 values: dates, yes/no, labels, and groups without empty fields.

Comes in: trimmed text. Goes out: what v2 JSON would carry. Refuses: nothing; what cannot be read is kept as it
stands (and `ctgov_json` or the caller's list of warnings says so).
"""

from __future__ import annotations

import calendar
import re
from typing import Any, TypeAlias

from accrual.registry.labels import LEGACY

Fields: TypeAlias = dict[str, Any]  # v2 fields on their way into typed Structs; never leaves the readers

_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_MONTH_DATE = re.compile(r"([A-Za-z]+)(?:\s+(\d{1,2}),)?\s+(\d{4})")
_SLASH_DATE = re.compile(r"(\d{1,2})/(\d{4})")

# The labels that legacy XML has beside the registry's own list: the "exceptions" of its `/studies/enums`, and N/A.
_ALSO: dict[str, dict[str, str]] = {
    "date_type": {"anticipated": "ESTIMATED", "estimate": "ESTIMATED"},
    "dispersion": {"n/a": "NA"},
    "observational_model": {"case control": "CASE_CONTROL"},
    "who_masked": {"subject": "PARTICIPANT", "caregiver": "CARE_PROVIDER"},  # the words before 2017
}
_VALUES = {
    kind: {words.casefold(): value for value, words in table.items()} | _ALSO.get(kind, {})
    for kind, table in LEGACY.items()
}


def made(**fields: Any) -> Fields:
    """Return the fields that hold something; an empty text, list or group counts as absent, `False` and 0 do not."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def flag(text: str) -> bool | None:
    """Return True for Yes, False for No, None for anything else."""
    return {"yes": True, "no": False}.get(text.casefold())


def registry_value(kind: str, text: str, warnings: list[str]) -> str:
    """Return the v2 value of a legacy label; an unknown label stays as it stands, with a warning."""
    if not text:
        return ""
    value = _VALUES[kind].get(text.casefold())
    if value is None:
        warnings.append(
            f"{kind.replace('_', ' ')}: {text[:60]!r} is not a label that the registry defines; kept"
        )
        return text
    return value


def iso_date(text: str) -> str:
    """Return a legacy date in ISO form; a text of another form stays as it stands.

    Example:
        >>> iso_date("September 1, 2019"), iso_date("August 2015"), iso_date("04/2017")
        ('2019-09-01', '2015-08', '2017-04')
    """
    if found := _MONTH_DATE.fullmatch(text):
        name, day, year = found.groups()
        if name.lower() in _MONTHS:
            month = _MONTHS.index(name.lower()) + 1
            return f"{year}-{month:02d}-{int(day):02d}" if day else f"{year}-{month:02d}"
    if found := _SLASH_DATE.fullmatch(text):
        return f"{found[2]}-{int(found[1]):02d}"
    return text


def whole_number(text: str, path: str, warnings: list[str]) -> int | None:
    """Return the number, or None with a warning when the text is not a whole number."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        warnings.append(f"{path}: {text[:40]!r} is not a whole number; left out")
        return None
    return int(text)
