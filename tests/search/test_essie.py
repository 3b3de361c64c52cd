"""Expressions of the registry's query language: read, refused, and written."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.basic import Span
from accrual.errors import ExpressionError, QueryError
from accrual.search.essie import MAX_DEPTH, read_expression
from accrual.search.essie_tokens import MAX_CHARS, OPERATORS
from accrual.search.essie_writing import write_expression
from accrual.search.expression import (
    And,
    Coverage,
    Distance,
    Everything,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Range,
    Scoped,
    Words,
)

NOWHERE = Span(0, 0)


def read(text: str) -> Expression:
    return read_expression(text, "advanced filter")


def bare(tree: Expression) -> Expression:
    """The same expression without the places of its parts."""
    changes: dict[str, Any] = {"span": NOWHERE}
    if isinstance(tree, And | Or):
        changes["parts"] = tuple(bare(part) for part in tree.parts)
    elif isinstance(tree, Not | Scoped):
        changes["part"] = bare(tree.part)
    return msgspec.structs.replace(tree, **changes)


def words(text: str, quoted: bool = False) -> Words:
    return Words(text=text, quoted=quoted, span=NOWHERE)


def both(*parts: Expression) -> And:
    return And(parts=parts, span=NOWHERE)


def either(*parts: Expression) -> Or:
    return Or(parts=parts, span=NOWHERE)


def no(part: Expression) -> Not:
    return Not(part=part, span=NOWHERE)


def scoped(part: Expression, **operator: Any) -> Scoped:
    return Scoped(part=part, span=NOWHERE, **operator)


A, B, C = words("a"), words("b"), words("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("heart attack", words("heart attack")),
        ("  heart \n attack ", words("heart attack")),
        ('"heart attack"', words("heart attack", quoted=True)),
        ("a OR b AND c", either(A, both(B, C))),
        ("(a OR b) AND c", both(either(A, B), C)),
        ("a AND (b AND c)", both(A, both(B, C))),
        ("a NOT b", both(A, no(B))),
        ("a AND NOT b", both(A, no(B))),
        ("NOT NOT a", no(no(A))),
        ('a "b" (c)', both(A, words("b", quoted=True), C)),
        ("a or b and not c", words("a or b and not c")),
        (r"a \AND b", words("a AND b")),
        (r"\(a\) \"b\" \[c\] \\", words('(a) "b" [c] \\')),
        (r'"say \"no\""', words('say "no"', quoted=True)),
        ("breast, cancer", words("breast, cancer")),
        ('"a", "b",', both(words("a", quoted=True), words("b", quoted=True))),
        ("AREA[Condition]a b", scoped(words("a b"), area="Condition")),
        ("AREA[Condition]a AND b", both(scoped(A, area="Condition"), B)),
        ("AREA[Condition](a OR b)", scoped(either(A, B), area="Condition")),
        ("AREA[Condition]NOT a", scoped(no(A), area="Condition")),
        ("NOT AREA[Condition]a", no(scoped(A, area="Condition"))),
        ("AREA[ConditionSearch]a", scoped(A, area="ConditionSearch")),
        (
            "AREA[protocolSection.conditionsModule.conditions]a",
            scoped(A, area="protocolSection.conditionsModule.conditions"),
        ),
        (
            "AREA[Location:size]RANGE[10, MAX]",
            scoped(Range(low="10", high="", span=NOWHERE), area="Location:size"),
        ),
        (
            "AREA[MinimumAge]RANGE[MIN, 16 years]",
            scoped(Range(low="", high="16 years", span=NOWHERE), area="MinimumAge"),
        ),
        ("COVER[FullMatch]a", scoped(A, coverage=Coverage.FULL_MATCH)),
        ("COVERAGE[StartsWith]a", scoped(A, coverage=Coverage.STARTS_WITH)),
        (
            "EXPANSION[None]COVERAGE[Contains]a",
            scoped(scoped(A, coverage=Coverage.CONTAINS), expansion=Expansion.NONE),
        ),
        ("TILT[StudyFirstPostDate]a", scoped(A, tilt="StudyFirstPostDate")),
        (
            "SEARCH[Location](AREA[LocationCity]a AND b)",
            scoped(both(scoped(A, area="LocationCity"), B), document="Location"),
        ),
        (
            "DISTANCE[39.5, -77, 80km]",
            Distance(latitude=39.5, longitude=-77.0, radius_km=80.0, span=NOWHERE),
        ),
        ("AREA[Phase]MISSING", scoped(Missing(span=NOWHERE), area="Phase")),
        ("ALL", Everything(span=NOWHERE)),
        ("ALLOW", words("ALLOW")),
        ("AREA [ Condition ] a", scoped(A, area="Condition")),
    ],
)
def test_an_expression_is_read_as_the_grammar_has_it(text: str, tree: Expression) -> None:
    assert bare(read(text)) == tree


def test_a_distance_without_a_unit_is_in_miles() -> None:
    found = read("DISTANCE[39.0035707,-77.1013313,50]")
    assert isinstance(found, Distance)
    assert math.isclose(found.radius_km, 80.4672)
    assert bare(found) == bare(read("DISTANCE[39.0035707, -77.1013313, 50mi]"))


def test_every_part_knows_its_place_in_the_text() -> None:
    text = 'x AND  AREA[Condition](asthma OR "heart attack") NOT RANGE[2016, MAX]'
    found = read(text)
    assert isinstance(found, And)
    _, area, denied = found.parts
    assert area.span.of(text) == 'AREA[Condition](asthma OR "heart attack"'
    assert isinstance(area, Scoped)
    assert isinstance(area.part, Or)
    assert [part.span.of(text) for part in area.part.parts] == ["asthma", '"heart attack"']
    assert denied.span.of(text) == "NOT RANGE[2016, MAX]"


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("(diabetes AND", "inner bool query clause cannot be null", 13),
        ("", "inner bool query clause cannot be null", 0),
        ("a OR", "inner bool query clause cannot be null", 4),
        ("NOT", "inner bool query clause cannot be null", 3),
        ("AREA[Condition]", "inner bool query clause cannot be null", 15),
        ("x AREA[X]y", "Unknown area name: 'X'", 7),
        ("AREA[condition]y", "Unknown area name: 'condition'", 5),
        ("AREA[BasicSearch:size]1", "Unknown area name: 'BasicSearch:size'", 5),
        ("TILT[X]y", "Unknown area name: 'X'", 5),
        ("SEARCH[Location]AREA[Condition]a", "Unknown area name: 'Condition'", 21),
        ("SEARCH[Location]SEARCH[Study]a", "Unknown document name: 'Study'", 23),
        ("SEARCH[Site]a", "Unknown document name: 'Site'", 7),
        ("COVERAGE[FullMatc]x", "Invalid coverage: FullMatc", 9),
        ("COVER[fullmatch]x", "Invalid coverage: fullmatch", 6),
        ("EXPANSION[Nothing]x", "Invalid expansion: Nothing", 10),
        ("AREA[StartDate]RANGE[soon, MAX]", "Invalid range value: soon", 21),
        ("AREA[StartDate]RANGE[MIN, 18 years]", "Invalid range value: 18 years", 26),
        ("AREA[StartDate]RANGE[02/30/2016, MAX]", "Invalid range value: 02/30/2016", 21),
        ("AREA[MinimumAge]RANGE[1 eon, MAX]", "Invalid range value: 1 eon", 22),
        ("AREA[EnrollmentCount]RANGE[1, 1e999]", "Invalid range value: 1e999", 30),
        ("AREA[StartDate]RANGE[MAX, 2016]", "Invalid range value: MAX", 21),
        ("DISTANCE[91, 0, 5mi]", "Invalid latitude: 91", 9),
        ("DISTANCE[1, x, 5mi]", "Invalid longitude: x", 12),
        ("DISTANCE[1, 1, 501mi]", "Invalid distance: 501mi", 15),
        ("DISTANCE[1, 1, 0km]", "Invalid distance: 0km", 15),
        ("RANGE[StartDate][01/01/2016, MAX]", "mismatched input ']' expecting {',', WORD}", 15),
        ("AREA[Condition", "mismatched input '<EOF>' expecting ']'", 14),
        ("AREA a", "mismatched input 'a' expecting '['", 5),
        ("AREA[]a", "mismatched input ']' expecting WORD", 5),
        ("(a", "missing ')' at '<EOF>'", 2),
        ('a "b', "token recognition error at: '\"b'", 2),
        ("a \\", "token recognition error at: '\\'", 2),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_registrys_words_and_the_place(
    text: str, reason: str, position: int
) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text)
    assert str(caught.value) == f"Error parsing query in advanced filter: {reason}"
    assert caught.value.position == position
    assert isinstance(caught.value, QueryError)


def test_the_message_names_the_search_box() -> None:
    with pytest.raises(ExpressionError) as caught:
        read_expression("(diabetes AND", "Other terms")
    assert str(caught.value) == "Error parsing query in Other terms: inner bool query clause cannot be null"


def test_what_the_grammar_refuses_lists_what_it_expects() -> None:
    with pytest.raises(ExpressionError) as caught:
        read("COV[FullMatch]x")
    assert str(caught.value).startswith(
        "Error parsing query in advanced filter: mismatched input '[' expecting "
        "{<EOF>, '(', ',', 'NOT', 'AND', 'OR', 'SEARCH', 'AREA', 'RANGE', "
    )
    assert caught.value.position == 3
    for text in ("a)", "AND b", "a AND OR b", "()", "a]"):
        with pytest.raises(ExpressionError, match=r"mismatched input '.*' expecting \{"):
            read(text)


def test_the_recorded_errors_of_the_registry_are_given_byte_for_byte(shared_reference: Path) -> None:
    recorded = json.loads((shared_reference / "ctgov-api-v2" / "error_bodies.json").read_bytes())["errors"]
    boxes = {"query.term": "Other terms", "filter.advanced": "advanced filter"}
    asked = {
        "...COVERAGE[FullMatc]...": "/studies?filter.advanced=COVERAGE[FullMatc]x",
        "...COV[FullMatch]...": "/studies?filter.advanced=COV[FullMatch]x",
    }
    tried = 0
    for each in recorded:
        said = each.get("body", each.get("body_prefix", ""))
        if not said.startswith("Error parsing query"):
            continue
        param, _, text = asked.get(each["request"], each["request"]).partition("?")[2].partition("=")
        with pytest.raises(ExpressionError) as caught:
            read_expression(text, boxes[param])
        if "body" in each:
            assert str(caught.value) == said
        else:
            assert str(caught.value).startswith(said.removesuffix("...}"))
        tried += 1
    assert tried == 4


def test_all_real_expressions_are_read_or_refused_as_the_registry_would(shared_data: Path) -> None:
    counted: Counter[str] = Counter()
    for text in (shared_data / "essie" / "queries.txt").read_text().splitlines():
        try:
            tree = read(text)
        except ExpressionError as error:
            counted[error.reason] += text[: error.position].endswith("RANGE[StartDate")
        else:
            assert bare(read(write_expression(tree))) == bare(tree)
            counted["read"] += 1
    assert counted == {"read": 1_997, "mismatched input ']' expecting {',', WORD}": 43}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "NOT " * 4_000 + "a",
        "AREA[Condition]" * 1_000 + "a",
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "a " * 1_000_000,
        '"' * 1_000_000,
        "\\" * 1_000_000,
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        read(text)


def test_what_is_just_short_and_shallow_enough_is_read() -> None:
    assert read("(" * (MAX_DEPTH - 1) + "a" + ")" * (MAX_DEPTH - 1)) is not None
    assert read("NOT " * (MAX_DEPTH - 1) + "a") is not None
    assert read("a " * (MAX_CHARS // 2)) is not None
    tree = read("(a) OR " * 2_000 + "b")
    assert isinstance(tree, Or)
    assert len(tree.parts) == 2_001


def test_what_cannot_be_written_in_bytes_is_refused() -> None:
    with pytest.raises(ExpressionError, match="token recognition error") as caught:
        read("ab\ud800")
    assert caught.value.position == 2


@pytest.mark.parametrize("text", ["a \x00 b", "“curly”", "\u202e", "a\u3000b", "é" * 100, "😀", "-", "''"])
def test_odd_signs_are_words(text: str) -> None:
    assert isinstance(read(text), Words)


def test_long_text_in_an_error_is_cut_short() -> None:
    with pytest.raises(ExpressionError) as caught:
        read(f"AREA[{'x' * 10_000}]y")
    assert len(str(caught.value)) < 400
    with pytest.raises(ExpressionError) as caught:
        read(f"AREA {'x' * 10_000}")
    assert len(str(caught.value)) < 400


# -- round trip --------------------------------------------------------------------------------------------------------

_SIGNS = st.sampled_from(
    [*OPERATORS, "a", "b c", '"', "\\", "(", ")", "[", "]", ",", "-", "é", "MIN", "MAX", "12"]
)
TEXTS = st.one_of(
    st.lists(_SIGNS, max_size=6).map(" ".join), st.lists(_SIGNS, max_size=6).map("".join), st.text()
)
LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(
        lambda text, quoted: words(" ".join(text.split()), quoted),
        TEXTS.filter(lambda text: text.isprintable()),
        st.booleans(),
    ),
    st.builds(
        lambda low, high: Range(low=low, high=high, span=NOWHERE),
        st.sampled_from(["", "2016", "2016-01-15", "01/15/2016"]),
        st.sampled_from(["", "2016", "3.5", "2020-12"]),
    ),
    st.builds(
        lambda lat, lon, radius: Distance(latitude=lat, longitude=lon, radius_km=radius, span=NOWHERE),
        st.floats(-90, 90).map(lambda number: round(number, 7)),
        st.floats(-180, 180).map(lambda number: round(number, 7)),
        st.floats(0.001, 804.672),
    ),
    st.just(Missing(span=NOWHERE)),
    st.just(Everything(span=NOWHERE)),
)
OPERATED = st.sampled_from(
    [
        {"area": "Condition"},
        {"area": "protocolSection.conditionsModule"},
        {"area": "ConditionSearch"},
        *({"coverage": each} for each in Coverage),
        *({"expansion": each} for each in Expansion),
        {"tilt": "StartDate"},
        {"document": "Study"},
    ]
)
TREES: st.SearchStrategy[Expression] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: both(*parts)),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: either(*parts)),
        inner.map(no),
        st.builds(lambda part, operator: scoped(part, **operator), inner, OPERATED),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(TREES)
def test_what_is_written_reads_as_the_same_expression(tree: Expression) -> None:
    assert bare(read(write_expression(tree))) == tree
