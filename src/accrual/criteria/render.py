"""A tree as words and as one canonical line.

Comes in: trees. Goes out: English for people who work with trials (for patients: `everyday`); a one-line s-expression
that `parse_canonical` reads back to an equal tree (the form of goldens and diffs). Refuses (ValueError) a line that is
not canonical.

The canonical form::

    (compare ecog (range 0 1))              (compare age (range 18 _ a))        (compare psa (range > 4 < 10 ng/mL))
    (present acute-leukemia "acute leukemia" refractory relapsed)               (one_of hiv-test positive)
    (within (present …) (before (range 0 3 mo) enrollment))
    (not …)  (all … …)  (any … …)  (at_least 2 … …)  (when … …)  (opaque "the words")
    (opaque subjective "in the opinion of the investigator")
"""

from __future__ import annotations

import re
from typing import assert_never

import msgspec

from accrual.basic import Code, Interval
from accrual.codes.qualifiers import PLACES
from accrual.codes.variables import variable_of
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    Direction,
    Not,
    OneOf,
    Opaque,
    Present,
    Reason,
    Tree,
    When,
    Window,
    Within,
)

MAX_DEPTH = 200
"""Brackets inside one another that `parse_canonical` reads; the compiler builds no more than a dozen."""

# --- canonical ---------------------------------------------------------------------------------------------------

_BARE = re.compile(r"[^\s()\"]+")


def _atom(text: str) -> str:
    if _BARE.fullmatch(text) and text not in ("_", "<", ">"):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _interval(interval: Interval) -> str:
    low = "_" if interval.low is None else repr(float(interval.low)).removesuffix(".0")
    high = "_" if interval.high is None else repr(float(interval.high)).removesuffix(".0")
    parts = [*((">",) if interval.low_open else ()), low, *(("<",) if interval.high_open else ()), high]
    if interval.unit:
        parts.append(_atom(interval.unit))
    return f"(range {' '.join(parts)})"


def _named(code: Code) -> str:
    system = "" if code.system == "accrual" else f"{code.system}|"
    return f"{_atom(f'{system}{code.code}')} {_quoted(code.name)}"


def canonical(tree: Tree) -> str:
    """Return the one-line canonical form; equal trees give equal lines."""
    match tree:
        case Compare():
            return f"(compare {_atom(tree.variable)} {_interval(tree.interval)})"
        case Present():
            parts = [_named(tree.concept), *map(_atom, tree.qualifiers)]
            if tree.excluding:
                parts.append(f"(except {' '.join(map(_named, tree.excluding))})")
            return f"(present {' '.join(parts)})"
        case OneOf():
            return f"(one_of {' '.join(map(_atom, (tree.variable, *tree.values)))})"
        case Within():
            window = tree.window
            where = f"({window.direction} {_interval(window.distance)} {_atom(window.anchor)})"
            return f"(within {canonical(tree.child)} {where})"
        case Not():
            return f"(not {canonical(tree.child)})"
        case All():
            return f"(all{''.join(' ' + canonical(child) for child in tree.children)})"
        case Any_():
            return f"(any{''.join(' ' + canonical(child) for child in tree.children)})"
        case AtLeast():
            return f"(at_least {tree.count}{''.join(' ' + canonical(child) for child in tree.children)})"
        case When():
            return f"(when {canonical(tree.condition)} {canonical(tree.then)})"
        case Opaque():
            return (
                f"(opaque {tree.reason} {_quoted(tree.text)})"
                if tree.reason
                else f"(opaque {_quoted(tree.text)})"
            )
        case _:
            assert_never(tree)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


_TOKEN = re.compile(r'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|([^\s()"]+))', re.DOTALL)


