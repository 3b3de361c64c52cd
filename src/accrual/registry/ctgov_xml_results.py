"""The results section of the registry's legacy XML (`clinical_results`) into v2 fields.

Comes in: the `clinical_results` element. Goes out: the fields of a v2 `resultsSection`. Refuses: nothing; a number that
is not one is left out with a warning.
"""

from __future__ import annotations

import re

from accrual.registry.legacy_value import Fields, flag, iso_date, made, registry_value, whole_number
from accrual.registry.textblock import paragraphs
from accrual.registry.xml_element import Element


def read_results(results: Element, warnings: list[str]) -> Fields:
    """Return the modules of a v2 `resultsSection`."""
    return made(
        participantFlowModule=_flow(results.group("participant_flow")),
        baselineCharacteristicsModule=_baseline(results.group("baseline"), warnings),
        outcomeMeasuresModule=made(
            outcomeMeasures=[
                _outcome(one, warnings) for one in results.group("outcome_list").groups("outcome")
            ]
        ),
        adverseEventsModule=_adverse_events(results, warnings),
        moreInfoModule=made(
            limitationsAndCaveats=made(description=paragraphs(results.text("limitations_and_caveats"))),
            certainAgreement=_agreement(results.group("certain_agreements")),
            pointOfContact=_point_of_contact(results.group("point_of_contact")),
        ),
    )


_LEGACY_ID = re.compile(r"([PBOE])(\d+)")


def _v2_id(text: str) -> str:
    """Return a group's id as v2 counts: `P1` becomes `FG000`, `B2` `BG001`, `O1` `OG000`, `E1` `EG000`."""
    found = _LEGACY_ID.fullmatch(text)
    if found is None:
        return text
    letter = "F" if found[1] == "P" else found[1]
    return f"{letter}G{int(found[2]) - 1:03d}"


def _group_id(element: Element) -> str:
    return _v2_id(element.attribute("group_id"))


def _groups(parent: Element) -> list[Fields]:
    return [
        made(id=_group_id(one), title=one.text("title"), description=paragraphs(one.text("description")))
        for one in parent.group("group_list").groups("group")
    ]


# --- participant flow -----------------------------------------------------------------------------------------


def _flow(flow: Element) -> Fields:
    return made(
        preAssignmentDetails=paragraphs(flow.text("pre_assignment_details")),
        recruitmentDetails=paragraphs(flow.text("recruitment_details")),
        groups=_groups(flow),
        periods=[
            made(
                title=one.text("title"),
                milestones=[
                    made(type=step.text("title"), achievements=_flow_counts(step))
                    for step in one.group("milestone_list").groups("milestone")
                ],
                dropWithdraws=[
                    made(type=step.text("title"), reasons=_flow_counts(step))
                    for step in one.group("drop_withdraw_reason_list").groups("drop_withdraw_reason")
                ],
            )
            for one in flow.group("period_list").groups("period")
        ],
    )


def _flow_counts(step: Element) -> list[Fields]:
    return [
        made(groupId=_group_id(one), comment=paragraphs(one.own()), numSubjects=one.attribute("count"))
        for one in step.group("participants_list").groups("participants")
    ]


# --- measures: baseline and outcomes share their inner structure ----------------------------------------------


def _denoms(parent: Element) -> list[Fields]:
    denoms = []
    for one in parent.group("analyzed_list").groups("analyzed"):
        one.text("scope")  # Overall, Measure or Class: in v2 the place of the list says it
        counts = [
            made(groupId=_group_id(count), value=count.attribute("value"))
            for count in one.group("count_list").groups("count")
        ]
        denoms.append(made(units=one.text("units"), counts=counts))
    return denoms


def _categories(parent: Element) -> list[Fields]:
    return [
        made(
            title=one.text("title") or one.text("sub_title"),
            measurements=[
                made(
                    groupId=_group_id(value),
                    value=value.attribute("value"),
                    spread=value.attribute("spread"),
                    lowerLimit=value.attribute("lower_limit"),
                    upperLimit=value.attribute("upper_limit"),
                    comment=paragraphs(value.own()),
                )
                for value in one.group("measurement_list").groups("measurement")
            ],
        )
        for one in parent.group("category_list").groups("category")
    ]


def _classes(measure: Element) -> list[Fields]:
    classes = [
        made(title=one.text("title"), denoms=_denoms(one), categories=_categories(one))
        for one in measure.group("class_list").groups("class")
    ]
    bare = _categories(measure)  # before 2016 a measure held its categories directly
    return [*classes, made(categories=bare)] if bare else classes


