"""Taking part in another trial: "currently enrolled in another trial", "participated in a study within 30 days".

Comes in: a stretch of small words around a study. Goes out: `OneOf` of yes. Refuses what is planned, and having taken
part in a trial at no stated time.
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import HAS_TRIAL, TRIALS, Family, Read, Stream
from accrual.criteria.phrases.time import read_time
from accrual.criteria.tree import OneOf
from accrual.criteria.words import word_set

_TAKING_PART = word_set(
    "participation participating participate participates enrolled enrollment enrolment enrolling "
    "involved inclusion included taking part participated"
)
_THEN = word_set("participated previous previously prior had past was were recent recently")
_TRIAL = word_set(
    "participation participating participate participates enrolled enrollment enrolment enrolling "
    "involved inclusion included taking part participated previous previously prior had past recent "
    "recently simultaneous simultaneously concurrent concurrently concomitant concomitantly current "
    "currently active actively in into any the a an is are has have been being of who that with at same "
    "time clinical interventional investigational experimental research therapeutic drug device study "
    "studies trial trials another other additional different simultaneously patient patients subject "
    "subjects participant participants medical pharmaceutical product or this same present"
)
_ELSE = word_set(
    "another other any a additional different clinical investigational interventional trials studies"
)
_OWN = word_set("this same present")
_FUTURE = frozenset(("during", "while", "throughout", "until", "after"))
MAX_WORDS = 24


def read_agreement(stream: Stream, at: int) -> Read | None:
    """Read one claim about another trial."""
    if not stream.experimental:
        return None
    words: list[str] = []
    step = end = at
    while step < len(stream) and step - at < MAX_WORDS:
        variable = stream.lexemes[step].variable
        parts = stream.low_at(step).replace("/", " ").split()
        named = variable is not None and variable.id == "other-trial"
        if not named and stream.kind_at(step) != "slash" and not all(part in _TRIAL for part in parts):
            break
        words.extend(parts)
        step += 1
        if parts and (named or parts[-1] in TRIALS):
            end = step
    told = words[: sum(len(stream.low_at(each).replace("/", " ").split()) for each in range(at, end))]
    if end == at or _TAKING_PART.isdisjoint(told) or _ELSE.isdisjoint(told) or not _OWN.isdisjoint(told):
        return None
    if stream.low_at(end) in _FUTURE:
        return None
    if not _THEN.isdisjoint(told) and not _window_follows(stream, end):
        return None  # once, at no stated time: the variable is of now and lately
    if _window_is_far(stream, end):
        return None  # "in a trial of a device within 6 months": who is in none today may have been
    node = OneOf(variable="other-trial", values=("yes",), span=stream.span(at, end))
    return Read(end, "marker", node)


def _window_follows(stream: Stream, at: int) -> bool:
    if stream.kind_at(at) == "open":
        at += 1
    return at < len(stream) and read_time(stream, at) is not None


def _window_is_far(stream: Stream, at: int) -> bool:
    """Say whether a time stands behind words that tell which trial."""
    if _window_follows(stream, at):
        return False
    stops = {"comma", "semi"}
    if stream.kind_at(at) not in ("prep", "link", "receive"):  # "of a drug or device" goes on about the trial
        stops |= {"or", "and", "slash"}
    while at < len(stream) and stream.kind_at(at) not in stops:
        if stream.kind_at(at) in ("within", "ago"):
            return True
        at += 1
    return False


AGREEMENT = Family(
    "agreement",
    frozenset(
        (
            "word",
            "shift",
            "relation",
            "drop",
            "other",
            "variable",
            "not",
            "link",
            "prep",
            "history",
            "loose",
            "receive",
            "qualifier",
        )
    ),
    read_agreement,
    needs=HAS_TRIAL,
)