class _Parser:
    def __init__(self, line: str) -> None:
        self.line = line
        self.tokens: list[tuple[str, bool]] = []  # the token, and whether it stood in quotes
        at = 0
        while at < len(line.rstrip()):
            found = _TOKEN.match(line, at)
            if found is None:
                raise ValueError(f"not a canonical tree: cannot read on at character {at} of {line[:80]!r}")
            bracket, quoted, bare = found.groups()
            if quoted is not None:
                self.tokens.append((re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], quoted), True))
            else:
                self.tokens.append((bracket or bare, False))
            at = found.end()
        self.at = 0
        self.depth = 0

    def fail(self, wanted: str) -> ValueError:
        seen = self.tokens[self.at][0] if self.at < len(self.tokens) else "the end"
        return ValueError(f"not a canonical tree: {wanted} expected, found {seen!r} in {self.line[:80]!r}")

    def take(self, sign: str) -> None:
        if self.at >= len(self.tokens) or self.tokens[self.at] != (sign, False):
            raise self.fail(sign)
        self.at += 1

    def closes(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] == (")", False)

    def word(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at] in (("(", False), (")", False)):
            raise self.fail("a word")
        self.at += 1
        return self.tokens[self.at - 1][0]

    def number(self) -> float | None:
        word = self.word()
        if word == "_":
            return None
        try:
            return float(word)
        except ValueError:
            self.at -= 1
            raise self.fail("a number") from None

    def interval(self) -> Interval:
        self.take("(")
        if self.word() != "range":
            raise self.fail("range")
        signs = [False, False]
        bounds: list[float | None] = []
        for index, sign in enumerate(("<", ">")[::-1]):
            if self.at < len(self.tokens) and self.tokens[self.at] == (sign, False):
                signs[index] = True
                self.at += 1
            bounds.append(self.number())
        unit = "" if self.closes() else self.word()
        self.take(")")
        return Interval(bounds[0], bounds[1], signs[0], signs[1], unit)

    def many(self) -> tuple[Tree, ...]:
        found = []
        while not self.closes():
            found.append(self.tree())
        return tuple(found)

    def words(self) -> tuple[str, ...]:
        found = []
        while not self.closes() and self.tokens[self.at : self.at + 1] != [("(", False)]:
            found.append(self.word())
        return tuple(found)

    def code(self) -> Code:
        system, _, code = self.word().rpartition("|")
        return Code(system or "accrual", code, self.word())

    def exceptions(self) -> tuple[Code, ...]:
        if self.closes():
            return ()
        self.take("(")
        if self.word() != "except":
            self.at -= 1
            raise self.fail("except")
        found = []
        while not self.closes():
            found.append(self.code())
        self.take(")")
        return tuple(found)

    def tree(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"not a canonical tree: more than {MAX_DEPTH} brackets inside one another")
        self.take("(")
        name = self.word()
        tree = self.shape(name)
        self.take(")")
        self.depth -= 1
        return tree

    def shape(self, name: str) -> Tree:
        match name:
            case "compare":
                return Compare(variable=self.word(), interval=self.interval())
            case "present":
                return Present(concept=self.code(), qualifiers=self.words(), excluding=self.exceptions())
            case "one_of":
                return OneOf(variable=self.word(), values=self.words())
            case "within":
                child = self.tree()
                self.take("(")
                direction = self.word()
                window = Window(self.interval(), _direction(direction), self.word())
                self.take(")")
                return Within(child=child, window=window)
            case "not":
                return Not(child=self.tree())
            case "all":
                return All(children=self.many())
            case "any":
                return Any_(children=self.many())
            case "at_least":
                count = self.number()
                return AtLeast(count=int(count or 0), children=self.many())
            case "when":
                return When(condition=self.tree(), then=self.tree())
            case "opaque":
                first, told = self.word(), self.closes()
                return Opaque(text=first) if told else Opaque(text=self.word(), reason=_reason(first))
            case _:
                self.at -= 1
                raise self.fail("the name of a node")


def _direction(word: str) -> Direction:
    match word:
        case "before" | "after" | "about" | "throughout":
            return word
        case _:
            raise ValueError(
                f"not a canonical tree: {word!r} is no direction; use before, after, about or throughout"
            )


