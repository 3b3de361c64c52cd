"""The parts of a GA4GH phenopacket that accrual reads, in its own names; everything else is skipped unread.

Source: Phenopacket Schema 2.0 (phenopacket-schema.readthedocs.io; Jacobsen 2022, doi:10.1038/s41587-022-01357-4).
Comes in: JSON. Goes out: Structs for `phenopacket` alone. Refuses (msgspec.ValidationError, with the path): a member
of the wrong type.
"""

from __future__ import annotations

import re

import msgspec

_AGE = re.compile(r"^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?$")


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """Base: members in the schema's camelCase, unknown members skipped."""


class OntologyClass(Part, frozen=True):
    id: str = ""
    label: str = ""


class Age(Part, frozen=True):
    iso8601duration: str = ""

    def parts(self) -> tuple[int, int, int] | None:
        """Years, months and days of the duration; None when it is none."""
        found = _AGE.match(self.iso8601duration)
        if found is None or not any(found.groups()):
            return None
        years, months, weeks, days = (int(part or 0) for part in found.groups())
        return years + months // 12, months % 12, weeks * 7 + days


class AgeRange(Part, frozen=True):
    start: Age = Age()
    end: Age = Age()


class GestationalAge(Part, frozen=True):
    weeks: int = 0


class TimeInterval(Part, frozen=True):
    start: str = ""
    end: str = ""


class TimeElement(Part, frozen=True):
    """One of: an age, a range of ages, an age of gestation, a class ("Childhood onset"), a time, an interval."""

    age: Age | None = None
    age_range: AgeRange | None = None
    gestational_age: GestationalAge | None = None
    ontology_class: OntologyClass | None = None
    timestamp: str = ""
    interval: TimeInterval | None = None


class VitalStatus(Part, frozen=True):
    status: str = ""


class Individual(Part, frozen=True):
    id: str = ""
    sex: str = ""
    date_of_birth: str = ""
    time_at_last_encounter: TimeElement = TimeElement()
    vital_status: VitalStatus = VitalStatus()


class PhenotypicFeature(Part, frozen=True):
    type: OntologyClass = OntologyClass()
    excluded: bool = False
    negated: bool = False
    """What version 1 called `excluded`."""
    severity: OntologyClass = OntologyClass()
    modifiers: list[OntologyClass] = []
    onset: TimeElement = TimeElement()
    resolution: TimeElement = TimeElement()


class Disease(Part, frozen=True):
    term: OntologyClass = OntologyClass()
    excluded: bool = False
    onset: TimeElement = TimeElement()
    resolution: TimeElement = TimeElement()
    disease_stage: list[OntologyClass] = []
    clinical_tnm_finding: list[OntologyClass] = []


class ReferenceRange(Part, frozen=True):
    unit: OntologyClass = OntologyClass()
    low: float | None = None
    high: float | None = None


class PacketQuantity(Part, frozen=True):
    unit: OntologyClass = OntologyClass()
    value: float | None = None
    reference_range: ReferenceRange | None = None


class TypedQuantity(Part, frozen=True):
    type: OntologyClass = OntologyClass()
    quantity: PacketQuantity = PacketQuantity()


class ComplexValue(Part, frozen=True):
    typed_quantities: list[TypedQuantity] = []


class Value(Part, frozen=True):
    quantity: PacketQuantity | None = None
    ontology_class: OntologyClass | None = None


class Measurement(Part, frozen=True):
    assay: OntologyClass = OntologyClass()
    value: Value | None = None
    complex_value: ComplexValue | None = None
    time_observed: TimeElement = TimeElement()


class Procedure(Part, frozen=True):
    code: OntologyClass = OntologyClass()
    performed: TimeElement = TimeElement()


class DoseInterval(Part, frozen=True):
    interval: TimeInterval = TimeInterval()


class Treatment(Part, frozen=True):
    agent: OntologyClass = OntologyClass()
    dose_intervals: list[DoseInterval] = []


class RadiationTherapy(Part, frozen=True):
    modality: OntologyClass = OntologyClass()


class TherapeuticRegimen(Part, frozen=True):
    ontology_class: OntologyClass | None = None
    start_time: TimeElement = TimeElement()
    end_time: TimeElement = TimeElement()
    regimen_status: str = ""


class MedicalAction(Part, frozen=True):
    procedure: Procedure | None = None
    treatment: Treatment | None = None
    radiation_therapy: RadiationTherapy | None = None
    therapeutic_regimen: TherapeuticRegimen | None = None
    treatment_termination_reason: OntologyClass | None = None


class Biosample(Part, frozen=True):
    id: str = ""
    individual_id: str = ""
    histological_diagnosis: OntologyClass = OntologyClass()
    time_of_collection: TimeElement = TimeElement()
    measurements: list[msgspec.Raw] = []
    phenotypic_features: list[msgspec.Raw] = []


class Expression(Part, frozen=True):
    syntax: str = ""
    value: str = ""


class GeneDescriptor(Part, frozen=True):
    value_id: str = ""
    symbol: str = ""


class VariationDescriptor(Part, frozen=True):
    label: str = ""
    gene_context: GeneDescriptor = GeneDescriptor()
    expressions: list[Expression] = []
    structural_type: OntologyClass = OntologyClass()


class VariantInterpretation(Part, frozen=True):
    acmg_pathogenicity_classification: str = ""
    variation_descriptor: VariationDescriptor = VariationDescriptor()


class GenomicInterpretation(Part, frozen=True):
    subject_or_biosample_id: str = ""
    interpretation_status: str = ""
    gene: GeneDescriptor | None = None
    variant_interpretation: VariantInterpretation | None = None


class Diagnosis(Part, frozen=True):
    disease: OntologyClass = OntologyClass()
    genomic_interpretations: list[msgspec.Raw] = []


class Interpretation(Part, frozen=True):
    progress_status: str = ""
    diagnosis: Diagnosis = Diagnosis()


class MetaData(Part, frozen=True):
    phenopacket_schema_version: str = ""


class Phenopacket(Part, frozen=True):
    """The frame; lists are read entry by entry, so that a broken one does not cost the rest."""

    id: str = ""
    subject: Individual = Individual()
    phenotypic_features: list[msgspec.Raw] = []
    measurements: list[msgspec.Raw] = []
    biosamples: list[msgspec.Raw] = []
    interpretations: list[msgspec.Raw] = []
    diseases: list[msgspec.Raw] = []
    medical_actions: list[msgspec.Raw] = []
    files: list[msgspec.Raw] = []
    meta_data: MetaData = MetaData()
