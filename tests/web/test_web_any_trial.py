"""Could I take part in any of these: questions over all trials of a search, three groups at the end, nothing kept."""

from __future__ import annotations

import html
import logging
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.finder import Finder
from accrual.patient.model import Patient
from accrual.search.query import Query
from accrual.web.app import create_app
from accrual.web.request_log import RequestLog

from .browser import DESKTOP, PHONE, reach, scripted, take_picture, violations
from .fields import hidden_of_question

PAGE = "/take-part"
NOTE = """Progress note. 23-year-old man with relapsed T-cell acute lymphoblastic leukemia, diagnosed in March 2024.
He received nelarabine. No HIV. ECOG 1. Hemoglobin 9.2 g/dL."""


def begun(client: TestClient, **fields: str) -> str:
    """The page after the short form."""
    return client.post(PAGE, data={"begin": "1", "about_what": "leukemia", **fields}).text


def answer(client: TestClient, page: str, value: str) -> str:
    return client.post(PAGE, data={**hidden_of_question(page), "answer": value}).text


def possible(page: str) -> int:
    found = re.search(r'id="left-now"[^>]*><strong>([\d,]+)</strong>', page)
    assert found is not None
    return int(found[1].replace(",", ""))


def funnel(page: str) -> list[int]:
    """The counts of the funnel's rows."""
    return [int(one.replace(",", "")) for one in re.findall(r'<td class="number"><strong>([\d,]+)', page)]


def test_the_first_page_asks_for_little_and_is_kept_nowhere(client: TestClient) -> None:
    page = client.get(PAGE)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "What is it about?" in page.text


def test_the_results_lead_here_with_their_search(client: TestClient) -> None:
    results = client.get("/search?text=leukemia&status=RECRUITING&page=1").text
    links = re.findall(r'href="(/take-part\?[^"]*)"', results)
    page = client.get(html.unescape(links[0])).text
    total = re.search(r"([\d,]+) trials?", html.unescape(re.sub("<[^>]+>", "", results.split("<h1")[1])))
    assert total is not None
    assert f"{total[1]} trial" in page.split("Your search:")[1].split("Change the search")[0]
    assert "leukemia" in page


def test_all_trials_of_the_search_are_looked_at(client: TestClient, web_home: Path) -> None:
    with Finder(web_home) as finder:
        expected = finder.find(Query(text="leukemia", top=0)).total
    page = begun(client)
    assert possible(page) == expected
    assert funnel(page) == [expected]


def test_only_trials_that_take_people_where_that_is_asked(client: TestClient) -> None:
    assert possible(begun(client, open="1")) < possible(begun(client))


def test_each_answer_moves_the_number_and_stands_in_the_funnel(client: TestClient, web_home: Path) -> None:
    page = begun(client, age="70", sex="male")
    counts = funnel(page)
    assert len(counts) == 3
    assert counts[0] > counts[1] >= counts[2] == possible(page)
    with Finder(web_home) as finder:
        old = Patient(age_years=70, sex="male")
        numbers = [hit.nct_id for hit in finder.find(Query(text="leukemia", top=100)).results]
        left = [
            number for number in numbers if finder.screen(number, old, DEMO_TODAY).verdict != "ineligible"
        ]
    assert possible(page) == len(left)
    page = answer(client, page, "?") if 'id="question"' in page else page
    assert funnel(page)[:3] == counts


def test_an_age_in_months_is_one(client: TestClient) -> None:
    page = begun(client, age="8 months")
    assert "<strong>8 months</strong>" in page
    assert possible(page) < possible(begun(client))
    assert possible(page) <= possible(begun(client, age="8"))


def test_an_age_said_in_the_words_is_an_answer_that_can_be_changed(client: TestClient) -> None:
    page = begun(client, about_what="my 70 year old father has leukemia")
    assert "<strong>70 years</strong>" in page
    page = client.post(PAGE, data={**hidden_of_question(page), "change": "age"}).text
    assert hidden_of_question(page)["about"] == "age"
    again = client.post(PAGE, data={**hidden_of_question(page), "number": "30"}).text
    assert "<strong>30 years</strong>" in again
    assert possible(again) > funnel(begun(client, age="70"))[1]


