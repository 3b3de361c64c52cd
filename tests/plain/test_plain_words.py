"""Plain words: prose, distances, verdicts and the pages' values, as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.errors import QueryError
from accrual.plain.distance import distance_words, read_distance, site_words
from accrual.plain.prose import blocks, printable, statement, unescape
from accrual.plain.sheet import escape
from accrual.search.query import NearestSite


@pytest.mark.parametrize(
    ("words", "km"),
    [
        ("100km", 100.0),
        ("100", 100.0),
        (" 60 mi ", 96.56064),
        ("1 mile", 1.609344),
        ("2,5 km", 2.5),
        ("0km", 0.0),
    ],
)
def test_distances_are_read_in_kilometres(words: str, km: float) -> None:
    assert read_distance(words) == pytest.approx(km)


@pytest.mark.parametrize("words", ["", "far", "10 m", "-5km", "1e3km", "10 km 5"])
def test_what_is_no_distance_is_refused_with_an_example(words: str) -> None:
    with pytest.raises(QueryError, match="100km or 60mi"):
        read_distance(words)


def test_distances_are_told_in_both_units() -> None:
    assert distance_words(100) == "100 km (62 mi)"
    assert distance_words(0.4) == "under 1 km"


def test_a_site_is_one_line_and_says_what_is_known() -> None:
    assert site_words(NearestSite("Clinic", "Oslo", "Norway", "", 3.2)) == "Clinic, Oslo, Norway, 3 km (2 mi)"
    assert site_words(NearestSite("", "", "", "", None)) == "place not stated"


def test_prose_becomes_paragraphs_and_nested_bullets() -> None:
    found = blocks("Two groups\nof people:\n\n* one\n  * deeper\n* two\n\nThe end.")
    assert [block.kind for block in found] == ["paragraph", "bullets", "paragraph"]
    assert found[0].lines[0].text == "Two groups of people:"
    assert [(line.text, line.depth) for line in found[1].lines] == [("one", 0), ("deeper", 1), ("two", 0)]


def test_the_registrys_escapes_are_undone() -> None:
    assert unescape(r"age \> 18 and \[ULN\] 1\.5") == "age > 18 and [ULN] 1.5"


def test_control_characters_never_reach_a_reader() -> None:
    assert printable("red \x1b[31mtext\x07 \u202edesrever") == "red [31mtext desrever"


@given(st.text(max_size=300))
def test_no_word_of_prose_is_lost_or_invented(text: str) -> None:
    shown = " ".join(line.text for block in blocks(text) for line in block.lines)
    letters = [sign for sign in printable(text) if sign.isalpha()]
    assert [sign for sign in shown if sign.isalpha()] == letters


@pytest.mark.parametrize(
    "words", ["# no heading", "- no bullet", "1. no list", "a *b* _c_ [d](e) <b> `f` &lt;"]
)
def test_markdown_shows_a_records_signs_as_they_are(words: str) -> None:
    escaped = escape(words)
    assert escaped != words
    assert unescape(escaped.replace("\\&", "&")) == words


def test_a_number_inside_a_line_is_not_escaped_as_a_list() -> None:
    assert escape("2019-A01343-54 and 3.5 mg") == "2019-A01343-54 and 3.5 mg"
    assert escape("3. third") == r"3\. third"


def test_a_statement_keeps_its_lines_and_loses_empty_ones() -> None:
    assert statement("one of:\n\n  1. first \\>  2\n 2. second ") == "one of:\n1. first > 2\n2. second"
