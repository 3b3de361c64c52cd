"""The value of a FHIR R4 Observation: which variable it measures, and what it says.

Comes in: the bytes of one Observation. Goes out: its facts, one for itself or one for each component, and the
reasons for what could not be used. Refuses (NotUsed): a status that is not final, an observation about somebody
or something else than the patient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, cast

import msgspec

from accrual.basic import PartialDate, Quantity
from accrual.codes.variables import Variable, variable_by_loinc, variable_named
from accrual.patient.fhir_types import CodeableConcept, Component, FhirQuantity, Observation
from accrual.patient.model import Fact, Source
from accrual.patient.terms import category, impossible, plain, quantity, unit_of

Comparator: TypeAlias = Literal["", "<", "<=", ">", ">="]

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


class NotUsed(Exception):  # noqa: N818  # a signal between the FHIR readers, never seen outside
    """An entry that is not used: `reason` says why; `what` names it when its kind is not enough."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.what = what


def observed(
    data: bytes | msgspec.Raw, name: str, is_own: Callable[[str], bool]
) -> tuple[list[Fact], list[tuple[str, str]]]:
    """Return the facts of an Observation, and (what, why) for each value that was not used.

    Args:
        is_own: says whether a reference is to a condition of this patient: a tumor's stage has its tumor as focus.

    Raises:
        NotUsed: the whole observation cannot be used.
        ValueError: a date that is not on the calendar; msgspec.ValidationError: a broken shape.
    """
    own = msgspec.json.decode(data, type=Observation)
    if own.status not in ("final", "amended", "corrected"):
        raise NotUsed(f"status {own.status[:40] or 'missing'}: not a final result")
    if not all(is_own(focus.reference) for focus in own.focus):
        raise NotUsed("it is about something else than the patient (focus)")
    date = _date(own)
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
    if variable.kind == "category":
        return _category_fact(part, variable, label, name, date)
    quantity, comparator, said = _number(part, variable)
    low, high = _reference(part)
    return Fact(
        kind="measurement",
        text=label,
        source=Source(name, f"{label} {said}"),
        variable=variable.id,
        value=quantity,
        comparator=comparator,
        date=date,
        reference_low=low,
        reference_high=high,
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


def _category_fact(
    part: Component, variable: Variable, label: str, name: str, date: PartialDate | None
) -> Fact:
    words = _words(part)
    held = next((value for text in words if (value := category(variable, text)) is not None), None)
    if held is None:
        raise NotUsed(f"its value is none of {', '.join(variable.values)}", f"Observation {variable.id}")
    return Fact(
        kind="measurement",
        text=label,
        source=Source(name, f"{label}: {plain(words[0])}"),
        variable=variable.id,
        value=held,
        date=date,
    )


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


def _number(part: Component, variable: Variable) -> tuple[Quantity, Comparator, str]:
    """Return the quantity, its comparator, and how the chart writes it."""
    what = f"Observation {variable.id}"
    comparator = ""
    own = part.value_quantity
    if own is not None:
        if own.value is None:
            raise NotUsed("no value in it", what)
        comparator = own.comparator
        if comparator not in ("", "<", "<=", ">", ">="):
            raise NotUsed("its comparator is not one of FHIR R4", what)
        found = quantity(variable, own.value, own.code, own.unit)
        said = f"{comparator}{own.value:g} {own.unit or own.code}".rstrip()
    else:
        number = _plain_number(_words(part))
        if number is None:
            raise NotUsed("its value is not a number", what)
        found, said = Quantity(number), f"{number:g}"
    if variable.unit and not found.unit:
        raise NotUsed(f"it has no unit; {variable.name} is measured in {variable.unit}", what)
    problem = impossible(variable, found)
    if problem:
        raise NotUsed(problem, what)
    return found, cast("Comparator", comparator), said


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
