"""One study as a RIS record, for reference managers.

Comes in: a record, and the tags that are wanted. Goes out: RIS text: a line for each value, `TY` first,
`ER` last, CRLF. Refuses (UnknownFieldError): a tag that no line has.

RIS knows no study of a registry; it goes as an online database entry (`DBASE`). Source of the form: the RIS
specification (Research Information Systems, 2011): two characters, two spaces, a hyphen, a space, the value, no line
ends inside. Which tags carry what is set by hand: the registry's own list is not recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from accrual.basic import PartialDate
from accrual.errors import UnknownFieldError
from accrual.registry.export.address import study_url
from accrual.registry.record import Trial, calendar_date
from accrual.registry.textblock import unescape

_UNKNOWN = "Parameter 'fields' contains invalid RIS tag: '{}'"  # like the registry's words for a CSV column


class Tag(msgspec.Struct, frozen=True):
    """One tag, and the values it has for a study, each on a line of its own."""

    name: str
    read: Callable[[Trial], Iterable[str]]


def select_tags(names: Iterable[str] = ()) -> tuple[Tag, ...]:
    """Return the tags of these names in the order of a record; all of them where no name is given.

    A record has its `TY` and `ER` whatever is asked for.

    Raises:
        UnknownFieldError: no line has this tag; capitals count.

    Example:
        >>> [tag.name for tag in select_tags(["UR", "TI"])]
        ['TI', 'UR']
    """
    wanted = set()
    for name in names:
        if name not in _BY_NAME and name not in ("TY", "ER"):
            raise UnknownFieldError(name, _UNKNOWN)
        wanted.add(name)
    return tuple(tag for tag in TAGS if tag.name in wanted) if wanted else TAGS


def write_ris(trial: Trial, tags: Iterable[Tag]) -> str:
    """Return a study as one RIS record.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> trial = read_json(b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"}}}')
        >>> write_ris(trial, select_tags(["ID"]))
        'TY  - DBASE\\r\\nID  - NCT00000102\\r\\nER  - \\r\\n'
    """
    lines = ["TY  - DBASE"]
    for tag in tags:
        # Line ends would start a new tag, so a value is one line.
        values = (" ".join(value.split()) for value in tag.read(trial))
        lines += (f"{tag.name}  - {value}" for value in values if value)
    lines.append("ER  - ")
    return "\r\n".join(lines) + "\r\n"


def _day(text: str) -> str:
    """Return a date as RIS has it: `2021/03/04/`, parts that are missing empty."""
    found = calendar_date(text)
    if found is None:
        return ""
    return f"{found.year:04d}/{_two(found.month)}/{_two(found.day)}/"


def _two(number: int | None) -> str:
    return "" if number is None else f"{number:02d}"


def _year(date: PartialDate | None) -> str:
    return "" if date is None else f"{date.year:04d}"


TAGS: tuple[Tag, ...] = (
    Tag("DB", lambda t: ("ClinicalTrials.gov",)),
    Tag("DP", lambda t: ("National Library of Medicine (US)",)),
    Tag("CY", lambda t: ("Bethesda (MD)",)),
    Tag("ID", lambda t: (t.nct_id,)),
    Tag("AN", lambda t: (t.nct_id,)),
    Tag("TI", lambda t: (t.title,)),
    Tag("T2", lambda t: (t.official_title,)),
    Tag("ST", lambda t: (t.acronym,)),
    Tag("AU", lambda t: (official.name for official in t.officials)),
    Tag("PB", lambda t: (t.lead_sponsor.name,)),
    Tag("A2", lambda t: (sponsor.name for sponsor in t.collaborators)),
    Tag("PY", lambda t: (_year(t.first_posted),)),
    Tag("DA", lambda t: (_day(t.protocolSection.statusModule.studyFirstPostDateStruct.date),)),
    Tag("ET", lambda t: (t.protocolSection.statusModule.lastUpdatePostDateStruct.date,)),
    Tag("C1", lambda t: (t.status,)),
    Tag("C2", lambda t: (t.study_type,)),
    Tag("C3", lambda t: t.phases),
    Tag("KW", lambda t: dict.fromkeys((*t.conditions, *t.keywords))),
    Tag("AB", lambda t: (unescape(t.summary),)),
    Tag("UR", lambda t: (study_url(t.nct_id),)),
)
"""The tags of a record between `TY` and `ER`, in their order."""
_BY_NAME = {tag.name: tag for tag in TAGS}
