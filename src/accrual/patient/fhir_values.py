"""The value of a FHIR R4 Observation: which variable it measures, and what it says.

Comes in: the bytes of one Observation. Goes out: its facts, one for itself or one for each component, and the
reasons for what could not be used. Refuses (NotUsed): a status that is not final, an observation about somebody
or something else than the patient.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from accrual.basic import PartialDate
from accrual.codes.variables import Variable, variable_by_loinc, variable_named
from accrual.patient.facts import category_fact, number_fact
from accrual.patient.fhir_entries import Entries
from accrual.patient.fhir_types import CodeableConcept, Component, FhirQuantity, Head, Observation
from accrual.patient.ledger import NotUsed
from accrual.patient.mcode import is_special, special_facts
from accrual.patient.model import Fact
from accrual.patient.terms import plain, unit_of

_LOINC = "http://loinc.org"

# Answers that come as a bare code. Sources: LOINC answer lists LL529-9 (ECOG), LL360-9 (positive, negative),
# LL361-7 (present, absent); SNOMED CT 10828004, 260385009.
_ANSWER_CODES: Mapping[str, str] = {
    "LA6576-8": "positive",
    "LA6577-6": "negative",
    "LA9633-4": "present",
    "LA9634-2": "absent",
    "10828004": "positive",
    "260385009": "negative",
    "LA9622-7": "0",
    "LA9623-5": "1",
    "LA9624-3": "2",
    "LA9625-0": "3",
    "LA9626-8": "4",
}


def observed(
    data: msgspec.Raw, name: str, head: Head, entries: Entries
) -> tuple[list[Fact], list[tuple[str, str]]]:
    """Return the facts of an Observation, and (what, why) for each value that was not used.

    Args:
        entries: where a focus is looked up: a tumor's stage has its tumor as focus.

    Raises:
        NotUsed: the whole observation cannot be used.
        ValueError: a date that is not on the calendar; msgspec.ValidationError: a broken shape.
    """
    own = msgspec.json.decode(data, type=Observation)
    if own.status not in ("final", "amended", "corrected"):
        raise NotUsed(f"status {own.status[:40] or 'missing'}: not a final result")
    if any(entries.find(focus.reference, "Condition") is None for focus in own.focus):
        raise NotUsed("it is about something else than the patient (focus)")
    date = _date(own)
    if is_special(own, head):
        return special_facts(own, name, date, head, entries), []
    facts: list[Fact] = []
    problems: list[tuple[str, str]] = []
    parts: list[Component] = (
        [own, *own.component] if _has_value(own) or not own.component else list(own.component)
    )
    for part in parts:
        try:
            facts.append(_fact(part, name, date))
        except NotUsed as reason:
            problems.append((reason.what or "Observation", reason.reason))
    return facts, problems


def _date(own: Observation) -> PartialDate | None:
    period = own.effective_period
    text = own.effective_date_time or own.effective_instant
    if not text and period.start and period.start[:10] == period.end[:10]:
        text = period.start
    # A longer period does not say when the value was true, so the value stays undated.
    return PartialDate.parse(text) if text else None


def _has_value(part: Component) -> bool:
    return any(
        value is not None
        for value in (
            part.value_quantity,
            part.value_codeable_concept,
            part.value_string,
            part.value_integer,
            part.value_boolean,
        )
    )


def _fact(part: Component, name: str, date: PartialDate | None) -> Fact:
    variable = _variable(part.code)
    label = plain(part.code.words()) or variable.name
    if not _has_value(part):
        raise NotUsed("no value in it", f"Observation {variable.id}")
    what = f"Observation {variable.id}"
    if variable.kind == "category":
        return category_fact(variable, _words(part), name, label=label, date=date, what=what)
    own = part.value_quantity
    if own is None:
        number = _plain_number(_words(part))
        if number is None:
            raise NotUsed("its value is not a number", what)
        return number_fact(variable, number, (), name, label=label, date=date, what=what)
    if own.value is None:
        raise NotUsed("no value in it", what)
    low, high = _reference(part)
    return number_fact(
        variable,
        own.value,
        (own.code, own.unit),
        name,
        label=label,
        comparator=own.comparator,
        date=date,
        low=low,
        high=high,
        what=what,
    )


def _variable(code: CodeableConcept) -> Variable:
    loinc = [one.code for one in code.coding if one.system == _LOINC]
    for text in loinc:
        found = variable_by_loinc(text)
        if found is not None and found.id not in ("age", "sex"):
            return found
    what = f"Observation {(loinc or [''])[0]} {plain(code.words())}".rstrip()
    if not loinc:
        # Only without a LOINC code: "Glucose" may be the text of a urine test that LOINC tells apart.
        found = variable_named(plain(code.words()))
        if found is not None and found.id not in ("age", "sex"):
            return found
    raise NotUsed("the tables have no such variable", what)


def _words(part: Component) -> list[str]:
    """The ways a value says itself in words, best first."""
    answer = part.value_codeable_concept
    said = [answer.text, *(one.display for one in answer.coding)] if answer else []
    said += [_ANSWER_CODES.get(one.code, one.code) for one in answer.coding] if answer else []
    if part.value_string is not None:
        said.append(part.value_string)
    if part.value_boolean is not None:
        said.append("yes" if part.value_boolean else "no")
    if part.value_integer is not None:
        said.append(str(part.value_integer))
    return [text for text in said if text] or [""]


def _plain_number(words: list[str]) -> float | None:
    for text in words:
        try:
            number = float(text)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return None


def _reference(part: Component) -> tuple[float | None, float | None]:
    """The laboratory's own limits of normal, when there is one such range and it is in the value's unit."""
    normal = [one for one in part.reference_range if one.type is None or one.type.has("normal")]
    if len(normal) != 1 or part.value_quantity is None:
        return None, None
    return _limit(normal[0].low, part.value_quantity), _limit(normal[0].high, part.value_quantity)


def _limit(limit: FhirQuantity | None, value: FhirQuantity) -> float | None:
    if limit is None or limit.value is None:
        return None
    unit = unit_of(limit.code, limit.unit)
    return limit.value if unit in ("", unit_of(value.code, value.unit)) else None
