"""Names that the vocabulary does not have, made lexemes of one kind with those it has: "chondromalacia patella".

Comes in: the lexemes of a text. Goes out: the same, with each name that is nothing but its words taken together as one
lexeme of kind `concept` (`codes.wording`). Everything that can be said of a coded name (lists, windows, negation, a
relation) can then be said of it. Refuses, and leaves as they are: words that are not surely a name.

A name is a whole run of nouns and adjectives between words that belong to no name, at most `MAX_WORDS` long, whose last
word says what kind of thing it is (`wording_heads`), with "of the knee" behind it. It holds no joining word, no
comparator, no amount, no negation, no word that judges or doubts. Where the last word says nothing, the place may
(`framed.py`). A run that ends in a name of the vocabulary is left
alone: `phrases/condition.py` keeps that name and what narrows it.
"""

from __future__ import annotations

import re

from accrual.codes.concept import Concept, ConceptKind
from accrual.codes.wording import worded
from accrual.criteria.framed import TELLING, kind_in_frame
from accrual.criteria.lexer import Lexeme
from accrual.criteria.names import is_short_for
from accrual.criteria.phrases.wording_words import INSIDE, MAX_WORDS, VAGUE, are_plain, spelled
from accrual.criteria.wording_heads import kind_of_head
from accrual.criteria.words import word_set

MAX_OF = 3  # words behind "of"
# Words of `words.CUES["shift"]` that head a name with a word before them: "BCG vaccine".
_HEADS_TOO = word_set("vaccine complication symptoms vaccination")
# Judging adjectives in front of a name stay outside it, as before a coded one (`phrases/condition.py`).
_OUTSIDE = word_set(
    "significant clinically medically relevant major minor important serious severe unstable recent multiple "
    "abnormal concomitant concurrent hemodynamically"
)
# "IIIA disease": a stage, and no name.
_NUMBERED = re.compile(
    r"(?:i{1,3}|iv|vi{0,3}|ix|x)[a-d]?[0-9]?|[a-z]|t[0-4x][a-d]?|n[0-3x][a-d]?|m[01x][a-d]?"
)
# Behind a drug or a procedure they say no more (`phrases/condition.py`).
_AFTER_DRUG = word_set(
    "therapy therapies treatment treatments medication medications drug drugs agent agents"
)
_OF = frozenset(("of", "of the"))
_GAPS = (" ", "-", "")


def with_wordings(text: str, lexemes: list[Lexeme]) -> list[Lexeme]:
    """Return the lexemes with each name that no table has as one lexeme.

    Args:
        text: the text that the lexemes' spans are of, made plain.

    Example:
        >>> from accrual.criteria.lexer import lex
        >>> [each.low for each in with_wordings("No facet cysts", lex("No facet cysts"))]
        ['no', 'facet cysts']
    """
    out: list[Lexeme] = []
    at, count = 0, len(lexemes)
    changed = False
    while at < count:
        lexeme = lexemes[at]
        if lexeme.kind not in _RUNNING and lexeme.low not in INSIDE:
            out.append(lexeme)
            at += 1
            continue
        to = _run_end(text, lexemes, at)
        last = lexemes[to - 1]
        head = kind_of_head(last.low) if last.concept is None else None
        # Most runs end here: in a name of the vocabulary, or in a word that says nothing where nothing tells.
        if last.concept is not None or (head is None and (not out or out[-1].kind not in TELLING)):
            out.extend(lexemes[at:to])
            at = to
            continue
        first = at
        while first < to and lexemes[first].low in _OUTSIDE:
            first += 1
        found = None
        if first < to:
            found = _name(text, lexemes, first, to, head) if head is not None else None
            if found is None and first == at:
                found = _in_frame(text, lexemes, first, to, out)
        if found is None:
            out.extend(lexemes[at:to])
        else:
            end, concept = found
            end = _with_short(text, lexemes, first, end)
            out.extend(lexemes[at:first])
            start, stop = lexemes[first].start, lexemes[end - 1].end
            out.append(Lexeme("concept", start, stop, _low(lexemes, first, end), concept=concept))
            to = max(to, end)
            changed = True
        at = to
    return out if changed else lexemes


_RUNNING = frozenset(("word", "concept"))


