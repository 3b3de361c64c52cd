"""The registry's legacy XML (`clinical_study`) into the v2 shape.

Comes in: the bytes of one legacy record. Goes out: the same `Trial` that v2 JSON gives. Refuses, with a RecordError:
XML that is not well formed, any document type declaration, another root element, a record without an NCT number.

Every element with a place in v2 is carried over; the others are `NO_PLACE`, which docs/records.md lists with reasons.
An element known to neither gives a warning. Design and eligibility are read by `ctgov_xml_design`, results by
`ctgov_xml_results`, pre-wrapped text by `textblock`, labels by `labels.LEGACY`.
"""

from __future__ import annotations

import re

import msgspec

from accrual.errors import RecordError
from accrual.registry.ctgov_json import trial_of
from accrual.registry.ctgov_xml_design import arms_interventions, block, design, eligibility, outcomes
from accrual.registry.ctgov_xml_results import read_results
from accrual.registry.legacy_value import Fields, flag, iso_date, made, registry_value
from accrual.registry.record import Study, Trial
from accrual.registry.textblock import markdown, paragraphs
from accrual.registry.xml_element import Element, parse

NO_PLACE: frozenset[str] = frozenset(
    {
        "@rank",
        "clinical_results/outcome_list/outcome/safety_issue",
        "is_fda_regulated",
        "is_section_801",
        "last_update_submitted_qc",
        "location_countries",
        "number_of_arms",
        "number_of_groups",
        "other_outcome/safety_issue",
        "oversight_info/authority",
        "primary_outcome/safety_issue",
        "required_header/link_text",
        "required_header/url",
        "secondary_outcome/safety_issue",
    }
)
"""Paths below `clinical_study` that API v2 has no field for. docs/records.md says of each why."""


def read_xml(data: bytes, where: str = "") -> Trial:
    """Read one study in the registry's legacy XML.

    Args:
        data: the XML document of one study.
        where: file or member, for messages.

    Raises:
        RecordError: not well formed, a document type declaration, not a `clinical_study`, or no NCT number.
    """
    root = parse(data, where)
    if root.tag != "clinical_study":
        raise RecordError(
            f"the root element is <{root.tag[:60]}>, a legacy record is <clinical_study>", where
        )
    warnings: list[str] = []
    study = msgspec.convert(_study(root, warnings), Study)
    unknown = dict.fromkeys(path for path in root.left_over() if path not in NO_PLACE)
    warnings += [f"{path}: an element that accrual does not know; left out" for path in unknown]
    return trial_of(study, (), tuple(warnings), where)


def _study(root: Element, warnings: list[str]) -> Fields:
    has_results = root.has("clinical_results")
    results = made(**read_results(root.group("clinical_results"), warnings)) if has_results else {}
    return made(
        protocolSection=_protocol(root, warnings),
        resultsSection=results,
        annotationSection=made(annotationModule=_annotation(root)),
        documentSection=made(largeDocumentModule=made(largeDocs=_documents(root))),
        derivedSection=_derived(root),
        hasResults=has_results,
    )


def _protocol(root: Element, warnings: list[str]) -> Fields:
    lead = root.group("sponsors")
    sponsors = _sponsors(root, lead, warnings)
    return made(
        identificationModule=_identification(root, sponsors),
        statusModule=_status(root, warnings),
        sponsorCollaboratorsModule=sponsors,
        oversightModule=_oversight(root),
        descriptionModule=made(
            briefSummary=block(root, "brief_summary"),
            detailedDescription=block(root, "detailed_description"),
        ),
        conditionsModule=made(conditions=root.texts("condition"), keywords=root.texts("keyword")),
        designModule=design(root, warnings),
        armsInterventionsModule=arms_interventions(root, warnings),
        outcomesModule=made(
            primaryOutcomes=outcomes(root, "primary_outcome"),
            secondaryOutcomes=outcomes(root, "secondary_outcome"),
            otherOutcomes=outcomes(root, "other_outcome"),
        ),
        eligibilityModule=eligibility(root, warnings),
        contactsLocationsModule=_contacts_locations(root, warnings),
        referencesModule=_references(root),
        ipdSharingStatementModule=_ipd(root, warnings),
    )


def _identification(root: Element, sponsors: Fields) -> Fields:
    ids = root.group("id_info")
    source = root.text("source")
    lead = sponsors.get("leadSponsor", {})
    same = source and source == lead.get(
        "name"
    )  # legacy XML gives no class for the registering organisation itself
    return made(
        nctId=ids.text("nct_id"),
        nctIdAliases=ids.texts("nct_alias"),
        orgStudyIdInfo=made(id=ids.text("org_study_id")),
        secondaryIdInfos=[{"id": number} for number in ids.texts("secondary_id")],
        organization=made(fullName=source, **({"class": lead.get("class")} if same else {})),
        briefTitle=root.text("brief_title"),
        officialTitle=root.text("official_title"),
        acronym=root.text("acronym"),
    )