def test_a_changed_answer_is_counted_anew(client: TestClient) -> None:
    page = begun(client, age="70", sex="male")
    fields = {**hidden_of_question(page), "change": "age", "show": ""}
    del fields["show"]
    page = client.post(PAGE, data=fields).text
    assert [*funnel(page)] == [*funnel(begun(client, sex="male"))]


def test_stopping_shows_three_groups_and_the_deciding_rule(client: TestClient) -> None:
    page = begun(client, age="70")
    if 'id="outcome"' not in page:
        page = client.post(PAGE, data={**hidden_of_question(page), "show": "1"}).text
    for words in ("You may fit", "Not enough is known", "Does not fit", "Questions to take to the doctor"):
        assert words in page
    out = page.split('id="group-bad"')[1].split("</section>")[0]
    assert "Why:" in out
    assert "Highest age" in out
    assert "All rules of this trial" in out


def test_the_end_can_be_left_again(client: TestClient) -> None:
    page = begun(client, age="40")
    ended = client.post(PAGE, data={**hidden_of_question(page), "show": "1"}).text
    back = client.post(PAGE, data=hidden_of_question(ended)).text
    assert hidden_of_question(back)["about"] == hidden_of_question(page)["about"]
    assert funnel(back) == funnel(page)


def test_the_nearest_site_is_said_where_a_place_was_given(client: TestClient) -> None:
    page = begun(client, near="Suzhou", age="30")
    ended = client.post(PAGE, data={**hidden_of_question(page), "show": "1"}).text
    assert "Nearest recruiting site: " in ended
    assert "km" in ended


def test_a_note_is_read_and_what_it_says_is_not_asked(client: TestClient) -> None:
    page = begun(client, note=NOTE, about_what="leukemia")
    assert "hemoglobin: 9.2 g/dL" in page
    assert "T-cell acute lymphoblastic leukemia" in page
    assert "fishing" not in page
    assert "age" not in re.findall(r'name="change" value="([^"]*)"', page)
    assert "After your note or file" in page


@pytest.mark.parametrize("words", ["", "leukemia"])
def test_a_file_alone_finds_its_trials(client: TestClient, words: str) -> None:
    file = {"file": ("patient.json", demo_patients()[DEFAULT_PATIENT], "application/json")}
    page = client.post(PAGE, data={"begin": "1", "about_what": words}, files=file).text
    assert funnel(page)[0] >= funnel(page)[1] == possible(page) > 0
    if 'id="question"' in page:
        page = answer(client, page, "?")
        assert possible(page) == funnel(page)[1]


def test_what_of_a_file_was_not_used_is_said(client: TestClient) -> None:
    form = b'{"accrual_patient": 1, "age": 40, "measurements": [{"name": "ECOG", "value": "far too much"}]}'
    page = client.post(
        PAGE, data={"begin": "1", "about_what": "leukemia"}, files={"file": ("p.json", form)}
    ).text
    assert "What we could not use" in page
    assert "measurements[0]" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"about_what": ""}, "say what it is about"),
        ({"about_what": "", "open": "1"}, "say what it is about"),
        ({"near": "Atlantis-on-Sea"}, "Atlantis-on-Sea"),
        ({"age": "old"}, "is not an age"),
        ({"age": "900"}, "is not an age"),
        ({"sex": "<b>"}, "choose one of the answers"),
        ({"about_what": "xyzzyplugh"}, "no trial is found"),
        ({"note": '{"resourceType": "Bundle", "entry": ['}, "is not JSON"),
        ({"note": '{"protocolSection": {}}'}, "Known forms"),
        ({"about_what": "x" * 5000}, "too many words"),
    ],
    ids=range(10),
)
def test_what_cannot_be_read_is_said_and_what_was_typed_stays(
    client: TestClient, fields: dict[str, str], words: str
) -> None:
    sent = {"begin": "1", "about_what": "leukemia", "age": "40", **fields}
    page = client.post(PAGE, data=sent)
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert words in html.unescape(page.text)
    assert html.escape(sent["about_what"], quote=True) in page.text
    if "note" in fields:
        assert html.escape(fields["note"], quote=False)[:20] in html.unescape(page.text)


