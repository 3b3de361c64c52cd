"""mCODE profiles and gene variants: what they say beyond plain FHIR, and what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.patient.test_fhir import LOINC, SUBJECT, bundle, concept, condition, observation, only, reasons

from accrual.patient.ledger import NotUsed
from accrual.patient.model import Patient
from accrual.patient.reader import read_patient
from accrual.patient.variants import gene_named, variant_facts

PROFILE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"


def profile(name: str) -> dict[str, Any]:
    return {"meta": {"profile": [PROFILE + name]}}


def cancer(**more: Any) -> dict[str, Any]:
    return condition("leukemia", **profile("mcode-primary-cancer-condition"), **more)


def said(patient: Patient) -> list[tuple[str, tuple[str, ...]]]:
    return [(fact.concept.code, fact.qualifiers) for fact in patient.facts if fact.concept]


def test_histology_is_a_second_fact_of_the_same_cancer() -> None:
    told = {"url": PROFILE + "mcode-histology-morphology-behavior", "valueCodeableConcept": concept("ALL")}
    assert said(bundle(cancer(extension=[told]))) == [("leukemia", ()), ("all", ())]
    nameless = {**told, "valueCodeableConcept": concept("", "1187425009")}
    assert "histology is not in the vocabulary" in reasons(bundle(cancer(extension=[nameless])))


def test_a_secondary_cancer_makes_its_primary_metastatic_and_is_metastatic_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    related = {
        "url": PROFILE + "mcode-related-primary-cancer-condition",
        "valueReference": {"reference": "#p"},
    }
    related["valueReference"] = {"reference": "Condition/c"}
    spread = condition(
        "Spread, so called", **profile("mcode-secondary-cancer-condition"), extension=[related]
    )
    monkeypatch.undo()  # with the real vocabulary
    found = said(bundle(cancer(), {**spread, "id": "d"}))
    assert ("metastatic-cancer", ()) in found
    assert ("leukemia", ("metastatic",)) in found


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("399387003", "American Joint Committee on Cancer cM1a (qualifier value)", ["metastatic"]),
        ("21907-1", "M1", ["metastatic"]),
        ("399387003", "cM0", []),
        ("399504009", "cT3", []),
    ],
)
def test_m1_is_said_of_the_very_tumor_and_other_categories_decide_nothing(
    code: str, value: str, expected: list[str]
) -> None:
    stage = observation(
        "", code=concept("", code), valueCodeableConcept=concept(value), focus=[{"reference": "Condition/c"}]
    )
    patient = bundle(cancer(), stage)
    assert [word for _, words in said(patient) for word in words] == expected
    assert bool(reasons(patient)) is not bool(expected)
    lone = bundle(cancer(), {key: part for key, part in stage.items() if key != "focus"})
    assert said(lone) == [("leukemia", ())]


def test_only_the_newest_course_of_a_cancer_counts() -> None:
    def course(code: str, day: str) -> dict[str, Any]:
        value = concept("x", code)
        focus = [{"reference": "Condition/c"}]
        return observation("97509-4", valueCodeableConcept=value, focus=focus, effectiveDateTime=day)

    patient = bundle(cancer(), course("271299001", "2024-05-01"), course("260415000", "2023-05-01"))
    assert said(patient) == [("leukemia", ()), ("leukemia", ("progressive",))]
    assert "a later one is there" in reasons(patient)


def test_a_stage_that_the_condition_itself_carries_is_read_once() -> None:
    stages = [
        {"summary": concept(text)} for text in ("Stage 3A (qualifier value)", "Stage 3 (qualifier value)")
    ]
    assert [fact.value for fact in bundle(cancer(stage=stages)).facts if fact.variable] == ["III"]


def variant(gene: str, change: str, **more: str) -> dict[str, Any]:
    coded = {"48018-6": gene, "48005-3": change, **more}
    parts = [
        {"code": concept("", key, LOINC), "valueCodeableConcept": concept("", word, "x")}
        for key, word in coded.items()
    ]
    present = concept("", "LA9633-4", LOINC)
    return observation("69548-6", valueCodeableConcept=present, component=parts)


def test_a_variant_is_its_markers_and_a_broken_one_is_listed() -> None:
    found = bundle(variant("HGNC:3236", "p.Leu858Arg"))
    assert [(fact.variable, fact.value) for fact in found.facts] == [
        ("egfr-mutation", "positive"),
        ("egfr-l858r-mutation", "positive"),
    ]
    assert "benign" in reasons(bundle(variant("BRAF", "p.V600E", **{"53037-8": "LA6675-8"})))
    assert "born with it" in reasons(bundle(variant("BRAF", "p.V600E", **{"48002-0": "LA6683-2"})))
    nameless = observation("69548-6", valueCodeableConcept=concept("", "LA9633-4", LOINC), component=[{}])
    assert "names no gene" in reasons(bundle(nameless))
    assert "whether the variant is there" in reasons(bundle(observation("69548-6")))


@pytest.mark.parametrize(
    ("gene", "change", "markers"),
    [
        ("KRAS", "p.Gly12Cys", ["kras-mutation", "kras-g12c-mutation"]),
        ("KRAS", "NP_004976.2:p.(Gly12Asp)", ["kras-mutation"]),
        ("BRAF", "V600K", ["braf-mutation", "braf-v600-mutation"]),
        ("EGFR", "p.E746_A750del", ["egfr-mutation", "egfr-exon-19-deletion"]),
        ("EGFR", "p.Ala767_Val769dup", ["egfr-mutation", "egfr-exon-20-insertion"]),
        ("IDH2", "p.R140Q", ["idh2-mutation", "idh-mutation"]),
        ("ABL1", "p.Thr315Ile", ["t315i-mutation"]),
        ("ALK", "EML4-ALK fusion", ["alk-rearrangement"]),
    ],
)
def test_a_change_is_read_in_one_and_three_letters(gene: str, change: str, markers: list[str]) -> None:
    assert [fact.variable for fact in variant_facts(gene, [change], "x")] == markers


@pytest.mark.parametrize(
    ("gene", "change", "more", "reason"),
    [
        ("ALK", "p.F1174L", {}, "no marker"),
        ("EGFR", "p.Leu858=", {}, "no marker"),
        ("LMNA", "p.R482W", {}, "no marker"),
        ("", "p.R482W", {}, "no gene"),
        ("KRAS", "p.G12D", {"present": False}, "has no other"),
        ("KRAS", "p.G12C", {"significance": "Uncertain significance"}, "uncertain"),
        ("KRAS", "p.G12C", {"origin": "germline"}, "born with it"),
    ],
)
def test_a_variant_that_decides_no_marker_is_not_used(
    gene: str, change: str, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotUsed, match=reason):
        variant_facts(gene, [change], "x", **more)


def test_an_absent_variant_denies_itself_alone() -> None:
    (fact,) = variant_facts("KRAS", ["p.G12C"], "x", present=False)
    assert (fact.variable, fact.value) == ("kras-g12c-mutation", "negative")
    assert gene_named("HGNC:11389", "STK11") == "STK11"
    assert gene_named("HGNC:11389") == ""


def test_vaccines_are_given_once_and_what_relatives_have_is_theirs() -> None:
    shot = {
        "resourceType": "Immunization",
        "status": "completed",
        "patient": SUBJECT,
        "vaccineCode": concept("Cisplatin"),
        "occurrenceDateTime": "2026-01-02",
    }
    fact = only(bundle(shot))
    assert (fact.kind, fact.qualifiers, fact.date, fact.end) == ("drug", ("past",), fact.end, fact.date)
    assert "not say that it was given" in reasons(bundle({**shot, "status": "not-done"}))
    family = {"resourceType": "FamilyMemberHistory", "status": "completed", "patient": SUBJECT,
              "condition": [{"code": concept("leukemia")}]}  # fmt: skip
    assert said(bundle(family)) == [("leukemia", ("family-history",))]


def test_an_entry_before_birth_or_ending_before_it_begins_is_not_used() -> None:
    assert "before the patient's birth" in reasons(bundle(condition(onsetDateTime="1970-01-01")))
    turned = condition(onsetDateTime="2020-01-02", abatementDateTime="2019-01-02")
    assert "ends before it begins" in reasons(bundle(turned))


def test_every_shared_mcode_file_says_what_it_left_out(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # with the real vocabulary
    folder = shared_data / "patients" / "mcode"
    read = {name: read_patient((folder / f"{name}.json").read_bytes()) for name in (
        "eom_patient_1", "patient_data", "patient_data_empty-cgv",
        "patient_data_missing_birthdate_invalid_ecog_karnofsky", "patient_data_missing_histology_morph",
    )}  # fmt: skip
    assert {("breast-cancer", ("primary",)), ("lung-metastases", ("active",))} <= set(
        said(read["eom_patient_1"])
    )
    stages = [fact.value for fact in read["eom_patient_1"].facts if fact.variable == "stage"]
    assert stages == ["IV"]
    assert "radiotherapy" in [name for name, _ in said(read["patient_data"])]
    assert "another patient (Patient/mCODEMassiveBio" in reasons(read["patient_data"])
    assert "names no gene" in reasons(read["patient_data_empty-cgv"])
    broken = read["patient_data_missing_birthdate_invalid_ecog_karnofsky"]
    assert broken.birth_date is None
    assert not [fact for fact in broken.facts if fact.variable in ("ecog", "karnofsky")]
    assert "histology" not in reasons(read["patient_data_missing_histology_morph"])
