"""Expressions into text of the registry's query language.

Comes in: an expression of `expression.py`. Goes out: text that `essie.read_expression` reads as the same. Refuses
nothing.
"""

from __future__ import annotations

from decimal import Decimal

from accrual.search.essie_tokens import escaped, quotation
from accrual.search.expression import (
    And,
    Distance,
    Everything,
    Expression,
    Missing,
    Not,
    Or,
    Range,
    Scoped,
    Words,
)
from accrual.search.measures import LEAST, MOST


def write_expression(tree: Expression) -> str:
    """Return an expression as text that reads as the same expression, its spans aside.

    Example:
        >>> from accrual.search.essie import read_expression
        >>> write_expression(read_expression("a  (b OR c)", "Other terms"))
        'a AND (b OR c)'
    """
    match tree:
        case Words(text=text, quoted=quoted):
            return quotation(text) if quoted else escaped(text)
        case Range(low=low, high=high):
            return f"RANGE[{_end(low) or LEAST}, {_end(high) or MOST}]"
        case Distance(latitude=latitude, longitude=longitude, radius_km=radius):
            return f"DISTANCE[{_plain(latitude)}, {_plain(longitude)}, {_plain(radius)}km]"
        case Missing():
            return "MISSING"
        case Everything():
            return "ALL"
        case And(parts=parts):
            return " AND ".join(
                f"({write_expression(part)})" if isinstance(part, And | Or) else write_expression(part)
                for part in parts
            )
        case Or(parts=parts):
            return " OR ".join(
                f"({write_expression(part)})" if isinstance(part, Or) else write_expression(part)
                for part in parts
            )
        case Not(part=part):
            return f"NOT {_inner(part)}"
        case Scoped(part=part):
            return f"{_operator(tree)}{_inner(part)}"


def _inner(part: Expression) -> str:
    return f"({write_expression(part)})" if isinstance(part, And | Or) else write_expression(part)


def _operator(tree: Scoped) -> str:
    if tree.area is not None:
        return f"AREA[{tree.area}]"
    if tree.coverage is not None:
        return f"COVERAGE[{tree.coverage}]"
    if tree.expansion is not None:
        return f"EXPANSION[{tree.expansion}]"
    if tree.tilt is not None:
        return f"TILT[{tree.tilt}]"
    return f"SEARCH[{tree.document}]"


def _end(text: str) -> str:
    return quotation(text) if text in (LEAST, MOST) else text


def _plain(number: float) -> str:
    return f"{Decimal(repr(number)):f}".removesuffix(".0")
