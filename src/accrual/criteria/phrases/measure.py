"""Measurements and categories: "ECOG score ≤ 2", "AST and ALT ≤ 2.5 x ULN", "HIV test positive", "NYHA III or IV".

Comes in: a variable's name and an amount or a value. Goes out: `Compare` and `OneOf`. Refuses (None): a number
without a unit where the variable has more than one, a unit that does not measure the variable, a value outside the
possible range (a slip of the pen or of the unit), and any words between name and number that could make it another
measurement ("hemoglobin decrease > 2 g/dL").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from accrual.basic import Interval
from accrual.codes.variables import Variable, variables
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.method import method_end
from accrual.criteria.phrases.performance import direction
from accrual.criteria.phrases.restatement import said_more
from accrual.criteria.phrases.stream import Read, Stream
from accrual.criteria.tree import All, Any_, Compare, OneOf, Opaque, Tree
from accrual.criteria.words import word_set
from accrual.errors import UnitError

# Variables whose bare number can only mean one unit in criteria texts (WHO 2000 for BMI; the rest are percentages or
# counts by their definition).
BARE_NUMBER = {"bmi": "kg/m2", "lvef": "%", "oxygen-saturation": "%", "heart-rate": "/min", "qtc": "ms",
               "systolic-blood-pressure": "mm[Hg]", "diastolic-blood-pressure": "mm[Hg]"}  # fmt: skip
# Cell counts are written per microlitre or in 10^9 per litre, a thousand times less: no count that a trial asks for
# lies in both ranges (the possible ranges of codes/data/variables.tsv; CTCAE 5.0 grades 1 to 4 for the bounds in use).
# Hemoglobin 9 may be g/dL or mmol/L, and stays without a unit; from 50 on it is g/L.
BARE_BY_SIZE: Mapping[str, tuple[tuple[float, float, str], ...]] = {
    "platelets": ((5, 1000, "10*9/L"), (5000, 1_000_000, "/uL")),
    "neutrophils": ((0.1, 20, "10*9/L"), (100, 20_000, "/uL")),
    "white-cells": ((0.5, 100, "10*9/L"), (500, 100_000, "/uL")),
    "lymphocytes": ((0.1, 20, "10*9/L"), (100, 20_000, "/uL")),
    "hemoglobin": ((50, 250, "g/L"),),
    "hba1c": ((3.5, 20, "%"),),  # in mmol/mol it is 15 and more
    "upcr": ((0, 10, "mg/mg"),),  # in mg/mmol, 10 is within normal (KDIGO 2024: A1 is below 15)
}
# Given in percent of the predicted value by their definition in the table.
OF_PREDICTED = frozenset(("fev1", "fvc", "dlco"))
_GAP = frozenset(("drop", "colon", "link", "must"))
_GAP_WORDS = word_set(
    "of functional grade grades stage stages = group rating ratings points measurement measurements "
    "reading readings "
    "interval intervals prolongation assessment baseline total mean average resting either formula "
    "equation titer activity "
    "titre concentration measured calculated estimated corrected prolonged"
)


def _gap(stream: Stream, at: int, variable: Variable) -> int:
    """Skip what only repeats or rounds off the variable's name: "performance status (PS) of"."""
    while at < len(stream):
        lexeme = stream.lexemes[at]
        if variable.kind == "category" and _value_at(stream, at, variable) is not None:
            return at  # the A of "class A" is no article
        again = lexeme.variable is not None and lexeme.variable.id == variable.id
        if lexeme.kind in _GAP or lexeme.low in _GAP_WORDS or again:
            at += 1
        elif (
            lexeme.kind == "open" and stream.kind_at(at + 2) == "close" and _renames(stream, at + 1, variable)
        ):
            at += 3
        elif lexeme.kind == "dash" and stream.kind_at(at + 1) in ("op", "number", "word"):
            at += 1
        else:
            after = method_end(stream, at) if variable.kind != "category" else at
            if after == at:
                return at
            at = after
    return at


