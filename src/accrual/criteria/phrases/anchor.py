"""Moments that time is counted from: "the first dose of study drug", "signing of consent", "the last chemotherapy".

Comes in: the lexemes after "before", "of", "since". Goes out: where the name of the moment ends, and the anchor it is
folded to (`tree.Window.anchor`). Refuses (None) a name that is neither the trial's nor one of the patient's known
moments, and one that goes on with words of which it is not clear what they change ("first dose of chemotherapy").
"""

from __future__ import annotations

from functools import cache

from accrual.criteria.amount_words import ANCHORS
from accrual.criteria.anchor_words import (
    FILLING,
    HEADS,
    LAST_OF,
    OWN_HEADS,
    PATIENTS_OWN,
    TRAILING,
    TRIALS_OWN,
)
from accrual.criteria.phrases.stream import Stream

TRIAL_ANCHORS = frozenset(("screening", "enrollment", "treatment", "randomization"))
"""The moments of the trial; all others lie on the patient's side, and "within" may lie on both sides of them."""

MAX_ANCHOR_LEXEMES = 16
_ENDS = frozenset(("", "comma", "semi", "dot", "close", "or", "and", "colon"))
_LETTERED = frozenset(("visit", "part", "phase", "period"))
_COUNTED = frozenset(("visit", "day", "cycle", "week", "phase", "period", "part", "step", "dose"))
# After these a name may say which drug the trial gives: "first dose of", "start of treatment with".
_GIVES = frozenset(
    ("dose", "administration", "infusion", "injection", "treatment", "intake", "therapy", "start")
)
_OPENS = frozenset(("first", "start", "starting", "initiation", "initial", "beginning", "initiating"))


@cache
def _fixed() -> dict[str, str]:
    """The names that are written out in a table, for the trial's moments and for the patient's."""
    found = {phrase.strip(): anchor for anchor, group in ANCHORS.items() for phrase in group.split("|")}
    for anchor, group in OWN_HEADS.items():
        found.update((phrase.strip(), anchor) for phrase in group.split("|"))
    return {**{f"the {phrase}": anchor for phrase, anchor in found.items()}, **found}


@cache
def _last_of() -> dict[str, str]:
    return {
        phrase.strip(): f"last-{anchor}" for anchor, group in LAST_OF.items() for phrase in group.split("|")
    }


@cache
def _heads() -> dict[str, tuple[int, str]]:
    return {
        word: (rank, anchor) for rank, (anchor, group) in enumerate(HEADS.items()) for word in group.split()
    }


def read_anchor(stream: Stream, at: int) -> tuple[int, str] | None:
    """Return where the name of a moment that begins at lexeme `at` ends, and its anchor."""
    own = _own(stream, at)
    if own is not None:
        return own
    found = _trial(stream, at) or _written(stream, at)
    if found is None:
        return None
    end, anchor = found
    end = _bracket(stream, end)
    if anchor in TRIAL_ANCHORS:
        end = _again(stream, end)
    return end, anchor


def _written(stream: Stream, at: int) -> tuple[int, str] | None:
    """The longest written-out name at lexeme `at`."""
    for to in range(min(len(stream), at + 10), at, -1):
        span = stream.span(at, to)
        if span.end - span.start > 80:
            continue
        anchor = _fixed().get(" ".join(span.of(stream.text).lower().replace("-", " ").split()))
        if anchor is not None:
            return (
                (to, anchor) if stream.low_at(to) not in ("of", "for", "with") or _dated(stream, to) else None
            )
    return None


def _dated(stream: Stream, at: int) -> bool:
    """ "surgery of the study": goes on with the trial."""
    return stream.low_at(at + 1) in ("the study", "this study", "study", "the trial", "trial")


def _words(stream: Stream, at: int) -> list[str]:
    return stream.low_at(at).replace("/", " ").split()


