"""How typed text becomes words and phrases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.search.words import MAX_WORDS, fold, plain, read_words, terms_of


@pytest.mark.parametrize(
    ("typed", "groups"),
    [
        ("CD7 CAR-T", (("cd7",), ("car", "t"))),
        ("car t", (("car", "t"),)),
        ("T-ALL", (("t", "all"),)),
        ("T cell lymphoma", (("t", "cell"), ("lymphoma",))),
        ("type 2 diabetes", (("type", "2"), ("diabet",))),
        ("leukemias in children", (("leukemia",), ("children",))),
        ("A study of a device", (("studi",), ("devic",))),
        ("hepatitis a", (("hepat", "a"),)),
        ("leukemia, T cell", (("leukemia",), ("t", "cell"))),
        ("vitamin D and calcium", (("vitamin", "d"), ("calcium",))),
        ("Crohn's disease", (("crohn",), ("diseas",))),
        ("relapsed-refractory", (("relaps",), ("refractori",))),
        ("anti-PD-1", (("anti", "pd", "1"),)),
        ('"acute leukemia" x', (("acut", "leukemia"), ("x",))),
        ('say "unclosed phrase', (("say",), ("unclos",), ("phrase"[:6],))),
        ("the", (("the",),)),
        ("", ()),
        ("((( \"\" ''", ()),
    ],
)
def test_typed_text_becomes_words_and_phrases(typed: str, groups: tuple[tuple[str, ...], ...]) -> None:
    assert read_words(typed).groups == groups


def test_words_beyond_the_limit_are_not_asked_for() -> None:
    words = read_words(" ".join(f"word{number}" for number in range(1000)))
    assert len(words.terms) == MAX_WORDS
    assert words.terms[0] == "word0"


def test_letters_that_make_no_word_are_hopeless_and_signs_are_not() -> None:
    assert read_words("x" * 5000).hopeless
    assert not read_words("(((").hopeless
    assert not read_words("the").hopeless


def test_accents_and_case_make_no_difference() -> None:
    assert terms_of("Sjögren") == terms_of("SJOGREN")
    assert fold("  São-Paulo ") == "sao paulo"
    assert plain("Ménière's, Grade ≥ 2") == "meniere's, grade ≥ 2"


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    words = read_words(text)
    assert len([term for group in words.groups for term in group]) <= MAX_WORDS
    assert all(group and all(group) for group in words.groups)


def test_of_words_with_or_in_capitals_one_is_enough() -> None:
    words = read_words('leukemia relapsed OR recurrent OR "came back" CAR-T')
    assert words.groups == (("leukemia",), ("car", "t"))
    assert words.choices == ((("relaps",), ("recurr",), ("came", "back")),)
    assert read_words("relapsed or recurrent").groups == (("relaps",), ("recurr",))
    assert read_words("OR").choices == () == read_words("OR asthma OR").choices
