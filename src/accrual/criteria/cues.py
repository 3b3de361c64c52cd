"""Where a cue stands: the longest words of the tables of cues and qualifiers that begin at a token.

Comes in: tokens. Goes out: where the cue ends, its kind and what it stands for. Refuses nothing: where no cue begins
there is None. The tables are in `words.py` and `codes/qualifiers.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

from accrual.codes.qualifiers import GRADES, LEADING_RELATIONS, qualifiers
from accrual.criteria.names import Named
from accrual.criteria.tokens import Token, tokens_of
from accrual.criteria.words import phrases_of_text

MAX_PHRASE_TOKENS = 12
# Cues that keep their meaning where the table of qualifiers has the same words: "in the past" before a number.
_STRONGER = frozenset(
    ("history", "before", "after", "ago", "value", "drop", "within", "not", "and",
     "or", "op", "suffix", "receive", "limit")
)  # fmt: skip

Trie: TypeAlias = dict[str, Any]  # word -> deeper trie; "" -> what ends here


@cache
def cue_words() -> Trie:
    """Return every cue by its words, one below the other; what a cue stands for is under the empty word."""
    root: Trie = {}
    entries: dict[str, tuple[str, str]] = {}
    for qualifier in qualifiers().values():
        if qualifier.id in GRADES:
            continue
        for alias in qualifier.aliases:
            if qualifier.id not in LEADING_RELATIONS:
                entries[alias.lower()] = ("qualifier", qualifier.id)
            elif " " in alias:  # the bare word ("allergy") is no cue: it names nothing that it is related to
                entries[alias.lower()] = ("relation", qualifier.id)
    for phrase, (kind, payload) in phrases_of_text().items():
        if entries.get(phrase, ("",))[0] not in ("qualifier", "relation") or kind in _STRONGER:
            entries[phrase] = (kind, payload)
    for phrase, entry in entries.items():
        node = root
        for token in tokens_of(phrase, 0, len(phrase)):
            node = node.setdefault(token.low, {})
        node[""] = entry
    return root


def cue_at(tokens: list[Token], at: int, named: Named | None = None) -> tuple[int, tuple[str, str]] | None:
    """Return where the longest cue at token `at` ends, with its kind and what it stands for.

    A shorter one, if the longest would cut a name in two ("who | are pregnant").
    """
    node: Trie | None = cue_words().get(tokens[at].low)
    if node is None:
        return None
    found = whole = (at + 1, node[""]) if "" in node else None
    reach = 0
    for to in range(at + 1, min(len(tokens), at + MAX_PHRASE_TOKENS)):
        token = tokens[to]
        node = node.get(token.low)
        if node is None:
            break
        if named and token.start in named:
            reach = max(reach, named[token.start][0])
        if "" in node:
            found = (to + 1, node[""])
            if reach <= token.end:
                whole = found
    return whole or found
