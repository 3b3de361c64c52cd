"""What is kept of the parts of a clause may never speak against the whole, where the whole is understood."""

from __future__ import annotations

import pytest
from benchmarks.logic import compare
from tests.criteria.goldens import FOLDER, read

from accrual.criteria.clause import MAX_LEXEMES, read_clause
from accrual.criteria.lexer import lex
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.render import canonical, parse_canonical
from accrual.criteria.rewrite import rewrite
from accrual.criteria.segments import read_segments
from accrual.criteria.signs import plain
from accrual.criteria.tree import Tree

GOLDENS = sorted(FOLDER.glob("*.txt"))


def segments(text: str, kind: str) -> Tree | None:
    stream = Stream(plain(text), lex(plain(text)), "inclusion" if kind == "+" else "exclusion", text)
    return read_segments(stream, read_clause) if 0 < len(stream) <= MAX_LEXEMES else None


@pytest.mark.parametrize("path", GOLDENS, ids=[path.stem for path in GOLDENS])
def test_the_parts_never_contradict_what_is_understood_as_a_whole(path):
    for golden in read(path):
        if any(each in golden.tree for each in ("(opaque", ";;", "(within")):  # compare sets a window apart
            continue
        kept = segments(golden.text, golden.kind)
        if kept is not None:
            assert compare(parse_canonical(golden.tree), rewrite(kept)) != "flip", golden.text


@pytest.mark.parametrize(
    "text",
    [
        "HIV-positive patients with zorping or who have asthma",  # of HIV-positive patients alone
        "Patients with zorping asthma who smoke daily or have diabetes",  # of those who smoke
        "Children with zorping or history of asthma",
        "Family members with zorping or who have asthma",
        "Zorping, or has asthma, unless treated",
    ],
)
def test_an_alternative_under_words_that_reach_over_it_is_not_enough_alone(text):
    kept = segments(text, "-")
    assert kept is None or "(all" in canonical(kept)


def test_a_window_at_the_end_is_not_left_off_the_treatments_before_it():
    kept = segments("Have undergone major surgery or have zorped wounds within 28 days", "-")
    assert kept is None


@pytest.mark.parametrize(
    "text", ["Healthy volunteers and patients with leukemia", "Has asthma, or zorps and has COPD"]
)
def test_two_groups_are_no_two_demands(text):
    assert segments(text, "+") is None
