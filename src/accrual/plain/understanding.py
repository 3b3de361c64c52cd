"""Plain words understood: "my father's T-cell leukemia came back" asks for T-cell leukemia that has relapsed.

Comes in: what a person typed into the one search box. Goes out: an `Understood`: the words to search for, a place, an
age, what else was said, and whether any of it differs from what was typed. Refuses nothing: what is not understood
stays a word that must be found.

What makes a search narrower (a place, an age, a sex) is only read where it is said outright. Whose illness it is ("my
father") says nothing of who takes part: such words are left out, and nothing is concluded from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from accrual.codes.concepts import Spotted, vocabulary
from accrual.errors import PlaceNotFoundError, QueryError
from accrual.plain.age import spell_age
from accrual.plain.sayings import FAMILY, FILLERS, NAMED, SAYINGS, TRIED
from accrual.search.filters import filter_values
from accrual.search.places import Place
from accrual.search.query import Facet
from accrual.search.words import SILENT

MOST_CHARS: Final = 300
"""Longer texts are pasted, not asked: they are searched as they stand. Set by hand."""

NEAR: Final = "100km"
"""How far "in London" and "near London" reach: a day's trip there and back. Set by hand."""

_UNITS: Final = r"(?:years?|yrs?|months?|mos?|weeks?|wks?|days?)"
_AGE: Final = re.compile(
    rf"\b(?:aged?|age of)\s+(\d{{1,3}}(?:[\s-]*{_UNITS}\b)?)(?!\s*(?:to|-|mg|%|\d))(?:[\s-]*(?:old|of age)\b)?"
    rf"|\b(\d{{1,3}}[\s-]*{_UNITS})[\s-]*(?:old|of age)\b"
    r"|\b(\d{1,3})[\s-]*y/?o\b"
    rf"|\b{FAMILY}(?:,|\s+is|\s)\s*\(?\s*(\d{{1,3}})(?=\)?\s*(?:$|,|\.|with\b|and\b|has\b|who\b|in\b))",
    re.IGNORECASE,
)
_CHILDREN: Final = re.compile(
    r"\b(?:kids?|child|children|teens?|teenagers?|toddlers?|bab(?:y|ies)|infants?|newborns?|boys?|girls?)(?:['’]s)?\b(?!-)",
    re.IGNORECASE,
)
_SEXES: Final = (
    ("FEMALE", re.compile(r"\b(?:wom[ae]n|females?|girls?|lady|ladies)(?:['’]s)?\b(?!-)", re.IGNORECASE)),
    ("MALE", re.compile(r"\b(?:m[ae]n|males?|boys?|gentlem[ae]n)(?:['’]s)?\b(?!-)", re.IGNORECASE)),
)

_YEAR: Final = re.compile(r"\b(?:in |since )?(?:19|20)\d\d\b")
"""When something happened to somebody: no record is found by it."""

_SURE = r"near(?: to)?|around|close to|(?:live|lives|living|based|located) (?:in|near|around)"
_PLACE: Final = re.compile(rf"\b(?:(?P<sure>{_SURE})|in|from|at)\s+(?P<name>\S.*)$", re.IGNORECASE)
_MOST_MENDED: Final = 3  # words of one search: each costs some hundred look-ups
_WORDS_OF_PLACE: Final = 4
# Words of English that are cities of more than 100,000 people too. Set by hand.
_ALSO_WORDS_TEXT: Final = """
reading nice mobile bath split male men women normal cancer general bari most hull orange pain stage
"""
_ALSO_WORDS: Final = frozenset(_ALSO_WORDS_TEXT.split())
_WORD: Final = re.compile(r"[^\s,;:!?()\"]+")
_PLAIN: Final = re.compile(r"(?i:nct\s*\d)|[\"\[\]]| AND | OR | NOT ")
"""What is a study's number, a phrase or an expression is meant exactly so."""


