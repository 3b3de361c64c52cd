"""The shapes of an Essie expression: what the registry's search language says once it is read.

Comes in: nothing; these are the types that `essie.py` makes of text, that `plan.py` makes an index query of, and that
the tests' slow evaluator decides over records. Refuses nothing.

An operator that is not written has the value None (`area`, `coverage`, `expansion`) and is inherited from outside:
`AREA[Condition](asthma OR COVERAGE[FullMatch]copd)` asks both words of `Condition`. The innermost one wins.
Source: the registry's page "Constructing complex search queries" (read 2026-11) and its API's behaviour.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from accrual.basic import Span


class Coverage(StrEnum):
    """How much of a field's value the searched words must cover."""

    FULL_MATCH = "FullMatch"
    STARTS_WITH = "StartsWith"
    ENDS_WITH = "EndsWith"
    CONTAINS = "Contains"


class Expansion(StrEnum):
    """How far the searched words may be widened, each step including the one before."""

    NONE = "None"
    """The words as they are written: case and accents aside, nothing is changed."""
    TERM = "Term"
    """Plurals and other endings, spelling variants."""
    CONCEPT = "Concept"
    """Synonyms of what the words name."""
    RELAXATION = "Relaxation"
    """The words may stand apart, each anywhere in the area. What is meant where nothing is written."""
    LOSSY = "Lossy"
    """Some of the words may be missing."""


class _Node(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    span: Span
    """Where it stands in the text of the expression."""


class Words(_Node, frozen=True):
    """Words to search: what is written without an operator, or in quotation marks."""

    text: str
    quoted: bool = False
    """In quotation marks: the words stand together, in this order (synonyms of the whole still count)."""


class Range(_Node, frozen=True):
    """`RANGE[low, high]`, both ends included; an empty end is MIN or MAX. Missing values lie in no range."""

    low: str
    high: str


class Distance(_Node, frozen=True):
    """`DISTANCE[latitude, longitude, radius]`: a site lies within the radius."""

    latitude: float
    longitude: float
    radius_km: float


class Missing(_Node, frozen=True):
    """`MISSING`: the area has no value."""


class Everything(_Node, frozen=True):
    """`ALL`: every study."""


class And(_Node, frozen=True):
    """All parts hold."""

    parts: tuple[Expression, ...]


class Or(_Node, frozen=True):
    """At least one part holds."""

    parts: tuple[Expression, ...]


class Not(_Node, frozen=True):
    """The part does not hold."""

    part: Expression


class Scoped(_Node, frozen=True):
    """An operator and its part: `AREA[..]`, `COVERAGE[..]`, `EXPANSION[..]`, `TILT[..]`, `SEARCH[..]`; one is set."""

    part: Expression
    area: str | None = None
    """A search area (`ConditionSearch`), a piece (`Condition`), a dotted path, any of them with `:size` behind it."""
    coverage: Coverage | None = None
    expansion: Expansion | None = None
    tilt: str | None = None
    """A piece whose larger (newer) values come first; changes the order only."""
    document: str | None = None
    """`Study` or `Location`: with `Location`, the part must hold within one site."""


Expression: TypeAlias = Words | Range | Distance | Missing | Everything | And | Or | Not | Scoped