def _trial(stream: Stream, at: int) -> tuple[int, str] | None:
    """A run of words of which one is the head; it ends behind the last head."""
    heads = _heads()
    seen: set[str] = set()
    best: tuple[int, str] | None = None
    rank = 99
    end = 0
    limit = min(len(stream), at + MAX_ANCHOR_LEXEMES)
    while at < limit:
        kind = stream.kind_at(at)
        words = _words(stream, at)
        if kind in ("number", "unit"):
            if not end or end != at or not seen & _COUNTED:
                break
            end = at = at + 1
            continue
        if kind in ("dash", "comma", "slash") and end == at and best is not None:
            follows = stream.kind_at(at + 1)
            if (kind == "dash" and follows == "number") or (
                kind in ("comma", "slash")
                and stream.low_at(at + 1) in ("day", "baseline", "randomization", "day 1")
            ):
                end = at = at + 1
                continue
            break
        if end == at and seen & _LETTERED and len(words) == 1 and len(words[0]) == 1 and words[0].isalpha():
            end = at = at + 1  # "visit A"
            continue
        if not words or not all(word in heads or word in FILLING for word in words):
            break
        if end == at and all(word in TRAILING for word in words):
            end = at + 1
        for word in words:
            found = heads.get(word)
            if found is None:
                continue
            end = at + 1
            if found[0] < rank:
                rank, best = found[0], (found[0], found[1])
        seen.update(words)
        at += 1
    if best is None:
        return None
    anchor = best[1]
    if anchor == "treatment" and not seen & TRIALS_OWN:
        return None
    if stream.low_at(end) in ("of", "with", "for"):
        drug = _drug(stream, end + 1) if seen & _OPENS and seen & _GIVES else None
        return None if drug is None else (drug, anchor)
    return end, anchor


def _drug(stream: Stream, at: int) -> int | None:
    """ "the first dose of pembrolizumab": the name up to the end of the clause's part."""
    for step in range(at, at + 4):
        if stream.kind_at(step) in _ENDS:
            return step if step > at else None
        if stream.kind_at(step) not in ("concept", "word", "drop", "number"):
            return None
    return None


def _own(stream: Stream, at: int) -> tuple[int, str] | None:
    """ "the last dose of chemotherapy", "completion of radiotherapy": an event that lies behind the patient."""
    last = False
    first = at
    while at - first < 8 and at < len(stream):
        words = _words(stream, at)
        if any(word in PATIENTS_OWN for word in words) and all(
            word in PATIENTS_OWN or word in FILLING for word in words
        ):
            last = True
        elif not words or not all(
            word in ("the", "of", "their", "any", "a", "his", "her", "date") for word in words
        ):
            break
        at += 1
    if not last:
        return None
    found: tuple[int, str] | None = None
    names = _last_of()
    for to in range(min(len(stream), at + 4), at, -1):
        anchor = names.get(" ".join(stream.span(at, to).of(stream.text).lower().replace("-", " ").split()))
        if anchor is not None:
            found = to, anchor
            break
    if found is None:
        return None
    if stream.low_at(found[0]) in ("of", "with", "for"):
        return _last_drug(stream, found[0] + 1)
    return found


def _last_drug(stream: Stream, at: int) -> tuple[int, str] | None:
    """ "the last dose of chemotherapy": which treatment it was, where the table has it."""
    while stream.low_at(at) in ("the", "any", "prior", "previous", "a", "their"):
        at += 1
    concept = stream.lexemes[at].concept if at < len(stream) else None
    if concept is None or concept.kind == "condition" or stream.kind_at(at + 1) not in _ENDS:
        return None
    return at + 1, _last_of().get(concept.name, "last-treatment")


def _bracket(stream: Stream, at: int) -> int:
    """ "baseline (Day 1)": a bracket that names the moment again."""
    if stream.kind_at(at) != "open":
        return at
    step = at + 1
    named = False
    while step < at + 8 and stream.kind_at(step) != "close":
        words = _words(stream, step)
        head = any(word in _heads() for word in words)
        if (
            not head
            and stream.kind_at(step) not in ("number", "dash", "comma", "slash")
            and not all(word in FILLING for word in words)
        ):
            return at
        named = named or head
        step += 1
    return step + 1 if named and stream.kind_at(step) == "close" else at


def _again(stream: Stream, at: int) -> int:
    """ "screening or randomization": two moments of the trial, which count as one day."""
    if stream.kind_at(at) not in ("or", "slash"):
        return at
    found = _trial(stream, at + 1)
    return found[0] if found is not None and stream.kind_at(found[0]) in _ENDS - {"or", "and"} else at


def moment(stream: Stream, at: int) -> int | None:
    """ "at the time of signing informed consent": where it ends, if it only names one of the trial's moments."""
    if stream.low_at(at) not in ("at", "on", "upon", "at the", "at time of", "by"):
        return None
    at += 1
    while stream.low_at(at) in ("the", "time", "day", "date", "of", "moment", "point", "a"):
        at += 1
    found = read_anchor(stream, at)
    return None if found is None or found[1] not in TRIAL_ANCHORS else found[0]
