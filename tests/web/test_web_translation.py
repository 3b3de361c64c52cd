"""Every word of ours on every page can be said in another language; what stays English says that it is English."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from accrual.api.limits import Workers
from accrual.api.refusals import out_of_time

from .fields import held, hidden_of_question
from .pseudo import CODE, untranslated
from .test_web_axe import PAGES

TYPED = {
    "results": ("leukemia",),
    "results-near": ("cancer", "London"),
    "no-results": ("xyzzyplugh",),
    "places-unknown": ("atlantis",),
}
"""What the visitor of a page wrote."""
FORMS = ("/trials/NCT04785833/screen", "/match")
OURS = {"origin": "http://testserver"}


@pytest.mark.parametrize("name", PAGES)
def test_no_word_of_ours_stays_english(client: TestClient, pseudo: str, name: str) -> None:
    address = PAGES[name]
    answer = client.get(f"{address}{'&' if '?' in address else '?'}{pseudo}")
    assert f'<html lang="{CODE}" dir="rtl">' in answer.text
    assert untranslated(answer.text, *TYPED.get(name, ())) == []


@pytest.mark.parametrize("address", FORMS)
def test_no_word_of_an_answer_stays_english(
    client: TestClient, pseudo: str, patient: bytes, address: str
) -> None:
    client.cookies.set("lang", CODE)
    for text in (patient.decode(), "", "{"):
        answer = client.post(address, data={"text": text}, headers=OURS)
        assert untranslated(answer.text) == []


def test_no_word_of_a_matrix_stays_english(client: TestClient, pseudo: str, patient: bytes) -> None:
    client.cookies.set("lang", CODE)
    page = client.post("/coordinators/matrix", data={"text": patient.decode()}, headers=OURS).text
    assert untranslated(page) == []
    cell = {"held": held(page), "cell": "NCT90000002-person"}
    assert untranslated(client.post("/coordinators/matrix", data=cell, headers=OURS).text) == []
    wrong = client.post("/coordinators/matrix", data={**cell, "cell": "none"}, headers=OURS)
    assert untranslated(wrong.text) == []


def test_no_word_of_a_caseload_stays_english(client: TestClient, pseudo: str, patient: bytes) -> None:
    client.cookies.set("lang", CODE)
    for trial in ("NCT04785833", "NCT00000001"):
        files = [("file", ("one.json", patient)), ("file", ("two.json", b"{"))]
        page = client.post("/coordinators/patients", data={"trial": trial}, files=files, headers=OURS).text
        assert untranslated(page, "one.json", "two.json") == []


@pytest.mark.parametrize("answers", [(), ("95",), ("?", "?", "?"), ("30", "?", "yes")])
def test_no_word_of_a_trials_questions_stays_english(
    client: TestClient, pseudo: str, answers: tuple[str, ...]
) -> None:
    client.cookies.set("lang", CODE)
    address = "/trials/NCT04785833/take-part"
    page = client.post(address, data={"start": "1"}, headers=OURS).text
    for answer in answers:
        assert untranslated(page) == []
        page = client.post(address, data={**hidden_of_question(page), "answer": answer}, headers=OURS).text
    assert untranslated(page) == []
    ended = client.post(address, data={**hidden_of_question(page), "show": "1"}, headers=OURS).text
    assert untranslated(ended) == []


@pytest.mark.parametrize("answers", [(), ("95",), ("?", "?", "?")])
def test_no_word_of_the_questions_over_trials_stays_english(
    client: TestClient, pseudo: str, answers: tuple[str, ...]
) -> None:
    client.cookies.set("lang", CODE)
    begun = {"begin": "1", "about_what": "leukemia", "near": "London", "open": "1"}
    page = client.post("/take-part", data=begun, headers=OURS).text
    for answer in answers:
        assert untranslated(page, "leukemia", "London") == []
        page = client.post(
            "/take-part", data={**hidden_of_question(page), "answer": answer}, headers=OURS
        ).text
    assert untranslated(page, "leukemia", "London") == []
    ended = client.post("/take-part", data={**hidden_of_question(page), "show": "1"}, headers=OURS).text
    assert untranslated(ended, "leukemia", "London") == []


def test_no_word_of_work_that_takes_too_long_stays_english(
    client: TestClient, pseudo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(self: Workers, work: object, *given: object) -> None:
        raise out_of_time(self.seconds)

    monkeypatch.setattr(Workers, "run", late)
    for address in ("/places", "/search?text=leukemia"):
        page = client.get(f"{address}{'&' if '?' in address else '?'}{pseudo}")
        assert page.status_code == 503
        assert untranslated(page.text, "leukemia") == []


def test_the_words_that_stay_english_are_found(client: TestClient, pseudo: str) -> None:
    page = client.get(f"/?{pseudo}").text
    assert untranslated(page.replace("</main>", "<p>Left as it was</p></main>")) == ["Left as it was"]
    assert untranslated(page.replace("</main>", '<p lang="en">Left as it was</p></main>')) == []
    assert untranslated(page.replace("</main>", '<i aria-label="Left"></i></main>')) == ["Left"]
