"""Plain words understood: what is read into a search, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.plain.understanding import Understood, understand
from accrual.search.places import default_places
from accrual.search.slips import respelled, slips

COUNTS = {"hypertension": 50, "semaglutide": 20, "leukemia": 9}


def read(text: str) -> Understood:
    places = default_places()
    return understand(text, places.find, places.is_known, lambda words: COUNTS.get(words, 5))


@pytest.mark.parametrize(
    ("typed", "text", "near"),
    [
        ("my father's T-cell leukemia came back", "T-cell leukemia relapsed", ""),
        ("my mom has breast cancer that spread", "breast cancer metastatic", ""),
        ("asthma near london", "asthma", "London, England, United Kingdom"),
        ("my wife has lupus and we live in Boston", "lupus", "Boston, Massachusetts, United States"),
        ("lung cancer in Suzhou China", "lung cancer", "Suzhou, Jiangsu, China"),
        ("the drugs stopped working for my depression", "depression refractory", ""),
        ("CAR-T for my son’s leukemia", "CAR-T leukemia", ""),
    ],
)
def test_family_and_asking_are_left_out_and_what_was_said_is_kept(typed: str, text: str, near: str) -> None:
    found = read(typed)
    assert (found.text, found.near, found.changed) == (text, near, True)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "leukemia",
        "CD7 CAR-T",
        "NCT04785833",
        "quality of life",
        "difficulty in reading",
        "my mother",
        '"my father\'s leukemia"',
        "AREA[Condition] my father",
        "my " * 200,
        "xyzzyplugh",
    ],
)
def test_what_needs_no_reading_is_left_as_it_is(typed: str) -> None:
    assert read(typed) == Understood(typed)


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ("kids with asthma", (("age_group", "CHILD"),)),
        ("asthma in a 72 year old man", (("sex", "MALE"), ("sex", "ALL"))),
        ("women with lupus", (("sex", "FEMALE"), ("sex", "ALL"))),
        ("men and women with lupus", ()),
        ("lupus in Germany", (("country", "Germany"),)),
        ("my father has asthma", ()),  # who is ill says nothing of who takes part
    ],
)
def test_only_what_is_said_outright_narrows_a_search(
    typed: str, filters: tuple[tuple[str, str], ...]
) -> None:
    assert read(typed).filters == filters


@pytest.mark.parametrize(
    ("typed", "age"),
    [
        ("my 8-year-old daughter has asthma", "8"),
        ("asthma in a 72 year old man", "72"),
        ("eczema, 8 month old baby", "8 months"),
        ("my son, aged 6 weeks, has spina bifida", "6 weeks"),
        ("I am 54 years old with lupus", "54"),
        ("asthma age 30", "30"),
        ("asthma age 18 to 30", ""),
        ("a trial of 12 weeks in asthma", ""),
        ("asthma aged 900", ""),
    ],
)
def test_an_age_that_is_said_is_the_age_searched_for(typed: str, age: str) -> None:
    found = read(typed)
    assert found.age == age
    assert not age or not [facet for facet, _ in found.filters if facet == "age_group"]


def test_a_name_that_more_trials_use_stands_for_the_one_typed_and_is_told() -> None:
    found = read("high blood pressure")
    assert (found.text, found.also) == ("hypertension", (("high blood pressure", "hypertension"),))
    assert read("ozempic").text == "semaglutide"


@given(st.text(max_size=120))
def test_no_text_breaks_the_reading(typed: str) -> None:
    found = read(typed)
    assert found.changed or found.text == typed
    assert not found.changed or found.text.strip()
    assert not set(found.text) & {"\x00", "\x01"} or "\x00" in typed or "\x01" in typed


def test_a_typing_slip_is_mended_only_where_the_word_stands_nowhere() -> None:
    known = {"leukemia": 9, "leukemic": 2}
    assert "leukemia" in slips("leukmia")
    assert respelled("leukmia", lambda word: known.get(word, 0)) == "leukemia"
    assert respelled("leukemia", lambda word: known.get(word, 0)) == ""
    assert respelled("lukmia", lambda word: known.get(word, 0)) == ""
