"""What is kept of a clause that is not understood as a whole may never speak against the whole."""

from __future__ import annotations

import pytest
from benchmarks.logic import compare
from tests.criteria.goldens import FOLDER, read

from accrual.criteria.clause import MAX_LEXEMES
from accrual.criteria.compile import compile_text
from accrual.criteria.lexer import lex
from accrual.criteria.partly import read_partly, refutable
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import pieces_of
from accrual.criteria.render import parse_canonical
from accrual.criteria.rewrite import rewrite
from accrual.criteria.signs import plain
from accrual.criteria.tree import Tree

GOLDENS = sorted(FOLDER.glob("*.txt"))


def partly(text: str, kind: str) -> Tree | None:
    stream = Stream(plain(text), lex(plain(text)), "inclusion" if kind == "+" else "exclusion", text)
    return read_partly(stream, pieces_of(stream)) if len(stream) <= MAX_LEXEMES else None


@pytest.mark.parametrize("path", GOLDENS, ids=[path.stem for path in GOLDENS])
def test_a_necessary_claim_never_contradicts_what_is_understood_as_a_whole(path):
    for golden in read(path):
        if any(each in golden.tree for each in ("(opaque", ";;", "(within")):  # compare sets a window apart
            continue
        kept = partly(golden.text, golden.kind)
        if kept is not None:
            assert compare(parse_canonical(golden.tree), rewrite(kept)) != "flip", golden.text


def test_some_of_what_is_understood_as_a_whole_is_also_read_partly():
    kept = [partly(golden.text, golden.kind) for path in GOLDENS for golden in read(path)]
    assert sum(each is not None for each in kept) > 40


def test_a_tree_that_only_doubts_says_nothing():
    assert not refutable(parse_canonical('(any (present asthma "asthma") (opaque "or more"))'))
    assert refutable(parse_canonical('(all (present asthma "asthma") (opaque "or more"))'))


def test_a_long_tail_is_read_in_linear_time():
    text = "Inclusion Criteria:\n\n* Adults aged 18 years and older with " + "severe or unknown things, " * 60
    (criterion,) = compile_text(text)
    assert criterion.understood == "part"
