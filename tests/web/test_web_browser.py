"""A real browser on the served pages: with and without JavaScript, wide and narrow; nothing leaves this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext

SEED = "NCT04785833"


@pytest.mark.parametrize(("script", "width"), [(True, 1200), (False, 1200), (False, 320)])
def test_a_visitor_searches_reads_and_checks_a_patient(
    browser: Browser, served: str, patient: bytes, tmp_path: Path, script: bool, width: int
) -> None:
    context = browser.new_context(java_script_enabled=script, viewport={"width": width, "height": 800})
    hosts: set[str] = set()
    complaints: list[str] = []
    _watch(context, hosts, complaints)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(served)
    page.get_by_label("What are you looking for?").fill("CD7 CAR-T")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="CD7 CAR-T in the Treatment").first.click()
    assert page.url == f"{served}/trials/{SEED}"
    page.get_by_text("How this is read:").first.click()
    page.get_by_role("link", name="Check a patient against this trial").click()
    path = tmp_path / "patient.json"
    path.write_bytes(patient)
    page.get_by_label("Patient file").set_input_files(path)
    page.get_by_role("button", name="Check").click()
    assert page.get_by_text("Not decided yet").is_visible()
    assert hosts == {urlsplit(served).netloc}
    assert complaints == []
    context.close()


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/search?text=cancer&near=London",
        f"/trials/{SEED}",
        "/trials/NCT90009999",
        "/match",
        "/about-the-data",
        "/nowhere",
    ],
)
@pytest.mark.parametrize("width", [320, 375, 1200])
def test_no_page_scrolls_sideways(browser: Browser, served: str, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(served + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(served)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Browser, served: str, scheme: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: contrast of 4.5 to 1 for text."""
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/search?text=CD7&status=UNKNOWN")
    names = ("ink", "soft-ink", "accent", "good", "bad", "open")
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    colours = {
        name: page.evaluate(f"{style}('--{name}')") for name in (*names, "paper", "wash", "accent-wash")
    }
    for name in names:
        for ground in ("paper", "wash"):
            assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert _contrast(colours["accent"], colours["accent-wash"]) >= 4.5
    assert _contrast(colours["ink"], colours["accent-wash"]) >= 4.5
    context.close()


def _watch(context: BrowserContext, hosts: set[str], complaints: list[str]) -> None:
    context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    context.on("requestfailed", lambda request: complaints.append(request.url))


def _contrast(one: str, other: str) -> float:
    """Contrast of two colours written #rrggbb, as WCAG defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour.strip()[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
