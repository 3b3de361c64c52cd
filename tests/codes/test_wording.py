"""A thing known by its words alone is itself in every spelling, and nothing else."""

from __future__ import annotations

import pytest

from accrual.codes.concepts import vocabulary
from accrual.codes.wording import code_of, is_name, slug, worded, wording
from accrual.errors import VocabularyError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("facet cyst", "Facet  Cysts"),
        ("facet-joint cyst", "facet joint cysts"),
        ("rupture of the posterior capsule", "ruptures of posterior capsules"),
        ("oesophageal membrane", "esophageal membrane"),
        ("Kienböck's necrosis", "kienböcks necrosis"),
        ("spinal metastasis", "spinal metastases"),
    ],
)
def test_spellings_of_one_name_are_one_thing(one: str, other: str) -> None:
    assert slug(one) == slug(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("facet cyst", "facet fracture"),
        ("upper facet cyst", "facet cyst"),
        ("cyst of the facet", "facet cyst"),
        ("gluteus tear", "gluteu tear"),
    ],
)
def test_other_words_are_another_thing(one: str, other: str) -> None:
    assert slug(one) != slug(other)


def test_the_id_says_the_kind_and_reads_back() -> None:
    concept = worded("procedure", "Facet  blocks")
    assert concept.id == "procedure:facet-block"
    found = wording(concept.id)
    assert found is not None
    assert (found.id, found.kind) == (concept.id, "procedure")
    assert vocabulary().get(concept.id) == found


@pytest.mark.parametrize("name", ["asthma", "plan:facet-block", "condition:", ":x", ""])
def test_other_ids_are_no_wording(name: str) -> None:
    assert wording(name) is None


def test_an_id_of_no_row_is_still_refused() -> None:
    with pytest.raises(VocabularyError):
        vocabulary().get("facet-block")


def test_it_is_a_kind_of_nothing_but_the_same_words() -> None:
    known = vocabulary()
    cyst = worded("condition", "facet cyst").id
    assert known.is_a(cyst, cyst)
    assert known.is_a(cyst, worded("procedure", "facet cysts").id)
    assert not known.is_a(cyst, "cyst")
    assert not known.is_a("cyst", cyst)
    assert not known.is_a(cyst, worded("condition", "cyst").id)


def test_no_row_has_an_id_that_a_wording_may_have() -> None:
    assert not [name for name in vocabulary().concepts if ":" in name]


def test_it_is_not_among_the_concepts_that_are_counted() -> None:
    before = len(vocabulary().concepts)
    assert "condition:facet-cyst" in vocabulary().concepts
    assert len(vocabulary().concepts) == before


def test_its_code_says_that_it_is_words() -> None:
    assert code_of(worded("drug", "foo inhibitor")).system == "text"
    assert code_of(vocabulary().get("asthma")).system == "accrual"


@pytest.mark.parametrize(
    "words", ["no facet cyst", "mother with leukemia", "pre-diabetes", "", "a b c d e f g h i"]
)
def test_an_entry_that_says_more_than_a_name_is_none(words: str) -> None:
    assert not is_name(words)
