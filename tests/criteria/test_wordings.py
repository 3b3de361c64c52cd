"""A name that no table has is a noun phrase, and never swallows what belongs to the logic of a criterion."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.basic import Interval
from accrual.criteria.compile import compile_text
from accrual.criteria.lexer import lex
from accrual.criteria.phrases.wording_words import MAX_WORDS, NEVER, VAGUE
from accrual.criteria.render import canonical
from accrual.criteria.signs import plain
from accrual.criteria.tree import Compare, Criterion, Present, is_worded, rests_on_words, walk
from accrual.criteria.wording_heads import BROAD
from accrual.criteria.wordings import with_wordings

SAMPLE = 10
# What makes the logic of a sentence, and stands in no name.
_LOGIC = re.compile(
    r"(?i)\b(?:and|or|nor|no|not|non|without|never|except|unless|excluding|including|if|than|within|before|since|"
    r"least|most|more|less|may|must|should|patients?|subjects?|participants?|investigator|study|trial|history)\b"
    r"|[<>=≥≤,;:()\[\]/%]|(?:^|\s)\d"
)


@pytest.fixture(scope="module")
def names(shared_data: Path) -> list[tuple[str, Present]]:
    """Every name of the tuning texts that rests on its words, with the words of its criterion."""
    found: list[tuple[str, Present]] = []
    with gzip.open(shared_data / "criteria" / "texts.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            study = json.loads(line)
            if number % SAMPLE or zlib.crc32(study["nct_id"].encode()) % 4 == 0:
                continue
            for criterion in compile_text(study["criteria"]):
                found += [(study["criteria"], node) for node in worded_leaves(criterion)]
    return found


def worded_leaves(criterion: Criterion) -> Iterator[Present]:
    for node in walk(criterion.tree):
        if isinstance(node, Present) and is_worded(node):
            yield node


def test_a_name_holds_nothing_of_the_logic(names: list[tuple[str, Present]]) -> None:
    assert len(names) > 150
    wrong = [leaf.concept.name for _, leaf in names if _LOGIC.search(leaf.concept.name)]
    assert wrong == []


def test_a_name_is_short(names: list[tuple[str, Present]]) -> None:
    assert [leaf.concept.name for _, leaf in names if len(leaf.concept.name.split()) > MAX_WORDS + 1] == []


def test_the_words_of_a_name_stand_in_the_text(names: list[tuple[str, Present]]) -> None:
    for text, leaf in names:
        known = set(re.findall(r"[\w']+", plain(text).lower()))
        assert known.issuperset(re.findall(r"[\w']+", leaf.concept.name.lower())), leaf.concept.name


def read(kind: str, words: str) -> str:
    return ";".join(canonical(one.tree) for one in compile_text(f"{kind} Criteria:\n\n* {words}"))


@pytest.mark.parametrize(
    "words",
    [
        "Lack of venous pathology control",
        "Unwilling foobar disease",
        "Medical condition",
        "Severe systemic disease",
        "Other foobar diary",
        "Investigator judged joint disease",
        "non-ulcer foobar lesion",
        "Foobar disease-free",
        "IIIA disease",
        "foobar lesion lesion lesion lesion lesion lesion lesion",
    ],
)
def test_what_is_no_name_stays_as_it_was(words: str) -> None:
    assert "text|" not in read("Exclusion", words)


def test_every_kind_of_thing_is_told_by_its_head() -> None:
    assert "text|condition:foobar-cyst" in read("Exclusion", "Foobar cysts")
    assert "text|drug:foobar-antagonist" in read("Exclusion", "Foobar antagonists")
    assert "text|procedure:foobar-stent" in read("Exclusion", "Foobar stent")


def test_a_window_a_past_and_a_negation_are_as_with_a_coded_name() -> None:
    assert read("Exclusion", "Foobar cysts within 3 months") == (
        '(within (present text|condition:foobar-cyst "foobar cysts") (before (range 0 3 mo) enrollment))'
    )
    assert read("Exclusion", "History of foobar cysts") == (
        '(present text|condition:foobar-cyst "foobar cysts" history)'
    )
    assert read("Inclusion", "No foobar cysts") == '(not (present text|condition:foobar-cyst "foobar cysts"))'


def test_a_known_head_is_kept_beside_the_whole_name() -> None:
    assert read("Exclusion", "Foobar asthma") == (
        '(all (present asthma "asthma") (present text|condition:foobar-asthma "foobar asthma"))'
    )


def test_a_criterion_that_rests_on_words_is_told_apart() -> None:
    worded, coded = compile_text("Exclusion Criteria:\n\n* Foobar cysts\n* Asthma")
    assert (worded.understood, rests_on_words(worded.tree)) == ("whole", True)
    assert (coded.understood, rests_on_words(coded.tree)) == ("whole", False)


def test_no_table_says_two_things_of_one_word() -> None:
    assert not NEVER & VAGUE
    assert not NEVER & {word for words in BROAD.values() for word in words}


WORDS = st.sampled_from(
    ["foobar", "cysts", "or", "and", "no", "of", "the", "knee", ",", "(", ")", "3", "months", "≥", "severe", "asthma",
     "inhibitor", "study", "disease", "-", "history of", "blood", "within"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_lexemes_keep_their_order_and_cover_the_same_text(text: str) -> None:
    clean = plain(text)
    before = lex(clean)
    after = with_wordings(clean, before)
    assert [one.start for one in after] == sorted({one.start for one in after})
    covered = {at for one in after for at in range(one.start, one.end) if not clean[at].isspace()}
    assert covered >= {at for one in before for at in range(one.start, one.end) if not clean[at].isspace()}
    for one, other in pairwise(after):
        assert one.end <= other.start


def test_a_measurement_under_its_own_words_is_told_apart_too() -> None:
    tree = Compare(variable="text|iothalamate-clearance", interval=Interval(high=70, unit="mL/min"))
    assert rests_on_words(tree)
    assert not rests_on_words(Compare(variable="age", interval=Interval(low=18, unit="a")))
