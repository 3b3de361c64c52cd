"""Pieces: which words of a record a search looks at, under the registry's own names and weights.

Comes in: a `Trial`. Goes out: for each of the registry's data pieces (`BriefTitle`, `Condition`, …) its texts.
Refuses nothing: a piece the record lacks is empty.

The index has fewer fields than the registry has pieces: every piece goes into the field `all`, which decides
whether a study matches, and pieces that should decide the order also go into a field of their own. Which piece
matched is read from the stored texts, for the page shown only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec

from accrual.registry.record import Trial
from accrual.registry.record_protocol import ResponsibleParty

Reader = Callable[[Trial], Iterable[str]]


class Piece(msgspec.Struct, frozen=True):
    """One data piece: the registry's name and weight, the index field it also fills, and how to read it."""

    name: str
    weight: float
    field: str
    read: Reader


@lru_cache(maxsize=1024)
def plain_words(value: str) -> str:
    """Return an enumeration's value as words to search: `EARLY_PHASE1` is `early phase1 early phase 1`."""
    if value in ("", "NA"):
        return ""
    words = value.replace("_", " ").lower()
    spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", words)
    return words if spaced == words else f"{words} {spaced}"


def _plain(*values: str) -> tuple[str, ...]:
    return tuple(plain_words(value) for value in values)


def _identity(trial: Trial) -> tuple[str, ...]:
    return (trial.nct_id,)


def _responsible(trial: Trial) -> ResponsibleParty:
    return trial.protocolSection.sponsorCollaboratorsModule.responsibleParty


def _outcome_measures(trial: Trial) -> tuple[str, ...]:
    return tuple(m.title for m in trial.resultsSection.outcomeMeasuresModule.outcomeMeasures)


def _outcome_descriptions(trial: Trial) -> tuple[str, ...]:
    return tuple(m.description for m in trial.resultsSection.outcomeMeasuresModule.outcomeMeasures)


def _site_contacts(trial: Trial) -> tuple[str, ...]:
    return tuple(contact.name for site in trial.sites for contact in site.contacts)


def _other_outcomes(trial: Trial) -> tuple[str, ...]:
    return tuple(o.measure for o in trial.protocolSection.outcomesModule.otherOutcomes)


def _other_outcome_descriptions(trial: Trial) -> tuple[str, ...]:
    return tuple(o.description for o in trial.protocolSection.outcomesModule.otherOutcomes)


