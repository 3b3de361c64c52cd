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
        ("my father's T-cell leukemia came back", "T-cell leukemia relapsed OR recurrent", ""),
        ("my mom has breast cancer that spread", "breast cancer metastatic OR metastases OR metastasis", ""),
        ("asthma near london", "asthma", "London, England, United Kingdom"),
        ("my wife has lupus and we live in Boston", "lupus", "Boston, Massachusetts, United States"),
        ("lung cancer in Suzhou China", "lung cancer", "Suzhou, Jiangsu, China"),
        ("the drugs stopped working for my depression", "depression refractory OR resistant", ""),
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


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (
            "our little boy has leukaemia and it has come back after chemo",
            "leukemia chemo relapsed OR recurrent",
        ),
        ("dad's parkinsons is getting worse", "Parkinson"),
        ("my sister has MS", '"multiple sclerosis"'),
        ("ms smith", "ms smith"),  # no disease in small letters
        ("I want to quit smoking", '"smoking cessation"'),
        ("stage 4 bowel cancer", 'bowel cancer "stage 4" OR "stage IV" OR metastatic'),
        ("lung cancer that came back in 2023", "lung cancer relapsed OR recurrent"),
        ("high cholesterol runs in my family", "high cholesterol"),
        ("my mum has excema", "eczema"),
        ("asthma", "asthma"),
        ("diabetes", "diabetes"),
        ("schizophrenia", "schizophrenia"),
    ],
)
def test_what_families_say_is_searched_for_in_the_words_of_records(typed: str, text: str) -> None:
    assert read(typed).text == text


@pytest.mark.parametrize(
    ("typed", "text", "left_out"),
    [
        ("humira stopped working for my crohns", "refractory OR resistant Crohn", ("humira",)),
        ("psoriasis, tried Stelara", "psoriasis", ("Stelara",)),
        (
            "pancreatic cancer no longer responding to chemotherapy",
            "pancreatic cancer refractory OR resistant",
            ("chemotherapy",),
        ),
    ],
)
def test_a_drug_that_was_tried_is_not_what_is_looked_for(
    typed: str, text: str, left_out: tuple[str, ...]
) -> None:
    found = read(typed)
    assert (found.text, found.left_out) == (text, left_out)


def test_words_with_which_nothing_is_found_are_left_out_and_told() -> None:
    places = default_places()
    found = understand(
        "lupus gobbledygook", places.find, places.is_known, lambda words: 0 if "gobb" in words else 7
    )
    assert (found.text, found.left_out) == ("lupus", ("gobbledygook",))


def test_a_slip_in_a_sentence_is_mended_and_told() -> None:
    places = default_places()
    found = understand(
        "my mother has lupuss",
        places.find,
        places.is_known,
        lambda words: 5,
        lambda word: {"lupuss": "lupus"}.get(word, ""),
    )
    assert (found.text, found.mended) == ("lupus", (("lupuss", "lupus"),))


def test_two_word_cities_and_ages_beside_relatives() -> None:
    assert read("COPD, my father in New York").near == "New York City, New York, United States"
    assert read("pain in my left knee").near == ""
    assert read("daughter 14 with type 1 diabetes").age == "14"
    assert read("asthma, my son (6)").age == "6"


def test_a_typing_slip_is_mended_only_where_the_word_stands_nowhere() -> None:
    known = {"leukemia": 9, "leukemic": 2}
    assert "leukemia" in slips("leukmia")
    assert respelled("leukmia", lambda word: known.get(word, 0)) == "leukemia"
    assert respelled("leukemia", lambda word: known.get(word, 0)) == ""
    assert respelled("lukmia", lambda word: known.get(word, 0)) == ""
