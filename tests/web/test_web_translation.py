"""Every word of ours on every page can be said in another language; what stays English says that it is English."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

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


def test_the_words_that_stay_english_are_found(client: TestClient, pseudo: str) -> None:
    page = client.get(f"/?{pseudo}").text
    assert untranslated(page.replace("</main>", "<p>Left as it was</p></main>")) == ["Left as it was"]
    assert untranslated(page.replace("</main>", '<p lang="en">Left as it was</p></main>')) == []
    assert untranslated(page.replace("</main>", '<i aria-label="Left"></i></main>')) == ["Left"]
