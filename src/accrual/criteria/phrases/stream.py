"""What every phrase family reads from and gives back.

Comes in: the lexemes of one clause. Goes out: `Read`, one claim with the lexemes it took. Refuses nothing: a family
that does not understand returns None, and the next family is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.basic import Span
from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.circumstance_rows import CORES
from accrual.criteria.phrases.pledge_words import TELLING
from accrual.criteria.tree import Kind, Tree, Window

GRADED = frozenset(("grade", "grades", "gr"))
TRIALS = frozenset(("trial", "trials", "study", "studies"))
# What a clause has, or has not: without it some families cannot read anything in it, and are not asked.
HAS_TOPIC: Final = 1  # a variable is named
HAS_CONCEPT: Final = 2  # a thing of the vocabulary is named
HAS_AMOUNT: Final = 4  # a number is compared, or may be
HAS_COMPARATOR: Final = 8
HAS_UNIT: Final = 16
HAS_VALUE: Final = 32  # "positive"
HAS_GRADE: Final = 64
HAS_PLEDGE: Final = 128
HAS_CIRCUMSTANCE: Final = 256
HAS_TRIAL: Final = 512
_COMPARING = frozenset(("op", "between", "suffix", "dash", "to"))
_TRAIT_OF_KIND = {"op": HAS_COMPARATOR, "unit": HAS_UNIT, "value": HAS_VALUE}
Group: TypeAlias = Literal["present", "measure", "marker", "age", "sex", "state", "consent", "time"]
"""What a claim is about. Claims of one group may share a modifier or a window; claims of two may not."""


class Stream:
    """One clause: its text (made plain), its lexemes, and the section it stands in.

    `source` is the original text, for the words of Opaque nodes; empty when the plain text is the original.
    """

    __slots__ = (
        "circumstantial",
        "count",
        "experimental",
        "graded",
        "kind",
        "kinds",
        "last_amount",
        "last_concept",
        "last_relation",
        "lexemes",
        "pledging",
        "source",
        "text",
        "topics",
        "traits",
    )
    last_concept: int
    """Where the last thing of the vocabulary is named; -1 if none is."""
    last_amount: int
    """Where the last word or sign stands that compares a number; -1 if none does."""
    last_relation: int
    """Where the last relation is named ("allergy to"); -1 if none is."""
    traits: int
    """What the clause has of what a family may need: bits, `HAS_TOPIC` and the others."""

    def __init__(self, text: str, lexemes: list[Lexeme], kind: Kind, source: str = "") -> None:
        self.text = text
        self.lexemes = lexemes
        self.kind = kind
        self.source = source
        self.count = len(lexemes)
        self.kinds = [lexeme.kind for lexeme in lexemes]
        self.last_concept = self.last_amount = self.last_relation = -1
        self.topics: set[str] = set()
        """The variables named: a family that needs one is not asked where none is."""
        words: set[str] = set()
        traits = 0
        for at, lexeme in enumerate(lexemes):
            if lexeme.concept is not None:
                self.last_concept = at
            if lexeme.variable is not None:
                self.topics.add(lexeme.variable.id)
            if lexeme.kind in _COMPARING:
                self.last_amount = at
            elif lexeme.kind == "relation":
                self.last_relation = at
            traits |= _TRAIT_OF_KIND.get(lexeme.kind, 0)
            words.update(lexeme.low.split())
        self.graded = not GRADED.isdisjoint(words)
        """Whether a grade may be told (`phrases/grade.py`)."""
        self.pledging = "consent" in self.topics or not TELLING.isdisjoint(words)
        """Whether a word may belong to a promise or an ability (`phrases/pledge.py`)."""
        self.circumstantial = not CORES.isdisjoint(words)
        """Whether a word may tell how a person lives (`phrases/circumstance.py`)."""
        self.experimental = not TRIALS.isdisjoint(words)
        """Whether a trial may be spoken of (`phrases/agreement.py`)."""
        if self.topics:
            traits |= HAS_TOPIC
        if self.last_concept >= 0:
            traits |= HAS_CONCEPT
        if self.last_amount >= 0:
            traits |= HAS_AMOUNT
        if self.graded:
            traits |= HAS_GRADE
        if self.pledging:
            traits |= HAS_PLEDGE
        if self.circumstantial:
            traits |= HAS_CIRCUMSTANCE
        if self.experimental:
            traits |= HAS_TRIAL
        self.traits = traits

    def __len__(self) -> int:
        return self.count

    def kind_at(self, at: int) -> str:
        """The kind of the lexeme at `at`, empty after the end."""
        return self.kinds[at] if at < self.count else ""

    def low_at(self, at: int) -> str:
        """The lower-case words of the lexeme at `at`, empty after the end."""
        return self.lexemes[at].low if at < self.count else ""

    def span(self, at: int, to: int) -> Span:
        """The span of lexemes `at` up to, not including, `to`."""
        return Span(self.lexemes[at].start, self.lexemes[to - 1].end)

    def words(self, span: Span) -> str:
        """The original words under a span, with single spaces."""
        return " ".join(span.of(self.source or self.text).split())


class Read(msgspec.Struct, frozen=True, gc=False):
    """One claim that a family understood: it took the lexemes up to, not including, `end`."""

    end: int
    group: Group
    node: Tree | None = None
    window: Window | None = None
    """For group `time` only."""
    also: Window | None = None
    """A second window beside `window`: what lies in either counts ("30 days or 5 half-lives")."""


class Family(msgspec.Struct, frozen=True):
    """A phrase family: the kinds of lexeme it can start at, and how it reads on from there."""

    name: str
    starts: frozenset[str]
    read: Callable[[Stream, int], Read | None]
    topics: frozenset[str] = frozenset()
    """Asked only where the clause names one of these variables; empty: always."""
    needs: int = 0
    """Asked only where the clause has all of these: bits, `HAS_TOPIC` and the others."""
