"""From the characters of a text to tokens: words, numbers, comparators, signs; what they mean is not asked here.

Comes in: text already made plain by `signs.plain`, and the stretch to read. Goes out: tokens with their offsets, white
space, hyphens inside words and signs of quotation left out. Refuses nothing.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec


class Token(msgspec.Struct, gc=False):
    """One token, `text[start:end]`; `low` is it in lower case."""

    kind: str
    """One of: comparator, number, word, sign."""
    start: int
    end: int
    low: str


# Every character is in one of these, so that the places follow from the lengths: white space, then words, numbers,
# comparators and signs, of which each has first characters of its own (a "." may begin a number).
_PARTS = re.compile(
    r"""
    \s+
  | [^\W\d]\w*(?:'[^\W\d]+)?
  | \d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d) | \d{1,3}(?:[ ]\d{3})+(?=[ ]?/|[ ]cells|[ ]per[ ])
  | \d+(?:\.\d+)? | \.\d+
  | [<>]\s*/\s*=|=\s*/\s*[<>]|[<>]\s*=|=\s*[<>]|[<>]\s+or\s+=|[<>](?:\s*or\s*equal\s+to)?|≥\s*=?|≤\s*=?|=
  | \S
    """,
    re.VERBOSE,
)
_COMPARING = frozenset("<>=≥≤")
_ROMAN_BEFORE = re.compile(r"(?<![A-Za-z])(?:I{1,3}|IV|V)$")
_ROMAN = re.compile(r"(?:I{1,3}|IV|V)(?![A-Za-z])")
_LEFT_OUT = frozenset("\"'*•·®™©†‡§#")


def _joins_romans(text: str, at: int) -> bool:
    return (
        _ROMAN.match(text, at + 1) is not None and _ROMAN_BEFORE.search(text, max(at - 4, 0), at) is not None
    )


@cache
def _kind(first: str) -> str:
    """What a token is that begins with this character."""
    if first.isspace():
        return ""
    if first in _COMPARING:
        return "comparator"
    if first.isdecimal():
        return "number"
    return "word" if first.isalnum() or first == "_" else "sign"


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of `text[start:end]`.

    Example:
        >>> [(token.kind, token.low) for token in tokens_of("T-cell ≥ 5%", 0, 11)]
        [('word', 't'), ('word', 'cell'), ('comparator', '≥'), ('number', '5'), ('sign', '%')]
    """
    found: list[Token] = []
    to = start
    for part in _PARTS.findall(text, start, end):
        at = to
        to += len(part)
        if part == " ":
            continue
        kind = _kind(part[0])
        if kind == "sign":
            if len(part) > 1:
                kind = "number"  # ".5"
            elif part == "-" and start < at < end - 1:
                before, after = text[at - 1], text[to]
                if not before.isspace() and not after.isspace() and (before.isalpha() or after.isalpha()):
                    if before in "IV" and after in "IV" and _joins_romans(text, at):
                        found.append(Token(kind, at, to, part))  # "class III-IV"
                    continue  # a hyphen inside a word: "T-cell", "3-month"
            elif part in _LEFT_OUT:
                continue
        elif not kind:
            continue
        found.append(Token(kind, at, to, part.lower()))
    return found
