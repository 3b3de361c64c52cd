"""A search typed in another language, in the English of the records: "leucemia de células T" is "T-cell leukemia".

Comes in: what was typed, and a `Lexicon` of one language. Goes out: a `Reading`: the text in English, and which words
were read as which. Refuses nothing: a word that the lexicon has not stays as it is, and a text that does not show
that it is of that language is left as it was typed.

The longest name wins, of two as long the one that is English already. Case, accents, the plural and the small words
between (`de la`) do not count. What describes a thing stands behind it in the languages this was made for, and is put
before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.plain.sayings import FILLERS
from accrual.search.words import SILENT

Kind: TypeAlias = Literal["name", "adjective", "word", "place"]
"""A thing; what describes one; a word of the sentence; a country or region."""
KINDS: tuple[Kind, ...] = get_args(Kind)
Key: TypeAlias = tuple[str, ...]

SMALL: Final = frozenset(
    ["de", "del", "la", "el", "los", "las", "lo", "en", "al", "por", "un", "una", "unos", "unas"]
)
"""Spanish words that say nothing between two others. Set by hand."""
_LONGEST: Final = 14  # words of one name, small ones included; the longest of the catalog has 12
_ENOUGH: Final = 2
"""Words of the sentence that show its language where it has no name: one may be English too. Set by hand."""
_ARTICLES: Final = frozenset({"el", "la", "los", "las"})
_BEFORE_PLACE: Final = frozenset({"in", "near"})
"""English words that a place comes after."""
_TOKEN: Final = re.compile(r"[^\W_]+")
_HYPHENS: Final = "‐‑-"
_JOINT: Final = re.compile(rf"[\s{_HYPHENS}]*")
_ENGLISH: Final = FILLERS | SILENT


class Entry(msgspec.Struct, frozen=True):
    """What a word or name of the language is in English; nothing: it is left out."""

    english: str
    kind: Kind


class Reading(msgspec.Struct, frozen=True):
    """A text in English."""

    text: str
    read: tuple[tuple[str, str], ...] = ()
    """Names as they were typed, and as they were read; those that both languages write alike are left out."""
    changed: bool = False

    def typed(self, english: str) -> str:
        """Return the words that were typed where the reading has these; the same where they were not read."""
        return next((typed for typed, read in self.read if read.lower() == english.lower()), english)


class Lexicon:
    """The words and names of one language with their English. Immutable; safe for many threads.

    Example:
        >>> Lexicon([("leucemia", Entry("leukemia", "name"))]).find(("leucemia",)).english
        'leukemia'
    """

    def __init__(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Lay out the entries; of two for the same words the first counts."""
        found: dict[Key, Entry] = {}
        for words, entry in entries:
            key = key_of(words)
            if key:
                found.setdefault(key, entry)
        # Who has no such key writes "nino" for "niño"; a name that is written so comes first.
        for key, entry in tuple(found.items()):
            found.setdefault(tuple(part.replace("ñ", "n") for part in key), entry)
        self._entries: Mapping[Key, Entry] = MappingProxyType(found)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: Key) -> Entry | None:
        """Return what a key of `key_of` is in English; None where it is not known."""
        return self._entries.get(key)

    def place(self, name: str) -> str:
        """Return the English name of a country or region; the name itself where it is none."""
        found = self.find(key_of(name))
        return found.english if found is not None and found.kind == "place" else name


def key_of(words: str) -> Key:
    """Return what words are looked up by.

    Example:
        >>> key_of("Cáncer de los pulmones"), key_of("en")
        (('cancer', 'pulmon'), ('en',))
    """
    return _key(_words(words))


def translate(text: str, lexicon: Lexicon) -> Reading:
    """Return a text in English, where it shows that it is of the lexicon's language.

    Example:
        >>> translate("leucemia de células T en niños", lexicon("es")).text
        'T-cell leukemia in children'
    """
    matches = list(_matches(text, lexicon))
    if not _shown(matches):
        return Reading(text)
    pieces: list[_Piece] = []
    at = 0
    for match in matches:
        between = text[at : match.start]
        entry = match.entry
        if entry is None and pieces and not pieces[-1].kind:  # "CAR-T" and "Hallervorden's" stay whole
            pieces[-1] = _Piece(f"{pieces[-1].text}{between}{match.typed}", "")
            at = match.end
            continue
        at = match.end
        if signs := between.strip().strip(_HYPHENS):
            pieces.append(_Piece(signs, "sign"))
        if entry is None:
            pieces.append(_Piece(match.typed, ""))
        elif entry.kind == "adjective":
            if pieces and pieces[-1].text == "in":  # "en recaída"
                pieces.pop()
            pieces.insert(_before_thing(pieces), _Piece(entry.english, "adjective"))
        elif entry.kind == "name" and len(pieces) > 1 and pieces[-1].of and pieces[-2].kind == "name":
            pieces.pop()
            pieces.insert(_before_thing(pieces), _Piece(entry.english, "adjective"))
        else:
            pieces.append(_Piece(entry.english, entry.kind, of=match.typed.lower() in ("de", "del")))
    pieces.append(_Piece(text[at:].strip(), ""))
    said = " ".join(piece.text for piece in pieces if piece.text)
    said = re.sub(r"([(/¿¡])\s+", r"\1", re.sub(r"\s+([,.;:!?)/])", r"\1", said))
    pairs = ((match.typed, match.entry.english) for match in matches if match.entry and _tells(match))
    changed = _folded(said) != _folded(" ".join(text.split()))
    return Reading(said, tuple(dict.fromkeys(pairs)), True) if changed else Reading(text)


