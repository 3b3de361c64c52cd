"""Registry values in plain words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accrual.registry.ctgov_json import read_json
from accrual.registry.labels import LEGACY, age_phrase, label, labels, phases_phrase
from accrual.registry.record import Trial


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("status", "ACTIVE_NOT_RECRUITING", "Active, not recruiting"),
        ("status", "UNKNOWN", "Unknown"),
        ("masking", "NONE", "None (Open label)"),
        ("allocation", "NA", "N/A"),
        ("intervention_model", "SINGLE_GROUP", "Single Group Assignment"),
        ("arm_type", "EXPERIMENTAL", "Experimental group"),
        ("funder", "INDUSTRY", "Industry"),
        ("sex", "ALL", "All"),
        ("status", "BRAND_NEW_VALUE", "Brand new value"),
        ("status", "", ""),
    ],
)
def test_values_are_said_in_plain_words(kind: str, value: str, words: str) -> None:
    assert label(kind, value) == words


def test_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        label("shoe_size", "42")


def test_labels_lists_every_value_in_the_registry_order() -> None:
    assert list(labels("sex")) == ["FEMALE", "MALE", "ALL"]


def test_legacy_labels_are_the_registry_own(shared_reference: Path) -> None:
    kinds = {
        "Status": "status",
        "Phase": "phase",
        "DesignAllocation": "allocation",
        "InterventionalAssignment": "intervention_model",
        "PrimaryPurpose": "primary_purpose",
        "ObservationalModel": "observational_model",
        "DesignTimePerspective": "time_perspective",
        "DesignMasking": "masking",
        "WhoMasked": "who_masked",
        "BioSpecRetention": "biospecimens",
        "ArmGroupType": "arm_type",
        "InterventionType": "intervention_type",
        "Sex": "sex",
        "StandardAge": "std_age",
        "SamplingMethod": "sampling_method",
        "ContactRole": "role",
        "ReferenceType": "reference_type",
        "IpdSharing": "ipd_sharing",
        "IpdSharingInfoType": "ipd_info",
        "MeasureParam": "param",
        "MeasureDispersionType": "dispersion",
        "OutcomeMeasureType": "outcome_type",
        "AnalysisDispersionType": "analysis_dispersion",
        "ConfidenceIntervalNumSides": "sides",
        "NonInferiorityType": "non_inferiority",
        "EventAssessment": "assessment",
        "ViolationEventType": "violation",
        "SecondaryIdType": "secondary_id_type",
        "ResponsiblePartyType": "responsible_party",
        "StudyType": "study_type",
        "DateType": "date_type",
    }
    own_words = {("phase", "NA")}  # the registry's list says "Not Applicable", its legacy records say "N/A"
    types = {
        one["type"]: one
        for one in json.loads((shared_reference / "ctgov-api-v2/studies_enums.json").read_text())
    }
    for name, kind in kinds.items():
        theirs = {one["value"]: one["legacyValue"] for one in types[name]["values"]}
        ours = LEGACY[kind]
        assert set(ours) == set(theirs), kind
        assert {v for v in ours if ours[v] != theirs[v] and (kind, v) not in own_words} == set(), kind
    assert set(LEGACY["funder"]) == {one["value"] for one in types["AgencyClass"]["values"]}


@pytest.mark.parametrize(
    ("minimum", "maximum", "phrase"),
    [
        ("12 Years", "65 Years", "12 to 65 years old"),
        ("18 Years", "", "18 years and older"),
        ("", "17 Years", "up to 17 years old"),
        ("", "", "No age limits"),
        ("N/A", "N/A", "No age limits"),
        ("1 Year", "", "1 year and older"),
        ("6 Months", "2 Years", "6 months to 2 years old"),
        ("18 Years", "18 Years", "18 years old"),
        ("", "28 Days", "up to 28 days old"),
        ("toddlers", "5 Years", "toddlers to 5 years old"),
    ],
)
def test_age_ranges_read_like_a_sentence(minimum: str, maximum: str, phrase: str) -> None:
    assert age_phrase(minimum, maximum) == phrase


def test_phases_are_joined() -> None:
    assert phases_phrase(("PHASE1", "PHASE2")) == "Phase 1/Phase 2"
    assert phases_phrase(("NA",)) == "Not applicable"
    assert phases_phrase(()) == ""


def test_the_seed_page_is_said_in_its_own_words(shared_data: Path) -> None:
    trial: Trial = read_json((shared_data / "seed/NCT04785833.json").read_bytes())
    page = (shared_data / "seed/trial-page.txt").read_text()
    said = [
        label("status", trial.status),
        label("study_type", trial.study_type),
        label("sex", trial.sex),
        label("primary_purpose", trial.primary_purpose),
        label("allocation", trial.allocation),
        label("intervention_model", trial.intervention_model),
        label("masking", trial.masking),
        label("arm_type", trial.arms[0].type),
        *(label("funder", one) for one in trial.funder_classes),
        age_phrase(trial.minimum_age, trial.maximum_age),
        *trial.arms[0].interventionNames,
    ]
    assert len(said) >= 11
    for words in said:
        assert words
        assert words in page.splitlines(), words
