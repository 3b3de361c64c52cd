"""The parts of FHIR R4 resources that accrual reads, in FHIR's own names; everything else is skipped unread.

Source: HL7 FHIR R4 (4.0.1), hl7.org/fhir/R4. Comes in: JSON. Goes out: Structs for `fhir.py` alone. Refuses
(msgspec.ValidationError, with the path): a member of the wrong type.
"""

from __future__ import annotations

import msgspec


class Fhir(msgspec.Struct, frozen=True, rename="camel"):
    """Base: members in FHIR's camelCase, unknown members skipped."""


class Coding(Fhir, frozen=True):
    system: str = ""
    code: str = ""
    display: str = ""


class CodeableConcept(Fhir, frozen=True):
    coding: list[Coding] = []
    text: str = ""

    def words(self) -> str:
        """The text, or the first display."""
        return self.text or next((one.display for one in self.coding if one.display), "")

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Pairs of system address and code."""
        return tuple((one.system, one.code) for one in self.coding if one.code)

    def has(self, *codes: str) -> bool:
        """Say whether one of the codings is one of `codes`."""
        return any(one.code in codes for one in self.coding)


class Reference(Fhir, frozen=True):
    reference: str = ""


class Period(Fhir, frozen=True):
    start: str = ""
    end: str = ""


class FhirQuantity(Fhir, frozen=True):
    value: float | None = None
    comparator: str = ""
    unit: str = ""
    code: str = ""


class ReferenceRange(Fhir, frozen=True):
    low: FhirQuantity | None = None
    high: FhirQuantity | None = None
    type: CodeableConcept | None = None


class Extension(Fhir, frozen=True):
    url: str = ""
    value_code: str = ""
    value_decimal: float | None = None
    extension: list[Extension] = []


class Address(Fhir, frozen=True):
    city: str = ""
    state: str = ""
    country: str = ""
    extension: list[Extension] = []


class Meta(Fhir, frozen=True):
    profile: list[str] = []


class Head(Fhir, frozen=True):
    """What every resource has, and the two ways a resource names the patient it is about."""

    resource_type: str = ""
    id: str = ""
    meta: Meta = Meta()
    subject: Reference | None = None
    patient: Reference | None = None

    def is_profile(self, *endings: str) -> bool:
        """Say whether the resource claims a profile whose address ends so."""
        return any(one.rpartition("/")[2].partition("|")[0] in endings for one in self.meta.profile)


class BundleEntry(Fhir, frozen=True):
    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw(b"{}")


class Bundle(Fhir, frozen=True):
    type: str = ""
    entry: list[BundleEntry] = []


class PatientResource(Fhir, frozen=True):
    id: str = ""
    gender: str = ""
    birth_date: str = ""
    deceased_boolean: bool = False
    deceased_date_time: str = ""
    address: list[Address] = []
    extension: list[Extension] = []


class Told(Fhir, frozen=True):
    """An extension of a Condition: mCODE's histology, and the primary cancer of a secondary one."""

    url: str = ""
    value_codeable_concept: CodeableConcept | None = None
    value_reference: Reference | None = None


class Stage(Fhir, frozen=True):
    summary: CodeableConcept = CodeableConcept()
    assessment: list[Reference] = []


class Condition(Fhir, frozen=True):
    extension: list[Told] = []
    body_site: list[CodeableConcept] = []
    stage: list[Stage] = []
    clinical_status: CodeableConcept = CodeableConcept()
    verification_status: CodeableConcept = CodeableConcept()
    severity: CodeableConcept = CodeableConcept()
    code: CodeableConcept = CodeableConcept()
    onset_date_time: str = ""
    onset_period: Period = Period()
    abatement_date_time: str = ""
    abatement_period: Period = Period()


class AllergyIntolerance(Fhir, frozen=True):
    type: str = ""
    clinical_status: CodeableConcept = CodeableConcept()
    verification_status: CodeableConcept = CodeableConcept()
    code: CodeableConcept = CodeableConcept()
    onset_date_time: str = ""


class Component(Fhir, frozen=True):
    code: CodeableConcept = CodeableConcept()
    value_quantity: FhirQuantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    data_absent_reason: CodeableConcept | None = None
    reference_range: list[ReferenceRange] = []


class Observation(Component, frozen=True):
    status: str = ""
    effective_date_time: str = ""
    effective_instant: str = ""
    effective_period: Period = Period()
    focus: list[Reference] = []
    component: list[Component] = []


class Medication(Fhir, frozen=True):
    id: str = ""
    code: CodeableConcept = CodeableConcept()


class MedicationUse(Fhir, frozen=True):
    """MedicationRequest, MedicationStatement and MedicationAdministration in one."""

    status: str = ""
    intent: str = ""
    do_not_perform: bool = False
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    contained: list[msgspec.Raw] = []
    authored_on: str = ""
    effective_date_time: str = ""
    effective_period: Period = Period()


class Procedure(Fhir, frozen=True):
    status: str = ""
    code: CodeableConcept = CodeableConcept()
    performed_date_time: str = ""
    performed_period: Period = Period()


class Immunization(Fhir, frozen=True):
    status: str = ""
    vaccine_code: CodeableConcept = CodeableConcept()
    occurrence_date_time: str = ""


class FamilyCondition(Fhir, frozen=True):
    code: CodeableConcept = CodeableConcept()


class FamilyMemberHistory(Fhir, frozen=True):
    status: str = ""
    condition: list[FamilyCondition] = []
