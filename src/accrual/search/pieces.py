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

from accrual.registry.areas import find_area
from accrual.registry.record import Trial
from accrual.registry.record_protocol import ResponsibleParty

Reader = Callable[[Trial], Iterable[str]]


class Piece(msgspec.Struct, frozen=True):
    """One data piece: the registry's name, the index field it also fills, and how to read it."""

    name: str
    field: str
    read: Reader

    @property
    def weight(self) -> float:
        """What the registry weighs a match in this piece, in a search of everything."""
        return _BASIC[self.name]


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


# The pieces of the registry's search area "BasicSearch" (registry/areas.py), heaviest first. Fields: ours.
# The empty field means that the piece is only in `all`.
PIECES: tuple[Piece, ...] = (
    Piece("NCTId", "", _identity),
    Piece("Acronym", "title", lambda t: (t.acronym,)),
    Piece("BriefTitle", "title", lambda t: (t.protocolSection.identificationModule.briefTitle,)),
    Piece("OfficialTitle", "official_title", lambda t: (t.official_title,)),
    Piece("Condition", "condition", lambda t: t.conditions),
    Piece("InterventionName", "intervention", lambda t: (i.name for i in t.interventions)),
    Piece(
        "InterventionOtherName",
        "intervention",
        lambda t: (n for i in t.interventions for n in i.otherNames),
    ),
    Piece("Phase", "", lambda t: _plain(*t.phases)),
    Piece("StdAge", "", lambda t: _plain(*t.std_ages)),
    Piece("PrimaryOutcomeMeasure", "", lambda t: (o.measure for o in t.primary_outcomes)),
    Piece("Keyword", "keyword", lambda t: t.keywords),
    Piece("BriefSummary", "", lambda t: (t.summary,)),
    Piece("ArmGroupLabel", "arm", lambda t: (arm.label for arm in t.arms)),
    Piece("SecondaryOutcomeMeasure", "", lambda t: (o.measure for o in t.secondary_outcomes)),
    Piece("InterventionDescription", "arm", lambda t: (i.description for i in t.interventions)),
    Piece("ArmGroupDescription", "arm", lambda t: (arm.description for arm in t.arms)),
    Piece("PrimaryOutcomeDescription", "", lambda t: (o.description for o in t.primary_outcomes)),
    Piece("LeadSponsorName", "", lambda t: (t.lead_sponsor.name,)),
    Piece("OrgStudyId", "", lambda t: (t.org_study_id,)),
    Piece("SecondaryId", "", lambda t: t.secondary_ids),
    Piece("NCTIdAlias", "", lambda t: t.nct_aliases),
    Piece("InterventionType", "arm", lambda t: _plain(*(i.type for i in t.interventions))),
    Piece("ArmGroupType", "arm", lambda t: _plain(*(arm.type for arm in t.arms))),
    Piece("SecondaryOutcomeDescription", "", lambda t: (o.description for o in t.secondary_outcomes)),
    Piece("LocationFacility", "", lambda t: (site.facility for site in t.sites)),
    Piece("LocationStatus", "", lambda t: _plain(*(site.status for site in t.sites))),
    Piece("LocationState", "", lambda t: (site.state for site in t.sites)),
    Piece("LocationCountry", "", lambda t: (site.country for site in t.sites)),
    Piece("LocationCity", "", lambda t: (site.city for site in t.sites)),
    Piece("BioSpecDescription", "", lambda t: (t.protocolSection.designModule.bioSpec.description,)),
    Piece("ResponsiblePartyInvestigatorFullName", "", lambda t: (_responsible(t).investigatorFullName,)),
    Piece("ResponsiblePartyInvestigatorTitle", "", lambda t: (_responsible(t).investigatorTitle,)),
    Piece(
        "ResponsiblePartyInvestigatorAffiliation",
        "",
        lambda t: (_responsible(t).investigatorAffiliation,),
    ),
    Piece("ResponsiblePartyOldNameTitle", "", lambda t: (_responsible(t).oldNameTitle,)),
    Piece("ResponsiblePartyOldOrganization", "", lambda t: (_responsible(t).oldOrganization,)),
    Piece("OverallOfficialAffiliation", "", lambda t: (official.affiliation for official in t.officials)),
    Piece("OverallOfficialRole", "", lambda t: _plain(*(official.role for official in t.officials))),
    Piece("OverallOfficialName", "", lambda t: (official.name for official in t.officials)),
    Piece("CentralContactName", "", lambda t: (contact.name for contact in t.central_contacts)),
    Piece("ConditionMeshTerm", "condition_mesh", lambda t: (mesh.term for mesh in t.condition_meshes)),
    Piece(
        "InterventionMeshTerm",
        "intervention_mesh",
        lambda t: (mesh.term for mesh in t.intervention_meshes),
    ),
    Piece("DesignAllocation", "", lambda t: _plain(t.allocation)),
    Piece("DesignInterventionModel", "", lambda t: _plain(t.intervention_model)),
    Piece("DesignMasking", "", lambda t: _plain(t.masking)),
    Piece("DesignWhoMasked", "", lambda t: _plain(*t.who_masked)),
    Piece("DesignObservationalModel", "", lambda t: _plain(t.observational_model)),
    Piece("DesignPrimaryPurpose", "", lambda t: _plain(t.primary_purpose)),
    Piece("DesignTimePerspective", "", lambda t: _plain(t.time_perspective)),
    Piece("StudyType", "", lambda t: _plain(t.study_type)),
    Piece(
        "ConditionAncestorTerm",
        "condition_mesh",
        lambda t: (mesh.term for mesh in t.derivedSection.conditionBrowseModule.ancestors),
    ),
    Piece(
        "InterventionAncestorTerm",
        "intervention_mesh",
        lambda t: (mesh.term for mesh in t.derivedSection.interventionBrowseModule.ancestors),
    ),
    Piece("CollaboratorName", "", lambda t: (sponsor.name for sponsor in t.collaborators)),
    Piece("OtherOutcomeMeasure", "", _other_outcomes),
    Piece("OutcomeMeasureTitle", "", _outcome_measures),
    Piece("OtherOutcomeDescription", "", _other_outcome_descriptions),
    Piece("OutcomeMeasureDescription", "", _outcome_descriptions),
    Piece("LocationContactName", "", _site_contacts),
)

