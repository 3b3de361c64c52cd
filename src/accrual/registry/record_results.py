"""The results section of a study record: participant flow, baseline, outcomes, adverse events.

Comes in: decoded JSON, through `accrual.registry.ctgov_json`. Goes out: frozen Structs, every field optional (see
`record_protocol`). Values and limits of measurements are text, as in the registry: "NA" and "<0.001" are common.
Refuses: nothing. Source: OpenAPI document 2.0.3 of the ClinicalTrials.gov API v2, schema `ResultsSection`.
"""

from __future__ import annotations

from accrual.registry.record_protocol import DateText, Part


class Group(Part, frozen=True, kw_only=True):
    """One group of participants that a result is reported for."""

    id: str = ""
    title: str = ""
    description: str = ""


class FlowStats(Part, frozen=True, kw_only=True):
    """A count of participants in one group."""

    groupId: str = ""
    comment: str = ""
    numSubjects: str = ""
    numUnits: str = ""


class FlowMilestone(Part, frozen=True, kw_only=True):
    """A point of the study that participants reached."""

    type: str = ""
    comment: str = ""
    achievements: tuple[FlowStats, ...] = ()


class DropWithdraw(Part, frozen=True, kw_only=True):
    """A reason why participants left."""

    type: str = ""
    comment: str = ""
    reasons: tuple[FlowStats, ...] = ()


class FlowPeriod(Part, frozen=True, kw_only=True):
    """One stretch of the study."""

    title: str = ""
    milestones: tuple[FlowMilestone, ...] = ()
    dropWithdraws: tuple[DropWithdraw, ...] = ()


class ParticipantFlowModule(Part, frozen=True, kw_only=True):
    """How many took part, finished and left."""

    preAssignmentDetails: str = ""
    recruitmentDetails: str = ""
    typeUnitsAnalyzed: str = ""
    groups: tuple[Group, ...] = ()
    periods: tuple[FlowPeriod, ...] = ()


class DenomCount(Part, frozen=True, kw_only=True):
    """The number analysed in one group."""

    groupId: str = ""
    value: str = ""


class Denom(Part, frozen=True, kw_only=True):
    """Numbers analysed, in one unit."""

    units: str = ""
    counts: tuple[DenomCount, ...] = ()


class Measurement(Part, frozen=True, kw_only=True):
    """One measured value in one group."""

    groupId: str = ""
    value: str = ""
    spread: str = ""
    lowerLimit: str = ""
    upperLimit: str = ""
    comment: str = ""


class MeasureCategory(Part, frozen=True, kw_only=True):
    """One category of a measure."""

    title: str = ""
    measurements: tuple[Measurement, ...] = ()


class MeasureClass(Part, frozen=True, kw_only=True):
    """One row group of a measure."""

    title: str = ""
    denoms: tuple[Denom, ...] = ()
    categories: tuple[MeasureCategory, ...] = ()


class BaselineMeasure(Part, frozen=True, kw_only=True):
    """One baseline characteristic."""

    title: str = ""
    description: str = ""
    populationDescription: str = ""
    paramType: str = ""
    dispersionType: str = ""
    unitOfMeasure: str = ""
    calculatePct: bool | None = None
    denomUnitsSelected: str = ""
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()


class BaselineCharacteristicsModule(Part, frozen=True, kw_only=True):
    """Who the participants were."""

    populationDescription: str = ""
    typeUnitsAnalyzed: str = ""
    groups: tuple[Group, ...] = ()
    denoms: tuple[Denom, ...] = ()
    measures: tuple[BaselineMeasure, ...] = ()


class MeasureAnalysis(Part, frozen=True, kw_only=True):
    """One statistical analysis of an outcome."""

    ciLowerLimitComment: str = ""
    ciUpperLimitComment: str = ""
    groupIds: tuple[str, ...] = ()
    groupDescription: str = ""
    testedNonInferiority: bool | None = None
    nonInferiorityType: str = ""
    nonInferiorityComment: str = ""
    pValue: str = ""
    pValueComment: str = ""
    statisticalMethod: str = ""
    statisticalComment: str = ""
    paramType: str = ""
    paramValue: str = ""
    ciPctValue: str = ""
    ciNumSides: str = ""
    ciLowerLimit: str = ""
    ciUpperLimit: str = ""
    dispersionType: str = ""
    dispersionValue: str = ""
    estimateComment: str = ""
    otherAnalysisDescription: str = ""


