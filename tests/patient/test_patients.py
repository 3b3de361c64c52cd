"""Sources of many patients: bulk exports, tables, OMOP folders, zip files, folders; one is chosen, or all are read."""

from __future__ import annotations

import gzip
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.patient.test_fhir import ME, SUBJECT, condition, observation, reasons

from accrual.basic import PartialDate, Quantity
from accrual.errors import PatientError, SourceError
from accrual.patient.model import Patient
from accrual.patient.patients import find_patient, read_patients
from accrual.patient.reader import MAX_BYTES, members_in, read_patient

YOU = {**ME, "id": "you", "gender": "male"}
YOURS = {"reference": "Patient/you"}


def lines(*resources: dict[str, Any] | str) -> bytes:
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in resources).encode()


def all_of(path: Path) -> tuple[list[Patient], list[str]]:
    failures: list[str] = []
    return list(read_patients(path, lambda error: failures.append(str(error)))), failures


# Bulk exports and arrays.


def test_an_export_is_parted_by_patient() -> None:
    data = lines(ME, condition(), {**condition("leukemia"), "subject": YOURS}, YOU)
    mine, yours = (read_patient(data, "x.ndjson", name) for name in ("me", "you"))
    assert [(one.sex, [fact.text for fact in one.facts]) for one in (mine, yours)] == [
        ("female", ["diabetes"]),
        ("male", ["leukemia"]),
    ]
    assert mine.facts[0].source.where == "line 2 Condition/c"
    with pytest.raises(
        PatientError, match=r"x\.ndjson: 2 patients: choose one .*\(--person\); there are me, you"
    ):
        read_patient(data, "x.ndjson")
    with pytest.raises(PatientError, match="no patient has this id; there are me, you"):
        read_patient(data, "x.ndjson", "her")


def test_an_export_in_several_files_shares_its_medications(tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_bytes(lines(ME, YOU))
    (tmp_path / "Medication.ndjson.gz").write_bytes(
        gzip.compress(lines({"resourceType": "Medication", "id": "m", "code": {"text": "cisplatin"}}))
    )
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationReference": {"reference": "Medication/m"},
    }
    (tmp_path / "MedicationStatement.ndjson").write_bytes(
        lines({**statement, "subject": SUBJECT}, {**statement, "subject": YOURS}, "{broken", '{"a": 1}')
    )
    found, failures = all_of(tmp_path)
    assert [(one.id, [fact.text for fact in one.facts]) for one in found] == [
        ("me", ["cisplatin"]),
        ("you", ["cisplatin"]),
    ]
    assert failures == []
    assert all("MedicationStatement.ndjson line 3 line: not JSON" in reasons(one) for one in found)
    assert find_patient(tmp_path, "you").sex == "male"


def test_resources_of_somebody_without_a_patient_resource_are_a_patient_of_their_own() -> None:
    data = lines(ME, {**condition(), "subject": YOURS})
    stranger = read_patient(data, "", "you")
    assert (stranger.sex, len(stranger.facts)) == (None, 1)


def test_an_array_or_a_bundle_may_hold_several_patients() -> None:
    array = json.dumps([ME, YOU, condition()]).encode()
    assert len(read_patient(array, "", "me").facts) == 1
    entries = [{"fullUrl": f"http://x/Patient/{one['id']}", "resource": one} for one in (ME, YOU)]
    bundle = {"resourceType": "Bundle", "entry": [*entries, {"resource": condition()}]}
    assert read_patient(json.dumps(bundle).encode(), "", "you").sex == "male"
    assert [one.id for one in members_in(json.dumps(bundle).encode())] == ["me", "you"]
    both = lines(json.dumps({"accrual_patient": 1, "id": "a"}), json.dumps(bundle))
    assert read_patient(both, "", "a").form == "accrual form"
    forms = json.dumps(
        [{"accrual_patient": 1, "id": "a", "age": 3}, {"accrual_patient": 1, "id": "b"}]
    ).encode()
    assert read_patient(forms, "", "a").age_years == 3


def test_one_patient_and_a_stranger_are_one_patient(tmp_path: Path) -> None:
    stray = {**condition("leukemia"), "subject": YOURS}
    entries = [{"resource": one} for one in (ME, condition(), stray)]
    (tmp_path / "b.json").write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
    ((patient,), failures) = all_of(tmp_path)
    assert (patient.id, len(patient.facts), failures) == ("me", 1, [])
    assert "another patient (Patient/you)" in reasons(patient)


# Tables.

TABLE = """id,age,sex,conditions,absent_conditions,drugs,Hemoglobin (g/dL),ECOG,date,shoe size,HIV test
p1,58,F,ALL [2024-02]; diabetes,peanut allergy,cisplatin,9.1,<2,2026-11-02,41,negative
p2,n/a,male,,,,"1,5",7,2026-13-01,,maybe
"""


