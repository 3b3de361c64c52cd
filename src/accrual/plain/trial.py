"""A study as a page in plain words: every section of a public trial page, in order, ready to lay out.

Comes in: a typed `Trial` and its `CompiledTrial`. Goes out: a frozen `TrialPage` whose strings are plain text (no
markup, no control characters). Refuses: nothing; what a record does not say is "Not stated" or left out.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from accrual.criteria.everyday import everyday
from accrual.criteria.groups import group_words, named_group
from accrual.criteria.render import english
from accrual.criteria.tree import CompiledTrial, Criterion, Kind, Understood
from accrual.message import Original, counted, joined, message, opening, word
from accrual.plain.prose import Block, blocks, original, printable, statement, unescape
from accrual.registry.labels import age_phrase, label
from accrual.registry.record import Trial
from accrual.registry.record_protocol import ArmGroup, Contact, Location, Outcome

NOT_STATED = message("Not stated")
REGISTRY_URL = "https://clinicaltrials.gov/study/"

FIRST_FICTIONAL = "NCT90000001"  # the demo registry's own studies start here; the real registry is far below

UNDERSTOOD_WORDS: dict[Understood, str] = {
    "whole": "fully understood",
    "part": "partly understood",
    "none": "not understood by this program",
}

DESIGN_NAMES = {
    "observational_model": "Observational model",
    "time_perspective": "Time perspective",
    "primary_purpose": "Primary purpose",
    "allocation": "Allocation",
    "intervention_model": "Interventional model",
    "masking": "Masking",
    "who_masked": "Who is masked",
}
"""What the parts of a design are called, as the public page has it."""


class CriterionLine(msgspec.Struct, frozen=True):
    """One criterion: the trial's words, how accrual reads them, and how much of them it understands."""

    text: str
    heading: str
    reading: str
    everyday: str
    understood: Understood
    start: int
    end: int

    @property
    def understood_words(self) -> str:
        """How much is understood, in words."""
        return UNDERSTOOD_WORDS[self.understood]


class Arm(msgspec.Struct, frozen=True):
    """One patient group: its name, its kind ("Experimental group"), what it gets."""

    label: str
    type: str
    description: tuple[Block, ...]
    treatments: tuple[str, ...]


class Site(msgspec.Struct, frozen=True):
    """One place where the study runs."""

    where: str
    status: str
    contacts: tuple[str, ...]
    recruiting: bool = False
    country: str = ""
    state: str = ""


class TrialPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page says, in the order in which it says it."""

    nct_id: str
    title: str
    official_title: str
    sponsor: str
    status: str
    status_value: str
    why_stopped: str
    conditions: tuple[str, ...]
    treatments: tuple[str, ...]
    study_type: str
    phases: tuple[str, ...]
    funder_types: tuple[str, ...]
    identifiers: tuple[str, ...]
    about: tuple[Block, ...]
    details: tuple[Block, ...]
    enrollment: str
    sex: str
    ages: str
    volunteers: str
    inclusion: tuple[CriterionLine, ...]
    exclusion: tuple[CriterionLine, ...]
    criteria_text: str
    """The record's own criteria text, whole."""
    design: tuple[tuple[str, str], ...]
    """Pairs of name and value: "Allocation", "N/A"."""
    groups: str
    arms: tuple[Arm, ...]
    outcomes: tuple[str, ...]
    other_outcomes: tuple[str, ...]
    """What else is measured (secondary outcomes)."""
    sites: tuple[Site, ...]
    mapped: bool
    """Whether some site has a place on a map."""
    central_contacts: tuple[str, ...]
    start_date: str
    completion_date: str
    last_update: str
    data_date: str
    registry_url: str
    fictional: bool
    """True for a study of the demo registry that was made up (numbers from NCT90000001)."""


def trial_page(trial: Trial, compiled: CompiledTrial) -> TrialPage:
    """Return the study's page in plain words."""
    status = trial.protocolSection.statusModule
    page_arms = tuple(_arm(group) for group in trial.arms)
    return TrialPage(
        nct_id=trial.nct_id,
        title=_one_line(trial.title or trial.official_title or trial.nct_id),
        official_title=_one_line(trial.official_title),
        sponsor=original(trial.lead_sponsor.name) or NOT_STATED,
        status=_label("status", status.overallStatus),
        status_value=status.overallStatus,
        why_stopped=_one_line(status.whyStopped),
        conditions=_lines(trial.conditions),
        treatments=_treatments(trial),
        study_type=_label("study_type", trial.study_type),
        phases=tuple(label("phase", phase) for phase in trial.phases if phase != "NA"),
        funder_types=_funders(trial),
        identifiers=_identifiers(trial),
        about=blocks(trial.summary),
        details=blocks(trial.description),
        enrollment=_enrollment(trial),
        sex=label("sex", trial.sex or "ALL"),
        ages=opening(age_phrase(printable(trial.minimum_age), printable(trial.maximum_age))),
        volunteers=_volunteers(trial.healthy_volunteers),
        inclusion=_criteria(compiled, "inclusion"),
        exclusion=_criteria(compiled, "exclusion"),
        criteria_text=printable(trial.criteria_text),
        design=_design(trial),
        groups=_groups(trial, len(page_arms)),
        arms=page_arms,
        outcomes=_outcomes(trial.primary_outcomes),
        other_outcomes=_outcomes(trial.secondary_outcomes),
        sites=tuple(_site(place) for place in trial.sites),
        mapped=any(place.geoPoint is not None for place in trial.sites),
        central_contacts=tuple(words for contact in trial.central_contacts if (words := _contact(contact))),
        start_date=status.startDateStruct.date,
        completion_date=status.completionDateStruct.date,
        last_update=status.lastUpdatePostDateStruct.date,
        data_date=trial.derivedSection.miscInfoModule.versionHolder or status.lastUpdatePostDateStruct.date,
        registry_url=REGISTRY_URL + trial.nct_id,
        fictional=trial.nct_id >= FIRST_FICTIONAL,
    )


