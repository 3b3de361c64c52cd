"""A remembered tree is the tree read anew: at its place, and with what the text around it explains."""

from __future__ import annotations

from accrual.codes.units import may_be_unit, unit_named, units
from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical
from accrual.criteria.tree import walk

LINE = "Pregnant women or platelets < 100 x 10^9/L"


def test_a_repeated_line_has_its_own_spans() -> None:
    text = f"Exclusion Criteria:\n\n* {LINE}\n* Active infection\n* {LINE}\n"
    first, _, again = compile_text(text)
    assert canonical(first.tree) == canonical(again.tree)
    assert text[first.start : first.end] == text[again.start : again.end] == LINE
    by = again.start - first.start
    assert [(node.span.start + by, node.span.end + by) for node in walk(first.tree)] == [
        (node.span.start, node.span.end) for node in walk(again.tree)
    ]


def test_what_one_text_explains_is_not_remembered_for_another() -> None:
    bare = "Exclusion Criteria:\n\n* History of PE\n"
    explaining = "Exclusion Criteria:\n\n* Pulmonary embolism (PE)\n* History of PE\n"
    before = canonical(compile_text(bare)[-1].tree)
    assert canonical(compile_text(explaining)[-1].tree) != before
    assert canonical(compile_text(bare)[-1].tree) == before


def test_no_word_of_a_unit_is_ruled_out() -> None:
    for unit in units().values():
        for spelling in unit.spellings:
            assert unit_named(spelling) == unit.ucum
            assert all(may_be_unit(word) for word in spelling.lower().split())
    assert not may_be_unit("before")
