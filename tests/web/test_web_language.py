"""The language of the pages: which one is shown, and that its words are all there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from jinja2 import TemplateSyntaxError
from starlette.testclient import TestClient

from accrual.web.catalog import DEFAULT, catalog
from accrual.web.language import LANGUAGES, asked_language

from . import catalogs
from .catalogs import CATALOGS, read_catalog

OTHERS = [language for language in LANGUAGES if language != DEFAULT]
HOLE = re.compile(r"%\((\w+)\)s")


def _filled(one: Message) -> bool:
    return bool(one.string) if isinstance(one.string, str) else all(one.string or ("",))


@pytest.mark.parametrize("part", CATALOGS)
@pytest.mark.parametrize("language", OTHERS)
def test_every_word_of_the_pages_is_in_the_catalog_and_none_that_no_page_says(
    language: str, part: str
) -> None:
    """Where this fails: `python -m tests.web.catalogs`, then fill the empty ones."""
    asked = {(one.context, str(one.id)) for one in CATALOGS[part]() if one.id}
    kept = {(one.context, str(one.id)) for one in read_catalog(language, part) if one.id and _filled(one)}
    assert asked - kept == set(), "to be translated"
    assert kept - asked == set(), "no page says it any more"


@pytest.mark.parametrize("part", CATALOGS)
@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_holes_as_its_original(language: str, part: str) -> None:
    for one in read_catalog(language, part):
        ids = [one.id] if isinstance(one.id, str) else list(one.id)
        strings = [one.string] if isinstance(one.string, str) else list(one.string or ())
        for string in strings if one.id else ():
            assert set(HOLE.findall(string)) <= {hole for each in ids for hole in HOLE.findall(each)}, one.id


@pytest.mark.parametrize(
    ("query", "cookies", "accepted", "language"),
    [
        ("", "", "", "en"),
        ("lang=es", "lang=en", "en", "es"),
        ("lang=xx", "lang=es", "en", "es"),
        ("", 'lang="; =', "fr, es;q=0.8, en;q=0.5", "es"),
        ("", "", "es;q=nonsense, en;q=0.2", "en"),
        ("", "", "*" * 100_000, "en"),
    ],
)
def test_the_address_wins_over_the_cookie_and_that_over_the_browser(
    query: str, cookies: str, accepted: str, language: str
) -> None:
    assert asked_language(query, cookies, accepted) == language


def test_a_page_is_shown_in_the_language_asked_for_and_the_choice_is_kept(client: TestClient) -> None:
    answer = client.get("/search?text=cancer&lang=es")
    assert answer.headers["content-language"] == "es"
    assert '<html lang="es" dir="ltr">' in answer.text
    assert catalog("es").gettext("Skip to the content") in answer.text
    assert answer.headers["set-cookie"].startswith("lang=es; ")
    assert 'href="?text=cancer&amp;lang=en"' in answer.text
    client.cookies.clear()
    assert client.get("/").headers["content-language"] == "en"
    assert "set-cookie" not in client.get("/").headers


def test_a_page_in_another_language_says_once_that_records_are_in_english(client: TestClient) -> None:
    for address in ("/", "/search?text=leukemia", "/trials/NCT04785833"):
        assert client.get(address).text.count("own words are shown as they are") == 0
        told = client.get(address, headers={"accept-language": "es"}).text
        assert told.count("se muestran tal como son") == 1


def test_the_day_of_the_data_is_a_day_in_words(client: TestClient) -> None:
    told = client.get("/", headers={"accept-language": "es"}).text
    assert re.search(r"los tenía el registro el \d+ de \w+ de \d{4}\.", told)


def test_a_template_that_cannot_be_read_does_not_lose_its_words_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "templates").mkdir()
    broken = tmp_path / "templates" / "broken.html"
    monkeypatch.setattr(catalogs, "WEB", tmp_path)
    monkeypatch.setattr(catalogs, "ROOMS", ())
    broken.write_text('{{ _("Kept") }}')
    assert "Kept" in catalogs.said()
    broken.write_text('{{ _("Lost") }}{% if %}')
    with pytest.raises(TemplateSyntaxError):
        catalogs.said()
