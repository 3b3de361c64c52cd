"""What changed among the eligibility criteria of a study, in sentences: "Inclusion criterion added: …".

Comes in: the difference of the criteria's text, and both versions. Goes out: `Told`s: a sentence for each criterion
that was added, removed, changed or said in other words. A criterion that only stands elsewhere, or is laid out
otherwise, is no change; where nothing else differs, that is told as bookkeeping. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accrual.alignment import changed_words, words_of
from accrual.criteria.compile import compile_text
from accrual.criteria.difference import CriterionDifference, compare_criteria
from accrual.criteria.tree import Criterion, Kind
from accrual.message import Original, message
from accrual.plain.prose import statement, unescape
from accrual.plain.told import Record, Told, changed_quotes, item_at, quoted, told, value_text
from accrual.registry.difference import Difference, Json

_KINDS: dict[Kind, str] = {
    "inclusion": message("Inclusion criterion"),
    "exclusion": message("Exclusion criterion"),
}


def tell_criteria(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    """Return what changed among the criteria."""
    for each in differences:
        old, new = _text(each.before), _text(each.after)
        found = compare_criteria(_compiled(old, before), _compiled(new, after))
        for one in found:
            was, now = criterion_sides(one)
            kind = "changed" if one.kind == "reworded" else one.kind
            own = Difference(kind, each.path, str(was) or None, str(now) or None)  # its own words alone
            yield told(criterion_words(one), [own], was, now, "other" if one.kind == "reworded" else "main")
        if found:
            continue
        first, second = words_of(unescape(old)), words_of(unescape(new))
        was, now = value_text(each.before), value_text(each.after)
        if first == second:
            yield told(message("Only the layout of the criteria changed"), [each], was, now, "bookkeeping")
        elif sorted(first) == sorted(second):
            yield told(message("Only the order of the criteria changed"), [each], was, now, "bookkeeping")
        else:
            before_words, after_words = changed_words(
                " ".join(unescape(old).split()), " ".join(unescape(new).split())
            )
            words = message(
                "Words beside the criteria changed: “%(before)s” → “%(after)s”",
                before=quoted(before_words),
                after=quoted(after_words),
            )
            yield told(words, [each], was, now, "other")


def criterion_words(one: CriterionDifference) -> str:
    """Return one criterion's change as a sentence."""
    criterion = one.after or one.before
    assert criterion is not None  # a difference has one side at least
    kind = _KINDS[criterion.kind]
    was, now = criterion_sides(one)
    if one.kind == "added":
        return message("%(kind)s added: “%(words)s”", kind=kind, words=quoted(now))
    if one.kind == "removed":
        return message("%(kind)s removed: “%(words)s”", kind=kind, words=quoted(was))
    if one.before is not None and one.after is not None and one.before.kind != one.after.kind:
        return message(
            "Criterion moved from %(before)s to %(after)s: “%(words)s”",
            before=_LIST[one.before.kind],
            after=_LIST[one.after.kind],
            words=quoted(now),
        )
    before, after = changed_quotes(was, now)
    if before == after:  # the words are the same, and what stands around them makes them say something else
        return message(
            "%(kind)s stands elsewhere and is read otherwise: “%(words)s”", kind=kind, words=quoted(now)
        )
    if one.kind == "reworded":
        return message(
            "%(kind)s said in other words: “%(before)s” → “%(after)s”", kind=kind, before=before, after=after
        )
    return message("%(kind)s changed: “%(before)s” → “%(after)s”", kind=kind, before=before, after=after)


_LIST: dict[Kind, str] = {"inclusion": message("inclusion"), "exclusion": message("exclusion")}


def criterion_sides(one: CriterionDifference) -> tuple[str, str]:
    """Return a criterion's words in both versions; empty where it does not stand."""
    return _words(one.before), _words(one.after)


def _words(criterion: Criterion | None) -> str:
    return Original(statement(criterion.text)) if criterion is not None else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _compiled(text: str, record: Record) -> tuple[Criterion, ...]:
    """Compile a text as it is read in its record: the conditions studied keep nobody out."""
    found = item_at(record, ("protocolSection", "conditionsModule", "conditions"))
    return compile_text(
        text, [one for one in found if isinstance(one, str)] if isinstance(found, list) else ()
    )
