"""Essie, the registry's query language: text into an expression (and back: `essie_writing.py`).

Comes in: what stands in `query.cond`, `filter.advanced` and so on. Goes out: the shapes of `expression.py`. Refuses
(ExpressionError) what the grammar does not have, areas and fields that no record has, and what is too long or too
deep; the message is the registry's where it is known, and made after its pattern where it is not.

::

    or      := and ("OR" and)*
    and     := operand ("AND"? operand)*            "a NOT b" means "a AND NOT b"
    operand := (NOT | AREA[x] | SEARCH[x] | COVERAGE[x] | EXPANSION[x] | TILT[x])* source
    source  := words | "phrase" | RANGE[a, b] | DISTANCE[lat, lon, radius] | MISSING | ALL | "(" or ")"

Source: the registry's page "Constructing complex search queries" and its answers, recorded 2026-11. Its messages are
those of an ANTLR parser and of the search engine behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from accrual.basic import Span
from accrual.errors import ExpressionError
from accrual.search.essie_names import Scope, check_area, check_range
from accrual.search.essie_tokens import (
    END,
    OPERATORS,
    QUOTED,
    WORD,
    Token,
    cut,
    shortened,
    unescaped,
)
from accrual.search.expression import (
    And,
    Coverage,
    Distance,
    Everything,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Range,
    Scoped,
    Words,
)
from accrual.search.measures import LEAST, MOST

MAX_DEPTH = 50
"""Brackets and operators around one another, at most. Set by hand: the deepest of 2,040 real ones has 4."""

KM_IN_A_MILE = 1.609344  # international mile, 1959
MOST_KM = 500.0 * KM_IN_A_MILE  # the registry's limit for a distance

_NULL = "inner bool query clause cannot be null"
_STARTS = ("(", ",", *(name for name in OPERATORS if name not in ("AND", "OR")), WORD, QUOTED)
_GOES_ON = ("(", ",", *OPERATORS, WORD, QUOTED)
_SOURCES = frozenset(_STARTS)
_COVERAGES = {str(each): each for each in Coverage}
_EXPANSIONS = {str(each): each for each in Expansion}
_RADIUS = re.compile(r"^(\d{1,9}(?:\.\d{1,20})?)\s*(mi|km|)$", re.ASCII)
_DEGREES = re.compile(r"^-?\d{1,3}(?:\.\d{1,20})?$", re.ASCII)


def read_expression(text: str, where: str, area: str = "BasicSearch") -> Expression:
    """Read an expression; `where` is what the registry calls the search box, `area` what it searches by itself.

    Raises:
        ExpressionError: it cannot be read; with the position.

    Example:
        >>> read_expression("heart NOT attack", "Other terms").parts[1].part.text
        'attack'
    """
    return _Reader(cut(text, where), text, where, area).read()


class _Reader:
    """One pass over the tokens, by recursive descent."""

    def __init__(self, tokens: list[Token], text: str, where: str, area: str) -> None:
        self.tokens = tokens
        self.text = text
        self.where = where
        self.at = 0
        self.scope = Scope("Study", area)

    def read(self) -> Expression:
        found = self.alternatives(0)
        if self.kind != END:
            raise self.unexpected((END, *_GOES_ON))
        return found

    @property
    def kind(self) -> str:
        return self.tokens[self.at].kind

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def alternatives(self, depth: int) -> Expression:
        parts = [self.conjunction(depth)]
        while self.kind == "OR":
            self.at += 1
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts), span=_around(parts))

    def conjunction(self, depth: int) -> Expression:
        parts = [self.operand(depth)]
        while True:
            self.skip_commas()
            if self.kind == "AND":
                self.at += 1
            elif self.kind not in _SOURCES:
                break
            parts.append(self.operand(depth))
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts), span=_around(parts))

    def operand(self, depth: int) -> Expression:
        wraps: list[Callable[[Expression], Expression]] = []
        outer = self.scope
        while True:
            self.skip_commas()
            token = self.token
            read = _OPERATORS.get(token.kind)
            if depth + len(wraps) >= MAX_DEPTH:
                raise self.error(f"the expression is nested more than {MAX_DEPTH} levels deep", token)
            if read is None:
                break
            self.at += 1
            wraps.append(read(self, token))
        found = self.source(depth + len(wraps))
        self.scope = outer
        for wrap in reversed(wraps):
            found = wrap(found)
        return found

    def skip_commas(self) -> None:
        while self.kind == ",":
            self.at += 1

    def source(self, depth: int) -> Expression:
        token = self.token
        match token.kind:
            case "WORD":
                return self.words()
            case "QUOTED":
                self.at += 1
                return Words(text=unescaped(token.text[1:-1]), quoted=True, span=_span(token, token))
            case "(":
                self.at += 1
                found = self.alternatives(depth + 1)
                if self.kind == END:
                    raise self.error("missing ')' at '<EOF>'", self.token)
                self.closing(")", _GOES_ON)
                return found
            case "RANGE":
                return self.range()
            case "DISTANCE":
                return self.distance()
            case "MISSING":
                self.at += 1
                return Missing(span=_span(token, token))
            case "ALL":
                self.at += 1
                return Everything(span=_span(token, token))
            case "<EOF>":
                raise self.error(_NULL, token)
            case _:
                raise self.unexpected(_STARTS)

    def words(self) -> Words:
        """Words and the commas between them."""
        first = last = self.token
        while self.kind in (WORD, ","):
            token = self.take()
            if token.kind == WORD:
                last = token
        return Words(text=unescaped(self.text[first.start : last.end]), span=_span(first, last))

    def range(self) -> Range:
        first = self.take()
        self.closing("[")
        low_at = self.token
        low = self.end_of_range(",")
        high_at = self.token
        high = self.end_of_range("]")
        found = Range(low=low, high=high, span=_span(first, self.tokens[self.at - 1]))
        for text, token in ((low, low_at), (high, high_at)):
            if text and (reason := check_range(text, self.scope)):
                raise self.error(reason, token)
        return found

    def end_of_range(self, closing: str) -> str:
        """One end of a range, and the sign behind it; empty for MIN and for MAX."""
        text = self.inner(closing)
        return "" if text == (LEAST if closing == "," else MOST) else text

    def inner(self, closing: str) -> str:
        """The words up to a closing sign, and the sign: what stands in brackets."""
        first = self.token
        if first.kind in ("[", "]", "(", ")", ",", END):
            raise self.unexpected((WORD, QUOTED))
        while self.kind not in ("[", "]", "(", ")", ",", END):
            last = self.take()
        self.closing(closing, (WORD,))
        if first is last and first.kind == QUOTED:
            return unescaped(first.text[1:-1])
        return unescaped(self.text[first.start : last.end])

    def distance(self) -> Distance:
        first = self.take()
        self.closing("[")
        places = [self.token]
        latitude = self.inner(",")
        places.append(self.token)
        longitude = self.inner(",")
        places.append(self.token)
        radius = self.inner("]")
        for text, limit, token in ((latitude, 90, places[0]), (longitude, 180, places[1])):
            if not _DEGREES.match(text) or abs(float(text)) > limit:
                raise self.error(
                    f"Invalid {'latitude' if limit == 90 else 'longitude'}: {shortened(text)}", token
                )
        found = _RADIUS.match(radius)
        radius_km = float(found[1]) * (1.0 if found[2] == "km" else KM_IN_A_MILE) if found else 0.0
        if not 0 < radius_km <= MOST_KM:
            raise self.error(f"Invalid distance: {shortened(radius)}", places[2])
        return Distance(
            latitude=float(latitude),
            longitude=float(longitude),
            radius_km=radius_km,
            span=_span(first, self.tokens[self.at - 1]),
        )

    def closing(self, sign: str, others: Iterable[str] = ()) -> None:
        """Step over a sign that must stand here."""
        if self.kind != sign:
            raise self.unexpected((sign, *others))
        self.at += 1

    def name(self) -> Token:
        """The one word in the brackets of an operator."""
        self.closing("[")
        token = self.token
        if token.kind in ("[", "]", "(", ")", ",", END, QUOTED):
            raise self.unexpected((WORD,))
        self.at += 1
        self.closing("]")
        return token

    def error(self, reason: str, token: Token) -> ExpressionError:
        return ExpressionError(reason, self.where, token.start)

    def unexpected(self, expected: tuple[str, ...]) -> ExpressionError:
        token = self.token
        names = [name if name in (END, WORD, QUOTED) else f"'{name}'" for name in dict.fromkeys(expected)]
        listed = names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"
        return self.error(f"mismatched input '{shortened(token.text)}' expecting {listed}", token)


def _read_not(reader: _Reader, first: Token) -> Callable[[Expression], Expression]:
    return lambda part: Not(part=part, span=Span(first.start, part.span.end))


def _read_area(reader: _Reader, first: Token) -> Callable[[Expression], Expression]:
    token = reader.name()
    name = unescaped(token.text)
    if reason := check_area(name, reader.scope.document):
        raise reader.error(reason, token)
    reader.scope = Scope(reader.scope.document, name)
    return lambda part: Scoped(area=name, part=part, span=Span(first.start, part.span.end))


def _read_search(reader: _Reader, first: Token) -> Callable[[Expression], Expression]:
    token = reader.name()
    name = unescaped(token.text)
    if name not in _DOCUMENTS or (name == "Study" and reader.scope.document == "Location"):
        raise reader.error(f"Unknown document name: '{shortened(name)}'", token)
    reader.scope = Scope(name, _DOCUMENTS[name])
    return lambda part: Scoped(document=name, part=part, span=Span(first.start, part.span.end))


def _read_coverage(reader: _Reader, first: Token) -> Callable[[Expression], Expression]:
    token = reader.name()
    coverage = _COVERAGES.get(token.text)
    if coverage is None:
        raise reader.error(f"Invalid coverage: {shortened(token.text)}", token)
    return lambda part: Scoped(coverage=coverage, part=part, span=Span(first.start, part.span.end))


def _read_expansion(reader: _Reader, first: Token) -> Callable[[Expression], Expression]:
    token = reader.name()
    expansion = _EXPANSIONS.get(token.text)
    if expansion is None:
        raise reader.error(f"Invalid expansion: {shortened(token.text)}", token)
    return lambda part: Scoped(expansion=expansion, part=part, span=Span(first.start, part.span.end))


def _read_tilt(reader: _Reader, first: Token) -> Callable[[Expression], Expression]:
    token = reader.name()
    name = unescaped(token.text)
    if reason := check_area(name, "Study"):
        raise reader.error(reason, token)
    return lambda part: Scoped(tilt=name, part=part, span=Span(first.start, part.span.end))


_OPERATORS: dict[str, Callable[[_Reader, Token], Callable[[Expression], Expression]]] = {
    "NOT": _read_not,
    "AREA": _read_area,
    "SEARCH": _read_search,
    "COVERAGE": _read_coverage,
    "COVER": _read_coverage,
    "EXPANSION": _read_expansion,
    "TILT": _read_tilt,
}
_DOCUMENTS = {"Study": "BasicSearch", "Location": "LocationSearch"}
"""What can be searched as a whole, with the area of words that name none."""


def _span(first: Token, last: Token) -> Span:
    return Span(first.start, last.end)


def _around(parts: list[Expression]) -> Span:
    return Span(parts[0].span.start, parts[-1].span.end)
