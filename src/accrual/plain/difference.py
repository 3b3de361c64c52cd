"""What changed between two versions of a record, in sentences: "Recruitment status: Recruiting → Terminated".

Comes in: two records as decoded JSON. Goes out: `Told`s: each a sentence, how much it weighs, what stood there before
and after, and the differences of the JSON that it tells. Refuses nothing. Every difference is told by one sentence;
bookkeeping (what the registry or its forms change by themselves) is told as that.

Here are the order of the parts, and the words of status, dates, numbers, outcomes and results; sites have theirs in
`difference_sites`, criteria in `difference_criteria`, all other fields in `told`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from accrual.message import counted, message
from accrual.plain.difference_criteria import tell_criteria
from accrual.plain.difference_sites import tell_sites
from accrual.plain.told import (
    NAMES,
    Record,
    Told,
    Weight,
    arrow,
    field_words,
    item_name,
    name_of,
    quoted,
    tell_fields,
    told,
    value_text,
)
from accrual.registry.difference import Difference, Json, compare
from accrual.registry.labels import label

Teller: TypeAlias = Callable[[Sequence[Difference], Record, Record], Iterable[Told]]
"""Tells the differences of one part of a record, given both versions."""

_S = "protocolSection.statusModule."
_P = "protocolSection."
DATES: Final[Mapping[str, str]] = {
    _S + "startDateStruct": message("Start"),
    _S + "primaryCompletionDateStruct": message("Primary completion"),
    _S + "completionDateStruct": message("Completion"),
}
"""What a date of the study's life is called in a sentence."""

_OUTCOMES: Final[Mapping[str, str]] = {
    _P + "outcomesModule.primaryOutcomes": message("primary"),
    _P + "outcomesModule.secondaryOutcomes": message("secondary"),
    _P + "outcomesModule.otherOutcomes": message("other"),
}


_ORDER: Final = (
    "statusModule", "eligibilityModule", "outcomesModule", "designModule", "armsInterventionsModule",
    "contactsLocationsModule", "resultsSection", "hasResults", "identificationModule",
)  # fmt: skip


def _first_place(section: str) -> int:
    return _ORDER.index(section) if section in _ORDER else len(_ORDER)


def tell(before: Record, after: Record) -> tuple[Told, ...]:
    """Return what changed between two versions, in sentences: what weighs most comes first.

    Example:
        >>> old, new = ({"protocolSection": {"statusModule": {"overallStatus": value}}}
        ...             for value in ("RECRUITING", "COMPLETED"))
        >>> tell(old, new)[0].words
        'Recruitment status: Recruiting → Completed'
    """
    parts: dict[Teller, list[Difference]] = {}
    tellers: tuple[tuple[str, Teller], ...] = (
        (_P + "eligibilityModule.eligibilityCriteria", tell_criteria),
        (_P + "contactsLocationsModule.locations", tell_sites),
        (_P + "outcomesModule", _tell_outcomes),
        (_P + "designModule.enrollmentInfo", _tell_enrollment),
        (_S, _tell_status),
        ("resultsSection", _tell_results),
        ("hasResults", _tell_results),
        ("derivedSection", _tell_derived),
        ("", tell_fields),
    )
    for difference in compare(before, after):
        teller = next(one for start, one in tellers if difference.field.startswith(start))
        parts.setdefault(teller, []).append(difference)
    told = [each for _, one in tellers if one in parts for each in one(parts.pop(one), before, after)]
    order: dict[Weight, int] = {"main": 0, "other": 1, "bookkeeping": 2}
    return tuple(sorted(told, key=lambda each: (order[each.weight], _first_place(each.section))))


# --- the parts of a record ----------------------------------------------------------------------------------------