class Understood(msgspec.Struct, frozen=True):
    """What a person's words ask for. `text` is what is searched for, the rest are filters."""

    text: str
    near: str = ""
    within: str = ""
    filters: tuple[tuple[Facet, str], ...] = ()
    age: str = ""
    """Where one was said, as `accrual.plain.age` spells it."""
    also: tuple[tuple[str, str], ...] = ()
    """What was typed, and the name that was searched for in its place because more trials have it."""
    mended: tuple[tuple[str, str], ...] = ()
    """Words that stand in no record, and the ones a typing slip away that do."""
    read: tuple[tuple[str, str], ...] = ()
    """Names in another language as they were typed, and the English that they were read as."""
    left_out: tuple[str, ...] = ()
    """Words that were left out because nothing is found with them, or because they name what was tried already."""
    changed: bool = False
    """Whether anything differs from the words as they were typed."""


def understand(
    text: str,
    find_place: Callable[[str], Place],
    is_known_place: Callable[[str], bool],
    count: Callable[[str], int],
    mend: Callable[[str], str] = lambda word: "",
) -> Understood:
    """Return what a person's words ask for.

    Arguments:
        find_place: the place of that name; raises PlaceNotFoundError.
        is_known_place: whether a place of that name is so large that "in" it can only mean the place.
        count: how many trials some words find.
        mend: the word that a word is a typing slip of; empty where it is none.

    Example:
        >>> understand("my father's T-cell leukemia came back", find, known, count).text
        'T-cell leukemia relapsed OR recurrent'
    """
    typed = " ".join(text.split())
    if not typed or len(typed) > MOST_CHARS or _PLAIN.search(typed):
        return Understood(text)
    found, unknown = _understand(typed, find_place, is_known_place, count)
    # A word alone is left as it is: the page that finds nothing asks whether another was meant.
    doubtful = unknown[:_MOST_MENDED] if " " in typed else ()
    mended = tuple((word, better) for word in doubtful if (better := mend(word)))
    if mended:
        for word, better in mended:
            typed = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", better, typed)
        found, _ = _understand(typed, find_place, is_known_place, count)
        return msgspec.structs.replace(found, text=found.text or typed, mended=mended, changed=True)
    return found if found.changed else Understood(text)


def _understand(
    typed: str,
    find_place: Callable[[str], Place],
    is_known_place: Callable[[str], bool],
    count: Callable[[str], int],
) -> tuple[Understood, list[str]]:
    """Return what words ask for, and those of them that no table knows."""
    spotted = vocabulary().spot(typed)
    rest = _Rest(typed, spotted)
    near, country = _read_place(rest, find_place, is_known_place)
    age = _read_age(rest)
    filters = [*country, *_read_group(rest, age), *_read_sex(rest)]
    tried, sayings = _read_tried(rest)
    left_out = [rest.text[one.start : one.end] for one in spotted if one.start in tried]
    said = [(match.group(), words) for pattern, words in SAYINGS if (match := rest.take(pattern))]
    sayings += [words for _, words in said]
    rest.take(_YEAR)
    names, also = _names(rest, [one for one in spotted if one.start not in tried], count)
    others = _others(rest)
    unknown = [words for _, words in others]
    pieces = [words for _, words in sorted([*names, *others])]
    if not pieces and not sayings:  # nothing but asking: the words themselves are all there is to search for
        return Understood(typed), unknown
    words = _joined(pieces, sayings)
    if names and others and not count(words):
        pieces = [words for _, words in sorted(names)]
        words = _joined(pieces, sayings)
        left_out += unknown
    if names and said and not count(words):
        left_out += [typed_so for typed_so, _ in said]
        words, sayings = _joined(pieces, []), []
    told = near or age or filters or also or sayings or left_out
    if not told and not _says_more(typed, pieces):
        return Understood(typed), unknown
    found = Understood(
        words, near, NEAR if near else "", tuple(filters), age, also, left_out=tuple(left_out), changed=True
    )
    return found, unknown


def _joined(pieces: list[str], sayings: list[str]) -> str:
    return " ".join(dict.fromkeys([*pieces, *sayings]))