TEXT_FIELDS: tuple[str, ...] = tuple(dict.fromkeys(piece.field for piece in PIECES if piece.field))
"""Index fields with positions, besides `all`."""

# What the many low pieces weigh in `all`: the registry gives most of them 0.3 to 0.4.
ALL_WEIGHT = 0.35


def _weights_of(area: str) -> dict[str, float]:
    return {field.piece: part.weight for part in find_area(area).parts for field in part.fields}


_BASIC = _weights_of("BasicSearch")


def _weights(area: str, **leads: str) -> tuple[tuple[str, float], ...]:
    """Return index fields, each with the weight that the registry gives its first piece in a search area."""
    weights = _weights_of(area)
    return tuple((field, weights[piece]) for field, piece in leads.items())


# How much a match in each field adds to what `all` gives.
BASIC_WEIGHTS = _weights(
    "BasicSearch",
    title="BriefTitle",
    official_title="OfficialTitle",
    condition="Condition",
    intervention="InterventionName",
    keyword="Keyword",
)
# Fields that must hold the words.
CONDITION_WEIGHTS = _weights(
    "ConditionSearch",
    condition="Condition",
    title="BriefTitle",
    official_title="OfficialTitle",
    condition_mesh="ConditionMeshTerm",
    keyword="Keyword",
)
INTERVENTION_WEIGHTS = (
    *_weights(
        "InterventionSearch",
        intervention="InterventionName",
        title="BriefTitle",
        official_title="OfficialTitle",
        intervention_mesh="InterventionMeshTerm",
        keyword="Keyword",
    ),
    ("arm", 0.45),  # between the label's weight there, 0.5, and the descriptions', 0.4
)


def read_pieces(trial: Trial) -> list[tuple[int, tuple[str, ...]]]:
    """Return the texts of a record, each once: (index into PIECES, texts), pieces without text left out."""
    found = []
    for number, piece in enumerate(PIECES):
        texts = tuple(dict.fromkeys(text for text in piece.read(trial) if text))
        if texts:
            found.append((number, texts))
    return found