def _may_begin(lexeme: Lexeme) -> bool:
    return lexeme.kind in _RUNNING or lexeme.low in INSIDE


def _run_end(text: str, lexemes: list[Lexeme], at: int) -> int:
    """Where the run of words ends that begins at `at`."""
    to, count = at + 1, len(lexemes)
    end = lexemes[at].end
    while to < count:
        lexeme = lexemes[to]
        start, low = lexeme.start, lexeme.low
        gap = text[end:start]
        inside = lexeme.kind in _RUNNING or low in INSIDE or low in _HEADS_TOO
        if not (inside or (lexeme.kind == "number" and gap == "-")) or (gap not in _GAPS and gap.strip(" -")):
            break
        end = lexeme.end
        to += 1
    return to


def _low(lexemes: list[Lexeme], at: int, to: int) -> str:
    return " ".join(each.low for each in lexemes[at:to])


def _name(
    text: str, lexemes: list[Lexeme], at: int, to: int, head: tuple[ConceptKind, bool]
) -> tuple[int, Concept] | None:
    """Where the name ends that the run `at` up to `to` is, and its concept; None where it is none."""
    last = lexemes[to - 1]
    if at and _glued(text, lexemes[at - 1], lexemes[at]):
        return None  # "non-ulcer dyspepsia", "pre-malignant lesion"
    if to < len(lexemes) and _glued(text, last, lexemes[to]):
        return None
    words = _low(lexemes, at, to).split()
    if not len(set(words)) == len(words) <= MAX_WORDS or not are_plain(tuple(words)):
        return None  # a word said twice: two things run together
    if _NUMBERED.fullmatch(words[0]):
        return None
    kind, alone = head
    if words[-1] in _AFTER_DRUG and any(each.concept is not None for each in lexemes[to - 2 : to - 1]):
        return None  # "corticosteroid therapy": a known drug, with a word that says no more
    more = _of_what(text, lexemes, to, MAX_WORDS - len(words))
    if more is not None:
        return more, worded(kind, spelled(text[lexemes[at].start : lexemes[more - 1].end]))
    if len(words) == 1 and not alone:
        return None
    if not alone and all(word in VAGUE or kind_of_head(word) == (kind, False) for word in words[:-1]):
        return None
    return to, worded(kind, spelled(text[lexemes[at].start : last.end]))


def _in_frame(
    text: str, lexemes: list[Lexeme], at: int, to: int, before: list[Lexeme]
) -> tuple[int, Concept] | None:
    if lexemes[to - 1].low in _AFTER_DRUG:
        return None
    kind = kind_in_frame(lexemes, at, to, before)
    if kind is None or (before and _glued(text, before[-1], lexemes[at])):
        return None
    return to, worded(kind, spelled(text[lexemes[at].start : lexemes[to - 1].end]))


def _of_what(text: str, lexemes: list[Lexeme], at: int, room: int) -> int | None:
    """ "(disease) of the retina": where it ends; None where no such words follow."""
    if at + 1 >= len(lexemes) or lexemes[at].low not in _OF:
        return None
    first = at + 1
    while first < len(lexemes) and lexemes[first].low in ("the", "a", "an"):
        first += 1
    if first >= len(lexemes) or not _may_begin(lexemes[first]):
        return None
    to = _run_end(text, lexemes, first)
    words = _low(lexemes, first, to).split()
    if len(words) > min(MAX_OF, room) or not are_plain(tuple(words)):
        return None
    if all(word in VAGUE for word in words) or (
        to < len(lexemes) and _glued(text, lexemes[to - 1], lexemes[to])
    ):
        return None
    return to


def _glued(text: str, one: Lexeme, other: Lexeme) -> bool:
    return text[one.end : other.start] == "-"


def _with_short(text: str, lexemes: list[Lexeme], at: int, to: int) -> int:
    """Where the name ends with the abbreviation in brackets behind it: "facet joint syndrome (FJS)"."""
    if to + 2 < len(lexemes) and lexemes[to].kind == "open" and lexemes[to + 2].kind == "close":
        short = text[lexemes[to + 1].start : lexemes[to + 1].end]
        name = text[lexemes[at].start : lexemes[to - 1].end]
        if short.isupper() and short.isalpha() and is_short_for(short, name):
            return to + 3
    return to
