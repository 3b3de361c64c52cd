"""Reading FHIR R4 bundles: what each resource and status becomes, and what is left out with its reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from accrual.basic import GeoPoint, PartialDate, Quantity
from accrual.errors import PatientError
from accrual.patient.model import Fact, Patient
from accrual.patient.reader import read_patient

ME = {"resourceType": "Patient", "id": "me", "gender": "female", "birthDate": "1980-05"}
SUBJECT = {"reference": "Patient/me"}
RXNORM, SNOMED, LOINC = (
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://snomed.info/sct",
    "http://loinc.org",
)


def bundle(*resources: dict[str, Any], me: dict[str, Any] | None = ME, type: str = "collection") -> Patient:  # noqa: A002
    entries = [
        {"fullUrl": f"urn:uuid:{one.get('id', '')}", "resource": one}
        for one in (*([me] if me else []), *resources)
    ]
    return read_patient(
        json.dumps({"resourceType": "Bundle", "type": type, "entry": entries}).encode(), "b.json"
    )


def concept(text: str = "", code: str = "", system: str = SNOMED) -> dict[str, Any]:
    return {"text": text, "coding": [{"system": system, "code": code, "display": text}] if code else []}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/any", "code": code}]}


def condition(text: str = "diabetes", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": concept(text), **more}


def observation(loinc: str, **more: Any) -> dict[str, Any]:
    named = concept("", loinc, LOINC)
    return {"resourceType": "Observation", "status": "final", "subject": SUBJECT, "code": named, **more}


def drug(kind: str, state: str, text: str = "Cisplatin 50 MG Injection", **more: Any) -> dict[str, Any]:
    named = {"medicationCodeableConcept": concept(text)}
    return {"resourceType": kind, "status": state, "subject": SUBJECT, **named, **more}


def only(patient: Patient) -> Fact:
    (fact,) = patient.facts
    return fact


def reasons(patient: Patient) -> str:
    return "\n".join(f"{one.where} {one.reason}" for one in patient.unused)


def test_the_patient_resource_gives_sex_birth_and_place() -> None:
    geo = {
        "url": "http://hl7.org/fhir/StructureDefinition/geolocation",
        "extension": [{"url": "latitude", "valueDecimal": 42.0}, {"url": "longitude", "valueDecimal": -71.0}],
    }
    address = [{"city": "Boston", "state": "MA", "country": "US", "extension": [geo]}]
    patient = bundle(me={**ME, "address": address, "deceasedBoolean": True})
    assert (patient.id, patient.sex, patient.birth_date) == ("me", "female", PartialDate(1980, 5))
    assert (patient.place, patient.point) == ("Boston, MA, US", GeoPoint(42.0, -71.0))
    assert "deceased" in reasons(patient)


def test_sex_stays_unknown_when_it_is_other_or_contradicted() -> None:
    assert bundle(me={**ME, "gender": "other"}).sex is None
    birth_sex = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "M"}
    assert bundle(me={**ME, "extension": [birth_sex]}).sex is None


@pytest.mark.parametrize("birth", ["", "1980-13-01", "yesterday"])
def test_an_unusable_birth_date_leaves_age_unknown(birth: str) -> None:
    patient = bundle(me={**ME, "birthDate": birth})
    assert patient.birth_date is None
    assert "birth" in reasons(patient)


@pytest.mark.parametrize(
    ("clinical", "qualifiers"),
    [
        ("active", ("active",)),
        ("relapse", ("active", "relapsed")),
        ("recurrence", ("active", "recurrent")),
        ("resolved", ("resolved",)),
        ("inactive", ("inactive",)),
        ("remission", ("in-remission",)),
    ],
)
def test_a_clinical_status_becomes_qualifiers(clinical: str, qualifiers: tuple[str, ...]) -> None:
    fact = only(bundle(condition(clinicalStatus=status(clinical), onsetDateTime="2012-02-12T05:29:14+00:00")))
    assert (fact.asserted, fact.qualifiers, fact.date) == (True, qualifiers, PartialDate(2012, 2, 12))


def test_a_refuted_condition_is_denied_and_a_suspicion_is_not_used() -> None:
    fact = only(bundle(condition(verificationStatus=status("refuted"))))
    assert (fact.asserted, fact.qualifiers) == (False, ("current",))
    for doubtful in ("unconfirmed", "provisional", "differential", "entered-in-error"):
        patient = bundle(condition(verificationStatus=status(doubtful)))
        assert patient.facts == ()
        assert "entry[1] Condition: " in reasons(patient)


def test_codes_come_before_words_and_icd_falls_back_on_its_category() -> None:
    coded = condition(code=concept("something else", "91861009"))
    assert only(bundle(coded)).concept.code == "all"  # type: ignore[union-attr]
    icd = condition(code=concept("", "C91.01", "http://hl7.org/fhir/sid/icd-10-cm"))
    assert only(bundle(icd)).concept.code == "all"  # type: ignore[union-attr]
    two = condition(code={"coding": [{"system": SNOMED, "code": c} for c in ("93143009", "91861009")]})
    assert only(bundle(two)).concept.code == "all"  # type: ignore[union-attr]
    assert only(bundle(condition("Diabetes (disorder)"))).concept.code == "diabetes"  # type: ignore[union-attr]
    history = only(bundle(condition("History of appendectomy (situation)")))
    assert (history.kind, history.qualifiers) == ("procedure", ("history",))


def test_observations_give_values_components_and_limits() -> None:
    quantity = {"value": 7.2, "unit": "g/dL", "code": "g/dL", "system": "http://unitsofmeasure.org"}
    normal = [{"low": {"value": 12, "unit": "g/dL"}, "high": {"value": 16, "unit": "g/dL"}}]
    blood = only(
        bundle(
            observation("718-7", valueQuantity=quantity, referenceRange=normal, effectiveDateTime="2026-11")
        )
    )
    assert (blood.variable, blood.value, blood.date) == (
        "hemoglobin",
        Quantity(7.2, "g/dL"),
        PartialDate(2026, 11),
    )
    assert (blood.reference_low, blood.reference_high) == (12, 16)
    pressure = [
        {"code": concept("", code, LOINC), "valueQuantity": {"value": value, "code": "mm[Hg]"}}
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ]
    both = bundle(observation("55284-4", component=pressure))
    assert [one.variable for one in both.facts] == ["systolic-blood-pressure", "diastolic-blood-pressure"]


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"valueInteger": 1}, Quantity(1)),
        ({"valueString": "1"}, Quantity(1)),
        ({"valueCodeableConcept": concept("Ambulatory", "LA9623-5", LOINC)}, Quantity(1)),
        ({"valueQuantity": {"value": 1, "unit": "{score}"}}, Quantity(1)),
    ],
)
def test_a_score_may_come_in_several_ways(more: dict[str, Any], value: Quantity) -> None:
    assert only(bundle(observation("89247-1", **more))).value == value


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (observation("89247-1", valueInteger=-1), "not a possible ECOG"),
        (observation("89247-1", valueInteger=1, status="preliminary"), "not a final result"),
        (observation("89247-1"), "no value in it"),
        (observation("718-7", valueQuantity={"value": 7.2}), "no unit"),
        (observation("1-8", valueInteger=1), "no such variable"),
        (observation("89247-1", valueInteger=1, focus=[{"reference": "Patient/baby"}]), "something else"),
        (observation("89247-1", valueInteger=1, effectiveDateTime="2026-02-30"), "not on the calendar"),
        (observation("89247-1", valueInteger="one"), "broken"),
        (observation("89247-1", valueInteger=1, subject={"reference": "Patient/you"}), "another patient"),
        (observation("89247-1", valueInteger=1, subject={}), "whom it is about"),
        (drug("MedicationRequest", "cancelled"), "status cancelled"),
        (drug("MedicationRequest", "on-hold"), "status on-hold"),
        (drug("MedicationRequest", "active", intent="plan"), "not an order"),
        (drug("MedicationRequest", "active", doNotPerform=True), "not to give"),
        ({"resourceType": "MedicationRequest", "status": "active", "subject": SUBJECT}, "not in the bundle"),
        (
            {"resourceType": "Procedure", "status": "not-done", "subject": SUBJECT, "code": concept("x")},
            "not-done",
        ),
        (
            {"resourceType": "AllergyIntolerance", "patient": SUBJECT, "code": concept("Foobarin")},
            "substance",
        ),
        ({"resourceType": "Claim", "patient": SUBJECT}, "not read"),
        (condition(""), "names nothing"),
        ({}, "no resource"),
    ],
)
def test_what_is_not_used_is_listed_with_its_place_and_reason(resource: dict[str, Any], reason: str) -> None:
    patient = bundle(resource)
    assert patient.facts == ()
    assert reason in reasons(patient)
    assert "entry[1]" in reasons(patient)


@pytest.mark.parametrize(
    ("resource", "asserted", "qualifiers", "end"),
    [
        (drug("MedicationRequest", "active", authoredOn="2020-01-02"), True, ("current",), None),
        (drug("MedicationRequest", "stopped", authoredOn="2020-01-02"), True, ("past",), None),
        (drug("MedicationStatement", "active"), True, ("current",), None),
        (drug("MedicationStatement", "not-taken"), False, ("current",), None),
        (
            drug("MedicationStatement", "completed", effectivePeriod={"start": "2020", "end": "2021-02"}),
            True,
            ("past",),
            PartialDate(2021, 2),
        ),
        (
            drug("MedicationAdministration", "completed", effectiveDateTime="2021-02-03"),
            True,
            ("past",),
            PartialDate(2021, 2, 3),
        ),
    ],
)
def test_drugs_are_taken_or_were_taken(
    resource: dict[str, Any], asserted: bool, qualifiers: tuple[str, ...], end: PartialDate | None
) -> None:
    fact = only(bundle(resource))
    assert (fact.concept.code if fact.concept else "", fact.asserted) == ("cisplatin", asserted)
    assert (fact.qualifiers, fact.end) == (qualifiers, end)


def test_a_drug_may_stand_in_another_resource() -> None:
    product = {"resourceType": "Medication", "id": "m", "code": concept("", "2555", RXNORM)}
    request = {"resourceType": "MedicationRequest", "status": "active", "subject": SUBJECT}
    apart = bundle({**request, "medicationReference": {"reference": "Medication/m"}}, product)
    inside = bundle({**request, "contained": [product], "medicationReference": {"reference": "#m"}})
    assert [only(one).concept.code for one in (apart, inside)] == ["cisplatin", "cisplatin"]  # type: ignore[union-attr]


def test_a_product_of_two_drugs_is_two_facts() -> None:
    patient = bundle(drug("MedicationRequest", "active", "Cisplatin 50 MG / Etoposide 100 MG"))
    assert [one.concept.code for one in patient.facts if one.concept] == ["cisplatin", "etoposide"]


def test_a_tumors_stage_has_the_tumor_as_its_focus() -> None:
    stage = observation(
        "",
        code=concept("disease stage"),
        valueCodeableConcept=concept("Stage 3A (qualifier value)"),
        focus=[{"reference": "urn:uuid:c"}],
    )
    patient = bundle(condition("cancer"), stage)
    assert [one.value for one in patient.facts if one.variable] == ["III"]


def test_equal_reasons_are_counted_together() -> None:
    patient = bundle(*({"resourceType": "Claim", "patient": SUBJECT} for _ in range(3)))
    assert [(one.where, one.reason) for one in patient.unused] == [
        ("entry[1] and 2 more", "Claim: this kind of resource is not read")
    ]


def test_two_patients_or_nobody_is_refused() -> None:
    with pytest.raises(PatientError, match=r"b\.json, entry\[1\]: 2 patients in one bundle"):
        bundle({**ME, "id": "you"})
    with pytest.raises(PatientError, match="no Patient resource and it speaks of nobody"):
        bundle(me=None)
    with pytest.raises(PatientError, match="several patients are spoken of"):
        bundle(condition(), condition(subject={"reference": "Patient/you"}), me=None)
    assert only(bundle(condition(), me=None)).concept is not None


def test_a_broken_frame_is_refused_with_its_path() -> None:
    for broken, path in (
        ({"entry": 3}, "entry"),
        ({"entry": [3]}, "entry[0]"),
        (
            {"entry": [{"resource": {"resourceType": "Patient", "birthDate": 1980}}]},
            "entry[0].resource.birthDate",
        ),
        ({"type": "history"}, "type"),
    ):
        with pytest.raises(PatientError) as raised:
            read_patient(json.dumps({"resourceType": "Bundle", **broken}).encode(), "b.json")
        assert str(raised.value).startswith(f"b.json, {path}: ")


def test_every_synthea_bundle_is_read_and_most_observations_are_understood(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # with the real vocabulary
    used = unused = 0
    with zipfile.ZipFile(shared_data / "patients" / "synthea_r4.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        for name in names:
            patient = read_patient(archive.read(name), name)
            assert patient.sex is not None
            assert patient.birth_date is not None
            assert patient.point is not None
            used += sum(one.kind == "measurement" for one in patient.facts)
            unused += sum(
                int(one.where.split(" and ")[1].split()[0]) + 1 if " and " in one.where else 1
                for one in patient.unused
                if one.reason.startswith("Observation")
            )
    assert len(names) == 120
    assert used / (used + unused) > 0.7


def test_every_mcode_file_is_read_or_refused_with_a_reason(shared_data: Path) -> None:
    outcome = {}
    for path in sorted((shared_data / "patients" / "mcode").glob("*.json")):
        try:
            outcome[path.name] = str(len(read_patient(path.read_bytes(), path.name).facts) > 0)
        except PatientError as error:
            outcome[path.name] = str(error)
    assert len(outcome) == 7
    assert "FHIR ResearchStudy by itself" in outcome["complete_study.json"]
    assert "no Patient resource" in outcome["resource.json"]
    assert outcome["eom_patient_1.json"] == outcome["patient_data.json"] == "True"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"clinicalStatus": status("active"), "onsetDateTime": "2026-08-01"}, [("pregnant", "yes")]),
        ({"clinicalStatus": status("resolved"), "onsetDateTime": "2020-08-01"}, [(None, None)]),
        (
            {"clinicalStatus": status("active"), "abatementDateTime": "2020-08-01"},
            [(None, None)],
        ),
        ({}, [(None, None)]),
    ],
)
def test_a_pregnancy_that_goes_on_is_a_state(
    more: dict[str, Any], expected: list[tuple[str | None, str | None]]
) -> None:
    patient = bundle({**condition(**more), "code": concept("Normal pregnancy", "72892002")})
    assert [(one.variable, one.value) for one in patient.facts] == expected


@pytest.mark.parametrize(
    ("kind", "state", "order"),
    [
        ("MedicationRequest", "active", True),
        ("MedicationRequest", "completed", False),
        ("MedicationStatement", "active", False),
    ],
)
def test_an_active_request_is_an_order_and_no_statement_of_taking(kind: str, state: str, order: bool) -> None:
    assert only(bundle(drug(kind, state, authoredOn="2020-01-02"))).order is order


@pytest.mark.parametrize(
    ("kind", "relation"), [("", "allergy"), ("allergy", "allergy"), ("intolerance", "intolerance")]
)
def test_an_allergy_to_a_substance_is_a_relation_to_it_not_its_use(kind: str, relation: str) -> None:
    entry = {
        "resourceType": "AllergyIntolerance",
        "patient": SUBJECT,
        "type": kind,
        "code": concept("Cisplatin"),
    }
    (fact,) = bundle(entry).facts
    assert fact.concept is not None
    assert (fact.concept.code, fact.qualifiers) == ("cisplatin", ("active", relation))
