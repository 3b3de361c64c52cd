"""What changed in a record from version to version, in sentences and side by side.

Comes in: the versions of a study that are here, as registry JSON, oldest first. Goes out: frozen `Version`s, the newest
first, each with its changes in words. Refuses nothing; long texts are cut and say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from accrual.message import Original, counted, joined
from accrual.plain.difference import tell
from accrual.plain.told import Told, Weight
from accrual.registry.difference import path_text
from accrual.registry.labels import label

LONGEST: Final = 1_500
"""Signs of one side that are shown, set by hand: some 25 lines on a phone."""


class Version(msgspec.Struct, frozen=True):
    """One version: its number here (0 the oldest), its date and status, what changed since the one before."""

    number: int
    date: str
    status: str
    changes: tuple[Told, ...]
    bookkeeping: tuple[Told, ...] = ()
    """What the registry and its forms changed by themselves."""


class Step(msgspec.Struct, frozen=True):
    """One difference of the JSON, as `accrual history --json` gives it."""

    kind: str
    path: str
    before: Any
    after: Any


class Sentence(msgspec.Struct, frozen=True):
    """One change, as `accrual history --json` gives it."""

    words: str
    weight: Weight
    section: str
    differences: tuple[Step, ...]


class VersionJson(msgspec.Struct, frozen=True):
    """One version, as `accrual history --json` gives it."""

    number: int
    date: str
    status: str
    changes: tuple[Sentence, ...]


def read_history(records: Sequence[Mapping[str, Any]], first: int = 0) -> tuple[Version, ...]:
    """Return the versions, the newest first.

    Arguments:
        first: the number of the first record, where older ones are left out.

    Example:
        >>> def body(status):
        ...     return {"protocolSection": {"statusModule": {"overallStatus": status}}}
        >>> read_history([body("RECRUITING"), body("COMPLETED")])[0].changes[0].words
        'Recruitment status: Recruiting → Completed'
    """
    found: list[Version] = []
    before: Mapping[str, Any] | None = None
    for number, record in enumerate(records, first):
        told = tell(before, record) if before is not None else ()
        value = str(_status(record).get("overallStatus", ""))
        found.append(
            Version(
                number,
                version_day(record),
                label("status", value) if value else "",
                tuple(each for each in told if each.weight != "bookkeeping"),
                tuple(each for each in told if each.weight == "bookkeeping"),
            )
        )
        before = record
    return tuple(reversed(found))


def version_day(record: Mapping[str, Any]) -> str:
    """Return the day on which a version was posted, or sent where that is not stated; may be empty.

    Example:
        >>> version_day({"protocolSection": {"statusModule": {"lastUpdateSubmitDate": "2026-02-10"}}})
        '2026-02-10'
    """
    status = _status(record)
    posted = _part(status, "lastUpdatePostDateStruct").get("date", "")
    return str(posted or status.get("lastUpdateSubmitDate", ""))


def shortened(text: str) -> str:
    """Return one side of a change as a page shows it: a long text is cut and says so."""
    if len(text) <= LONGEST:
        return Original(text)
    rest = counted("(%(count)s more sign)", "(%(count)s more signs)", len(text) - LONGEST)
    return joined(" … ", (Original(text[:LONGEST].rstrip()), rest))


def history_json(versions: Sequence[Version]) -> tuple[VersionJson, ...]:
    """Return versions as JSON has them: plain English, and every difference of the record with its path."""
    return tuple(
        VersionJson(
            each.number,
            each.date,
            str(each.status),
            tuple(sentence_json(one) for one in (*each.changes, *each.bookkeeping)),
        )
        for each in versions
    )


def sentence_json(one: Told) -> Sentence:
    """Return one change as JSON has it."""
    steps = tuple(
        Step(each.kind, path_text(each.path), _bare(each.before), _bare(each.after))
        for each in one.differences
    )
    return Sentence(str(one.words), one.weight, one.section, steps)


def _bare(value: Any) -> Any:
    """Return a value that JSON can have: words without what they were made of."""
    return str(value) if isinstance(value, str) else value


def _status(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(_part(record, "protocolSection"), "statusModule")


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a record; empty where the record has something else there."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}
