"""Short ways to write trees, facts and patients in the tests of `match`."""

from __future__ import annotations

from datetime import date
from typing import Any

from accrual.basic import Code, Interval, PartialDate, Quantity
from accrual.criteria.tree import (
    Compare,
    CompiledTrial,
    Criterion,
    FieldCriterion,
    Kind,
    OneOf,
    Present,
    Tree,
    Window,
    Within,
)
from accrual.match.evaluate import Screener, screen
from accrual.match.verdict import CriterionVerdict, Screening
from accrual.patient.model import Fact, FactKind, Patient, Source
from accrual.truth import Truth

TODAY = date(2026, 11, 22)


def day(text: str | None) -> PartialDate | None:
    return None if text is None else PartialDate.parse(text)


def number(
    variable: str,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    low_open: bool = False,
    high_open: bool = False,
) -> Compare:
    return Compare(variable=variable, interval=Interval(low, high, low_open, high_open, unit))


def has(concept: str, *qualifiers: str) -> Present:
    return Present(concept=Code("accrual", concept), qualifiers=qualifiers)


def is_one(variable: str, *values: str) -> OneOf:
    return OneOf(variable=variable, values=values)


def within(child: Tree, high: float | None, unit: str, low: float | None = None, **window: Any) -> Within:
    return Within(child=child, window=Window(Interval(low, high, unit=unit), **window))


def fact(
    kind: FactKind,
    concept: str,
    *qualifiers: str,
    date: str | None = None,
    end: str | None = None,
    asserted: bool = True,
) -> Fact:
    return Fact(
        kind=kind,
        text=concept,
        source=Source(f"{kind}s[0]", concept),
        asserted=asserted,
        concept=Code("accrual", concept, concept),
        qualifiers=qualifiers,
        date=day(date),
        end=day(end),
    )


def measured(variable: str, value: float | str, unit: str = "", date: str | None = None, **more: Any) -> Fact:
    held = value if isinstance(value, str) else Quantity(value, unit)
    quote = f"{variable} {value} {unit}".rstrip()
    source = Source("measurements[0]", quote)
    return Fact(
        kind="measurement",
        text=variable,
        source=source,
        variable=variable,
        value=held,
        date=day(date),
        **more,
    )


def patient(*facts: Fact, **more: Any) -> Patient:
    return Patient(facts=facts, **more)


def born(text: str, **more: Any) -> Patient:
    return Patient(birth_date=day(text), age_source=Source("birth_date"), **more)


def holds(tree: Tree, of: Patient, today: date = TODAY) -> Truth:
    return Screener(of, today).holds(tree)


def decided(tree: Tree, of: Patient, kind: Kind = "inclusion", text: str = "the words") -> CriterionVerdict:
    return screen(trial((kind, tree), text=text), of, TODAY).criteria[0]


def trial(
    *criteria: tuple[Kind, Tree], fields: tuple[Tree, ...] = (), text: str = "the words"
) -> CompiledTrial:
    return CompiledTrial(
        "NCT00000001",
        tuple(Criterion(kind, text, 0, len(text), tree) for kind, tree in criteria),
        tuple(FieldCriterion("minimumAge", "18 Years", tree) for tree in fields),
    )


def screened(of: Patient, *criteria: tuple[Kind, Tree], fields: tuple[Tree, ...] = ()) -> Screening:
    return screen(trial(*criteria, fields=fields), of, TODAY)