def test_a_file_that_no_form_has_says_what_to_do(client: TestClient) -> None:
    file = {"file": ("scan.pdf", b"%PDF-1.7\x00\xff\xfe binary")}
    page = client.post(PAGE, data={"begin": "1", "about_what": "leukemia"}, files=file)
    assert page.status_code == 400
    assert "Traceback" not in page.text


@pytest.mark.parametrize(
    "field",
    [
        {"search": "status=NONSENSE"},
        {"search": "text=a" * 3000},
        {"search": "near=Atlantis-on-Sea"},
        {"search": "text=leukemia&within=far&near=London"},
        {"answers": "{"},
        {"answers": '[["foo/asthma","","yes",""]]'},
        {"answers": '[["sex","","perhaps",""]]'},
        {"answers": '[["age","","1e999",""]]'},
        {"answers": "[" * 100_000},
        {"left": "1,-2"},
        {"left": "x"},
        {"left": "9" * 5000},
        {"held": "not sealed by us"},
        {"held": "AAAA"},
        {"held": "é"},
        {"search": ""},
    ],
    ids=range(16),
)
def test_fields_that_no_page_wrote_are_refused(client: TestClient, field: dict[str, str]) -> None:
    page = client.post(PAGE, data={"search": "text=leukemia", "answers": "[]", **field})
    assert page.status_code == 400
    assert 'role="alert"' in page.text


def test_a_forged_count_changes_no_verdict(client: TestClient) -> None:
    page = begun(client, age="40")
    honest = answer(client, page, "?")
    forged = client.post(
        PAGE, data={**hidden_of_question(page), "left": "999999999,999999999", "answer": "?"}
    )
    assert forged.status_code == 200
    assert possible(forged.text) == possible(honest)
    short = client.post(PAGE, data={**hidden_of_question(page), "left": "", "answer": "?"}).text
    assert funnel(short) == funnel(honest)


def test_an_answer_that_cannot_be_is_asked_again_and_nothing_is_lost(client: TestClient) -> None:
    page = client.post(PAGE, data={**hidden_of_question(begun(client)), "change": "age", "about": "age"}).text
    wrong = client.post(PAGE, data={**hidden_of_question(page), "about": "age", "number": "very"})
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert hidden_of_question(wrong.text)["search"] == hidden_of_question(page)["search"]


def test_words_of_a_visitor_are_never_markup(client: TestClient) -> None:
    page = begun(client, about_what="leukemia <script>x</script>", near='"><script>y</script>')
    assert "<script>x" not in page
    assert "<script>y" not in page


def test_forgetting_leaves_nothing(client: TestClient) -> None:
    page = begun(client, age="40", note=NOTE)
    gone = client.post(PAGE, data={**hidden_of_question(page), "forget": "1"})
    assert "Your answers are gone" in gone.text
    assert "leukemia" not in gone.text
    assert 'name="answers"' not in gone.text
    assert "set-cookie" not in gone.headers


