"""What strangers send: no query string, body or path makes the server fail, and many may send at once."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from accrual.demo import DEMO_TODAY
from accrual.finder import Finder
from accrual.web.app import create_app

SEED = "NCT04785833"
REFUSED = (200, 400, 404)
LONG = "a" * 10_000

VALUES = (
    LONG,
    "%22" * 500,
    "%00",
    "a%00b",
    "%FF%FE",
    "%ED%A0%80",  # half a surrogate pair, as UTF-8 never has it
    "-1",
    "9" * 5_000,  # more digits than Python turns into a number
    "1e999",
    "NaN",
    "%F0%9F%92%8A",
    "AND+OR+NOT+((%22",
    "*%3A*",
    "%5B%5D%7B%7D%5E~%5C",
    "%3Cscript%3E",
    "..%2F..%2Fetc%2Fpasswd",
    "%D9%A1%D9%A2",  # digits, but not ASCII ones
)
NAMES = (
    "text",
    "condition",
    "intervention",
    "near",
    "within",
    "recruiting_sites",
    "sort",
    "status",
    "phase",
    "country",
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:12])
def test_no_query_string_is_a_fault(client: TestClient, value: str) -> None:
    for name in (*NAMES, "page", value[:200]):
        answer = client.get(f"/search?{name}={value}")
        assert answer.status_code in REFUSED, (name, answer.status_code)
    for name in (*NAMES, "top", "offset"):
        answer = client.get(f"/api/x/find?{name}={value}")
        assert answer.status_code in REFUSED, (name, answer.status_code)
        assert answer.status_code == 200 or answer.json()["error"]
    for address in (
        f"/trials/{value}",
        f"/api/v2/studies/{value}",
        f"/api/x/studies/{value}/criteria",
        f"/{value}",
    ):
        assert client.get(address).status_code in REFUSED, address


@pytest.mark.parametrize(
    "address", ["/search?near=Paris&within=99999999999km", f"/api/x/find?near=Paris&within={'9' * 400}km"]
)
def test_a_circle_larger_than_the_world_is_no_fault(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ("offset=-1", 400),
        ("offset=10000000", 200),
        ("offset=10000001", 400),
        ("top=0", 400),
        ("top=1001", 400),
        ("top=20&top=abc", 400),
        ("recruiting_sites=maybe&near=Paris", 400),
    ],
)
def test_numbers_out_of_range_are_refused(client: TestClient, parameters: str, status: int) -> None:
    assert client.get(f"/api/x/find?{parameters}").status_code == status


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60))
def test_no_bytes_in_a_query_are_a_fault(client: TestClient, raw: bytes) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in raw)
    assert client.get(f"/search?text={quoted}").status_code in REFUSED
    assert client.get(f"/api/x/find?text={quoted}&near={quoted}").status_code in REFUSED


BODIES = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"text"',
    b'{"accrual_patient": 1, "conditions": 5}',
    b'{"accrual_patient": 1e400}',
    b'{"resourceType": "Bundle", "entry": [null, 1, {"resource": {"resourceType": "Patient", "birthDate": 7}}]}',
    b'{"resourceType": "Bundle", "entry": {}}',
    b'{"a":' * 50_000,
    b"[" * 1_000_000,
)


@pytest.mark.parametrize("number", range(len(BODIES)))
@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_no_body_is_a_fault(client: TestClient, number: int, kind: str) -> None:
    for address in (f"/api/x/screen/{SEED}", "/api/x/match", "/match", f"/trials/{SEED}/screen"):
        answer = client.post(address, content=BODIES[number], headers={"content-type": kind})
        assert answer.status_code in REFUSED, (address, answer.text[:300])
        if address.startswith("/api/"):
            assert answer.status_code == 200 or answer.json()["error"]


def test_many_visitors_are_served_while_another_process_loads(tmp_path: Path, patient: bytes) -> None:
    home, fresh = tmp_path / "home", tmp_path / "fresh.jsonl"
    Finder.demo(home).close()
    module = {"eligibilityCriteria": "Inclusion Criteria:\n\n* Age 18 or older\n* ECOG 0-1"}
    with fresh.open("w") as file:
        for number in range(800):
            identity = {"nctId": f"NCT91{number:06d}", "briefTitle": f"Leukemia study {number}"}
            study = {"identificationModule": identity, "eligibilityModule": module}
            file.write(json.dumps({"protocolSection": study}) + "\n")
    arguments = [sys.executable, "-m", "accrual", "--home", str(home), "load", str(fresh), "--json"]
    with Finder(home) as finder:
        visitor = TestClient(create_app(finder, today=lambda: DEMO_TODAY), raise_server_exceptions=False)
        before = visitor.get("/api/x/find?text=leukemia").json()["total"]
        asks = (
            lambda: visitor.get("/search?text=leukemia&near=Boston"),
            lambda: visitor.get("/api/x/find?text=leukemia"),
            lambda: visitor.get(f"/trials/{SEED}"),
            lambda: visitor.get("/"),
            lambda: visitor.post(f"/api/x/screen/{SEED}", content=patient),
            lambda: visitor.post("/api/x/match?top=3", content=patient),
        )
        loading = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with ThreadPoolExecutor(50) as crowd:
            rounds = 0
            while loading.poll() is None or rounds < 2:
                answers = list(crowd.map(lambda number: asks[number % len(asks)]().status_code, range(50)))
                assert answers == [200] * 50
                rounds += 1
        out, err = loading.communicate()
        assert loading.returncode == 0, err
        assert json.loads(out)["added"] == 800
    with Finder(home) as finder:
        after = TestClient(create_app(finder)).get("/api/x/find?text=leukemia").json()["total"]
    assert after == before + 800
