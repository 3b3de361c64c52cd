"""The registry's recorded refusals, one by one: status and text as it sent them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

SHORTENED = {
    # Recorded as parts of requests; put into one here.
    "...COVERAGE[FullMatc]...": "/studies?filter.advanced=AREA[Condition]COVERAGE[FullMatc]asthma",
    "...COV[FullMatch]...": "/studies?filter.advanced=AREA[Condition]COV[FullMatch]asthma",
}


@pytest.fixture(scope="module")
def recorded(shared_reference: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (shared_reference / "ctgov-api-v2/error_bodies.json").read_bytes()
    )["errors"]
    return found


def test_every_recorded_refusal_comes_byte_for_byte(
    client: TestClient, recorded: list[dict[str, Any]]
) -> None:
    assert len(recorded) >= 15
    for one in recorded:
        address = SHORTENED.get(one["request"], one["request"])
        answer = client.get(f"/api/v2{address}")
        assert answer.status_code == one["status"], address
        if "body" in one:
            assert answer.text == one["body"], address
        if "body_contains" in one:
            assert one["body_contains"] in answer.text, address
        if "body_prefix" in one:
            # Recorded up to three dots: what stands behind them is not known.
            assert answer.text.startswith(one["body_prefix"].removesuffix("...}")), address
        if one["status"] != 200:
            assert answer.headers["content-type"] == "text/plain; charset=UTF-8"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("query.lead=(x", "Error parsing query in LeadSponsorName: "),
        ("query.cond=AREA[Condition:size", "Error parsing query in Conditions or disease: "),
        ("postFilter.advanced=AREA[X]y", "Error parsing query in advanced filter: Unknown area name: 'X'"),
        ("sort=Bogus", "Unknown piece name of field path: Bogus"),
        ("sort=Phase", "Unsupported sort field type: "),
        ("sort=ProtocolSection", "Unsupported sort field type: "),
        ("fields=NCTId|Bogus", "Unknown piece name of field path: Bogus"),
        ("filter.geo=distance(91,0,5mi)", "Parameter `filter.geo` has incorrect format"),
        ("filter.geo=distance(0,181,5)", "Parameter `filter.geo` has incorrect format"),
        ("geoDecay=func:exp,scale:0mi,offset:0mi,decay:0.5", "Parameter `geoDecay` has incorrect format"),
        ("geoDecay=func:exp,scale:5mi,offset:0mi,decay:1.5", "Parameter `geoDecay` has incorrect format"),
        ("filter.synonyms=ConditionSearch:1651367", "Unknown synonym in parameter `filter.synonyms`"),
        ("pageToken=abc", "Parameter `pageToken` does not belong to this query"),
        ("aggFilters=colour:red", ""),
        ("format=csv&fields=@query", "Parameter 'fields' contains invalid CSV column name: '@query'"),
    ],
)
def test_what_makes_no_sense_is_refused(client: TestClient, query: str, text: str) -> None:
    answer = client.get(f"/api/v2/studies?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=UTF-8")
    assert answer.text.startswith(text)
    assert len(answer.text) > 10