def _tell_status(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    held = {each.field: each for each in differences}
    why = held.get(_S + "whyStopped")
    status = held.get(_S + "overallStatus")
    for each in differences:
        if each is status:
            was, now = label("status", str(each.before or "")), label("status", str(each.after or ""))
            words, of = arrow(message("Recruitment status"), was, now), [each]
            if why is not None and why.after:
                of.append(why)
                words = message("%(change)s (why: %(why)s)", change=words, why=quoted(str(why.after)))
            yield told(words, of, value_text(each.before), value_text(each.after))
        elif each is why and status is not None and why.after:
            continue
        elif each.field in DATES:
            yield told(_date_words(each), [each], value_text(each.before), value_text(each.after))
        else:
            yield from tell_fields([each], before, after)


def _date_words(each: Difference) -> str:
    name = DATES[each.field]
    was, was_kind = _date(each.before)
    now, now_kind = _date(each.after)
    if was == now:
        return message(
            "%(name)s, %(day)s: %(before)s → %(after)s",
            name=name,
            day=now,
            before=was_kind or message("kind not stated"),
            after=now_kind or message("kind not stated"),
        )
    kind = f" ({now_kind})" if now_kind else ""
    if not was:
        return message("%(name)s added: %(after)s", name=name, after=_with_kind(now, now_kind))
    if not now:
        return message("%(name)s removed; it was: %(before)s", name=name, before=was)
    if kind and was_kind != now_kind:
        return message(
            "%(name)s moved from %(before)s to %(after)s",
            name=name,
            before=_with_kind(was, was_kind),
            after=_with_kind(now, now_kind),
        )
    return message("%(name)s moved from %(before)s to %(after)s", name=name, before=was, after=now)


def _with_kind(day: str, kind: str) -> str:
    return message("%(day)s (%(kind)s)", day=day, kind=kind) if kind else day


def _date(value: Json) -> tuple[str, str]:
    """The day of a date, and whether it is planned or actual."""
    if not isinstance(value, dict):
        return str(value or ""), ""
    kinds = {"ACTUAL": message("actual"), "ESTIMATED": message("planned")}
    return str(value.get("date") or ""), kinds.get(str(value.get("type")), "")


def _tell_enrollment(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    for each in differences:
        if each.path[-1] != "enrollmentInfo":
            yield from tell_fields([each], before, after)
            continue
        was, now = _enrollment(each.before), _enrollment(each.after)
        if was and now and was[1] == now[1]:
            name = message("Planned enrollment") if now[1] == "ESTIMATED" else message("Enrollment")
            words = arrow(name, was[0], now[0])
        else:
            words = arrow(message("Enrollment"), _people(was), _people(now))
        yield told(words, [each], value_text(each.before), value_text(each.after))


def _enrollment(value: Json) -> tuple[str, str] | None:
    if not isinstance(value, dict) or value.get("count") is None:
        return None
    return str(value["count"]), str(value.get("type") or "")


def _people(found: tuple[str, str] | None) -> str:
    if found is None:
        return ""
    if found[1] == "ESTIMATED":
        return message("%(count)s planned", count=found[0])
    return message("%(count)s actual", count=found[0]) if found[1] == "ACTUAL" else found[0]


def _tell_outcomes(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    """An outcome that went from one list to another is one change: readers of results want to know it."""
    left = {
        _folded(each.before): each for each in differences if each.kind == "removed" and _is_item(each.path)
    }
    come = [each for each in differences if each.kind == "added" and _is_item(each.path)]
    moved: set[int] = set()
    for each in come:
        old = left.get(_folded(each.after))
        if old is not None and old.field != each.field and id(old) not in moved:
            moved |= {id(old), id(each)}
            words = message(
                "Outcome moved from %(before)s to %(after)s: “%(name)s”",
                before=_OUTCOMES.get(old.field, ""),
                after=_OUTCOMES.get(each.field, ""),
                name=quoted(item_name(each.after)),
            )
            yield told(words, [old, each], value_text(old.before), value_text(each.after), "main")
    yield from tell_fields([each for each in differences if id(each) not in moved], before, after)


def _folded(outcome: Json) -> str:
    return " ".join(item_name(outcome).casefold().split())


def _tell_results(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    whole = [each for each in differences if each.field in ("resultsSection", "hasResults")]
    if whole:
        come = any(each.after for each in whole)
        words = message("Results posted") if come else message("Results are no longer posted")
        yield told(words, whole)
    parts: dict[str, list[Difference]] = {}
    for each in differences:
        if each not in whole:
            parts.setdefault(str(each.path[1]), []).append(each)
    for name, some in parts.items():
        words = counted(
            "Results changed: %(part)s, %(count)s place",
            "Results changed: %(part)s, %(count)s places",
            len(some),
            part=field_words(name),
        )
        yield told(words, some, _sides(some, "before"), _sides(some, "after"))


def _tell_derived(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    del before, after
    parts: dict[str, list[Difference]] = {}
    for each in differences:
        parts.setdefault(str(each.path[1]) if len(each.path) > 1 else "", []).append(each)
    for some in parts.values():
        first = some[0]
        if len(some) == 1 and first.field in NAMES:
            words = arrow(NAMES[first.field], value_text(first.before), value_text(first.after))
        else:
            words = message("What the registry itself adds changed: %(part)s", part=name_of(first.field))
        yield told(words, some, _sides(some, "before"), _sides(some, "after"))


def _sides(some: Sequence[Difference], side: Literal["before", "after"]) -> str:
    return "\n".join(filter(None, (value_text(getattr(each, side)) for each in some)))


def _is_item(path: Sequence[str | int]) -> bool:
    return isinstance(path[-1], int)
