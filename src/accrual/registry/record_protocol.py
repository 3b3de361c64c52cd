"""The protocol section of a study record: what was registered, typed, in the registry's own v2 field names.

Comes in: decoded JSON, through `accrual.registry.ctgov_json`. Goes out: frozen Structs in which every field may
be absent: a text is then `""`, a list `()`, a number or yes/no `None`, a group of fields an empty Struct, so that a
path such as `trial.protocolSection.statusModule.overallStatus` always holds. Enumerations are plain text: a value
the registry adds tomorrow survives. Refuses: nothing; what does not fit a type is kept aside by `ctgov_json`.

Fields stand in the order in which the registry writes them, so that encoding gives its bytes back.
Source: OpenAPI document 2.0.3 of the ClinicalTrials.gov API v2, schema `ProtocolSection`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from accrual.basic import GeoPoint

DateText: TypeAlias = Annotated[str, msgspec.Meta(extra={"date": True})]
"""A date as the registry writes it: `2021`, `2021-03` or `2021-03-04`. The mark lets `ctgov_json` check it."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of every part of a record. No cycles are possible in frozen trees, so the collector is spared."""


class OrgStudyIdInfo(Part, frozen=True, kw_only=True):
    """The sponsor's own number for the study."""

    id: str = ""
    type: str = ""
    link: str = ""


class SecondaryIdInfo(Part, frozen=True, kw_only=True):
    """One other identifier of the study."""

    id: str = ""
    type: str = ""
    domain: str = ""
    link: str = ""


class Organization(Part, frozen=True, kw_only=True):
    """The organisation that registered the study."""

    fullName: str = ""
    class_: str = msgspec.field(default="", name="class")


class IdentificationModule(Part, frozen=True, kw_only=True):
    """Numbers, titles and who registered the study."""

    nctId: str = ""
    nctIdAliases: tuple[str, ...] = ()
    orgStudyIdInfo: OrgStudyIdInfo = OrgStudyIdInfo()
    secondaryIdInfos: tuple[SecondaryIdInfo, ...] = ()
    organization: Organization = Organization()
    briefTitle: str = ""
    officialTitle: str = ""
    acronym: str = ""


class ExpandedAccessInfo(Part, frozen=True, kw_only=True):
    """Whether the drug can be had outside the study, and under which NCT number."""

    hasExpandedAccess: bool | None = None
    nctId: str = ""
    statusForNctId: str = ""


class DateStruct(Part, frozen=True, kw_only=True):
    """A date and whether it is ACTUAL or ESTIMATED."""

    date: DateText = ""
    type: str = ""


class StatusModule(Part, frozen=True, kw_only=True):
    """Where the study stands, and every date of its life."""

    statusVerifiedDate: DateText = ""
    overallStatus: str = ""
    lastKnownStatus: str = ""
    whyStopped: str = ""
    delayedPosting: bool | None = None
    expandedAccessInfo: ExpandedAccessInfo = ExpandedAccessInfo()
    startDateStruct: DateStruct = DateStruct()
    primaryCompletionDateStruct: DateStruct = DateStruct()
    completionDateStruct: DateStruct = DateStruct()
    studyFirstSubmitDate: DateText = ""
    studyFirstSubmitQcDate: DateText = ""
    studyFirstPostDateStruct: DateStruct = DateStruct()
    resultsWaived: bool | None = None
    resultsFirstSubmitDate: DateText = ""
    resultsFirstSubmitQcDate: DateText = ""
    resultsFirstPostDateStruct: DateStruct = DateStruct()
    dispFirstSubmitDate: DateText = ""
    dispFirstSubmitQcDate: DateText = ""
    dispFirstPostDateStruct: DateStruct = DateStruct()
    lastUpdateSubmitDate: DateText = ""
    lastUpdatePostDateStruct: DateStruct = DateStruct()


