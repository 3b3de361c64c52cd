"""The page of a trial: how sure its status is, its dates, what can be taken along, what hostile text becomes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accrual.finder import Finder
from accrual.web.app import create_app

from .conftest import ATTACK, HOSTILE

SEED = "NCT04785833"
DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def test_unknown_is_explained(client: TestClient) -> None:
    shown = client.get(f"/trials/{SEED}").text
    assert "“Unknown” means" in shown
    assert "The record does not say when this was last checked." in shown


def test_dates_are_a_picture_and_a_list(client: TestClient) -> None:
    shown = client.get(f"/trials/{SEED}").text
    assert 'role="img" aria-label="A line of time from March 4, 2021 to March 8, 2021.' in shown
    assert '<time datetime="2021-03-04">March 4, 2021</time>' in shown


def test_dates_go_into_a_calendar(client: TestClient) -> None:
    answer = client.get(f"/trials/{SEED}/dates.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{SEED}.ics"'
    assert "DTSTART;VALUE=DATE:20210304\r\nDTEND;VALUE=DATE:20210305\r\n" in answer.text
    assert client.get("/trials/nct4785833/dates.ics").headers["location"] == f"/trials/{SEED}/dates.ics"
    assert client.get("/trials/NCT01010101/dates.ics").status_code == 404


def test_machines_read_what_the_page_says(client: TestClient) -> None:
    found = json.loads(DATA.search(client.get(f"/trials/{SEED}").text)[1])  # type: ignore[index]
    assert found["@type"] == "MedicalTrial"
    assert found["identifier"] == SEED
    assert found["trialDesign"] == ["https://schema.org/OpenTrial"]
    assert "status" not in found  # schema.org has no word for "Unknown"


def test_data_for_machines_holds_no_markup(client: TestClient) -> None:
    (written,) = DATA.findall(client.get(f"/trials/{HOSTILE}").text)
    assert not set("<>&") & set(written)
    assert json.loads(written)["name"] == f"Hostile {ATTACK}"
    assert "url" not in json.loads(written)  # it is not in the registry


def test_what_can_be_taken_along_is_there(client: TestClient) -> None:
    links = re.findall(r'<a href="([^"]+)" download=', client.get(f"/trials/{SEED}").text)
    assert len(links) == 3
    for link in links:
        assert client.get(link).status_code == 200


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_is_there_in_each_language(client: TestClient, language: str) -> None:
    shown = client.get(f"/trials/{SEED}?lang={language}").text
    client.cookies.clear()
    assert {"en": "Exclusion criteria", "es": "Criterios de exclusión"}[language] in shown
    assert {"en": "March 4, 2021", "es": "4 de marzo de 2021"}[language] in shown


def test_results_are_told_in_brief(client: TestClient) -> None:
    shown = client.get("/trials/NCT90000013").text
    assert '<th scope="row">Left early</th><td>3</td>' in shown
    assert "Pathologic response" in shown
    assert "Results in brief" not in client.get(f"/trials/{SEED}").text


def test_history_says_when_there_is_nothing_to_compare(client: TestClient) -> None:
    shown = client.get(f"/trials/{SEED}/history").text
    assert "Only one version is kept here" in shown
    assert client.get("/trials/NCT4785833/history").headers["location"] == f"/trials/{SEED}/history"
    assert client.get("/trials/NCT01010101/history").status_code == 404


def test_history_shows_changes_side_by_side(tmp_path: Path) -> None:
    def record(status: str, day: str, title: str) -> str:
        status_module = {"overallStatus": status, "lastUpdatePostDateStruct": {"date": day}}
        identity = {"nctId": "NCT91000001", "briefTitle": title}
        study = {"identificationModule": identity, "statusModule": status_module}
        return json.dumps({"protocolSection": study})

    with Finder(tmp_path / "home") as finder:
        for number, version in enumerate(
            (record("RECRUITING", "2025-01-01", "Old"), record("COMPLETED", "2026-01-01", ATTACK))
        ):
            path = tmp_path / f"{number}.json"
            path.write_text(version)
            finder.load([path])
        shown = TestClient(create_app(finder)).get("/trials/NCT91000001/history").text
    assert shown.index("January 1, 2026") < shown.index("January 1, 2025")
    assert '<div class="before"><h3>Before</h3><p>RECRUITING</p></div>' in shown
    assert '<div class="after"><h3>After</h3><p>COMPLETED</p></div>' in shown
    assert "<img" not in shown


def test_medical_words_lead_to_their_meaning(client: TestClient) -> None:
    shown = client.get(f"/trials/{SEED}").text
    targets = re.findall(r'popovertarget="([^"]+)"', shown)
    assert "means-refractory" in targets
    assert len(targets) == len(set(targets))
    for target in targets:
        assert f'<div popover id="{target}"' in shown


def test_words_of_results_are_words_whatever_signs_they_hold(tmp_path: Path) -> None:
    """`_()` once took them for markup to be formatted: "50% of" was a fault, and a tag a tag."""
    categories = [
        {"title": title, "measurements": [{"groupId": "OG000", "value": "7"}]}
        for title in (ATTACK, "at least 50% of dose", "%(count)s & more", "100%")
    ]
    outcome = {
        "type": "PRIMARY",
        "title": "Response",
        "groups": [{"id": "OG000", "title": "All"}],
        "classes": [{"categories": categories}],
    }
    record = {
        "protocolSection": {"identificationModule": {"nctId": "NCT91000002", "briefTitle": "A study"}},
        "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [outcome]}},
    }
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    with Finder(tmp_path / "home") as finder:
        finder.load([path])
        answer = TestClient(create_app(finder), raise_server_exceptions=False).get("/trials/NCT91000002")
    assert answer.status_code == 200
    assert '<th scope="row">at least 50% of dose</th><td>7</td>' in answer.text
    assert '<th scope="row">%(count)s &amp; more</th>' in answer.text
    assert "<img" not in answer.text
