"""Reads one patient from a FHIR R4 Bundle: Patient, Condition, Observation, Medication*, Procedure, Allergy*.

Comes in: the bytes of a Bundle (collection, document, searchset, transaction, batch). Goes out: a `Patient`.
Refuses (PatientError): a bundle whose frame is broken, with several Patients, or about nobody. One entry that is
broken, of another patient, not confirmed, or not in the tables is listed in `unused` with its place and the
reason; equal reasons are counted together. Source of all rules: HL7 FHIR R4 (4.0.1), the page of each resource.

What the statuses mean here is written at each table below and in docs/patient.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, cast

import msgspec

from accrual.basic import GeoPoint, PartialDate
from accrual.codes.concepts import allergy_to
from accrual.codes.qualifiers import qualifier_named
from accrual.errors import PatientError
from accrual.patient.fhir_concepts import is_confirmed, is_pregnancy, named_facts, pregnant
from accrual.patient.fhir_types import (
    AllergyIntolerance,
    Bundle,
    CodeableConcept,
    Condition,
    Extension,
    Fhir,
    Head,
    Medication,
    MedicationUse,
    PatientResource,
    Procedure,
)
from accrual.patient.fhir_values import NotUsed, observed
from accrual.patient.model import Fact, Patient, Source, Unused
from accrual.patient.terms import meanings, plain

FORM = "FHIR R4 bundle"

_BUNDLES = ("collection", "document", "searchset", "transaction", "batch", "")
_GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"

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

F = TypeVar("F", bound=Fhir)


def read_bundle(data: bytes, where: str = "") -> Patient:
    """Return the patient that a Bundle describes.

    Raises:
        PatientError: not a Bundle of one patient; the message names the path inside the file.
    """
    return _Reader(data, where).patient()


class _Reader:
    """Reads one bundle; keeps the entries, and what was not used."""

    def __init__(self, data: bytes, where: str) -> None:
        self.where = where
        self.bundle = self.decode_frame(data, Bundle, "")
        if self.bundle.type not in _BUNDLES:
            raise self.error("type", "a bundle of this type holds no patient: make it a collection")
        self.skipped: dict[tuple[str, str], list[str]] = {}
        self.heads: list[Head | None] = []
        for index, entry in enumerate(self.bundle.entry):
            try:
                head = msgspec.json.decode(entry.resource, type=Head)
            except msgspec.ValidationError as error:
                head = None
                self.skip(f"entry[{index}]", "entry", _broken(error))
            self.heads.append(head)

    def patient(self) -> Patient:
        who = [index for index, head in enumerate(self.heads) if head and head.resource_type == "Patient"]
        if len(who) > 1:
            raise self.error(
                f"entry[{who[1]}]", f"{len(who)} patients in one bundle: give one patient per file"
            )
        own = (
            self.decode_frame(self.raw(who[0]), PatientResource, f"entry[{who[0]}].resource") if who else None
        )
        names = self.names(who[0], own) if own else self.only_subject()
        facts: list[Fact] = []
        for index, head in enumerate(self.heads):
            if head is not None and head.resource_type != "Patient":
                facts += self.read(index, head, names)
        if own is None:
            self.skip("entry", "Patient", "the bundle has none: sex, age and place are not known")
            return Patient(form=FORM, facts=tuple(facts), unused=self.unused())
        return self.person(own, f"entry[{who[0]}]", tuple(facts))

    def person(self, own: PatientResource, at: str, facts: tuple[Fact, ...]) -> Patient:
        sex, source = self.sex(own, at)
        birth = self.birth(own, at)
        if own.deceased_boolean or own.deceased_date_time:
            self.skip(f"{at}.resource.deceased", "Patient", "the patient is recorded as deceased")
        home = own.address[0] if own.address else None
        parts = (home.city, home.state, home.country) if home else ()
        return Patient(
            id=own.id,
            form=FORM,
            sex=sex,
            sex_source=source,
            birth_date=birth,
            age_source=Source(f"{at}.resource.birthDate") if birth else None,
            place=", ".join(part for part in parts if part),
            point=_point(home.extension) if home else None,
            facts=facts,
            unused=self.unused(),
        )

    def sex(self, own: PatientResource, at: str) -> tuple[Literal["female", "male"] | None, Source | None]:
        born = next((part.value_code for part in own.extension if part.url == _BIRTH_SEX), "")
        birth_sex = {"F": "female", "M": "male"}.get(born, "")
        if own.gender not in ("female", "male"):
            self.skip(f"{at}.resource.gender", "Patient", "the recorded gender is neither female nor male")
            return None, None
        if birth_sex and birth_sex != own.gender:
            self.skip(
                f"{at}.resource.gender", "Patient", "recorded gender and birth sex differ: sex is not known"
            )
            return None, None
        return cast("Literal['female', 'male']", own.gender), Source(f"{at}.resource.gender", own.gender)

    def birth(self, own: PatientResource, at: str) -> PartialDate | None:
        if not own.birth_date:
            self.skip(f"{at}.resource.birthDate", "Patient", "no birth date: age is not known")
            return None
        try:
            return PartialDate.parse(own.birth_date)
        except ValueError:
            self.skip(f"{at}.resource.birthDate", "Patient", "the birth date is not on the calendar")
            return None

    # Whom an entry is about.

    def names(self, index: int, own: PatientResource) -> frozenset[str]:
        """All references that mean the bundle's patient."""
        url = self.bundle.entry[index].full_url
        spelled = {url} if url else set()
        if own.id:
            spelled |= {f"Patient/{own.id}", f"urn:uuid:{own.id}"}
        return frozenset(spelled)

    def only_subject(self) -> frozenset[str]:
        """Without a Patient resource, the one reference that all entries share."""
        found = {_subject(head) for head in self.heads if head is not None} - {""}
        if len(found) != 1:
            problem = "several patients are spoken of" if found else "it speaks of nobody"
            raise self.error("entry", f"the bundle has no Patient resource and {problem}: add the Patient")
        return frozenset(found)

    def is_other(self, subject: str, names: frozenset[str]) -> bool:
        # An absolute address may end in the relative one: https://host/fhir/Patient/1 is Patient/1.
        reference = subject.partition("/_history/")[0]
        return reference not in names and "/".join(reference.split("/")[-2:]) not in names

    # The entries.

    def read(self, index: int, head: Head, names: frozenset[str]) -> list[Fact]:
        at = f"entry[{index}]"
        if not head.resource_type:
            self.skip(at, "entry", "it holds no resource")
            return []
        readers: Mapping[str, Callable[[int, str], list[Fact]]] = {
            "Condition": self.condition,
            "AllergyIntolerance": self.allergy,
            "Observation": self.observation,
            "MedicationRequest": self.medication,
            "MedicationStatement": self.medication,
            "MedicationAdministration": self.medication,
            "Procedure": self.procedure,
        }
        reader = readers.get(head.resource_type)
        if reader is None:
            if head.resource_type != "Medication":  # read where a medication entry points to it
                self.skip(at, head.resource_type, "this kind of resource is not read")
            return []
        subject = _subject(head)
        if not subject or self.is_other(subject, names):
            reason = "its subject is another patient" if subject else "it does not say whom it is about"
            self.skip(at, head.resource_type, reason)
            return []
        name = f"{at} {head.resource_type}/{head.id}".rstrip("/")
        try:
            return reader(index, name)
        except NotUsed as reason:
            self.skip(at, reason.what or head.resource_type, reason.reason)
        except msgspec.ValidationError as error:
            self.skip(at, head.resource_type, _broken(error))
        except ValueError:
            self.skip(at, head.resource_type, "a date in it is not on the calendar")
        return []

    def condition(self, index: int, name: str) -> list[Fact]:
        own = self.decode(index, Condition)
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
        return named_facts(
            "condition",
            own.code,
            name,
            asserted=asserted,
            qualifiers=carried,
            date=_date(began),
            end=_date(ended),
        )

    def allergy(self, index: int, name: str) -> list[Fact]:
        own = self.decode(index, AllergyIntolerance)
        asserted = is_confirmed(own.verification_status)
        over = own.clinical_status.has("inactive", "resolved")
        carried: tuple[str, ...] = ("resolved",) if over else ("active",)
        # The code is the allergy ("penicillin allergy"), or the substance that the patient cannot take.
        code, found = own.code, meanings(own.code.words(), own.code.codes())
        if not any(one.kind == "condition" for one in found):
            named = allergy_to(str(found[0].concept) if len(found) == 1 else code.words())
            relation = "intolerance" if own.type == "intolerance" else "allergy"
            if named is not None and relation == "allergy":
                code = CodeableConcept(text=named.name)
            elif found:
                carried = (*carried, relation)
            else:
                raise NotUsed("it names a substance that the vocabulary does not have")
            if not asserted:
                raise NotUsed("a substance ruled out")
        return named_facts(
            "condition",
            code,
            name,
            asserted=asserted,
            qualifiers=carried if asserted else ("current",),
            date=_date(own.onset_date_time),
        )

    def observation(self, index: int, name: str) -> list[Fact]:
        facts, problems = observed(self.raw(index), name, self.is_condition)
        for what, reason in problems:
            self.skip(f"entry[{index}]", what, reason)
        return facts

    def is_condition(self, reference: str) -> bool:
        """Say whether a reference is to a Condition entry of this bundle."""
        return any(
            head is not None
            and head.resource_type == "Condition"
            and reference
            in (self.bundle.entry[index].full_url, f"Condition/{head.id}", f"urn:uuid:{head.id}")
            for index, head in enumerate(self.heads)
        )

    def medication(self, index: int, name: str) -> list[Fact]:
        own = self.decode(index, MedicationUse)
        head = self.heads[index]
        kind = head.resource_type if head else ""
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
        return named_facts(
            "drug",
            self.product(own),
            name,
            asserted=not denied,
            qualifiers=carried,
            date=None if denied else _date(begun),
            end=None if denied else _date(ended),
            order=kind == "MedicationRequest" and own.status in _TAKING,
        )

    def product(self, own: MedicationUse) -> CodeableConcept:
        """The drug itself: written in place, contained, or another entry of the bundle."""
        if own.medication_codeable_concept is not None:
            return own.medication_codeable_concept
        link = own.medication_reference.reference if own.medication_reference else ""
        if link.startswith("#"):
            inside = (msgspec.json.decode(raw, type=Head) for raw in own.contained)
            for raw, head in zip(own.contained, inside, strict=True):
                if head.id == link[1:] and head.resource_type == "Medication":
                    return msgspec.json.decode(raw, type=Medication).code
        for index, found in enumerate(self.heads):
            if link and found and found.resource_type == "Medication":
                url = self.bundle.entry[index].full_url
                if link in (url, f"Medication/{found.id}", f"urn:uuid:{found.id}"):
                    return self.decode(index, Medication).code
        raise NotUsed("the drug it points to is not in the bundle")

    def procedure(self, index: int, name: str) -> list[Fact]:
        own = self.decode(index, Procedure)
        if own.status not in ("completed", "in-progress"):
            # not-done: this time it was not done; that it never was is more than the record says.
            raise NotUsed(f"status {own.status[:40] or 'missing'}: it does not say that it was done")
        begun = own.performed_date_time or own.performed_period.start
        ended = own.performed_period.end or own.performed_date_time
        return named_facts(
            "procedure",
            own.code,
            name,
            qualifiers=(),
            date=_date(begun),
            end=_date(ended) if own.status == "completed" else None,
        )

    # Frame.

    def raw(self, index: int) -> msgspec.Raw:
        return self.bundle.entry[index].resource

    def decode(self, index: int, type_: type[F]) -> F:
        return msgspec.json.decode(self.raw(index), type=type_)

    def decode_frame(self, data: bytes | msgspec.Raw, type_: type[F], at: str) -> F:
        try:
            return msgspec.json.decode(data, type=type_)
        except msgspec.ValidationError as error:
            # msgspec says "Expected `str`, got `int` - at `$.id`": types and path, never the value.
            reason, _, path = str(error).partition(" - at `$")
            raise self.error((at + path.rstrip("`")).lstrip("."), reason) from error

    def skip(self, at: str, what: str, reason: str) -> None:
        self.skipped.setdefault((what, reason), []).append(at)

    def unused(self) -> tuple[Unused, ...]:
        return tuple(
            Unused(
                places[0] + (f" and {len(places) - 1} more" if len(places) > 1 else ""), f"{what}: {reason}"
            )
            for (what, reason), places in self.skipped.items()
        )

    def error(self, at: str, reason: str) -> PatientError:
        return PatientError(", ".join(part for part in (self.where, at) if part) + f": {reason}")


def _date(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def _point(extensions: list[Extension]) -> GeoPoint | None:
    for part in extensions:
        if part.url == _GEOLOCATION:
            values = {inner.url: inner.value_decimal for inner in part.extension}
            lat, lon = values.get("latitude"), values.get("longitude")
            if lat is not None and lon is not None and -90 <= lat <= 90 and -180 <= lon <= 180:
                return GeoPoint(lat, lon)
    return None


def _subject(head: Head) -> str:
    about = head.subject or head.patient
    return about.reference if about else ""


def _broken(error: msgspec.ValidationError) -> str:
    return f"broken: {error}"
