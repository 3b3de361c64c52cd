"""Retrieval by a passage: any word finds, rare words count more, and likeness is asked field by field."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from accrual.search.index import TextIndex
from accrual.search.passage import (
    candidates_by,
    candidates_of_words,
    hits_among,
    likeness,
    note_words,
    passage_terms,
    word_weights,
)


class Change(msgspec.Struct, frozen=True):
    study: int
    body: bytes


def study(number: int, title: str, criteria: str) -> Change:
    protocol = {
        "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": title},
        "eligibilityModule": {"eligibilityCriteria": criteria},
    }
    return Change(number, msgspec.json.encode({"protocolSection": protocol}))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TextIndex:
    folder: Path = tmp_path_factory.mktemp("passage")
    writer = TextIndex(folder, writable=True)
    writer.apply(
        [
            study(1, "Asthma in adults", "Wheezing. No migraine."),
            study(2, "Migraine in adults", "Headache."),
            study(3, "Healthy adults", "Nothing."),
        ]
    )
    writer.commit()
    writer.close()
    return TextIndex(folder)


def test_a_study_is_found_by_any_word_the_one_with_most_rare_words_first(index: TextIndex) -> None:
    found = candidates_of_words(index, "A wheezing adult with asthma, and once a headache", 10)
    assert [hit.nct_id for hit in found] == ["NCT00000001", "NCT00000002", "NCT00000003"]
    assert [hit.nct_id for hit in candidates_of_words(index, "wheezing", 10)] == ["NCT00000001"]


def test_a_passage_without_a_known_word_finds_nothing(index: TextIndex) -> None:
    assert candidates_of_words(index, "zzz 12345", 10) == ()
    assert candidates_of_words(index, "", 10) == ()
    assert passage_terms(index.searcher()[0], "Zzz migraines") == ("migrain",)


def test_likeness_is_of_one_field_and_of_the_studies_asked_for(index: TextIndex) -> None:
    words = word_weights([("migraine", 1.0)])
    everyone = ["NCT00000001", "NCT00000002", "NCT00000003"]
    assert likeness(index, everyone, words, "criteria").keys() == {"NCT00000001"}
    assert likeness(index, everyone, words, "title").keys() == {"NCT00000002"}
    assert likeness(index, ["NCT00000003"], words, "title") == {}
    assert likeness(index, everyone, {}, "title") == {}


def test_a_heavier_word_counts_more(index: TextIndex) -> None:
    (light,) = likeness(index, ["NCT00000001"], {"wheez": 0.5}, "criteria").values()
    (heavy,) = likeness(index, ["NCT00000001"], {"wheez": 1.0}, "criteria").values()
    assert heavy == pytest.approx(2 * light)


def test_words_of_names_count_once_with_their_greatest_weight_and_empty_words_not_at_all() -> None:
    found = word_weights([("chronic disease of the kidney", 1.0), ("kidney stones", 0.5)])
    assert found == {"kidney": 1.0, "stone": 0.5}


def test_studies_among_some_are_those_that_the_filters_let_through(index: TextIndex) -> None:
    asked = ["NCT00000003", "NCT00000001", "NCT00000099"]
    assert [hit.nct_id for hit in hits_among(index, asked)] == ["NCT00000001", "NCT00000003"]
    assert hits_among(index, asked, {"status": ("RECRUITING",)}) == ()
    assert hits_among(index, []) == ()


def test_a_note_s_words_leave_out_numbers_and_what_every_note_says(index: TextIndex) -> None:
    searcher, _ = index.searcher()
    assert note_words(searcher, "A 45 year old woman with asthma and migraine") == {
        "asthma": 1.0,
        "migrain": 1.0,
    }


def test_heavier_words_find_first(index: TextIndex) -> None:
    fields = (("title", 1.0),)
    for words, first in (({"asthma": 2.0, "migrain": 1.0}, 1), ({"asthma": 1.0, "migrain": 2.0}, 2)):
        found = candidates_by(index, words, fields, 10)
        assert [int(hit.nct_id[3:]) for hit in found] == [first, 3 - first]
    assert candidates_by(index, {}, fields, 10) == ()