# Weights: the registry's search areas, "BasicSearch" (API v2, /studies/search-areas, read 2026-11), in its order.
# Fields: ours. The empty field means that the piece is only in `all`.
PIECES: tuple[Piece, ...] = (
    Piece("NCTId", 1.0, "", _identity),
    Piece("Acronym", 1.0, "title", lambda t: (t.acronym,)),
    Piece("BriefTitle", 0.89, "title", lambda t: (t.protocolSection.identificationModule.briefTitle,)),
    Piece("OfficialTitle", 0.85, "official_title", lambda t: (t.official_title,)),
    Piece("Condition", 0.81, "condition", lambda t: t.conditions),
    Piece("InterventionName", 0.8, "intervention", lambda t: (i.name for i in t.interventions)),
    Piece(
        "InterventionOtherName",
        0.75,
        "intervention",
        lambda t: (n for i in t.interventions for n in i.otherNames),
    ),
    Piece("Phase", 0.65, "", lambda t: _plain(*t.phases)),
    Piece("StdAge", 0.65, "", lambda t: _plain(*t.std_ages)),
    Piece("PrimaryOutcomeMeasure", 0.6, "", lambda t: (o.measure for o in t.primary_outcomes)),
    Piece("Keyword", 0.6, "keyword", lambda t: t.keywords),
    Piece("BriefSummary", 0.6, "", lambda t: (t.summary,)),
    Piece("ArmGroupLabel", 0.5, "arm", lambda t: (arm.label for arm in t.arms)),
    Piece("SecondaryOutcomeMeasure", 0.5, "", lambda t: (o.measure for o in t.secondary_outcomes)),
    Piece("InterventionDescription", 0.45, "arm", lambda t: (i.description for i in t.interventions)),
    Piece("ArmGroupDescription", 0.45, "arm", lambda t: (arm.description for arm in t.arms)),
    Piece("PrimaryOutcomeDescription", 0.4, "", lambda t: (o.description for o in t.primary_outcomes)),
    Piece("LeadSponsorName", 0.4, "", lambda t: (t.lead_sponsor.name,)),
    Piece("OrgStudyId", 0.4, "", lambda t: (t.org_study_id,)),
    Piece("SecondaryId", 0.4, "", lambda t: t.secondary_ids),
    Piece("NCTIdAlias", 0.4, "", lambda t: t.nct_aliases),
    Piece("InterventionType", 0.35, "arm", lambda t: _plain(*(i.type for i in t.interventions))),
    Piece("ArmGroupType", 0.35, "arm", lambda t: _plain(*(arm.type for arm in t.arms))),
    Piece("SecondaryOutcomeDescription", 0.35, "", lambda t: (o.description for o in t.secondary_outcomes)),
    Piece("LocationFacility", 0.35, "", lambda t: (site.facility for site in t.sites)),
    Piece("LocationStatus", 0.35, "", lambda t: _plain(*(site.status for site in t.sites))),
    Piece("LocationState", 0.35, "", lambda t: (site.state for site in t.sites)),
    Piece("LocationCountry", 0.35, "", lambda t: (site.country for site in t.sites)),
    Piece("LocationCity", 0.35, "", lambda t: (site.city for site in t.sites)),
    Piece("BioSpecDescription", 0.3, "", lambda t: (t.protocolSection.designModule.bioSpec.description,)),
    Piece("ResponsiblePartyInvestigatorFullName", 0.3, "", lambda t: (_responsible(t).investigatorFullName,)),
    Piece("ResponsiblePartyInvestigatorTitle", 0.3, "", lambda t: (_responsible(t).investigatorTitle,)),
    Piece(
        "ResponsiblePartyInvestigatorAffiliation",
        0.3,
        "",
        lambda t: (_responsible(t).investigatorAffiliation,),
    ),
    Piece("ResponsiblePartyOldNameTitle", 0.3, "", lambda t: (_responsible(t).oldNameTitle,)),
    Piece("ResponsiblePartyOldOrganization", 0.3, "", lambda t: (_responsible(t).oldOrganization,)),
    Piece(
        "OverallOfficialAffiliation", 0.3, "", lambda t: (official.affiliation for official in t.officials)
    ),
    Piece("OverallOfficialRole", 0.3, "", lambda t: _plain(*(official.role for official in t.officials))),
    Piece("OverallOfficialName", 0.3, "", lambda t: (official.name for official in t.officials)),
    Piece("CentralContactName", 0.3, "", lambda t: (contact.name for contact in t.central_contacts)),
    Piece("ConditionMeshTerm", 0.3, "condition_mesh", lambda t: (mesh.term for mesh in t.condition_meshes)),
    Piece(
        "InterventionMeshTerm",
        0.3,
        "intervention_mesh",
        lambda t: (mesh.term for mesh in t.intervention_meshes),
    ),
    Piece("DesignAllocation", 0.3, "", lambda t: _plain(t.allocation)),
    Piece("DesignInterventionModel", 0.3, "", lambda t: _plain(t.intervention_model)),
    Piece("DesignMasking", 0.3, "", lambda t: _plain(t.masking)),
    Piece("DesignWhoMasked", 0.3, "", lambda t: _plain(*t.who_masked)),
    Piece("DesignObservationalModel", 0.3, "", lambda t: _plain(t.observational_model)),
    Piece("DesignPrimaryPurpose", 0.3, "", lambda t: _plain(t.primary_purpose)),
    Piece("DesignTimePerspective", 0.3, "", lambda t: _plain(t.time_perspective)),
    Piece("StudyType", 0.3, "", lambda t: _plain(t.study_type)),
    Piece(
        "ConditionAncestorTerm",
        0.25,
        "condition_mesh",
        lambda t: (mesh.term for mesh in t.derivedSection.conditionBrowseModule.ancestors),
    ),
    Piece(
        "InterventionAncestorTerm",
        0.25,
        "intervention_mesh",
        lambda t: (mesh.term for mesh in t.derivedSection.interventionBrowseModule.ancestors),
    ),
    Piece("CollaboratorName", 0.25, "", lambda t: (sponsor.name for sponsor in t.collaborators)),
    Piece("OtherOutcomeMeasure", 0.15, "", _other_outcomes),
    Piece("OutcomeMeasureTitle", 0.15, "", _outcome_measures),
    Piece("OtherOutcomeDescription", 0.1, "", _other_outcome_descriptions),
    Piece("OutcomeMeasureDescription", 0.1, "", _outcome_descriptions),
    Piece("LocationContactName", 0.1, "", _site_contacts),
)

TEXT_FIELDS: tuple[str, ...] = tuple(dict.fromkeys(piece.field for piece in PIECES if piece.field))
"""Index fields with positions, besides `all`."""

# How much a match in each field adds to what `all` gives. BasicSearch: the weight of the field's first piece there.
BASIC_WEIGHTS = (
    ("title", 0.89),
    ("official_title", 0.85),
    ("condition", 0.81),
    ("intervention", 0.8),
    ("keyword", 0.6),
)
# What the many low pieces weigh in `all`: the registry gives most of them 0.3 to 0.4.
ALL_WEIGHT = 0.35

# The registry's areas "ConditionSearch" and "InterventionSearch" (as above): fields that must hold the words.
CONDITION_WEIGHTS = (
    ("condition", 0.95),
    ("title", 0.6),
    ("official_title", 0.55),
    ("condition_mesh", 0.5),
    ("keyword", 0.3),
)
INTERVENTION_WEIGHTS = (
    ("intervention", 0.95),
    ("title", 0.65),
    ("official_title", 0.6),
    ("intervention_mesh", 0.5),
    ("keyword", 0.5),
    ("arm", 0.45),
)


def read_pieces(trial: Trial) -> list[tuple[int, tuple[str, ...]]]:
    """Return the texts of a record, each once: (index into PIECES, texts), pieces without text left out."""
    found = []
    for number, piece in enumerate(PIECES):
        texts = tuple(dict.fromkeys(text for text in piece.read(trial) if text))
        if texts:
            found.append((number, texts))
    return found
