"""Words: how text is cut into index terms, and what a typed search asks for.

Comes in: text of a record, or what a person typed. Goes out: terms (lower case, accents off, English endings off),
and for a search the words and phrases that must match. Refuses nothing: there is no text that is not a search.

The rules for typed text, in order:

1. `"in quotes"` is a phrase: its words stand next to each other.
2. A compound with a short part or a digit (`CAR-T`, `T-ALL`, `anti-PD-1`, `COVID-19`) is a phrase; so is a single
   letter or digit with the word right before it (`car t`, `vitamin d`, `type 2`), or right after it where none is
   before (`t cell`). Such parts mean nothing on their own.
3. A possessive 's, words such as "of" and "the", and an "a" that follows no word are not asked for, unless there
   is nothing else.
4. Of words or phrases with OR between them, in capitals, one is enough: `leukemia relapsed OR recurrent`.
5. What comes after the first 64 words is not asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec
import tantivy

ANALYZER = "registry_words"
MAX_WORDS = 64  # a search of more words than this asks for the first 64; ours: the longest official title has about 80
LONGEST_WORD = 64  # bytes; a longer run of letters is no word and cannot be searched
MAX_CHARS = 8_192  # no more than this is read of what was typed

# Articles, prepositions and conjunctions. Not "all" (a leukemia), "a" (a vitamin, a hepatitis) or "no".
SILENT = frozenset(
    ["the", "of", "and", "in", "for", "with", "an", "to", "on", "or", "by", "from", "at", "is", "are"]
)
_STOPS = frozenset(".,;:!?()[]")
_TYPED = re.compile(r'"([^"]*)"|([^\s"]+)')
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_HYPHENS = re.compile(r"[-‐‑–]")
_PARTS = re.compile(r"[^/,;|+&]+")  # of a run without spaces


class Words(msgspec.Struct, frozen=True):
    """What a typed search asks for: groups of terms; a group of several terms is a phrase. All must match."""

    groups: tuple[tuple[str, ...], ...] = ()
    choices: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Groups of which one is enough; of each such choice one must match."""
    hopeless: bool = False
    """Letters were typed, but none of them make a word that could stand in a record."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term once, in order."""
        return tuple(dict.fromkeys(term for group in self.phrases for term in group))

    @property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """Every group once, whether it must match or another may in its place."""
        chosen = (group for choice in self.choices for group in choice)
        return tuple(dict.fromkeys((*self.groups, *chosen)))

    def __bool__(self) -> bool:
        return bool(self.groups or self.choices)


@lru_cache(maxsize=1)
def analyzer() -> tantivy.TextAnalyzer:
    """Return the one analyzer that the index and every search share."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(LONGEST_WORD + 1))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


@lru_cache(maxsize=1)
def folder() -> tantivy.TextAnalyzer:
    """Return the analyzer that keeps endings: words as they are written, in lower case, accents off."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )


@lru_cache(maxsize=1)
def _stemmer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(tantivy.Filter.stemmer("english")).build()
    )


def cut_words(text: str) -> tuple[str, ...]:
    """Return the words of a text with their endings, in order. No word is left out, however long.

    Example:
        >>> cut_words("CAR-T for leukemias")
        ('car', 't', 'for', 'leukemias')
    """
    return tuple(folder().analyze(text))


@lru_cache(maxsize=1)
def _cutter() -> tantivy.TextAnalyzer:
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).build()


def raw_words(text: str) -> tuple[str, ...]:
    """Return the words of `cut_words` as they stand in the text, one for one.

    Example:
        >>> raw_words("CAR-T für Kinder")
        ('CAR', 'T', 'für', 'Kinder')
    """
    return tuple(_cutter().analyze(text))


@lru_cache(maxsize=65_536)
def stem_of(word: str) -> str:
    """Return a word of `cut_words` without its English ending: the term that the index has for it.

    Example:
        >>> stem_of("leukemias")
        'leukemia'
    """
    found = _stemmer().analyze(word)
    return found[0] if found else ""


def terms_of(text: str) -> tuple[str, ...]:
    """Return the index terms of a text, in order.

    Example:
        >>> terms_of("CAR-T for leukemias")
        ('car', 't', 'for', 'leukemia')
    """
    return tuple(analyzer().analyze(text))


@lru_cache(maxsize=65_536)
def term_of(word: str) -> str:
    """Return the index term of one word; empty when it is none."""
    found = analyzer().analyze(word)
    return found[0] if found else ""