def _renames(stream: Stream, at: int, variable: Variable) -> bool:
    lexeme = stream.lexemes[at]
    if lexeme.variable is not None:
        return lexeme.variable.id == variable.id
    if lexeme.kind not in ("word", "drop", "concept"):
        return False
    words = stream.text[lexeme.start : lexeme.end]
    return words.isupper() or lexeme.kind == "drop"


Named: TypeAlias = tuple[int, int, Variable]
"""A variable, and the lexemes of its name."""


# Read by families of their own: a bare number may be of another scale.
OF_THEIR_OWN = ("age", "stage", "visual-acuity")
# One word for several values: each of them is meant.
MEANT: Mapping[str, tuple[str, ...]] = {"transaminases": ("alt", "ast")}


def _meant(variable: Variable) -> tuple[Variable, ...]:
    return tuple(variables()[each] for each in MEANT[variable.id]) if variable.id in MEANT else (variable,)


def names_at(stream: Stream, at: int) -> tuple[list[Named], str, int]:
    """The variables in a row, the word that joins them, and where the row ends: "AST and ALT", "AST/ALT"."""
    found: list[Named] = []
    joiner = ""
    while True:
        variable = stream.lexemes[at].variable
        assert variable is not None
        end = _gap(stream, at + 1, variable)
        found.extend((at, at + 1, each) for each in _meant(variable))
        if variable.id in MEANT and not joiner:
            joiner = "slash"
        joint, word = end, ""
        while stream.kind_at(joint) in ("and", "or", "slash", "comma", "drop") and joint < end + 4:
            if stream.kind_at(joint) in ("and", "or", "slash"):
                word = stream.kind_at(joint)
            joint += 1
        if joint == end or stream.kind_at(joint) != "variable" or len(found) > 6:
            return found, joiner, end
        joiner = word or joiner
        at = joint


# One name, two quantities: the unit says which. A clearance per 1.73 m² is not the clearance.
BY_UNIT: Mapping[tuple[str, str], str] = {
    ("creatinine-clearance", "mL/min/{1.73_m2}"): "creatinine-clearance-indexed",
    ("fev1", "L"): "fev1-volume", ("fev1", "mL"): "fev1-volume",
    ("fvc", "L"): "fvc-volume", ("fvc", "mL"): "fvc-volume",
    ("eosinophils", "%"): "eosinophil-percentage", ("lymphocytes", "%"): "lymphocyte-percentage",
}  # fmt: skip


def _compare(stream: Stream, span_at: tuple[int, int], variable: Variable, read: Amount) -> Tree | None:
    unit = read.unit
    if unit is not None and (variable.id, unit) in BY_UNIT:
        variable = variables()[BY_UNIT[variable.id, unit]]
    if variable.kind == "score":
        if unit in ("%", "{score}"):
            unit = None
        if unit is not None:
            return None
        unit = ""
    elif unit is None:
        unit = _bare_unit(stream, variable, read) if variable.unit else ""
        if unit is None:
            return None
    elif (
        unit == "g/L" and read.unit_words == "g/l" and variable.unit.startswith("10*") and _giga(stream, read)
    ):
        unit = "10*9/L"  # "100 G/L": giga per litre, of cells
    elif unit == "uL" and variable.unit.startswith("10*"):
        unit = "/uL"  # "1,500 uL": the stroke is lost; no count is a volume
    elif unit == "10*3" and variable.unit.startswith("10*"):
        return None  # "100 K": thousands of what is not said
    if "predicted" in read.unit_words and variable.id not in OF_PREDICTED:
        return None  # percent of the predicted ratio is another number than the ratio
    span = stream.span(*span_at)
    if read.listed:
        if variable.kind != "score":
            return None
        values = sorted(set(read.listed))
        if values[-1] - values[0] == len(values) - 1:
            return _checked(variable, Interval(values[0], values[-1]), span)
        parts = [_checked(variable, Interval(value, value), span) for value in values]
        return (
            None
            if any(part is None for part in parts)
            else Any_(children=tuple(part for part in parts if part is not None), span=span)
        )
    if read.suffix:
        sign = direction(variable.id, read.suffix)
        if sign is None:
            return None
        interval = Interval(low=read.low, unit=unit) if sign == ">=" else Interval(high=read.high, unit=unit)
        return _checked(variable, interval, span)
    return _checked(variable, read.interval(unit), span)


