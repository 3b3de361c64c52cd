"""What differs between two versions of a record, field by field: the structure, without words.

Comes in: two records as decoded JSON. Goes out: `Difference`s, in the order of the record; together they make the later
version out of the earlier one, but for the order of lists, which never counts. Refuses nothing: a field that no table
knows is compared like any other, and what is nested beyond reason is compared as a whole.

An item of a list (a site, an outcome, a group) is known again by what names it, then by its words; see `LISTS`. What
says one thing together (a date and its kind, a number of participants and its kind, a contact) is one difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from accrual.alignment import align
from accrual.registry.record import JsonPath

Json: TypeAlias = Any
"""A value of a record as decoded JSON."""

DEEPEST: Final = 40
"""Levels that are compared one by one; the deepest field of the registry's own stands on the tenth."""

TOGETHER: Final = frozenset(
    {
        "enrollmentInfo",
        "expandedAccessInfo",
        "geoPoint",
        "orgStudyIdInfo",
        "responsibleParty",
        "leadSponsor",
        "maskingInfo",
    }
)
"""Groups of fields that say one thing; a date with its kind (`startDateStruct`) is another."""

_P = "protocolSection."
LISTS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    _P + "contactsLocationsModule.locations": (
        ("facility", "city", "state", "zip", "country"),
        ("facility", "city", "country"),
    ),
    _P + "contactsLocationsModule.centralContacts": (("name", "role"),),
    _P + "contactsLocationsModule.overallOfficials": (("name",),),
    _P + "contactsLocationsModule.locations.contacts": (("name", "role"),),
    _P + "armsInterventionsModule.armGroups": (("label",),),
    _P + "armsInterventionsModule.interventions": (("type", "name"), ("name",)),
    _P + "outcomesModule.primaryOutcomes": (("measure", "timeFrame"), ("measure",)),
    _P + "outcomesModule.secondaryOutcomes": (("measure", "timeFrame"), ("measure",)),
    _P + "outcomesModule.otherOutcomes": (("measure", "timeFrame"), ("measure",)),
    _P + "referencesModule.references": (("pmid",), ("citation",)),
    _P + "referencesModule.seeAlsoLinks": (("url",),),
    _P + "referencesModule.availIpds": (("url", "id"),),
    _P + "identificationModule.secondaryIdInfos": (("id",),),
    _P + "sponsorCollaboratorsModule.collaborators": (("name",),),
}
"""Lists of a record, by path → the fields that name an item, the surest first. Of other lists `_NAMES` do."""
_NAMES: Final = (("id",), ("groupId",), ("title",), ("name",), ("label",), ("term",), ("filename",))
_OFTEN_LEFT: Final = frozenset({"state", "zip", "role", "timeFrame"})
"""Of the fields that name an item, those that it may well lack."""
_WORDS: Final = ("measure", "label", "name", "title", "facility", "city", "citation", "term")
"""Fields whose words tell whether an item became another: the name of a thing, not what is said about it."""


class Difference(msgspec.Struct, frozen=True):
    """One difference between two versions of a record."""

    kind: Literal["added", "removed", "changed"]
    path: JsonPath
    """Where it stands. A number is a place in a list of the earlier version; the last one of what was added, in a list
    of the later version."""
    before: Json
    """What the earlier version said; None for what was added."""
    after: Json

    @property
    def field(self) -> str:
        """The dotted path of the field, without places in lists.

        Example:
            >>> Difference("removed", ("a", 3, "b"), 1, None).field
            'a.b'
        """
        return field_of(self.path)


def field_of(path: Sequence[str | int]) -> str:
    """Return the dotted path of a field, without places in lists."""
    return ".".join(step for step in path if isinstance(step, str))


