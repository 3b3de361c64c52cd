"""A patient's facts laid out for deciding: by variable and by concept, as of today.

Comes in: a `Patient` and today. Goes out: a `Chart`, built once and asked by every leaf of every trial. Facts dated
after today stand apart: they decide nothing, and an answer that would have used one says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Code
from accrual.codes.concepts import vocabulary
from accrual.codes.spelling import american
from accrual.criteria.tree import Window
from accrual.match.timing import Birth, birth, recent
from accrual.patient.model import Fact, Patient
from accrual.truth import Truth

STEM_LETTERS = 5
"""Words that begin with the same so many letters are taken for one: set by hand."""
_WORD = re.compile(r"[^\W_]{2,}")
# How long a negative HIV test speaks of today: as long as other values do (`match.values`), a year.
_TEST_DAYS = 366

Reason: TypeAlias = Literal["no fact", "not understood", "conflict", "not precise enough"]


class Ground(msgspec.Struct, frozen=True):
    """A fact that bears on a leaf: its words, where it stands, and how it bears."""

    fact: str
    source: str
    step: str


def no_grounds() -> tuple[Ground, ...]:
    """Return that no fact bears on it."""
    return ()


def no_question() -> str:
    """Return that there is nothing to ask."""
    return ""


class Finding(msgspec.Struct, frozen=True, eq=False):
    """One leaf decided: its truth, the facts behind it and, when UNKNOWN, why and what to ask.

    Proof and question are made when they are asked for: a sweep over every trial needs only truths, and
    writing the words costs more than deciding.
    """

    holds: Truth
    prove: Callable[[], tuple[Ground, ...]] = no_grounds
    reason: Reason = "no fact"
    about: str = ""
    ask: Callable[[], str] = no_question

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """The facts that bear on it."""
        return self.prove()

    @property
    def question(self) -> str:
        """What to ask the patient, in plain words; empty where there is nothing to ask."""
        return self.ask()


class Selected(msgspec.Struct, frozen=True):
    """The values of a variable that count in some windows."""

    deciding: tuple[Fact, ...]
    """The latest that certainly stand in them; more than one where nobody knows which is later."""
    rivals: tuple[Fact, ...]
    """Those that may stand in them, and then would be the latest."""
    doubtful: tuple[Fact, ...]
    """All that may stand in them."""


class Told(msgspec.Struct, frozen=True):
    """What a chart's facts say of a concept, in short: enough to know that most claims about it stay open."""

    itself: bool
    """Some fact asserts the very concept, and not only a kind of it."""
    denied: bool
    """Some fact denies the concept, or something wider."""
    words: frozenset[str]
    """The qualifiers of all facts that assert the concept or a kind of it."""


