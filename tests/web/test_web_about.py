"""The page about the data: its numbers are those of the records, and it says what is not known."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accrual.finder import Finder
from accrual.web.app import create_app

from .conftest import ATTACK, HOSTILE, hostile_record
from .test_web_pages import Page, page

ADDRESS = "/about-the-data"


def load(home: Path, *studies: dict[str, object]) -> Finder:
    finder = Finder(home)
    path = home / "studies.jsonl"
    path.write_text("".join(json.dumps(study) + "\n" for study in studies))
    finder.load([path])
    return finder


def study(
    number: int, posted: str = "", start: str = "", updated: str = "", **modules: object
) -> dict[str, object]:
    status = {
        "overallStatus": "RECRUITING",
        "studyFirstPostDateStruct": {"date": posted},
        "startDateStruct": {"date": start},
        "lastUpdatePostDateStruct": {"date": updated},
    }
    identity = {"nctId": f"NCT91{number:06d}", "briefTitle": "A study"}
    return {"protocolSection": {"identificationModule": identity, "statusModule": status, **modules}}


def rows(shown: Page, heading: str) -> str:
    """The words behind a heading, up to some way on."""
    at = shown.text.index(heading)
    return shown.text[at : at + 600]


def test_the_counts_are_those_of_the_records(client: TestClient) -> None:
    shown = page(client, ADDRESS)
    total = re.search(r"([\d,]+) trials", page(client, "/search").text)
    assert total is not None
    assert f"Trials here {total[1]} " in shown.text
    for facet in ("status=RECRUITING", "phase=PHASE2", "study_type=INTERVENTIONAL"):
        (link,) = (link for link in shown.links() if link == f"/search?{facet}")
        found = re.search(r"([\d,]+) trials?", page(client, link).text)
        assert found is not None
        words = {"status": "Recruiting", "phase": "Phase 2", "study_type": "Interventional"}[
            facet.split("=")[0]
        ]
        assert f" {words} {found[1]} " in shown.text
    countries = [link for link in shown.links() if link.startswith("/places/")]
    assert len(countries) == 10
    assert all(client.get(link).status_code == 200 for link in countries)


def test_what_is_understood_adds_up(client: TestClient) -> None:
    shown = page(client, ADDRESS).text
    criteria = re.search(r"([\d,]+) rules of", shown)
    assert criteria is not None
    names = ("Understood in full", "Understood in part", "Not understood")
    parts = [found for name in names for found in re.findall(rf"{name} ([\d.]+)\s% (\d+) rules", shown)]
    percents = [float(percent) for percent, _ in parts]
    counts = [int(count) for _, count in parts]
    assert sum(counts) == int(criteria[1].replace(",", ""))
    assert sum(percents) == pytest.approx(100, abs=0.2)


def test_years_are_counted_and_what_is_out_of_the_chart_is_said(tmp_path: Path) -> None:
    studies = (
        study(1, "2024-05-01", "1950-01", "2026-03-01"),
        study(2, "2024-06-01", "2024-07", "2026-03-01"),
        study(3, "2026-01-01", "2031", "2026-03-01"),
        study(4, "soon", "2024-02-31", "2026-03-01"),
    )
    with load(tmp_path, *studies) as finder:
        shown = Page(TestClient(create_app(finder)).get(ADDRESS).text)
    posted = rows(shown, "Year First posted")
    assert "2026 1 2025 0 2024 2 2023 0" in posted
    started = rows(shown, "Year Started")
    assert started.startswith("Year Started Later (planned) 1 2026 0 2025 0 2024 1 ")
    assert "Earlier 1" in started


def test_a_study_that_changes_is_counted_in_its_new_year(tmp_path: Path) -> None:
    with load(tmp_path, study(1, "2024-05-01", "2024-07", "2026-03-01")) as finder:
        visitor = TestClient(create_app(finder))
        assert "2025 0 2024 1" in rows(Page(visitor.get(ADDRESS).text), "Year Started")
        with load(tmp_path, study(1, "2024-05-01", "2025-07", "2026-04-01")):
            pass
        assert "2025 1 2024 0" in rows(Page(visitor.get(ADDRESS).text), "Year Started")


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with Finder(tmp_path) as finder:
        answer = TestClient(create_app(finder)).get(ADDRESS)
    shown = Page(answer.text)
    assert answer.status_code == 200
    assert "No studies are loaded yet" in shown.text
    assert "Understood in full" not in shown.text
    assert "Trials over time" not in shown.text


def test_records_without_dates_and_values_count_as_not_said(tmp_path: Path) -> None:
    bare = {"protocolSection": {"identificationModule": {"nctId": "NCT91000001"}}}
    with load(tmp_path, bare) as finder:
        shown = Page(TestClient(create_app(finder)).get(ADDRESS).text)
    assert "Trials here 1 " in shown.text
    assert "Trials over time" not in shown.text


def test_markup_in_records_stays_words(tmp_path: Path) -> None:
    hostile = hostile_record()
    section = hostile["protocolSection"]
    assert isinstance(section, dict)
    section["statusModule"] = {"overallStatus": ATTACK, "startDateStruct": {"date": ATTACK}}
    section["designModule"] = {"studyType": ATTACK, "phases": [ATTACK, "&amp;"]}
    section["contactsLocationsModule"] = {"locations": [{"country": ATTACK, "city": ATTACK}]}
    with load(tmp_path, hostile) as finder:
        answer = TestClient(create_app(finder), raise_server_exceptions=False).get(ADDRESS)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert HOSTILE not in answer.text
    Page(answer.text)


def test_sources_are_named_with_their_licences(client: TestClient) -> None:
    shown = page(client, ADDRESS)
    assert "U.S. National Library of Medicine" in shown.text
    assert "GeoNames" in shown.text
    assert "CC BY 4.0" in shown.text
    for link in shown.links():
        if link.startswith("/api/"):
            assert client.get(link).status_code == 200, link


def test_every_page_leads_to_it(client: TestClient) -> None:
    assert ADDRESS in page(client, "/").links()


def test_counts_are_read_again_when_records_come_in(tmp_path: Path) -> None:
    with load(tmp_path, study(1)) as finder:
        visitor = TestClient(create_app(finder))
        assert "Trials here 1 " in Page(visitor.get(ADDRESS).text).text
        with load(tmp_path, study(2)):
            pass
        assert "Trials here 2 " in Page(visitor.get(ADDRESS).text).text
