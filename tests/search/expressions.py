"""Expressions made by chance out of what records really say, so that they find something.

`Chance(seed, records)` makes the same expressions for the same seed. They are trees without places; written by
`write_expression` they are text of the query language.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.search.oracle import points_of

from accrual.basic import GeoPoint, Span
from accrual.registry.areas import AREAS
from accrual.registry.fields import FIELDS, Field, descend, nested_document, read_values
from accrual.search.essie_names import fields_of
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
from accrual.search.measures import measure_of
from accrual.search.words import cut_words

NOWHERE = Span(0, 0)
_EVERY_FIELD = [field for top in FIELDS for field in descend(top)]
_OF_SITES = [field for field in _EVERY_FIELD if nested_document(field) == "Location"]
_LISTS = [field for field in _EVERY_FIELD if field.many]
# Words that change under widening, names with synonyms, words that mean little, words that no record has.
_ODD_WORDS = (
    "tumour", "tumor", "haemoglobin", "anemia", "heart attack", "Keytruda", "MK-3475", "pembrolizumab",
    "type 2 diabetes", "CAR-T", "COVID-19", "the", "of", "a", "-", "zzyzx", "Crohn's disease", "é", "naïve",
    "phase 2", "Phase 2/Phase 3", "recruiting", "not yet recruiting", "NA", "Drug", "2", "covid 19", "hiv",
    "copd", "randomized", "randomised", "children's",
)  # fmt: skip


class Chance:
    """Makes expressions from records."""

    def __init__(self, seed: int, records: Sequence[Mapping[str, Any]]) -> None:
        self.random = random.Random(seed)
        self.records = records

    def expression(self, depth: int = 3, of_sites: bool = False) -> Expression:
        """Return an expression of at most so many levels; `of_sites`: one that may stand in `SEARCH[Location]`."""
        pick = self.random.random()
        if depth <= 0 or pick < 0.45:
            return self.leaf(of_sites)
        if pick < 0.62:
            return And(parts=self.parts(depth, of_sites), span=NOWHERE)
        if pick < 0.78:
            return Or(parts=self.parts(depth, of_sites), span=NOWHERE)
        if pick < 0.85:
            return Not(part=self.expression(depth - 1, of_sites), span=NOWHERE)
        if pick < 0.95 or of_sites:
            return self.operated(self.expression(depth - 1, of_sites))
        return Scoped(part=self.expression(depth - 1, True), document="Location", span=NOWHERE)

    def parts(self, depth: int, of_sites: bool) -> tuple[Expression, ...]:
        return tuple(self.expression(depth - 1, of_sites) for _ in range(self.random.choice((2, 2, 3))))

    def operated(self, part: Expression) -> Scoped:
        pick = self.random.random()
        if pick < 0.4:
            return Scoped(part=part, coverage=self.random.choice(list(Coverage)), span=NOWHERE)
        if pick < 0.9:
            return Scoped(part=part, expansion=self.random.choice(list(Expansion)), span=NOWHERE)
        return Scoped(part=part, tilt="StudyFirstPostDate", span=NOWHERE)

    def leaf(self, of_sites: bool) -> Expression:
        """One thing asked of one area."""
        pick = self.random.random()
        if pick < 0.04:
            return Everything(span=NOWHERE)
        if pick < 0.08:
            return self.distance()
        if pick < 0.30 and not of_sites:
            return self.words("BasicSearch")
        area = self.area(of_sites)
        part: Expression
        if pick < 0.36:
            part = Missing(span=NOWHERE)
        elif area.endswith(":size") or (
            pick < 0.6 and any(measure_of(field.type) for field in fields_of(area))
        ):
            part = self.range(area)
        else:
            part = self.words(area)
        if self.random.random() < 0.3:
            part = self.operated(part)
        return Scoped(part=part, area=area, span=NOWHERE)

    def area(self, of_sites: bool) -> str:
        pick = self.random.random()
        if of_sites:
            if pick < 0.2:
                return "LocationSearch"
            return self.name(self.random.choice(_OF_SITES))
        if pick < 0.35:
            return self.random.choice(AREAS).name
        if pick < 0.42:
            return f"{self.name(self.random.choice(_LISTS))}:size"
        if pick < 0.47:
            return self.name(self.random.choice(_EVERY_FIELD))
        record = self.random.choice(self.records)  # a field that some record has
        for _ in range(20):
            field = self.random.choice(_EVERY_FIELD)
            if not field.children and read_values(record, field):
                return self.name(field)
        return "Condition"

    def name(self, field: Field) -> str:
        return field.path if self.random.random() < 0.2 else field.piece

    def words(self, area: str) -> Words:
        """Words out of one value that some record has in the area, or odd ones."""
        text = self.said(area)
        if not text or self.random.random() < 0.12:
            return self.typed(self.random.choice(_ODD_WORDS))
        words = text.split()
        pick = self.random.random()
        if pick < 0.15 and len(words) <= 12:
            return self.typed(text)
        if pick < 0.3:
            words = list(cut_words(text))
        start = self.random.randrange(len(words)) if words else 0
        some = words[start : start + self.random.choice((1, 1, 1, 2, 2, 3, 5))]
        if pick > 0.85:
            self.random.shuffle(some)
        if pick > 0.95:
            some.append(self.random.choice(_ODD_WORDS))
        return self.typed(" ".join(some))

    def typed(self, text: str) -> Words:
        return Words(text=" ".join(text.split()), quoted=self.random.random() < 0.4, span=NOWHERE)

    def said(self, area: str) -> str:
        """The text of a value in the area, empty where no record that was tried has one."""
        fields = fields_of(area.removesuffix(":size"))
        for _ in range(10):
            record = self.random.choice(self.records)
            values = [
                value
                for field in self.random.sample(fields, min(len(fields), 8))
                for value in read_values(record, field)
            ]
            texts = [str(value) for value in values if not isinstance(value, dict)]
            if texts:
                return self.random.choice(texts)
        return ""

    def range(self, area: str) -> Range:
        """A range with ends that some record has, or near to them, or open."""
        kinds = {kind for field in fields_of(area.removesuffix(":size")) if (kind := measure_of(field.type))}
        if area.endswith(":size"):
            kinds = {"number"}
        kind = self.random.choice(sorted(kinds)) if kinds else "number"
        return Range(low=self.end(kind, area), high=self.end(kind, area), span=NOWHERE)

    def end(self, kind: str, area: str) -> str:
        if self.random.random() < 0.3:
            return ""
        if kind == "number":
            said = self.said(area)
            return (
                said
                if not area.endswith(":size") and said.replace(".", "", 1).isdigit()
                else str(self.random.randrange(8))
            )
        if kind == "age":
            unit = self.random.choice(("years", "Year", "months", "weeks", "days", ""))
            return f"{self.random.choice((1, 2, 6, 12, 18, 18, 65, 80))} {unit}".strip()
        year, month, day = (
            self.random.randint(1995, 2026),
            self.random.randint(1, 12),
            self.random.randint(1, 28),
        )
        return self.random.choice(
            (
                f"{year}",
                f"{year}-{month:02d}",
                f"{year}-{month:02d}-{day:02d}",
                f"{month}/{day}/{year}",
                f"{month:02d}/{year}",
            )
        )

    def distance(self) -> Distance:
        """A circle around a place that some record has."""
        point = GeoPoint(0.0, 0.0)
        for _ in range(10):
            points = points_of(self.random.choice(self.records))
            if points:
                point = self.random.choice(points)
                break
        return Distance(
            latitude=point.lat,
            longitude=point.lon,
            radius_km=self.random.choice((1.0, 50.0, 300.0, 800.0)),
            span=NOWHERE,
        )
