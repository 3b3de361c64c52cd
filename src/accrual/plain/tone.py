"""Marks that go with words: whether something speaks for, against, or is open. Light enough for every start."""

from __future__ import annotations

from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["good", "bad", "open"]
MARKS: dict[Tone, str] = {"good": "✓", "bad": "✗", "open": "?"}
PLAIN_MARKS: dict[Tone, str] = {"good": "+", "bad": "x", "open": "?"}
"""For terminals that cannot show the signs of `MARKS`."""
