"""The study record: `Study` is its JSON shape, `Trial` is what the rest of accrual holds in its hands.

Comes in: decoded JSON (`ctgov_json`) or legacy XML (`ctgov_xml`). Goes out: one frozen `Trial` with the registry's
own v2 field names (`trial.protocolSection.statusModule.overallStatus`) and, beside them, read-only properties in
plain names for what everyone needs (`trial.status`). Refuses: nothing; the readers refuse.

The sections live in `record_protocol`, `record_results` and `record_derived`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import msgspec

from accrual.basic import NctId, PartialDate, nct_id
from accrual.registry.record_derived import AnnotationSection, DerivedSection, DocumentSection, Mesh
from accrual.registry.record_protocol import (
    ArmGroup,
    Contact,
    Intervention,
    Location,
    Official,
    Outcome,
    Part,
    ProtocolSection,
    Reference,
    Sponsor,
)
from accrual.registry.record_results import ResultsSection

JsonPath: TypeAlias = tuple[str | int, ...]


class Study(Part, frozen=True, kw_only=True):
    """One study as the registry's API v2 writes it. Source: OpenAPI document 2.0.3, schema `Study`."""

    protocolSection: ProtocolSection = ProtocolSection()
    resultsSection: ResultsSection = ResultsSection()
    annotationSection: AnnotationSection = AnnotationSection()
    documentSection: DocumentSection = DocumentSection()
    derivedSection: DerivedSection = DerivedSection()
    hasResults: bool | None = None


class Residue(msgspec.Struct, frozen=True):
    """A piece of a record that the typed fields cannot hold, kept so that writing the record loses nothing.

    An unknown field, an explicit null or empty value, or a value of a wrong type. `value` is its JSON. `path` leads
    to it from the root; where the last step is a number the value is inserted into the array at that place.
    """

    path: JsonPath
    value: bytes


