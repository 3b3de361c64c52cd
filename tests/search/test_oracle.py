"""The oracle itself, on cases small enough to see: what docs/essie.md says, sentence by sentence."""

from __future__ import annotations

from typing import Any

import pytest
from tests.search.oracle import holds

from accrual.search.essie import read_expression

RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT00000001",
            "briefTitle": "A Study of Aspirin After Myocardial Infarction",
            "acronym": "CARE-1",
            "orgStudyIdInfo": {"id": "ORG-17"},
        },
        "statusModule": {
            "overallStatus": "NOT_YET_RECRUITING",
            "startDateStruct": {"date": "2022-03", "type": "ESTIMATED"},
            "studyFirstPostDateStruct": {"date": "2021-11-30"},
        },
        "conditionsModule": {
            "conditions": ["Myocardial Infarction", "Brain Tumours"],
            "keywords": ["heart", "attack"],
        },
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2", "PHASE3"],
            "enrollmentInfo": {"count": 120},
        },
        "armsInterventionsModule": {
            "interventions": [{"type": "DRUG", "name": "MK-3475", "otherNames": ["Acme drug"]}]
        },
        "eligibilityModule": {"minimumAge": "18 Months", "healthyVolunteers": False},
        "contactsLocationsModule": {
            "locations": [
                {
                    "city": "Boston",
                    "country": "United States",
                    "status": "COMPLETED",
                    "geoPoint": {"lat": 42.35843, "lon": -71.05977},
                },
                {"city": "Liège", "country": "Belgium", "status": "RECRUITING"},
            ]
        },
    },
    "hasResults": False,
}

