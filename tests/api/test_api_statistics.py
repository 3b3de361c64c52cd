"""Statistics: they count what a search finds, and refuse as the registry does."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

STATS = "/api/v2/stats"


def test_values_are_those_that_a_search_finds(client: TestClient) -> None:
    (phases,) = client.get(f"{STATS}/field/values?fields=Phase").json()
    assert (phases["type"], phases["piece"]) == ("ENUM", "Phase")
    for one in phases["topValues"]:
        asked = f"/api/v2/studies?countTotal=true&pageSize=1&filter.advanced=AREA[Phase]{one['value']}"
        assert client.get(asked).json()["totalCount"] == one["studiesCount"], one
    missing = "/api/v2/studies?countTotal=true&pageSize=1&filter.advanced=AREA[Phase]MISSING"
    assert client.get(missing).json()["totalCount"] == phases["missingStudiesCount"]


def test_sizes_are_those_that_a_search_finds(client: TestClient) -> None:
    (phases,) = client.get(f"{STATS}/field/sizes?fields=Phase").json()
    for one in phases["topSizes"]:
        asked = f"/api/v2/studies?countTotal=true&pageSize=1&filter.advanced=AREA[Phase:size]{one['size']}"
        assert client.get(asked).json()["totalCount"] >= one["studiesCount"], one


def test_the_sizes_of_studies_are_counted(client: TestClient) -> None:
    found = client.get(f"{STATS}/size").json()
    assert found["totalStudies"] == client.get("/api/v2/studies?countTotal=true").json()["totalCount"]
    largest = found["largestStudies"][0]
    assert len(client.get(f"/api/v2/studies/{largest['id']}").content) == pytest.approx(
        largest["sizeBytes"], rel=0.01
    )


@pytest.mark.parametrize(
    ("address", "status", "body"),
    [
        ("field/values?fields=Phase&query.cond=cancer", 400, "Invalid prefix in parameter name: query.cond"),
        ("field/values?fields=Bogus", 404, "Unknown piece name of field path: Bogus"),
        ("field/sizes?fields=Bogus", 404, "Unknown piece name of field path: Bogus"),
        ("field/values?fields=", 400, "Parameter `fields` has incorrect format"),
        ("field/values?types=WORD", 400, "Invalid value in parameter types: WORD"),
        ("field/sizes?types=ENUM", 400, "`types` is unknown parameter"),
        ("size?x=1", 400, "`x` is unknown parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(client: TestClient, address: str, status: int, body: str) -> None:
    answer = client.get(f"{STATS}/{address}")
    assert (answer.status_code, answer.text) == (status, body)
