"""What the registry's API cannot do: facet counts of any query, reasons, nearest recruiting sites, strict words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from accrual.basic import GeoPoint
from accrual.search.sites import is_recruiting

BOSTON = GeoPoint(42.35843, -71.05977)
QUERIES = (
    "query.cond=cancer",
    "query.term=diabetes OR asthma",
    "filter.advanced=AREA[Phase]PHASE2 AND NOT AREA[Sex]MALE",
    "query.cond=cancer&aggFilters=phase:2 3,sex:f",
    "",
)


def total(client: TestClient, query: str) -> int:
    found: int = client.get(f"/api/v2/studies?countTotal=true&pageSize=1&{query}").json()["totalCount"]
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_facets_count_what_a_search_with_that_value_finds(client: TestClient, query: str) -> None:
    found = client.get(f"/api/x/facets?{query}").json()
    assert found["total"] == total(client, query)
    areas = {"status": "OverallStatus", "study_type": "StudyType", "age_group": "StdAge"}
    for facet, area in areas.items():
        assert [one["count"] for one in found["facets"][facet]] == sorted(
            (one["count"] for one in found["facets"][facet]), reverse=True
        )
        for one in found["facets"][facet]:
            asked = f"{query}&postFilter.advanced=AREA[{area}]COVERAGE[FullMatch]{one['value']}"
            assert total(client, asked) == one["count"], (facet, one)


def test_a_facet_is_counted_without_its_own_filter(client: TestClient) -> None:
    free = client.get("/api/x/facets?query.cond=cancer").json()["facets"]
    chosen = client.get("/api/x/facets?query.cond=cancer&filter.overallStatus=COMPLETED").json()["facets"]
    boxed = client.get("/api/x/facets?query.cond=cancer&aggFilters=status:com").json()["facets"]
    assert chosen["status"] == boxed["status"] == free["status"]
    assert chosen["phase"] == boxed["phase"] != free["phase"]


def test_studies_say_why_they_were_found(client: TestClient) -> None:
    found = client.get(
        "/api/x/studies?query.cond=cancer&filter.advanced=AREA[Sex]ALL&explain=true&top=10"
    ).json()
    assert found["total"] > 10
    assert len(found["studies"]) == 10
    for study in found["studies"]:
        places = {reason["in"] for reason in study["reasons"]}
        assert places == {"query.cond", "advanced filter"}
        assert all(reason["how"] for reason in study["reasons"])
    assert "reasons" not in client.get("/api/x/studies?query.cond=cancer").json()["studies"][0]


def test_pages_follow_one_another(client: TestClient) -> None:
    whole = client.get("/api/x/studies?query.cond=cancer&top=20").json()["studies"]
    first = client.get("/api/x/studies?query.cond=cancer&top=12").json()
    token = first["nextPageToken"]
    second = client.get(f"/api/x/studies?query.cond=cancer&top=8&pageToken={token}").json()
    assert first["studies"] + second["studies"] == whole
    refused = client.get(f"/api/x/studies?query.cond=cancer&strict=true&pageToken={token}")
    assert refused.status_code == 400


def test_strict_words_stand_together(client: TestClient) -> None:
    loose = client.get("/api/x/studies?query.term=heart disease&top=100").json()
    strict = client.get("/api/x/studies?query.term=heart disease&top=100&strict=true").json()
    together = client.get('/api/x/studies?query.term=EXPANSION[Concept]"heart disease"&top=100').json()
    numbers = [{study["nct_id"] for study in found["studies"]} for found in (loose, strict, together)]
    assert numbers[1] < numbers[0]
    assert numbers[1] == numbers[2]


def nearest(client: TestClient, query: str) -> list[tuple[float, str]]:
    """The nearest recruiting site of every study found, by measuring all of them."""
    found = []
    page = client.get(f"/api/v2/studies?pageSize=1000&{query}").json()
    for study in page["studies"]:
        protocol = study["protocolSection"]
        sites = protocol.get("contactsLocationsModule", {}).get("locations", [])
        told = any(site.get("status") for site in sites)
        status = protocol["statusModule"].get("overallStatus", "")
        km = [
            round(BOSTON.distance_km(GeoPoint(site["geoPoint"]["lat"], site["geoPoint"]["lon"])), 1)
            for site in sites
            if "geoPoint" in site and is_recruiting(status, site.get("status", ""), told)
        ]
        if km:
            found.append((min(km), protocol["identificationModule"]["nctId"]))
    return sorted(found)


@pytest.mark.parametrize("query", ["", "query.cond=cancer", "filter.advanced=AREA[Phase]PHASE2"])
def test_the_nearest_recruiting_sites_are_those_that_measuring_all_finds(
    client: TestClient, query: str
) -> None:
    every = nearest(client, query)
    assert len(every) > 5
    for top in (1, 5, 100):
        asked = f"/api/x/sites?{query}&near={BOSTON.lat},{BOSTON.lon}&top={top}"
        sites = client.get(asked).json()["sites"]
        assert [(site["distance_km"], site["nct_id"]) for site in sites] == every[:top]
    inside = client.get(f"/api/x/sites?{query}&near={BOSTON.lat},{BOSTON.lon}&within=500km&top=100").json()[
        "sites"
    ]
    assert [site["nct_id"] for site in inside] == [number for km, number in every if km <= 500][:100]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("sites?query.cond=cancer", 400, "near says"),
        ("sites?near=Qqzzxx", 404, "Qqzzxx"),
        ("sites?near=Boston&within=far", 400, "far"),
        ("studies?top=1000", 400, "from 1 to 100"),
        ("studies?top=0", 400, "from 1 to 100"),
        ("facets?query.cond=(x", 400, "Error parsing query in Conditions or disease"),
        ("facets?colour=red", 400, "`colour` is unknown parameter"),
        ("facets?explain=true", 400, "`explain` is unknown parameter"),
        ("studies?" + "x" * 40_000, 414, "longer than 32000 bytes"),
    ],
)
def test_what_makes_no_sense_is_refused(client: TestClient, address: str, status: int, words: str) -> None:
    answer = client.get(f"/api/x/{address}")
    assert answer.status_code == status
    assert words in answer.json()["error"]


def bundle(*people: dict[str, Any]) -> bytes:
    """Patients in one FHIR bundle."""
    entries = [{"resource": {"resourceType": "Patient", **person}} for person in people]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def test_one_of_several_patients_is_chosen_by_id(demo_client: TestClient) -> None:
    body = bundle(
        {"id": "a", "gender": "female", "birthDate": "1990-01-01"},
        {"id": "b", "gender": "male", "birthDate": "1890-01-01"},
    )
    screened = {
        person: demo_client.post(f"/api/x/screen/NCT04785833?person={person}", content=body).json()
        for person in ("a", "b")
    }
    assert screened["b"]["verdict"] == "ineligible"
    assert screened["a"]["verdict"] != "ineligible"
    assert demo_client.post("/api/x/match?person=a", content=body).status_code == 200
    for person in ("", "c"):
        refused = demo_client.post(f"/api/x/match?person={person}", content=body)
        assert refused.status_code == 400
        assert refused.json()["error"]


def test_a_misspelled_parameter_is_not_taken_for_none(demo_client: TestClient) -> None:
    body = bundle({"id": "a", "gender": "female"})
    refused = demo_client.post("/api/x/match?asume=notes", content=body)
    assert refused.status_code == 400
    assert "'asume' is not a parameter" in refused.json()["error"]
