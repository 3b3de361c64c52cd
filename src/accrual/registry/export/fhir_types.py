"""The parts of FHIR R4 that a study is written in, in FHIR's own names; what is empty is not written.

Comes in: nothing; these are types. Source: HL7 FHIR R4 (4.0.1), resources ResearchStudy, Group, Location, and the data
types they use. FHIR knows no empty text, list or element, so nothing here is ever written empty.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class _Element(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What all have in common: names in camel case, defaults left out."""


class Extension(_Element, frozen=True, kw_only=True):
    """An extension with a code."""

    url: str
    value_code: str


class Absent(_Element, frozen=True, kw_only=True):
    """Stands beside a primitive element that has no value, and says why."""

    extension: tuple[Extension, ...]


class Coding(_Element, frozen=True, kw_only=True):
    """A code of a code system."""

    system: str
    code: str
    display: str = ""


class CodeableConcept(_Element, frozen=True, kw_only=True):
    """A thing by codes, by words, or both."""

    coding: tuple[Coding, ...] = ()
    text: str = ""


class Identifier(_Element, frozen=True, kw_only=True):
    """A number of the study somewhere."""

    use: str = ""
    type: CodeableConcept | None = None
    system: str = ""
    value: str


class Reference(_Element, frozen=True, kw_only=True):
    """Another resource: contained in this one, or named only."""

    reference: str = ""
    type: str = ""
    display: str = ""


class Period(_Element, frozen=True, kw_only=True):
    """From a date to a date; a date may lack its day or month."""

    start: str = ""
    end: str = ""


class ContactPoint(_Element, frozen=True, kw_only=True):
    """A telephone number or an e-mail address."""

    system: str
    value: str


class ContactDetail(_Element, frozen=True, kw_only=True):
    """Whom to ask."""

    name: str = ""
    telecom: tuple[ContactPoint, ...] = ()


class RelatedArtifact(_Element, frozen=True, kw_only=True):
    """A paper or a document."""

    type: str
    label: str = ""
    citation: str = ""
    url: str = ""


class Annotation(_Element, frozen=True, kw_only=True):
    """A remark."""

    text: str


class Quantity(_Element, frozen=True, kw_only=True):
    """A number with its UCUM unit."""

    value: int
    unit: str
    system: str
    code: str


class Range(_Element, frozen=True, kw_only=True):
    """From a quantity to a quantity, both included."""

    low: Quantity | None = None
    high: Quantity | None = None


class Characteristic(_Element, frozen=True, kw_only=True):
    """One thing that members of a group have, or must not have. One of the values is set."""

    code: CodeableConcept
    value_codeable_concept: CodeableConcept | None = None
    value_boolean: bool | None = None
    value_range: Range | None = None
    exclude: bool


class Group(_Element, frozen=True, kw_only=True, tag_field="resourceType", tag="Group"):
    """The participants: how many, and what they have in common."""

    id: str
    type: str
    actual: bool
    name: str = ""
    quantity: int | None = None
    characteristic: tuple[Characteristic, ...] = ()


class Address(_Element, frozen=True, kw_only=True):
    """Where a site is."""

    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


class Position(_Element, frozen=True, kw_only=True):
    """WGS84, in degrees."""

    longitude: float
    latitude: float


class Location(_Element, frozen=True, kw_only=True, tag_field="resourceType", tag="Location"):
    """One site."""

    id: str
    name: str = ""
    description: str = ""
    mode: str
    telecom: tuple[ContactPoint, ...] = ()
    address: Address | None = None
    position: Position | None = None


Contained: TypeAlias = Group | Location


class Meta(_Element, frozen=True, kw_only=True):
    """Where the resource is from."""

    source: str


class Arm(_Element, frozen=True, kw_only=True):
    """One arm or cohort."""

    name: str
    type: CodeableConcept | None = None
    description: str = ""


class Objective(_Element, frozen=True, kw_only=True):
    """What the study wants to find out."""

    name: str
    type: CodeableConcept


class ResearchStudy(_Element, frozen=True, kw_only=True, tag_field="resourceType", tag="ResearchStudy"):
    """A study; elements in the order of the definition."""

    id: str
    meta: Meta
    contained: tuple[Contained, ...] = ()
    identifier: tuple[Identifier, ...]
    title: str = ""
    status: str = ""
    status_absent: Absent | None = msgspec.field(default=None, name="_status")
    primary_purpose_type: CodeableConcept | None = None
    phase: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    focus: tuple[CodeableConcept, ...] = ()
    condition: tuple[CodeableConcept, ...] = ()
    contact: tuple[ContactDetail, ...] = ()
    related_artifact: tuple[RelatedArtifact, ...] = ()
    keyword: tuple[CodeableConcept, ...] = ()
    location: tuple[CodeableConcept, ...] = ()
    description: str = ""
    enrollment: tuple[Reference, ...] = ()
    period: Period | None = None
    sponsor: Reference | None = None
    principal_investigator: Reference | None = None
    site: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    arm: tuple[Arm, ...] = ()
    objective: tuple[Objective, ...] = ()
