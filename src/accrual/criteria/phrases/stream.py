"""What every phrase family reads from and gives back.

Comes in: the lexemes of one clause. Goes out: `Read`, one claim with the lexemes it took. Refuses nothing: a family
that does not understand returns None, and the next family is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Span
from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.circumstance_rows import CORES
from accrual.criteria.phrases.pledge_words import TELLING
from accrual.criteria.tree import Kind, Tree, Window

GRADED = frozenset(("grade", "grades", "gr"))
TRIALS = frozenset(("trial", "trials", "study", "studies"))
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
    )

    def __init__(self, text: str, lexemes: list[Lexeme], kind: Kind, source: str = "") -> None:
        self.text = text
        self.lexemes = lexemes
        self.kind = kind
        self.source = source
        self.count = len(lexemes)
        self.kinds = [lexeme.kind for lexeme in lexemes]
        self.last_concept = max(
            (at for at, each in enumerate(lexemes) if each.concept is not None), default=-1
        )
        """Where the last thing of the vocabulary is named; -1 if none is."""
        self.last_amount = max(
            (at for at, kind in enumerate(self.kinds) if kind in ("op", "between", "suffix", "dash", "to")),
            default=-1,
        )
        """Where the last word or sign stands that compares a number; -1 if none does."""
        self.last_relation = max((at for at, kind in enumerate(self.kinds) if kind == "relation"), default=-1)
        """Where the last relation is named ("allergy to"); -1 if none is."""
        self.topics = {lexeme.variable.id for lexeme in lexemes if lexeme.variable is not None}
        """The variables named: a family that needs one is not asked where none is."""
        words = {part for lexeme in lexemes for part in lexeme.low.split()}
        self.graded = not GRADED.isdisjoint(words)
        """Whether a grade may be told (`phrases/grade.py`)."""
        self.pledging = "consent" in self.topics or not TELLING.isdisjoint(words)
        """Whether a word may belong to a promise or an ability (`phrases/pledge.py`)."""
        self.circumstantial = not CORES.isdisjoint(words)
        """Whether a word may tell how a person lives (`phrases/circumstance.py`)."""
        self.experimental = not TRIALS.isdisjoint(words)
        """Whether a trial may be spoken of (`phrases/agreement.py`)."""

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
