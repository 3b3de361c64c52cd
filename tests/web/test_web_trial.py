"""The page of a trial: how sure its status is, its dates, what can be taken along, what hostile text becomes."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient

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