def criterion_line(criterion: Criterion) -> CriterionLine:
    """Return one compiled criterion in plain words."""
    return CriterionLine(
        text=statement(criterion.text),
        heading=_heading(criterion),
        reading=printable(english(criterion.tree)),
        everyday=_told(criterion),
        understood=criterion.understood,
        start=criterion.start,
        end=criterion.end,
    )


def _told(criterion: Criterion) -> str:
    words = everyday(criterion.tree, criterion.kind, criterion.text)
    shown = printable(words)
    return words if shown == words else Original(shown)


def _heading(criterion: Criterion) -> str:
    """The heading, with the group in front where the heading does not name it."""
    heading = _one_line(criterion.heading)
    if criterion.group is None or named_group(heading) is not None:
        return Original(heading)
    return joined(": ", (group_words(criterion.group), Original(heading)))


def _criteria(compiled: CompiledTrial, kind: Kind) -> tuple[CriterionLine, ...]:
    return tuple(criterion_line(criterion) for criterion in compiled.criteria if criterion.kind == kind)


def _label(kind: str, value: str) -> str:
    return label(kind, value) if value else NOT_STATED


def _one_line(text: str) -> str:
    return " ".join(unescape(text).split())


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for text in texts if (line := original(text))))


def _treatments(trial: Trial) -> tuple[str, ...]:
    interventions = trial.interventions
    named = (
        joined(": ", (label("intervention_type", item.type), original(item.name))) for item in interventions
    )
    return tuple(dict.fromkeys(words for words in named if words))


def _funders(trial: Trial) -> tuple[str, ...]:
    # Industry last, as the public page has it; the rest by name.
    words = (label("funder", value) for value in trial.funder_classes)
    return tuple(sorted(words, key=lambda word: (word == "Industry", word)))


def _identifiers(trial: Trial) -> tuple[str, ...]:
    module = trial.protocolSection.identificationModule
    others = (module.orgStudyIdInfo.id, *(item.id for item in module.secondaryIdInfos), *module.nctIdAliases)
    return _lines((module.nctId, *others))


def _enrollment(trial: Trial) -> str:
    if trial.enrollment is None:
        return NOT_STATED
    if trial.enrollment_type == "ESTIMATED":
        return counted("%(count)s estimated patient", "%(count)s estimated patients", trial.enrollment)
    return counted("%(count)s patient", "%(count)s patients", trial.enrollment)


def _groups(trial: Trial, arms: int) -> str:
    count = trial.enrollment
    if count is None or not arms:
        return ""
    return message(
        "%(people)s in %(groups)s",
        people=counted("%(count)s participant", "%(count)s participants", count),
        groups=counted("%(count)s patient group", "%(count)s patient groups", arms),
    )


def _volunteers(accepted: bool | None) -> str:
    if accepted is None:
        return NOT_STATED
    return message("Accepts Healthy Volunteers") if accepted else message("No Healthy Volunteers")


def _design(trial: Trial) -> tuple[tuple[str, str], ...]:
    design = trial.protocolSection.designModule
    info = design.designInfo
    rows: tuple[tuple[str, str], ...] = ()
    if design.studyType == "OBSERVATIONAL":
        rows = (
            ("observational_model", info.observationalModel),
            ("time_perspective", info.timePerspective),
        )
    elif design.studyType != "EXPANDED_ACCESS":
        rows = (
            ("primary_purpose", info.primaryPurpose),
            ("allocation", info.allocation),
            ("intervention_model", info.interventionModel),
            ("masking", info.maskingInfo.masking),
        )
    found = tuple((DESIGN_NAMES[kind], _label(kind, value)) for kind, value in rows)
    if info.maskingInfo.whoMasked:
        who = joined(", ", (label("who_masked", value) for value in info.maskingInfo.whoMasked))
        found = (*found, (DESIGN_NAMES["who_masked"], who))
    return found


def _arm(group: ArmGroup) -> Arm:
    kind = label("arm_type", group.type) if group.type else ""
    return Arm(
        label=original(group.label) or NOT_STATED,
        type=kind,
        description=blocks(group.description),
        treatments=_lines(group.interventionNames),
    )


def _outcomes(found: Iterable[Outcome]) -> tuple[str, ...]:
    return tuple(
        _one_line(one.measure) + (f" ({_one_line(one.timeFrame)})" if one.timeFrame else "") for one in found
    )


def _site(place: Location) -> Site:
    return Site(
        where=_place(place.facility, place.city, place.state, place.zip, place.country) or NOT_STATED,
        status=label("status", place.status) if place.status else "",
        contacts=tuple(words for contact in place.contacts if (words := _contact(contact))),
        recruiting=place.status == "RECRUITING",
        country=_one_line(place.country) or NOT_STATED,
        state=_one_line(place.state) or NOT_STATED,
    )


def _contact(contact: Contact) -> str:
    phone = (
        f"{contact.phone} ext. {contact.phoneExt}" if contact.phone and contact.phoneExt else contact.phone
    )
    return Original(", ".join(_lines((contact.name, phone, contact.email))))


def _place(*parts: str) -> str:
    """The parts of an address; the last is a country."""
    *inside, country = _lines(parts) or ("",)
    named = word(country, "country") if country and country == _one_line(parts[-1]) else Original(country)
    return joined(", ", (Original(", ".join(inside)), named))
