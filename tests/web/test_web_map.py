"""The map of sites: its data, and the map itself in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from .browser import scripted, violations


def test_the_map_of_a_search_has_its_trials_and_the_nearest_open_site(client: TestClient) -> None:
    found = client.get("/map?text=cancer&near=London,+UK").json()
    listed = client.get("/search?text=cancer&near=London,+UK").text
    assert found["items"]
    for _, address in found["items"][:5]:
        assert f'href="{address}"' in listed
    _, _, _, _, open_items = found["points"][found["nearest"]]
    assert open_items
    assert found["centre"][2].startswith("London")
    assert "map" in found["words"]


def test_the_map_of_a_trial_has_its_sites_and_speaks_the_visitors_language(client: TestClient) -> None:
    found = client.get("/trials/NCT90000003/map").json()
    assert found["items"]
    assert found["nearest"] is None
    assert client.get("/trials/NCT90000003/map?lang=es").json()["words"] != found["words"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/map?status=sleeping", 400),
        ("/map?near=Qqzzxx", 400),
        ("/trials/NCT01010101/map", 404),
        ("/trials/hello/map", 400),
    ],
)
def test_a_map_of_nothing_says_why_as_json(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.json()["error"]


@scripted
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 375)])
def test_the_map_is_drawn_and_reached_by_keyboard(
    browser: Browser, served: str, scheme: str, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{served}/search?text=cancer&near=London,+UK")
    if page.locator("[data-map-toggle]").is_visible():
        page.locator("[data-map-toggle]").click()
    page.locator(".map-figure").scroll_into_view_if_needed()
    page.locator(".map-figure.drawn").wait_for()
    nearest = page.locator(".map-mark.nearest")
    assert "Nearest open site" in (nearest.get_attribute("aria-label") or "")
    assert violations(page) == []
    nearest.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    assert page.locator(".map-popup a").count() or page.locator(".map-mark").count() > 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    context.close()


@scripted
def test_a_map_that_cannot_be_loaded_leaves_a_sentence(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.route("**/map?*", lambda route: route.abort())
    page.goto(f"{served}/search?text=cancer")
    page.get_by_text("The map could not be loaded").wait_for()
    assert not page.locator(".map").is_visible()
    page.close()
