"""The imported vocabulary on disk: whole or refused, the same bytes each time, and beside the seed when opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from accrual.codes import shelves
from accrual.codes.concept import Concept
from accrual.codes.concepts import Vocabulary, seed_concepts, vocabulary
from accrual.codes.merge import Merged
from accrual.codes.shelf import Manifest, Shelf, SourceUsed, read_manifest, write
from accrual.errors import VocabularyError

SEED = (Concept("leukemia", "condition", "leukemia"), Concept("aspirin", "drug", "aspirin"))
MERGED = Merged(
    concepts=(
        Concept("hairy-cell-leukemia", "condition", "hairy cell leukemia", ("leukemia",), codes=("MONDO:2",)),
        Concept("leukemia", "condition", "leukemia", ("blood-disorder",), codes=("MONDO:1",), source="MONDO"),
        Concept("blood-disorder", "condition", "blood disorder"),
        Concept("pressure-sore", "condition", "pressure sore"),
    ),
    names=(
        ("hairy cell leukemia", "hairy-cell-leukemia"),
        ("blood disorder", "blood-disorder"),
        ("pressure sore", "pressure-sore"),
    ),
    acronyms=(("HCL", "hairy-cell-leukemia"),),
)
USED = (SourceUsed("MONDO", "1", "CC BY 4.0", 3),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "built", MERGED, "recipe", USED)
    return tmp_path / "built"


@pytest.fixture
def both(folder: Path) -> Vocabulary:
    return Vocabulary(SEED, Shelf(folder))


def test_an_imported_concept_is_found_by_name_code_and_family(both: Vocabulary) -> None:
    found = both.lookup("Hairy-cell leukaemias")
    assert found is not None
    assert found.id == "hairy-cell-leukemia"
    assert both.by_code("MONDO", "2") is found
    assert both.is_a("hairy-cell-leukemia", "leukemia")
    assert both.is_a("hairy-cell-leukemia", "blood-disorder")
    assert both.descendants("blood-disorder") == {"blood-disorder", "leukemia", "hairy-cell-leukemia"}
    assert set(both.concepts) == {
        "leukemia",
        "aspirin",
        "hairy-cell-leukemia",
        "blood-disorder",
        "pressure-sore",
    }


def test_a_seed_row_gains_families_and_codes_and_keeps_its_own(both: Vocabulary) -> None:
    row = both.get("leukemia")
    assert row.parents == ("blood-disorder",)
    assert row.codes == ("MONDO:1",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hairy cell leukemia or leukemia", ["hairy-cell-leukemia", "leukemia"]),
        ("two  pressure\nsores, aspirin", ["pressure-sore", "aspirin"]),
        ("blood pressure; chairy cell leukemia", ["leukemia"]),
        ("non-pressure sore", []),
        ("HCL", []),
        ("", []),
    ],
)
def test_a_text_is_searched_for_both(both: Vocabulary, text: str, found: list[str]) -> None:
    assert [spotted.concept.id for spotted in both.spot(text)] == found


def test_the_place_of_a_name_is_true_after_lost_spaces(both: Vocabulary) -> None:
    text = "a  b   pressure   sore."
    (spotted,) = both.spot(text)
    assert text[spotted.start : spotted.end] == "pressure   sore"


def test_the_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "again", MERGED, "recipe", USED)
    for path in sorted(folder.iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    "name", ["names.marisa", "names.npy", "rows.msgpack", "rows.at.npy", "begins.msgpack", "manifest.json"]
)
@pytest.mark.parametrize("harm", ["missing", "empty", "cut"])
def test_a_damaged_folder_is_refused_with_a_reason(folder: Path, name: str, harm: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    path.unlink()
    if harm == "empty":
        path.write_bytes(b"")
    elif harm == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VocabularyError):
        Shelf(folder)


def test_without_a_whole_build_the_seed_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(shelves.PLACE, str(tmp_path))
    shelves.open_shelf.cache_clear()
    try:
        assert shelves.open_shelf() is None
        (tmp_path / shelves.recipe()).mkdir()
        (tmp_path / shelves.recipe() / "manifest.json").write_text("{")
        shelves.open_shelf.cache_clear()
        assert shelves.open_shelf() is None
        assert shelves.version() == ""
    finally:
        monkeypatch.undo()
        shelves.open_shelf.cache_clear()


def test_the_newest_build_stands_in_for_one_of_another_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(shelves.PLACE, str(tmp_path))
    shelves.open_shelf.cache_clear()
    try:
        manifest: Manifest = write(tmp_path / f"{shelves.FORMAT}-older", MERGED, "older", USED)
        assert not shelves.is_current()
        assert (
            shelves.version() == manifest.digest == read_manifest(tmp_path / f"{shelves.FORMAT}-older").digest
        )
    finally:
        monkeypatch.undo()
        shelves.open_shelf.cache_clear()


# What follows is of the vocabulary that is built here, if it is.


@pytest.fixture
def imported() -> Vocabulary:
    if vocabulary().shelf is None:
        pytest.skip("no vocabulary is built here: python -m accrual.codes.build")
    return vocabulary()


def test_the_import_leaves_the_seeds_own_families_as_they_are(imported: Vocabulary) -> None:
    seed = Vocabulary(seed_concepts())
    for key in seed.concepts:
        assert {above for above in imported.ancestors(key) if above in seed.concepts} == seed.ancestors(
            key
        ), key


def test_every_parent_is_there_and_of_the_same_kind(imported: Vocabulary) -> None:
    for concept in imported.concepts.values():
        for parent in concept.parents:
            assert imported.get(parent).kind == concept.kind, (concept.id, parent)
        assert concept.id in imported.ancestors(concept.id)
        assert concept.source


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("hairy cell leukemia", "leukemia"),
        ("uveal melanoma", "cancer"),
        ("tularemia", "bacterial-infection"),
        ("imatinib mesylate", "tyrosine-kinase-inhibitor"),
        ("laparoscopic cholecystectomy", "surgery"),
    ],
)
def test_an_imported_kind_is_known_as_one(imported: Vocabulary, name: str, family: str) -> None:
    found = imported.lookup(name)
    assert found is not None
    assert imported.is_a(found.id, family)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ovarian teratoma", "cancer"),
        ("lynch syndrome", "cancer"),
        ("pheochromocytoma", "cancer"),
        ("nerve block", "surgery"),
        ("migraine", "epilepsy"),
        ("cavernous hemangioma", "bleeding-disorder"),
    ],
)
def test_what_need_not_be_one_is_not_taken_for_one(imported: Vocabulary, name: str, family: str) -> None:
    found = imported.lookup(name)
    assert found is not None
    assert not imported.is_a(found.id, family)


@pytest.mark.parametrize(
    "text",
    [
        "choice of life insurance",
        "the same program",
        "lead a normal life",
        "sugar and iron",
        "the disease can impact",
    ],
)
def test_ordinary_words_name_nothing(imported: Vocabulary, text: str) -> None:
    assert imported.spot(text) == ()
