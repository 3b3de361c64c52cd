"""Page tokens: short, kept by nobody, and refused where they do not belong."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from accrual.api.paging import MAX_CURSOR, MAX_TOKEN, read_token, write_token


@given(st.binary(max_size=MAX_CURSOR), st.text(max_size=50))
def test_a_token_gives_its_cursor_back(cursor: bytes, asked: str) -> None:
    token = write_token(cursor, asked)
    assert len(token) <= MAX_TOKEN
    assert read_token(token, asked) == cursor


def test_a_token_of_another_query_is_refused() -> None:
    token = write_token(b"0123456789ab", "query.cond=asthma")
    with pytest.raises(HTTPException, match="does not belong to this query"):
        read_token(token, "query.cond=copd")


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(token: str) -> None:
    with contextlib.suppress(HTTPException):
        assert len(read_token(token, "x")) <= MAX_CURSOR


def test_a_cursor_that_fits_no_token_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="a token holds 12"):
        write_token(b"x" * (MAX_CURSOR + 1), "")
