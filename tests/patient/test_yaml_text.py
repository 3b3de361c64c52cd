"""YAML is another spelling of JSON, and nothing more: no types of its own, no aliases, no code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accrual.errors import PatientError
from accrual.patient.patients import find_patient, read_patients
from accrual.patient.reader import read_patient
from accrual.patient.yaml_text import MAX_BYTES, is_yaml, json_of

FORM = b"""\
# whom we see on Monday
accrual_patient: 1
id: 0012
sex: female
birth_date: 2001-04-12
place:
conditions:
  - name: asthma
    date: 2024
    qualifiers: [active]
  - {name: HIV infection, present: false}
measurements:
- name: hemoglobin
  value: 9.1
  unit: g/dL
- {name: CRP, value: <5, unit: mg/L}
states:
  consent: yes
"""
JSON = json.dumps({
    "accrual_patient": 1, "id": "0012", "sex": "female", "birth_date": "2001-04-12",
    "conditions": [{"name": "asthma", "date": "2024", "qualifiers": ["active"]},
                   {"name": "HIV infection", "present": False}],
    "measurements": [{"name": "hemoglobin", "value": 9.1, "unit": "g/dL"},
                     {"name": "CRP", "value": "<5", "unit": "mg/L"}],
    "states": {"consent": "yes"},
}).encode()  # fmt: skip


def value(text: str) -> object:
    """What stands behind one key."""
    (document,) = json_of(f"key: {text}".encode(), "")
    return json.loads(document).get("key")


def test_yaml_says_what_the_same_json_says() -> None:
    assert read_patient(FORM) == read_patient(JSON)
    assert read_patient(b"\xef\xbb\xbf" + FORM.replace(b"\n", b"\r\n")) == read_patient(JSON)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("Null", None), ("~", None), ("", None), ("true", True),
        ("2026-11-02", "2026-11-02"), ("12:30", "12:30"), ("0012", "0012"), ("0x1F", "0x1F"), ("1_000", "1_000"),
        ("12", 12), ("-1.5", -1.5), ("+3", 3), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), (".inf", ".inf"),
        ("FALSE", False), (".nan", ".nan"),
        ("'12'", "12"), ('"true"', "true"), ("1e999", "1e999"), ("9" * 30, "9" * 30),
        ("|\n  two\n  lines", "two\nlines"), ("[]", []), ("{a: }", {}),
    ],
)  # fmt: skip
def test_a_word_stands_for_what_json_would_write(text: str, meant: object) -> None:
    assert value(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"a: &x [1]\nb: *x", "line 2 column 4: an alias"),
        (b"a: &x {b: 1}\nc:\n  <<: *x", "line 3 column 3: a merge"),
        (b"a: !!python/object/apply:os.system [x]", "line 1 column 4: a tag"),
        (b"a: !!str 12", "a tag"),
        (b"a: ! 12", "a tag"),
        (b"a: 1\na: 2", "line 2 column 1: a key that is there already"),
        (b"a:\na: 2", "line 2 column 1: a key that is there already"),
        (b"? [a]\n: 1", "a list or an object as a key"),
        (b"a: [", "this is not YAML: line 2 column 1"),
        (b"a: \x01", "this is not YAML"),
        (b"a: \xff", "not UTF-8 text"),
        (b"a: " + b"[" * 50_000, "nested too deeply"),
        (b"just words", "neither an object nor a list"),
        (b"a: 1\n" + b"#" * MAX_BYTES, "1 MB is the most"),
    ],
)
def test_what_no_patient_needs_is_refused_with_its_place(text: bytes, reason: str) -> None:
    with pytest.raises(PatientError, match=reason) as told:
        json_of(text, "p.yaml")
    assert str(told.value).startswith("p.yaml: ")


def test_messages_do_not_quote_the_patient() -> None:
    for text in (
        b"id: *secret",
        b"id: !secret x",
        b"id: 'secret",
        b"secret: 1\nsecret: 2",
        b"id: secret: secret",
    ):
        with pytest.raises(PatientError) as told:
            json_of(text, "")
        assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("data", "where", "yaml"),
    [
        (FORM, "", True),
        (b"- accrual_patient: 1", "", True),
        (b"age: 3", "p.yml", True),
        (b"age: 3", "box.zip, inner/P.YAML", True),
        (b"age: 3", "p.yaml.gz", True),
        (b"age: 3", "p.txt", False),
        (b'{\n"accrual_patient": 1}', "p.json", False),
        (b"She asked about accrual_patient: nothing more.", "", False),
    ],
)
def test_yaml_is_known_by_its_name_or_by_the_mark_of_the_form(data: bytes, where: str, yaml: bool) -> None:
    assert is_yaml(data, where) is yaml


def test_several_documents_are_several_patients(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "id: a\nage: 23\n---\nid: b\nage: 24\nconditions: {}\n---\n- {id: c, age: 25}\n- {id: d, age: 26}\n"
    )
    told: list[str] = []
    assert [one.id for one in read_patients(path, lambda error: told.append(str(error)))] == ["a", "c", "d"]
    assert len(told) == 1
    assert "two.yaml, document 2, conditions" in told[0]
    assert find_patient(path, "d").age_years == 26


def test_a_phenopacket_may_be_yaml() -> None:
    text = (
        b"id: p1\nsubject:\n  id: p1\n  sex: MALE\nmetaData:\n  phenopacketSchemaVersion: '2.0'\n"
        b"phenotypicFeatures:\n- type: {id: HP:0001250, label: Seizure}\n"
    )
    assert read_patient(text, "p.yaml").sex == "male"


def test_a_mistake_in_yaml_is_named_by_its_key() -> None:
    with pytest.raises(PatientError, match=r"p\.yaml, agee: no such key: did you mean age\?"):
        read_patient(b"agee: 3\nsex: male", "p.yaml")
