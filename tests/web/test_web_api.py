"""The JSON API: the same answers as the command line's --json, and clear errors."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
from starlette.testclient import TestClient

from accrual.cli.app import app
from accrual.search.query import FACETS

SEED = "NCT04785833"


def test_find_takes_the_command_lines_words(client: TestClient) -> None:
    answer = client.get("/api/x/find?text=CD7&near=Suzhou&top=5")
    assert answer.headers["content-type"] == "application/json"
    assert SEED in [hit["nct_id"] for hit in answer.json()["results"]]
    assert (
        client.get("/api/x/find?status=recruiting").json()["total"]
        < client.get("/api/x/find").json()["total"]
    )


def test_criteria_and_record(client: TestClient) -> None:
    assert len(client.get(f"/api/x/studies/{SEED}/criteria").json()["criteria"]) == 15
    record = client.get(f"/api/v2/studies/{SEED.lower()}").json()
    assert record["protocolSection"]["identificationModule"]["nctId"] == SEED


def test_screen_and_match_take_an_assumption(client: TestClient, patient: bytes) -> None:
    screened = client.post(f"/api/x/screen/{SEED}?assume=notes", content=patient)
    assert screened.json()["assumption"] == "notes"
    assert client.post("/api/x/match?assume=notes", content=patient).status_code == 200
    refused = client.post(f"/api/x/screen/{SEED}?assume=closed", content=patient)
    assert refused.status_code == 400
    assert "open or notes" in refused.json()["error"]


def test_screen_and_match_take_the_patient_as_the_body(client: TestClient, patient: bytes) -> None:
    screened = client.post(f"/api/x/screen/{SEED}", content=patient)
    assert screened.json()["verdict"] == "undetermined"
    assert screened.headers["cache-control"] == "no-store"
    matched = client.post("/api/x/match?top=3", content=patient).json()
    assert 0 < len(matched) <= 3


def test_the_data_version_is_told(client: TestClient) -> None:
    assert client.get("/api/v2/version").json().keys() == {"apiVersion", "dataTimestamp"}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/x/find?colour=blue", 400),
        ("GET", "/api/x/find?top=none", 400),
        ("GET", "/api/x/find?top=100000", 400),
        ("GET", "/api/x/find?near=Qqzzxx", 404),
        ("GET", "/api/x/studies/hello/criteria", 400),
        ("POST", f"/api/x/screen/{SEED}", 400),
        ("POST", "/api/x/match", 400),
        ("GET", "/api/x/match", 405),
        ("GET", "/api/nothing", 404),
    ],
)
def test_errors_are_json_with_a_message(client: TestClient, method: str, address: str, status: int) -> None:
    answer = client.request(method, address)
    assert answer.status_code == status
    assert len(answer.json()["error"]) > 5


def test_one_name_for_one_thing_in_pages_api_and_command_line(client: TestClient) -> None:
    asked = "text=CD7&condition=leukemia&near=Suzhou&recruiting_sites=true&sort=distance"
    found = [hit["nct_id"] for hit in client.get(f"/api/x/find?{asked}").json()["results"]]
    shown = client.get(f"/search?{asked}").text
    assert found
    assert re.findall(r'<h2><a href="/trials/(NCT\d+)"', shown) == found
    for name in ("text", "condition", "intervention", "near", "within", "sort", "recruiting_sites"):
        assert f'name="{name}"' in shown
    options = {option for parameter in _find_command().params for option in parameter.opts}
    routes = (
        "condition",
        "intervention",
        "near",
        "within",
        "sort",
        "recruiting_sites",
        "top",
        "offset",
        *FACETS,
    )
    assert {f"--{name.replace('_', '-')}" for name in routes} <= options


def _find_command() -> Any:
    return typer.main.get_command(app).commands["find"]  # type: ignore[attr-defined]
