"""Why a study was found: which words stand where, which synonym stood for them, and what is only a passing mention.

Comes in: an expression and a study's record as decoded JSON. Goes out: whether the expression holds, and a reason for
each thing it asks. Refuses nothing.

It decides by the rules of docs/essie.md over the one record; the tests hold it to the index and to the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from accrual.basic import GeoPoint, Span
from accrual.registry.areas import area_of_query
from accrual.registry.fields import Field, count_items, find_field, read_values
from accrual.registry.fields import Record as Record
from accrual.search.essie_names import SIZE
from accrual.search.essie_writing import write_expression
from accrual.search.expansion import Sequence as Together
from accrual.search.expansion import Unit
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
from accrual.search.geo import EDGE_KM
from accrual.search.measures import measure_of, read_age, read_day, read_number
from accrual.search.places import Places
from accrual.search.registry_document import point_of
from accrual.search.scope import Scope, amounts
from accrual.search.studies import ADVANCED_AREA, StudyQuery
from accrual.search.value_words import Value, cut_value, find_words, weighed, words_around
from accrual.search.values import read_texts
from accrual.search.words import stem_of

How: TypeAlias = Literal[
    "written", "ending", "spelling", "synonym", "value", "near", "missing", "everything", "absent"
]
"""How something was found: as it is written; with another ending; spelled otherwise; by another name; as a value in a
range; within a distance; as a field without a value; because every study is asked for; because it is not there."""

PASSING = 0.5
"""Weight below which a field only mentions: descriptions, sites, people. Set by hand, between the weights that
BasicSearch gives to what a study says of itself (titles, conditions, interventions, arms) and the rest."""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one thing that an expression asks was found."""

    span: Span
    """What asks, in the text of the expression."""
    asked: str
    """The words, or the operator as it is written."""
    how: How
    piece: str = ""
    """The field, by the registry's name."""
    found: str = ""
    """What stands there, as it is written there."""
    context: str = ""
    """It with what stands around it."""
    weight: float = 0.0
    """What the field weighs in the area."""
    passing: bool = False
    """Only mentioned: no field of some weight has it."""
    site: int | None = None
    """Which site of the study, counted from 0, where one has to fulfil it all."""


class Explanation(msgspec.Struct, frozen=True):
    """Whether an expression holds for a study, and why."""

    holds: bool
    reasons: tuple[Reason, ...]
    """In the order of the expression. Of what does not hold there is none; of a NOT that does, that it is absent."""


def explain(
    expression: Expression, record: Record, area: str = "BasicSearch", places: Places | None = None
) -> Explanation:
    """Return whether an expression holds for a record, and why.

    Arguments:
        area: what words without an area of their own are searched in.
        places: where sites without a point of their own stand: those that the index was made with.

    Example:
        >>> from accrual.search.essie import read_expression
        >>> record = {"protocolSection": {"conditionsModule": {"conditions": ["Myocardial Infarctions"]}}}
        >>> [reason] = explain(read_expression('"heart attack"', "Other terms"), record).reasons
        >>> reason.how, reason.piece, reason.found
        ('synonym', 'Condition', 'Myocardial Infarctions')
    """
    found = _Study(record, places).decide(expression, Scope(area))
    return Explanation(found is not None, tuple(found or ()))


def explain_search(
    query: StudyQuery, record: Record, places: Places | None = None
) -> tuple[tuple[str, Reason], ...]:
    """Return why a study was found by a search, each reason with what asked: `query.cond`, `advanced filter`.

    Only the expressions of a search have reasons; what a list of statuses or of numbers asks is plain to see.
    """
    asked = [(f"query.{name}", expression, area_of_query(name).name) for name, expression in query.queries]
    asked += [
        ("advanced filter", each.advanced, ADVANCED_AREA)
        for each in query.filters
        if each.advanced is not None
    ]
    return tuple(
        (where, reason)
        for where, expression, area in asked
        for reason in explain(expression, record, area, places).reasons
    )