class _Rest:
    """What is left of a text while its parts are read; names of the vocabulary are kept apart from all else."""

    def __init__(self, text: str, spotted: tuple[Spotted, ...]) -> None:
        self.text = text
        self.left = text
        for one in spotted:
            self.blank(one.start, one.end, "\x00")

    def blank(self, start: int, end: int, sign: str = "\x01") -> None:
        self.left = f"{self.left[:start]}{sign * (end - start)}{self.left[end:]}"

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take out what a pattern finds, every time it stands there; return the first."""
        first = None
        while (found := pattern.search(self.left)) is not None and found.end() > found.start():
            self.blank(found.start(), found.end())
            first = first or found
        return first


def _read_place(
    rest: _Rest, find_place: Callable[[str], Place], is_known: Callable[[str], bool]
) -> tuple[str, list[tuple[Facet, str]]]:
    """Return the place said, or the country as a filter."""
    for start in [found.start() for found in re.finditer(r"\b[A-Za-z]", rest.left)]:
        found = _PLACE.match(rest.left, start)
        if found is None:
            continue
        words = list(_WORD.finditer(rest.left, found.start("name")))[:_WORDS_OF_PLACE]
        for size in range(len(words), 0, -1):
            end = words[size - 1].end()
            name = rest.left[found.start("name") : end].rstrip(".")
            if "\x00" in name or "\x01" in name or name.split()[-1].lower() in FILLERS:
                continue
            first = name.split()[0].lower()
            known = is_known(name)
            if first in FILLERS and not (known and size > 1):  # "New York", not "my left"
                continue
            if not found["sure"] and (first in _ALSO_WORDS or not known):
                continue
            try:
                place = find_place(name)
            except PlaceNotFoundError:
                continue
            country: list[tuple[Facet, str]] = []
            if place.kind == "country":
                try:
                    country = [("country", value) for value in filter_values("country", place.name)]
                except QueryError:
                    continue
            rest.blank(found.start(), end)
            return ("", country) if country else (place.name, [])
    return "", []


def _read_age(rest: _Rest) -> str:
    found = rest.take(_AGE)
    if found is None:
        return ""
    try:
        return spell_age(next(group for group in found.groups() if group))
    except QueryError:
        return ""


def _read_group(rest: _Rest, age: str) -> list[tuple[Facet, str]]:
    children = rest.take(_CHILDREN)
    return [("age_group", "CHILD")] if children and not age else []


def _read_sex(rest: _Rest) -> list[tuple[Facet, str]]:
    said = [sex for sex, pattern in _SEXES if rest.take(pattern)]
    return [("sex", said[0]), ("sex", "ALL")] if len(said) == 1 else []


def _read_tried(rest: _Rest) -> tuple[set[int], list[str]]:
    """Return where the names of what was tried already begin, and what is searched for in their place."""
    tried: set[int] = set()
    instead: list[str] = []
    for pattern, words in TRIED:
        while (found := pattern.search(rest.left)) is not None:
            tried.add(rest.left.index(NAMED, found.start()))
            rest.blank(found.start(), found.end())
            if words:
                instead.append(words)
    return tried, instead


def _names(
    rest: _Rest, spotted: Sequence[Spotted], count: Callable[[str], int]
) -> tuple[list[tuple[int, str]], tuple[tuple[str, str], ...]]:
    """Return the names of the vocabulary with their places; and the names that stand for what was typed."""
    found: list[tuple[int, str]] = []
    also: list[tuple[str, str]] = []
    for one in spotted:
        words = rest.text[one.start : one.end]
        name = one.concept.name
        if name.lower() != words.lower() and count(name) > count(words):
            also.append((words, name))
            words = name
        found.append((one.start, words))
    return found, tuple(also)


def _others(rest: _Rest) -> list[tuple[int, str]]:
    """Return the words that are left, with their places."""
    found: list[tuple[int, str]] = []
    for word in _WORD.finditer(rest.left):
        kept = word.group().strip("\x00\x01.'’-")
        if kept and not re.search(r"[\x00\x01]", kept) and kept.replace("’", "'").lower() not in FILLERS:
            found.append((word.start(), kept))
    return found


def _says_more(typed: str, pieces: list[str]) -> bool:
    """Whether words were left out that a search would ask for."""
    kept = {word.lower() for piece in pieces for word in _WORD.findall(piece)}
    return any(word.lower().strip(".") not in kept | SILENT | {"a"} for word in _WORD.findall(typed))
