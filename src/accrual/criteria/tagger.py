"""Marks the spans that name something in a criterion: a linear-chain conditional random field over words.

Comes in: the plain words of a criterion. Goes out: spans with kinds, in reading order, none overlapping. Refuses
nothing. It owns no logic: trees are read by rules, and this only says which words name what.

The weights (`mentions.npz`) are trained by `benchmarks/train_mentions.py` on the tune part of Chia (Kury et al. 2020,
doi:10.1038/s41597-020-00620-0, CC BY 4.0). Features are words, their ends, their neighbours, and what the lexer names.
A feature is known by its CRC-32; one that was not seen in training weighs nothing. Weights are whole numbers, so that
any two machines find the same spans. Decoding: Viterbi. Source: Lafferty, McCallum, Pereira (2001), ICML.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.criteria.lexer import lex

KINDS = (
    "condition", "drug", "procedure", "measurement", "observation", "value", "time", "person", "negation",
    "qualifier",
)  # fmt: skip
TAGS = ("O", *(f"{place}-{kind}" for kind in KINDS for place in "BI"))
"""Tag 0 is outside; of kind k the first word is 2k + 1, the others 2k + 2."""
WEIGHTS = Path(__file__).parent / "mentions.npz"

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[^\s\w]|_")
_BREAK = re.compile(r"\n[ \t]*\n|\n[ \t]*(?=[-*•·]|\d+[.)])")


class Word(msgspec.Struct, gc=False):
    """A word, number or sign of the text; `named` says what the lexer takes it for."""

    start: int
    end: int
    low: str
    shape: str
    named: str = "-"


class Marked(msgspec.Struct, frozen=True, gc=False):
    """A stretch of the text and its kind."""

    start: int
    end: int
    kind: str


def words_of(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """Return the words of `text[start:end]`, each with what the lexer names it."""
    words = [
        Word(match.start(), match.end(), match.group().lower(), _shape(match.group()))
        for match in _WORD.finditer(text, start, len(text) if end is None else end)
    ]
    at = 0
    for lexeme in lex(text, start, end):
        name = lexeme.kind
        if lexeme.concept is not None:
            name = lexeme.concept.kind
        elif lexeme.variable is not None:
            name = "variable"
        if name in ("word", "mark"):
            continue
        while at < len(words) and words[at].start < lexeme.start:
            at += 1
        first = True
        while at < len(words) and words[at].end <= lexeme.end:
            words[at].named = f"{'B' if first else 'I'}-{name}"
            first = False
            at += 1
    return words


def _shape(word: str) -> str:
    if word[0].isdigit():
        return f"9{min(len(word), 4)}"
    if not word[0].isalpha():
        return "."
    if word.islower():
        return "a" if len(word) > 2 else "a2"
    if word.isupper():
        return f"A{min(len(word), 5)}"
    return "Aa" if word[1:].islower() else "aA"


def pieces_of(text: str) -> list[tuple[int, int]]:
    """Return the stretches of a criterion to mark one by one: its bullets and paragraphs."""
    cuts = [match.end() for match in _BREAK.finditer(text)]
    return list(zip([0, *cuts], [*cuts, len(text)], strict=True))


def features_of(words: list[Word]) -> list[list[str]]:
    """Return the features of each word."""
    lows = ["<2", "<1", *("9" if word.low[0].isdigit() else word.low for word in words), ">1", ">2"]
    named = ["<", "<", *(word.named for word in words), ">", ">"]
    found = []
    for at, word in enumerate(words, 2):
        low = lows[at]
        before, after = lows[at - 1], lows[at + 1]
        found.append(
            [
                f"w{low}", f"p{before}", f"n{after}", f"pp{lows[at - 2]}", f"nn{lows[at + 2]}",
                f"b{before} {low}", f"a{low} {after}", f"ba{before} {after}",
                f"1{low[:3]}", f"2{low[-2:]}", f"3{low[-3:]}", f"4{low[-4:]}", f"5{low[-5:]}", f"6{low[:5]}",
                f"p3{before[-3:]}", f"n3{after[-3:]}", f"p4{before[-4:]}", f"n4{after[-4:]}",
                f"s{word.shape}", f"l{named[at]}", f"lp{named[at - 1]}", f"ln{named[at + 1]}",
                f"lb{named[at - 1]} {named[at]}", f"la{named[at]} {named[at + 1]}",
                f"lw{named[at]} {word.shape}", f"lnn{named[at + 1]} {named[at + 2]}",
                "1",
            ]
        )  # fmt: skip
    return found


class Weights(msgspec.Struct, frozen=True):
    """What was learnt: a row of `table` for each known feature, and what one tag makes of the next."""

    rows: dict[int, int]
    table: NDArray[Any]
    follows: NDArray[Any]
    begins: NDArray[Any]


@cache
def weights() -> Weights:
    """Return the trained weights; read once."""
    with np.load(WEIGHTS) as stored:
        rows = {int(key): row for row, key in enumerate(stored["keys"])}
        follows, begins = stored["follows"].astype(np.int32), stored["begins"].astype(np.int32)
        return Weights(rows, stored["table"], follows, begins)


def mark(text: str) -> list[Marked]:
    """Return the spans of plain text that name something.

    Example:
        >>> [(each.kind, "No asthma"[each.start : each.end]) for each in mark("No asthma")]
        [('negation', 'No'), ('condition', 'asthma')]
    """
    found: list[Marked] = []
    for start, end in pieces_of(text):
        words = words_of(text, start, end)
        if words:
            found += _spans(words, decode(_scores(features_of(words)), weights()))
    return found


def _scores(features: list[list[str]]) -> NDArray[Any]:
    known = weights()
    rows = known.rows
    scores = np.zeros((len(features), len(TAGS)), dtype=np.int32)
    for at, names in enumerate(features):
        hits = [row for name in names if (row := rows.get(crc32(name.encode()))) is not None]
        if hits:
            scores[at] = known.table[hits].sum(axis=0, dtype=np.int32)
    return scores


def decode(scores: NDArray[Any], known: Weights) -> list[int]:
    """Return the best sequence of tags (Viterbi)."""
    best = scores[0] + known.begins
    back = []
    for row in scores[1:]:
        ways = best[:, None] + known.follows
        came = ways.argmax(axis=0)
        back.append(came)
        best = ways[came, np.arange(len(came))] + row
    tags = [int(best.argmax())]
    for came in reversed(back):
        tags.append(int(came[tags[-1]]))
    return tags[::-1]


def _spans(words: list[Word], tags: list[int]) -> list[Marked]:
    found: list[Marked] = []
    last = 0
    for word, tag in zip(words, tags, strict=True):
        if tag and tag % 2 == 0 and last in (tag, tag - 1):
            found[-1] = Marked(found[-1].start, word.end, found[-1].kind)
        elif tag:
            found.append(Marked(word.start, word.end, KINDS[(tag - 1) // 2]))
        last = tag
    return found
