"""The words and signs of an Essie expression, each with its place.

Comes in: the text of an expression. Goes out: tokens, the last of them the end; and text unescaped or escaped.
Refuses (ExpressionError): a text that is too long, a quotation mark without its second, a backslash with nothing
behind it.

A backslash takes the sign behind it for what it is: `\\AND` is the word, `\\"` a quotation mark.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from accrual.errors import ExpressionError

MAX_CHARS = 16_384
"""A longer expression is refused before it is read. Set by hand: an address line takes 8,000 to 16,000."""

END = "<EOF>"
WORD = "WORD"
QUOTED = "QUOTED"

# In the order in which the registry's messages list what they expected; it is recorded up to RANGE.
OPERATORS = (
    "NOT", "AND", "OR", "SEARCH", "AREA", "RANGE", "DISTANCE", "COVERAGE", "COVER", "EXPANSION", "TILT", "MISSING",
    "ALL",
)  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<sign>[()\[\],])
      | (?P<quoted>"(?:[^"\\]++|\\.)*+")
      | (?P<word>(?:[^\s()\[\],"\\]++|\\.)++)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'([()\[\]"\\])')
_OUTER_COMMA = re.compile(r"^,|,$")
_RUN = re.compile(r"[^\s,]+")
_KEYWORDS = frozenset(OPERATORS)
_SHOWN = 100  # characters


class Token(NamedTuple):
    """A sign, an operator, a word or a quoted phrase: `kind` is the sign or the operator itself, or what it is."""

    kind: str
    text: str
    start: int
    end: int


def cut(text: str, where: str) -> list[Token]:
    """Return the tokens of an expression, with an end behind the last.

    Raises:
        ExpressionError: it is too long, or something in it is no token.
    """
    if len(text) > MAX_CHARS:
        raise ExpressionError(
            f"the expression has {len(text):,} characters, more than {MAX_CHARS:,}", where, MAX_CHARS
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ExpressionError(
            f"token recognition error at: {text[error.start]!a}", where, error.start
        ) from None
    tokens = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(f"token recognition error at: '{shortened(text[at:])}'", where, at)
        start, at = at, found.end()
        kind = found.lastgroup
        if kind == "space":
            continue
        part = found.group()
        if kind == "quoted":
            kind = QUOTED
        elif kind == "sign" or part in _KEYWORDS:
            kind = part
        else:
            kind = WORD
        tokens.append(Token(kind, part, start, at))
    tokens.append(Token(END, END, len(text), len(text)))
    return tokens


def unescaped(text: str) -> str:
    """Return text as it is meant, with single spaces: each backslash taken for what it marks.

    Example:
        >>> unescaped(r"\\AND   gate")
        'AND gate'
    """
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return " ".join(text.split())


def escaped(text: str) -> str:
    """Return words so that they are read as words, with nothing in them taken for a sign or an operator.

    Example:
        >>> escaped("AND (gate)")
        '\\\\AND \\\\(gate\\\\)'
    """
    if not text:
        return "\\ "
    marked = _SPECIAL.sub(r"\\\1", text)
    marked = _OUTER_COMMA.sub(r"\\\g<0>", marked)
    return _RUN.sub(lambda run: f"\\{run[0]}" if run[0] in _KEYWORDS else run[0], marked)


def quotation(text: str) -> str:
    """Return words in quotation marks, as one phrase."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shortened(text: str) -> str:
    """Return what an error shows of an expression: never more than a line of it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
