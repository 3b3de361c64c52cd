"""One patient and many trials: the matrix adds up, every cell has its proof, and the file says what the page says."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from accrual.demo import DEMO_TODAY, demo_patients
from accrual.finder import Finder
from accrual.match.verdict import tally
from accrual.plain.matrix import cells, topical_rules
from accrual.plain.topics import TOPICS

from .browser import DESKTOP, PHONE, scripted, take_picture, violations
from .conftest import ATTACK
from .fields import held
from .workbook import opened

PAGE = "/coordinators/matrix"


def shown(client: TestClient, patient: bytes, **search: str) -> str:
    """The page of the matrix."""
    answer = client.post(PAGE, data={"text": patient.decode(), **search})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def cell_counts(page: str) -> dict[str, tuple[int, int, int]]:
    """Each cell's met, not known and not met, as the page says them."""
    found = {}
    for key, inside in re.findall(r'name="cell" value="([^"]+)"[^>]*>(.*?)</button>', page, re.DOTALL):
        numbers = dict.fromkeys(("met", "not known", "not met"), 0)
        for number, words in re.findall(r'<span class="hidden-label">(\d+) ([a-z ]+), </span>', inside):
            numbers[words] = int(number)
        found[key] = (numbers["met"], numbers["not known"], numbers["not met"])
    return found


def test_the_cells_of_a_trial_add_up_to_its_tally(web_home: Path) -> None:
    with Finder(web_home) as finder:
        for body in demo_patients().values():
            patient = finder.read_patient(body)
            for number in finder.nct_ids():
                screening = finder.screen(number, patient, DEMO_TODAY)
                row, counted = cells(screening), tally(screening)
                assert tuple(cell.topic for cell in row) == TOPICS
                assert sum(cell.met for cell in row) == counted.met
                assert sum(cell.unknown for cell in row) == counted.unknown
                assert sum(cell.unmet for cell in row) == counted.unmet
                assert (counted.unmet > 0) == (screening.verdict == "ineligible")


def test_the_matrix_shows_the_best_trials_with_a_cell_a_topic(client: TestClient, patient: bytes) -> None:
    page = shown(client, patient)
    assert page.count('<th scope="row">') > 5
    assert "May be eligible" in page
    assert "Not eligible" in page
    assert "23 years, male" in page
    assert "demo-1" not in page  # the file's own name for the patient


def test_words_of_a_search_choose_the_trials(client: TestClient, patient: bytes) -> None:
    page = shown(client, patient, search="breast cancer")
    assert "Search: breast cancer." in page
    numbers = set(re.findall(r'<th scope="row">.*?href="/trials/(NCT\d+)"', page, re.DOTALL))
    found = client.get("/search", params={"text": "breast cancer"}).text
    assert numbers == set(re.findall(r'<h2><a href="/trials/(NCT\d+)"', found))


def test_a_status_and_a_place_narrow_and_measure(client: TestClient, patient: bytes) -> None:
    page = shown(client, patient, search="leukemia", near="London", status="RECRUITING")
    statuses = re.findall(r'<span class="small quiet">NCT\d+ · ([^<]*)</span>', page)
    assert statuses
    assert all(re.fullmatch(r"Recruiting \(checked [^)]+\)", status) for status in statuses), statuses
    assert " km (" in page


def test_each_cell_opens_the_rules_that_it_counts(client: TestClient, patient: bytes) -> None:
    page = shown(client, patient)
    field = held(page)
    for key, counts in list(cell_counts(page).items())[:40]:
        proof = client.post(PAGE, data={"held": field, "cell": key}, headers={"hx-request": "true"}).text
        assert "<html" not in proof
        own = proof.split("<h3>")[0]  # behind it stand the rules of groups of people
        lines = [own.count(f'<p class="tone {tone}">') for tone in ("good", "open", "bad")]
        assert tuple(lines) == counts, key


def test_a_proof_quotes_both_sides(client: TestClient, patient: bytes) -> None:
    page = client.post(PAGE, data={"held": held(shown(client, patient)), "cell": "NCT90000002-person"}).text
    proof = page.split('id="proof"')[1]
    assert "less than 18 years of age" in proof
    assert "born 2003-05-17" in proof
    assert 'aria-current="true"' in page


@pytest.mark.parametrize(
    "cell", ["", "NCT90000002", "NCT90000002-", "NCT00000000-person", "x-<b>", "-person"]
)
def test_a_cell_that_is_none_is_said(client: TestClient, patient: bytes, cell: str) -> None:
    answer = client.post(PAGE, data={"held": held(shown(client, patient)), "cell": cell})
    assert answer.status_code == 400
    assert "none of the table" in answer.text


@pytest.mark.parametrize("field", ["", "AAAA", "[]", "é"])
def test_a_forged_page_is_refused_whole_and_in_part(client: TestClient, field: str) -> None:
    asked = {"held": field, "cell": "NCT90000002-person"}
    assert "send the file again" in client.post(PAGE, data=asked).text
    part = client.post(PAGE, data=asked, headers={"hx-request": "true"})
    assert part.status_code == 400
    assert "<html" not in part.text
    assert "send the file again" in client.post(f"{PAGE}/file", data=asked).text


def test_what_cannot_be_read_says_so_and_keeps_the_search(client: TestClient) -> None:
    answer = client.post(PAGE, data={"text": '{"resourceType": 1}', "search": "asthma", "near": "Oslo"})
    assert answer.status_code == 400
    assert "Known forms" in answer.text
    assert 'value="asthma"' in answer.text
    assert "no patient was given" in client.post(PAGE, data={"text": " "}).text
    nowhere = client.post(PAGE, data={"text": '{"sex": "male"}', "near": "Xyzzyplugh"})
    assert nowhere.status_code == 400