def _number_analysed(measures: list[Element]) -> tuple[list[Fields], list[Element]]:
    """Split off the first measure where it is the number analysed, as before 2016; v2 has it as denominators."""
    if not measures or measures[0].peek("title") != "Number of Participants" or measures[0].has("class_list"):
        return [], measures
    first, *rest = measures
    for tag in ("title", "param"):
        first.text(tag)
    counts = [
        made(groupId=value.get("groupId"), value=value.get("value"))
        for category in _categories(first)
        for value in category.get("measurements", [])
    ]
    return [made(units=first.text("units").capitalize(), counts=counts)], rest


def _baseline(baseline: Element, warnings: list[str]) -> Fields:
    counts, measures = _number_analysed(baseline.group("measure_list").groups("measure"))
    return made(
        populationDescription=paragraphs(baseline.text("population")),
        groups=_groups(baseline),
        denoms=counts + _denoms(baseline),
        measures=[
            made(
                title=one.text("title"),
                description=paragraphs(one.text("description")),
                populationDescription=paragraphs(one.text("population")),
                paramType=registry_value("param", one.text("param"), warnings),
                dispersionType=_baseline_dispersion(one.text("dispersion"), warnings),
                unitOfMeasure=one.text("units"),
                denomUnitsSelected=one.text("units_analyzed"),
                denoms=_denoms(one),
                classes=_classes(one),
            )
            for one in measures
        ],
    )


def _baseline_dispersion(text: str, warnings: list[str]) -> str:
    if text.endswith("% Confidence Interval") and text.split("%")[0] not in ("80", "90", "95", "97.5", "99"):
        return "CONFIDENCE_OTHER"
    return registry_value("dispersion", text, warnings)


def _outcome(outcome: Element, warnings: list[str]) -> Fields:
    # The measure repeats its outcome's title, description and population.
    measures = [*outcome.groups("measure"), *outcome.group("measure_list").groups("measure")]
    counts, measures = _number_analysed(measures)
    measure = measures[0] if measures else Element("measure")
    titles = outcome.text("title"), measure.text("title")
    descriptions = outcome.text("description"), measure.text("description")
    populations = outcome.text("population"), measure.text("population")
    units = measure.text("units_analyzed")
    analyses = [
        _analysis(one, warnings)
        for parent in (outcome, *measures)
        for one in parent.group("analysis_list").groups("analysis")
    ]
    return made(
        type=registry_value("outcome_type", outcome.text("type"), warnings),
        title=titles[0] or titles[1],
        description=paragraphs(descriptions[0] or descriptions[1]),
        populationDescription=paragraphs(populations[0] or populations[1]),
        reportingStatus="POSTED" if measures else "NOT_POSTED",
        anticipatedPostingDate=iso_date(outcome.text("posting_date")),
        paramType=registry_value("param", measure.text("param"), warnings),
        dispersionType=measure.text("dispersion"),  # v2 keeps the label here, where the baseline has a value
        unitOfMeasure=measure.text("units"),
        timeFrame=outcome.text("time_frame"),
        typeUnitsAnalyzed="" if units == "Participants" else units,
        denomUnitsSelected=units,
        groups=_groups(outcome),
        denoms=counts + _denoms(measure),
        classes=_classes(measure),
        analyses=analyses,
    )


def _analysis(one: Element, warnings: list[str]) -> Fields:
    return made(
        ciLowerLimitComment=paragraphs(one.text("ci_lower_limit_na_comment")),
        ciUpperLimitComment=paragraphs(one.text("ci_upper_limit_na_comment")),
        groupIds=[_v2_id(text) for text in one.group("group_id_list").texts("group_id")],
        groupDescription=paragraphs(one.text("groups_desc")),
        testedNonInferiority=flag(one.text("non_inferiority")),
        nonInferiorityType=registry_value("non_inferiority", one.text("non_inferiority_type"), warnings),
        nonInferiorityComment=paragraphs(one.text("non_inferiority_desc")),
        pValue=one.text("p_value"),
        pValueComment=paragraphs(one.text("p_value_desc")),
        statisticalMethod=one.text("method"),
        statisticalComment=paragraphs(one.text("method_desc")),
        paramType=one.text("param_type"),
        paramValue=one.text("param_value"),
        ciPctValue=one.text("ci_percent"),
        ciNumSides=registry_value("sides", one.text("ci_n_sides"), warnings),
        ciLowerLimit=one.text("ci_lower_limit"),
        ciUpperLimit=one.text("ci_upper_limit"),
        dispersionType=registry_value("analysis_dispersion", one.text("dispersion_type"), warnings),
        dispersionValue=one.text("dispersion_value"),
        estimateComment=paragraphs(one.text("estimate_desc")),
        otherAnalysisDescription=paragraphs(one.text("other_analysis_desc")),
    )


