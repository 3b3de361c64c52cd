"""static/trial.js in a real browser: sharing, copying, printing, and the meanings of words by mouse, touch and key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

ADDRESS = "/trials/NCT04785833"
SHARED = "window.shared = []; navigator.share = async (what) => { window.shared.push(what); };"


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    shown = context.new_page()
    shown.goto(f"{served}{ADDRESS}?text=leukemia")
    yield shown
    context.close()


def test_the_link_is_copied_without_what_was_searched_for(page: Page, served: str) -> None:
    page.get_by_role("button", name="Copy the link to this page").click()
    expect(page.get_by_role("status")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == served + ADDRESS


def test_where_copying_is_refused_the_link_is_shown(browser: Browser, served: str) -> None:
    context = browser.new_context()
    context.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'));")
    page = context.new_page()
    page.goto(served + ADDRESS)
    page.get_by_role("button", name="Copy the link to this page").click()
    expect(page.get_by_role("status")).to_have_text(served + ADDRESS)
    context.close()


def test_sharing_is_offered_where_the_browser_can(browser: Browser, served: str) -> None:
    context = browser.new_context()
    context.add_init_script(SHARED)
    page = context.new_page()
    page.goto(f"{served}{ADDRESS}?text=leukemia")
    page.get_by_role("button", name="Share this page").click()
    (shared,) = page.evaluate("window.shared")
    assert shared["url"] == served + ADDRESS
    assert shared["title"].startswith("CD7 CAR-T")
    context.close()


@pytest.mark.parametrize(("error", "says"), [("AbortError", ""), ("NotAllowedError", "address")])
def test_sharing_that_does_not_happen_leaves_the_link(
    browser: Browser, served: str, error: str, says: str
) -> None:
    context = browser.new_context()
    context.add_init_script(
        "window.tried = 0; navigator.share = async () => { window.tried += 1; "
        f"throw new DOMException('no', '{error}'); }};"
    )
    page = context.new_page()
    page.goto(served + ADDRESS)
    page.get_by_role("button", name="Share this page").click()
    page.wait_for_function("window.tried === 1")
    expect(page.get_by_role("status")).to_have_text(served + ADDRESS if says else "")
    context.close()


def test_without_sharing_in_the_browser_there_is_no_button(browser: Browser, served: str) -> None:
    context = browser.new_context()
    context.add_init_script("delete Navigator.prototype.share;")
    page = context.new_page()
    page.goto(served + ADDRESS)
    expect(page.get_by_role("button", name="Copy the link to this page")).to_be_visible()
    expect(page.locator("[data-share]")).to_be_hidden()
    context.close()


def test_the_print_button_prints(page: Page) -> None:
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Print or save as PDF").click()
    assert page.evaluate("window.printed")


def test_the_mouse_rests_on_a_word_and_may_move_onto_its_meaning(page: Page) -> None:
    word = page.locator("h1 button.term").first
    meaning = page.locator(f"#{word.get_attribute('popovertarget')}")
    word.hover()
    expect(meaning).to_be_visible()
    meaning.hover()
    page.wait_for_function("() => document.querySelector('.meaning:hover') !== null")
    expect(meaning).to_be_visible()
    page.mouse.move(2, 2)
    expect(meaning).to_be_hidden()


def test_escape_closes_a_meaning_and_a_click_keeps_it(page: Page) -> None:
    word = page.locator("h1 button.term").first
    meaning = page.locator(f"#{word.get_attribute('popovertarget')}")
    word.hover()
    expect(meaning).to_be_visible()
    word.click()
    page.mouse.move(2, 2)
    expect(meaning).to_be_visible()
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_keys_and_taps_need_no_script(browser: Browser, served: str, script: bool) -> None:
    context = browser.new_context(
        java_script_enabled=script, has_touch=True, viewport={"width": 375, "height": 720}
    )
    page = context.new_page()
    page.goto(served + ADDRESS)
    word = page.locator("h1 button.term").first
    meaning = page.locator(f"#{word.get_attribute('popovertarget')}")
    word.focus()
    page.keyboard.press("Enter")
    expect(meaning).to_be_visible()
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    page.locator("section button.term").first.tap()
    expect(page.locator(".meaning:popover-open")).to_have_count(1)
    if not script:
        expect(page.locator("[data-needs-script]").first).to_be_hidden()
        expect(page.locator("[data-share]")).to_be_hidden()
    context.close()


def test_meanings_stay_on_the_screen(browser: Browser, served: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 600})
    page = context.new_page()
    page.goto(served + ADDRESS)
    for word in page.locator("button.term").all()[:6]:
        word.scroll_into_view_if_needed()
        word.click()
        box = page.locator(".meaning:popover-open").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        page.keyboard.press("Escape")
    context.close()


def test_on_paper_the_words_are_a_list(page: Page) -> None:
    page.emulate_media(media="print")
    listed = page.locator("dl.words dt").all_inner_texts()
    assert "refractory" in [word.lower() for word in listed]
    expect(page.locator("dl.words dt").first).to_be_visible()
