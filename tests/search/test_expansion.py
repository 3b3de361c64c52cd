"""How far words are widened: each level, and that none goes further than it says."""

from __future__ import annotations

import pytest

from accrual.codes.concepts import vocabulary
from accrual.codes.spelling import is_strict
from accrual.codes.table import read_rows
from accrual.search.expansion import (
    _COLUMNS,
    ABBREVIATIONS,
    MAX_ALTERNATIVES,
    Widened,
    expand,
    is_code,
    names_of,
)
from accrual.search.expression import Expansion
from accrual.search.words import cut_words, stem_of

LEVELS = list(Expansion)


def widened(text: str, expansion: Expansion = Expansion.RELAXATION, quoted: bool = False) -> Widened:
    return expand(text, quoted, expansion)


def synonyms(text: str, quoted: bool = False) -> set[str]:
    return {" ".join(words) for unit in widened(text, quoted=quoted).units for words in unit.synonyms}


def written(found: Widened) -> list[list[str]]:
    """What was written, by units and groups."""
    return [[" ".join(group[0]) for group in unit.words] for unit in found.units]


def test_none_is_the_words_as_they_are_written() -> None:
    found = widened("Brain TUMOURS étude", Expansion.NONE)
    assert found.groups == ((("brain", "tumours", "etude"),),)
    assert found.exact


def test_term_has_both_spellings_and_no_synonym() -> None:
    found = widened("oesophageal tumor", Expansion.TERM)
    assert set(found.groups[0]) >= {
        ("oesophageal", "tumor"),
        ("esophageal", "tumor"),
        ("oesophageal", "tumour"),
    }
    assert found.units[0].synonyms == ()
    assert not found.exact


def test_term_does_without_the_possessive() -> None:
    assert widened("Crohn's disease", Expansion.TERM).groups[0] == (
        ("crohn", "s", "disease"),
        ("crohn", "disease"),
    )


def test_concept_has_the_names_of_the_whole() -> None:
    found = widened("heart attack", Expansion.CONCEPT)
    assert written(found) == [["heart attack"]]
    assert ("myocardial", "infarction") in found.units[0].synonyms
    assert widened("heart attack treatment", Expansion.CONCEPT).units[0].synonyms == ()


def test_relaxation_lets_words_stand_apart_and_keeps_names_of_what_they_name() -> None:
    found = widened("heart attack aspirin")
    assert written(found) == [["heart", "attack"], ["aspirin"]]
    assert ("myocardial", "infarction") in found.units[0].synonyms
    assert found.needed == 3


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("CAR-T therapy", [["car t"], ["therapy"]]),
        ("vitamin d deficiency", [["vitamin d", "deficiency"]]),
        ("treatment of the elderly", [["treatment"], ["elderly"]]),
        ("of the", [["of"]]),
        ('say "no" loudly', [["say"], ["no"], ["loudly"]]),
        ("aspirin/clopidogrel", [["aspirin"], ["clopidogrel"]]),
    ],
)
def test_what_stays_together_in_a_term(text: str, groups: list[list[str]]) -> None:
    assert [group for unit in written(widened(text)) for group in unit] == [
        group for unit in groups for group in unit
    ]


def test_a_phrase_stays_together_at_every_level() -> None:
    for level in LEVELS:
        assert written(widened("heart attack treatment", level, quoted=True)) == [["heart attack treatment"]]


def test_lossy_needs_half_of_the_words() -> None:
    assert [widened("a1 b1 c1 d1 e1"[: 3 * count - 1], Expansion.LOSSY).needed for count in range(1, 6)] == [
        1,
        1,
        2,
        2,
        3,
    ]
    assert widened("heart attack", Expansion.LOSSY, quoted=True).needed == 1


@pytest.mark.parametrize("text", ["", " ", "-", "&", '""', "—"])
def test_where_there_is_no_word_nothing_is_looked_for(text: str) -> None:
    for level in LEVELS:
        assert widened(text, level).units == ()


def test_the_names_of_one_drug_are_the_same_whichever_is_asked() -> None:
    names = ("pembrolizumab", "Keytruda", "MK-3475")
    assert len({frozenset({" ".join(cut_words(name))} | synonyms(name)) for name in names}) == 1


def test_an_abbreviation_is_a_synonym_only_where_it_means_one_thing() -> None:
    assert "copd" in synonyms("chronic obstructive pulmonary disease")
    assert "ms" not in synonyms("multiple sclerosis")
    assert "all" not in synonyms("acute lymphoblastic leukemia")
    assert "mi" not in synonyms("myocardial infarction")
    assert "myocardial infarction" in synonyms("MI")
    assert is_code("MK-3475")
    assert not is_code("T2D")


def test_the_table_of_abbreviations_names_concepts_that_have_them() -> None:
    rows = read_rows(ABBREVIATIONS, _COLUMNS)
    assert len(rows) > 100
    for row in rows:
        concept = vocabulary().get(row["concept"])
        assert row["abbreviation"] in (concept.name, *concept.synonyms), row
        assert is_strict(row["abbreviation"])
        assert int(row["studies"]) >= 20
        assert int(row["named"]) >= 0.6 * int(row["studies"])
        assert cut_words(row["abbreviation"]) in names_of(concept)


def test_a_name_that_says_no_more_than_the_words_is_not_looked_for() -> None:
    assert "breast cancer" not in synonyms("breast cancer")
    assert not [name for name in synonyms("breast cancer") if {"breast", "cancer"} <= set(name.split())]


def test_alternatives_differ_in_more_than_their_endings_and_are_bounded() -> None:
    for concept in list(vocabulary().concepts.values())[::40]:
        for level in (Expansion.CONCEPT, Expansion.RELAXATION):
            for unit in widened(concept.name, level).units:
                for alternatives in (*unit.words, unit.synonyms):
                    assert len(alternatives) <= MAX_ALTERNATIVES
                    stems = [tuple(map(stem_of, words)) for words in alternatives]
                    assert len(stems) == len(set(stems))


def test_a_term_of_very_many_words_asks_for_the_first_64() -> None:
    found = widened(" ".join(f"w{number}x" for number in range(3_000)))
    assert len(found.groups) == 64
