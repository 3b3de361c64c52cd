"""One study as a FHIR R4 ResearchStudy.

Comes in: a record. Goes out: a `ResearchStudy` and its JSON: sites as contained Locations, the people looked for as a
contained Group. Refuses nothing; what R4 has no place for (collaborators, results) is left out.

Status, phase, purpose and objectives are codes of R4's own code systems; where R4 has none for a value, the words stand
alone. R4 demands a status and has none for "unknown": such a study carries the reason in its stead
(`data-absent-reason`), because the last known one would be a wrong one. Text is markdown, as FHIR wants it.
Source: HL7 FHIR R4 (4.0.1), ResearchStudy; which registry value goes where is set by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from accrual.registry.enums import legacy_value
from accrual.registry.export import fhir_types as r4
from accrual.registry.export.address import document_url, paper_url, study_url
from accrual.registry.export.fhir_people import group, site
from accrual.registry.fields import find_field
from accrual.registry.record import Trial
from accrual.registry.record_derived import Mesh
from accrual.registry.record_protocol import Contact

_REGISTRY = "https://clinicaltrials.gov"
_MESH = "http://id.nlm.nih.gov/mesh"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

# To http://hl7.org/fhir/research-study-status; values that are missing have no counterpart there.
_STATUS: Mapping[str, str] = {
    "NOT_YET_RECRUITING": "approved",
    "RECRUITING": "active",
    "ENROLLING_BY_INVITATION": "active",
    "ACTIVE_NOT_RECRUITING": "closed-to-accrual",
    "SUSPENDED": "temporarily-closed-to-accrual",
    "TERMINATED": "administratively-completed",
    "COMPLETED": "completed",
    "WITHDRAWN": "withdrawn",
    "AVAILABLE": "active",
    "TEMPORARILY_NOT_AVAILABLE": "temporarily-closed-to-accrual",
    "NO_LONGER_AVAILABLE": "closed-to-accrual",
    "APPROVED_FOR_MARKETING": "administratively-completed",
}
# To research-study-phase.
_PHASE: Mapping[tuple[str, ...], str] = {
    ("NA",): "n-a",
    ("EARLY_PHASE1",): "early-phase-1",
    ("PHASE1",): "phase-1",
    ("PHASE1", "PHASE2"): "phase-1-phase-2",
    ("PHASE2",): "phase-2",
    ("PHASE2", "PHASE3"): "phase-2-phase-3",
    ("PHASE3",): "phase-3",
    ("PHASE4",): "phase-4",
}
# To research-study-prim-purp-type.
_PURPOSE: Mapping[str, str] = {
    "TREATMENT": "treatment",
    "PREVENTION": "prevention",
    "DIAGNOSTIC": "diagnostic",
    "SUPPORTIVE_CARE": "supportive-care",
    "SCREENING": "screening",
    "HEALTH_SERVICES_RESEARCH": "health-services-research",
    "BASIC_SCIENCE": "basic-science",
    "DEVICE_FEASIBILITY": "device-feasibility",
}


def research_study(trial: Trial) -> r4.ResearchStudy:
    """Return a study as a FHIR R4 ResearchStudy.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> trial = read_json(b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102"}}}')
        >>> research_study(trial).identifier[0].value
        'NCT00000102'
    """
    people = group(trial)
    sites = tuple(site(number, each) for number, each in enumerate(trial.sites))
    status = _STATUS.get(trial.status, "")
    return r4.ResearchStudy(
        id=trial.nct_id,
        meta=r4.Meta(source=study_url(trial.nct_id)),
        contained=(people, *sites),
        identifier=_identifiers(trial),
        title=trial.title,
        status=status,
        status_absent=None
        if status
        else r4.Absent(extension=(r4.Extension(url=_ABSENT, value_code="unknown"),)),
        primary_purpose_type=_coded(
            "research-study-prim-purp-type",
            _PURPOSE.get(trial.primary_purpose, ""),
            _words("DesignPrimaryPurpose", trial.primary_purpose),
        ),
        phase=_coded(
            "research-study-phase",
            _PHASE.get(trial.phases, ""),
            "/".join(_words("Phase", phase) for phase in trial.phases),
        ),
        category=_categories(trial),
        focus=(*_texts(each.name for each in trial.interventions), *_headings(trial.intervention_meshes)),
        condition=(*_texts(trial.conditions), *_headings(trial.condition_meshes)),
        contact=tuple(
            _contact(each) for each in trial.central_contacts if each.name or each.phone or each.email
        ),
        related_artifact=tuple(_artifacts(trial)),
        keyword=_texts(trial.keywords),
        location=_texts(trial.countries),
        description="\n\n".join(text for text in (trial.summary, trial.description) if text.strip()),
        enrollment=(r4.Reference(reference=f"#{people.id}", type="Group"),),
        period=_period(trial),
        sponsor=_named("Organization", trial.lead_sponsor.name),
        principal_investigator=_named("Practitioner", _investigator(trial)),
        site=tuple(r4.Reference(reference=f"#{each.id}", type="Location") for each in sites),
        note=tuple(_notes(trial)),
        arm=tuple(
            r4.Arm(
                name=arm.label,
                type=_coded("", "", _words("ArmGroupType", arm.type)),
                description=arm.description,
            )
            for arm in trial.arms
            if arm.label.strip()
        ),
        objective=tuple(_objectives(trial)),
    )


def write_fhir(trial: Trial) -> bytes:
    """Return a study as FHIR JSON."""
    return msgspec.json.encode(research_study(trial))


def _words(piece: str, value: str) -> str:
    return legacy_value(find_field(piece), value) if value else ""


def _coded(system: str, code: str, text: str) -> r4.CodeableConcept | None:
    """Return a concept by its words, with its code where there is one; None for no words."""
    if not text:
        return None
    coding = (r4.Coding(system=_TERMINOLOGY + system, code=code, display=text),) if code else ()
    return r4.CodeableConcept(coding=coding, text=text)


def _texts(texts: Iterable[str]) -> tuple[r4.CodeableConcept, ...]:
    return tuple(r4.CodeableConcept(text=text) for text in dict.fromkeys(texts) if text.strip())


def _headings(meshes: Iterable[Mesh]) -> tuple[r4.CodeableConcept, ...]:
    return tuple(
        r4.CodeableConcept(coding=(r4.Coding(system=_MESH, code=mesh.id, display=mesh.term),), text=mesh.term)
        for mesh in meshes
        if re.fullmatch(r"\S+", mesh.id)  # a FHIR code has no spaces
    )


def _identifiers(trial: Trial) -> tuple[r4.Identifier, ...]:
    names = trial.protocolSection.identificationModule
    found = [r4.Identifier(use="official", system=_REGISTRY, value=trial.nct_id)]
    found += (r4.Identifier(use="old", system=_REGISTRY, value=alias) for alias in trial.nct_aliases if alias)
    if names.orgStudyIdInfo.id:
        kind = _words("OrgStudyIdType", names.orgStudyIdInfo.type) or "Organization's number"
        found.append(r4.Identifier(use="secondary", type=_coded("", "", kind), value=names.orgStudyIdInfo.id))
    for info in names.secondaryIdInfos:
        if info.id:
            kind = ", ".join(part for part in (_words("SecondaryIdType", info.type), info.domain) if part)
            found.append(r4.Identifier(use="secondary", type=_coded("", "", kind), value=info.id))
    return tuple(found)


def _categories(trial: Trial) -> tuple[r4.CodeableConcept, ...]:
    named = (
        ("Study type", "StudyType", trial.study_type),
        ("Allocation", "DesignAllocation", trial.allocation),
        ("Intervention model", "DesignInterventionModel", trial.intervention_model),
        ("Masking", "DesignMasking", trial.masking),
        ("Observational model", "DesignObservationalModel", trial.observational_model),
        ("Time perspective", "DesignTimePerspective", trial.time_perspective),
    )
    return _texts(f"{name}: {_words(piece, value)}" for name, piece, value in named if value)


def _contact(contact: Contact) -> r4.ContactDetail:
    phone = (
        f"{contact.phone} ext. {contact.phoneExt}" if contact.phone and contact.phoneExt else contact.phone
    )
    points = (("phone", phone), ("email", contact.email))
    return r4.ContactDetail(
        name=contact.name,
        telecom=tuple(r4.ContactPoint(system=system, value=value) for system, value in points if value),
    )


def _artifacts(trial: Trial) -> Iterable[r4.RelatedArtifact]:
    for paper in trial.references:
        if paper.citation or paper_url(paper.pmid):
            yield r4.RelatedArtifact(type="citation", citation=paper.citation, url=paper_url(paper.pmid))
    for document in trial.documentSection.largeDocumentModule.largeDocs:
        if url := document_url(trial.nct_id, document.filename):
            yield r4.RelatedArtifact(type="documentation", label=document.label, url=url)
    for link in trial.protocolSection.referencesModule.seeAlsoLinks:
        if link.url:
            yield r4.RelatedArtifact(type="documentation", label=link.label, url=link.url)


def _period(trial: Trial) -> r4.Period | None:
    start, end = (str(date) if date else "" for date in (trial.start_date, trial.completion_date))
    return r4.Period(start=start, end=end) if start or end else None


def _named(kind: str, name: str) -> r4.Reference | None:
    return r4.Reference(type=kind, display=name) if name.strip() else None


def _investigator(trial: Trial) -> str:
    names = (each.name for each in trial.officials if each.role == "PRINCIPAL_INVESTIGATOR")
    return (
        next(names, "")
        or trial.protocolSection.sponsorCollaboratorsModule.responsibleParty.investigatorFullName
    )


def _notes(trial: Trial) -> Iterable[r4.Annotation]:
    named = (
        ("Official title", trial.official_title),
        ("Acronym", trial.acronym),
        ("Overall status", _words("OverallStatus", trial.status)),
        ("Last known status", _words("LastKnownStatus", trial.last_known_status)),
        ("Why stopped", trial.why_stopped),
    )
    for name, text in named:
        if text.strip():
            yield r4.Annotation(text=f"{name}: {text}")


def _objectives(trial: Trial) -> Iterable[r4.Objective]:
    outcomes = (
        ("primary", trial.primary_outcomes),
        ("secondary", trial.secondary_outcomes),
        ("exploratory", trial.protocolSection.outcomesModule.otherOutcomes),
    )
    for kind, each in outcomes:
        concept = _coded("research-study-objective-type", kind, kind.capitalize())
        assert concept is not None
        for outcome in each:
            if outcome.measure.strip():
                yield r4.Objective(name=outcome.measure, type=concept)