class _Study:
    """A record, or one site of it, that an expression is decided for."""

    def __init__(self, record: Record, places: Places | None, site: int | None = None) -> None:
        self.record = record
        self.places = places
        self.site = site
        self._values: dict[str, list[Value]] = {}
        self._said: dict[tuple[str, bool], frozenset[str]] = {}
        self._asked: dict[tuple[str, bool, Scope], list[Reason] | None] = {}

    def decide(self, node: Expression, scope: Scope) -> list[Reason] | None:
        """The reasons for which a part holds; None where it does not."""
        match node:
            case Words():
                return self.words(node, scope)
            case Range():
                return self.measured(node, scope, (node.low, node.high))
            case Distance():
                return self.near(node)
            case Missing():
                if any(read_values(self.record, field) for field in scope.fields):
                    return None
                return [self.reason(node, "missing", piece=scope.area)]
            case Everything():
                return [self.reason(node, "everything")]
            case And(parts=parts):
                found = [self.decide(part, scope) for part in parts]
                kept = [reasons for reasons in found if reasons is not None]
                return None if len(kept) < len(parts) else [one for reasons in kept for one in reasons]
            case Or(parts=parts):
                held = [reasons for part in parts if (reasons := self.decide(part, scope)) is not None]
                return [one for reasons in held for one in reasons] if held else None
            case Not(part=part):
                return None if self.decide(part, scope) is not None else [self.reason(part, "absent")]
            case Scoped(part=part, document="Location") if self.site is None:
                inner = scope.inside(node)
                sites = (
                    _Study(site, self.places, number).decide(part, inner)
                    for number, site in enumerate(self.sites())
                )
                return next((found for found in sites if found is not None), None)
            case Scoped(part=part):
                return self.decide(part, scope.inside(node))

    def reason(self, node: Expression, how: How, **more: Any) -> Reason:
        asked = node.text if isinstance(node, Words) else write_expression(node)
        return Reason(span=node.span, asked=asked, how=how, site=self.site, **more)

    def sites(self) -> Iterator[Record]:
        """For each site the record with that site alone."""
        for site in read_values(self.record, find_field("Location")):
            if isinstance(site, dict):
                yield {"protocolSection": {"contactsLocationsModule": {"locations": [site]}}}

    # --- dates, ages, numbers, distances --------------------------------------------------------------------------

    def measured(self, node: Expression, scope: Scope, ends: tuple[str, str]) -> list[Reason] | None:
        """The first value that lies between two ends; an empty end is open."""
        for field, weight in weighed(scope.area):
            if not scope.sized and measure_of(field.type) is None:
                continue
            bounds = _bounds(field, ends, scope.sized)
            if bounds is None:
                continue
            values = [count_items(self.record, field)] if scope.sized else read_values(self.record, field)
            for value in values:
                amount = float(value) if scope.sized else _amount(field, value)
                if amount is not None and bounds[0] <= amount <= bounds[1]:
                    piece = field.piece + (SIZE if scope.sized else "")
                    return [self.reason(node, "value", piece=piece, found=str(value), weight=weight)]
        return None

    def near(self, node: Distance) -> list[Reason] | None:
        """The closest site, where it is close enough."""
        centre = GeoPoint(node.latitude, node.longitude)
        closest: tuple[float, str] | None = None
        for site in read_values(self.record, find_field("Location")):
            point = point_of(site, self.places) if isinstance(site, dict) else None
            if point is not None:
                km = centre.distance_km(point)
                if km <= node.radius_km + EDGE_KM and (closest is None or km < closest[0]):
                    closest = (km, str(site.get("city", "")))
        if closest is None:
            return None
        return [
            self.reason(
                node, "near", piece="LocationGeoPoint", found=closest[1], context=f"{closest[0]:.1f} km"
            )
        ]

    # --- words ----------------------------------------------------------------------------------------------------

    def words(self, node: Words, scope: Scope) -> list[Reason] | None:
        """Where words are found; what an expression asks again and again is looked for once."""
        key = (node.text, node.quoted, scope)
        if key not in self._asked:
            self._asked[key] = self.looked_for(node, scope)
        found = self._asked[key]
        return found and [msgspec.structs.replace(reason, span=node.span) for reason in found]

    def looked_for(self, node: Words, scope: Scope) -> list[Reason] | None:
        asked = scope.widened(node)
        if scope.sized or not asked.units:
            return self.measured(node, scope, (node.text, node.text))
        found: list[Reason] = []
        count = 0
        for unit in asked.units:
            reasons, groups = self.unit(node, unit, scope, asked.exact)
            count += groups
            found += reasons
        if count < asked.needed:
            return self.measured(node, scope, (node.text, node.text))
        return found

    def unit(self, node: Words, unit: Unit, scope: Scope, exact: bool) -> tuple[list[Reason], int]:
        """Where a unit was found, and how many of its groups count as found."""
        groups = [self.group(node, group, scope, exact) for group in unit.words]
        kept = [reason for reason in groups if reason is not None]
        other = self.first(node, unit.synonyms, scope, exact, "synonym")
        if other is not None and (
            len(kept) < len(groups) or other.weight > min(reason.weight for reason in kept)
        ):
            return [other], len(groups)
        return kept, len(kept)

    def group(self, node: Words, spellings: Sequence[Together], scope: Scope, exact: bool) -> Reason | None:
        """Where words that stand together were found, as they are written before as they may be spelled."""
        written = self.first(node, spellings[:1], scope, exact, "written")
        otherwise = self.first(node, spellings[1:], scope, exact, "spelling")
        if otherwise is None or (written is not None and written.weight >= otherwise.weight):
            return written
        return otherwise

    def first(
        self, node: Words, sequences: Sequence[Together], scope: Scope, exact: bool, how: How
    ) -> Reason | None:
        """The heaviest field in which one of some sequences stands."""
        if not sequences:
            return None
        pairs = [(words, words if exact else tuple(map(stem_of, words))) for words in sequences]
        said = self.said(scope.area, exact)
        wanted = [(words, terms) for words, terms in pairs if said.issuperset(terms)]
        if not wanted:
            return None
        coverage = scope.covered
        for value in self.values(scope.area):
            for words, terms in wanted:
                at = find_words(terms, value.words if exact else value.stems, coverage)
                if at is None:
                    continue
                if how == "written" and value.words[at : at + len(terms)] != words:
                    how = "ending"
                place = value.place(at, len(terms))
                return self.reason(
                    node,
                    how,
                    piece=value.field.piece,
                    found=place.of(value.text),
                    context=words_around(value.text, place),
                    weight=value.weight,
                    passing=value.weight < PASSING,
                )
        return None

    def values(self, area: str) -> list[Value]:
        """The texts of an area, the heaviest fields first."""
        if area not in self._values:
            self._values[area] = [
                cut_value(field, weight, text)
                for field, weight in weighed(area)
                if measure_of(field.type) is None
                for value in read_values(self.record, field)
                for text in read_texts(field, value)
            ]
        return self._values[area]

    def said(self, area: str, exact: bool) -> frozenset[str]:
        """Every word of an area: what is not there need not be looked for in each text."""
        key = (area, exact)
        if key not in self._said:
            self._said[key] = frozenset(
                word for value in self.values(area) for word in (value.words if exact else value.stems)
            )
        return self._said[key]


def _bounds(field: Field, ends: tuple[str, str], sized: bool) -> tuple[float, float] | None:
    """The least and the most that a range lets in; None where an end is no such value."""
    found = [-float("inf"), float("inf")]
    for which, end in enumerate(ends):
        if not end:
            continue
        if sized:
            number = read_number(end)
            named = None if number is None else (number, number)
        else:
            named = amounts(field, end)
        if named is None:
            return None
        found[which] = named[which]
    return found[0], found[1]


def _amount(field: Field, value: Any) -> float | None:
    """A value as its range sees it; None where it is none of the kind."""
    amount: float | None = None
    measure = measure_of(field.type)
    if measure == "number" and not isinstance(value, bool):
        amount = read_number(str(value))
    elif measure == "date" and isinstance(value, str):
        amount = read_day(value)
    elif measure == "age" and isinstance(value, str):
        amount = read_age(value)
    return None if amount is None else float(amount)
