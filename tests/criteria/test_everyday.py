"""What patients are told: short sentences, or the study's own words where ours would not be plainer."""

from __future__ import annotations

import pytest
from hypothesis import given
from test_rewrite import trees

from accrual.codes.concepts import vocabulary
from accrual.codes.everyday import everyday_words
from accrual.codes.qualifiers import qualifiers
from accrual.codes.variables import variables
from accrual.criteria.compile import compile_text
from accrual.criteria.everyday import everyday
from accrual.criteria.render import parse_canonical
from accrual.criteria.tree import Tree
from reading_level import GRADE, grade

TOLD = [
    ("inclusion", "(compare age (range 18 75 a))", "You must be 18 to 75 years old."),
    ("inclusion", "(compare age (range > 18 _ a))", "You must be older than 18 years."),
    ("inclusion", "(compare age (range _ < 6 mo))", "You must be younger than 6 months."),
    ("inclusion", "(one_of walks yes)", "You must be able to walk."),
    ("inclusion", "(one_of walks no)", "You cannot walk."),
    (
        "inclusion",
        "(compare creatinine (range _ 1.5 mg/dL))",
        "Your blood test for kidney function (serum creatinine) must be 1.5 mg/dL or less.",
    ),
    (
        "inclusion",
        "(compare platelets (range 100000 _ /uL))",
        "Your count of blood platelets (platelets) must be 100,000 per microliter or more.",
    ),
    (
        "exclusion",
        "(compare alt (range > 1 _ [ULN]))",
        "You cannot take part if your blood test of the liver (alanine aminotransferase) is more than "
        "the top of the lab's normal range.",
    ),
    ("inclusion", "(one_of sex female male)", "Any sex can take part."),
    ("inclusion", "(not (one_of pregnant yes))", "You must not be pregnant."),
    ("inclusion", "(one_of consent yes)", "You must agree in writing to take part."),
    ("exclusion", "(one_of consent no)", "You cannot take part if you do not agree in writing to take part."),
    (
        "exclusion",
        "(any (one_of pregnant yes) (one_of breastfeeding yes))",
        "You cannot take part if you are pregnant or breastfeeding.",
    ),
    (
        "exclusion",
        '(present myocardial-infarction "myocardial infarction" history)',
        "You cannot take part if you have had a heart attack (myocardial infarction).",
    ),
    (
        "inclusion",
        '(within (present asthma "asthma") (throughout (range 6 _ mo) screening))',
        "You must have asthma for at least 6 months before the first study visit.",
    ),
    (
        "exclusion",
        '(within (present surgery "surgery") (after (range 0 _ d) diagnosis))',
        "You cannot take part if you have had surgery since the diagnosis.",
    ),
    (
        "exclusion",
        '(within (present surgery "surgery") (before (range 0 4 wk) enrollment))',
        "You cannot take part if you have had surgery in the 4 weeks before you join the study.",
    ),
    (
        "inclusion",
        '(not (within (present chemotherapy "chemotherapy" prior) (before (range 0 1 mo) treatment)))',
        "You must not have taken chemotherapy in the 1 month before the study treatment starts.",
    ),
    (
        "inclusion",
        "(when (one_of childbearing-potential yes) (one_of contraception yes))",
        "If you could become pregnant, you must use birth control that works well.",
    ),
    (
        "exclusion",
        '(all (present asthma "asthma" severe) (opaque "at night"))',
        "You may not be able to take part if you have severe asthma. The study adds: “at night”",
    ),
    (
        "exclusion",
        '(present cancer "cancer" (except melanoma "melanoma"))',
        "You cannot take part if you have cancer, other than melanoma.",
    ),
    ("inclusion", '(opaque "able to climb a tree")', "The study asks: “the study's words”"),
]


@pytest.mark.parametrize(("kind", "line", "said"), TOLD)
def test_a_criterion_is_told_in_words_for_patients(kind: str, line: str, said: str) -> None:
    tree = parse_canonical(line)
    assert everyday(tree, "inclusion" if kind == "inclusion" else "exclusion", "the study's words") == said


def test_our_sentences_read_at_grade_8_or_below() -> None:
    ours = [said for _, line, said in TOLD if "opaque" not in line]
    assert grade(" ".join(ours)) <= GRADE


def test_the_table_of_everyday_words_is_easy_to_read() -> None:
    sentences = " ".join(
        f"You have {words}." for words in everyday_words().values() if not words.startswith("you ")
    )
    assert grade(sentences) <= GRADE


def test_every_row_of_the_table_names_something() -> None:
    for name in everyday_words():
        assert name in variables() or name in qualifiers() or name in vocabulary().concepts, name


def test_what_is_not_understood_is_quoted_and_never_told_as_ours() -> None:
    (only,) = compile_text("Exclusion Criteria:\n\n* Zorblax of the third kind, unless frobbed")
    assert everyday(only.tree, only.kind, only.text).endswith("“Zorblax of the third kind, unless frobbed”")


@given(trees)
def test_every_tree_can_be_told(tree: Tree) -> None:
    for kind in ("inclusion", "exclusion"):
        said = everyday(tree, "inclusion" if kind == "inclusion" else "exclusion", "the words")
        assert said.strip()
        assert "\n" not in said
