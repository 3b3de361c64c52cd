"""Reading GA4GH phenopackets: what each part becomes, and what is left out with its reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.patient.test_fhir import only, reasons

from accrual.basic import PartialDate, Quantity
from accrual.errors import PatientError
from accrual.patient.model import Fact, Patient
from accrual.patient.reader import read_patient


def packet(subject: dict[str, Any] | None = None, **more: Any) -> Patient:
    own = {"id": "p", "sex": "FEMALE", **(subject or {})}
    document = {"id": "x", "subject": own, "metaData": {"phenopacketSchemaVersion": "2.0"}, **more}
    return read_patient(json.dumps(document).encode(), "p.json")


def term(label: str, code: str = "X:1") -> dict[str, str]:
    return {"id": code, "label": label}


def feature(label: str = "diabetes", **more: Any) -> Fact:
    return only(packet(phenotypicFeatures=[{"type": term(label), **more}]))


def test_the_subject_gives_sex_and_age() -> None:
    patient = packet({"timeAtLastEncounter": {"age": {"iso8601duration": "P4Y6M"}}})
    assert (patient.id, patient.sex, patient.age_years) == ("p", "female", 4.5)
    assert "taken as the age today" in reasons(patient)
    born = packet({"dateOfBirth": "1980-05-06T00:00:00Z"})
    assert (born.birth_date, born.age_years) == (PartialDate(1980, 5, 6), None)
    unclear = packet({"sex": "OTHER_SEX", "vitalStatus": {"status": "DECEASED"}})
    assert (unclear.sex, unclear.age_years) == (None, None)
    assert "deceased" in reasons(unclear)


@pytest.mark.parametrize("age", ["P400Y", "four", "P", ""])
def test_what_is_no_age_leaves_it_unknown(age: str) -> None:
    assert packet({"timeAtLastEncounter": {"age": {"iso8601duration": age}}}).age_years is None


def test_a_feature_is_there_or_denied_for_now() -> None:
    assert feature().asserted
    for key in ("excluded", "negated"):
        fact = feature(**{key: True})
        assert (fact.asserted, fact.qualifiers) == (False, ("current",))
    assert feature(severity=term("Severe")).qualifiers == ("severe",)
    assert feature(severity=term("Severe"), excluded=True).qualifiers == ("severe", "current")
    odd = packet(
        phenotypicFeatures=[{"type": term("diabetes"), "excluded": True, "modifiers": [term("Odd")]}]
    )
    assert odd.facts == ()
    assert "no qualifier names" in reasons(odd)


def test_an_onset_is_a_date_only_to_the_day() -> None:
    def onset(duration: str) -> PartialDate | None:
        told = {"type": term("diabetes"), "onset": {"age": {"iso8601duration": duration}}}
        return only(packet({"dateOfBirth": "1980-05-06"}, phenotypicFeatures=[told])).date

    assert onset("P1Y1M25D") == PartialDate(1981, 7, 1)
    assert onset("P57Y0M0D") is None
    assert feature(onset={"timestamp": "2020-02-03T00:00:00Z"}).date == PartialDate(2020, 2, 3)


def test_a_disease_gives_stage_and_spread() -> None:
    disease = {
        "term": term("leukemia"),
        "diseaseStage": [term("Stage IIIA")],
        "clinicalTnmFinding": [term("M1a")],
    }
    patient = packet(diseases=[disease])
    assert [fact.value for fact in patient.facts if fact.variable] == ["III"]
    assert patient.facts[0].qualifiers == ("metastatic",)
    assert [fact.asserted for fact in packet(diseases=[{**disease, "excluded": True}]).facts] == [False]


def test_a_measurement_has_its_unit_and_limits() -> None:
    amount = {"unit": term("gram per deciliter", "UCUM:g/dL"), "value": 7.2,
              "referenceRange": {"unit": term("", "UCUM:g/dL"), "low": 12, "high": 16}}  # fmt: skip
    value = {"assay": term("Hb", "LOINC:718-7"), "value": {"quantity": amount}}
    fact = only(packet(measurements=[value]))
    assert (fact.variable, fact.value, fact.reference_low) == ("hemoglobin", Quantity(7.2, "g/dL"), 12)
    wrong = {**value, "value": {"quantity": {**amount, "value": 720}}}
    assert "not a possible" in reasons(packet(measurements=[wrong]))
    word = {"assay": term("HIV", "LOINC:75622-1"), "value": {"ontologyClass": term("Negative")}}
    assert only(packet(measurements=[word])).value == "negative"


def test_actions_are_procedures_and_drugs() -> None:
    patient = packet(
        medicalActions=[
            {"procedure": {"code": term("appendectomy"), "performed": {"timestamp": "2020-02-03"}}},
            {"treatment": {"agent": term("cisplatin"),
                           "doseIntervals": [{"interval": {"start": "2020-01-01", "end": "2020-03-01"}}]}},
            {"treatment": {"agent": term("etoposide")}},
            {"therapeuticRegimen": {"externalReference": {}}},
        ]
    )  # fmt: skip
    assert [(fact.kind, fact.qualifiers, str(fact.end)) for fact in patient.facts] == [
        ("procedure", (), "None"),
        ("drug", (), "2020-03-01"),
        ("drug", ("prior",), "None"),
    ]
    assert "not read" in reasons(patient)


def test_a_variant_counts_in_the_tumor_and_a_solved_diagnosis_is_a_disease() -> None:
    about = {"geneContext": {"symbol": "KRAS"}, "expressions": [{"value": "p.Gly12Cys"}]}
    told = {"interpretationStatus": "CAUSATIVE", "variantInterpretation": {"variationDescriptor": about}}

    def read(subject: str, status: str = "SOLVED") -> Patient:
        genomic = [{**told, "subjectOrBiosampleId": subject}]
        diagnosis = {"disease": term("leukemia", "MONDO:7"), "genomicInterpretations": genomic}
        solved = {"progressStatus": status, "diagnosis": diagnosis}
        return packet(biosamples=[{"id": "tumor"}], interpretations=[solved])

    assert [fact.variable for fact in read("tumor").facts] == [None, "kras-mutation", "kras-g12c-mutation"]
    assert "born with it" in reasons(read("p"))
    assert read("tumor", "IN_PROGRESS").facts == ()


def test_a_broken_part_costs_itself_alone() -> None:
    patient = packet(phenotypicFeatures=[{"type": 3}, {"type": term("diabetes")}, "x", {}])
    assert len(patient.facts) == 1
    assert "broken" in reasons(patient)
    with pytest.raises(PatientError, match=r"p\.json, phenotypicFeatures: Expected `array`"):
        packet(phenotypicFeatures=3)
    with pytest.raises(PatientError, match="version 1"):
        packet(metaData={"phenopacketSchemaVersion": "1.0.0"})


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(("P3Y", "diabetes", "2020-01-01", "X:1", "M1")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from((
        "type", "id", "label", "onset", "age", "iso8601duration", "excluded", "term", "value", "quantity", "unit",
        "assay", "timestamp", "procedure", "code", "treatment", "agent", "doseIntervals", "interval", "start",
        "progressStatus", "diagnosis", "genomicInterpretations", "variantInterpretation", "subjectOrBiosampleId",
    )), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from((
            "phenotypicFeatures", "diseases", "measurements", "medicalActions", "biosamples", "interpretations",
        )),
        st.lists(PARTS, max_size=3),
    )
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_any_parts_give_a_patient_and_no_crash(parts: dict[str, Any]) -> None:
    assert packet(None, **parts).form == "GA4GH phenopacket"


def test_every_shared_phenopacket_is_read(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # with the real vocabulary
    features = denied = aged = 0
    with zipfile.ZipFile(shared_data / "patients" / "phenopackets.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        for name in names:
            patient = read_patient(archive.read(name), name)
            features += sum(fact.kind == "condition" for fact in patient.facts)
            denied += sum(not fact.asserted for fact in patient.facts)
            aged += patient.age_years is not None
    assert (len(names), features, denied, aged) == (400, 8180, 4421, 296)
