"""An amount said again: "≥ 1500/mm3 (1.5 x 10^9/L)", "7.0-9.0% (53-75 mmol/mol)", "0-2 on the ECOG scale".

Comes in: a clause, a variable and the amount read. Goes out: the amount with what only says it again, or how it was
obtained, taken in. Refuses nothing: where the second saying differs from the first, the amount stays as it was.
"""

from __future__ import annotations

import msgspec

from accrual.codes.variables import Variable
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.method import method_end
from accrual.criteria.phrases.stream import Stream
from accrual.errors import UnitError

ROUNDING = 0.03
"""How far two statements of one bound may lie apart: "1.5 mg/dL (133 umol/L)" is rounded."""


def said_more(stream: Stream, variable: Variable, read: Amount) -> Amount:
    """Return the amount with what only says it again or how it was obtained taken in."""
    end = read.end
    if variable.kind == "score":
        end = _scale_again(stream, end, variable)
    end = method_end(stream, _said_again(stream, method_end(stream, end), variable, read))
    return read if end == read.end else msgspec.structs.replace(read, end=end)


def _said_again(stream: Stream, at: int, variable: Variable, read: Amount) -> int:
    """ "≥ 1500/mm3 (1.5 x 10^9/L)": where the bracket ends that gives the same number in another unit."""
    if read.unit is None or stream.kind_at(at) not in ("open", "or", "slash"):
        return at
    if read.low is not None and read.high is not None:
        return _range_again(stream, at, variable, read)
    if stream.kind_at(at) != "open":  # "≥ 200 umol/L or 2.26 mg/dL"
        other_unit = stream.lexemes[at + 2].payload if stream.kind_at(at + 2) == "unit" else ""
        value = stream.lexemes[at + 1].value if stream.kind_at(at + 1) == "number" else None
        bound = read.low if read.low is not None else read.high
        return at + 3 if other_unit and _agree(variable, bound, read.unit, value, other_unit) else at
    again = amount(stream, at + 1)
    if again is None or stream.kind_at(again.end) != "close" or again.unit is None:
        return at
    if again.compared and (again.low is None) != (read.low is None):
        return at
    other = again.listed[0] if len(again.listed) == 1 else again.low if again.low is not None else again.high
    bound = read.low if read.low is not None else read.high
    if other is None or bound is None:
        return at
    return again.end + 1 if _agree(variable, bound, read.unit, other, again.unit) else at


def _range_again(stream: Stream, at: int, variable: Variable, read: Amount) -> int:
    """ "7.0-9.0% (53-75 mmol/mol)": where the bracket ends that gives the same range in another unit."""
    again = amount(stream, at + 1) if stream.kind_at(at) == "open" else None
    if again is None or again.unit is None or read.unit is None:
        return at
    end = again.end
    while stream.kind_at(end) in ("comma", "drop"):
        end += 1
    if stream.kind_at(end) != "close":
        return at
    same = _agree(variable, read.low, read.unit, again.low, again.unit)
    return end + 1 if same and _agree(variable, read.high, read.unit, again.high, again.unit) else at


def _agree(variable: Variable, one: float | None, unit: str, other: float | None, other_unit: str) -> bool:
    """Say whether two bounds are one, but for rounding."""
    if one is None or other is None:
        return False
    try:
        return abs(variable.canonical(one, unit) / variable.canonical(other, other_unit) - 1) < ROUNDING
    except (UnitError, ZeroDivisionError):
        return False


def _scale_again(stream: Stream, at: int, variable: Variable) -> int:
    """ "0-2 on the ECOG scale", "0-1 (Zubrod scale)": where the words end that only name the scale again."""
    step = at
    opened = stream.kind_at(at) == "open"
    if not opened and stream.low_at(at) not in (
        "on",
        "by",
        "per",
        "according to",
        "in",
        "as per",
        "of",
        "using",
        "based",
    ):
        return at
    step += 1
    while stream.low_at(step) in ("the", "to", "on", "by"):
        step += 1
    again = stream.lexemes[step].variable if step < len(stream) else None
    if again is None or again.id != variable.id:
        return at
    step += 1
    while stream.low_at(step) in (
        "scale",
        "performance status",
        "status",
        "score",
        "criteria",
        "performance",
        "classification",
    ):
        step += 1
    if not opened:
        return step
    return step + 1 if stream.kind_at(step) == "close" else at
