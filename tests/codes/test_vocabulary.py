"""The vocabulary, tested like code: names, families, codes, and the spotting of names in texts."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.codes.concepts import Concept, Vocabulary, seed_concepts, vocabulary
from accrual.codes.spelling import folded_key
from accrual.errors import VocabularyError

CONCEPTS = seed_concepts()
"""The rows of the table; what is imported has its own tests."""
NAMES = [(concept, name) for concept in CONCEPTS for name in (concept.name, *concept.synonyms)]

IS_A = [
    ("t-all", "acute-leukemia"),
    ("t-all", "leukemia"),
    ("t-all", "hematologic-malignancy"),
    ("t-all", "cancer"),
    ("cns-leukemia", "leukemia"),
    ("diffuse-large-b-cell-lymphoma", "non-hodgkin-lymphoma"),
    ("nsclc", "lung-cancer"),
    ("hepatocellular-carcinoma", "solid-tumor"),
    ("brain-metastases", "cns-metastases"),
    ("glioblastoma", "cns-tumor"),
    ("hiv-infection", "infection"),
    ("chronic-hepatitis-b", "hepatitis-b"),
    ("hepatitis-b", "viral-hepatitis"),
    ("type-2-diabetes", "diabetes-mellitus"),
    ("myocardial-infarction", "cardiovascular-disease"),
    ("ischemic-stroke", "stroke"),
    ("end-stage-renal-disease", "chronic-kidney-disease"),
    ("severe-combined-immunodeficiency", "congenital-immunodeficiency"),
    ("rheumatoid-arthritis", "autoimmune-disease"),
    ("pembrolizumab", "immune-checkpoint-inhibitor"),
    ("pembrolizumab", "immunotherapy"),
    ("cisplatin", "chemotherapy"),
    ("prednisone", "corticosteroid"),
    ("prednisone", "systemic-corticosteroid"),
    ("warfarin", "anticoagulant"),
    ("metformin", "antidiabetic-drug"),
    ("simvastatin", "statin"),
    ("cd7-car-t", "car-t"),
    ("car-t", "gene-therapy"),
    ("allogeneic-hsct", "hsct"),
    ("kidney-transplantation", "organ-transplantation"),
    ("hemodialysis", "dialysis"),
    ("major-surgery", "surgery"),
]
IS_NOT_A = [
    ("leukemia", "t-all"),
    ("t-all", "acute-myeloid-leukemia"),
    ("t-all", "solid-tumor"),
    ("leukemia", "solid-tumor"),
    ("carcinoma-in-situ", "cancer"),
    ("benign-neoplasm", "cancer"),
    ("meningioma", "cancer"),
    ("brain-metastases", "brain-tumor"),
    ("prediabetes", "diabetes-mellitus"),
    ("gestational-diabetes", "type-2-diabetes"),
    ("latent-tuberculosis", "active-tuberculosis"),
    ("hiv-infection", "aids"),
    ("hiv-infection", "immunodeficiency"),
    ("chronic-kidney-disease", "kidney-failure"),
    ("chronic-kidney-disease", "renal-impairment"),
    ("alcohol-use-disorder", "drug-use-disorder"),
    ("methotrexate", "chemotherapy"),
    ("dexamethasone", "systemic-corticosteroid"),
    ("allogeneic-hsct", "organ-transplantation"),
    ("autologous-hsct", "allogeneic-hsct"),
    ("influenza-vaccine", "live-vaccine"),
    ("biopsy", "surgery"),
    ("minor-surgery", "major-surgery"),
    ("no-such-thing", "cancer"),
    ("no-such-thing", "no-such-thing"),
]


@pytest.mark.parametrize(("child", "parent"), IS_A)
def test_a_kind_is_known_as_one(child: str, parent: str) -> None:
    assert vocabulary().is_a(child, parent)


@pytest.mark.parametrize(("child", "parent"), IS_NOT_A)
def test_what_is_not_a_kind_is_not_taken_for_one(child: str, parent: str) -> None:
    assert not vocabulary().is_a(child, parent)


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda concept: concept.id)
def test_each_row_keeps_the_rules(concept: Concept) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", concept.id)
    assert concept.source
    assert concept.id not in concept.parents
    assert all("|" not in name and len(name) > 1 for name in (concept.name, *concept.synonyms))
    patterns = {
        "SNOMED": r"\d{6,18}",
        "ICD10": r"[A-Z]\d\d(\.\w{1,4})?",
        "RXNORM": r"\d{2,7}",
        "MESH": r"[CD]\d{6,9}",
        "CVX": r"\d{2,3}",
        "MONDO": r"\d{7}",
    }
    for code in concept.codes:
        system, _, value = code.partition(":")
        assert re.fullmatch(patterns[system], value), code


def test_no_parent_is_named_that_another_parent_implies() -> None:
    double = [
        (concept.id, one)
        for concept in CONCEPTS
        for one in concept.parents
        for other in concept.parents
        if one != other and vocabulary().is_a(other, one)
    ]
    assert double == []


def test_snomed_check_digits_are_right() -> None:
    for concept in CONCEPTS:
        for code in concept.codes:
            if code.startswith("SNOMED:"):
                assert _verhoeff(code.removeprefix("SNOMED:")), (concept.id, code)


def _verhoeff(number: str) -> bool:
    """Check digit of a SNOMED CT identifier (SNOMED CT Release File Specification, 2.5.6)."""
    product = [[(i + j) % 5 if i < 5 and j < 5 else 0 for j in range(10)] for i in range(10)]
    for i in range(10):
        for j in range(10):
            a, b = i % 5, j % 5
            if i < 5 and j < 5:
                product[i][j] = (a + b) % 5
            elif i < 5:
                product[i][j] = 5 + (a + b) % 5
            elif j < 5:
                product[i][j] = 5 + (a - b) % 5
            else:
                product[i][j] = (a - b) % 5
    row = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    table = [list(range(10))]
    for _ in range(7):
        table.append([row[value] for value in table[-1]])
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = product[check][table[place % 8][int(digit)]]
    return check == 0


@given(st.sampled_from(CONCEPTS))
def test_a_name_looks_up_its_own_row(concept: Concept) -> None:
    assert vocabulary().lookup(concept.name) is vocabulary().get(concept.id)
    assert concept.id in vocabulary().ancestors(concept.id)


def test_what_lies_below_a_concept_is_a_kind_of_it() -> None:
    for name in ("leukemia", "cancer", "corticosteroid", "surgery", "t-all"):
        below = vocabulary().descendants(name)
        assert name in below
        assert all(vocabulary().is_a(child, name) for child in below)


@given(st.sampled_from(NAMES))
def test_every_synonym_finds_its_row(pair: tuple[Concept, str]) -> None:
    concept, name = pair
    assert vocabulary().lookup(name) is vocabulary().get(concept.id)
    assert concept.id in [hit.concept.id for hit in vocabulary().spot(f"known {name}; and then")]


@given(
    st.lists(
        st.sampled_from([name for _, name in NAMES] + ["with", ", ", "all", "(", ")", "\n", "  "]), max_size=8
    )
)
def test_spotted_spans_are_names_in_order_and_never_overlap(parts: list[str]) -> None:
    text = " ".join(parts)
    reached = 0
    for hit in vocabulary().spot(text):
        assert hit.start >= reached
        reached = hit.end
        assert vocabulary().lookup(folded_or_strict(text[hit.start : hit.end])) is hit.concept


def folded_or_strict(words: str) -> str:
    return words if len(words) <= 6 else folded_key(words)


@given(st.text())
def test_any_text_can_be_spotted(text: str) -> None:
    for hit in vocabulary().spot(text):
        assert 0 <= hit.start < hit.end <= len(text)


@pytest.mark.parametrize(
    ("written", "concept_id"),
    [
        ("T-ALL", "t-all"),
        ("T‑ALL", "t-all"),
        ("ALL", "acute-lymphoblastic-leukemia"),
        ("acute lymphoblastic leukaemia", "acute-lymphoblastic-leukemia"),
        ("Brain Tumours", "brain-tumor"),
        ("non small-cell lung cancers", "nsclc"),
        ("Crohns disease", "crohn-disease"),
        ("Hodgkin’s Lymphoma", "hodgkin-lymphoma"),
        ("biopsies", "biopsy"),
        ("brain metastasis", "brain-metastases"),
        ("NSAIDs", "nsaid"),
        ("copd", "chronic-obstructive-pulmonary-disease"),
    ],
)
def test_look_up_is_tolerant_of_spelling(written: str, concept_id: str) -> None:
    found = vocabulary().lookup(written)
    assert found is not None
    assert found.id == concept_id


@pytest.mark.parametrize("written", ["all", "All", "mi", "ms", "", "patient", "disease", "it", "as"])
def test_look_up_does_not_take_a_word_for_an_abbreviation(written: str) -> None:
    assert vocabulary().lookup(written) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("All patients with T-ALL or HIV infection", ["T-ALL", "HIV infection"]),
        ("ALL PATIENTS MUST have no hearing aids", []),
        ("relapsed ALL, AML", ["ALL", "AML"]),
        ("prior allogeneic  stem cell\ntransplantation", ["allogeneic  stem cell\ntransplantation"]),
        ("anti-HIV antibodies and non-diabetic, pre-diabetic subjects", ["pre-diabetic"]),
        ("non-Hodgkin lymphoma", ["non-Hodgkin lymphoma"]),
        ("stroke-like smoothness", ["stroke"]),
        (
            "total parenteral nutrition (TPN), stroke (TIA)",
            ["total parenteral nutrition (TPN)", "stroke", "TIA"],
        ),
        ("heatstroke", []),
    ],
)
def test_names_are_spotted_as_whole_words(text: str, found: list[str]) -> None:
    assert [text[hit.start : hit.end] for hit in vocabulary().spot(text)] == found


@pytest.mark.parametrize(
    ("system", "code", "concept_id"),
    [
        ("SNOMED", "91861009", "acute-myeloid-leukemia"),
        ("http://snomed.info/sct", "44054006", "type-2-diabetes"),
        ("ICD10", "C50.911", "breast-cancer"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "313782", "acetaminophen"),
        ("http://hl7.org/fhir/sid/cvx", "140", "influenza-vaccine"),
    ],
)
def test_a_code_of_another_system_finds_its_concept(system: str, code: str, concept_id: str) -> None:
    found = vocabulary().by_code(system, code)
    assert found is not None
    assert found.id == concept_id


def test_an_unknown_code_finds_nothing() -> None:
    assert vocabulary().by_code("SNOMED", "1") is None
    assert vocabulary().by_code("ICD10", "Z99") is None
    assert vocabulary().by_code("LOINC", "718-7") is None


def test_an_unknown_id_is_refused_by_name() -> None:
    for ask in (vocabulary().get, vocabulary().ancestors, vocabulary().descendants):
        with pytest.raises(VocabularyError, match="no-such-thing"):
            ask("no-such-thing")


def _condition(
    concept_id: str, *parents: str, synonyms: tuple[str, ...] = (), kind: str = "condition"
) -> Concept:
    return Concept(concept_id, kind, concept_id, parents, synonyms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("concepts", "said"),
    [
        ((_condition("one", "two"), _condition("two", "one")), "circle"),
        ((_condition("one", "two"),), "no row"),
        ((_condition("one", "two"), _condition("two", kind="drug")), "its parent two a drug"),
        ((_condition("one", synonyms=("same",)), _condition("two", synonyms=("Same",))), "means both"),
    ],
)
def test_a_broken_family_is_refused_with_a_reason(concepts: tuple[Concept, ...], said: str) -> None:
    with pytest.raises(VocabularyError, match=said):
        Vocabulary(concepts)


def test_most_conditions_of_real_records_are_known(shared_data: Path) -> None:
    wanted = known = 0
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            for condition in (
                json.loads(line)["protocolSection"].get("conditionsModule", {}).get("conditions", [])
            ):
                wanted += 1
                known += bool(vocabulary().spot(condition))
    assert known / wanted > 0.75
