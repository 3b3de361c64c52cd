"""What is refused is said in the visitor's language: each way to be refused on a page, in Spanish and in no English."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from starlette.testclient import TestClient

from accrual.message import error_words
from accrual.patient.reader import read_patient
from accrual.web.speech import spoken

from .pseudo import CODE, untranslated

OURS = {"origin": "http://testserver"}
SEED = "NCT04785833"


def own(**fields: object) -> bytes:
    """A patient in accrual's own form."""
    return json.dumps({"accrual_patient": 1, **fields}).encode()


def bundle(*resources: object, kind: str = "collection") -> bytes:
    """A FHIR bundle."""
    held = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": held}).encode()


def packed(count: int) -> bytes:
    """A zip file of so many empty files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.json", "{}")
    return data.getvalue()


PEOPLE = ({"resourceType": "Patient", "id": "p1"}, {"resourceType": "Patient", "id": "p2"})
FILES: dict[str, bytes] = {
    "empty": b" ",
    "no JSON": b'{"accrual_patient": 1,',
    "a list": b"[1, 2]",
    "one resource": b'{"resourceType": "Observation"}',
    "no resource": b'{"resourceType": 3}',
    "no kind": b'{"resourceType": "x-1"}',
    "no key": b"{}",
    "family": b'{"proband": 1}',
    "cohort": b'{"members": 1, "metaData": 1}',
    "study": b'{"protocolSection": 1}',
    "OMOP": b'{"person_id": 1}',
    "MatchMiner": b'{"treatment_list": 1}',
    "bad text": b'{"accrual_patient": 1, "id": "\xff"}',
    "PDF": b"%PDF-1.7 x",
    "gzip": b"\x1f\x8b\x08\x00",
    "UTF-16": "{}".encode("utf-16"),
    "XML": b"<xml/>",
    "SQLite": b"SQLite format 3\0",
    "unknown": b'{"hello": 1}',
    "nothing in the note": b"The weather is nice and the shop is open until eight, so we went there.",
    "version": b'{"accrual_patient": 7}',
    "sex": own(sex="M"),
    "two ages": own(age=3, birth_date="2020"),
    "age_date": own(age_date="2020"),
    "age": own(age=300),
    "lat alone": own(lat=3),
    "lat": own(lat=300, lon=3),
    "end": own(conditions=[{"name": "asthma", "date": "2020", "end": "2010"}]),
    "code": own(conditions=[{"name": "asthma", "code": "x"}]),
    "qualifier": own(conditions=[{"name": "asthma", "qualifiers": ["actve"]}]),
    "own key": own(measurements=[{"name": "age", "value": 3}]),
    "state": own(states={"smokr": "yes"}),
    "own state": own(states={"sex": "female"}),
    "state value": own(states={"smoker": "maybe so"}),
    "date": own(birth_date="2020-13-40"),
    "key": own(conditons=[]),
    "no near key": own(qqqqqqqq=[]),
    "type": own(conditions=3),
    "bundle type": bundle(kind="history"),
    "two people": bundle(*PEOPLE),
    "nobody": bundle(),
    "bundle shape": b'{"resourceType": "Bundle", "type": "collection", "entry": 3}',
    "phenopacket 1": b'{"subject": {"id": "a"}, "metaData": {"phenopacketSchemaVersion": "1.0"}}',
    "phenopacket shape": b'{"subject": 3, "metaData": {"phenopacketSchemaVersion": "2.0"}}',
    "YAML alias": b"accrual_patient: 1\nage: *x",
    "YAML tag": b"accrual_patient: !x 1",
    "YAML merge": b"accrual_patient: 1\n<<: 3",
    "YAML twice": b"accrual_patient: 1\nage: 3\nage: 4",
    "YAML": b"accrual_patient: 1\nage: [",
}
SEARCHES = {
    "distance": {"near": "London", "within": "far"},
    "order": {"sort": "beauty"},
    "by distance": {"sort": "distance"},
    "place": {"near": "Xyzzyland"},
    "close place": {"near": "Lundon"},
    "no globe": {"near": "100, 200"},
    "postcode": {"near": "00001"},
    "value": {"status": "open-ish"},
    "country": {"country": "Germny"},
    "no country": {"country": "Qqqq"},
    "age": {"age": "old"},
    "switch": {"recruiting_sites": "maybe"},
}
TYPED = (
    "London",
    "far",
    "beauty",
    "Xyzzyland",
    "Lundon",
    "100, 200",
    "00001",
    "open-ish",
    "Germny",
    "Qqqq",
    "old",
    "maybe",
)


@pytest.mark.parametrize("name", FILES)
def test_a_refused_file_is_refused_in_spanish(name: str) -> None:
    with pytest.raises(Exception) as refused:  # noqa: PT011
        read_patient(FILES[name])
    said = error_words(refused.value)
    assert spoken(said, "es") != said


@pytest.mark.parametrize("name", FILES)
def test_no_word_of_ours_about_a_file_stays_english(client: TestClient, pseudo: str, name: str) -> None:
    client.cookies.set("lang", CODE)
    page = client.post(f"/trials/{SEED}/screen", files={"file": ("x", FILES[name])}, headers=OURS)
    assert page.status_code == 400
    assert untranslated(page.text) == []


@pytest.mark.parametrize("name", SEARCHES)
def test_no_word_of_ours_about_a_search_stays_english(client: TestClient, pseudo: str, name: str) -> None:
    client.cookies.set("lang", CODE)
    page = client.get("/search", params={"text": "leukemia", **SEARCHES[name]})
    assert page.status_code == 400
    assert untranslated(page.text, "leukemia", *TYPED) == []


@pytest.mark.parametrize(
    "data", [packed(1_001), b"PK\x03\x04 broken", b"id,sex\np1,f\np1,m\n", b"id,sex\n1,2,3\n"]
)
def test_no_word_of_ours_about_many_patients_stays_english(
    client: TestClient, pseudo: str, data: bytes
) -> None:
    client.cookies.set("lang", CODE)
    page = client.post(
        "/coordinators/patients", data={"trial": SEED}, files={"file": ("x", data)}, headers=OURS
    )
    assert untranslated(page.text, "p1") == []


@pytest.mark.parametrize(
    "address", ["/trials/NCT01010101", "/trials/nonsense", "/trials/NCT01010101/history"]
)
def test_an_unknown_trial_is_told_in_the_language_and_without_the_servers_folder(
    client: TestClient, pseudo: str, address: str
) -> None:
    page = client.get(address, params={"lang": "en"})
    assert page.status_code in (400, 404)
    assert "/tmp" not in page.text
    client.cookies.set("lang", CODE)
    assert untranslated(client.get(address).text, "nonsense") == []
