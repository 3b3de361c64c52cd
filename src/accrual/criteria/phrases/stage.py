"""Stages of a cancer: "stage III or IV", "stage IB-IIIA", "stages IIIB, IIIC and IV".

Comes in: the word stage and numerals after it. Goes out: `OneOf(stage, …)` of whole stages; a part of a stage ("IIIB")
is that stage with its words beside it as Opaque. Refuses stages of diseases other than cancer, T, N and M classes,
and a bound without a comparator that says which way.
"""

from __future__ import annotations

import re

from accrual.codes.concepts import vocabulary
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, Any_, OneOf, Opaque, Tree

_STAGES = ("0", "I", "II", "III", "IV")
_NUMERAL = re.compile(r"(0|i{1,3}|iv|[1-4])([abcd][1-3]?)?")
_ARABIC = {"1": "I", "2": "II", "3": "III", "4": "IV"}


def _stage(stream: Stream, at: int) -> tuple[str, bool] | None:
    found = _NUMERAL.fullmatch(stream.low_at(at)) if at < len(stream) else None
    if found is None:
        return None
    name = found.group(1).upper()
    return _ARABIC.get(name, name), found.group(2) is not None


def read_stage(stream: Stream, at: int) -> Read | None:
    """Read one list or range of stages."""
    variable = stream.lexemes[at].variable
    if variable is None or variable.id != "stage" or not _of_cancer(stream):
        return None
    start, at = at, at + 1
    while stream.kind_at(at) in ("drop", "colon"):
        at += 1
    first = _stage(stream, at)
    if first is None:
        return None
    whole: set[str] = set()
    partly: set[str] = set()
    (partly if first[1] else whole).add(first[0])
    last, end = first, at + 1
    while True:
        step = end
        while stream.kind_at(step) in ("or", "comma", "slash", "and", "dash", "to", "drop"):
            step += 1
        if stream.lexemes[step].variable is variable if step < len(stream) else False:
            step += 1
        other = _stage(stream, step) if step > end else None
        if other is None:
            break
        if any(stream.kind_at(each) in ("dash", "to") for each in range(end, step)):
            low, high = _STAGES.index(last[0]), _STAGES.index(other[0])
            if low > high:
                return None
            whole |= set(_STAGES[low + 1 : high])
        (partly if other[1] else whole).add(other[0])
        last, end = other, step + 1
    if stream.kind_at(end) in ("op", "suffix"):
        return None
    return Read(end, "marker", _node(stream, start, end, whole, partly - whole))


def _node(stream: Stream, start: int, end: int, whole: set[str], partly: set[str]) -> Tree:
    span = stream.span(start, end)
    parts: list[Tree] = []
    if whole:
        parts.append(
            OneOf(variable="stage", values=tuple(each for each in _STAGES if each in whole), span=span)
        )
    if partly:
        named = OneOf(variable="stage", values=tuple(each for each in _STAGES if each in partly), span=span)
        parts.append(All(children=(named, Opaque(text=stream.words(span), span=span)), span=span))
    return parts[0] if len(parts) == 1 else Any_(children=tuple(parts), span=span)


def _of_cancer(stream: Stream) -> bool:
    for lexeme in stream.lexemes:
        if lexeme.concept is not None and lexeme.concept.kind == "condition":
            return vocabulary().is_a(lexeme.concept.id, "cancer")
    return True


STAGE = Family("stage", frozenset(("variable",)), read_stage, topics=frozenset(("stage",)))