TRUE = [
    "aspirin",
    "ASPIRIN infarction",
    '"myocardial infarction"',
    '"heart attack"',  # a synonym of what the title says
    "EXPANSION[Relaxation]AREA[Keyword](heart attack)",
    "AREA[Condition]tumor",
    "AREA[Condition]EXPANSION[Term]tumor",
    "AREA[Condition]EXPANSION[None]tumours",
    'AREA[Condition]COVERAGE[FullMatch]"brain tumor"',
    "AREA[Condition]COVERAGE[FullMatch](heart attack)",
    "AREA[Condition]COVER[StartsWith]brain",
    "AREA[Condition]COVER[EndsWith]tumour",
    "AREA[ConditionSearch]aspirin",
    "keytruda",
    "pembrolizumab",
    'EXPANSION[Concept]"pembrolizumab"',
    "AREA[InterventionName]EXPANSION[None]MK-3475",
    "EXPANSION[Lossy](aspirin zzyzx)",
    "EXPANSION[Lossy]aspirin zzyzx",
    "the aspirin of",
    "AREA[OverallStatus]NOT_YET_RECRUITING",
    'AREA[OverallStatus]"Not yet recruiting"',
    "AREA[OverallStatus]COVERAGE[Contains]recruiting",
    'AREA[Phase]"Phase 2"',
    "AREA[Phase]PHASE3",
    "AREA[StartDateType]anticipated",
    "AREA[InterventionType]Drug",
    "AREA[HealthyVolunteers]no",
    "AREA[HasResults]false",
    "AREA[StartDate]2022",
    "AREA[StartDate]2022-03",
    "AREA[StartDate]2022-03-01",
    "AREA[StartDate]03/2022",
    "AREA[StartDate]RANGE[2022, 2022]",
    "AREA[StartDate]RANGE[MIN, 03/01/2022]",
    "AREA[StudyFirstPostDate]RANGE[2021-11-30, 2021-11-30]",
    "AREA[StudyFirstPostDate]RANGE[MIN, 2021]",
    "AREA[MinimumAge]RANGE[1 year, 2 years]",
    'AREA[MinimumAge]"18 months"',
    "AREA[MinimumAge]RANGE[1.5, MAX]",
    "AREA[EnrollmentCount]120",
    "AREA[EnrollmentCount]RANGE[100, 120]",
    "AREA[Location:size]2",
    "AREA[Phase:size]RANGE[2, 3]",
    "AREA[Collaborator:size]0",
    "AREA[CompletionDate]MISSING",
    "AREA[ResultsSection]MISSING",
    "NOT AREA[StartDate]MISSING",
    "ALL",
    "AREA[LocationCity]liege",
    "AREA[LocationCity]boston AND AREA[LocationStatus]recruiting",
    "SEARCH[Location](AREA[LocationCity]boston AND AREA[LocationStatus]completed)",
    "SEARCH[Location](NOT boston)",
    "SEARCH[Location](liege belgium)",
    "SEARCH[Location]ALL",
    "SEARCH[Location](AREA[LocationGeoPoint]MISSING)",
    "DISTANCE[42.36, -71.06, 1mi]",
    "SEARCH[Location](DISTANCE[42.36, -71.06, 1mi] AND boston)",
    "TILT[StartDate]aspirin",
    "aspirin NOT ibuprofen",
    "ibuprofen OR aspirin",
    "AREA[protocolSection.conditionsModule]attack",
    "AREA[ConditionsModule](infarction attack)",
]
FALSE = [
    "ibuprofen",
    '"infarction myocardial"',
    '"infarction brain"',  # two values
    "AREA[Keyword]EXPANSION[None](heart attack)",
    'AREA[Keyword]"heart attack"',
    "AREA[Condition]EXPANSION[None]tumor",
    "AREA[Condition]EXPANSION[None]tumour",
    'EXPANSION[Term]"heart attack"',
    "AREA[Condition]COVERAGE[FullMatch]infarction",
    "AREA[Condition]COVERAGE[StartsWith]infarction",
    "AREA[Condition]COVERAGE[EndsWith]myocardial",
    "AREA[Keyword]aspirin",
    "EXPANSION[None]pembrolizumab",
    "EXPANSION[Lossy](aspirin zzyzx qqq)",
    "-",
    "aspirin AND -",
    "AREA[OverallStatus]RECRUITING",
    "AREA[Phase]Phase",
    "AREA[Phase]PHASE1",
    "AREA[HealthyVolunteers]true",
    "AREA[StartDate]2021",
    "AREA[StartDate]soon",
    "AREA[StartDate]RANGE[2022-03-02, MAX]",
    "AREA[CompletionDate]RANGE[MIN, MAX]",
    "AREA[Condition]RANGE[MIN, MAX]",
    "AREA[MinimumAge]RANGE[2 years, MAX]",
    "AREA[EnrollmentCount]RANGE[121, MAX]",
    "AREA[Location:size]3",
    "AREA[Condition]MISSING",
    "MISSING",
    "NOT ALL",
    "SEARCH[Location](AREA[LocationCity]boston AND AREA[LocationStatus]recruiting)",
    "SEARCH[Location](boston belgium)",
    "SEARCH[Location](DISTANCE[42.36, -71.06, 1mi] AND liege)",
    "NOT SEARCH[Location]boston",
    "DISTANCE[0, 0, 500mi]",
    "aspirin NOT infarction",
]


@pytest.mark.parametrize("text", TRUE)
def test_what_holds(text: str) -> None:
    assert holds(read_expression(text, "Other terms"), RECORD)


@pytest.mark.parametrize("text", FALSE)
def test_what_does_not_hold(text: str) -> None:
    assert not holds(read_expression(text, "Other terms"), RECORD)


def test_a_study_without_sites_has_no_site_that_is_not_somewhere() -> None:
    assert not holds(read_expression("SEARCH[Location](NOT boston)", ""), {})
    assert not holds(read_expression("SEARCH[Location]ALL", ""), {})
    assert holds(read_expression("NOT SEARCH[Location]ALL", ""), {})
    assert holds(read_expression("AREA[Location:size]0 AND AREA[Location]MISSING", ""), {})


def test_a_run_too_long_for_a_word_is_found_by_nothing_and_parts_its_neighbours() -> None:
    long = "x" * 65
    record = {"protocolSection": {"conditionsModule": {"conditions": [f"a {long} b"]}}}
    assert not holds(read_expression(f"AREA[Condition]{long}", ""), record)
    assert not holds(read_expression('AREA[Condition]"a b"', ""), record)
    assert holds(read_expression("AREA[Condition]COVERAGE[EndsWith]b", ""), record)