# --- adverse events -------------------------------------------------------------------------------------------


def _adverse_events(results: Element, warnings: list[str]) -> Fields:
    if not results.has("reported_events"):
        return {}
    reported = results.group("reported_events")
    groups = _groups(reported)
    by_id = {group.get("id"): group for group in groups}
    other = reported.group("other_events")
    return made(
        frequencyThreshold=other.text("frequency_threshold"),
        timeFrame=reported.text("time_frame"),
        description=paragraphs(reported.text("desc")),
        eventGroups=groups,
        seriousEvents=_events(reported.group("serious_events"), "serious", by_id, warnings),
        otherEvents=_events(other, "other", by_id, warnings),
    )


def _events(part: Element, kind: str, groups: dict[str | None, Fields], warnings: list[str]) -> list[Fields]:
    """Return the events of one part; its first category, "Total", goes to the groups, as v2 has it there."""
    vocabulary = part.text("default_vocab")
    assessment = part.text("default_assessment")
    events: list[Fields] = []
    for category in part.group("category_list").groups("category"):
        system = category.text("title")
        for event in category.group("event_list").groups("event"):
            name = event.group("sub_title")
            term, own_vocabulary = name.own(), name.attribute("vocab")
            stats = [_event_counts(one, warnings) for one in event.groups("counts")]
            if system == "Total" and term.startswith("Total, "):
                for one in stats:
                    group = groups.get(one.get("groupId"))
                    if group is not None:
                        group.update(
                            made(
                                **{
                                    f"{kind}NumAffected": one.get("numAffected"),
                                    f"{kind}NumAtRisk": one.get("numAtRisk"),
                                }
                            )
                        )
                continue
            assessed = event.text("assessment") or assessment
            events.append(
                made(
                    term=term,
                    organSystem=system,
                    sourceVocabulary=own_vocabulary or vocabulary,
                    assessmentType=registry_value("assessment", assessed, warnings),
                    notes=paragraphs(event.text("description")),
                    stats=stats,
                )
            )
    return events


def _event_counts(one: Element, warnings: list[str]) -> Fields:
    return made(
        groupId=_group_id(one),
        numEvents=whole_number(one.attribute("events"), "adverse events: events", warnings),
        numAffected=whole_number(
            one.attribute("subjects_affected"), "adverse events: subjects affected", warnings
        ),
        numAtRisk=whole_number(
            one.attribute("subjects_at_risk"), "adverse events: subjects at risk", warnings
        ),
    )


# --- more information -----------------------------------------------------------------------------------------

# The sentences that legacy XML writes for the values of v2's `restrictionType`; any other text is the sponsor's own.
_NO_AGREEMENT = "There is NOT an agreement"
_UNSPECIFIED = "There IS an agreement"
_STANDARD = "The only disclosure restriction on the PI is that the sponsor can review results"


def _agreement(group: Element) -> Fields:
    employees = group.text("pi_employee")
    text = group.text("restrictive_agreement")
    fields: Fields = {}
    if employees:
        fields["piSponsorEmployee"] = "NOT employed" not in employees
    if text.startswith(_NO_AGREEMENT):
        fields["restrictiveAgreement"] = False
    elif text.startswith(_UNSPECIFIED):
        fields["restrictiveAgreement"] = True
    elif text.startswith(_STANDARD) and "days" in text:
        more = "more than 60 days" in text
        fields |= {"restrictionType": "GT60" if more else "LTE60", "restrictiveAgreement": True}
    elif text:
        fields |= {"restrictionType": "OTHER", "restrictiveAgreement": True, "otherDetails": paragraphs(text)}
    return fields


def _point_of_contact(group: Element) -> Fields:
    return made(
        title=group.text("name_or_title"),
        organization=group.text("organization"),
        email=group.text("email"),
        phone=group.text("phone"),
        phoneExt=group.text("phone_ext"),
    )
