"""How much of a drug: "quetiapine > 100 mg/day", "prednisone at a dose of > 10 mg daily", "> 20 mg/day of prednisone".

Comes in: a drug that `condition.py` reads, with an amount of it behind or in front. Goes out: that the drug is taken,
and its dose (`text|prednisone-dose`), which only a fact of the same words decides. Refuses (None) an amount in other
units, several drugs, and words of equivalence, which widen.
"""

from __future__ import annotations

from accrual.codes.variables import measure_id
from accrual.criteria.phrases.amount import amount
from accrual.criteria.phrases.condition import CONDITION
from accrual.criteria.phrases.stream import HAS_AMOUNT, HAS_CONCEPT, HAS_UNIT, Family, Read, Stream
from accrual.criteria.tree import All, Compare, Present
from accrual.criteria.words import word_set

_UNITS = frozenset(("mg", "g", "ug", "mg/d", "g/d", "ug/d", "mg/kg", "mg/kg/d", "mg/m2", "[IU]", "[IU]/d"))
_GAP = word_set("at a dose doses dosage of in the total daily cumulative with is")
_DAILY = frozenset(
    ("daily", "per day", "a day", "day", "per", "each", "every", "once", "qd", "/day", "dose", "total")
)
_BROKEN = frozenset(("or", "and", "slash", "comma", "loose"))


def read_dose(stream: Stream, at: int) -> Read | None:
    """Read one drug with its dose."""
    if stream.last_amount < 0 or stream.last_concept < at or not _UNITS.intersection(_payloads(stream)):
        return None
    if at and stream.kind_at(at - 1) in _BROKEN:
        return None  # the dose may be of all that is listed
    front = stream.kind_at(at) in ("op", "between")
    start = at
    read = amount(stream, at) if front else None
    if front:
        if read is None or not _is_dose(read.unit):
            return None
        at = read.end
        while stream.low_at(at) in _DAILY or stream.low_at(at) in ("of", "the"):
            at += 1
        if at >= len(stream):
            return None
    drug = CONDITION.read(stream, at)
    if drug is None or not isinstance(drug.node, Present):
        return None
    named = next(
        (lexeme.concept for lexeme in stream.lexemes[at : drug.end] if lexeme.concept is not None), None
    )
    if named is None or named.kind != "drug":
        return None
    end = drug.end
    if not front:
        while stream.low_at(end) in _GAP and end < drug.end + 6:
            end += 1
        read = amount(stream, end) if stream.kind_at(end) in ("op", "between", "number") else None
        if read is None or not read.compared or not _is_dose(read.unit):
            return None
        end = read.end
    if read is None:
        return None
    end = _daily_end(stream, end)
    if stream.kind_at(end) in ("or", "slash", "number", "unit", "word") or stream.low_at(end) == "equivalent":
        return None
    span = stream.span(start, end)
    dose = Compare(
        variable=measure_id(f"{drug.node.concept.name} dose"),
        interval=read.interval(read.unit or ""),
        span=span,
    )
    return Read(end, "present", All(children=(drug.node, dose), span=span))


def _payloads(stream: Stream) -> set[str]:
    return {lexeme.payload for lexeme in stream.lexemes if lexeme.kind == "unit"}


def _is_dose(unit: str | None) -> bool:
    return unit is not None and unit in _UNITS


def _daily_end(stream: Stream, at: int) -> int:
    while stream.low_at(at) in _DAILY:
        at += 1
    return at


DOSE = Family(
    "dose",
    frozenset(("concept", "receive", "op", "between", "history", "drop")),
    read_dose,
    needs=HAS_AMOUNT | HAS_CONCEPT | HAS_UNIT,
)
