"""Recognising a patient file: known forms are read, everything else is named for what it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.errors import PatientError
from accrual.patient.reader import MAX_BYTES, read_patient


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'{"accrual_patient": 1}', "accrual form"),
        (b'\xef\xbb\xbf{"accrual_patient": 1}', "accrual form"),
        (b'{"sex": "male", "age": 3}', "accrual form"),
        (
            b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}',
            "FHIR R4 bundle",
        ),
        (b'{"subject": {}, "phenotypicFeatures": []}', "GA4GH phenopacket"),
        (b'[{"resourceType": "Patient", "id": "a"}]', "FHIR R4 resources"),
        (b'[{"accrual_patient": 1}]', "accrual form"),
        (b'{"resourceType": "Patient", "id": "a"}\n{"resourceType": "Claim"}\n', "FHIR R4 bulk export"),
        (b'{"accrual_patient": 1}\n\n', "accrual form"),
        (b"id,age,sex\n1,3,male\n", "CSV table"),
        (b"\xef\xbb\xbfid;age\r\n1;3\r\n", "CSV table"),
    ],
)
def test_known_forms_are_recognised(data: bytes, form: str) -> None:
    assert read_patient(data).form == form


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty file"),
        (b"  \n ", "an empty file"),
        (b"[1, 2]", "an array"),
        (b'"text"', "not an object"),
        (b"3", "not an object"),
        (b"<Bundle/>", "XML"),
        (b"PK\x03\x04zip", "a zip file"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"%PDF-1.7", "a PDF"),
        ('{"sex": "male"}'.encode("utf-16"), "UTF-16"),
        (b'{"proband": {}, "pedigree": {}, "metaData": {}}', "a GA4GH Family"),
        (b'{"members": [], "metaData": {}}', "a GA4GH Cohort"),
        (b'{"protocolSection": {}}', "a study record"),
        (b'{"resourceType": "Condition"}', "a FHIR Condition by itself"),
        (b'{"resourceType": 3}', "resourceType is not a string"),
        (b'{"person_id": 3}', "an OMOP person"),
        (b'{"name": "x"}', "keys that no form has ('name')"),
        (b"{}", "keys that no form has (none at all)"),
        (b'{"sex":\n  "male" "age": 3}', "not JSON: line 2 column"),
        (b'{"sex": "male"', "not JSON: line 1 column 15: it ends too early"),
        (b"hello", "not JSON: line 1 column 1"),
        (b'{"age": 3,\n"id": "\xff\xfe\xfa"}', "line 2 column 8: not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"sex": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"resourceType": "Bundle", "entry": [{"resource": ' + b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_another_file_is_named_for_what_it_is_and_the_forms_are_listed(data: bytes, what: str) -> None:
    with pytest.raises(PatientError) as raised:
        read_patient(data, "notes.txt")
    message = str(raised.value)
    assert message.startswith("notes.txt: ")
    assert what in message
    assert "accrual form" in message
    assert "FHIR R4 Bundle" in message


def test_a_file_of_50_mb_is_refused_unread() -> None:
    with pytest.raises(PatientError, match="50 MB, and a patient file has less than 50 MB"):
        read_patient(b" " * MAX_BYTES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((
        "resourceType", "entry", "resource", "type", "accrual_patient", "sex", "conditions", "name", "states",
        "measurements", "value", "subject", "reference", "code", "coding", "id", "birthDate", "age",
    )), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=60)))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_patient_or_a_patient_error(data: bytes) -> None:
    try:
        form = read_patient(data).form
    except PatientError as error:
        form = str(error)
    assert form
