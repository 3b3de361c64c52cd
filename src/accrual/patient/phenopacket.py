"""Reads one patient from a GA4GH phenopacket, version 2.

Comes in: the bytes of a Phenopacket. Goes out: a `Patient`. Refuses (PatientError): a Family, a Cohort, a frame of the
wrong types. A broken or unclear entry is listed in `unused` with its place and the reason. Source of all rules:
Phenopacket Schema 2.0 (doi:10.1038/s41587-022-01357-4).

`excluded` says that a feature was looked for and not found: it is denied for now. An onset given as an age becomes a
date where the date of birth is known, and is left out where it is not. The age at the last encounter has no date: it is
taken as the age on the day of the screening, and said so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, TypeVar

import msgspec

from accrual.basic import PartialDate
from accrual.codes.qualifiers import qualifier_named
from accrual.codes.variables import Variable, variable_by_loinc, variable_named, variables
from accrual.message import message
from accrual.patient.facts import after_birth, category_fact, named_facts, number_fact
from accrual.patient.ledger import Ledger, NotUsed
from accrual.patient.model import Fact, FactKind, Patient, Source
from accrual.patient.phenopacket_types import (
    Biosample,
    Disease,
    GenomicInterpretation,
    Interpretation,
    Measurement,
    MedicalAction,
    OntologyClass,
    PacketQuantity,
    Part,
    Phenopacket,
    PhenotypicFeature,
    TimeElement,
)
from accrual.patient.refusal import refusal, wrong_type
from accrual.patient.terms import plain
from accrual.patient.variants import Origin, gene_named, variant_facts

FORM = "GA4GH phenopacket"

_SEX: Mapping[str, Literal["female", "male"]] = {"FEMALE": "female", "MALE": "male"}
_M1 = re.compile(r"\bM1(?:[a-d]|\b)")
# Prefixes of compact ids to the systems of the vocabulary; others are looked up as they are.
_SYSTEMS: Mapping[str, str] = {
    "SNOMEDCT": "SNOMED",
    "SCTID": "SNOMED",
    "ICD10CM": "ICD10",
    "ORPHANET": "ORPHA",
}

P = TypeVar("P", bound=Part)


def read_phenopacket(data: bytes, where: str = "") -> Patient:
    """Return the patient that a phenopacket describes.

    Raises:
        PatientError: a frame of the wrong types; the message names the path inside the file.
    """
    try:
        packet = msgspec.json.decode(data, type=Phenopacket)
    except msgspec.ValidationError as error:
        reason, path = wrong_type(error)
        raise refusal(reason, where, path.lstrip(".")) from error
    if packet.meta_data.phenopacket_schema_version.startswith(("0", "1")):
        reason = message("this is version 1 of the phenopacket: convert it to version 2")
        raise refusal(reason, where, "metaData")
    return _Reader(packet).patient()


class _Reader:
    """Reads one packet; keeps what was not used."""

    def __init__(self, packet: Phenopacket) -> None:
        self.packet = packet
        self.ledger = Ledger()
        self.birth = self.born()
        self.samples = frozenset(self.sample_ids())

    def patient(self) -> Patient:
        own = self.packet.subject
        readers: tuple[tuple[str, Sequence[msgspec.Raw], Callable[[msgspec.Raw, str], list[Fact]]], ...] = (
            ("phenotypicFeatures", self.packet.phenotypic_features, self.feature),
            ("diseases", self.packet.diseases, self.disease),
            ("measurements", self.packet.measurements, self.measurement),
            ("medicalActions", self.packet.medical_actions, self.action),
            ("biosamples", self.packet.biosamples, self.biosample),
            ("interpretations", self.packet.interpretations, self.interpretation),
        )
        facts: list[Fact] = []
        for key, entries, reader in readers:
            for index, raw in enumerate(entries):
                facts += self.read(raw, f"{key}[{index}]", key, reader)
        if self.packet.files:
            self.ledger.skip("files", "files", "files that it points to are not read")
        if own.sex not in _SEX:
            self.ledger.skip("subject.sex", "sex", "neither female nor male: it is not known")
        if own.vital_status.status == "DECEASED":
            self.ledger.skip("subject.vitalStatus", "vital status", "the patient is recorded as deceased")
        years = self.age()
        known = "subject.dateOfBirth" if self.birth else "subject.timeAtLastEncounter"
        return Patient(
            id=own.id or self.packet.id,
            form=FORM,
            sex=_SEX.get(own.sex),
            sex_source=Source("subject.sex", own.sex) if own.sex in _SEX else None,
            birth_date=self.birth,
            age_years=years,
            age_source=Source(known) if self.birth or years is not None else None,
            facts=after_birth(facts, self.birth, self.ledger),
            unused=self.ledger.unused(),
        )

    def read(
        self, raw: msgspec.Raw, at: str, what: str, reader: Callable[[msgspec.Raw, str], list[Fact]]
    ) -> list[Fact]:
        try:
            return reader(raw, at)
        except NotUsed as reason:
            self.ledger.skip(at, reason.what or what, reason.reason)
        except msgspec.ValidationError as error:
            self.ledger.skip(at, what, f"broken: {error}")
        except ValueError:
            self.ledger.skip(at, what, "a date in it is not on the calendar")
        return []

    # Who it is.

    def born(self) -> PartialDate | None:
        text = self.packet.subject.date_of_birth
        if not text:
            return None
        try:
            return PartialDate.parse(text)
        except ValueError:
            self.ledger.skip("subject.dateOfBirth", "birth date", "it is not on the calendar")
            return None

    def age(self) -> float | None:
        """The age in years at the last encounter, when nothing better is known."""
        if self.birth is not None:
            return None
        at, told = "subject.timeAtLastEncounter", self.packet.subject.time_at_last_encounter
        if told.age is None:
            reason = "it is given as something else than an age" if told != TimeElement() else "none is given"
            self.ledger.skip(at, "age", f"{reason}: age is not known")
            return None
        parts = told.age.parts()
        years = parts and parts[0] + parts[1] / 12 + parts[2] / 365.25  # Julian year
        if years is None or not 0 <= years <= 130:
            self.ledger.skip(at, "age", "not an age of a person: it is not known")
            return None
        self.ledger.skip(at, "age", "the day of the last encounter is not given: taken as the age today")
        return float(years) if years == int(years) else round(years, 2)

    def when(self, told: TimeElement) -> PartialDate | None:
        """The date of a time, where it can be known."""
        if told.timestamp:
            return PartialDate.parse(told.timestamp)
        if told.interval is not None and told.interval.start:
            return PartialDate.parse(told.interval.start)
        parts = told.age.parts() if told.age is not None else None
        born = self.birth
        if parts is None or born is None or born.day is None or not parts[2] or parts[0] > 130:
            # An age in years is true for a year, which a date cannot say: only one to the day is a date.
            return None
        months = born.year * 12 + born.first.month - 1 + parts[0] * 12 + parts[1]
        start = date(months // 12, months % 12 + 1, 1)
        return _day(start + timedelta(days=born.day - 1 + parts[2]))

    # The entries.

    def feature(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=PhenotypicFeature)
        excluded = own.excluded or own.negated
        carried = self.narrowed((own.severity, *own.modifiers), excluded, at)
        return self.named("condition", own.type, at, excluded, carried, own.onset, own.resolution)

    def disease(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=Disease)
        spread = any(_M1.search(plain(one.label)) for one in own.clinical_tnm_finding)
        carried = ["metastatic"] if spread and not own.excluded else []
        facts = self.named("condition", own.term, at, own.excluded, carried, own.onset, own.resolution)
        if own.clinical_tnm_finding and not spread:
            self.ledger.skip(f"{at}.clinicalTnmFinding", "TNM finding", "the tables have no such variable")
        for index, stage in enumerate(() if own.excluded else own.disease_stage):
            place = f"{at}.diseaseStage[{index}]"
            words = re.sub(r"\s*\(?AJCC.*$", "", plain(stage.label))
            try:
                facts.append(category_fact(variables()["stage"], [words], place))
            except NotUsed as reason:
                self.ledger.skip(place, "stage", reason.reason)
        return facts

    def named(
        self,
        kind: FactKind,
        term: OntologyClass,
        at: str,
        excluded: bool,
        carried: Sequence[str],
        onset: TimeElement,
        resolution: TimeElement,
    ) -> list[Fact]:
        over = resolution != TimeElement()
        # What was looked for and not found is not there now; that it never was is more than the packet says.
        said = (*carried, *(("current",) if excluded else ("resolved",) if over else ()))
        return named_facts(
            kind,
            term.label,
            _codes(term),
            at,
            asserted=not excluded,
            qualifiers=said,
            date=None if excluded else self.when(onset),
            end=None if excluded else self.when(resolution),
        )

    def narrowed(self, terms: Sequence[OntologyClass], excluded: bool, at: str) -> list[str]:
        carried = []
        for term in terms:
            known = qualifier_named(plain(term.label).lower()) if term.label else None
            if known is not None:
                carried.append(known.id)
            elif excluded and (term.label or term.id):
                raise NotUsed("excluded only in a form that no qualifier names")
            elif term.label or term.id:
                self.ledger.skip(at, "modifier", "no qualifier names it; the feature counts without it")
        return carried

    def measurement(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=Measurement)
        day = self.when(own.time_observed)
        if own.complex_value is not None:
            facts = []
            for part in own.complex_value.typed_quantities:
                facts.append(self.measured(part.type, part.quantity, None, at, day))
            return facts
        if own.value is None:
            raise NotUsed("no value in it")
        return [self.measured(own.assay, own.value.quantity, own.value.ontology_class, at, day)]

    def measured(
        self,
        assay: OntologyClass,
        amount: PacketQuantity | None,
        word: OntologyClass | None,
        at: str,
        day: PartialDate | None,
    ) -> Fact:
        label = plain(assay.label)
        variable = _variable(assay)
        what = f"measurement {assay.id[:40]} {label[:60]}".rstrip()
        if variable is None:
            raise NotUsed("the tables have no such variable", what)
        if variable.kind == "category":
            return category_fact(variable, [word.label if word else ""], at, label=label, date=day, what=what)
        if amount is None or amount.value is None:
            raise NotUsed("its value is not a number", what)
        limits = amount.reference_range
        same = limits is not None and limits.unit.id in ("", amount.unit.id)
        return number_fact(
            variable,
            amount.value,
            (amount.unit.id.removeprefix("UCUM:"), amount.unit.label),
            at,
            label=label,
            date=day,
            low=limits.low if limits and same else None,
            high=limits.high if limits and same else None,
            what=what,
        )

    def action(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=MedicalAction)
        if own.procedure is not None:
            term, day = own.procedure.code, self.when(own.procedure.performed)
            return named_facts("procedure", term.label, _codes(term), at, date=day)
        if own.treatment is not None:
            spans = [one.interval for one in own.treatment.dose_intervals]
            starts = sorted(PartialDate.parse(one.start).first for one in spans if one.start)
            ends = sorted(PartialDate.parse(one.end).last for one in spans if one.end)
            over = own.treatment_termination_reason is not None
            term = own.treatment.agent
            # Without a dose that has an end, a treatment may be one of long ago: it is "prior", not taken now.
            said = ("past",) if over else () if ends else ("prior",)
            first = _day(starts[0]) if starts else None
            last = _day(ends[-1]) if ends else None
            return named_facts("drug", term.label, _codes(term), at, qualifiers=said, date=first, end=last)
        if own.radiation_therapy is not None:
            return named_facts("procedure", "radiotherapy", (), at)
        if own.therapeutic_regimen is not None and own.therapeutic_regimen.ontology_class is not None:
            regimen, term = own.therapeutic_regimen, own.therapeutic_regimen.ontology_class
            said = {"STARTED": ("current",), "COMPLETED": ("past",), "DISCONTINUED": ("past",)}.get(
                regimen.regimen_status, ("prior",)
            )
            begun, over_on = self.when(regimen.start_time), self.when(regimen.end_time)
            return named_facts("drug", term.label, _codes(term), at, qualifiers=said, date=begun, end=over_on)
        raise NotUsed("this kind of action is not read")

    def sample_ids(self) -> list[str]:
        found = []
        for raw in self.packet.biosamples:
            try:
                found.append(msgspec.json.decode(raw, type=Biosample).id)
            except msgspec.ValidationError:
                continue  # noted where the sample itself is read
        return [one for one in found if one]

    def biosample(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=Biosample)
        if own.individual_id and self.packet.subject.id and own.individual_id != self.packet.subject.id:
            raise NotUsed(f"it is of another individual ({own.individual_id[:60]})")
        facts = [
            fact
            for index, one in enumerate(own.measurements)
            for fact in self.read(one, f"{at}.measurements[{index}]", "measurements", self.measurement)
        ]
        if own.phenotypic_features:
            self.ledger.skip(at, "biosample", "features of a sample are not features of the patient")
        term = own.histological_diagnosis
        if term.id or term.label:
            if any(word in term.label.lower() for word in ("normal", "negative")):
                raise NotUsed("its histology says that nothing was found in the sample")
            day = self.when(own.time_of_collection)
            facts += named_facts(
                "condition", term.label, _codes(term), f"{at}.histologicalDiagnosis", date=day
            )
        return facts

    def interpretation(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=Interpretation)
        if own.progress_status in ("", "UNKNOWN_PROGRESS", "IN_PROGRESS", "UNSOLVED"):
            raise NotUsed("it has come to no diagnosis")
        facts: list[Fact] = []
        term = own.diagnosis.disease
        listed = {disease.term.id for disease in self.listed()}
        if own.progress_status == "SOLVED" and term.id and term.id not in listed:
            facts += named_facts("condition", term.label, _codes(term), f"{at}.diagnosis")
        for index, one in enumerate(own.diagnosis.genomic_interpretations):
            facts += self.read(one, f"{at}.genomicInterpretations[{index}]", "variant", self.variant)
        return facts

    def listed(self) -> list[Disease]:
        found = []
        for raw in self.packet.diseases:
            try:
                found.append(msgspec.json.decode(raw, type=Disease))
            except msgspec.ValidationError:
                continue  # noted where the disease itself is read
        return found

    def variant(self, raw: msgspec.Raw, at: str) -> list[Fact]:
        own = msgspec.json.decode(raw, type=GenomicInterpretation)
        if own.interpretation_status in ("", "REJECTED", "UNKNOWN_STATUS", "NO_KNOWN_DISEASE_RELATIONSHIP"):
            raise NotUsed("it is not held to matter")
        told = own.variant_interpretation
        if told is None:
            raise NotUsed("a gene without a variant")
        about = told.variation_descriptor
        origin: Origin = "somatic" if own.subject_or_biosample_id in self.samples else "germline"
        changes = [about.label, *(one.value for one in about.expressions), about.structural_type.label]
        return variant_facts(
            gene_named(about.gene_context.symbol, about.gene_context.value_id),
            changes,
            at,
            significance=told.acmg_pathogenicity_classification.replace("_", " ").lower(),
            origin=origin,
        )


def _codes(term: OntologyClass) -> tuple[tuple[str, str], ...]:
    prefix, _, code = term.id.partition(":")
    system = _SYSTEMS.get(prefix.upper(), prefix.upper())
    return ((system, code),) if code else ()


def _variable(assay: OntologyClass) -> Variable | None:
    prefix, _, code = assay.id.partition(":")
    found = variable_by_loinc(code) if prefix.upper() in ("LOINC", "LNC") else None
    if found is None and prefix.upper() not in ("LOINC", "LNC"):
        found = variable_named(plain(assay.label))
    return found if found is not None and found.id not in ("age", "sex") else None


def _day(day: date) -> PartialDate:
    return PartialDate(day.year, day.month, day.day)
