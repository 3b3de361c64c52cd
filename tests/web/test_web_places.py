"""Trials by location: counts at every level, addresses that last, what is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accrual.basic import NctId
from accrual.finder import Finder
from accrual.locations import LocalTrial, Locations, locations_of, slug
from accrual.search.index import read_body
from accrual.search.query import Query
from accrual.store.records import Change
from accrual.web.local_trials import Narrowed, local_trials

from .conftest import ATTACK

SIMPLE = re.compile(r'href="(/places/[^"?]+)"')


def test_counts_are_those_of_the_search(client: TestClient, web_home: Path) -> None:
    with Finder(web_home) as finder:
        _, countries = finder.locations.inside("", "count", 500, 0)
        assert countries
        for one in countries:
            assert one.trials == finder.find(Query(filters={"country": (one.name,)})).total
            assert 0 <= one.open <= one.trials
            assert len(finder.locations.trials(one.path, 1000, 0)) == one.trials


def test_a_study_that_changes_leaves_its_old_places(tmp_path: Path) -> None:
    locations = Locations(tmp_path, True)
    locations.apply([_change("Oslo", "RECRUITING")])
    locations.apply([_change("Oslo", "RECRUITING")])
    assert [one.trials for one in locations.inside("norway", "name", 9, 0)[1]] == [1]
    locations.apply([_change("Bergen", "COMPLETED")])
    total, places = locations.inside("norway", "name", 9, 0)
    assert (total, [(one.path, one.trials, one.open) for one in places]) == (1, [("norway/-/bergen", 1, 0)])
    assert locations.place("norway/-/oslo") is None
    assert locations.trials("norway", 9, 0) == [LocalTrial("NCT00000001", "A trial", "COMPLETED", False)]
    locations.close()


def _change(city: str, status: str) -> Change:
    body = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A trial"},
            "statusModule": {"overallStatus": status},
            "contactsLocationsModule": {"locations": [{"city": city, "country": "Norway"}]},
        }
    }
    return Change(
        generation=1, study=7, nct_id=NctId("NCT00000001"), identity=b"1", body=json.dumps(body).encode()
    )


def test_every_place_of_a_record_is_found(web_home: Path) -> None:
    with Finder(web_home) as finder:
        for nct, body in finder.all_records():
            for path, place in locations_of(read_body(body)).items():
                assert finder.locations.place(path) is not None
                held = {one.nct_id: one.open for one in finder.locations.trials(path, 1000, 0)}
                assert held[nct] == bool(place.open)


def test_one_can_walk_from_the_world_to_a_site(client: TestClient) -> None:
    address, seen = "/places", set()
    while address not in seen:
        seen.add(address)
        shown = client.get(address)
        assert shown.status_code == 200
        deeper = [one for one in SIMPLE.findall(shown.text) if one.startswith(f"{address}/")]
        address = deeper[0] if deeper else address
    assert address.count("/") == 5
    assert "/trials/NCT" in shown.text


def test_another_spelling_leads_to_the_one_address(client: TestClient) -> None:
    answer = client.get("/places/United%20States/?order=name")
    assert (answer.status_code, answer.headers["location"]) == (308, "/places/united-states?order=name")
    assert client.get("/places/").headers["location"] == "/places"


@pytest.mark.parametrize(
    "path", ["atlantis", "norway/-/nowhere", "x" * 5000, "%00", "%2e%2e/etc", "<script>"]
)
def test_a_place_without_trials_says_where_to_go(client: TestClient, path: str) -> None:
    answer = client.get(f"/places/{path}", follow_redirects=True)
    assert answer.status_code in {200, 404}
    assert 'href="/places"' in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")


def test_hostile_names_stay_text(client: TestClient) -> None:
    answer = client.get(f"/places/norway/-/oslo/{slug(ATTACK)}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "onerror=alert(1)&gt;" in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999", "9" * 50])
def test_pages_that_are_not_there_are_answered(client: TestClient, page: str) -> None:
    assert client.get(f"/places?page={page}").status_code == 200


def test_pages_are_in_spanish_too(client: TestClient) -> None:
    assert "Ensayos por lugar" in client.get("/places?lang=es", follow_redirects=True).text


def test_the_trials_of_a_place_are_narrowed_with_counts(client: TestClient, web_home: Path) -> None:
    address = "/places/united-states?show=trials"
    every = client.get(address).text
    (more,) = re.findall(r'href="(/places/united-states[^"]*&amp;status=RECRUITING)"', every)
    (count,) = re.findall(r">Recruiting</a><span class=\"count\">(\d+)<", every)
    narrowed = client.get(more.replace("&amp;", "&")).text
    assert f"{count} trials here fit." in narrowed
    assert len(re.findall(r'<h3><a href="/trials/', narrowed)) == min(int(count), 20)
    with Finder(web_home) as finder:
        found = finder.find(Query(text="leukemia", filters={"country": ("United States",)})).total
    words = client.get(f"{address}&text=leukemia").text
    assert re.search(rf"\b{found} trials? here fits?\.", words)


def test_only_what_recruits_here_now(client: TestClient, web_home: Path) -> None:
    with Finder(web_home) as finder:
        here = finder.locations.place("united-states")
        _, countries = finder.locations.inside("", "count", 500, 0, open_only=True)
    assert here is not None
    shown = client.get("/places/united-states?show=trials&open=1").text
    assert re.search(rf"\b{here.open} trials? here fits?\.", shown)
    assert shown.count("Recruiting here</span>") == min(here.open, 20)
    assert countries
    assert all(one.open for one in countries)
    assert [one.open for one in countries] == sorted((one.open for one in countries), reverse=True)
    listed = client.get("/places?open=1").text
    assert len(re.findall(r'<th scope="row">', listed)) == len(countries)


def test_pages_of_a_narrowed_list_go_on_where_the_last_ended(web_home: Path) -> None:
    with Finder(web_home) as finder:
        narrowed = Narrowed("united-states", filters=(("phase", "PHASE2"),))
        total, every = local_trials(finder, narrowed, 500, 0)
        assert total == len(every) > 3
        pages = [one for at in range(0, total, 3) for one in local_trials(finder, narrowed, 3, at)[1]]
        assert pages == every
        assert [one.open for one in every] == sorted((one.open for one in every), reverse=True)


def test_what_nothing_fits_says_how_to_go_on(client: TestClient) -> None:
    shown = client.get("/places/united-states?show=trials&text=xyzzyplugh").text
    assert "No trial here fits all of this" in shown
    assert 'href="/places/united-states?show=trials"' in shown
    assert client.get("/places/united-states?show=trials&phase=seventeen").status_code == 400
