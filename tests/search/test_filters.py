"""Filters and the words for them."""

from __future__ import annotations

import pytest

from accrual.errors import QueryError
from accrual.search.filters import FILTERS, filter_values, read_filters
from accrual.search.query import FACETS
from accrual.search.words import fold


@pytest.mark.parametrize(
    ("facet", "words", "values"),
    [
        ("status", "recruiting", ("RECRUITING",)),
        ("status", "Active, not recruiting", ("ACTIVE_NOT_RECRUITING",)),
        ("status", "RECRUITING", ("RECRUITING",)),
        ("phase", "2", ("PHASE2",)),
        ("phase", "Phase II", ("PHASE2",)),
        ("phase", "phase2", ("PHASE2",)),
        ("phase", "1/2", ("PHASE1", "PHASE2")),
        ("phase", "early phase 1", ("EARLY_PHASE1",)),
        ("sex", "female", ("FEMALE",)),
        ("sex", "women", ("FEMALE", "ALL")),
        ("age_group", "child", ("CHILD",)),
        ("age_group", "older adult", ("OLDER_ADULT",)),
        ("funder", "industry", ("INDUSTRY",)),
        ("healthy_volunteers", "yes", ("true",)),
        ("results", "without", ("false",)),
        ("country", "usa", ("United States",)),
        ("country", "Korea, Republic of", ("South Korea",)),
    ],
)
def test_words_become_registry_values(facet: str, words: str, values: tuple[str, ...]) -> None:
    assert filter_values(facet, words) == values


@pytest.mark.parametrize(
    ("facet", "words", "hint"),
    [
        ("status", "recruting", "RECRUITING"),
        ("phase", "7", "PHASE3"),
        ("country", "Chyna", "China"),
        ("colour", "red", "status"),
    ],
)
def test_an_unknown_value_is_refused_with_the_known_ones(facet: str, words: str, hint: str) -> None:
    with pytest.raises(QueryError, match=hint):
        filter_values(facet, words)


def test_every_facet_has_one_row_and_no_word_means_two_values() -> None:
    assert tuple(row.facet for row in FILTERS) == FACETS
    for row in FILTERS:
        words = [fold(word) for value, said in row.values.items() for word in {fold(value), *said}] + list(
            row.groups
        )
        assert len(words) == len(set(words)), row.facet
        assert all(word == fold(word) for word in words)


def test_filters_of_several_words_hold_each_value_once() -> None:
    read = read_filters({"phase": ["1/2", "phase 2", "3"], "status": []})
    assert read == {"phase": ("PHASE1", "PHASE2", "PHASE3")}
