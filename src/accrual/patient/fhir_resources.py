"""Each kind of FHIR R4 resource that is read, to facts: what its statuses and dates say.

Comes in: one resource of the patient, and the others that it may point to. Goes out: facts. Refuses (NotUsed): a
status that does not say whether the thing is so. What the statuses mean is written at each table and in
docs/patient.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from accrual.basic import PartialDate
from accrual.codes.concepts import allergy_to
from accrual.codes.qualifiers import qualifier_named
from accrual.codes.variables import variables
from accrual.patient.facts import category_fact
from accrual.patient.fhir_concepts import coded_facts, is_confirmed, is_pregnancy, pregnant
from accrual.patient.fhir_entries import Entries
from accrual.patient.fhir_types import (
    AllergyIntolerance,
    CodeableConcept,
    Condition,
    FamilyMemberHistory,
    Head,
    Immunization,
    Medication,
    MedicationUse,
    Procedure,
)
from accrual.patient.fhir_values import observed
from accrual.patient.ledger import NotUsed
from accrual.patient.mcode import RADIATION, SECONDARY, cancer_facts
from accrual.patient.model import Fact
from accrual.patient.terms import meanings, named, plain

# Condition.clinicalStatus to qualifiers: a status is a statement about the day the record was made.
CLINICAL: Mapping[str, tuple[str, ...]] = {
    "active": ("active",),
    "recurrence": ("active", "recurrent"),
    "relapse": ("active", "relapsed"),
    "inactive": ("inactive",),
    "resolved": ("resolved",),
    "remission": ("in-remission",),
}
# Statuses of the three medication resources: being taken, taken once, said not to be taken. Any other is not used:
# on hold, cancelled, draft, intended, unknown and entered in error do not say whether the drug is taken.
_TAKING = ("active", "in-progress")
_TAKEN = ("completed", "stopped")
_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order", "")


def _condition(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    own = entries.decode(index, Condition)
    asserted = is_confirmed(own.verification_status)
    words = own.clinical_status
    carried = next((CLINICAL[one.code] for one in words.coding if one.code in CLINICAL), ())
    severity = qualifier_named(plain(own.severity.words()).lower()) if own.severity.words() else None
    if severity is not None and severity.id in ("mild", "moderate", "severe"):
        carried = (*carried, severity.id)
    began = own.onset_date_time or own.onset_period.start
    ended = own.abatement_date_time or own.abatement_period.end
    if asserted and "active" in carried and not ended and is_pregnancy(own.code):
        return [pregnant(own.code, name, _date(began))]
    # What was ruled out is not there now; that the patient never had it is more than the record says.
    carried = carried if asserted else ("current",)
    facts = coded_facts(
        "condition",
        own.code,
        name,
        asserted=asserted,
        qualifiers=carried,
        date=_date(began),
        end=_date(ended),
    )
    if head.is_profile(*SECONDARY):
        facts = _at_least(facts, own.code, "metastatic cancer")
    if asserted:
        facts += cancer_facts(own, facts[0], head, entries)
        facts += _staged(own, name, _date(began), entries)
    return facts


def _staged(own: Condition, name: str, began: PartialDate | None, entries: Entries) -> list[Fact]:
    """The stage that a Condition carries itself; where an Observation of the file gives it, that one speaks."""
    facts: list[Fact] = []
    for stage in own.stage:
        seen = any(entries.find(one.reference, "Observation") is not None for one in stage.assessment)
        words = [stage.summary.text, *(part.display or part.code for part in stage.summary.coding)]
        if any(words) and not seen:
            try:
                # The stage has no date of its own in FHIR: it is as old as the condition, or undated.
                told = category_fact(variables()["stage"], [one for one in words if one], name, date=began)
                facts += [told] if told.value not in {fact.value for fact in facts} else []
            except NotUsed as reason:
                entries.ledger.skip(name, "Condition stage", reason.reason)
    return facts


def _allergy(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    own = entries.decode(index, AllergyIntolerance)
    asserted = is_confirmed(own.verification_status)
    over = own.clinical_status.has("inactive", "resolved")
    carried: tuple[str, ...] = ("resolved",) if over else ("active",)
    # The code is the allergy ("penicillin allergy"), or the substance that the patient cannot take.
    code, found = own.code, meanings(own.code.words(), own.code.codes())
    if not any(one.kind == "condition" for one in found):
        allergy = allergy_to(str(found[0].concept) if len(found) == 1 else code.words())
        relation = "intolerance" if own.type == "intolerance" else "allergy"
        if allergy is not None and relation == "allergy":
            code = CodeableConcept(text=allergy.name)
        elif found:
            carried = (*carried, relation)
        else:
            raise NotUsed("it names a substance that the vocabulary does not have")
        if not asserted:
            raise NotUsed("a substance ruled out")
    return coded_facts(
        "condition",
        code,
        name,
        asserted=asserted,
        qualifiers=carried if asserted else ("current",),
        date=_date(own.onset_date_time),
    )


def _observation(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    facts, problems = observed(entries.raw(index), name, head, entries)
    for what, reason in problems:
        entries.ledger.skip(entries.at(index), what, reason)
    return facts


def _medication(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    own = entries.decode(index, MedicationUse)
    kind = head.resource_type
    if own.do_not_perform:
        raise NotUsed("a request not to give a drug")
    if kind == "MedicationRequest" and own.intent not in _ORDERS:
        raise NotUsed("a proposal or a plan, not an order")
    denied = kind == "MedicationStatement" and own.status == "not-taken"
    if own.status not in (*_TAKING, *_TAKEN) and not denied:
        raise NotUsed(f"status {own.status[:40] or 'missing'}: it does not say that the drug is taken")
    begun = own.effective_date_time or own.effective_period.start or own.authored_on
    ended = own.effective_period.end
    if kind == "MedicationAdministration":
        ended = ended or own.effective_date_time  # one administration is over the same day
    carried = ("current",) if denied or own.status in _TAKING else ("past",)
    return coded_facts(
        "drug",
        _product(own, entries),
        name,
        asserted=not denied,
        qualifiers=carried,
        date=None if denied else _date(begun),
        end=None if denied else _date(ended),
        order=kind == "MedicationRequest" and own.status in _TAKING,
    )


def _product(own: MedicationUse, entries: Entries) -> CodeableConcept:
    """The drug itself: written in place, contained, or another resource of the file."""
    if own.medication_codeable_concept is not None:
        return own.medication_codeable_concept
    link = own.medication_reference.reference if own.medication_reference else ""
    if link.startswith("#"):
        inside = (msgspec.json.decode(raw, type=Head) for raw in own.contained)
        for raw, head in zip(own.contained, inside, strict=True):
            if head.id == link[1:] and head.resource_type == "Medication":
                return msgspec.json.decode(raw, type=Medication).code
    found = entries.medication(link) if link else None
    if found is None:
        raise NotUsed("the drug it points to is not in the bundle")
    return msgspec.json.decode(found, type=Medication).code


def _immunization(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    own = entries.decode(index, Immunization)
    if own.status != "completed":
        raise NotUsed(f"status {own.status[:40] or 'missing'}: it does not say that it was given")
    day = _date(own.occurrence_date_time)
    return coded_facts("drug", own.vaccine_code, name, qualifiers=("past",), date=day, end=day)


def _family(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    own = entries.decode(index, FamilyMemberHistory)
    if own.status not in ("partial", "completed"):
        raise NotUsed(f"status {own.status[:40] or 'missing'}: it does not say what the relative had")
    facts: list[Fact] = []
    for part in own.condition:
        facts += coded_facts("condition", part.code, name, qualifiers=("family-history",))
    return facts


def _procedure(index: int, name: str, head: Head, entries: Entries) -> list[Fact]:
    own = entries.decode(index, Procedure)
    if own.status not in ("completed", "in-progress"):
        # not-done: this time it was not done; that it never was is more than the record says.
        raise NotUsed(f"status {own.status[:40] or 'missing'}: it does not say that it was done")
    begun = own.performed_date_time or own.performed_period.start
    ended = own.performed_period.end or own.performed_date_time
    facts = coded_facts(
        "procedure",
        own.code,
        name,
        date=_date(begun),
        end=_date(ended) if own.status == "completed" else None,
    )
    return _at_least(facts, own.code, "radiotherapy") if head.is_profile(*RADIATION) else facts


def _at_least(facts: list[Fact], code: CodeableConcept, known: str) -> list[Fact]:
    """Where the vocabulary lacks what the code names, what the resource's profile itself says of it."""
    if meanings(code.words(), code.codes()):
        return facts
    return [msgspec.structs.replace(fact, concept=one.concept) for fact in facts for one in named(known)]


def _date(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


READERS: Mapping[str, Callable[[int, str, Head, Entries], list[Fact]]] = {
    "Condition": _condition,
    "AllergyIntolerance": _allergy,
    "FamilyMemberHistory": _family,
    "Immunization": _immunization,
    "Observation": _observation,
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "MedicationAdministration": _medication,
    "Procedure": _procedure,
}
"""Every kind of resource that is read: called with its index, its name for messages, its head, and all entries."""