def path_text(path: JsonPath) -> str:
    """Return a path as one text.

    Example:
        >>> path_text(("protocolSection", "locations", 3, "status"))
        'protocolSection.locations[3].status'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def compare(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Difference, ...]:
    """Return what differs between two versions of a record.

    Example:
        >>> [each.kind for each in compare({"a": [1, 2], "b": 1}, {"a": [2, 1], "c": 1})]
        ['added', 'removed']
    """
    return tuple(_compare(dict(before), dict(after), (), 0))


def _compare(before: Json, after: Json, path: JsonPath, depth: int) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict) and depth < DEEPEST and not _is_one(path):
        for name in dict.fromkeys((*after, *before)):
            here = (*path, name)
            there, nothing = _told_apart(before.get(name, after.get(name)), here)
            if there:  # what it holds is told, not that the group came or went
                yield from _compare(before.get(name, nothing), after.get(name, nothing), here, depth + 1)
            elif name not in before:
                yield Difference("added", here, None, after[name])
            elif name not in after:
                yield Difference("removed", here, before[name], None)
            else:
                yield from _compare(before[name], after[name], here, depth + 1)
    elif isinstance(before, list) and isinstance(after, list) and depth < DEEPEST:
        yield from _lists(before, after, path, depth)
    elif _canonical(before) != _canonical(after):
        yield Difference("changed", path, before, after)


def _lists(before: list[Json], after: list[Json], path: JsonPath, depth: int) -> Iterator[Difference]:
    held = Counter(map(_canonical, before))
    if held == Counter(map(_canonical, after)):
        return
    names = LISTS.get(field_of(path), _NAMES)

    def key(fields: tuple[str, ...]) -> Any:
        def named(item: Json) -> tuple[str, ...] | None:
            if not isinstance(item, dict) or any(
                field not in item for field in fields if field not in _OFTEN_LEFT
            ):
                return None
            return tuple(_canonical(item.get(field)).casefold() for field in fields)

        return named

    pairs = align(before, after, [_canonical, *map(key, names)], _words, _may_be)
    for at, to in pairs:
        if at is None and to is not None:
            yield Difference("added", (*path, to), None, after[to])
        elif to is None and at is not None:
            yield Difference("removed", (*path, at), before[at], None)
        elif at is not None and to is not None:
            yield from _compare(before[at], after[to], (*path, at), depth + 1)


def _told_apart(value: Json, path: JsonPath) -> tuple[bool, Json]:
    """Say whether a field that came or went is told by what it holds, and what it was without it.

    A list is, and a module of the protocol; results come as a whole.
    """
    if isinstance(value, list):
        return bool(value), []
    in_protocol = path[0] == "protocolSection" and len(path) <= 2
    return bool(in_protocol and isinstance(value, dict) and value), {}


def _words(item: Json) -> str:
    """The words of an item by which it is known again, changed; a plain text is no item: it is added or removed."""
    if not isinstance(item, dict):
        return ""
    return " ".join(value for name in _WORDS if isinstance(value := item.get(name), str))


def _may_be(before: Json, after: Json) -> bool:
    """Say whether an item may have become another: a site stays in its town ("Research Site" is many)."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    if "country" not in before and "country" not in after:
        return True
    same = [name for name in ("city", "zip") if name in before and before[name] == after.get(name)]
    return bool(same) and before.get("country") == after.get("country")


def _is_one(path: JsonPath) -> bool:
    """Say whether a group of fields says one thing: a date and its kind, a contact."""
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return False
    in_list = isinstance(path[-1], int)
    return (
        names[-1] in TOGETHER
        or (names[-1].endswith("DateStruct") and not in_list)
        or (in_list and names[-1] in ("centralContacts", "overallOfficials", "contacts"))
    )


def _canonical(value: Json, depth: int = 0) -> str:
    """A value as one text, the same whatever the order of its lists and fields; below `DEEPEST` order counts."""
    if depth > DEEPEST:
        return msgspec.json.encode(value, order="sorted").decode()
    if isinstance(value, dict):
        parts = (f"{name!r}:{_canonical(value[name], depth + 1)}" for name in sorted(value))
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted(_canonical(item, depth + 1) for item in value)) + "]"
    return repr(value)