def test_no_log_and_no_header_holds_what_was_said(
    web_home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    with Finder(web_home) as finder, caplog.at_level(logging.DEBUG):
        app = RequestLog(create_app(finder, today=lambda: DEMO_TODAY), lines.append)
        client = TestClient(app, raise_server_exceptions=False)
        pages = [client.post(PAGE, data={"begin": "1", "about_what": "leukemia", "age": "61", "note": NOTE})]
        pages.append(client.post(PAGE, data={**hidden_of_question(pages[0].text), "show": "1"}))
        pages.append(
            client.post(PAGE, data={"begin": "1", "about_what": "leukemia", "near": "Nelarabinville"})
        )
        pages.append(client.post(PAGE, data={"search": "text=leukemia", "held": "nelarabine"}))
    written = "\n".join([*lines, caplog.text, *capfd.readouterr()])
    assert len(lines) == 4
    for words in ("leukemia", "nelarabine", "Nelarabinville", "61"):
        assert words not in re.sub(r"\d+ ms", "", written)
    for page in pages:
        assert "set-cookie" not in page.headers
        assert page.headers["cache-control"] == "no-store"


def test_no_more_trials_are_opened_than_a_page_holds(client: TestClient) -> None:
    page = begun(client, about_what="cancer")
    for shown in ("5", "9999", "-1", "x"):
        ended = client.post(PAGE, data={**hidden_of_question(page), "show": "1", "shown": shown})
        assert ended.status_code == 200
        assert ended.text.count("All rules of this trial") <= 75


def test_the_pages_speak_spanish(client: TestClient) -> None:
    page = client.post(
        PAGE, data={"begin": "1", "about_what": "leukemia"}, headers={"accept-language": "es"}
    ).text
    assert "siguen siendo posibles" in page


# -- in a browser


def _reach(page: Page, name: str) -> None:
    """Reach a button or a summary by the keyboard alone."""
    reach(page, name, 80)


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
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
    page.get_by_label("What is it about?").focus()
    page.keyboard.type("leukemia")
    page.keyboard.press("Tab")
    page.keyboard.type("30")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_text("30 years").first.is_visible()
    _reach(page, "I don't know")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    _reach(page, "Stop here and show the trials")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("heading", name="How it stands").is_visible()
    assert page.url == f"{served}{PAGE}#now"
    _reach(page, "Forget everything")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_text("Your answers are gone").is_visible()
    assert context.cookies() == []
    context.close()


@scripted
def test_with_scripts_only_the_step_changes_and_the_focus_is_on_the_new_question(
    browser: Browser, served: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    loads: list[str] = []
    page.goto(served + PAGE)
    page.get_by_label("What is it about?").fill("leukemia")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("#question")
    page.on("load", lambda: loads.append("load"))
    address = page.url
    for _ in range(2):
        before = page.locator("#question").inner_text()
        page.get_by_role("button", name="I don't know").focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "before => document.activeElement.id === 'question' && document.activeElement.innerText !== before",
            arg=before,
        )
    assert page.get_attribute("#left-now", "role") == "status"
    page.get_by_role("button", name="Stop here and show the trials").click()
    page.wait_for_function("() => document.activeElement.id === 'outcome'")
    assert page.url == address
    assert loads == []
    context.close()


@scripted
def test_an_answer_that_cannot_be_sent_is_said(browser: Browser, served: str) -> None:
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(served + PAGE)
    page.get_by_label("What is it about?").fill("leukemia")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("#question")
    context.set_offline(True)
    page.get_by_role("button", name="I don't know").click()
    page.wait_for_function(
        "() => document.getElementById('left-now').textContent.includes('could not be sent')"
    )
    context.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_nothing_at_any_step(
    browser: Browser, served: str, scheme: str, size: dict[str, int]
) -> None:
    # Without scripts every step is a page of its own; axe is run by the browser's own hand.
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()

    def look(name: str) -> None:
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        take_picture(page, f"any-trial-{name}-{scheme}")

    page.goto(served + PAGE)
    look("start")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("[role=alert]")
    look("error")
    page.get_by_label("What is it about?").fill("cancer")
    page.locator("#age").fill("45")
    page.locator(".own summary").click()
    page.get_by_label("Or paste the text here").fill(NOTE)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("#question")
    for summary in page.locator("aside details summary").all():
        summary.click()
    look("question")
    page.get_by_role("button", name="Stop here and show the trials").click()
    page.wait_for_selector("#outcome")
    page.locator(".trial-list summary").first.click()
    look("outcome")
    page.goto(f"{served}{PAGE}?text=leukemia&status=RECRUITING")
    look("search")
    context.close()
