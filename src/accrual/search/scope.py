"""What a part of an Essie expression is asked of: an area, how much of a value, how far widened, of a study or a site.

Comes in: the operators around a part. Goes out: a `Scope`, with the rules of docs/essie.md for what is not written.
Refuses nothing.
"""

from __future__ import annotations

from typing import Final

import msgspec

from accrual.registry.fields import Field
from accrual.search.essie_names import SIZE, fields_of
from accrual.search.expansion import Widened, expand
from accrual.search.expression import Coverage, Distance, Expansion, Expression, Range, Scoped, Words
from accrual.search.measures import Days, measure_of, read_age, read_days, read_number

_DOCUMENTS: Final = {"Study": "BasicSearch", "Location": "LocationSearch"}
"""What can be searched as a whole, with the area of words that name none."""


class Scope(msgspec.Struct, frozen=True):
    """What the operators around a part say of it."""

    area: str
    coverage: Coverage | None = None
    """None: what the area asks where nothing is written."""
    expansion: Expansion = Expansion.RELAXATION
    site: bool = False
    """Asked of one site."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields with values of their own that are searched; of `x:size` the list."""
        return fields_of(self.area)

    @property
    def sized(self) -> bool:
        """The length of a list is asked for."""
        return self.area.endswith(SIZE)

    @property
    def covered(self) -> Coverage:
        """How much of a value words must cover: all of it where an area has fixed values only."""
        if self.coverage is not None:
            return self.coverage
        fixed = not self.sized and all(is_fixed(field) for field in self.fields)
        return Coverage.FULL_MATCH if fixed else Coverage.CONTAINS

    def widened(self, node: Words) -> Widened:
        """Return what words look for here."""
        return expand(node.text, node.quoted or self.covered is not Coverage.CONTAINS, self.expansion)

    def inside(self, node: Scoped) -> Scope:
        """Return the scope inside an operator.

        Example:
            >>> Scope("BasicSearch").inside(Scoped(area="Condition", part=part, span=span)).area
            'Condition'
        """
        scope = self
        if node.document is not None:
            scope = msgspec.structs.replace(
                scope, area=_DOCUMENTS[node.document], site=self.site or node.document == "Location"
            )
        return msgspec.structs.replace(
            scope,
            area=node.area if node.area is not None else scope.area,
            coverage=node.coverage if node.coverage is not None else scope.coverage,
            expansion=node.expansion if node.expansion is not None else scope.expansion,
        )


def is_fixed(field: Field) -> bool:
    """Say whether a field has fixed values: those of an enumeration, or yes and no."""
    return bool(field.enum) or field.type == "boolean"


def amounts(field: Field, text: str) -> tuple[float, float] | None:
    """Return the least and the most that a text names in a field of days, ages or numbers; None where nothing.

    Example:
        >>> amounts(find_field("MinimumAge"), "1 Day")
        (1440.0, 1440.0)
    """
    amount: float | Days | None
    match measure_of(field.type):
        case "date":
            amount = read_days(text)
            return None if amount is None else (float(amount.first), float(amount.last))
        case "age":
            amount = read_age(text)
        case "number":
            amount = read_number(text)
        case _:
            return None
    return None if amount is None else (float(amount), float(amount))


def is_of_the_study(node: Expression, scope: Scope) -> bool:
    """Say whether one site fulfils a part exactly if its study, looked at as a whole, does."""
    match node:
        case Distance():
            return True
        case Range():
            return not scope.sized
        case Words():
            return not scope.sized and len(scope.widened(node).groups) <= 1
        case _:
            return False
