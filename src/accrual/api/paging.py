"""Page tokens: where the next page begins, in at most 20 characters.

Comes in: the engine's cursor and what was asked. Goes out: `nextPageToken`, and the cursor back out of it. Refuses,
as HTTPException 400: a token that was not written here, and one that belongs to another query.

A token is base64 (RFC 4648, section 5, without padding) of a check of three bytes and the cursor of at most twelve.
The server keeps nothing, so a token outlives a restart; whether the data it points into is still served is for the
engine to say.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b

from accrual.api.refusals import unusable_token

MAX_TOKEN = 20
"""Characters that a token may have (measured of the registry's, 2026)."""

MAX_CURSOR = 12
"""Bytes: 20 characters of base64 are 15 bytes, and three of them are the check."""

_CHECK = 3


def write_token(cursor: bytes, asked: str) -> str:
    """Return the token of a cursor.

    Arguments:
        asked: what decides which studies come in which order, in one spelling.

    Raises:
        ValueError: the cursor is longer than `MAX_CURSOR` bytes.

    Example:
        >>> read_token(write_token(b"here", "query.cond=asthma"), "query.cond=asthma")
        b'here'
    """
    if len(cursor) > MAX_CURSOR:
        raise ValueError(f"a cursor of {len(cursor)} bytes: a token holds {MAX_CURSOR}")
    return base64.urlsafe_b64encode(_check(cursor, asked) + cursor).rstrip(b"=").decode("ascii")


def read_token(token: str, asked: str) -> bytes:
    """Return the cursor in a token.

    Raises:
        HTTPException: 400, it is no token of this query.
    """
    if len(token) > MAX_TOKEN or not token.isascii():
        raise unusable_token()
    try:
        held = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise unusable_token() from None
    cursor = held[_CHECK:]
    if held[:_CHECK] != _check(cursor, asked):
        raise unusable_token()
    return cursor


def _check(cursor: bytes, asked: str) -> bytes:
    return blake2b(cursor + b"\0" + asked.encode(), digest_size=_CHECK).digest()
