"""How far searched words are widened: endings, spellings, synonyms, words that stand apart, words that are missing.

Comes in: the words of an expression and its `Expansion`. Goes out: groups of alternatives; each alternative is words
that stand together in one value. Refuses nothing: words that no text can have are found nowhere.

Each level includes the one before:

- None: the words as they are written, together, in this order. Case and accents do not count.
- Term: the same with other endings (`index.words.stem_of`), and as British and Americans spell them.
- Concept: also what the words name, by its other names in the vocabulary (`codes`).
- Relaxation: words without quotation marks may stand apart, in any piece of the area. Compounds with a short part
  (`CAR-T`) and single letters or digits (`type 2`) stay together; "of" and "the" are not asked for; see `words.py`.
- Lossy: at least half of the groups.

Synonyms are the vocabulary's alone. Those that records carry themselves (`InterventionOtherName`, the MeSH terms) are
pieces of the search areas: there they speak for their own study, as their sponsor or the library meant them. They are
not carried over to other studies, since "other names" hold doses, brands of another drug and remarks.

Records are searched without case, and "ms" is also a thousandth of a second: a short abbreviation is a synonym of what
it stands for only where `data/abbreviations.tsv` has it, though what it stands for is always one of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

import msgspec

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.spelling import american, british, is_strict
from accrual.codes.table import read_rows
from accrual.search.expression import Expansion
from accrual.search.words import cut_words, read_groups, stem_of

Sequence: TypeAlias = tuple[str, ...]
"""Words that stand together in one value, in this order; as `words.cut_words` makes them."""

MAX_ALTERNATIVES = 48
"""Alternatives of one group, the first that are found. Set by hand: no concept of the vocabulary has 40 names."""

ABBREVIATIONS = Path(__file__).parent / "data" / "abbreviations.tsv"
_COLUMNS = ("abbreviation", "concept", "studies", "named")

CLEAR_CODE = 4
"""Letters and digits from which an abbreviation with a digit is looked for as a synonym: T2DM, MK-3475; not T2D."""

_POSSESSIVE = re.compile(r"(?<=\w)['’]s(?=\s+\w)", re.IGNORECASE)


class Unit(msgspec.Struct, frozen=True):
    """What is found when all of its words are, or one of its synonyms is."""

    words: tuple[tuple[Sequence, ...], ...]
    """One or more groups, each with its spellings: the first is what was written. They may stand apart."""
    synonyms: tuple[Sequence, ...] = ()
    """Other names for all of it."""


class Widened(msgspec.Struct, frozen=True):
    """What is looked for: all units; where `needed` is smaller than the number of groups, so many of the groups."""

    units: tuple[Unit, ...]
    """None: nothing is found."""
    needed: int
    exact: bool
    """Words are compared as they are; otherwise by their stems (`words.stem_of`)."""

    @property
    def groups(self) -> tuple[tuple[Sequence, ...], ...]:
        """The same as groups: a unit is found when for each of its groups an alternative is."""
        return tuple(group + unit.synonyms for unit in self.units for group in unit.words)


@lru_cache(maxsize=8_192)  # more than an expression has words
def expand(text: str, quoted: bool, expansion: Expansion) -> Widened:
    """Return what to look for where `text` is searched.

    Example:
        >>> expand("brain tumor", False, Expansion.NONE).groups
        ((('brain', 'tumor'),),)
        >>> expand("keytruda", True, Expansion.CONCEPT).units[0].synonyms[:2]
        (('pembrolizumab',), ('mk', '3475'))
        >>> expand("asthma in children", False, Expansion.LOSSY).needed
        1
    """
    apart = not quoted and expansion in (Expansion.RELAXATION, Expansion.LOSSY)
    if apart:
        units = tuple(_apart(text.replace('"', " ")))
    elif expansion is Expansion.NONE:
        units = _together((cut_words(text),), ())
    else:
        concept = vocabulary().lookup(text) if expansion is not Expansion.TERM else None
        units = _together(_spelled(text), names_of(concept) if concept is not None else ())
    count = sum(len(unit.words) for unit in units)
    return Widened(
        units=units,
        needed=(count + 1) // 2 if apart and expansion is Expansion.LOSSY else count,
        exact=expansion is Expansion.NONE,
    )


def _together(written: Iterable[Sequence], names: Iterable[Sequence]) -> tuple[Unit, ...]:
    """The one unit of words that stand together; none where there is no word."""
    spellings = _distinct(written)
    return (Unit((spellings,), _distinct(names, spellings)),) if spellings else ()


def _apart(text: str) -> Iterator[Unit]:
    """The units of words that may stand apart: those that name one thing, and each of the others by itself."""
    vocabulary_ = vocabulary()
    whole = vocabulary_.lookup(text)
    named = (
        [(0, len(text), whole)]
        if whole is not None
        else [(spotted.start, spotted.end, spotted.concept) for spotted in vocabulary_.spot(text)]
    )
    groups = list(read_groups(text, cut_words))
    while groups:
        first = groups[0]
        thing = next((each for each in named if each[0] <= first.start < each[1]), None)
        inside = [group for group in groups if thing and thing[0] <= group.start and group.end <= thing[1]]
        unit = inside if first in inside else [first]
        groups = groups[len(unit) :]
        words = tuple(_distinct(_variants(group.words)) for group in unit)
        names = _distinct(names_of(thing[2])) if thing and inside else ()
        yield Unit(words, tuple(_telling(names, words)))


def _telling(names: tuple[Sequence, ...], words: tuple[tuple[Sequence, ...], ...]) -> Iterator[Sequence]:
    """The names that say more than the words do: not those with all of them in, nor with a shorter name in."""
    short = sorted(names, key=len)
    for name in names:
        if all(any(_is_in(each, name) for each in group) for group in words):
            continue
        if not any(len(each) < len(name) and _is_in(each, name) for each in short):
            yield name


def _is_in(short: Sequence, long: Sequence) -> bool:
    """Whether words stand together, in this order, among others; endings aside."""
    stems, of = tuple(map(stem_of, short)), tuple(map(stem_of, long))
    return any(of[at : at + len(stems)] == stems for at in range(len(of) - len(stems) + 1))


@lru_cache(maxsize=1_024)
def names_of(concept: Concept) -> tuple[Sequence, ...]:
    """Return the names of a concept that may be looked for without their case, the vocabulary's own name first.

    Example:
        >>> names_of(vocabulary().get("pembrolizumab"))[:3]
        (('pembrolizumab',), ('keytruda',), ('mk', '3475'))
    """
    shelf = vocabulary().shelf
    more = shelf.get(concept.id) if shelf is not None else None
    names = (concept.name, *concept.synonyms, *((more.name, *more.synonyms) if more is not None else ()))
    return tuple(
        sequence
        for name in names
        if not is_strict(name) or is_code(name) or _abbreviations().get(name) == concept.id
        for sequence in _spelled(name)
    )


def is_code(name: str) -> bool:
    """Say whether an abbreviation is long enough, and with a digit, to mean one thing whatever its case.

    Example:
        >>> is_code("MK-3475"), is_code("T2D"), is_code("MS")
        (True, False, False)
    """
    signs = [sign for sign in name if sign.isalnum()]
    return len(signs) >= CLEAR_CODE and any(sign.isdigit() for sign in signs)


@cache
def _abbreviations() -> dict[str, str]:
    """The abbreviations that mean one thing whatever their case, each with its concept."""
    return {row["abbreviation"]: row["concept"] for row in read_rows(ABBREVIATIONS, _COLUMNS)}


def _spelled(text: str) -> Iterator[Sequence]:
    """The words of a text as they are written, without a possessive 's, and in British and American spelling."""
    yield from _variants(cut_words(text))
    if _POSSESSIVE.search(text):
        yield from _variants(cut_words(_POSSESSIVE.sub("", text)))


def _variants(words: Sequence) -> Iterator[Sequence]:
    yield words
    yield tuple(american(word) for word in words)
    yield tuple(british(american(word)) for word in words)


def _distinct(found: Iterable[Sequence], known: Iterable[Sequence] = ()) -> tuple[Sequence, ...]:
    """Those that differ in more than their endings from one another and from the known, up to the limit."""
    kept: dict[Sequence, Sequence] = {}
    seen = {tuple(map(stem_of, sequence)) for sequence in known}
    for sequence in found:
        stems = tuple(map(stem_of, sequence))
        if sequence and stems not in seen and len(kept) < MAX_ALTERNATIVES:
            kept.setdefault(stems, sequence)
    return tuple(kept.values())