_ACCENTS = re.compile("[\u0300-\u036f]")  # Unicode block "Combining Diacritical Marks"
_WORD = re.compile(r"[^\W_]+")
_TO_SPACES = str.maketrans({chr(c): " " for c in range(128) if not chr(c).isalnum()})


def fold(text: str) -> str:
    """Return a name as names are compared: no accents, no case, one space between words."""
    if text.isascii():
        return " ".join(text.lower().translate(_TO_SPACES).split())
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return " ".join(_WORD.findall(bare))


# Letters that the index's accent filter spells with others and Unicode does not take apart.
_UNMARKED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


def plain(text: str) -> str:
    """Return a text in lower case without accents, otherwise as it stands."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.lower().translate(_UNMARKED)))


def read_words(text: str) -> Words:
    """Read a typed search by the rules at the head of this module.

    Example:
        >>> read_words("CD7 CAR-T").groups
        (('cd7',), ('car', 't'))
        >>> read_words("asthma OR COPD").choices
        ((('asthma',), ('copd',)),)
    """
    runs: list[list[Group]] = []
    for group in read_groups(text, terms_of):
        between = text[runs[-1][-1].end : group.start] if runs else ""
        if between.strip('" ') == "OR":
            runs[-1].append(group)
        else:
            runs.append([group])
    hopeless = not runs and any(c.isalnum() for c in text[:MAX_CHARS])
    single = dict.fromkeys(run[0].words for run in runs if len(run) == 1)
    choices = dict.fromkeys(tuple(dict.fromkeys(one.words for one in run)) for run in runs if len(run) > 1)
    return Words(tuple(single), tuple(choices), hopeless)


class Group(NamedTuple):
    """Words of a typed search that stand together, and where they were typed."""

    words: tuple[str, ...]
    quoted: bool
    gap: bool
    """The group before does not stand right before it: a stop, a quote or a silent word comes between."""
    start: int
    end: int

    @property
    def is_single_letter(self) -> bool:
        """It is one letter or digit, which means little on its own."""
        return (
            not self.quoted and len(self.words) == 1 and len(self.words[0]) == 1 and self.words[0].isascii()
        )


def read_groups(text: str, cut: Callable[[str], tuple[str, ...]]) -> tuple[Group, ...]:
    """Return the groups of a typed search, with words as `cut` makes them: `terms_of` or `cut_words`.

    Example:
        >>> [group.words for group in read_groups("type 2 diabetes", cut_words)]
        [('type', '2'), ('diabetes',)]
    """
    groups: list[Group] = []
    silent: list[Group] = []
    budget = MAX_WORDS
    gap = True
    for typed in _TYPED.finditer(text[:MAX_CHARS]):
        quoted, bare = typed.group(1), typed.group(2) or ""
        found = (
            [(cut(quoted), typed.start(1), typed.end(1))] if quoted else _groups_of(bare, typed.start(), cut)
        )
        for words, start, end in found:
            group = Group(words[:budget], bool(quoted), gap, start, end)
            if not group.words:
                continue
            gap = bool(quoted)
            if (len(group.words) == 1 and group.words[0] in SILENT) or (group.words == ("a",) and group.gap):
                silent.append(group)
                gap = True
                continue
            budget -= len(group.words)
            groups.append(group)
        gap = gap or bare[-1:] in _STOPS
    return _bind_single_letters(groups or silent[:1])


def _groups_of(
    typed: str, at: int, cut: Callable[[str], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield the groups of a run of characters without spaces that begins at `at`, each with its place."""
    for part in _PARTS.finditer(typed):
        start, end = at + part.start(), at + part.end()
        text = _POSSESSIVE.sub("", part.group())
        words = cut(text)
        compound = len(words) > 1 and _HYPHENS.search(text) is not None
        if compound and not any(len(word) <= 3 or any(c.isdigit() for c in word) for word in words):
            for word in words:
                yield (word,), start, end
        else:
            yield words, start, end


def _bind_single_letters(groups: list[Group]) -> tuple[Group, ...]:
    bound: list[Group] = []
    for group in groups:
        if bound and not group.gap and (group.is_single_letter or bound[-1].is_single_letter):
            before = bound[-1]
            bound[-1] = Group(before.words + group.words, False, before.gap, before.start, group.end)
        else:
            bound.append(group)
    return tuple(bound)
