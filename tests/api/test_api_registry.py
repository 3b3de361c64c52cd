"""The registry's API on this machine: single studies, versions, tags, and refusals as the registry sends them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from accrual.demo import demo_records
from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.web.app import create_app

SEED = "NCT04785833"
TEXT = "text/plain; charset=UTF-8"


def test_a_study_is_its_record(demo_client: TestClient) -> None:
    answer = demo_client.get(f"/api/v2/studies/{SEED}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["protocolSection"]["identificationModule"]["nctId"] == SEED


@pytest.mark.parametrize("number", ["nct04785833", "NCT4785833", "Nct000004785833"])
def test_a_number_is_taken_in_every_spelling_of_the_registry(demo_client: TestClient, number: str) -> None:
    assert (
        demo_client.get(f"/api/v2/studies/{number}").content
        == demo_client.get(f"/api/v2/studies/{SEED}").content
    )


def test_fields_are_taken_out_of_a_record(demo_client: TestClient) -> None:
    answer = demo_client.get(
        f"/api/v2/studies/{SEED}?fields=NCTId|protocolSection.statusModule.overallStatus"
    )
    assert answer.json() == {
        "protocolSection": {
            "identificationModule": {"nctId": SEED},
            "statusModule": {"overallStatus": "UNKNOWN"},
        }
    }


@pytest.mark.parametrize(
    ("address", "status", "body"),
    [
        ("studies/ABC123", 400, "Parameter `nctId` has incorrect format"),
        ("studies/NCT0", 400, "Parameter `nctId` has incorrect format"),
        ("studies/NCT123456789", 400, "Parameter `nctId` has incorrect format"),
        ("studies/NCT٠٠٠٠٠٠٠١", 400, "Parameter `nctId` has incorrect format"),
        ("studies/NCT99999999", 404, "NCT number NCT99999999 not found"),
        ("studies/nct99999999", 404, "NCT number NCT99999999 not found"),
        (f"studies/{SEED}?fields=Bogus", 400, "Unknown piece name of field path: Bogus"),
        (f"studies/{SEED}?fields=nctid", 400, "Unknown piece name of field path: nctid"),
        (f"studies/{SEED}?format=xml", 400, "Invalid value in parameter format: xml"),
        (f"studies/{SEED}?query.cond=x", 400, "Invalid prefix in parameter name: query.cond"),
        ("version?x=1", 400, "`x` is unknown parameter"),
        ("version?" + "x" * 40_000, 414, "The query string is longer than 32000 bytes: ask for less at once"),
        ("nothing", 404, "Not Found"),
    ],
)
def test_refusals_are_plain_text(demo_client: TestClient, address: str, status: int, body: str) -> None:
    answer = demo_client.get(f"/api/v2/{address}")
    assert (answer.status_code, answer.text) == (status, body)
    assert answer.headers["content-type"] == TEXT
    assert answer.headers["access-control-allow-origin"] == "*"


def test_other_methods_are_refused_by_name(demo_client: TestClient) -> None:
    answer = demo_client.post("/api/v2/version")
    assert (answer.status_code, answer.headers["content-type"]) == (405, TEXT)
    assert "GET" in answer.headers["allow"]


def test_the_version_has_the_registrys_shape(client: TestClient, shared_reference: Path) -> None:
    recorded = json.loads((shared_reference / "ctgov-api-v2/version.json").read_bytes())
    found = client.get("/api/v2/version").json()
    assert list(found) == list(recorded)
    assert found["apiVersion"] == recorded["apiVersion"]
    assert len(found["dataTimestamp"]) == len(recorded["dataTimestamp"])


@pytest.mark.parametrize(
    ("date", "told"), [("2015-03", "2015-03-01T00:00:00"), ("2015", "2015-01-01T00:00:00"), ("", None)]
)
def test_a_date_without_a_day_is_its_first_one(tmp_path: Path, date: str, told: str | None) -> None:
    status = {"lastUpdatePostDateStruct": {"date": date}} if date else {}
    record = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}, "statusModule": status}}
    with RecordStore(tmp_path) as store:
        load_records(store, [read_record(json.dumps(record).encode(), "here")])
    with Finder(tmp_path) as finder:
        served = TestClient(create_app(finder))
        assert served.get("/api/v2/version").json().get("dataTimestamp") == told
        assert served.get("/api/v2/studies/download").status_code == 200


def test_who_has_it_already_is_told_so(demo_client: TestClient) -> None:
    for address in (f"studies/{SEED}", "version", f"studies/{SEED}?fields=NCTId"):
        first = demo_client.get(f"/api/v2/{address}")
        again = demo_client.get(f"/api/v2/{address}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_a_load_gives_another_tag(tmp_path: Path) -> None:
    records = [read_record(body, "the demo registry") for body in demo_records()]
    with RecordStore(tmp_path) as store:
        load_records(store, records[:1])
    with Finder(tmp_path) as finder:
        served = TestClient(create_app(finder))
        first = served.get("/api/v2/version").headers["etag"]
        with RecordStore(tmp_path) as store:
            load_records(store, records[1:])
        assert served.get("/api/v2/version", headers={"if-none-match": first}).status_code == 200
        number = json.loads(records[2].body)["protocolSection"]["identificationModule"]["nctId"]
        assert served.get(f"/api/v2/studies/{number}").status_code == 200


def test_a_body_comes_compressed_to_who_takes_it(demo_client: TestClient) -> None:
    address = f"/api/v2/studies/{SEED}"
    with demo_client.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    plain = demo_client.get(address, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 2


def test_the_headers_can_be_had_alone(demo_client: TestClient) -> None:
    address = f"/api/v2/studies/{SEED}"
    head, whole = demo_client.head(address), demo_client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "access-control-allow-origin"):
        assert head.headers[name] == whole.headers[name]


def test_a_browser_may_ask_first(demo_client: TestClient) -> None:
    answer = demo_client.options(f"/api/v2/studies/{SEED}", headers={"origin": "https://example.org"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"


def test_versions_are_listed_from_the_oldest(client: TestClient, shared_data: Path) -> None:
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz") as lines:
        held = [json.loads(line) for line in lines]
    number, count = Counter(one["nct_id"] for one in held).most_common(1)[0]
    found = client.get(f"/api/int/studies/{number}?history=true").json()
    assert list(found) == ["study", "history"]
    changes = found["history"]["changes"]
    assert len(changes) >= count
    assert [one["version"] for one in changes] == list(range(len(changes)))
    assert [one["date"] for one in changes] == sorted(one["date"] for one in changes)
    assert changes[0]["moduleLabels"] == []
    assert any("Study Status" in one["moduleLabels"] for one in changes[1:])
    newest = client.get(f"/api/int/studies/{number}/history/{len(changes) - 1}").json()
    assert newest == {"studyVersion": len(changes) - 1, "study": found["study"]}
    assert found["study"] == client.get(f"/api/v2/studies/{number}").json()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"studies/{SEED}/history/0", 200),
        (f"studies/{SEED}/history/7", 404),
        (f"studies/{SEED}/history/x", 400),
        (f"studies/{SEED}/history/-1", 400),
        (f"studies/{SEED}/history/" + "9" * 5000, 400),
        ("studies/NCT99999999?history=true", 404),
        ("studies/ABC?history=true", 400),
    ],
)
def test_versions_that_are_not_held_are_refused(demo_client: TestClient, address: str, status: int) -> None:
    assert demo_client.get(f"/api/int/{address}").status_code == status


def test_history_is_left_out_unless_asked_for(demo_client: TestClient) -> None:
    found: dict[str, Any] = demo_client.get(f"/api/int/studies/{SEED}").json()
    assert list(found) == ["study"]
