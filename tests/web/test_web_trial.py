"""The page of a trial: how sure its status is, its dates, what can be taken along, what hostile text becomes."""

from __future__ import annotations

import html
import json
import re
from datetime import date
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
    parts = [
        re.findall(r'popovertarget="([^"]+)"', part)
        for part in re.split(r"Inclusion criteria|Trial design", shown)
    ]
    assert len(parts) == 3
    assert "means-refractory" in parts[0]  # in the title
    assert "means-refractory" in parts[1]  # among the criteria
    for targets in parts:
        assert len(targets) == len(set(targets))
        for target in targets:
            assert shown.count(f'<div popover id="{target}"') == 1


def test_medical_words_are_listed_with_their_meanings(client: TestClient) -> None:
    shown = client.get(f"/trials/{SEED}").text
    listed = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", shown[shown.index('class="words"') :])
    assert "refractory" in [word for word, _ in listed]
    assert [word.lower() for word, _ in listed] == sorted(word.lower() for word, _ in listed)
    assert len(listed) == shown.count("<div popover id=")


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


def loaded(home: Path, *studies: dict[str, object]) -> str:
    """The page of the study whose versions these are."""
    with Finder(home / "home") as finder:
        for number, study in enumerate(studies):
            path = home / f"{number}.json"
            path.write_text(json.dumps({"protocolSection": study}))
            finder.load([path])
        application = create_app(finder, today=lambda: date(2026, 11, 22))
        answer = TestClient(application, raise_server_exceptions=False).get("/trials/NCT91000003")
    assert answer.status_code == 200
    return answer.text


def version(day: str = "", enrollment: object = None, **modules: object) -> dict[str, object]:
    return {
        "identificationModule": {"nctId": "NCT91000003", "briefTitle": "A study"},
        "statusModule": {"lastUpdatePostDateStruct": {"date": day}},
        "designModule": {"enrollmentInfo": enrollment} if enrollment else {},
        **modules,
    }


def test_what_was_planned_stands_beside_who_joined(tmp_path: Path) -> None:
    shown = loaded(
        tmp_path,
        version("2024-01-01", {"count": 40, "type": "ESTIMATED"}),
        version("2026-01-01", {"count": 10, "type": "ACTUAL"}),
    )
    text = words_of(shown)
    assert "Joined: 10 people. The plan was 40 people. That is 25 % of the plan." in text
    assert "Planned (version of January 1, 2024) 40 Joined (version of January 1, 2026) 10" in text


@pytest.mark.parametrize(
    ("enrollment", "says"),
    [
        ({"count": 1, "type": "ACTUAL"}, "Joined: 1 person. How many were planned is not in the versions"),
        (
            {"count": 40, "type": "ESTIMATED"},
            "The plan is 40 people. How many have joined is not in the record.",
        ),
        ({"count": 40}, "The record names 40 people. It does not say if that is a plan or a count."),
    ],
)
def test_where_only_one_number_is_known_the_page_says_so(
    tmp_path: Path, enrollment: dict[str, object], says: str
) -> None:
    shown = loaded(tmp_path, version("2026-01-01", enrollment))
    assert says in words_of(shown)
    assert '<table class="people">' not in shown
    assert "People planned" not in loaded(tmp_path, version("2026-02-01"))


def site(number: int, country: str, state: str = "", status: str = "") -> dict[str, object]:
    return {
        "facility": f"Clinic {number}",
        "city": "Town",
        "state": state,
        "country": country,
        "status": status,
    }


def places(*sites: dict[str, object]) -> dict[str, object]:
    return version("2026-01-01", contactsLocationsModule={"locations": list(sites)})


