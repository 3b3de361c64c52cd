"""What changed in a record from version to version, side by side.

Comes in: the versions of a study that are here, as registry JSON, oldest first. Goes out: frozen `Version`s, the newest
first, each with its changes in words. Refuses nothing; long texts are cut and say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from accrual.message import Original, counted, joined, word
from accrual.plain.prose import unescape
from accrual.registry.labels import label

LONGEST: Final = 1_500
"""Signs of one side that are shown, set by hand: some 25 lines on a phone."""
BOOKKEEPING: Final = frozenset({"statusModule.lastUpdateSubmitDate", "statusModule.lastUpdatePostDateStruct"})
"""Fields that change with every version: the heading of a version says them."""
DEEPEST: Final = 12
"""Levels of a record that are shown; results, the deepest, have 9."""
SECTIONS: Final = ("protocolSection", "resultsSection", "documentSection")
"""What a sponsor writes; what the registry derives from it is no change."""


class Difference(msgspec.Struct, frozen=True):
    """One field that changed: what it said before and after; empty: nothing."""

    name: str
    before: str
    after: str


class Version(msgspec.Struct, frozen=True):
    """One version: its number here (0 the oldest), its date and status, what changed since the one before."""

    number: int
    date: str
    status: str
    changes: tuple[Difference, ...]


def read_history(records: Sequence[Mapping[str, Any]]) -> tuple[Version, ...]:
    """Return the versions, the newest first.

    Example:
        >>> def body(status):
        ...     return {"protocolSection": {"statusModule": {"overallStatus": status}}}
        >>> read_history([body("RECRUITING"), body("COMPLETED")])[0].changes
        (Difference(name='Overall status', before='RECRUITING', after='COMPLETED'),)
    """
    found: list[Version] = []
    before: dict[str, str] = {}
    for number, record in enumerate(records):
        status = _part(_part(record, "protocolSection"), "statusModule")
        posted = _part(status, "lastUpdatePostDateStruct").get("date", "")
        value = str(status.get("overallStatus", ""))
        now = _fields(record)
        changes = tuple(
            Difference(
                _words(name.rpartition(".")[2]), _short(before.get(name, "")), _short(now.get(name, ""))
            )
            for name in dict.fromkeys((*now, *before))
            if before.get(name) != now.get(name) and name not in BOOKKEEPING
        )
        found.append(
            Version(
                number,
                str(posted or status.get("lastUpdateSubmitDate", "")),
                label("status", value) if value else "",
                changes if number else (),
            )
        )
        before = now
    return tuple(reversed(found))


def _fields(record: Mapping[str, Any]) -> dict[str, str]:
    """Each field of each module as text, by "module.field"."""
    return {
        f"{module}.{field}": _text(value)
        for section in SECTIONS
        for module in _part(record, section)
        for field, value in _part(_part(record, section), module).items()
    }


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a record; empty where the record has something else there."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any, depth: int = 0) -> str:
    """A value as lines: a list one item a line, a group of fields "name: value"."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return "; ".join(f"{_words(name)}: {_text(item, depth + 1)}" for name, item in value.items())
    if isinstance(value, list):
        return "\n".join(_text(item, depth + 1) for item in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return unescape(str(value))


def _words(name: str) -> str:
    """A field's name in words: `briefTitle` is "Brief title"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("Struct").removesuffix("Module"))
    return word(words[:1].upper() + words[1:].lower(), "field")


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return Original(text)
    rest = counted("(%(count)s more sign)", "(%(count)s more signs)", len(text) - LONGEST)
    return joined(" … ", (Original(text[:LONGEST].rstrip()), rest))