def _reason(word: str) -> Reason:
    match word:
        case "subjective" | "administrative":
            return word
        case _:
            raise ValueError(f"not a canonical tree: {word!r} is no reason; use subjective or administrative")


def parse_canonical(line: str) -> Tree:
    """Return the tree that a canonical line writes; spans are not part of the form.

    Raises:
        ValueError: the line is not canonical; the message says where.
    """
    parser = _Parser(line)
    tree = parser.tree()
    if parser.at < len(parser.tokens):
        raise parser.fail("the end")
    return tree


# --- English -----------------------------------------------------------------------------------------------------

_UNITS = {
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "h": "hours",
    "[half-life]": "half-lives",
    "[ULN]": "x ULN",
    "[LLN]": "x LLN",
}


_WHY: dict[Reason, str] = {
    "": "not understood",
    "subjective": "left to judgement",
    "administrative": "about the trial",
}


def _amount(interval: Interval) -> str:
    text = str(msgspec.structs.replace(interval, unit=""))
    return f"{text} {_UNITS.get(interval.unit, interval.unit)}".strip()


def _name(variable: str) -> str:
    row = variable_of(variable)
    return row.name if row is not None else variable


def english(tree: Tree) -> str:
    """Return the tree in plain words: what the criterion was understood to say.

    Example:
        >>> english(OneOf(variable="sex", values=("female",)))
        'sex is female'
    """
    match tree:
        case Compare():
            return f"{_name(tree.variable)} {_amount(tree.interval)}"
        case Present():
            before = (name.replace("-", " ") for name in tree.qualifiers if name not in PLACES)
            behind = (PLACES[name] for name in tree.qualifiers if name in PLACES)
            name = " ".join((*before, str(tree.concept), *behind))
            kinds = " or ".join(map(str, tree.excluding))
            return f"{name} other than {kinds}" if kinds else name
        case OneOf():
            if tree.values == ("yes",):
                return _name(tree.variable)
            if tree.values == ("no",):
                return f"not: {_name(tree.variable)}"
            return f"{_name(tree.variable)} is {' or '.join(tree.values)}"
        case Within():
            return f"{_grouped(tree.child)} {_when(tree.window)}"
        case Not():
            return f"not {_grouped(tree.child)}"
        case All():
            return " and ".join(map(_grouped, tree.children)) or "nothing asked"
        case Any_():
            return " or ".join(map(_grouped, tree.children)) or "never"
        case AtLeast():
            return f"at least {tree.count} of: " + ", ".join(map(_grouped, tree.children))
        case When():
            return f"if {_grouped(tree.condition)} then {_grouped(tree.then)}"
        case Opaque():
            return f"[{_WHY[tree.reason]}: {tree.text}]"
        case _:
            assert_never(tree)


def _grouped(tree: Tree) -> str:
    words = english(tree)
    return f"({words})" if isinstance(tree, (All, Any_, AtLeast, When)) else words


def _when(window: Window) -> str:
    distance, unit = window.distance, _UNITS.get(window.distance.unit, window.distance.unit)
    where = "of" if window.direction == "about" else window.direction
    anchor = window.anchor.replace("-", " ")
    if window.direction == "throughout":
        return f"for {'more than' if distance.low_open else 'at least'} {distance.low or 0:g} {unit} before {anchor}"
    if not distance.low and distance.high is None:
        return f"since {anchor}" if where == "after" else f"at any time {where} {anchor}"
    if distance.low in (None, 0) and distance.high is not None:
        return f"within {distance.high:g} {unit} {where} {anchor}"
    if distance.high is None:
        least = "more than" if distance.low_open else "at least"
        return f"{least} {distance.low or 0:g} {unit} {where} {anchor}"
    return f"{distance.low or 0:g} to {distance.high:g} {unit} {where} {anchor}"
