"""Plain words understood: "my father's T-cell leukemia came back" asks for T-cell leukemia that has relapsed.

Comes in: what a person typed into the one search box. Goes out: an `Understood`: the words to search for, a place, an
age, what else was said, and whether any of it differs from what was typed. Refuses nothing: what is not understood
stays a word that must be found.

What makes a search narrower (a place, an age, a sex) is only read where it is said outright. Whose illness it is ("my
father") says nothing of who takes part: such words are left out, and nothing is concluded from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from accrual.codes.concepts import Spotted, vocabulary
from accrual.errors import PlaceNotFoundError, QueryError
from accrual.plain.age import spell_age
from accrual.search.filters import filter_values
from accrual.search.places import Place
from accrual.search.query import Facet
from accrual.search.words import SILENT

MOST_CHARS: Final = 300
"""Longer texts are pasted, not asked: they are searched as they stand. Set by hand."""

NEAR: Final = "100km"
"""How far "in London" and "near London" reach: a day's trip there and back. Set by hand."""

# Words that are about asking, and about whose illness it is. Set by hand.
_FILLERS_TEXT: Final = """
a an the i i'm i've im ive me my mine we our us you your he him his she her hers it its they them their
who whom whose this that these those there here am is are was were be been being has have had having do
does did can could will would should may might got get gets getting of for from in on at to with without
by about as into and or but if so very really just also any some please looking look find search
searching need needs needing want wants wanted help helps know like try trying wondering hope hoping
hello hi thanks diagnosed suffer suffers suffering suffered living lives live affected told trial trials
study studies clinical research new mother mother's mom mom's mum mum's mama father father's dad dad's
papa parent parents parent's wife wife's husband husband's spouse partner partner's son son's daughter
daughter's brother brother's sister sister's aunt aunt's uncle uncle's cousin cousin's niece nephew
grandmother grandmother's grandma grandma's grandfather grandfather's grandpa grandpa's granny friend
friend's family relative mother-in-law father-in-law patient patients people person someone somebody
anyone year years yr yrs old aged age
"""
_FILLERS: Final = frozenset(_FILLERS_TEXT.split())

# How people say what records say in other words: pattern, the record's word, set by hand.
_SAYINGS: Final = tuple(
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), words)
    for pattern, words in (
        (r"(?:has |have |had |it )*(?:came|come|comes|coming) back(?: again)?", "relapsed"),
        (r"(?:has |have |is |it )*(?:returned|returning)", "relapsed"),
        (
            r"(?:has |have |had |it )*spread(?:ing)?(?: to (?:the|my|his|her|their|other)(?= ))?(?: to)?",
            "metastatic",
        ),
        (
            r"(?:drugs?|medicines?|treatments?|chemo|nothing) (?:(?:have|has|is|are|did|does|do) )?"
            r"(?:stopped working|not work(?:ing)?|no longer works?|failed|works)",
            "refractory",
        ),
        (r"(?:just|newly|recently) (?:found out|diagnosed)(?: with)?", "newly diagnosed"),
    )
)

_UNITS: Final = r"(?:years?|yrs?|months?|mos?|weeks?|wks?|days?)"
_AGE: Final = re.compile(
    rf"\b(?:aged?|age of)\s+(\d{{1,3}}(?:[\s-]*{_UNITS}\b)?)(?!\s*(?:to|-|mg|%|\d))(?:[\s-]*(?:old|of age)\b)?"
    rf"|\b(\d{{1,3}}[\s-]*{_UNITS})[\s-]*(?:old|of age)\b"
    r"|\b(\d{1,3})[\s-]*y/?o\b",
    re.IGNORECASE,
)
_CHILDREN: Final = re.compile(
    r"\b(?:kids?|child|children|teens?|teenagers?|toddlers?|bab(?:y|ies)|infants?|newborns?)(?:['’]s)?\b(?!-)",
    re.IGNORECASE,
)
_SEXES: Final = (
    ("FEMALE", re.compile(r"\b(?:wom[ae]n|females?|girls?|lady|ladies)(?:['’]s)?\b(?!-)", re.IGNORECASE)),
    ("MALE", re.compile(r"\b(?:m[ae]n|males?|boys?|gentlem[ae]n)(?:['’]s)?\b(?!-)", re.IGNORECASE)),
)

_SURE = r"near(?: to)?|around|close to|(?:live|lives|living|based|located) (?:in|near|around)"
_PLACE: Final = re.compile(rf"\b(?:(?P<sure>{_SURE})|in|from|at)\s+(?P<name>\S.*)$", re.IGNORECASE)
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
    changed: bool = False
    """Whether anything differs from the words as they were typed."""


def understand(
    text: str,
    find_place: Callable[[str], Place],
    is_known_place: Callable[[str], bool],
    count: Callable[[str], int],
) -> Understood:
    """Return what a person's words ask for.

    Arguments:
        find_place: the place of that name; raises PlaceNotFoundError.
        is_known_place: whether a place of that name is so large that "in" it can only mean the place.
        count: how many trials some words find.

    Example:
        >>> understand("my father's T-cell leukemia came back", find, known, count).text
        'T-cell leukemia relapsed'
    """
    typed = " ".join(text.split())
    if not typed or len(typed) > MOST_CHARS or _PLAIN.search(typed):
        return Understood(text)
    spotted = vocabulary().spot(typed)
    rest = _Rest(typed, spotted)
    near, country = _read_place(rest, find_place, is_known_place)
    age = _read_age(rest)
    filters = [*country, *_read_group(rest, age), *_read_sex(rest)]
    sayings = [words for pattern, words in _SAYINGS if rest.take(pattern)]
    pieces, also = _pieces(rest, spotted, count)
    words = " ".join(dict.fromkeys([*pieces, *sayings]))
    if not pieces:  # nothing but asking: the words themselves are all there is to search for
        return Understood(text)
    if not (near or age or filters or also or sayings) and not _says_more(typed, pieces):
        return Understood(text)
    return Understood(words, near, NEAR if near else "", tuple(filters), age, also, changed=True)


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
            if "\x00" in name or "\x01" in name or name.split()[-1].lower() in _FILLERS:
                continue
            first = name.split()[0].lower()
            if first in _FILLERS or (not found["sure"] and (first in _ALSO_WORDS or not is_known(name))):
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


def _pieces(
    rest: _Rest, spotted: tuple[Spotted, ...], count: Callable[[str], int]
) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Return the words to search for, in their order; and the names that stand for what was typed."""
    found: list[tuple[int, str]] = []
    also: list[tuple[str, str]] = []
    for one in spotted:
        words = rest.text[one.start : one.end]
        name = one.concept.name
        if name.lower() != words.lower() and count(name) > count(words):
            also.append((words, name))
            words = name
        found.append((one.start, words))
    for word in _WORD.finditer(rest.left):
        kept = word.group().strip("\x00\x01.'’-")
        if kept and not re.search(r"[\x00\x01]", kept) and kept.replace("’", "'").lower() not in _FILLERS:
            found.append((word.start(), kept))
    return [words for _, words in sorted(found)], tuple(also)


def _says_more(typed: str, pieces: list[str]) -> bool:
    """Whether words were left out that a search would ask for."""
    kept = {word.lower() for piece in pieces for word in _WORD.findall(piece)}
    return any(word.lower().strip(".") not in kept | SILENT | {"a"} for word in _WORD.findall(typed))
