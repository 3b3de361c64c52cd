"""The words of one site together: what answers most of `SEARCH[Location]` from the documents of studies.

Comes in: the sites of a record; or a part of an expression that must hold within one site. Goes out: tokens that stand
at the place of their site, so that words of one site are a phrase whose words all stand at the same place; or the sets
of tokens of which one must stand so. Refuses nothing: a part that tokens cannot say is None, and `plan.py` asks the
index of sites.

A token is a piece and up to four words in a row of one value, endings off; or, with `=`, all words of the value. Only
the short pieces that people combine have tokens: city, state, country, status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, Final, TypeAlias

import tantivy

from accrual.registry.fields import find_field
from accrual.search.expression import And, Coverage, Expression, Or, Scoped, Words
from accrual.search.scope import Scope
from accrual.search.values import read_texts
from accrual.search.words import LONGEST_WORD, cut_words, raw_words, stem_of

JOINED: Final = tuple(
    find_field(piece) for piece in ("LocationCity", "LocationState", "LocationCountry", "LocationStatus")
)
"""The pieces that have tokens."""
MOST_CHOICES = 64
"""Sets of tokens that one part may come to. Set by hand: each is a lookup."""
_MOST_IN_A_ROW = 4  # words of a token; a longer phrase is asked of the index of sites
_PIECES: Final = frozenset(field.piece for field in JOINED)

Choice: TypeAlias = frozenset[str]
"""Tokens that must stand at one place."""


def site_tokens(sites: Iterable[Mapping[str, Any]]) -> tantivy.PreTokenizedString | None:
    """Return the tokens of a study's sites, each at the place of its site; None without any."""
    places: dict[tuple[str, ...], None] = {}
    for site in sites:
        found = dict.fromkeys(
            token
            for field in JOINED
            for value in _values(site.get(field.name))
            for token in _tokens(field.piece, value)
        )
        places[tuple(found)] = None
    tokens = [tantivy.Token(token, place, 0, 0) for place, found in enumerate(places) for token in found]
    return tantivy.PreTokenizedString("", tokens) if tokens else None


def _values(value: Any) -> list[str | float]:
    held = value if isinstance(value, list) else [value]
    return [each for each in held if isinstance(each, str | int | float)]


@lru_cache(maxsize=262_144, typed=True)
def _tokens(piece: str, value: str | float) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in read_texts(find_field(piece), value):
        words = cut_words(text)
        # A run that is too long for a word stands between its neighbours and is found by nothing.
        runs = [len(raw.encode()) > LONGEST_WORD for raw in raw_words(text)]
        stems = [stem_of(word) for word in words]
        for start in range(len(stems)):
            for end in range(start + 1, min(start + _MOST_IN_A_ROW, len(stems)) + 1):
                if not any(runs[start:end]):
                    found[_part(piece, stems[start:end])] = None
        if not any(runs):
            found[_whole(piece, stems)] = None
    return tuple(found)


def _part(piece: str, stems: Sequence[str]) -> str:
    return f"{piece} {' '.join(stems)}"


def _whole(piece: str, stems: Sequence[str]) -> str:
    return f"{piece}={' '.join(stems)}"


def choices(node: Expression, scope: Scope) -> list[Choice] | None:
    """Return the sets of tokens of which a site must have one; None where tokens cannot say it.

    Example:
        >>> part = read_expression("AREA[LocationCity]Paris AND AREA[LocationStatus]RECRUITING", "Other terms")
        >>> choices(part, Scope("LocationSearch", site=True))
        [frozenset({'LocationCity pari', 'LocationStatus=recruit'})]
    """
    match node:
        case Words():
            return _of_words(node, scope)
        case Scoped(part=part):
            return choices(part, scope.inside(node))
        case And(parts=parts):
            return _all_of([choices(part, scope) for part in parts])
        case Or(parts=parts):
            return _any_of([choices(part, scope) for part in parts])
        case _:
            return None


def _of_words(node: Words, scope: Scope) -> list[Choice] | None:
    if scope.sized or not _PIECES.issuperset(field.piece for field in scope.fields):
        return None
    asked = scope.widened(node)
    whole = scope.covered is Coverage.FULL_MATCH
    if asked.exact or asked.needed < len(asked.groups):
        return None
    if not whole and scope.covered is not Coverage.CONTAINS:
        return None

    def alternatives(sequences: Iterable[Sequence[str]]) -> list[Choice] | None:
        found: list[Choice] = []
        for words in sequences:
            if not whole and len(words) > _MOST_IN_A_ROW:
                return None
            stems = [stem_of(word) for word in words]
            write = _whole if whole else _part
            found.extend(frozenset((write(field.piece, stems),)) for field in scope.fields)
        return found

    if not asked.units:
        return []
    return _all_of(
        [
            _any_of([_all_of([alternatives(group) for group in unit.words]), alternatives(unit.synonyms)])
            for unit in asked.units
        ]
    )


def _all_of(parts: Sequence[list[Choice] | None]) -> list[Choice] | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    count = 1
    for part in known:
        count *= len(part)
        if count > MOST_CHOICES:
            return None
    return [frozenset().union(*each) for each in product(*known)]


def _any_of(parts: Sequence[list[Choice] | None]) -> list[Choice] | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    found = list(dict.fromkeys(choice for part in known for choice in part))
    return found if len(found) <= MOST_CHOICES else None
