"""Reads patients from FHIR R4: a Bundle, or resources gathered from a bulk export; mCODE profiles among them.

Comes in: the bytes of a Bundle (collection, document, searchset, transaction, batch), or resources with their places.
Goes out: a `Patient`. Refuses (PatientError): a bundle whose frame is broken, with several Patients of whom none is
chosen, or about nobody. One entry that is broken, of another patient, not confirmed, or not in the tables is listed in
`unused` with its place and the reason; equal reasons are counted together. Source of all rules: HL7 FHIR R4 (4.0.1),
the page of each resource.

What the statuses mean is written in `fhir_resources` and in docs/patient.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeVar, cast

import msgspec

from accrual.basic import GeoPoint, PartialDate
from accrual.errors import PatientError
from accrual.message import message
from accrual.patient.facts import after_birth
from accrual.patient.fhir_entries import Entries, Entry, broken
from accrual.patient.fhir_people import People, subject_of
from accrual.patient.fhir_resources import READERS
from accrual.patient.fhir_types import Bundle, Extension, Fhir, Head, PatientResource
from accrual.patient.ledger import Ledger, NotUsed
from accrual.patient.mcode import latest_course
from accrual.patient.member import Member, choose, named
from accrual.patient.model import Fact, Patient, Source, Unused
from accrual.patient.refusal import refusal, wrong_type

FORM = "FHIR R4 bundle"

_BUNDLES = ("collection", "document", "searchset", "transaction", "batch", "")
_GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"

F = TypeVar("F", bound=Fhir)


def read_bundle(data: bytes, where: str = "", person: str = "") -> Patient:
    """Return the patient that a Bundle describes; of several, the one with the id `person`.

    Raises:
        PatientError: not a Bundle of one patient; the message names the path inside the file.
    """
    entries = bundle_entries(data, where)
    found = Entries(entries, Ledger()).of_kind("Patient")
    if len(found) < 2 and not person:
        return read_resources(entries, where, FORM)
    members = list(members_of(entries, where, FORM))
    if not person:
        reason = message(
            "%(count)s patients in one bundle: choose one by its id (--person), or give one patient per file; %(ids)s",
            count=len(found),
            ids=named([one.id for one in members]),
        )
        raise refusal(reason, where, entries[found[1]].at)
    return choose(members, person, where)


def bundle_entries(data: bytes, where: str) -> list[Entry]:
    """Return the resources of a Bundle, undecoded.

    Raises:
        PatientError: its frame is broken, or its type holds no patient.
    """
    bundle = _decode_frame(data, Bundle, where, "")
    if bundle.type not in _BUNDLES:
        raise refusal(message("a bundle of this type holds no patient: make it a collection"), where, "type")
    return [
        Entry(f"entry[{index}]", entry.resource, entry.full_url) for index, entry in enumerate(bundle.entry)
    ]


def members_of(entries: Sequence[Entry], where: str, form: str) -> Iterator[Member]:
    """Yield each patient of whom there is a Patient resource; where there is none, whom all are about."""
    looked = Entries(entries, Ledger())
    own_resources = looked.of_kind("Patient")
    if len(own_resources) < 2:
        # One patient: what is about somebody else is refused by name, and makes no second patient.
        head = looked.heads[own_resources[0]] if own_resources else None
        yield Member(head.id if head else "", lambda: read_resources(entries, where, form))
        return
    people = People()
    for index, head in enumerate(looked.heads):
        if head is not None:
            people.add(index, head, entries[index].url)

    def read(own: list[int]) -> Callable[[], Patient]:
        shared = people.shared
        return lambda: read_resources([entries[index] for index in (*own, *shared)], where, form)

    for name, own in people.groups():
        yield Member(name, read(own))


def read_resources(
    entries: Sequence[Entry],
    where: str,
    form: str,
    elsewhere: Callable[[str], msgspec.Raw | None] = lambda _: None,
    unread: Iterable[Unused] = (),
) -> Patient:
    """Return the one patient that resources are about.

    Args:
        where: the file, for messages.
        form: what the patient's form is called.
        elsewhere: finds a Medication that several patients share.
        unread: what could not be read of the source at all.

    Raises:
        PatientError: they are about several patients, or about nobody.
    """
    patient = _Reader(entries, where, form, elsewhere).patient()
    unread = tuple(unread)
    return msgspec.structs.replace(patient, unused=(*patient.unused, *unread)) if unread else patient


class _Reader:
    """Reads the resources of one patient; keeps what was not used."""

    def __init__(
        self,
        entries: Sequence[Entry],
        where: str,
        form: str,
        elsewhere: Callable[[str], msgspec.Raw | None],
    ) -> None:
        self.where = where
        self.form = form
        self.ledger = Ledger()
        self.entries = Entries(entries, self.ledger, elsewhere)

    def patient(self) -> Patient:
        who = self.entries.of_kind("Patient")
        if len(who) > 1:
            raise self.error(
                self.entries.at(who[1]),
                message("%(count)s patients: give one patient per file", count=len(who)),
            )
        own = (
            _decode_frame(
                self.entries.raw(who[0]), PatientResource, self.where, f"{self.entries.at(who[0])}.resource"
            )
            if who
            else None
        )
        names = self.entries.names(who[0]) if own else self.only_subject()
        facts: list[Fact] = []
        for index, head in enumerate(self.entries.heads):
            if head is not None and head.resource_type != "Patient":
                facts += self.read(index, head, names)
        facts = latest_course(facts, self.entries)
        if own is None:
            self.skip("entry", "Patient", "there is none: sex, age and place are not known")
            return Patient(form=self.form, facts=tuple(facts), unused=self.ledger.unused())
        return self.person(own, self.entries.at(who[0]), tuple(facts))

    def person(self, own: PatientResource, at: str, facts: tuple[Fact, ...]) -> Patient:
        sex, source = self.sex(own, at)
        birth = self.birth(own, at)
        if own.deceased_boolean or own.deceased_date_time:
            self.skip(f"{at}.resource.deceased", "Patient", "the patient is recorded as deceased")
        kept = after_birth(facts, birth, self.ledger)
        home = own.address[0] if own.address else None
        parts = (home.city, home.state, home.country) if home else ()
        return Patient(
            id=own.id,
            form=self.form,
            sex=sex,
            sex_source=source,
            birth_date=birth,
            age_source=Source(f"{at}.resource.birthDate") if birth else None,
            place=", ".join(part for part in parts if part),
            point=_point(home.extension) if home else None,
            facts=kept,
            unused=self.ledger.unused(),
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

    # Whom a resource is about.

    def only_subject(self) -> frozenset[str]:
        """Without a Patient resource, the one reference that all resources share."""
        found = {subject_of(head) for head in self.entries.heads if head is not None} - {""}
        if len(found) != 1:
            raise self.error(
                "entry",
                message(
                    "the bundle has no Patient resource and several patients are spoken of: add the Patient"
                )
                if found
                else message("the bundle has no Patient resource and it speaks of nobody: add the Patient"),
            )
        return frozenset(found)

    def is_other(self, subject: str, names: frozenset[str]) -> bool:
        # An absolute address may end in the relative one: https://host/fhir/Patient/1 is Patient/1.
        reference = subject.partition("/_history/")[0]
        return reference not in names and "/".join(reference.split("/")[-2:]) not in names

    # The entries.

    def read(self, index: int, head: Head, names: frozenset[str]) -> list[Fact]:
        at = self.entries.at(index)
        if not head.resource_type:
            self.skip(at, "entry", "it holds no resource")
            return []
        reader = READERS.get(head.resource_type)
        if reader is None:
            if head.resource_type != "Medication":  # read where a medication entry points to it
                self.skip(at, head.resource_type[:60], "this kind of resource is not read")
            return []
        subject = subject_of(head)
        if not subject or self.is_other(subject, names):
            reason = (
                f"its subject is another patient ({subject[:60]})"
                if subject
                else "it does not say whom it is about"
            )
            self.skip(at, head.resource_type, reason)
            return []
        name = f"{at} {head.resource_type}/{head.id}".rstrip("/")
        try:
            return reader(index, name, head, self.entries)
        except NotUsed as reason:
            self.skip(at, reason.what or head.resource_type, reason.reason)
        except msgspec.ValidationError as error:
            self.skip(at, head.resource_type, broken(error))
        except ValueError:
            self.skip(at, head.resource_type, "a date in it is not on the calendar")
        return []

    def skip(self, at: str, what: str, reason: str) -> None:
        self.ledger.skip(at, what, reason)

    def error(self, at: str, reason: str) -> PatientError:
        return refusal(reason, self.where, at)


def _decode_frame(data: bytes | msgspec.Raw, type_: type[F], where: str, at: str) -> F:
    try:
        return msgspec.json.decode(data, type=type_)
    except msgspec.ValidationError as error:
        reason, path = wrong_type(error)
        raise refusal(reason, where, (at + path).lstrip(".")) from error


def _point(extensions: list[Extension]) -> GeoPoint | None:
    for part in extensions:
        if part.url == _GEOLOCATION:
            values = {inner.url: inner.value_decimal for inner in part.extension}
            lat, lon = values.get("latitude"), values.get("longitude")
            if lat is not None and lon is not None and -90 <= lat <= 90 and -180 <= lon <= 180:
                return GeoPoint(lat, lon)
    return None
