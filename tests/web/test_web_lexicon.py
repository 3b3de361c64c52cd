"""Searching in Spanish: the table of words, names read backwards, English left alone, and the seed trial found."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from accrual.codes.concepts import seed_concepts, vocabulary
from accrual.plain.translation import Key, Lexicon, key_of, translate
from accrual.plain.understanding import Understood, understand
from accrual.search.places import default_places
from accrual.web.catalog import catalog
from accrual.web.language import LANGUAGES
from accrual.web.lexicon import lexicon, name_entries, table_entries

SEED = "NCT04785833"


@pytest.fixture(scope="module")
def spanish() -> Lexicon:
    found = lexicon("es")
    assert found is not None
    return found


def read(text: str) -> Understood:
    places = default_places()
    return understand(text, places.find, places.is_known, lambda words: 5)


def found_by(client: TestClient, text: str, language: str = "es") -> tuple[list[str], str]:
    page = client.get("/search", params={"text": text, "lang": language})
    assert page.status_code == 200
    notice = re.search(r'<div class="notice understood">(.*?)</div>', page.text, re.DOTALL)
    said = re.sub(r"<[^>]+>", "", notice[1]) if notice else ""
    return re.findall(r'<a href="/trials/(NCT\d+)"', page.text), " ".join(said.split())


def test_every_row_of_the_table_has_words_of_its_own() -> None:
    rows = list(table_entries("es"))
    keys = [key_of(typed) for typed, _ in rows]
    assert len(set(keys)) == len(keys)
    assert all(keys)
    names: dict[Key, str] = {}
    for words, entry in name_entries("es"):
        names.setdefault(key_of(words), entry.english)
    repeated = [typed for typed, entry in rows if names.get(key_of(typed)) == entry.english]
    assert repeated == []
    assert [typed for typed, entry in rows if not entry.english and entry.kind != "word"] == []


def test_names_of_the_catalog_are_read_backwards(spanish: Lexicon) -> None:
    words, wrong, count = catalog("es"), [], 0
    for concept in seed_concepts():
        own = words.find("name", concept.name) or ""
        if not own or "(" in own:
            continue
        count += 1
        found = vocabulary().lookup(translate(own, spanish).text)
        if found is None or found.id != concept.id:
            wrong.append(own)
    # Where only accents differ nothing is read: the search itself knows no accents. The rest has signs in its name,
    # or is the name of two things.
    bare = [own for own in wrong if not re.search(r"[,./]", own) and translate(own, spanish).changed]
    assert count > 1_900
    assert sorted(bare) == ["insuficiencia hepática", "vacunación"]


def test_english_names_mean_the_same_on_a_spanish_page(spanish: Lexicon) -> None:
    wrong, count = [], 0
    for concept in seed_concepts():
        for name in (concept.name, *concept.synonyms):
            count += 1
            reading = translate(name, spanish)
            if reading.changed:
                found = vocabulary().lookup(reading.text)
                if found is None or found.id != concept.id:
                    wrong.append((name, reading.text))
    assert count > 5_000
    assert wrong == []


@pytest.mark.parametrize(
    "typed",
    [
        "my father's T-cell leukemia came back",
        "my mom has breast cancer that spread",
        "my wife has lupus and we live in Boston",
        "lung cancer in Suzhou China",
        "son with asthma, 5 years old",
        "CAR-T for my son’s leukemia",
        "no drugs work for me",
        "Los Angeles La Jolla",
        "CD7 CAR-T",
        "stage 4 colon cancer in men",
        "he is once a day on a placebo",
    ],
)
def test_an_english_sentence_is_left_alone_on_a_spanish_page(spanish: Lexicon, typed: str) -> None:
    assert not translate(typed, spanish).changed


def test_an_english_page_reads_english_alone(client: TestClient) -> None:
    assert lexicon("en") is None
    assert found_by(client, "leucemia", "en")[0] == []
    for text in ("leukemia", "asthma in children", "my father's T-cell leukemia came back"):
        assert found_by(client, text, "en")[0] == found_by(client, text, "es")[0] != []


@pytest.mark.parametrize(
    ("typed", "text", "near"),
    [
        ("asma en niños", "asthma", ""),
        ("diabetes tipo 2 cerca de Madrid", "type 2 diabetes", "Madrid, Spain"),
        (
            "mi padre tiene leucemia de células T y ha vuelto",
            "T-cell leukemia relapsed OR recurrent",
            "",
        ),
        (
            "mujeres embarazadas con VIH en Los Ángeles",
            "HIV pregnant",
            "Los Angeles, California, United States",
        ),
    ],
)
def test_a_sentence_asks_for_what_it_says(spanish: Lexicon, typed: str, text: str, near: str) -> None:
    found = read(translate(typed, spanish).text)
    assert (sorted(found.text.split()), found.near) == (sorted(text.split()), near)


@pytest.mark.parametrize(
    "typed",
    ["leucemia de células T", "LEUCEMIA DE CELULAS T", "mi hijo tiene leucemia de células T en recaída"],
)
def test_the_trial_is_found_in_spanish_and_the_reading_is_told(client: TestClient, typed: str) -> None:
    trials, said = found_by(client, typed)
    assert SEED in trials
    assert "como “T-cell leukemia”" in said
    assert "Los registros de los ensayos están en inglés." in said


def test_the_very_words_can_be_searched_for_instead(client: TestClient) -> None:
    page = client.get("/search", params={"text": "leucemia", "exact": "leucemia", "lang": "es"})
    assert "/trials/NCT" not in page.text


def test_an_english_page_that_finds_nothing_offers_the_reading_with_its_count(client: TestClient) -> None:
    page = client.get("/search", params={"text": "leucemia", "lang": "en"}).text
    offered = re.search(r'<a href="(/search\?[^"]*)">In English: “leukemia”</a>: (\d+) trials', page)
    assert offered is not None
    assert f"{offered[2]} trials" in client.get(offered[1].replace("&amp;", "&")).text


def test_the_map_shows_the_trials_of_a_spanish_search(client: TestClient) -> None:
    items = client.get("/map", params={"text": "leucemia de células T", "lang": "es"}).json()["items"]
    assert any(SEED in address for _, address in items)


def test_a_country_is_a_place_by_its_spanish_name(client: TestClient) -> None:
    page = client.get("/search", params={"text": "leucemia", "near": "Alemania", "lang": "es"})
    assert page.status_code == 200
    page = client.get("/search", params={"text": "leucemia", "near": "Xyzzylandia", "lang": "es"})
    assert page.status_code == 400


def test_making_ready_reads_every_catalog(client: TestClient) -> None:
    catalog.cache_clear()
    lexicon.cache_clear()
    client.app.state.make_ready()  # type: ignore[attr-defined]
    assert catalog.cache_info().currsize == len(LANGUAGES) == lexicon.cache_info().currsize