class ResponsibleParty(Part, frozen=True, kw_only=True):
    """Who answers for the study."""

    type: str = ""
    investigatorFullName: str = ""
    investigatorTitle: str = ""
    investigatorAffiliation: str = ""
    oldNameTitle: str = ""
    oldOrganization: str = ""


class Sponsor(Part, frozen=True, kw_only=True):
    """A lead sponsor or collaborator and its funder class."""

    name: str = ""
    class_: str = msgspec.field(default="", name="class")


class SponsorCollaboratorsModule(Part, frozen=True, kw_only=True):
    """Who pays for and runs the study."""

    responsibleParty: ResponsibleParty = ResponsibleParty()
    leadSponsor: Sponsor = Sponsor()
    collaborators: tuple[Sponsor, ...] = ()


class OversightModule(Part, frozen=True, kw_only=True):
    """Monitoring and United States regulation."""

    oversightHasDmc: bool | None = None
    isFdaRegulatedDrug: bool | None = None
    isFdaRegulatedDevice: bool | None = None
    isUnapprovedDevice: bool | None = None
    isPpsd: bool | None = None
    isUsExport: bool | None = None
    fdaaa801Violation: bool | None = None


class DescriptionModule(Part, frozen=True, kw_only=True):
    """The study in its authors' words (markdown)."""

    briefSummary: str = ""
    detailedDescription: str = ""


class ConditionsModule(Part, frozen=True, kw_only=True):
    """Conditions and keywords, free text."""

    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class ExpandedAccessTypes(Part, frozen=True, kw_only=True):
    """Which kinds of expanded access are offered."""

    individual: bool | None = None
    intermediate: bool | None = None
    treatment: bool | None = None


class MaskingBlock(Part, frozen=True, kw_only=True):
    """Who does not know which arm a participant is in."""

    masking: str = ""
    maskingDescription: str = ""
    whoMasked: tuple[str, ...] = ()


class DesignInfo(Part, frozen=True, kw_only=True):
    """Allocation, model, purpose and masking."""

    allocation: str = ""
    interventionModel: str = ""
    interventionModelDescription: str = ""
    primaryPurpose: str = ""
    observationalModel: str = ""
    timePerspective: str = ""
    maskingInfo: MaskingBlock = MaskingBlock()


class BioSpec(Part, frozen=True, kw_only=True):
    """Biospecimens kept."""

    retention: str = ""
    description: str = ""


class EnrollmentInfo(Part, frozen=True, kw_only=True):
    """How many participants, and whether that number is final."""

    count: int | None = None
    type: str = ""


class DesignModule(Part, frozen=True, kw_only=True):
    """The design of the study."""

    studyType: str = ""
    nPtrsToThisExpAccNctId: int | None = None
    patientRegistry: bool | None = None
    expandedAccessTypes: ExpandedAccessTypes = ExpandedAccessTypes()
    phases: tuple[str, ...] = ()
    targetDuration: str = ""
    designInfo: DesignInfo = DesignInfo()
    bioSpec: BioSpec = BioSpec()
    enrollmentInfo: EnrollmentInfo = EnrollmentInfo()


class ArmGroup(Part, frozen=True, kw_only=True):
    """One arm or cohort. `interventionNames` read "Drug: X"."""

    label: str = ""
    type: str = ""
    description: str = ""
    interventionNames: tuple[str, ...] = ()


class Intervention(Part, frozen=True, kw_only=True):
    """One treatment under study."""

    type: str = ""
    name: str = ""
    description: str = ""
    armGroupLabels: tuple[str, ...] = ()
    otherNames: tuple[str, ...] = ()


class ArmsInterventionsModule(Part, frozen=True, kw_only=True):
    """Arms and interventions."""

    armGroups: tuple[ArmGroup, ...] = ()
    interventions: tuple[Intervention, ...] = ()


class Outcome(Part, frozen=True, kw_only=True):
    """One outcome the study plans to measure."""

    measure: str = ""
    description: str = ""
    timeFrame: str = ""


