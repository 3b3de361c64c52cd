"""What a criterion names: kinds, ends, codes and negation; right whether or not the tree is understood."""

from __future__ import annotations

import itertools
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.criteria.compile import compile_text
from accrual.criteria.mention import CUES, MAX_MENTIONED, mentions_of
from accrual.criteria.tagger import KINDS, TAGS, mark, words_of
from accrual.criteria.tree import Mention, Opaque


def mentions(text: str) -> list[Mention]:
    return [mention for criterion in compile_text(text) for mention in criterion.mentions]


def mention_of(text: str, words: str) -> Mention:
    return next(each for each in mentions(text) if each.text == words)


def named(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in mentions(text)]


def test_mentions_carry_kind_code_and_negation() -> None:
    text = "Exclusion Criteria:\n\n* Active infection\n* No prior chemotherapy within 3 months"
    infection, chemotherapy = mention_of(text, "infection"), mention_of(text, "chemotherapy")
    assert (infection.kind, infection.negated) == ("condition", False)
    assert infection.code is not None
    assert infection.code.code == "infection"
    assert chemotherapy.negated
    assert mention_of(text, "No").kind == "negation"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Whole phrases of time, with what they are counted from (NCT03840629 and many others say it so).
        ("Surgery within 4 weeks prior to randomization", ("time", "within 4 weeks prior to randomization")),
        # An amount is one span: comparator, number, unit.
        ("Hemoglobin greater than or equal to 9 g/dL", ("value", "greater than or equal to 9 g/dL")),
        ("Hemoglobin greater than or equal to 9 g/dL", ("measurement", "Hemoglobin")),
        ("Life expectancy ≥ 3 months", ("value", "≥ 3 months")),
        ("Age < 75 years", ("age", "Age")),
        ("Age < 75 years", ("value", "< 75 years")),
        ("18 years or older", ("age", "older")),
        ("Current treatment with warfarin", ("drug", "warfarin")),
        ("Current treatment with warfarin", ("status", "Current")),
        ("History of stroke", ("history", "History")),
        ("Men and women", ("sex", "women")),
        ("Children with asthma", ("person", "Children")),
        ("Presence of chronic pain", ("observation", "chronic pain")),
    ],
)
def test_a_kind_and_its_ends(text: str, expected: tuple[str, str]) -> None:
    assert expected in named(text)


def test_an_age_is_said_once() -> None:
    assert [kind for kind, _ in named("Aged 18 to 65 years old")].count("age") == 1
    assert [words for kind, words in named("Women of childbearing age") if kind == "age"] == []


def test_mentions_are_found_in_words_that_are_not_understood() -> None:
    text = "Exclusion Criteria:\n\n* Mother with leukemia"
    (criterion,) = compile_text(text)
    assert isinstance(criterion.tree, Opaque)
    assert mention_of(text, "leukemia").kind == "condition"


def test_a_negation_reaches_to_the_end_of_its_clause() -> None:
    (criterion,) = compile_text("Inclusion Criteria:\n\n* Patients without stable asthma; odd epilepsy")
    told = {each.text.split()[-1]: each.negated for each in criterion.mentions if each.kind == "condition"}
    assert told == {"asthma": True, "epilepsy": False}


def test_only_the_beginning_of_a_very_long_criterion_is_looked_at() -> None:
    text = "asthma. " * (MAX_MENTIONED // 4)
    assert max(each.end for each in mentions_of(text, 0, Opaque(text=text))) <= MAX_MENTIONED


@settings(deadline=None)  # the first call reads the weights
@given(st.text(max_size=300) | st.lists(st.sampled_from([phrases.split("|")[0] for _, phrases in CUES] + [
    "asthma", "within", "3", "weeks", ">=", "18", "years", "old", "aspirin", ";", "\n* ", "\\>", "(", "no"]
)).map(" ".join))  # fmt: skip
def test_mentions_lie_in_the_text_in_order(text: str) -> None:
    found = mentions_of(text, 7, Opaque(text=text))
    assert all(text[each.start - 7 : each.end - 7] == each.text and each.text for each in found)
    assert list(found) == sorted(found, key=lambda each: (each.start, each.end))
    assert len({(each.start, each.end, each.kind) for each in found}) == len(found)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_marked_spans_lie_in_the_text_and_apart(text: str) -> None:
    found = mark(text)
    assert all(0 <= each.start < each.end <= len(text) and each.kind in KINDS for each in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_words_know_what_the_lexer_names() -> None:
    told = {word.low: word.named for word in words_of("no breast cancer")}
    assert told == {"no": "B-not", "breast": "B-condition", "cancer": "I-condition"}
    assert len(TAGS) == 2 * len(KINDS) + 1


def test_a_long_gap_behind_an_amount_takes_no_long_time() -> None:
    text = "Aged 18 years" + " -" * 3_000 + "x"
    started = perf_counter()
    mentions_of(text, 0, Opaque(text=text))
    assert perf_counter() - started < 20  # it took minutes
