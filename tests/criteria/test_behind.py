"""What is kept behind members of a list that are not understood may never speak against the whole."""

from __future__ import annotations

import pytest
from benchmarks.logic import compare
from tests.criteria.goldens import FOLDER, read

from accrual.criteria.behind import MAX_JOINERS, read_behind
from accrual.criteria.clause import MAX_LEXEMES, read_clause
from accrual.criteria.lexer import lex
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.render import canonical, parse_canonical
from accrual.criteria.rewrite import rewrite
from accrual.criteria.signs import plain
from accrual.criteria.tree import Tree

GOLDENS = sorted(FOLDER.glob("*.txt"))


def behind(text: str, kind: str = "-") -> Tree | None:
    stream = Stream(plain(text), lex(plain(text)), "inclusion" if kind == "+" else "exclusion", text)
    return read_behind(stream, read_clause) if 0 < len(stream) <= MAX_LEXEMES else None


@pytest.mark.parametrize("path", GOLDENS, ids=[path.stem for path in GOLDENS])
def test_the_later_members_never_contradict_what_is_understood_as_a_whole(path):
    for golden in read(path):
        if any(each in golden.tree for each in ("(opaque", ";;", "(within")):  # compare sets a window apart
            continue
        kept = behind(golden.text, golden.kind)
        if kept is not None:
            assert compare(parse_canonical(golden.tree), rewrite(kept)) != "flip", golden.text


def test_the_head_of_the_list_is_meant_for_every_member():
    kept = behind("History of zorp, asthma or stroke")
    assert kept is not None
    assert '(present asthma "asthma" history)' in canonical(rewrite(kept))


@pytest.mark.parametrize(
    "text",
    [
        "Zorp, asthma, stroke",  # no "or": not a list for sure
        "Refusing zorp or surgery",  # of both
        "No zorp, asthma or stroke",
        "Lack of zorp or insulin",
        "Family zorp, asthma or stroke",
        "Zorp, asthma or stroke unless treated",
        ", ".join(["zorp"] * MAX_JOINERS) + ", asthma or stroke",  # too long to be read again and again
    ],
)
def test_a_member_that_may_reach_over_keeps_nothing(text):
    assert behind(text) is None
