"""Stages: "stage III or IV", "stage IB-IIIA", "IIIB/IV", "stage III or higher" of a cancer; "stage 3-5 CKD".

Comes in: the word stage and numerals after it. Goes out: `OneOf(stage, …)` of whole stages; a part of a stage ("IIIB")
is that stage with its letter (`stage-letter`) beside it; the stage of a chronic kidney disease is its own variable.
Refuses stages of other diseases, T, N and M classes, and a bound without a word that says which way. A figure after
the letter ("IIIA2") stays beside it as Opaque.
"""

from __future__ import annotations

import re

import msgspec

from accrual.basic import Interval
from accrual.codes.concepts import vocabulary
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, Any_, Compare, OneOf, Opaque, Tree

_STAGES = ("0", "I", "II", "III", "IV")
_LETTERS = ("A", "B", "C", "D")
_NUMERAL = re.compile(r"(0|i{1,3}|iv|[1-5])([abcd])?([1-3])?")
_ROMAN = {"0": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4}
_JOINING = frozenset(("or", "comma", "slash", "and", "dash", "to", "drop"))
# Scales of other diseases that count in stages too, and the stages of a trial.
_OTHER_SCALES = re.compile(
    r"(?i)\b(?:hoehn|yahr|fontaine|rutherford|kdigo|kdoqi|rifle|akin|aki|pressure|decubitus|ulcers?|acc|aha|metavir|"
    r"fibrosis|tanner|pubert\w+|labou?r|rop|retinopathy|prematurity|cdc|who|popq?|pop-q|prolapse|scadding|sarcoid\w*|"
    r"periodont\w+|lymphedema|lymphoedema|hypertension|diabetes|gold|copd|endometriosis|fast|ckd|kidney|renal|sleep|"
    r"study|trial|phase|part|cohort|parkinson\w*|scale)\b"
)
_DISEASE = frozenset(("disease", "diseases"))
_KIDNEY = "chronic-kidney-disease"


class _Stage(msgspec.Struct, frozen=True, gc=False):
    """One numeral: its rank, the letter after it, and whether a figure makes the letter finer still."""

    rank: int
    letter: str = ""
    finer: bool = False


def _stage(stream: Stream, at: int) -> _Stage | None:
    low = stream.low_at(at)
    found = _NUMERAL.fullmatch(low) if low else None
    if found is None or (found.group(3) and not found.group(2)):
        return None
    rank = _ROMAN[found.group(1)] if found.group(1) in _ROMAN else int(found.group(1))
    return _Stage(rank, (found.group(2) or "").upper(), bool(found.group(3)))


class _Wanted(msgspec.Struct):
    """The stages asked for: whole ones, letters of others, and whether a word stays in doubt."""

    whole: set[int] = msgspec.field(default_factory=set)
    letters: dict[int, set[str]] = msgspec.field(default_factory=dict)
    finer: bool = False

    def add(self, stage: _Stage) -> None:
        if stage.letter:
            self.letters.setdefault(stage.rank, set()).add(stage.letter)
        else:
            self.whole.add(stage.rank)
        self.finer = self.finer or stage.finer

    def fill(self, low: _Stage, high: _Stage) -> None:
        """Add what lies between two ends: "IB to IIIA" is IB, IC, ID, II and IIIA."""
        if low.rank == high.rank:
            between = _LETTERS[_LETTERS.index(low.letter) : _LETTERS.index(high.letter) + 1]
            self.letters.setdefault(low.rank, set()).update(between)
            return
        self.whole |= set(range(low.rank + 1, high.rank))
        if low.letter:
            self.letters[low.rank] = self.letters.get(low.rank, set()) | set(
                _LETTERS[_LETTERS.index(low.letter) :]
            )
        if high.letter:
            self.letters[high.rank] = set(_LETTERS[: _LETTERS.index(high.letter) + 1])


def _is_range(stream: Stream, at: int, to: int) -> bool:
    """Say whether "to" or a hyphen stands between two numerals; a hyphen inside a word is no lexeme."""
    if any(stream.kind_at(each) in ("dash", "to") for each in range(at, to)):
        return True
    between = stream.text[stream.lexemes[at - 1].end : stream.lexemes[to].start]
    return to == at and between.strip() == "-"


