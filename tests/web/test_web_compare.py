"""Trials side by side: at most four, unknown numbers named, and reached from results and from a trial."""

from __future__ import annotations

import html

from playwright.sync_api import Browser
from starlette.testclient import TestClient

from .browser import DESKTOP, PHONE
from .conftest import ATTACK, HOSTILE

SEED, OTHER = "NCT04785833", "NCT90000001"


def test_two_trials_stand_side_by_side_with_their_rules_by_topic(client: TestClient) -> None:
    page = client.get(f"/compare?id={SEED}&id={OTHER}").text
    assert page.index(f'href="/trials/{SEED}"') < page.index(f'href="/trials/{OTHER}"')
    row = page.split('<th scope="row">Pregnancy and birth control</th>')[1].split("</tr>")[0]
    assert row.count("<td>") == 2
    assert row.count("Must not be true") == 2
    assert "breastfeeding" in row


def test_unknown_numbers_are_named_and_the_others_shown(client: TestClient) -> None:
    page = client.get(f"/compare?id={SEED}&id=NCT00000001&id=%3Cb%3Ex").text
    assert "No trial here has this number: NCT00000001, &lt;b&gt;x." in page
    assert f'href="/trials/{SEED}"' in page


def test_more_than_four_are_said(client: TestClient) -> None:
    numbers = [SEED, OTHER, "NCT90000002", "NCT90000003", "NCT90000004"]
    page = client.get("/compare", params={"id": numbers}).text
    assert "Only 4 trials fit side by side. Left out: NCT90000004." in page
    assert page.count('<th scope="col">') == 4


def test_one_trial_twice_is_one(client: TestClient) -> None:
    page = client.get(f"/compare?id={SEED}&id=nct4785833%20{SEED}").text
    assert page.count('<th scope="col">') == 1


def test_numbers_may_be_written_in_one_field(client: TestClient) -> None:
    page = client.get("/compare", params={"id": f"{SEED}, {OTHER}"}).text
    assert page.count('<th scope="col">') == 2


def test_endless_numbers_cost_no_more_than_a_few(client: TestClient) -> None:
    page = client.get("/compare", params={"id": " ".join(f"NCT{number:08d}" for number in range(1, 400))})
    assert page.status_code == 200
    named = page.text.split('role="alert"')[1].split("</div>")[0]
    assert 0 < named.count("NCT0000") < 20


def test_a_hostile_record_stays_text(client: TestClient) -> None:
    page = client.get(f"/compare?id={HOSTILE}&id={SEED}").text
    assert ATTACK not in page
    assert html.escape("<script>alert") in page


def test_trials_are_ticked_in_a_search_and_compared_without_scripts(browser: Browser, served: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/search?text=leukemia")
    boxes = page.get_by_role("checkbox", name="Compare")
    boxes.nth(0).check()
    boxes.nth(2).check()
    page.get_by_role("button", name="Compare the chosen trials").click()
    assert page.url.count("id=NCT") == 2
    assert page.locator('th[scope="col"]').count() == 2
    context.close()


def test_one_trial_leads_to_others_on_a_phone_and_only_the_table_scrolls(
    browser: Browser, served: str
) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/trials/{SEED}")
    page.get_by_role("link", name="Compare with other trials").click()
    page.get_by_label("Add a trial by its NCT number").fill(f"{OTHER} NCT90000002")
    page.keyboard.press("Enter")
    page.wait_for_url("**NCT90000002")
    region = page.get_by_role("region", name="Trials side by side")
    assert region.evaluate("one => one.scrollWidth > one.clientWidth && one.tabIndex === 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()
