"""A search in another language read as English: what is read, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.plain.translation import Entry, Lexicon, key_of, translate

WORDS = Lexicon(
    [
        ("cáncer", Entry("cancer", "name")),
        ("cáncer de pulmón", Entry("lung cancer", "name")),
        ("ano", Entry("anus", "name")),
        ("año", Entry("years", "word")),
        ("riñón", Entry("kidney", "name")),
        ("quiste", Entry("cyst", "name")),
        ("lesión", Entry("injury", "name")),
        ("crónico", Entry("chronic", "adjective")),
        ("recaída", Entry("relapsed", "adjective")),
        ("en", Entry("in", "word")),
        ("de", Entry("", "word")),
        ("del", Entry("", "word")),
        ("la", Entry("", "word")),
        ("las", Entry("", "word")),
        ("y", Entry("and", "word")),
        ("con", Entry("with", "word")),
        ("niño", Entry("children", "word")),
        ("mujer", Entry("women", "word")),
        ("España", Entry("Spain", "place")),
    ]
)


@pytest.mark.parametrize(
    ("typed", "english"),
    [
        ("cáncer de pulmón", "lung cancer"),
        ("CANCER DE LOS PULMONES", "lung cancer"),
        ("cancer en el pulmon en ninos", "lung cancer in children"),
        ("cáncer de pulmón crónico en recaída", "relapsed chronic lung cancer"),
        ("quiste del riñón", "kidney cyst"),
        ("quistes, cáncer (riñón)", "cyst, cancer (kidney)"),
        ("cáncer en Las Palmas de Gran Canaria", "cancer in Las Palmas de Gran Canaria"),
        ("cáncer en España", "cancer in Spain"),
        ("mujeres con niños", "women with children"),
        ("riñón CAR-T Hallervorden's", "kidney CAR-T Hallervorden's"),
    ],
)
def test_names_words_and_order_become_english(typed: str, english: str) -> None:
    found = translate(typed, WORDS)
    assert (found.text, found.changed) == (english, True)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "leukemia",
        "cancer la",
        "Los Angeles La Jolla",
        "lung cancer in women",
        "de novo acute leukemia",
        "metastatic lesion",
        "xyzzy",
    ],
)
def test_what_does_not_show_its_language_is_left_as_it_was_typed(typed: str) -> None:
    found = translate(typed, WORDS)
    assert (found.text, found.read, found.changed) == (typed, (), False)


def test_a_year_is_not_what_is_spelled_almost_so() -> None:
    assert WORDS.find(key_of("año")) == Entry("years", "word")
    assert WORDS.find(key_of("anos")) == Entry("anus", "name")


def test_what_was_read_is_told_and_found_back() -> None:
    found = translate("Cáncer de pulmones crónico", WORDS)
    assert found.read == (("Cáncer de pulmones", "lung cancer"), ("crónico", "chronic"))
    assert found.typed("lung cancer") == "Cáncer de pulmones"
    assert found.typed("something else") == "something else"


def test_a_place_is_only_read_where_it_is_one() -> None:
    assert [WORDS.place(name) for name in ("españa", "Madrid", "riñón")] == ["Spain", "Madrid", "riñón"]


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["cáncer", "de", "la", "en", "-", ",", "Y", "ß", "x"])).map(" ".join)
)
def test_no_text_is_refused(typed: str) -> None:
    found = translate(typed, WORDS)
    assert found.changed or found.text == typed