def _bare_unit(stream: Stream, variable: Variable, read: Amount) -> str | None:
    """The one unit that a number without a unit can have, for this variable and this size; None where
    two can.
    """
    if stream.kind_at(read.end) in ("slash", "mark", "word", "unit", "concept"):
        return BARE_NUMBER.get(variable.id)  # a unit that no table has: "/microliters"
    ends = [end for end in (read.low, read.high) if end is not None]
    for low, high, unit in BARE_BY_SIZE.get(variable.id, ()):
        if ends and all(low <= end <= high for end in ends):
            return unit
    return BARE_NUMBER.get(variable.id)


def _giga(stream: Stream, read: Amount) -> bool:
    last = next(
        (
            each
            for each in reversed(stream.lexemes[: read.end])
            if each.kind == "unit" and each.payload == "g/L"
        ),
        None,
    )
    return last is not None and stream.text[last.start : last.end].startswith("G/")


def _checked(variable: Variable, interval: Interval, span: object) -> Tree | None:
    for end in (interval.low, interval.high):
        if end is None:
            continue
        if interval.unit in ("[ULN]", "[LLN]"):
            if variable.kind != "number" or end > 100:
                return None
            continue
        try:
            value = variable.canonical(end, interval.unit)
        except UnitError:
            return None
        if not variable.is_possible(value):
            return None
    return Compare(variable=variable.id, interval=interval, span=span)  # type: ignore[arg-type]


def _value_at(stream: Stream, at: int, variable: Variable) -> tuple[int, str] | None:
    lexeme = stream.lexemes[at] if at < len(stream) else None
    if lexeme is None:
        return None
    for name in (lexeme.payload, lexeme.low, lexeme.low.rstrip("s")):
        for value in variable.values:
            if name and value.lower() == name.lower():
                return at + 1, value
    return None


def _category(stream: Stream, at: int, start: int, variable: Variable) -> Read | None:
    """The values after a category's name: "A or B", "III-IV", "≥ III", "positive"."""
    values = variable.values
    if stream.kind_at(at) == "op" and "i" in (value.lower() for value in values):
        bound = _value_at(stream, at + 1, variable)
        if bound is None:
            return None
        rank, sign = values.index(bound[1]), stream.lexemes[at].payload
        chosen = {
            ">": values[rank + 1 :],
            ">=": values[rank:],
            "<": values[:rank],
            "<=": values[: rank + 1],
        }.get(sign)
        if not chosen:
            return None
        return Read(
            bound[0], "measure", OneOf(variable=variable.id, values=chosen, span=stream.span(start, bound[0]))
        )
    first = _value_at(stream, at, variable)
    if first is None:
        return None
    end, found = first[0], [first[1]]
    while True:
        joint = end
        while stream.kind_at(joint) in ("or", "comma", "slash", "drop", "dash", "to"):
            joint += 1
        other = _value_at(stream, joint, variable) if joint > end else None
        if other is None:
            break
        if stream.kind_at(end) in ("dash", "to"):
            low, high = values.index(found[-1]), values.index(other[1])
            if low > high:
                return None
            found.extend(values[low + 1 : high])
        found.append(other[1])
        end = other[0]
    chosen = tuple(value for value in values if value in found)
    return Read(end, "marker", OneOf(variable=variable.id, values=chosen, span=stream.span(start, end)))


