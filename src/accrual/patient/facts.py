"""Facts out of a chart's words, codes and values: the checks that every foreign form shares.

Comes in: what an entry names or measures, in the entry's own words, codes and units. Goes out: facts. Refuses
(NotUsed): an entry that names nothing, ends before it begins, lies before the patient's birth; a value without the
unit it needs, or that no person can have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias, cast

from accrual.basic import Code, PartialDate
from accrual.codes.variables import Variable, variables
from accrual.errors import UnitError
from accrual.patient.ledger import Ledger, NotUsed
from accrual.patient.model import Fact, FactKind, Source
from accrual.patient.terms import by_words, category, impossible, meanings, plain, quantity

Comparator: TypeAlias = Literal["", "<", "<=", ">", ">="]
COMPARATORS: tuple[str, ...] = ("", "<", "<=", ">", ">=")


def named_facts(
    kind: FactKind,
    words: str,
    codes: Iterable[tuple[str, str]],
    name: str,
    *,
    asserted: bool = True,
    qualifiers: tuple[str, ...] = (),
    date: PartialDate | None = None,
    end: PartialDate | None = None,
    order: bool = False,
) -> list[Fact]:
    """Return one fact for each concept that an entry names; one without a concept when words are all there is.

    Args:
        kind: what the entry is when the vocabulary does not know it; a concept's own kind counts before it.
        codes: pairs of system and code, which translate each other.
        name: where the entry stands.

    Raises:
        NotUsed: it names nothing, or ends before it begins.
    """
    if date is not None and end is not None and end.last < date.first:
        raise NotUsed("it ends before it begins")
    text = plain(words)
    found = meanings(words, codes, drug=kind == "drug")
    if not found and not text:
        raise NotUsed("it names nothing: no known code and no words")

    def fact(of: FactKind, concept: Code | None, carried: tuple[str, ...]) -> Fact:
        return Fact(
            kind=of,
            text=text or str(concept),
            source=Source(name, text),
            asserted=asserted,
            concept=concept,
            qualifiers=tuple(dict.fromkeys((*carried, *qualifiers))),
            date=date,
            end=end,
            order=order,
        )

    found = found or by_words(words, kind)
    if not found:
        return [fact(kind, None, ())]
    return [fact(cast("FactKind", one.kind), one.concept, one.qualifiers) for one in found]


def number_fact(
    variable: Variable,
    value: float,
    units: Sequence[str],
    name: str,
    *,
    label: str = "",
    comparator: str = "",
    date: PartialDate | None = None,
    low: float | None = None,
    high: float | None = None,
    what: str = "",
) -> Fact:
    """Return a measured number.

    Args:
        units: spellings of its unit, best first; the first known one counts.
        low, high: the laboratory's own limits of normal, in the value's unit.
        what: names the entry where it is not used.

    Raises:
        NotUsed: no unit where one is needed, a unit that does not measure this, a value that no person can have.
    """
    if comparator not in COMPARATORS:
        raise NotUsed("its comparator is not one of <, <=, >, >=", what)
    found = quantity(variable, value, *units)
    if variable.unit and not found.unit:
        raise NotUsed(f"it has no unit; {variable.name} is measured in {variable.unit}", what)
    if variable.id in variables():
        try:
            variable.canonical(found.value, found.unit)
        except UnitError:
            raise NotUsed(f"its unit does not measure {variable.name}", what) from None
    problem = impossible(variable, found)
    if problem:
        raise NotUsed(problem, what)
    text = label or variable.name
    unit = next((spelling for spelling in reversed(units) if spelling), "")
    return Fact(
        kind="measurement",
        text=text,
        source=Source(name, f"{text} {comparator}{value:g} {unit}".rstrip()),
        variable=variable.id,
        value=found,
        comparator=cast("Comparator", comparator),
        date=date,
        reference_low=low,
        reference_high=high,
    )


def category_fact(
    variable: Variable,
    words: Sequence[str],
    name: str,
    *,
    label: str = "",
    date: PartialDate | None = None,
    what: str = "",
) -> Fact:
    """Return a value in words: the first of `words` that is one of the variable's categories.

    Raises:
        NotUsed: none of them is.
    """
    held = next((value for text in words if (value := category(variable, text)) is not None), None)
    if held is None:
        raise NotUsed(f"its value is none of {', '.join(variable.values)}", what)
    text = label or variable.name
    return Fact(
        kind="measurement",
        text=text,
        source=Source(name, f"{text}: {plain(words[0])}"),
        variable=variable.id,
        value=held,
        date=date,
    )


def after_birth(facts: Iterable[Fact], birth: PartialDate | None, ledger: Ledger) -> tuple[Fact, ...]:
    """Return the facts without those that lie certainly before the patient's birth; these are noted as not used."""
    kept = []
    for fact in facts:
        if birth is not None and fact.date is not None and fact.date.last < birth.first:
            ledger.skip(fact.source.where, fact.kind, "dated before the patient's birth")
        else:
            kept.append(fact)
    return tuple(kept)
