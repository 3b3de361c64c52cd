"""Receptors and gene changes of a tumor: "ER and PR negative", "EGFR mutation", "KRAS wild type", "ALK-positive".

Comes in: one marker of the table of variables, or a list of them, and perhaps one outcome. Goes out: `OneOf`. A name
that says itself what is changed ("ALK rearrangement") is the claim that the change is there. Refuses (None): a bare
gene without an outcome, a list of negatives among exclusions, and a receptor counted in percent or plus signs.
"""

from __future__ import annotations

from functools import cache

import msgspec

from accrual.basic import Span
from accrual.codes.variables import Variable, variables
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.serology import SCREENS
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, Any_, OneOf, Opaque, Tree
from accrual.criteria.words import word_set

# The last word of a name that says what is changed.
_CHANGES = word_set(
    "mutation mutations mutant mutated rearrangement rearrangements rearranged fusion fusions translocation "
    "translocations amplification amplified overexpression deletion deletions deleted insertion insertions alteration "
    "alterations methylation methylated codeletion skipping deficiency deficient high h dmmr v600e v600 g12c t790m "
    "l858r v617f t315i itd"
)
_BETWEEN = word_set("is are be status expression receptor receptors tumor tumour disease gene")
_JOINING = frozenset(("or", "and", "slash", "comma"))
_COUNTED = frozenset(("op", "number", "within", "between"))
_NOT_CLAIMING = word_set("status testing test analysis inhibitor inhibitors assessment assay result results")
MAX_LIST = 6


class _Name(msgspec.Struct, frozen=True, gc=False):
    at: int
    variable: Variable
    changed: bool  # the name says itself what is changed


@cache
def markers() -> frozenset[str]:
    """The variables that are found or not found in a tumor."""
    return frozenset(
        each.id
        for each in variables().values()
        if {"positive", "negative"} <= set(each.values)
        and each.id not in SCREENS
        and not each.id.endswith(("-test", "-screen"))
    )


def _name(stream: Stream, at: int) -> _Name | None:
    variable = stream.lexemes[at].variable if at < len(stream) else None
    if variable is None or variable.id not in markers():
        return None
    return _Name(at, variable, stream.low_at(at).rpartition(" ")[2] in _CHANGES)


def _names(stream: Stream, at: int) -> tuple[list[_Name], set[str], int]:
    found: list[_Name] = []
    joints: set[str] = set()
    end = at
    while len(found) < MAX_LIST:
        name = _name(stream, at)
        if name is None:
            break
        found.append(name)
        end = at + 1
        while stream.low_at(end) in _BETWEEN:
            end += 1
        step = end
        words = set[str]()
        while stream.kind_at(step) in _JOINING or (words and stream.kind_at(step) == "drop"):
            words.add(stream.kind_at(step))
            step += 1
        if not words or _name(stream, step) is None:
            break
        joints |= words & {"or", "and", "slash"}
        at = step
    return found, joints, end


def _outcome(stream: Stream, at: int, variable: Variable) -> str:
    lexeme = stream.lexemes[at] if at < len(stream) else None
    if lexeme is not None and lexeme.kind == "dash" and _is_minus(stream, at):
        return "negative" if "negative" in variable.values else ""
    if lexeme is None or lexeme.kind != "value":
        return ""
    if lexeme.payload == "wild-type":
        return "negative" if variable.id.endswith("-mutation") else ""
    return lexeme.payload if lexeme.payload in variable.values else ""


def _is_minus(stream: Stream, at: int) -> bool:
    """ "HER2-," and "HER2- breast cancer": a sign on the name, with nothing hung on it."""
    if stream.lexemes[at].start != stream.lexemes[at - 1].end:
        return False
    if at + 1 == len(stream) or stream.kinds[at + 1] in _JOINING or stream.kinds[at + 1] in ("close", "semi"):
        return True
    follows = stream.lexemes[at + 1]
    named = follows.concept is not None and follows.concept.kind == "condition"
    return named and follows.start > stream.lexemes[at].end


def _signed(stream: Stream, at: int) -> Read | None:
    """ "ER+/PR+/HER2-": each with its own outcome, and meant together; two that are found are often either."""
    found: list[tuple[_Name, str]] = []
    end = step = at
    while len(found) < MAX_LIST:
        name = _name(stream, step)
        outcome = _outcome(stream, step + 1, name.variable) if name is not None else ""
        if name is None or not outcome:
            break
        found.append((name, outcome))
        end = step + 2
        if stream.kind_at(end) != "slash":
            break
        step = end + 1
    if len(found) < 2 or stream.kind_at(end) in _COUNTED:
        return None
    span = stream.span(at, end)
    claims: dict[str, list[Tree]] = {}
    for name, outcome in found:
        claims.setdefault(outcome, []).append(_claim(name, outcome, span))
    parts: list[Tree] = []
    for outcome, alike in claims.items():
        if len(alike) == 1 or (outcome == "negative" and stream.kind == "inclusion"):
            parts.extend(alike)
        elif outcome == "negative":
            return None
        else:
            parts.append(either_way(tuple(alike), Opaque(text=stream.words(span), span=span), span))
    return Read(end, "marker", parts[0] if len(parts) == 1 else All(children=tuple(parts), span=span))


def read_marker(stream: Stream, at: int) -> Read | None:
    """Read one marker, or several that share an outcome."""
    if stream.kinds[at] == "value":  # "negative HER2", "wild-type KRAS"
        name = _name(stream, at + 1)
        outcome = _outcome(stream, at, name.variable) if name is not None else ""
        if name is None or not outcome or stream.kind_at(at + 2) in _JOINING | _COUNTED | {"value"}:
            return None
        return Read(at + 2, "marker", _claim(name, outcome, stream.span(at, at + 2)))
    names, joints, end = _names(stream, at)
    if not names:
        return None
    signed = _signed(stream, at)
    if signed is not None:
        return signed
    outcome = _outcome(stream, end, names[-1].variable)
    if outcome:
        return _shared(stream, names, joints, outcome, end + 1)
    first = names[0]
    end = first.at + 1
    if not first.changed or stream.kind_at(end) in _COUNTED or stream.low_at(end) in _NOT_CLAIMING:
        return None
    return Read(end, "marker", _claim(first, "positive", stream.span(at, end)))


def _shared(stream: Stream, names: list[_Name], joints: set[str], outcome: str, end: int) -> Read | None:
    """ "ER and PR negative", "ER/PR positive": the outcome is for each."""
    span = stream.span(names[0].at, end)
    if stream.kind_at(end) in _COUNTED:
        return None
    if any(outcome not in name.variable.values for name in names):
        return None
    parts: tuple[Tree, ...] = tuple(_claim(name, outcome, span) for name in names)
    if len(parts) == 1:
        return Read(end, "marker", parts[0])
    demand = stream.kind == "inclusion"
    if outcome == "negative":
        return Read(end, "marker", All(children=parts, span=span)) if demand else None
    if joints == {"and"} and demand:
        return Read(end, "marker", All(children=parts, span=span))
    if joints == {"or"} or ("or" in joints and "and" in joints):
        return Read(end, "marker", Any_(children=parts, span=span))
    return Read(end, "marker", either_way(parts, Opaque(text=stream.words(span), span=span), span))


def _claim(name: _Name, outcome: str, span: Span) -> OneOf:
    return OneOf(variable=name.variable.id, values=(outcome,), span=span)


MARKER = Family("marker", frozenset(("variable", "value")), read_marker, topics=markers())
