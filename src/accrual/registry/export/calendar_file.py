"""One study's dates as an iCalendar file, for people's own calendars.

Comes in: a `Trial`. Goes out: iCalendar text (RFC 5545): one all-day event for each date the study names; a month
without a day is an event over the month, a year one over the year. Refuses nothing.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from accrual.registry.export.address import study_url
from accrual.registry.record import Trial, calendar_date

_OCTETS = 74  # RFC 5545, 3.1: a line is 75 octets at most; a continuation begins with one space
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def write_calendar(trial: Trial) -> str:
    r"""Return the study's start, primary completion and completion as events.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> body = b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"},'
        >>> body += b'"statusModule":{"startDateStruct":{"date":"2020-02"}}}}'
        >>> [line for line in write_calendar(read_json(body)).split("\r\n") if line.startswith("DT")][1:]
        ['DTSTART;VALUE=DATE:20200201', 'DTEND;VALUE=DATE:20200301']
    """
    module = trial.protocolSection.statusModule
    updated = calendar_date(trial.last_update)
    stamp = "19700101" if updated is None else f"{updated.first:%Y%m%d}"  # the same record, the same file
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//accrual//trial dates//EN"]
    for name, words, struct in (
        ("start", "Start of trial", module.startDateStruct),
        ("primary", "Main results due from trial", module.primaryCompletionDateStruct),
        ("completion", "End of trial", module.completionDateStruct),
    ):
        when = calendar_date(struct.date)
        if when is None:
            continue
        first, last = when.first, when.last
        end = last + timedelta(days=1) if last < date.max else last
        planned = " (planned)" if struct.type == "ESTIMATED" else ""
        lines += (
            "BEGIN:VEVENT",
            f"UID:{trial.nct_id}-{name}@accrual",
            f"DTSTAMP:{stamp}T000000Z",
            f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
            f"DTEND;VALUE=DATE:{end:%Y%m%d}",
            f"SUMMARY:{_text(f'{words}{planned}: {trial.title}')}",
            f"URL:{study_url(trial.nct_id)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        )
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(words: str) -> str:
    """RFC 5545, 3.3.11: backslash, semicolon and comma are escaped; a value is one line here."""
    line = " ".join(_CONTROL.sub("", words).split())
    return line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> str:
    pieces, room = [""], _OCTETS
    for sign in line:
        size = len(sign.encode("utf-8", "replace"))
        if size > room:
            pieces.append("")
            room = _OCTETS
        pieces[-1] += sign
        room -= size
    return "\r\n ".join(pieces)