def test_many_sites_are_folded_by_country(tmp_path: Path) -> None:
    sites = [site(number, "Norway") for number in range(15)]
    sites += [site(number, ATTACK, status="RECRUITING") for number in range(15, 20)]
    sites += [site(20, "", status="RECRUITING"), site(21, "Åland")]
    shown = loaded(tmp_path, places(*sites))
    summaries = [
        words_of(found) for found in re.findall(r'<details class="region"><summary>(.*?)</summary>', shown)
    ]
    assert len(summaries) == 4
    assert "Norway (15 locations)" in summaries
    assert "Not stated (1 location) ✓ 1 recruiting" in summaries
    assert shown.count("<li>Clinic") == 22
    assert "<img" not in shown


def test_many_sites_of_one_country_are_folded_by_state(tmp_path: Path) -> None:
    sites = [site(number, "United States", "Ohio" if number % 2 else "Utah") for number in range(21)]
    shown = loaded(tmp_path, places(*sites))
    summaries = re.findall(r'<details class="region"><summary>(\w+)', shown)
    assert summaries == ["Ohio", "Utah"]


@pytest.mark.parametrize("number", [20, 21])
def test_few_sites_or_sites_of_one_place_are_one_list(tmp_path: Path, number: int) -> None:
    shown = loaded(tmp_path, places(*(site(each, "Norway", "Oslo") for each in range(number))))
    assert 'class="region"' not in shown
    assert shown.count("<li>Clinic") == number


@pytest.mark.parametrize(
    ("contacts", "says"),
    [
        ([{"name": "Ada"}], "Ask the contact below before you plan anything."),
        ([], "The record names no contact."),
    ],
)
def test_an_old_status_leads_to_a_contact_only_where_there_is_one(
    tmp_path: Path, contacts: list[object], says: str
) -> None:
    study = version("2020-01-01", contactsLocationsModule={"centralContacts": contacts})
    study["statusModule"] = {"overallStatus": "RECRUITING", "statusVerifiedDate": "2020-01"}
    text = words_of(loaded(tmp_path, study))
    assert "Not checked for over a year" in text
    assert says in text


def test_a_trial_that_has_not_begun_is_not_said_to_go_on(tmp_path: Path) -> None:
    study = version("2026-10-01")
    study["statusModule"] = {
        "overallStatus": "NOT_YET_RECRUITING",
        "statusVerifiedDate": "2026-10",
        "startDateStruct": {"date": "2024-01"},
        "completionDateStruct": {"date": "2025-12-31", "type": "ESTIMATED"},
    }
    text = words_of(loaded(tmp_path, study))
    assert "The planned start (January 2024) has passed" in text
    assert "Its planned end (December 31, 2025) has passed, too." in text
    assert "still says the trial is going on" not in text


def test_the_real_page_says_every_line_of_the_public_one_in_its_order(
    tmp_path: Path, shared_data: Path
) -> None:
    lines = (shared_data / "seed/trial-page.txt").read_text(encoding="utf-8").splitlines()
    lines = [line.strip().removeprefix("•").strip() for line in lines]
    # Without the public site's own frame, its logo and its spinner.
    first, last = lines.index("Menu") + 1, lines.index("Clinical trials")
    expected = [line for line in lines[first:last] if line and not line.endswith((" logo", "Loading..."))]
    expected.remove("Other")  # a funder type that the page has and the record, made from it, has not
    assert len(expected) > 60
    with Finder(tmp_path) as finder:
        finder.load([shared_data / f"seed/{SEED}.json"])
        text = words_of(TestClient(create_app(finder)).get(f"/trials/{SEED}").text)
    at = text.index("Skip to the content")
    for line in expected:
        words = squeezed(line)
        found = text.find(words, at)
        assert found >= 0, f"{line!r} does not follow {text[max(at - 60, 0) : at]!r}"
        at = found + len(words)


INLINE = ("<button", "</button", "<span", "</span", "<a ", "</a", "<strong", "</strong")


def words_of(shown: str) -> str:
    """The words of a page without its tags; those of a block stand apart from the next."""

    def space(tag: re.Match[str]) -> str:
        return "" if tag[0].startswith(INLINE) else " "

    return squeezed(html.unescape(re.sub(r"<[^>]+>", space, shown)))


def squeezed(text: str) -> str:
    return " ".join(text.split())
