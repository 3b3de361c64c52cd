"""Every page as people set their machines up: narrow, mirrored, at 200 % zoom, printed, without scripts or motion."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from .browser import DOCS, PICTURES, shown, wider_than_the_window
from .test_web_axe import PAGES

NARROW = {"width": 320, "height": 640}
ZOOMED = {"width": 600, "height": 400}  # what a window of 1200 by 800 holds at 200 %
PAPER = {"width": 720, "height": 1000}  # about A4 in CSS pixels, less its margins

_SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.hadRecentInput ? 0 : one.value; }))
    .observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""
_MOVES = """() => document.getAnimations().length
  + (getComputedStyle(document.documentElement).scrollBehavior === "smooth" ? 1 : 0)"""
# From right to left a heading ends at the inner edge on the right, as it begins on the left otherwise.
_MIRRORED = """() => {
  const box = document.createRange();
  box.selectNodeContents(document.querySelector("h1"));
  const text = box.getBoundingClientRect();
  const around = document.querySelector("h1").getBoundingClientRect();
  return around.right - text.right < 2;
}"""
_HIDDEN_ON_PAPER = """() => [...document.querySelectorAll("main h1, main section h2, main dd, main .statement")]
  .filter(one => !one.closest(".no-print, aside, form, .search") && !one.checkVisibility())
  .map(one => one.textContent.trim().slice(0, 40))"""
MOST_SHIFT = 0.1  # "good" in Web Vitals, https://web.dev/articles/cls


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_narrow_zoomed_still_and_on_paper(browser: Browser, served: str, name: str) -> None:
    page = browser.new_page(viewport=NARROW)  # type: ignore[arg-type]
    page.goto(served + PAGES[name], wait_until="networkidle")
    assert page.evaluate(_SHIFT) < MOST_SHIFT, "it jumps while it loads"
    assert wider_than_the_window(page) == [], "narrow"
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert wider_than_the_window(page) == [], "narrow, from right to left"
    assert page.evaluate(_MIRRORED), "it does not turn round"
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    assert wider_than_the_window(page) == [], "zoomed"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(_MOVES) == 0, "something moves for who asked that nothing does"
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    page.emulate_media(media="print")
    assert wider_than_the_window(page) == [], "on paper"
    assert page.evaluate(_HIDDEN_ON_PAPER) == []
    assert not page.locator(".top").is_visible()
    page.close()


def test_what_sticks_out_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport=NARROW)  # type: ignore[arg-type]
    page.set_content('<p>short<p class="wide" style="width: 500px">long')
    assert wider_than_the_window(page) == ["P.wide long"]
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert wider_than_the_window(page) == ["P.wide long"]
    page.close()


def test_a_trial_becomes_a_pdf(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(served + PAGES["trial"])
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_no_control_is_dead(browser: Browser, served: str, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served + PAGES[name])
    assert page.locator("h1").is_visible()
    dead = [
        control.inner_text()
        for control in page.locator(
            "button:visible:not([popovertarget])"
        ).all()  # those the browser opens itself
        if control.get_attribute("type") == "button" or control.locator("xpath=ancestor::form").count() == 0
    ]
    assert dead == []
    context.close()


def test_the_documentation_shows_the_pictures_that_are_kept() -> None:
    kept = {path.stem for path in PICTURES.glob("*.png")}
    assert kept == shown()


def test_every_picture_of_the_documentation_has_a_text_alternative() -> None:
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
        for words in re.findall(r"!\[([^\]]*)\]\([^)]*\.png\)", page.read_text(encoding="utf-8")):
            assert len(words) > 15, page
