"""Compiling keeps offsets, covers every word, never crashes, and reads the record's fields."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.criteria.compile import compile_text, compile_trial
from accrual.criteria.lexer import lex
from accrual.criteria.render import canonical, parse_canonical
from accrual.criteria.signs import plain
from accrual.criteria.split import Item, outline
from accrual.criteria.tree import Criterion, Tree, children, walk
from accrual.criteria.views import criteria_json

SAMPLE = 12  # each twelfth real text; the whole corpus takes minutes


def real_texts(shared_data: Path) -> Iterator[str]:
    with gzip.open(shared_data / "criteria" / "texts.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % SAMPLE == 0:
                yield json.loads(line)["criteria"]
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % SAMPLE == 0:
                yield (
                    json.loads(line)["protocolSection"]
                    .get("eligibilityModule", {})
                    .get("eligibilityCriteria", "")
                )


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[tuple[str, tuple[Criterion, ...]]]:
    return [(text, compile_text(text)) for text in real_texts(shared_data)]


@pytest.mark.parametrize("sign", ["²", "①", "½", "٣", "１"])
def test_signs_that_are_digits_and_no_numbers_are_read_or_left(sign: str) -> None:
    for text in (f"Grade {sign},3 neuropathy", f"{sign},3 grade", f"Stage {sign}", f"Age {sign} to 9 years"):
        assert_true_to(text, compile_text(text))


def test_a_window_behind_a_list_leaves_every_span_inside_its_criterion() -> None:
    text = "Inclusion Criteria:\n* Unstable angina, CABG, PTCA within 6 months\n* Gout"
    assert_true_to(text, compile_text(text))


def assert_true_to(text: str, criteria: tuple[Criterion, ...]) -> None:
    for criterion in criteria:
        assert text[criterion.start : criterion.end] == criterion.text
        for node in walk(criterion.tree):
            assert criterion.start <= node.span.start <= node.span.end <= criterion.end
        for mention in criterion.mentions:
            assert text[mention.start : mention.end] == mention.text
        assert parse_canonical(canonical(criterion.tree)) == criterion.tree


def test_real_texts_keep_their_offsets_and_read_back(real: list[tuple[str, tuple[Criterion, ...]]]) -> None:
    assert sum(len(criteria) for _, criteria in real) > 5000
    for text, criteria in real:
        assert_true_to(text, criteria)


# Kinds of lexeme that carry content: each must be under a leaf. The others are grammar, or stand in a table of
# harmless words with a reason (see criteria/words.py).
CONTENT = frozenset(
    (
        "word",
        "number",
        "unit",
        "concept",
        "variable",
        "value",
        "limit",
        "qualifier",
        "shift",
        "loose",
        "except",
    )
)


def leaf_spans(tree: Tree) -> Iterator[tuple[int, int]]:
    for node in walk(tree):
        if not children(node) or type(node).__name__ in ("Within", "When", "Not"):
            yield node.span.start, node.span.end


def every_item(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from every_item(item.children)


WORDY = re.compile(r"\w\w")
BULLET = re.compile(r"^\W*(?:\w{1,5}\W*[.)]|o )\W*$")
NO_CONTENT = re.compile(r"(?i)^\W*(?:and\s?/\s?)?or\W*$")


def test_every_line_of_real_texts_is_a_criterion_or_a_heading(
    real: list[tuple[str, tuple[Criterion, ...]]],
) -> None:
    lost: list[str] = []
    for text, criteria in real:
        laid = outline(text)
        taken = bytearray(len(text))
        leads = [(item.start, item.end) for item in every_item(laid.items) if item.children]
        asides = [(aside.start, aside.end) for aside in laid.asides]
        for start, end in [(each.start, each.end) for each in criteria] + leads + asides:
            taken[start:end] = b"x" * (end - start)
        for line in re.finditer(r"[^\n]+", text):
            rest = "".join(" " if taken[at] else text[at] for at in range(line.start(), line.end())).strip()
            if WORDY.search(rest) and not BULLET.match(rest) and not NO_CONTENT.match(rest):
                lost.append(f"{rest[:80]!r} of {line.group()[:120]!r}")
    assert not lost, "\n".join(lost[:20])


def test_every_content_word_of_real_texts_is_under_a_node(
    real: list[tuple[str, tuple[Criterion, ...]]],
) -> None:
    lost: list[str] = []
    for text, criteria in real:
        clean = plain(text)
        laid = [(item.start, item.end) for item in every_item(outline(text).items)]
        for criterion in criteria:
            spans = list(leaf_spans(criterion.tree))
            for lexeme in lex(clean, criterion.start, criterion.end):
                if not any(a <= lexeme.start and lexeme.end <= b for a, b in laid):
                    continue  # a bullet between two items of one criterion
                if lexeme.kind in CONTENT and not any(
                    a <= lexeme.start and lexeme.end <= b for a, b in spans
                ):
                    lost.append(
                        f"{lexeme.low!r} ({lexeme.kind}) in {criterion.text[:120]!r}: {canonical(criterion.tree)[:160]}"
                    )
    assert not lost, "\n".join(lost[:20])


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_no_text_crashes(text: str) -> None:
    assert_true_to(text, compile_text(text))


PIECES = st.sampled_from(
    [
        *(
            "\n",
            "*",
            "-",
            "1.",
            "(",
            ")",
            ",",
            ";",
            ".",
            ":",
            "/",
            "≥",
            "<=",
            "\\>",
            "x",
            "C",
            "2.5",
            "no",
            "not",
            "without",
        ),
        *(
            "or",
            "and",
            "ECOG",
            "0-1",
            "18 years",
            "age",
            "male",
            "female",
            "pregnant",
            "leukemia",
            "chemotherapy",
        ),
        *(
            "within",
            "3 months",
            "prior to enrollment",
            "history of",
            "active",
            "unless",
            "except",
            "(e.g.",
            "must have",
        ),
        *("uncontrolled", "hepatitis B", "AST", "ALT", "ULN", "mg/dL", "consent", "other", "patients with"),
        *("Exclusion Criteria:", "one of the following:"),
    ]
)


@settings(max_examples=250, deadline=None)
@given(st.lists(PIECES, max_size=40).map(" ".join))
def test_no_arrangement_of_the_languages_own_words_crashes(text: str) -> None:
    assert_true_to(text, compile_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "1" * 1_000_000,
        " " * 1_000_000,
        "\n" * 1_000_000,
        "≥" * 1_000_000,
        "(" * 100_000,
        "* (" * 50_000 + ")" * 50_000,
        "no " * 20_000 + "leukemia",
        "\n".join(" " * depth + "* Age > 18 years:" for depth in range(2_000)),
        "leukemia or " * 20_000,
        "* ECOG 0-1\n" * 20_000,
    ],
    ids=[
        "letter",
        "digit",
        "space",
        "newline",
        "sign",
        "open",
        "nested",
        "negations",
        "indents",
        "list",
        "many",
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = (
        time.process_time()
    )  # not the clock on the wall: other work on the machine takes no time from this one
    compile_text(text)
    assert time.process_time() - started < 30


def test_compiling_twice_gives_the_same() -> None:
    text = "Inclusion Criteria:\n\n* Relapsed or refractory acute leukemia\n* ECOG 0-1"
    assert compile_text(text) == compile_text(text)


def test_escapes_of_the_registry_keep_offsets() -> None:
    text = "Inclusion Criteria:\n\n* Age \\>= 50 years\n* Karnofsky \\> 60"
    first, second = compile_text(text)
    assert first.text == "Age \\>= 50 years"
    assert canonical(first.tree) == "(compare age (range 50 _ a))"
    assert text[second.start : second.end] == "Karnofsky \\> 60"


def test_fields_of_the_record() -> None:
    compiled = compile_trial(
        nct_id="NCT90000001",
        sex="FEMALE",
        minimum_age="6 Months",
        maximum_age="65 Years",
        healthy_volunteers=False,
    )
    assert [(each.field, canonical(each.tree)) for each in compiled.fields] == [
        ("minimumAge", "(compare age (range 6 _ mo))"),
        ("maximumAge", "(compare age (range _ 65 a))"),
        ("sex", "(one_of sex female)"),
        ("healthyVolunteers", "(one_of healthy-volunteer no)"),
    ]


def test_fields_that_ask_nothing() -> None:
    assert (
        compile_trial(nct_id="NCT90000001", sex="ALL", minimum_age="N/A", healthy_volunteers=True).fields
        == ()
    )


def test_criteria_json_has_the_documented_keys() -> None:
    compiled = compile_trial(
        nct_id="NCT90000001", criteria_text="Inclusion Criteria:\n\n* ECOG 0-1", sex="MALE"
    )
    shown = json.loads(criteria_json(compiled))
    assert set(shown) == {"nct_id", "criteria", "fields", "findings"}
    (only,) = shown["criteria"]
    assert {"kind", "text", "start", "end", "understood", "tree", "mentions"} <= set(only)
    assert only["understood"] == "whole"
    assert only["tree"]["node"] == "compare"
    assert set(only["mentions"][0]) == {"kind", "start", "end", "text", "code", "negated"}


def test_a_number_of_hundreds_of_digits_is_no_number_and_stays_text() -> None:
    (criterion,) = compile_text(f"Exclusion Criteria:\n\n* Triglycerides > {'9' * 400} mmol/L")
    assert criterion.understood == "none"
