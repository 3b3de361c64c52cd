"""Medical words: where they are met, that each is told once, that nothing of a text is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.plain.glossary import _entries, pieces


def terms(text: str) -> list[str]:
    return [piece.text for piece in pieces(text, set()) if piece.entry is not None]


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("Brain metastases or metastases elsewhere", ["Brain metastases", "metastases"]),
        ("RENAL and renal", ["RENAL"]),
        ("at last, an ast; AST of 3 x ULN", ["AST", "ULN"]),
        ("adrenal", []),
        ("İ renal", []),  # its small form is longer: rather no meaning than one in the wrong place
    ],
)
def test_words_are_met_whole_and_once(text: str, met: list[str]) -> None:
    assert terms(text) == met


@given(st.text(max_size=100) | st.lists(st.sampled_from(["renal", "HIV", " ", "-", "x"])).map("".join))
def test_no_sign_of_a_text_is_lost(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text, set())) == text


def test_a_meaning_is_short_and_a_key_is_of_one_entry() -> None:
    entries = {entry.term: entry for entry in _entries().values()}
    assert len(entries) >= 150
    assert len({entry.key for entry in entries.values()}) == len(entries)
    for entry in entries.values():
        for sentence in re.split(r"(?<=\.)\s", entry.meaning):
            assert sentence.endswith("."), entry
            assert len(sentence.split()) <= 20, entry
