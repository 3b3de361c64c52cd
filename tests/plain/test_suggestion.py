"""Suggestions: what begins so, which comes first, and what the search box holds once one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.codes.concepts import vocabulary
from accrual.plain.suggestion import MOST, Kind, Names, Suggestion, suggest, suggest_places
from accrual.search.places import default_places

STUDIES = {"leukemia": 9, "t-all": 4, "breast-cancer": 50, "imatinib": 7, "asthma": 30}


def names() -> Names:
    return Names((vocabulary().get(key), count) for key, count in STUDIES.items())


def everything(name: str) -> bool:
    return True


def shown(typed: str) -> list[tuple[str, Kind]]:
    found = suggest(typed, names(), everything, default_places().suggest)
    assert len(found) <= MOST
    return [(one.words, one.kind) for one in found]


def test_a_name_that_begins_so_comes_first_and_each_concept_once() -> None:
    found = shown("leuk")
    assert found[0] == ("leukemia", "condition")
    assert all("leuk" in words.lower() for words, kind in found if kind != "place")
    assert [words for words, _ in found].count("leukemia") == 1


def test_more_studies_come_first() -> None:
    words = [words for words, kind in shown("a") if kind != "place"]
    assert words[0] == "asthma"


def test_what_stands_in_no_record_is_not_suggested() -> None:
    assert names().suggest("leuk", lambda name: False) == ()
    assert names().suggest("", everything) == names().suggest("qqzz", everything) == ()


def test_the_words_before_the_name_stay() -> None:
    (first, *_) = suggest("my mother has asth", names(), everything, no_places)
    assert first == Suggestion("asthma", "condition", "my mother has asthma")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("asthma in lond", "asthma"),
        ("asthma near Lond", "asthma"),
        ("near lond", ""),
        ("asma cerca de lond", "asma"),
    ],
)
def test_after_in_or_near_places_are_meant(typed: str, text: str) -> None:
    (first, *_) = suggest(typed, names(), everything, default_places().suggest)
    assert (first.kind, first.near, first.text) == ("place", "London, England, United Kingdom", text)


def test_large_places_stand_beside_names_and_small_ones_alone() -> None:
    assert ("Breslau", "place") not in shown("brea")
    assert [kind for _, kind in shown("London Col")] == ["place"]
    (first, *_) = suggest_places("par", default_places().suggest)
    assert first == Suggestion("Paris, Ile-de-France, France", "place") or first.words.startswith("Paris")


def test_a_former_name_is_no_beginning_before_the_name_of_a_city() -> None:
    assert not any("Kinshasa" in one.words for one in suggest_places("le", default_places().suggest))


@given(st.text(max_size=80))
def test_no_text_breaks_suggestions(typed: str) -> None:
    assert len(suggest(typed, names(), everything, default_places().suggest)) <= MOST


def no_places(prefix: str, most: int, people: int) -> Sequence[str]:
    return ()