class _Match(msgspec.Struct, frozen=True):
    start: int
    end: int
    typed: str
    entry: Entry | None


class _Piece(msgspec.Struct, frozen=True):
    text: str
    kind: str
    of: bool = False


def _matches(text: str, lexicon: Lexicon) -> Iterator[_Match]:
    """Every word of a text, with the longest name that begins there; of two as long the English one."""
    tokens = list(_TOKEN.finditer(text))
    words = _words(text)
    english = {spotted.start: spotted.end for spotted in vocabulary().spot(text)}
    found: dict[int, tuple[int, Entry | None]] = {}

    def longest(at: int) -> tuple[int, Entry | None]:
        """How many words the longest name has that begins here, and what it is."""
        if at not in found:
            found[at] = 1, None
            own = _within(tokens, at, english.get(tokens[at].start(), 0))
            for size in range(_reach(text, tokens, at), own, -1):
                if size > 1 and not (words[at].telling and words[at + size - 1].telling):
                    continue
                entry = lexicon.find(_key(words[at : at + size]))
                if entry is not None and not (entry.kind == "word" and words[at].capitals):
                    found[at] = size, entry
                    break
            else:
                if own:
                    name = text[tokens[at].start() : tokens[at + own - 1].end()]
                    found[at] = own, Entry(name, "name")
        return found[at]

    def kept(at: int) -> bool:
        """Whether a small word is a part of a place: "en Los Ángeles", "en Palma de Mallorca"; not "en los niños"."""
        if words[at].folded not in _ARTICLES and (at == 0 or longest(at - 1)[1] is not None):
            return False
        after = next((n for n in range(at + 1, len(tokens)) if words[n].telling), None)
        return after is not None and longest(after)[1] is None

    at, placing = 0, False
    while at < len(tokens):
        size, entry = longest(at)
        if placing and not words[at].telling and kept(at):
            entry = None
        start, end = tokens[at].start(), tokens[at + size - 1].end()
        yield _Match(start, end, text[start:end], entry)
        at += size
        if entry is not None and (entry.english or entry.kind != "word"):
            placing = entry.kind == "word" and entry.english.split()[-1] in _BEFORE_PLACE


def _within(tokens: list[re.Match[str]], at: int, end: int) -> int:
    """How many words from here on lie before a place in the text."""
    return sum(token.end() <= end for token in tokens[at:])


def _reach(text: str, tokens: list[re.Match[str]], at: int) -> int:
    """How many words from here on stand together, without a sign between them."""
    size = 1
    while size < _LONGEST and at + size < len(tokens):
        between = text[tokens[at + size - 1].end() : tokens[at + size].start()]
        if not _JOINT.fullmatch(between):
            break
        size += 1
    return size


def _shown(matches: list[_Match]) -> bool:
    """Whether the text shows its language: by a name that English writes otherwise, or by words of its sentence."""
    words, named, placed = 0, False, False
    for match in matches:
        entry = match.entry
        if entry is None:
            continue
        if entry.kind == "word":
            words += sum(_folded(word) not in SMALL | _ENGLISH for word in match.typed.split())
            placed = placed or (entry.english in _BEFORE_PLACE and match.typed.lower() != entry.english)
        elif entry.kind != "place":
            if match.typed.lower() != entry.english.lower():
                return True
            named = True
    return words >= _ENOUGH or (named and placed)


def _tells(match: _Match) -> bool:
    """Whether a name was read that both languages do not write alike."""
    entry = match.entry
    if entry is None or entry.kind not in ("name", "adjective"):
        return False
    return _folded(entry.english) != _folded(match.typed)


def _before_thing(pieces: list[_Piece]) -> int:
    """Return where to put what describes the last thing: before it and all that was put there."""
    at = len(pieces)
    while at and not pieces[at - 1].text:
        at -= 1
    if not at or pieces[at - 1].kind != "name":
        return len(pieces)
    at -= 1
    while at and pieces[at - 1].kind == "adjective":
        at -= 1
    return at


class _Word(NamedTuple):
    folded: str
    telling: bool
    """Whether it says something between two others."""
    capitals: bool
    """Whether it is written so, where not all of the text is: "AL" is no "al", "Y" no "y"."""


def _words(text: str) -> list[_Word]:
    loud = text.isupper()
    found = []
    for token in _TOKEN.finditer(text):
        folded, capitals = _folded(token.group()), token.group().isupper() and not loud
        found.append(_Word(folded, capitals or folded not in SMALL, capitals))
    return found


def _key(words: list[_Word]) -> Key:
    telling = tuple(_stem(word.folded) for word in words if word.telling)
    return telling or tuple(word.folded for word in words)


def _folded(text: str) -> str:
    """Lower case without accents; ñ is a letter of its own: "año" is a year, "ano" is none."""
    bare = "".join(
        sign
        for sign in unicodedata.normalize(
            "NFD", unicodedata.normalize("NFC", text).lower().replace("ñ", "\0")
        )
        if not unicodedata.combining(sign)
    )
    return bare.replace("\0", "ñ")


def _stem(word: str) -> str:
    """A folded word without its plural: tumores, tumor; quistes and quiste, quist; años, año."""
    word = word[:-1] if len(word) > 3 and word.endswith("s") else word
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