def test_a_row_is_a_patient() -> None:
    patient = read_patient(TABLE.encode(), "t.csv", "p1")
    assert (patient.age_years, patient.sex) == (58, "female")
    assert [(fact.concept.code, fact.asserted, fact.date) for fact in patient.facts if fact.concept] == [
        ("all", True, PartialDate(2024, 2)),
        ("diabetes", True, None),
        ("peanut-allergy", False, None),
        ("cisplatin", True, None),
    ]
    values = {
        fact.variable: (fact.value, fact.comparator, str(fact.date))
        for fact in patient.facts
        if fact.variable
    }
    assert values["hemoglobin"] == (Quantity(9.1, "g/dL"), "", "2026-11-02")
    assert values["ecog"] == (Quantity(2), "<", "2026-11-02")
    assert values["hiv-test"][0] == "negative"
    assert "column shoe size no such column is known" in reasons(patient)


def test_cells_that_cannot_be_used_are_listed_and_the_rest_counts() -> None:
    patient = read_patient(TABLE.encode(), "t.csv", "p2")
    assert (patient.age_years, patient.sex, patient.facts) == (None, "male", ())
    for part in (
        "not a number",
        "not a possible ECOG",
        "date not a date of the calendar",
        "none of positive, negative",
    ):
        assert part in reasons(patient)


def test_a_row_that_cannot_be_read_is_told_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id;age\n1;3\n1;4\n2;5;6\n\n3;\xff\n4;7\n")
    found, failures = all_of(path)
    assert [one.id for one in found] == ["1", "4"]
    assert [one.removeprefix(f"{path}, ") for one in failures] == [
        "row 3: its id stands in row 2 too: give one row a patient",
        "row 4: it has more cells than the header has columns",
        "row 6: not UTF-8 text; save the file as UTF-8",
    ]
    with pytest.raises(PatientError, match="row 3"):
        list(read_patients(path))


