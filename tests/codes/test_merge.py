"""Seed and sources merged: what becomes one concept, what a name may mean, what is above what."""

from __future__ import annotations

import pytest

from accrual.codes.concept import Concept
from accrual.codes.concepts import Vocabulary
from accrual.codes.draft import Rules
from accrual.codes.merge import Merged, merge, slug
from accrual.codes.sources.term import Term

SEED = (
    Concept("cancer", "condition", "cancer", synonyms=("malignancy",)),
    Concept("leukemia", "condition", "leukemia", ("cancer",)),
    Concept("infection", "condition", "infection"),
    Concept("hiv-infection", "condition", "HIV infection", ("infection",)),
    Concept("immunodeficiency", "condition", "immunodeficiency"),
    Concept("aspirin", "drug", "aspirin"),
)


def merged(*sources: tuple[str, list[Term]], rules: Rules | None = None) -> Merged:
    seed = Vocabulary(SEED)
    return merge(
        seed.concepts,
        lambda name: found.id if (found := seed.lookup(name)) else None,
        sources,
        rules or Rules(),
        lambda name: name == "hemoglobin",
        lambda word: word in ("chronic", "acute"),
    )


def condition(code: str, name: str, *parents: str, synonyms: tuple[str, ...] = (), **more: object) -> Term:
    return Term(code, "condition", name, synonyms, parents, **more)  # type: ignore[arg-type]


def concepts(found: Merged) -> dict[str, Concept]:
    return {concept.id: concept for concept in found.concepts}


def names(found: Merged) -> dict[str, str]:
    return dict(found.names)


def test_a_term_hangs_below_the_seed_row_that_its_parent_is() -> None:
    found = merged(
        ("MONDO", [condition("MONDO:1", "leukemia"), condition("MONDO:2", "hairy cell leukemia", "MONDO:1")])
    )
    assert concepts(found)["hairy-cell-leukemia"].parents == ("leukemia",)
    assert concepts(found)["leukemia"].codes == ("MONDO:1",)


def test_no_import_changes_what_is_above_what_in_the_seed() -> None:
    terms = [
        condition("MONDO:1", "immunodeficiency"),
        condition("MONDO:2", "acquired immune disorder", "MONDO:1"),
        condition("MONDO:3", "HIV infection", "MONDO:2", "MONDO:4"),
        condition("MONDO:4", "infectious disorder of blood"),
    ]
    found = concepts(merged(("MONDO", terms)))
    assert found["hiv-infection"].parents == ("infectious-disorder-of-blood",)


def test_two_terms_of_one_seed_row_close_no_circle() -> None:
    terms = [
        condition("MONDO:1", "cancer", "MONDO:3"),
        condition("MONDO:2", "malignancy", "MONDO:1"),
        condition("MONDO:3", "cell disease", "MONDO:2"),
    ]
    found = concepts(merged(("MONDO", terms)))
    assert "cell-disease" not in found["cancer"].parents or "cancer" not in found["cell-disease"].parents


def test_a_code_alone_makes_no_two_terms_one() -> None:
    wide = condition("MONDO:1", "heart block type 1A", synonyms=("bundle branch block",), same=("MESH:D1",))
    found = merged(("MONDO", [wide]), ("MeSH", [condition("MESH:D1", "bundle branch block")]))
    assert names(found)["bundle branch block"] == "bundle-branch-block"


def test_a_code_and_a_preferred_name_make_two_terms_one() -> None:
    one = condition("MONDO:1", "gluten enteropathy", same=("MESH:D1",))
    other = condition("MESH:D1", "Celiac Disease", synonyms=("gluten enteropathy",))
    found = names(merged(("MONDO", [one]), ("MeSH", [other])))
    assert found["Celiac Disease"] == found["gluten enteropathy"] == "gluten-enteropathy"


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [("MONDO", "DOID", False), ("MONDO", "MeSH", True)],
)
def test_a_synonym_needs_two_independent_witnesses(first: str, second: str, counts: bool) -> None:
    found = merged(
        (first, [condition("A:1", "stroke", synonyms=("brain attack",))]),
        (second, [condition("B:1", "stroke", synonyms=("brain attack",))]),
    )
    assert ("brain attack" in names(found)) is counts