class OutcomeMeasure(Part, frozen=True, kw_only=True):
    """One reported outcome."""

    type: str = ""
    title: str = ""
    description: str = ""
    populationDescription: str = ""
    reportingStatus: str = ""
    anticipatedPostingDate: DateText = ""
    paramType: str = ""
    dispersionType: str = ""
    unitOfMeasure: str = ""
    calculatePct: bool | None = None
    timeFrame: str = ""
    typeUnitsAnalyzed: str = ""
    denomUnitsSelected: str = ""
    groups: tuple[Group, ...] = ()
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()
    analyses: tuple[MeasureAnalysis, ...] = ()


class OutcomeMeasuresModule(Part, frozen=True, kw_only=True):
    """What was found."""

    outcomeMeasures: tuple[OutcomeMeasure, ...] = ()


class EventGroup(Part, frozen=True, kw_only=True):
    """One group that adverse events are reported for."""

    id: str = ""
    title: str = ""
    description: str = ""
    deathsNumAffected: int | None = None
    deathsNumAtRisk: int | None = None
    seriousNumAffected: int | None = None
    seriousNumAtRisk: int | None = None
    otherNumAffected: int | None = None
    otherNumAtRisk: int | None = None


class EventStats(Part, frozen=True, kw_only=True):
    """Adverse event counts in one group."""

    groupId: str = ""
    numEvents: int | None = None
    numAffected: int | None = None
    numAtRisk: int | None = None


class AdverseEvent(Part, frozen=True, kw_only=True):
    """One kind of adverse event."""

    term: str = ""
    organSystem: str = ""
    sourceVocabulary: str = ""
    assessmentType: str = ""
    notes: str = ""
    stats: tuple[EventStats, ...] = ()


class AdverseEventsModule(Part, frozen=True, kw_only=True):
    """Harms seen."""

    frequencyThreshold: str = ""
    timeFrame: str = ""
    description: str = ""
    allCauseMortalityComment: str = ""
    eventGroups: tuple[EventGroup, ...] = ()
    seriousEvents: tuple[AdverseEvent, ...] = ()
    otherEvents: tuple[AdverseEvent, ...] = ()


class LimitationsAndCaveats(Part, frozen=True, kw_only=True):
    """What the authors warn of."""

    description: str = ""


class CertainAgreement(Part, frozen=True, kw_only=True):
    """What investigators may publish, and when."""

    piSponsorEmployee: bool | None = None
    restrictionType: str = ""
    restrictiveAgreement: bool | None = None
    otherDetails: str = ""


class PointOfContact(Part, frozen=True, kw_only=True):
    """Whom to ask about the results."""

    title: str = ""
    organization: str = ""
    email: str = ""
    phone: str = ""
    phoneExt: str = ""


class MoreInfoModule(Part, frozen=True, kw_only=True):
    """Caveats, agreements and contact for the results."""

    limitationsAndCaveats: LimitationsAndCaveats = LimitationsAndCaveats()
    certainAgreement: CertainAgreement = CertainAgreement()
    pointOfContact: PointOfContact = PointOfContact()


class ResultsSection(Part, frozen=True, kw_only=True):
    """What the study found."""

    participantFlowModule: ParticipantFlowModule = ParticipantFlowModule()
    baselineCharacteristicsModule: BaselineCharacteristicsModule = BaselineCharacteristicsModule()
    outcomeMeasuresModule: OutcomeMeasuresModule = OutcomeMeasuresModule()
    adverseEventsModule: AdverseEventsModule = AdverseEventsModule()
    moreInfoModule: MoreInfoModule = MoreInfoModule()