def read_stage(stream: Stream, at: int) -> Read | None:
    """Read one list or range of stages."""
    variable = stream.lexemes[at].variable
    if variable is None or variable.id != "stage":
        return None
    start, at = at, at + 1
    while stream.kind_at(at) in ("drop", "colon") and _stage(stream, at) is None:
        at += 1
    bound = stream.lexemes[at].payload if stream.kind_at(at) == "op" else ""
    at += bool(bound)
    first = _stage(stream, at)
    if first is None:
        return None
    wanted = _Wanted()
    wanted.add(first)
    last, end = first, at + 1
    while not bound:
        step = end
        while stream.kind_at(step) in _JOINING:
            step += 1
        if step < len(stream) and stream.lexemes[step].variable is variable:
            step += 1
        other = _stage(stream, step) if step < len(stream) else None
        joined = other is not None and (step > end or _is_range(stream, end, step))
        if other is None or not joined:
            break
        if _is_range(stream, end, step):
            if (last.rank, last.letter) >= (other.rank, other.letter) or (
                last.rank == other.rank and not last.letter
            ):
                return None
            wanted.fill(last, other)
        wanted.add(other)
        last, end = other, step + 1
    if stream.kind_at(end) == "suffix" and not bound:
        bound = stream.lexemes[end].payload
        end += 1
    if stream.kind_at(end) in ("op", "suffix"):
        return None
    if bound and not _bounded(wanted, first, last, bound):
        return None
    return _of_disease(stream, start, end, wanted)


def _bounded(wanted: _Wanted, first: _Stage, last: _Stage, bound: str) -> bool:
    """Add what "≥ III", "II or higher" takes in; False where the bound cannot be put on what was read."""
    if last.letter or first.letter or bound not in (">=", "<=", ">", "<"):
        return False
    if bound.startswith(">"):
        wanted.whole |= set(range(last.rank, 6))
    else:
        wanted.whole |= set(range(first.rank + 1))
    if not bound.endswith("="):
        wanted.whole.discard(first.rank)
    return bool(wanted.whole)


def _of_disease(stream: Stream, start: int, end: int, wanted: _Wanted) -> Read | None:
    """The claim for the disease that the clause is about; None for one whose stages are none of ours."""
    if stream.low_at(end) in _DISEASE:
        end += 1  # "stage IV disease"
    span = stream.span(start, end)
    named = [
        lexeme.concept.id
        for lexeme in stream.lexemes
        if lexeme.concept is not None and lexeme.concept.kind == "condition" and lexeme.low not in _DISEASE
    ]
    if any(each == _KIDNEY for each in named):
        if wanted.letters or wanted.finer or not wanted.whole or named[0] != _KIDNEY:
            return None
        ranks = sorted(wanted.whole - {0})
        if not ranks or ranks[-1] - ranks[0] != len(ranks) - 1:
            return None
        return Read(
            end, "marker", Compare(variable="ckd-stage", interval=Interval(ranks[0], ranks[-1]), span=span)
        )
    if named and not vocabulary().is_a(named[0], "cancer"):
        return None
    words = stream.text[stream.lexemes[0].start : stream.lexemes[-1].end]
    arabic = any(each.isdecimal() and each != "0" for each in span.of(stream.text))
    if not named and (_OTHER_SCALES.search(words) or (arabic and not wanted.letters)):
        return None  # "Stage 1:" may be the trial's own
    wanted.whole.discard(5)
    return Read(end, "marker", _node(stream, start, end, wanted))


def _node(stream: Stream, start: int, end: int, wanted: _Wanted) -> Tree:
    span = stream.span(start, end)
    parts: list[Tree] = []
    if wanted.whole:
        values = tuple(_STAGES[rank] for rank in sorted(wanted.whole))
        parts.append(OneOf(variable="stage", values=values, span=span))
    for rank in sorted(set(wanted.letters) - wanted.whole):
        of_rank = OneOf(variable="stage", values=(_STAGES[rank],), span=span)
        letters = tuple(letter for letter in _LETTERS if letter in wanted.letters[rank])
        lettered = OneOf(variable="stage-letter", values=letters, span=span)
        doubt = (Opaque(text=stream.words(span), span=span),) if wanted.finer else ()
        parts.append(All(children=(of_rank, lettered, *doubt), span=span))
    return parts[0] if len(parts) == 1 else Any_(children=tuple(parts), span=span)


STAGE = Family("stage", frozenset(("variable",)), read_stage, topics=frozenset(("stage",)))
