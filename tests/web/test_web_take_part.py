"""Could I take part: one question at a time, nothing kept, and forms from our own pages only."""

from __future__ import annotations

import html
import re

import pytest
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from .browser import DESKTOP, PHONE, reach, take_picture, violations
from .fields import hidden_of_question

SEED = "NCT04785833"
PAGE = f"/trials/{SEED}/take-part"


def asked(client: TestClient, *answers: str) -> str:
    """The page after some answers."""
    page = client.post(PAGE, data={"start": "1"}).text
    for answer in answers:
        page = client.post(PAGE, data={**hidden_of_question(page), "answer": answer}).text
    return page


def test_the_first_page_asks_nothing_yet(client: TestClient) -> None:
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "Only the study team can say who may take part." in page.text
    assert page.headers["cache-control"] == "no-store"


def test_an_answer_brings_the_next_question_and_stands_in_the_list(client: TestClient) -> None:
    page = asked(client, "30")
    assert hidden_of_question(page)["about"] != "age"
    assert "<strong>30 years</strong>" in page


def test_an_age_that_no_rule_allows_ends_the_questions_and_says_why(client: TestClient) -> None:
    page = asked(client, "95")
    assert "This trial does not seem to fit" in page
    assert "What does not fit" in page
    assert "Highest age" in page.split("What does not fit")[1].split("</section>")[0]


def test_what_is_not_known_is_not_asked_again(client: TestClient) -> None:
    page = asked(client)
    seen = []
    for _ in range(60):
        if "Questions to take to the doctor" in page:
            break
        seen.append(hidden_of_question(page)["about"])
        page = client.post(PAGE, data={**hidden_of_question(page), "answer": "?"}).text
    assert "Not enough is known yet" in page
    assert len(seen) == len(set(seen)) > 5
    assert "life-expectancy" not in seen


def test_a_changed_answer_is_asked_again(client: TestClient) -> None:
    ended = asked(client, "95")
    answers = html.unescape(re.findall(r'name="answers" value="([^"]*)"', ended)[0])
    page = client.post(PAGE, data={"answers": answers, "change": "age"}).text
    assert hidden_of_question(page)["about"] == "age"
    assert hidden_of_question(page)["answers"] == "[]"


@pytest.mark.parametrize("answer", ["", "old", "-4", "nan", "1e999", "9999"])
def test_an_answer_that_cannot_be_is_asked_again(client: TestClient, answer: str) -> None:
    page = client.post(PAGE, data={**hidden_of_question(asked(client)), "number": answer})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert hidden_of_question(page.text)["about"] == "age"


@pytest.mark.parametrize(
    "answers",
    [
        "{",
        "[1]",
        '[["nonsense","","yes",""]]',
        '[["foo/asthma","","yes",""]]',
        '[["sex","","yes",""]]',
        "[" * 100_000,
        "\x00",
        '[["age","","1e999",""]]',
    ],
    ids=range(8),
)
def test_answers_that_no_page_wrote_are_refused(client: TestClient, answers: str) -> None:
    assert client.post(PAGE, data={"answers": answers}).status_code == 400


def test_forgetting_leaves_nothing(client: TestClient) -> None:
    page = asked(client, "30")
    gone = client.post(PAGE, data={**hidden_of_question(page), "forget": "1"})
    assert "Your answers are gone" in gone.text
    assert 'name="answers"' not in gone.text
    assert "set-cookie" not in gone.headers


def test_words_of_a_visitor_are_never_markup(client: TestClient) -> None:
    page = client.post(PAGE, data={"answers": '[["sex","<script>x</script>","female","<b>"]]'})
    assert page.status_code == 200
    assert "<script>x" not in page.text


def test_the_page_speaks_spanish(client: TestClient) -> None:
    page = client.get(PAGE, headers={"accept-language": "es"})
    assert "¿Podría participar?" in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://testserver"}, 200),
        ({"origin": "https://other.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[bad"}, 403),
    ],
)
def test_forms_are_taken_from_our_own_pages_only(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    page = client.post(PAGE, data={"start": "1"}, headers=headers)
    assert page.status_code == status
    assert page.headers["x-frame-options"] == "DENY"
    assert (status == 403) == ("This form came from another website" in page.text)


def test_another_site_may_still_link_here(client: TestClient) -> None:
    assert client.get(PAGE, headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_the_json_api_refuses_another_site_in_json(client: TestClient) -> None:
    refused = client.post(f"/api/x/screen/{SEED}", content=b"{}", headers={"origin": "https://other.example"})
    assert refused.status_code == 403
    assert "another website" in refused.json()["error"]


def _press(page: Page, name: str) -> None:
    """Reach a button by the keyboard alone, and press it."""
    reach(page, name, 60)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE), ("light", PHONE)])
def test_the_journey_by_keyboard_without_scripts(
    browser: Browser, served: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(
        java_script_enabled=False,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport=size,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(served + PAGE)
    _press(page, "Begin")
    page.get_by_label("Your answer (years)").focus()
    page.keyboard.type("30")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_text("30 years").is_visible()
    _press(page, "I don't know")
    _press(page, "Yes")
    _press(page, "Stop here and show the rules")
    assert page.get_by_role("heading", name="What is not known yet").is_visible()
    assert "30" not in page.url
    _press(page, "Forget everything")
    assert page.get_by_text("Your answers are gone").is_visible()
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_nothing_at_any_step(
    browser: Browser, served: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(served + PAGE)
    steps = ["Begin", "I don't know", "I don't know", "Yes", "Stop here and show the rules"]
    for number, step in enumerate(["", *steps]):
        if step:
            page.get_by_role("button", name=step, exact=True).click()
        assert violations(page) == [], step
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        take_picture(page, f"take-part-{number}-{scheme}")
    context.close()