def read_measure(stream: Stream, at: int) -> Read | None:
    """Read one measurement, or several that share one amount."""
    if stream.kind_at(at) == "value":  # "negative serum pregnancy test"
        after = at + 1
        while stream.kind_at(after) == "drop":
            after += 1
        variable = stream.lexemes[after].variable if after < len(stream) else None
        if variable is None or variable.kind != "category":
            return None
        value = _value_at(stream, at, variable)
        if value is None:
            return None
        if " for " in stream.low_at(after) and stream.kind_at(after + 1) in ("comma", "and", "or", "slash"):
            return None  # "negative test for HIV, malaria and syphilis": the outcome is of each
        return Read(
            after + 1,
            "marker",
            OneOf(variable=variable.id, values=(value[1],), span=stream.span(at, after + 1)),
        )
    names, joiner, end = names_at(stream, at)
    variable = names[-1][2]
    if variable.id in OF_THEIR_OWN:
        return None
    if variable.kind == "category":
        return _category(stream, end, at, variable) if len(names) == 1 else None
    antigen = _antigen(stream, at)
    if antigen is not None:
        return antigen
    read = amount(stream, end, roman=variable.kind == "score")
    if read is None and stream.kind_at(end) == "within":  # "GFR within 15-60 mL/min"
        read = amount(stream, end + 1)
        if read is None or read.low is None or read.high is None:
            return None
    if read is None and stream.kind_at(end) == "open":  # "PSA levels (≥ 5 ng/mL)"
        read = amount(stream, end + 1)
        if read is None or not read.compared or stream.kind_at(read.end) != "close":
            return None
        read = msgspec.structs.replace(read, end=read.end + 1)
    if read is None or (not read.compared and variable.kind != "score"):
        return None
    if variable.kind == "score" and stream.low_at(read.end) in ("points", "point", "score", "scores"):
        read = msgspec.structs.replace(read, end=read.end + 1)
    if (
        variable.kind == "score"
        and stream.low_at(read.end) in ("of", "out of")
        and _is_number(stream, read.end + 1)
    ):
        if stream.lexemes[read.end + 1].value != variable.high:  # "Barthel index > 14 of 20": another scale
            span = stream.span(at, read.end + 2)
            return Read(read.end + 2, "measure", Opaque(text=stream.words(span), span=span))
        read = msgspec.structs.replace(read, end=read.end + 2)
    if read.compared:
        read = said_more(stream, variable, read)
    node = values_of(stream, names, joiner, read)
    return None if node is None else Read(read.end, "measure", node)


def _is_number(stream: Stream, at: int) -> bool:
    return stream.kind_at(at) == "number" and stream.kind_at(at + 1) != "unit"


def values_of(stream: Stream, names: list[Named], joiner: str, read: Amount) -> Tree | None:
    """Return the claim that each of the variables named lies in the amount read; None where one cannot."""
    parts: list[Tree] = []
    for index, (first, last, each) in enumerate(names):
        if each.kind == "category":
            return None
        stretch = (first, read.end) if index == len(names) - 1 else (first, last)
        part = _compare(stream, stretch, each, read)
        if part is None:
            return None
        parts.append(part)
    if len(parts) == 1:
        return parts[0]
    span = stream.span(names[0][0], read.end)
    if joiner in ("and", "slash", "") and stream.kind == "inclusion":
        return All(
            children=tuple(parts), span=span
        )  # "AST/ALT", "AST, ALT ≤ 3 x ULN" as a demand: each of them
    if joiner in ("or", "slash", "") and stream.kind == "exclusion":
        return Any_(children=tuple(parts), span=span)
    return either_way(tuple(parts), Opaque(text=joiner, span=stream.span(names[0][0], names[-1][1])), span)


def _antigen(stream: Stream, at: int) -> Read | None:
    """ "CD7 positive", "CD7+": some of the cells express it. Negative has no agreed limit, and stays
    Opaque.
    """
    lexeme = stream.lexemes[at]
    variable = lexeme.variable
    if variable is None or not variable.id.endswith("-expression") or variable.unit != "%":
        return None
    end = at + 1
    if not lexeme.low.endswith(" positive"):
        if stream.kind_at(end) != "value" or stream.lexemes[end].payload != "positive":
            return None
        end += 1
    node = Compare(
        variable=variable.id, interval=Interval(low=0, low_open=True, unit="%"), span=stream.span(at, end)
    )
    return Read(end, "marker", node)


def either_way(parts: tuple[Tree, ...], doubt: Opaque, span: object) -> Tree:
    """Return what "A and B" or "A or B" surely claims where the joining word is loosely used.

    True when all parts hold, false when none does, unknown between: right under both readings.
    """
    both = All(children=parts, span=span)  # type: ignore[arg-type]
    one = Any_(children=parts, span=span)  # type: ignore[arg-type]
    return Any_(children=(both, All(children=(one, doubt), span=span)), span=span)  # type: ignore[arg-type]
