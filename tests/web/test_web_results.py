"""The results page: plain words understood, help where nothing is found, suggestions, and parts swapped in."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Route, expect
from starlette.testclient import TestClient

from accrual.api.limits import Limits
from accrual.finder import Finder
from accrual.web.app import create_app

from .browser import DESKTOP, PHONE, scripted, take_picture, violations

SENTENCE = "my father's leukemia came back and we live in London"


def test_plain_words_are_understood_openly_and_can_be_taken_exactly(client: TestClient) -> None:
    shown = client.get("/search", params={"text": SENTENCE}).text
    assert "We searched for: <strong>leukemia relapsed or recurrent</strong>" in shown
    assert "Within 100 km (62 mi) of London, England, United Kingdom" in shown
    (exact,) = re.findall(r'href="([^"]*)">Search for the exact words instead', shown)
    taken = client.get(exact.replace("&amp;", "&")).text
    assert "We searched for" not in taken
    assert "Near London" not in taken


def test_the_map_shows_the_trials_that_the_page_understood(client: TestClient) -> None:
    page = client.get("/search", params={"text": "my mother has cancer"}).text
    (address,) = re.findall(r'data-map="([^"]*)"', page)
    items = client.get(address.replace("&amp;", "&")).json()["items"]
    assert items
    assert f'href="{items[0][1]}"' in page


def test_an_age_is_a_filter_and_no_age_is_refused_with_the_form(client: TestClient) -> None:
    every = client.get("/search?text=cancer").text
    old = client.get("/search?text=cancer&age=7").text
    assert "Age 7: within the trial&#39;s age limits" in old
    count = re.compile(r"([\d,]+) trials? for")
    assert int(count.search(old)[1]) < int(count.search(every)[1])  # type: ignore[index]
    for wrong in ("old", "-3", "900", "4.5"):
        answer = client.get("/search", params={"text": "cancer", "age": wrong})
        assert answer.status_code == 400
        assert "is not an age" in answer.text


def test_nothing_found_offers_what_would_find_something(client: TestClient) -> None:
    shown = client.get("/search?text=leukemia&near=Reykjavik&within=25km").text
    assert re.search(r"Without “Within 25 km \(16 mi\) of Reykjavik”</a>: \d+ trials?", shown)
    slip = client.get("/search?text=leukmia").text
    assert re.search(r"Did you mean <a href=\"/search\?text=leukemia\"><strong>leukemia</strong>", slip)


def test_nothing_found_offers_the_nearest_wider_search_with_counts(client: TestClient) -> None:
    far = client.get("/search?text=leukemia&near=Oxford&within=25km").text
    (distance, count, _) = re.findall(r">Within ([\d,]+ km) \([^)]*\) of Oxford</a>: (\d+) (trials?)", far)[0]
    assert int(count) > 0
    address = re.findall(r'href="([^"]*)">Within', far)[0].replace("&amp;", "&")
    assert re.search(rf"<h1[^>]*>{count} trials?", client.get(address).text), distance
    words = client.get(
        "/search", params={"text": "leukemia xyzzyplugh OR qqzz", "exact": "leukemia xyzzyplugh OR qqzz"}
    )
    assert re.search(r"Only “leukemia”</a>: \d+ trials?", words.text)


def test_a_search_that_takes_too_long_keeps_its_form(web_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()
    with Finder(web_home) as finder:
        app = create_app(finder, limits=Limits(seconds=0.05))
        monkeypatch.setattr(finder, "find", lambda query: over.wait(60))
        try:
            answer = TestClient(app).get("/search?text=leukemia&near=London&status=RECRUITING&lang=en")
        finally:
            over.set()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "This search took too long" in answer.text
    assert 'name="text" value="leukemia"' in answer.text
    assert 'name="near" value="London"' in answer.text
    assert '<input type="hidden" name="status" value="RECRUITING">' in answer.text
    assert "Remove </span>Status: Recruiting" in answer.text


@scripted
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_while_a_search_is_loading_bars_stand_still_where_the_words_are(
    browser: Browser, served: str, motion: str
) -> None:
    context = browser.new_context(reduced_motion=motion)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/search?text=cancer")
    held: list[Route] = []
    page.route("**/search?*status=RECRUITING*", lambda route: held.append(route))
    first = page.locator(".hits h2 a").first
    before = first.bounding_box()
    page.locator("#filters").get_by_role("link", name="Recruiting", exact=True).click()
    expect(page.locator("#page")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#waiting")).to_have_text("Searching…")
    expect(first).to_have_css("color", "rgba(0, 0, 0, 0)")
    assert first.bounding_box() == before
    moving = page.locator(".hits").evaluate("one => getComputedStyle(one).animationName")
    assert moving == ("none" if motion == "reduce" else "wait")
    held[0].continue_()
    expect(page.locator("#page")).not_to_have_class(re.compile("htmx-request"))
    page.wait_for_url("**/search?text=cancer&status=RECRUITING")
    expect(page.locator("#waiting")).to_have_text("")
    context.close()


def test_suggestions_are_few_and_of_both_kinds(client: TestClient) -> None:
    words = client.get("/suggest?q=leuk&kind=words").json()["suggestions"]
    assert {"words": "leukemia", "kind": "condition"} in words
    assert len(words) <= 8
    both = client.get("/suggest?q=leukemia in Lond&kind=words").json()
    assert both["titles"] == {"place": "Places"}
    assert both["suggestions"][0]["near"] == "London, England, United Kingdom"
    assert both["suggestions"][0]["text"] == "leukemia"
    places = client.get("/suggest?q=Lond&kind=places").json()["suggestions"]
    assert places[0] == {"words": "London, England, United Kingdom", "kind": "place"}
    assert client.get("/suggest").json() == {"suggestions": [], "titles": {}}
    assert client.get("/suggest", params={"q": "x" * 10_000}).status_code == 200


@scripted
def test_suggestions_are_chosen_by_keyboard(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(served)
    box = page.get_by_label("What are you looking for?")
    box.press_sequentially("leuk")
    page.get_by_role("option", name="leukemia").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*text=leukemia*")
    page.close()


@scripted
def test_a_place_is_chosen_in_the_search_box(browser: Browser, served: str) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    page.goto(served)
    page.get_by_label("What are you looking for?").press_sequentially("cancer in lond")
    option = page.get_by_role("option", name="London, England, United Kingdom")
    option.wait_for()
    expect(page.get_by_role("group", name="Places")).to_be_visible()
    assert violations(page) == []
    take_picture(page, "suggestions-phone")
    option.click()
    page.wait_for_url(re.compile(r"/search\?text=cancer&near=London"))
    page.close()


@scripted
@pytest.mark.parametrize("path", ["/search?text=cancer", "/places", "/"])
def test_the_own_place_is_asked_for_and_rounded(browser: Browser, served: str, path: str) -> None:
    context = browser.new_context(
        geolocation={"latitude": 51.507351, "longitude": -0.127758}, permissions=["geolocation"]
    )
    page = context.new_page()
    page.goto(served + path)
    for summary in page.locator("summary", has_text="Place, order and more").all():
        summary.click()
    page.get_by_role("button", name="Use my location").click()
    near = page.locator("#near")
    expect(near).to_have_value("51.51, -0.13")
    expect(page.get_by_text("rounded to about 1 km")).to_be_visible()
    assert violations(page) == []
    near.press("Enter")
    page.wait_for_url(re.compile(r"/search\?.*near=51\.51%2C(\+|%20)-0\.13"))
    expect(page.locator("h1")).to_contain_text("near 51.51, -0.13")
    assert "51.507" not in page.content()
    context.close()


@scripted
def test_a_place_that_is_not_shared_is_answered_kindly(browser: Browser, served: str) -> None:
    context = browser.new_context(permissions=[])
    page = context.new_page()
    page.goto(f"{served}/places")
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile("did not share|could not tell"))
    expect(page.locator("#near")).to_have_value("")
    context.close()


def test_without_scripts_there_is_no_button_that_does_nothing(browser: Browser, served: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/places")
    expect(page.get_by_role("button", name="Use my location")).to_have_count(0)
    page.locator("#near").fill("02139")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("h1")).to_contain_text("near 02139 Cambridge")
    context.close()


@scripted
def test_a_filter_swaps_the_page_in_and_keeps_a_shareable_address(browser: Browser, served: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{served}/search?text=cancer")
    page.evaluate("window.kept = true")
    page.locator("#filters").get_by_role("link", name="Recruiting", exact=True).click()
    page.wait_for_url("**/search?text=cancer&status=RECRUITING")
    expect(page.get_by_role("link", name="Remove Status: Recruiting")).to_be_visible()
    assert page.evaluate("window.kept") is True
    page.locator(".map-figure.drawn").wait_for()
    heading = page.locator("h1").inner_text()
    assert violations(page) == []
    page.get_by_role("link", name="Remove Status: Recruiting").click()
    page.wait_for_url("**/search?text=cancer")
    page.go_back()
    expect(page.locator("h1")).to_have_text(heading)
    page.locator("summary", has_text="Place, order and more").click()
    page.get_by_label("Near", exact=False).first.fill("Qqzzxx")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("alert").wait_for()
    assert complaints == []
    page.close()


@scripted
@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_an_understood_search_looks_right(
    browser: Browser, served: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/search?text=my+mother+has+cancer&near=London&age=70")
    assert violations(page) == []
    take_picture(page, f"understood-{scheme}")
    context.close()