def _dated(root: Element, tag: str, warnings: list[str]) -> Fields:
    group = root.group(tag)
    kind = registry_value("date_type", group.attribute("type"), warnings)
    return made(date=iso_date(group.own()), type=kind)


def _either_date(root: Element, warnings: list[str], *tags: str) -> str:
    """Take the first of the names that one date has had over the years; say so when another differs."""
    dates = {tag: text for tag in tags if (text := root.text(tag))}
    first = next(iter(dates.values()), "")
    warnings += [
        f"{tag}: {text!r} differs from {first!r}; left out" for tag, text in dates.items() if text != first
    ]
    return iso_date(first)


def _status(root: Element, warnings: list[str]) -> Fields:
    expanded = flag(root.text("has_expanded_access"))
    return made(
        statusVerifiedDate=iso_date(root.text("verification_date")),
        overallStatus=registry_value("status", root.text("overall_status"), warnings),
        lastKnownStatus=registry_value("status", root.text("last_known_status"), warnings),
        whyStopped=markdown(root.raw("why_stopped")),
        expandedAccessInfo=made(hasExpandedAccess=expanded),
        startDateStruct=_dated(root, "start_date", warnings),
        primaryCompletionDateStruct=_dated(root, "primary_completion_date", warnings),
        completionDateStruct=_dated(root, "completion_date", warnings),
        studyFirstSubmitDate=_either_date(root, warnings, "study_first_submitted", "firstreceived_date"),
        studyFirstSubmitQcDate=iso_date(root.text("study_first_submitted_qc")),
        studyFirstPostDateStruct=_dated(root, "study_first_posted", warnings),
        resultsFirstSubmitDate=_either_date(
            root, warnings, "results_first_submitted", "firstreceived_results_date"
        ),
        resultsFirstSubmitQcDate=iso_date(root.text("results_first_submitted_qc")),
        resultsFirstPostDateStruct=_dated(root, "results_first_posted", warnings),
        dispFirstSubmitDate=_either_date(
            root, warnings, "disposition_first_submitted", "firstreceived_results_disposition_date"
        ),
        dispFirstSubmitQcDate=iso_date(root.text("disposition_first_submitted_qc")),
        dispFirstPostDateStruct=_dated(root, "disposition_first_posted", warnings),
        lastUpdateSubmitDate=_either_date(root, warnings, "last_update_submitted", "lastchanged_date"),
        lastUpdatePostDateStruct=_dated(root, "last_update_posted", warnings),
    )


def _sponsor(group: Element, warnings: list[str]) -> Fields:
    kind = registry_value("funder", group.text("agency_class"), warnings)
    return made(name=group.text("agency"), **{"class": kind})


def _sponsors(root: Element, group: Element, warnings: list[str]) -> Fields:
    party = root.group("responsible_party")
    return made(
        responsibleParty=made(
            type=registry_value("responsible_party", party.text("responsible_party_type"), warnings),
            investigatorFullName=party.text("investigator_full_name"),
            investigatorTitle=party.text("investigator_title"),
            investigatorAffiliation=party.text("investigator_affiliation"),
            oldNameTitle=party.text("name_title"),
            oldOrganization=party.text("organization"),
        ),
        leadSponsor=_sponsor(group.group("lead_sponsor"), warnings),
        collaborators=[_sponsor(one, warnings) for one in group.groups("collaborator")],
    )


def _oversight(root: Element) -> Fields:
    group = root.group("oversight_info")
    return made(
        oversightHasDmc=flag(group.text("has_dmc")),
        isFdaRegulatedDrug=flag(group.text("is_fda_regulated_drug")),
        isFdaRegulatedDevice=flag(group.text("is_fda_regulated_device")),
        isUnapprovedDevice=flag(group.text("is_unapproved_device")),
        isPpsd=flag(group.text("is_ppsd")),
        isUsExport=flag(group.text("is_us_export")),
    )


def _name(group: Element) -> str:
    parts = [group.text(tag) for tag in ("first_name", "middle_name", "last_name")]
    name = " ".join(part for part in parts if part)
    degrees = group.text("degrees")
    return f"{name}, {degrees}" if name and degrees else name or degrees


