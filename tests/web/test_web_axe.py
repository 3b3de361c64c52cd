"""axe-core finds nothing on any page, in light and dark, wide and narrow, in every language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from .browser import ARGUMENTS, CHROMIUM, DESKTOP, PHONE, take_picture, violations

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

PAGES = {
    "home": "/",
    "results": "/search?text=leukemia",
    "results-near": "/search?text=cancer&near=London",
    "no-results": "/search?text=xyzzyplugh",
    "trial": "/trials/NCT04785833",
    "trial-results": "/trials/NCT90000013",
    "history": "/trials/NCT04785833/history",
    "hostile": "/trials/NCT90009999",
    "places": "/places",
    "places-country": "/places/united-states?order=name",
    "places-trials": "/places/united-states?show=trials",
    "places-unknown": "/places/atlantis",
    "match": "/match",
    "not-found": "/nowhere",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium for all tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_nothing(
    browser: Browser, served: str, name: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(served + PAGES[name])
    assert violations(page) == []
    take_picture(page, f"{name}-{scheme}")
    context.close()
