"""Why a trial's verdict for a patient changed: the trial's words, the calendar, or the patient's own file.

Comes in: the verdict of the last run, the record of then and of now, the day of then and of now, the patient as he is
now. Goes out: `Cause`s with the trial's words from both versions. Refuses nothing: what cannot be told is said.

The cause is found by turning one thing at a time: the patient as he is now is decided on the record and the day of then
(another verdict than was kept: his file changed, or this program), then on the record of now (the record), then on the
day of now (the calendar). So nothing of the patient is ever kept to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TypeAlias

import msgspec

from accrual.criteria.difference import align_criteria, compare_criteria
from accrual.criteria.groups import OTHERS
from accrual.criteria.tree import CompiledTrial, Criterion
from accrual.errors import RecordError
from accrual.match.evaluate import Screener
from accrual.match.verdict import Assumption, CriterionVerdict, FieldVerdict, Screening, Verdict
from accrual.patient.model import Patient
from accrual.plain.difference_criteria import criterion_words
from accrual.plain.prose import statement
from accrual.plain.screening import field_words
from accrual.plain.told import quoted
from accrual.reading import compile_record
from accrual.truth import Truth
from accrual.watch.news import Cause, Why

Held: TypeAlias = Truth | None
"""What a criterion says for the patient: YES for, NO against; None: it does not stand there."""


class Bearing(msgspec.Struct, frozen=True):
    """A criterion or field, in both versions, and what each says for the patient."""

    old: CriterionVerdict | FieldVerdict | None
    new: CriterionVerdict | FieldVerdict | None
    was: Held
    now: Held
    words: str
    """What changed of its words, as a sentence; empty: nothing."""


class Then(msgspec.Struct, frozen=True):
    """What was at the last run."""

    verdict: Verdict
    day: date
    body: bytes | None
    """The record; None where that version is not kept here."""
    same_program: bool


def causes_of(
    then: Then, now: CompiledTrial, patient: Patient, today: date, assumption: Assumption
) -> tuple[Cause, ...]:
    """Return why the verdict is another than then.

    Example:
        >>> causes_of(then, compiled, patient, date(2026, 11, 22), "open")[0].words
        'Exclusion criterion added: “Prior organ transplant”'
    """
    if then.body is None:
        return (Cause("unknown", "The record changed, and its earlier version is not kept here."),)
    try:
        old = compile_record(then.body)
    except RecordError:
        return (Cause("unknown", "The record's earlier version cannot be read any more."),)
    before = Screener(patient, then.day, assumption).screen(old)
    between = Screener(patient, then.day, assumption).screen(now)
    after = Screener(patient, today, assumption).screen(now)
    found: list[Cause] = []
    if before.verdict != then.verdict:
        found += _not_the_trial(then, before)
    if between.verdict != before.verdict:
        found += _of_record(old, now, before, between)
    if after.verdict != between.verdict:
        found += _of_calendar(now, between, after)
    return tuple(dict.fromkeys(found)) or (Cause("unknown", "What changed cannot be told."),)


def _not_the_trial(then: Then, before: Screening) -> Iterator[Cause]:
    """The patient's file, or this program, says otherwise; of then only the verdict is known."""
    why: Why = "patient" if then.same_program else "program"
    said = (
        "The patient's file says otherwise than at the last run"
        if then.same_program
        else "This program reads otherwise than at the last run, or the patient's file changed"
    )
    against = [one for one in before.criteria if _of_criterion(one) is Truth.NO and one.group is None]
    fields = [one for one in before.fields if one.holds is Truth.NO]
    if before.verdict == "ineligible" and (against or fields):
        for criterion in against:
            yield Cause(
                why, f"{said}: “{quoted(criterion.text)}” now rules out", after=statement(criterion.text)
            )
        for field in fields:
            words = field_words(field.field, field.text)
            yield Cause(why, f"{said}: {words} now rules out", after=str(words))
    else:
        yield Cause(why, f"{said}.")


def _of_record(
    old: CompiledTrial, now: CompiledTrial, before: Screening, after: Screening
) -> Iterator[Cause]:
    pairs = list(_bearings(old, now, before, after))
    bearing = [one for one in pairs if _bears(before.verdict, after.verdict, one)]
    for one in bearing or [one for one in pairs if one.words]:
        words = one.words or f"“{quoted(_text(one.new or one.old))}” is read otherwise beside the others"
        yield Cause("record", words, _text(one.old), _text(one.new))
    if not pairs:
        yield Cause("record", "The groups that the criteria stand under changed.")


def _of_calendar(now: CompiledTrial, before: Screening, after: Screening) -> Iterator[Cause]:
    for one in _bearings(now, now, before, after):
        if not _bears(before.verdict, after.verdict, one):
            continue
        said = {
            Truth.NO: "now speaks against",
            Truth.YES: "does not speak against any more",
            Truth.UNKNOWN: "is not known any more",
        }[one.now if one.now is not None else Truth.UNKNOWN]
        text = _text(one.new)
        yield Cause("calendar", f"The calendar alone: “{quoted(text)}” {said}", text, text)


def _bearings(
    old: CompiledTrial, now: CompiledTrial, before: Screening, after: Screening
) -> Iterator[Bearing]:
    """Pair what was decided then with what is decided now; leave out what says the same in both."""
    decided_before = dict(zip(map(id, old.criteria), before.criteria, strict=True))
    decided_after = dict(zip(map(id, now.criteria), after.criteria, strict=True))
    words = {
        (id(one.before), id(one.after)): str(criterion_words(one))
        for one in (compare_criteria(old.criteria, now.criteria) if old is not now else ())
    }
    for first, second in align_criteria(old.criteria, now.criteria):
        one = _decided(first, decided_before)
        other = _decided(second, decided_after)
        was, held = _of_criterion(one), _of_criterion(other)
        if was is not held:
            yield Bearing(one, other, was, held, words.get((id(first), id(second)), ""))
    fields_before = {each.field: each for each in before.fields}
    fields_after = {each.field: each for each in after.fields}
    for name in dict.fromkeys((*fields_before, *fields_after)):
        field, later = fields_before.get(name), fields_after.get(name)
        was, held = (field.holds if field else None), (later.holds if later else None)
        if was is not held:
            yield Bearing(field, later, was, held, _field_words(field, later))


def _decided(criterion: Criterion | None, decided: dict[int, CriterionVerdict]) -> CriterionVerdict | None:
    return decided[id(criterion)] if criterion is not None else None


def _of_criterion(one: CriterionVerdict | None) -> Held:
    if one is None or (one.group is not None and one.group.kind == OTHERS):
        return None
    return one.holds if one.kind == "inclusion" else ~one.holds


def _bears(before: Verdict, after: Verdict, one: Bearing) -> bool:
    """Say whether what changed of a criterion is a reason for the change of the verdict."""
    if after == "ineligible":
        return one.now is Truth.NO
    if before == "ineligible":
        return one.was is Truth.NO
    if after == "undetermined":
        return one.now is Truth.UNKNOWN
    return one.was is Truth.UNKNOWN


def _field_words(old: FieldVerdict | None, new: FieldVerdict | None) -> str:
    before = field_words(old.field, old.text) if old is not None else ""
    after = field_words(new.field, new.text) if new is not None else ""
    if before and after:
        return f"{before} → {after}" if before != after else ""
    return f"Added: {after}" if after else f"Removed: {before}"


def _text(one: CriterionVerdict | FieldVerdict | None) -> str:
    if one is None:
        return ""
    return str(field_words(one.field, one.text)) if isinstance(one, FieldVerdict) else statement(one.text)
