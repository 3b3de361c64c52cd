"""The page of a virtual trial: its parts, other numbers, refusals; whole in a browser, in every language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

pytest.importorskip("scipy")
pytest.importorskip("numba")

import numpy as np

from accrual.finder import Finder
from accrual.report.words import NOTICE
from accrual.simulate.outcome import simulate
from accrual.simulate.settings import Settings
from accrual.simulate.therapies import THERAPIES
from accrual.web.simulation import KEPT, SimulationPages

from .browser import DESKTOP, PHONE, take_picture, violations, wider_than_the_window
from .pseudo import CODE, untranslated
from .test_web_pages import page

ADDRESS = "/trials/NCT04785833/simulate"


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """The models are compiled once on a machine; that is no part of what a page may take."""
    simulate(THERAPIES["4-1BB"], 20, 1, np.random.default_rng(1))


def test_a_single_arm_leads_to_its_virtual_trial_and_others_do_not(client: TestClient) -> None:
    assert ADDRESS in page(client, "/trials/NCT04785833").links()
    for other in ("NCT90000034", "NCT90000053", "NCT90000004"):
        assert not [link for link in page(client, f"/trials/{other}").links() if link.endswith("/simulate")]


def test_the_page_holds_every_part_and_says_what_it_is(client: TestClient) -> None:
    shown = client.get(ADDRESS)
    assert shown.status_code == 200
    assert NOTICE in page(client, ADDRESS).text
    assert shown.text.count("<figure") == shown.text.count('role="img"') == 6
    assert "Complete remission on day 28" in shown.text
    assert "What this cannot show" in shown.text
    assert "<style" not in shown.text
    assert " style=" not in shown.text
    assert client.get("/static/figures.css").status_code == 200


def test_other_numbers_give_another_design(client: TestClient) -> None:
    shown = page(client, f"{ADDRESS}?null=20&target=50&participants=12&therapy=none").text
    assert "yes if 6 or more of 12 respond" in shown
    assert "Left out: what happens to participants: no therapy was asked for." in shown


def test_a_trial_without_a_model_has_the_design_part(client: TestClient) -> None:
    shown = page(client, "/trials/NCT90000048/simulate").text
    assert "Left out" in shown
    assert "of 65 respond" in shown


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("null=x", "write a whole number"),
        ("null=nan", "write a whole number"),
        ("participants=2.5", "write a whole number"),
        ("null=90", "above the null rate"),
        ("null=0", "null_rate is 0"),
        ("participants=5000", "5,000"),
        ("therapy=magic", "magic"),
        ("seed=999999999999", "write a whole number"),
    ],
)
def test_what_cannot_be_simulated_is_said_above_the_form(client: TestClient, query: str, says: str) -> None:
    shown = client.get(f"{ADDRESS}?{query}")
    assert shown.status_code == 400
    assert says in shown.text
    assert 'name="null"' in shown.text
    assert "Traceback" not in shown.text


def test_what_a_visitor_writes_is_text(client: TestClient) -> None:
    shown = client.get(ADDRESS, params={"null": '"><script>', "therapy": "<b>x"})
    assert "<script>x" not in shown.text
    assert '"><script>' not in shown.text


def test_a_server_without_the_libraries_says_so_and_has_no_link(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrual.simulate.settings._LIBRARIES", ("no_such_library",))
    shown = client.get(ADDRESS)
    assert shown.status_code == 503
    assert "is not installed on this server" in shown.text
    assert ADDRESS not in page(client, "/trials/NCT04785833").links()


def test_another_spelling_leads_to_the_one_address(client: TestClient) -> None:
    answer = client.get("/trials/nct04785833/simulate?null=40", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{ADDRESS}?null=40")
    assert client.get("/trials/NCT00000001/simulate").status_code == 404


def test_answers_are_kept_and_few(web_home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    with Finder(web_home) as finder:  # type: ignore[arg-type]
        real = finder.simulate

        def counted(nct: str, settings: Settings) -> object:
            asked.append(settings.seed)
            return real(nct, settings)

        monkeypatch.setattr(finder, "simulate", counted)
        pages = SimulationPages(finder, 20.0)
        settings = [Settings(seed=seed, therapy="none") for seed in range(1, KEPT + 3)]
        for one in (settings[0], settings[0], *settings[1:], settings[0]):
            pages._sheet("NCT04785833", one)
        assert asked == [*range(1, KEPT + 3), 1]
        assert len(pages._kept) == KEPT
        pages.workers.close()


def test_no_word_of_the_whole_page_stays_english(client: TestClient, pseudo: str) -> None:
    answer = client.get(f"{ADDRESS}?{pseudo}")
    assert f'<html lang="{CODE}"' in answer.text
    assert untranslated(answer.text) == []


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_the_whole_page_in_a_browser(
    browser: Browser, served: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size, java_script_enabled=True)  # type: ignore[arg-type]
    shown = context.new_page()
    shown.goto(served + ADDRESS)
    assert violations(shown) == []
    assert wider_than_the_window(shown) == []
    take_picture(shown, f"simulate-whole-{scheme}")
    assert re.search(r"\d", shown.locator("figure#blood text").first.text_content() or "")
    shown.emulate_media(media="print")
    assert shown.pdf(format="A4").startswith(b"%PDF")
    context.close()