def test_a_patient_of_hostile_words_stays_text(client: TestClient) -> None:
    body = {"accrual_patient": 1, "id": ATTACK, "sex": "male", "age": 30, "conditions": [{"name": ATTACK}]}
    page = shown(client, json.dumps(body).encode(), search="hostile")
    assert ATTACK not in page
    assert "<script>alert" not in page


def test_the_excel_file_says_what_the_page_says(client: TestClient, patient: bytes) -> None:
    page = shown(client, patient)
    answer = client.post(f"{PAGE}/file", data={"held": held(page), "form": "xlsx"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].endswith(f'accrual-matrix-{DEMO_TODAY.isoformat()}.xlsx"')
    sheets = opened(answer.content)
    assert list(sheets) == ["Trials", "Rules", "About"]
    head, *rows = sheets["Trials"]
    assert head[5:8] == ["Age and sex: met", "Age and sex: not known", "Age and sex: not met"]
    counts = cell_counts(page)
    for row in rows:
        for at, topic in enumerate(TOPICS):
            numbers = tuple(int(number) for number in row[5 + 3 * at : 8 + 3 * at])
            assert numbers == counts.get(f"{row[0]}-{topic}", (0, 0, 0))
    assert [row[0] for row in rows] == re.findall(
        r'<th scope="row">.*?href="/trials/(NCT\d+)"', page, re.DOTALL
    )
    about = dict(row[:2] for row in sheets["About"][1:])
    assert about["Decided as of"] == DEMO_TODAY.isoformat()
    assert "never read as yes or as no" in about["Not known"]
    assert "not medical advice" in about["No medical advice"]
    assert "demo-1" not in str(sheets)


def test_the_rules_of_the_file_are_those_of_the_screening(
    client: TestClient, patient: bytes, web_home: Path
) -> None:
    sheets = opened(client.post(f"{PAGE}/file", data={"held": held(shown(client, patient))}).content)
    rules = [row for row in sheets["Rules"] if row[0] == "NCT90000002" and not row[2]]
    with Finder(web_home) as finder:
        screening = finder.screen("NCT90000002", finder.read_patient(patient), DEMO_TODAY)
    assert [row[4] for row in rules] == [rule.line.text for _, rule in topical_rules(screening)]


def test_the_csv_file_has_the_rows_and_its_dates(client: TestClient, patient: bytes) -> None:
    page = shown(client, patient)
    body = client.post(f"{PAGE}/file", data={"held": held(page), "form": "csv"}).content
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == page.count('<th scope="row">')
    assert {row["Decided as of"] for row in rows} == {DEMO_TODAY.isoformat()}
    assert rows[0]["Made by"].startswith("accrual ")


def test_formulas_of_a_file_stay_text(client: TestClient) -> None:
    body = {
        "accrual_patient": 1,
        "sex": "male",
        "age": 30,
        "conditions": [{"name": '=HYPERLINK("http://x.example","asthma")'}, {"name": "asthma"}],
        "measurements": [{"name": "ECOG", "value": 1}],
    }
    page = shown(client, json.dumps(body).encode(), search="asthma")
    sheets = opened(client.post(f"{PAGE}/file", data={"held": held(page)}).content)  # fails on a formula
    assert len(sheets["Rules"]) > 3


def test_the_page_speaks_spanish(client: TestClient, patient: bytes) -> None:
    page = client.post(PAGE, data={"text": patient.decode()}, headers={"accept-language": "es"}).text
    assert "ensayos para una persona" in page
    assert "No se sabe" in page


def fill(page: Page, served: str, patient: bytes) -> None:
    """Send the form."""
    page.goto(f"{served}/coordinators")
    page.get_by_role("link", name="One patient, many trials").click()
    page.get_by_label("Or paste it here").fill(patient.decode())
    page.get_by_role("button", name="Show the table").click()
    page.get_by_role("region", name="Trials and their rules").wait_for()


@scripted
@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_a_cell_opens_by_the_keyboard_and_the_proof_takes_the_focus(
    browser: Browser, served: str, patient: bytes, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    fill(page, served, patient)
    assert violations(page) == []
    take_picture(page, f"coordinators-matrix-{scheme}")
    page.locator("#cell-NCT90000002-person").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "cell-NCT90000002-disease"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.locator("#proof-title:focus").wait_for()
    assert "Bispecific" in page.locator("#proof-title").inner_text()
    assert page.url.endswith(PAGE)
    assert violations(page) == []
    take_picture(page, f"coordinators-proof-{scheme}")
    page.get_by_role("link", name="Back to the cell").press("Enter")
    page.locator("#cell-NCT90000002-person:focus").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    context.close()


def test_a_cell_opens_without_scripts_at_320_pixels(browser: Browser, served: str, patient: bytes) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    fill(page, served, patient)
    region = page.get_by_role("region", name="Trials and their rules")
    assert region.get_attribute("tabindex") == "0"
    page.locator("#cell-NCT90000002-person").press("Enter")
    page.wait_for_url("**#proof")
    assert "born 2003-05-17" in page.locator("#proof").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="As an Excel file").click()
    assert list(opened(Path(download.value.path()).read_bytes())) == ["Trials", "Rules", "About"]
    context.close()


@scripted
def test_the_head_and_the_first_column_stay_in_sight(browser: Browser, served: str, patient: bytes) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    fill(page, served, patient)
    region = page.locator(".matrix")
    box = region.bounding_box()
    assert box is not None
    region.evaluate("one => one.scrollTo(300, 400)")
    corner = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('th').innerText", [box["x"] + 20, box["y"] + 20]
    )
    assert corner == "Trial"
    context.close()
