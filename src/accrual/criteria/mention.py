"""What a criterion names, understood or not: conditions, drugs, procedures, measurements, values, times.

Comes in: the words of a criterion, and its tree. Goes out: mentions with offsets into the criteria text. Refuses
nothing. Negation is read from the tree where the words are understood, and from the nearest "no", "not" or "without"
of the same clause where they are not.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Code
from accrual.criteria.lexer import Lexeme, lex, plain
from accrual.criteria.tree import Compare, Mention, MentionKind, Not, OneOf, Opaque, Tree, walk

_TIMES = frozenset(("d", "wk", "mo", "a", "h", "min", "s"))
NEGATION_REACH = 8
"""Lexemes after a negation that it is taken to cover in words that are not understood."""


def mentions_of(text: str, start: int, tree: Tree) -> tuple[Mention, ...]:
    """Return the mentions of one criterion, in reading order.

    Args:
        text: the criterion's own words.
        start: where they stand in the criteria text; spans of the tree and of the mentions count from its beginning.
    """
    lexemes = [
        msgspec.structs.replace(each, start=each.start + start, end=each.end + start)
        for each in lex(plain(text))
    ]
    denied: list[tuple[int, int]] = []
    dark: list[tuple[int, int]] = []
    ages: list[tuple[int, int]] = []
    amounts: list[tuple[int, int]] = []
    for node in walk(tree):
        if isinstance(node, Not) or (isinstance(node, OneOf) and node.values == ("no",)):
            denied.append((node.span.start, node.span.end))
        elif isinstance(node, Opaque):
            dark.append((node.span.start, node.span.end))
        elif isinstance(node, Compare):
            (ages if node.variable == "age" else amounts).append((node.span.start, node.span.end))
    # "Age < 75 years" names the age and a value; in "≥ 18 years" the amount alone is the age.
    worded = [
        span for span in ages if any(_is_age(lexeme) and _inside(lexeme.start, [span]) for lexeme in lexemes)
    ]
    found: list[Mention] = []
    reach = -1
    at = 0
    while at < len(lexemes):
        lexeme = lexemes[at]
        if lexeme.kind == "not":
            reach = at + NEGATION_REACH
        elif lexeme.kind in ("semi", "dot") or lexeme.low == "but":
            reach = -1
        end = at + 1
        told = _kind(lexeme) if lexeme.kind in _NAMING or lexeme.concept is not None else None
        if lexeme.kind in ("op", "number"):
            end, told = _value(lexemes, at)
            if told == "time" and _inside(lexeme.start, ages):
                told = "value" if _inside(lexeme.start, worded) else "age"
            elif told == "time" and _inside(lexeme.start, amounts):  # a life expectancy of 3 months
                told = "value"
        if told is not None:
            at_text, stop = lexeme.start, lexemes[end - 1].end
            negated = _inside(at_text, denied) or (at <= reach and _inside(at_text, dark))
            found.append(
                Mention(told, at_text, stop, text[at_text - start : stop - start], _code(lexeme), negated)
            )
        at = end
    return tuple(found)


def _inside(place: int, spans: list[tuple[int, int]]) -> bool:
    return bool(spans) and any(low <= place < high for low, high in spans)


def _is_age(lexeme: Lexeme) -> bool:
    return lexeme.variable is not None and lexeme.variable.id == "age"


_NAMING = frozenset(("variable", "qualifier", "sex", "adult", "history", "relation"))


def _kind(lexeme: Lexeme) -> MentionKind | None:
    if lexeme.kind == "variable" and lexeme.variable is not None:
        if lexeme.variable.id in ("age", "sex"):
            return "age" if lexeme.variable.id == "age" else "sex"
        return "measurement"
    if lexeme.concept is not None:
        return lexeme.concept.kind
    if lexeme.kind == "relation":  # an allergy is a condition of its own; the other relations name nothing
        return "condition" if lexeme.payload == "allergy" else None
    if lexeme.kind in ("qualifier", "sex"):
        return "qualifier" if lexeme.kind == "qualifier" else "sex"
    if lexeme.kind == "adult":
        return "age"
    return "status" if lexeme.kind == "history" else None


def _code(lexeme: Lexeme) -> Code | None:
    if lexeme.kind == "variable" and lexeme.variable is not None:
        return Code("accrual", lexeme.variable.id, lexeme.variable.name)
    if lexeme.concept is not None:
        return Code("accrual", lexeme.concept.id, lexeme.concept.name)
    return Code("accrual", lexeme.payload, lexeme.low) if lexeme.kind == "qualifier" else None


def _value(lexemes: list[Lexeme], at: int) -> tuple[int, MentionKind | None]:
    """A comparator, a number, its unit: one mention, of a time if the unit is one."""
    end = at
    if lexemes[end].kind == "op":
        end += 1
    if end >= len(lexemes) or lexemes[end].kind != "number":
        return at + 1, None
    end += 1
    if (
        end < len(lexemes)
        and lexemes[end].kind in ("dash", "to")
        and end + 1 < len(lexemes)
        and lexemes[end + 1].kind == "number"
    ):
        end += 2
    kind: MentionKind = "value"
    if end < len(lexemes) and lexemes[end].kind in ("unit", "limit"):
        if lexemes[end].payload in _TIMES:
            kind = "age" if "old" in lexemes[end].low or "age" in lexemes[end].low else "time"
        end += 1
    return end, kind