def test_a_finding_is_a_disease_only_under_its_own_name() -> None:
    disease = condition("MONDO:1", "hypercortisolism", same=("HP:1", "HP:2"))
    other = condition("HP:1", "primary hyperaldosteronism", synonyms=("hypercortisolism",))
    alike = condition("HP:2", "hypercortisolism disorder")
    found = names(merged(("MONDO", [disease]), ("HPO", [other, alike])))
    assert found["primary hyperaldosteronism"] == "primary-hyperaldosteronism"
    assert found["hypercortisolism"] == "hypercortisolism"


def test_a_synonym_of_the_same_words_needs_no_witness() -> None:
    found = merged(
        ("MONDO", [condition("MONDO:1", "anal margin sarcoma", synonyms=("sarcoma of the anal margin",))])
    )
    assert "sarcoma of the anal margin" in names(found)


@pytest.mark.parametrize(
    "name",
    ["gout, familial", "flu", "diarrhea 9", "hemoglobin", "DME", "malignancy"],
)
def test_a_doubtful_name_is_not_searched_for(name: str) -> None:
    assert name not in names(merged(("MONDO", [condition("MONDO:1", name)])))


def test_what_the_reader_puts_together_is_no_name() -> None:
    terms = [condition("MONDO:1", "colitis"), condition("MONDO:2", "chronic colitis", "MONDO:1")]
    found = merged(("MONDO", [*terms, condition("MONDO:3", "aspirin allergy")]))
    assert names(found) == {"colitis": "colitis"}
    assert concepts(found)["chronic-colitis"].parents == ("colitis",)


def test_rules_leave_out_names_terms_and_links() -> None:
    terms = [
        condition("MONDO:1", "growth"),
        condition("MONDO:2", "gland growth", "MONDO:1"),
        condition("MONDO:3", "thyroid growth", "MONDO:2"),
        condition("MONDO:4", "leukemia"),
        condition("MONDO:5", "leukemoid reaction", "MONDO:4"),
    ]
    rules = Rules(
        names=frozenset(("growth",)),
        terms=frozenset(("MONDO:2",)),
        links=frozenset((("MONDO:5", "MONDO:4"),)),
    )
    found = merged(("MONDO", terms), rules=rules)
    assert "growth" not in names(found)
    assert "gland-growth" not in concepts(found)
    assert concepts(found)["thyroid-growth"].parents == ("growth",)  # its grandparent stands in
    assert concepts(found)["leukemoid-reaction"].parents == ()


def test_words_keep_a_concept_out_of_a_family_unless_it_is_surely_one() -> None:
    terms = [
        condition("MONDO:1", "cancer"),
        condition("MONDO:2", "teratoma", "MONDO:1"),
        condition("MONDO:3", "ovarian teratoma", "MONDO:2"),
        condition("MONDO:4", "malignant teratoma", "MONDO:1", "MONDO:2"),
    ]
    found = concepts(merged(("MONDO", terms), rules=Rules(never={"cancer": frozenset(("teratoma",))})))
    assert found["teratoma"].parents == ()
    assert found["ovarian-teratoma"].parents == ("teratoma",)
    assert found["malignant-teratoma"].parents == ("cancer", "teratoma")


def test_a_finding_is_no_kind_of_a_disease() -> None:
    disease = condition("MONDO:1", "heart disorder")
    finding = condition("HP:2", "palpitations", "HP:1")
    found = concepts(merged(("MONDO", [disease]), ("HPO", [condition("HP:1", "heart disorder"), finding])))
    assert found["palpitations"].parents == ()


def test_what_only_joins_makes_no_concept() -> None:
    joining = [
        Term("MESH:D1", "drug", "aspirin", ("ecotrin",), joins_only=True),
        Term("MESH:D2", "drug", "benzyl viologen", joins_only=True),
    ]
    found = merged(("MeSH substances", joining))
    assert names(found) == {"ecotrin": "aspirin"}
    assert set(concepts(found)) == {"aspirin"}


@pytest.mark.parametrize(
    ("name", "id_"), [("Sjögren's syndrome", "sjogrens-syndrome"), ("β-thalassemia", "beta-thalassemia")]
)
def test_an_id_is_readable(name: str, id_: str) -> None:
    assert slug(name) == id_