class Chart:
    """The facts of one patient that may be used on one day, each found by what it is about."""

    def __init__(self, patient: Patient, today: date) -> None:
        self.patient = patient
        self.today = today
        self.birth: Birth | None = birth(patient, today)
        self._measured: dict[str, list[Fact]] = {}
        self._named: dict[str, list[Fact]] = {}
        self._later: list[Fact] = []
        # What many leaves ask alike is worked out once.
        self._kinds: dict[str, tuple[Fact, ...]] = {}
        self._wider: dict[str, tuple[Fact, ...]] = {}
        self._told: dict[str, Told] = {}
        self._said: frozenset[str] | None = None
        self.selected: dict[tuple[str, tuple[Window, ...]], Selected] = {}
        for fact in patient.facts:
            if fact.date is not None and fact.date.first > today:
                self._later.append(fact)
            elif fact.variable is not None:
                self._measured.setdefault(fact.variable, []).append(fact)
                follows = _infection_of(fact, today)
                if follows is not None and follows.concept is not None:
                    self._named.setdefault(follows.concept.code, []).append(follows)
            elif fact.concept is not None:
                self._named.setdefault(fact.concept.code, []).append(fact)

    @property
    def variables(self) -> frozenset[str]:
        """Variables that have a value."""
        return frozenset(self._measured)

    @property
    def named(self) -> Mapping[str, Sequence[Fact]]:
        """The facts, asserted or denied, by the concept that they name."""
        return self._named

    @property
    def asserted(self) -> frozenset[str]:
        """Concepts that some fact asserts."""
        return frozenset(name for name, facts in self._named.items() if any(fact.asserted for fact in facts))

    @property
    def denied(self) -> frozenset[str]:
        """Concepts that some fact denies."""
        return frozenset(
            name for name, facts in self._named.items() if not all(fact.asserted for fact in facts)
        )

    @property
    def said(self) -> frozenset[str]:
        """The stems of the note's own words; empty where there is no note."""
        if self._said is None:
            self._said = stems(self.patient.words)
        return self._said

    def measured(self, variable: str) -> tuple[Fact, ...]:
        """All values of a variable, in the order of the file."""
        return tuple(self._measured.get(variable, ()))

    def kinds_of(self, concept: str) -> tuple[Fact, ...]:
        """Facts, asserted or denied, of the concept or of a kind of it."""
        found = self._kinds.get(concept)
        if found is None:
            known = vocabulary()
            found = self._where(name for name in self._named if known.is_a(name, concept))
            self._kinds[concept] = found
        return found

    def wider_than(self, concept: str) -> tuple[Fact, ...]:
        """Facts, asserted or denied, of the concept or of what it is a kind of."""
        found = self._wider.get(concept)
        if found is None:
            known = vocabulary()
            found = self._where(name for name in self._named if known.is_a(concept, name))
            self._wider[concept] = found
        return found

    def told_of(self, concept: str) -> Told:
        """Return in short what the facts say of a concept."""
        found = self._told.get(concept)
        if found is None:
            kinds = [fact for fact in self.kinds_of(concept) if fact.asserted]
            found = self._told[concept] = Told(
                any(fact.concept is not None and fact.concept.code == concept for fact in kinds),
                not all(fact.asserted for fact in self.wider_than(concept)),
                frozenset(word for fact in kinds for word in fact.qualifiers),
            )
        return found

    def later(self, about: str) -> tuple[Ground, ...]:
        """Grounds for the facts on this variable or concept that are dated after today."""
        known = vocabulary()
        return tuple(
            Ground(told(fact), fact.source.where, f"dated {fact.date}, after {self.today}: not used")
            for fact in self._later
            if fact.variable == about or (fact.concept is not None and known.is_a(fact.concept.code, about))
        )

    def _where(self, names: Iterable[str]) -> tuple[Fact, ...]:
        return tuple(fact for name in sorted(names) for fact in self._named[name])


def _infection_of(fact: Fact, today: date) -> Fact | None:
    """Return what an HIV test says of the infection: positive that it is there, negative of late that it is not.

    The test is named by what it finds: who tests negative is not "known to be HIV positive". Other infections have
    several tests, of which none alone says it.
    """
    if fact.variable != "hiv-test" or fact.value not in ("positive", "negative"):
        return None
    concept = vocabulary().concepts.get("hiv-infection")
    found = fact.value == "positive"
    if concept is None or not (found or fact.date is None or recent(fact.date, today, _TEST_DAYS)):
        return None
    return Fact(
        kind="condition",
        text=fact.text,
        source=fact.source,
        asserted=found,
        concept=Code("accrual", concept.id, concept.name),
        date=fact.date,
    )


def stems(text: str) -> frozenset[str]:
    """Return the words of a text as they are compared: in lower case, without accents, their beginnings alone.

    So "diagnosed" is "diagnosis", and some words are taken for others: who looks for a word finds it too often, and
    never too seldom for its ending.

    Example:
        >>> sorted(stems("Anémies, anemic"))
        ['anemi']
    """
    bare = "".join(
        each for each in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(each)
    )
    return frozenset(word[:STEM_LETTERS] for word in _WORD.findall(american(bare)))


def latest(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts that no other fact is certainly later than, newest first.

    More than one is left when two share a day, or when a date is missing or lacks a part.
    """
    held = tuple(facts)
    newest = max((fact.date.first for fact in held if fact.date is not None), default=None)
    kept = [fact for fact in held if fact.date is None or newest is None or fact.date.last >= newest]
    return tuple(
        sorted(kept, key=lambda fact: (fact.date is None, -(fact.date.last.toordinal() if fact.date else 0)))
    )


def told(fact: Fact) -> str:
    """Return the fact in the patient's own words, with its date."""
    words = fact.source.quote or fact.text
    denied = "" if fact.asserted else "not present: "
    dates = " to ".join(str(day) for day in (fact.date, fact.end) if day is not None)
    return f"{denied}{words} ({dates})" if dates else f"{denied}{words}"