class OutcomesModule(Part, frozen=True, kw_only=True):
    """Planned outcomes."""

    primaryOutcomes: tuple[Outcome, ...] = ()
    secondaryOutcomes: tuple[Outcome, ...] = ()
    otherOutcomes: tuple[Outcome, ...] = ()


class EligibilityModule(Part, frozen=True, kw_only=True):
    """Who can take part: free-text criteria (markdown) and structured fields."""

    eligibilityCriteria: str = ""
    healthyVolunteers: bool | None = None
    sex: str = ""
    genderBased: bool | None = None
    genderDescription: str = ""
    minimumAge: str = ""
    maximumAge: str = ""
    stdAges: tuple[str, ...] = ()
    studyPopulation: str = ""
    samplingMethod: str = ""


class Contact(Part, frozen=True, kw_only=True):
    """A person or desk to ask."""

    name: str = ""
    role: str = ""
    phone: str = ""
    phoneExt: str = ""
    email: str = ""


class Official(Part, frozen=True, kw_only=True):
    """A person responsible for the study."""

    name: str = ""
    affiliation: str = ""
    role: str = ""


class Location(Part, frozen=True, kw_only=True):
    """One site."""

    facility: str = ""
    status: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    contacts: tuple[Contact, ...] = ()
    countryCode: str = ""
    geoPoint: GeoPoint | None = None


class ContactsLocationsModule(Part, frozen=True, kw_only=True):
    """Contacts, officials and sites."""

    centralContacts: tuple[Contact, ...] = ()
    overallOfficials: tuple[Official, ...] = ()
    locations: tuple[Location, ...] = ()


class Retraction(Part, frozen=True, kw_only=True):
    """A notice that a cited paper was withdrawn."""

    pmid: str = ""
    source: str = ""


class Reference(Part, frozen=True, kw_only=True):
    """One cited paper."""

    pmid: str = ""
    type: str = ""
    citation: str = ""
    retractions: tuple[Retraction, ...] = ()


class SeeAlsoLink(Part, frozen=True, kw_only=True):
    """One link to read more."""

    label: str = ""
    url: str = ""


class AvailIpd(Part, frozen=True, kw_only=True):
    """One data set or document available elsewhere."""

    id: str = ""
    type: str = ""
    url: str = ""
    comment: str = ""


class ReferencesModule(Part, frozen=True, kw_only=True):
    """Papers, links and available data."""

    references: tuple[Reference, ...] = ()
    seeAlsoLinks: tuple[SeeAlsoLink, ...] = ()
    availIpds: tuple[AvailIpd, ...] = ()


class IpdSharingStatementModule(Part, frozen=True, kw_only=True):
    """The plan to share participants' data."""

    ipdSharing: str = ""
    description: str = ""
    infoTypes: tuple[str, ...] = ()
    timeFrame: str = ""
    accessCriteria: str = ""
    url: str = ""


class ProtocolSection(Part, frozen=True, kw_only=True):
    """What the study is: all that was registered."""

    identificationModule: IdentificationModule = IdentificationModule()
    statusModule: StatusModule = StatusModule()
    sponsorCollaboratorsModule: SponsorCollaboratorsModule = SponsorCollaboratorsModule()
    oversightModule: OversightModule = OversightModule()
    descriptionModule: DescriptionModule = DescriptionModule()
    conditionsModule: ConditionsModule = ConditionsModule()
    designModule: DesignModule = DesignModule()
    armsInterventionsModule: ArmsInterventionsModule = ArmsInterventionsModule()
    outcomesModule: OutcomesModule = OutcomesModule()
    eligibilityModule: EligibilityModule = EligibilityModule()
    contactsLocationsModule: ContactsLocationsModule = ContactsLocationsModule()
    referencesModule: ReferencesModule = ReferencesModule()
    ipdSharingStatementModule: IpdSharingStatementModule = IpdSharingStatementModule()
