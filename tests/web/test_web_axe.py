"""axe-core finds nothing on any page, in light and dark, wide and narrow, in every language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from .browser import DESKTOP, PHONE, take_picture, violations

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
    "places-recruiting": "/places?open=1",
    "places-narrowed": "/places/united-states?show=trials&text=leukemia&open=1",
    "places-none": "/places/united-states?show=trials&text=xyzzyplugh&phase=4",
    "places-unknown": "/places/atlantis",
    "compare": "/compare?id=NCT04785833&id=NCT90000013&id=NCT90000001&id=NCT90009999&id=NCT00000001",
    "compare-none": "/compare",
    "coordinators": "/coordinators",
    "coordinators-form": "/coordinators/matrix",
    "coordinators-patients-form": "/coordinators/patients?trial=NCT04785833",
    "simulate": "/trials/NCT04785833/simulate?therapy=none",  # with participants: test_web_simulate.py
    "take-part": "/take-part",
    "take-part-one": "/trials/NCT04785833/take-part",
    "screen": "/trials/NCT04785833/screen",
    "match": "/match",
    "about": "/about-the-data",
    "not-found": "/nowhere",
}


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