def _contact(group: Element) -> Fields:
    return made(
        name=_name(group),
        role="CONTACT",
        phone=group.text("phone"),
        phoneExt=group.text("phone_ext"),
        email=group.text("email"),
    )


def _site(group: Element, warnings: list[str]) -> Fields:
    facility = group.group("facility")
    address = facility.group("address")
    contacts = [_contact(one) for tag in ("contact", "contact_backup") for one in group.groups(tag)]
    contacts += [
        made(name=_name(one), role=registry_value("role", one.text("role"), warnings))
        for one in group.groups("investigator")
    ]
    return made(
        facility=facility.text("name"),
        status=registry_value("status", group.text("status"), warnings),
        city=address.text("city"),
        state=address.text("state"),
        zip=address.text("zip"),
        country=address.text("country"),
        contacts=contacts,
    )


def _contacts_locations(root: Element, warnings: list[str]) -> Fields:
    contacts = [
        _contact(one) for tag in ("overall_contact", "overall_contact_backup") for one in root.groups(tag)
    ]
    officials = [
        made(
            name=_name(one),
            affiliation=one.text("affiliation"),
            role=registry_value("role", one.text("role"), warnings),
        )
        for one in root.groups("overall_official")
    ]
    sites = [_site(one, warnings) for one in root.groups("location")]
    return made(centralContacts=contacts, overallOfficials=officials, locations=sites)


def _references(root: Element) -> Fields:
    def papers(tag: str, kind: str) -> list[Fields]:
        return [
            made(pmid=one.text("PMID"), type=kind, citation=one.text("citation")) for one in root.groups(tag)
        ]

    # `reference` holds both what authors cited (BACKGROUND) and what the registry found (DERIVED): no type is given.
    return made(
        references=papers("reference", "") + papers("results_reference", "RESULT"),
        seeAlsoLinks=[
            made(label=paragraphs(one.text("description")), url=one.text("url"))
            for one in root.groups("link")
        ],
        availIpds=[
            made(
                id=one.text("doc_id"),
                type=one.text("doc_type"),
                url=one.text("doc_url"),
                comment=one.text("doc_comment"),
            )
            for one in root.group("study_docs").groups("study_doc")
        ],
    )


def _ipd(root: Element, warnings: list[str]) -> Fields:
    group = root.group("patient_data")
    return made(
        ipdSharing=registry_value("ipd_sharing", group.text("sharing_ipd"), warnings),
        description=paragraphs(group.text("ipd_description")),
        infoTypes=[registry_value("ipd_info", text, warnings) for text in group.texts("ipd_info_type")],
        timeFrame=paragraphs(group.text("ipd_time_frame")),
        accessCriteria=paragraphs(group.text("ipd_access_criteria")),
        url=group.text("ipd_url"),
    )


_PENDING = {"submitted": "RELEASE", "returned": "RESET", "submission_canceled": "UNRELEASE"}


def _annotation(root: Element) -> Fields:
    events = [
        made(type=_PENDING[tag], dateUnknown=True)
        if text == "Unknown"
        else made(type=_PENDING[tag], date=iso_date(text))
        for tag, text in root.group("pending_results").in_order(tuple(_PENDING))
    ]
    return made(unpostedAnnotation=made(unpostedEvents=events))


_FILE_NUMBER = re.compile(r"_\d+(?:\.\w+)?$")


def _documents(root: Element) -> list[Fields]:
    documents: list[Fields] = []
    for one in root.group("provided_document_section").groups("provided_document"):
        # v2 keeps the file's name; the folder follows from the NCT number: …/ProvidedDocs/77/NCT00001277/Prot_000.pdf
        filename = one.text("document_url").rpartition("/")[2]
        documents.append(
            made(
                typeAbbrev=_FILE_NUMBER.sub("", filename),
                hasProtocol=flag(one.text("document_has_protocol")),
                hasSap=flag(one.text("document_has_sap")),
                hasIcf=flag(one.text("document_has_icf")),
                label=one.text("document_type"),
                date=iso_date(one.text("document_date")),
                filename=filename,
            )
        )
    return documents


def _derived(root: Element) -> Fields:
    processed = root.group("required_header").text("download_date")

    def meshes(tag: str) -> Fields:
        return made(meshes=[{"term": term} for term in root.group(tag).texts("mesh_term")])

    return made(
        miscInfoModule=made(
            versionHolder=iso_date(processed.rpartition(" on ")[2]),
            removedCountries=root.group("removed_countries").texts("country"),
        ),
        conditionBrowseModule=meshes("condition_browse"),
        interventionBrowseModule=meshes("intervention_browse"),
    )