class Trial(Study, frozen=True, kw_only=True):
    """One study, typed, with nothing of its source lost.

    Properties that give a date leave out what is not on the calendar; `warnings` then says so.
    """

    residue: tuple[Residue, ...] = ()
    warnings: tuple[str, ...] = ()

    # --- what it is ---------------------------------------------------------------------------------------

    @property
    def nct_id(self) -> NctId:
        """The NCT number, in its canonical spelling."""
        return nct_id(self.protocolSection.identificationModule.nctId)

    @property
    def nct_aliases(self) -> tuple[str, ...]:
        """Older NCT numbers that now mean this study."""
        return self.protocolSection.identificationModule.nctIdAliases

    @property
    def org_study_id(self) -> str:
        """The sponsor's own number."""
        return self.protocolSection.identificationModule.orgStudyIdInfo.id

    @property
    def secondary_ids(self) -> tuple[str, ...]:
        """Numbers in other registries, grants."""
        return tuple(
            info.id for info in self.protocolSection.identificationModule.secondaryIdInfos if info.id
        )

    @property
    def title(self) -> str:
        """The brief title; the official one where there is no brief one."""
        names = self.protocolSection.identificationModule
        return names.briefTitle or names.officialTitle

    @property
    def official_title(self) -> str:
        """The official title."""
        return self.protocolSection.identificationModule.officialTitle

    @property
    def acronym(self) -> str:
        """The study's acronym."""
        return self.protocolSection.identificationModule.acronym

    @property
    def summary(self) -> str:
        """The brief summary (markdown)."""
        return self.protocolSection.descriptionModule.briefSummary

    @property
    def description(self) -> str:
        """The detailed description (markdown)."""
        return self.protocolSection.descriptionModule.detailedDescription

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions, in the authors' words."""
        return self.protocolSection.conditionsModule.conditions

    @property
    def keywords(self) -> tuple[str, ...]:
        """Keywords, in the authors' words."""
        return self.protocolSection.conditionsModule.keywords

    @property
    def condition_meshes(self) -> tuple[Mesh, ...]:
        """MeSH headings of the conditions."""
        return self.derivedSection.conditionBrowseModule.meshes

    @property
    def intervention_meshes(self) -> tuple[Mesh, ...]:
        """MeSH headings of the interventions."""
        return self.derivedSection.interventionBrowseModule.meshes

    # --- who runs it --------------------------------------------------------------------------------------

    @property
    def lead_sponsor(self) -> Sponsor:
        """The lead sponsor."""
        return self.protocolSection.sponsorCollaboratorsModule.leadSponsor

    @property
    def collaborators(self) -> tuple[Sponsor, ...]:
        """Collaborators."""
        return self.protocolSection.sponsorCollaboratorsModule.collaborators

    @property
    def funder_classes(self) -> tuple[str, ...]:
        """Funder classes of the lead sponsor and the collaborators, each once, lead first."""
        return tuple(dict.fromkeys(s.class_ for s in (self.lead_sponsor, *self.collaborators) if s.class_))

    # --- where it stands ----------------------------------------------------------------------------------

    @property
    def status(self) -> str:
        """The overall status: `RECRUITING`."""
        return self.protocolSection.statusModule.overallStatus

    @property
    def last_known_status(self) -> str:
        """The status before it became `UNKNOWN`."""
        return self.protocolSection.statusModule.lastKnownStatus

    @property
    def why_stopped(self) -> str:
        """Why it was stopped, in the authors' words."""
        return self.protocolSection.statusModule.whyStopped

    @property
    def start_date(self) -> PartialDate | None:
        """When it began or will begin."""
        return calendar_date(self.protocolSection.statusModule.startDateStruct.date)

    @property
    def primary_completion_date(self) -> PartialDate | None:
        """When the last participant was or will be seen for the primary outcome."""
        return calendar_date(self.protocolSection.statusModule.primaryCompletionDateStruct.date)

    @property
    def completion_date(self) -> PartialDate | None:
        """When the last participant was or will be seen."""
        return calendar_date(self.protocolSection.statusModule.completionDateStruct.date)

    @property
    def first_posted(self) -> PartialDate | None:
        """When the registry first showed it."""
        return calendar_date(self.protocolSection.statusModule.studyFirstPostDateStruct.date)

    @property
    def last_update(self) -> str:
        """The day this version was posted (ISO), or submitted where the posting day is absent; else empty."""
        status = self.protocolSection.statusModule
        for text in (status.lastUpdatePostDateStruct.date, status.lastUpdateSubmitDate):
            found = calendar_date(text)
            if found is not None:
                return str(found)
        return ""

    @property
    def version_holder(self) -> str:
        """The data date of the registry that this record was taken from (ISO); else empty."""
        found = calendar_date(self.derivedSection.miscInfoModule.versionHolder)
        return "" if found is None else str(found)

    @property
    def has_results(self) -> bool:
        """Whether results are posted."""
        if self.hasResults is not None:
            return self.hasResults
        return self.resultsSection != ResultsSection()

    # --- how it is built ----------------------------------------------------------------------------------

    @property
    def study_type(self) -> str:
        """`INTERVENTIONAL`, `OBSERVATIONAL` or `EXPANDED_ACCESS`."""
        return self.protocolSection.designModule.studyType

    @property
    def phases(self) -> tuple[str, ...]:
        """`PHASE1`, `PHASE2` … or `NA`; none for observational studies."""
        return self.protocolSection.designModule.phases

    @property
    def enrollment(self) -> int | None:
        """How many participants."""
        return self.protocolSection.designModule.enrollmentInfo.count

    @property
    def enrollment_type(self) -> str:
        """`ACTUAL`, `ESTIMATED` or empty."""
        return self.protocolSection.designModule.enrollmentInfo.type

    @property
    def primary_purpose(self) -> str:
        """`TREATMENT`, `PREVENTION` …"""
        return self.protocolSection.designModule.designInfo.primaryPurpose

    @property
    def allocation(self) -> str:
        """`RANDOMIZED`, `NON_RANDOMIZED` or `NA`."""
        return self.protocolSection.designModule.designInfo.allocation

    @property
    def intervention_model(self) -> str:
        """`SINGLE_GROUP`, `PARALLEL` …"""
        return self.protocolSection.designModule.designInfo.interventionModel

    @property
    def observational_model(self) -> str:
        """`COHORT`, `CASE_CONTROL` …"""
        return self.protocolSection.designModule.designInfo.observationalModel

    @property
    def time_perspective(self) -> str:
        """`PROSPECTIVE`, `RETROSPECTIVE` …"""
        return self.protocolSection.designModule.designInfo.timePerspective

    @property
    def masking(self) -> str:
        """`NONE`, `SINGLE`, `DOUBLE` …"""
        return self.protocolSection.designModule.designInfo.maskingInfo.masking

    @property
    def who_masked(self) -> tuple[str, ...]:
        """`PARTICIPANT`, `INVESTIGATOR` …"""
        return self.protocolSection.designModule.designInfo.maskingInfo.whoMasked

    @property
    def arms(self) -> tuple[ArmGroup, ...]:
        """Arms or cohorts."""
        return self.protocolSection.armsInterventionsModule.armGroups

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """Treatments under study."""
        return self.protocolSection.armsInterventionsModule.interventions

    @property
    def primary_outcomes(self) -> tuple[Outcome, ...]:
        """Planned primary outcomes."""
        return self.protocolSection.outcomesModule.primaryOutcomes

    @property
    def secondary_outcomes(self) -> tuple[Outcome, ...]:
        """Planned secondary outcomes."""
        return self.protocolSection.outcomesModule.secondaryOutcomes

    # --- who can take part --------------------------------------------------------------------------------

    @property
    def criteria_text(self) -> str:
        """The eligibility criteria, free text (markdown). Offsets elsewhere point into exactly this string."""
        return self.protocolSection.eligibilityModule.eligibilityCriteria

    @property
    def sex(self) -> str:
        """`ALL`, `FEMALE`, `MALE` or empty."""
        return self.protocolSection.eligibilityModule.sex

    @property
    def minimum_age(self) -> str:
        """The lowest age in the registry's words: `12 Years`; empty for no limit."""
        return self.protocolSection.eligibilityModule.minimumAge

    @property
    def maximum_age(self) -> str:
        """The highest age in the registry's words: `65 Years`; empty for no limit."""
        return self.protocolSection.eligibilityModule.maximumAge

    @property
    def std_ages(self) -> tuple[str, ...]:
        """`CHILD`, `ADULT`, `OLDER_ADULT`."""
        return self.protocolSection.eligibilityModule.stdAges

    @property
    def healthy_volunteers(self) -> bool | None:
        """Whether healthy volunteers are taken; None when the record does not say."""
        return self.protocolSection.eligibilityModule.healthyVolunteers

    # --- where, whom to ask, what to read -----------------------------------------------------------------

    @property
    def sites(self) -> tuple[Location, ...]:
        """Sites."""
        return self.protocolSection.contactsLocationsModule.locations

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries of the sites, each once, in the record's order."""
        return tuple(dict.fromkeys(site.country for site in self.sites if site.country))

    @property
    def central_contacts(self) -> tuple[Contact, ...]:
        """Whom to ask about the whole study."""
        return self.protocolSection.contactsLocationsModule.centralContacts

    @property
    def officials(self) -> tuple[Official, ...]:
        """Investigators and directors."""
        return self.protocolSection.contactsLocationsModule.overallOfficials

    @property
    def references(self) -> tuple[Reference, ...]:
        """Cited papers."""
        return self.protocolSection.referencesModule.references


@lru_cache(maxsize=65_536)  # days of the registry's life: about 10,000; bounded against hostile input
def calendar_date(text: str) -> PartialDate | None:
    """Return the date, or None when the text is empty or not on the calendar."""
    try:
        return PartialDate.parse(text)
    except ValueError:
        return None