@given(st.text(alphabet='ab,;"\n\t 1', max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_table_gives_patients_or_errors(text: str) -> None:
    for member in members_in(f"id,age,conditions\n{text}".encode()):
        try:
            form = member.read().form
        except PatientError as error:
            form = str(error)
        assert form


# OMOP.


def omop(folder: Path, **tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    concept = "CONCEPT_ID,CONCEPT_NAME,VOCABULARY_ID,CONCEPT_CODE\n1,diabetes mellitus,SNOMED,73211009\n2,Hemoglobin,LOINC,718-7\n3,gram per deciliter,UCUM,g/dL\n4,cisplatin,RxNorm,2555\n5,Negative,SNOMED,260385009\n6,HIV,LOINC,75622-1\n7,History of appendectomy,SNOMED,9\n"  # fmt: skip # noqa: E501
    person = "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n10,8532,1980,5,\n11,8507,1990,2,3\n"  # fmt: skip # noqa: E501
    for name, text in {"concept": concept, "person": person, **tables}.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_an_omop_person_is_read_by_id(tmp_path: Path) -> None:
    folder = omop(
        tmp_path / "cdm",
        condition_occurrence="person_id,condition_concept_id,condition_start_date,condition_status_concept_id,condition_occurrence_id\n"
        "10,1,2020-01-02,0,100\n10,99,2020-01-02,0,101\n10,1,2020-01-02,32899,102\n10,1,1960-01-01,0,103\n11,1,2020-01-02,0,104\n",
        condition_era="person_id,condition_concept_id,condition_era_start_date\n10,1,2020-01-02\n",
        drug_exposure="person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,drug_exposure_id\n"
        "10,4,2020-01-02,,1\n10,4,2020-01-02,2020-02-02,2\n10,4,2020-01-02,2019-02-02,3\n",
        measurement="person_id,measurement_concept_id,measurement_date,operator_concept_id,value_as_number,value_as_concept_id,unit_concept_id,measurement_id\n"
        "10,2,2020-01-02,4171756,9.1,0,3,1\n10,2,2020-01-02,,,0,3,2\n10,6,2020-01-02,,,5,,3\n10,2,2020-01-02,,910,,3,4\n",
        observation="person_id,observation_concept_id,observation_date,value_as_string,observation_id\n10,7,2020-01-02,,1\n10,7,2020-01-02,x,2\n",
        death="person_id,death_date\n10,2021-01-01\n",
        note="person_id\n",
    )  # fmt: skip
    patient = find_patient(folder, "10")
    assert (patient.sex, patient.birth_date) == ("female", PartialDate(1980, 5))
    told = [(fact.kind, fact.source.where, fact.order, fact.comparator) for fact in patient.facts]
    assert told == [
        ("condition", "condition_occurrence 100", False, ""),
        ("drug", "drug_exposure 1", True, ""),
        ("drug", "drug_exposure 2", False, ""),
        ("measurement", "measurement 1", False, "<"),
        ("measurement", "measurement 3", False, ""),
        ("procedure", "observation 1", False, ""),
    ]
    for part in (
        "the table concept lacks it", "a suspicion", "before the patient's birth", "ends before it begins",
        "no value", "not a possible hemoglobin", "deceased", "note this table is not read",
    ):  # fmt: skip
        assert part in reasons(patient)
    with pytest.raises(PatientError, match=r"2 patients: choose one by its id .*; there are 10, 11"):
        find_patient(folder)
    with pytest.raises(PatientError, match="no patient has this id; there are 10, 11"):
        find_patient(folder, "12")
    assert [one.id for one in read_patients(folder)] == ["10", "11"]


def test_an_omop_table_that_is_none_is_named(tmp_path: Path) -> None:
    folder = omop(tmp_path / "cdm", condition_occurrence="a,b\n1,2\n")
    with pytest.raises(PatientError, match=r"condition_occurrence\.csv: its header has no column person_id"):
        find_patient(folder, "10")
    (folder / "condition_occurrence.csv").rename(folder / "condition_occurrence.csv.gz")
    with pytest.raises(SourceError, match="cannot be read"):
        find_patient(folder, "10")


def test_every_shared_omop_person_is_read(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # with the real vocabulary
    folder = shared_data / "patients" / "omop_gibleed"
    count = facts = 0
    for patient in read_patients(folder):
        count += 1
        facts += len(patient.facts)
        assert patient.sex is not None
        assert patient.birth_date is not None
    assert (count, facts > 170_000) == (2694, True)
    assert find_patient(folder, "6").birth_date == PartialDate(1963, 12, 31)


# Folders and zip files.


def test_a_folder_tells_every_file_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"accrual_patient": 1, "id": "p"}')
    (tmp_path / "b.json").write_text('{"accrual_patient": 1, "id": "p"}')
    (tmp_path / "c.json").write_text('{"accrual_patient": 1}')
    (tmp_path / "d.json").write_text("")
    (tmp_path / "e.pdf").write_text("x")
    (tmp_path / "sub").mkdir()
    with zipfile.ZipFile(tmp_path / "sub" / "f.zip", "w") as archive:
        archive.writestr("g.json", '{"accrual_patient": 1, "id": "q"}')
        archive.writestr("h.json", "{}")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    found, failures = all_of(tmp_path)
    assert [one.id for one in found] == ["p", "b.json#p", "c.json", "q"]
    said = "\n".join(failures)
    for part in (
        "d.json: this is an empty file",
        "e.pdf: by its name",
        "f.zip, h.json: ",
        "broken.zip: not a zip",
    ):
        assert part in said
    assert len(failures) == 4
    assert find_patient(tmp_path, "q").id == "q"
    with pytest.raises(SourceError, match="No such file"):
        find_patient(tmp_path / "none.json")


# Bad input.


def test_ten_thousand_observations_are_read_in_a_moment() -> None:
    value = {"value": 9.1, "unit": "g/dL"}
    focus = [{"reference": "Condition/c"}]
    many = [
        {"resource": observation("718-7", valueQuantity=value, focus=focus, id=str(number))}
        for number in range(10_000)
    ]
    entries = [{"resource": ME}, {"resource": condition()}, *many]
    data = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    begun = time.process_time()
    assert len(read_patient(data).facts) == 10_001
    assert time.process_time() - begun < 10


def test_references_in_a_circle_end() -> None:
    one = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [{"itemReference": {"reference": "Medication/m"}}],
    }
    circle = observation(
        "718-7", id="o", focus=[{"reference": "Observation/o"}], hasMember=[{"reference": "Observation/o"}]
    )
    taken = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "status": "active",
        "subject": SUBJECT,
        "medicationReference": {"reference": "MedicationStatement/s"},
    }
    data = json.dumps([ME, one, circle, taken]).encode()
    patient = read_patient(data)
    assert patient.facts == ()
    assert "not in the bundle" in reasons(patient)


def test_a_large_export_is_read_line_by_line_and_a_large_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.ndjson"
    padding = json.dumps({"resourceType": "Claim", "patient": SUBJECT, "x": "y" * 1_000_000})
    path.write_bytes(lines(ME, condition(), *[padding] * (MAX_BYTES // 1_000_000 + 5)))
    patient = find_patient(path)
    assert len(patient.facts) == 1
    assert "Claim: this kind of resource is not read" in reasons(patient)
    document = tmp_path / "large.json"
    document.write_bytes(b" " * (MAX_BYTES + 10))
    with pytest.raises(PatientError, match="a patient file has less than 50 MB"):
        find_patient(document)


def test_no_message_repeats_what_a_row_says(tmp_path: Path) -> None:
    table = b"id,age,sex,birth_date,conditions,ECOG\np,Zaphod,Zaphod,Zaphod,x [2020-99],Zaphod\n"
    assert "Zaphod" not in reasons(read_patient(table))
