"""Exclusions about other trials and what is tested in them, read word by word: "has participated in a study of an
investigational agent within 30 days or plans to take part in one".

Comes in: the `Stream` of an exclusion that speaks of a trial or an investigational drug, and is not wholly understood
otherwise. Goes out: each way out with its window, `Any_` of them; what is planned, or would happen during this study,
stays Opaque beside them. Refuses (None) a clause with a word of no table, this very trial, a part taken at no stated
time, and a window that does not end now.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import vocabulary
from accrual.codes.wording import code_of
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.phrases.time import read_time
from accrual.criteria.spans import spread_over
from accrual.criteria.tree import Any_, OneOf, Opaque, Present, Tree, Window, Within
from accrual.criteria.words import word_set

INVESTIGATIONAL = "investigational-drug"
INVESTIGATIONAL_DEVICE = "investigational-device"
_TAKING_PART = word_set(
    "participation participating participate participates participated enrolled enrollment enrolment "
    "enrolling "
    "enroll involved involvement part included inclusion entered entry"
)
_TOOK_PART = word_set(
    "participated took entered had been was were prior previous previously past recent recently"
)
_USING = word_set(
    "use used using uses receipt received receiving receive receives treatment treated administration "
    "administered "
    "exposure exposed taken taking takes took dosed therapy"
)
_TRIALS = word_set("trial trials study studies")
_TESTED = word_set("investigational experimental unapproved unlicensed unlicenced non-approved unregistered")
_THINGS = word_set(
    "drug drugs agent agents product products device devices medication medications medicine medicines "
    "compound "
    "compounds biologic biologics therapy therapies treatment treatments vaccine vaccines substance "
    "substances "
    "intervention interventions procedure procedures imp"
)
_DEVICES = word_set("device devices procedure procedures")
_NOUNS = _THINGS | _TRIALS
_THE = frozenset(("the", "this", "current", "present", "study"))
_NOW = word_set(
    "currently current concurrent concurrently simultaneous simultaneously concomitant concomitantly "
    "presently receiving taking"
)
_PLANNED = word_set(
    "planned planning plan plans anticipated anticipate anticipates anticipating intend intends intending "
    "intention intended "
    "likely expected scheduled will would future"
)
_AHEAD = word_set("during while throughout")
_ELSE = word_set(
    "another other any a an different additional separate investigational clinical interventional "
    "experimental studies trials"
)
_OWN = word_set("this same present")
_FILL = word_set(
    "regimen regimens months preceding exposed "
    "a an the any all other another different additional separate in into to with of on at time by for "
    "from who that which is "
    "are has have had been being was were subject subjects patient patients participant participants "
    "volunteer volunteers "
    "individual individuals person persons clinical interventional therapeutic medical medicinal "
    "pharmaceutical drug device "
    "active actively involving involved involves evaluating testing where their his her either and/or "
    "biological research "
    "non-marketed marketed chemical entity new than this same present course period whichever longer is "
    "phase either "
    "already also they he she taken took as part related unrelated within part blinded enrolled taking "
    "prior previous "
    "previously past recent recently interventions intervention i ii iii iv type kind form most it "
    "including not-yet-approved"
)
_KNOWN = _FILL | _TAKING_PART | _USING | _TRIALS | _TESTED | _THINGS | _NOW | _PLANNED | _AHEAD
_HEADS = _TAKING_PART | _USING | _PLANNED | _NOW | _AHEAD
_JOINERS = frozenset(("or", "and", "comma", "slash"))
_SILENT = frozenset(("comma", "slash", "open", "close", "dash"))
_LOOKED_AT = 5  # words in which an alternative shows its head
MAX_LEXEMES = 60


class _Way(msgspec.Struct):
    """One way out: its words, where they stand, and its windows."""

    words: list[str]
    first: int
    last: int
    windows: tuple[Window, ...] = ()
    closed: bool = False  # its window stands behind all that it names
    joined: str = ""  # the word between it and the way before it

    def has(self, table: frozenset[str]) -> bool:
        return not table.isdisjoint(self.words)

    def named(self) -> bool:
        return self.has(_TRIALS) or (self.has(_TESTED) and self.has(_THINGS))


def read_trials(stream: Stream) -> Tree | None:
    """Return the tree of an exclusion about other trials, None where a word of it is not known."""
    if stream.kind != "exclusion" or len(stream) > MAX_LEXEMES:
        return None
    ways = _ways(stream)
    if not ways or sum(way.joined == "and" for way in ways) not in (0, len(ways) - 1):
        return None
    out: list[Tree] = []
    last: tuple[Window, ...] = ()
    for way in reversed(ways):
        span = stream.span(way.first, way.last)
        if _to_come(way):
            out.append(Opaque(text=stream.words(span), span=span))
            continue
        last = way.windows or last
        claim = _claim(way, span)
        both = way.has(_NOW) and way.has(_TOOK_PART)  # "is or has been in another trial"
        windows = way.windows or (last if both or not way.has(_NOW) else ())
        if claim is None or (not windows and not _goes_on(way)):
            return None
        out += [Within(child=claim, window=window, span=span) for window in reversed(windows)]
        if not windows or (both and not way.windows):
            out.append(claim)
    if all(isinstance(tree, Opaque) for tree in out):
        return None
    out.reverse()
    whole = stream.span(0, len(stream))
    if any(way.joined == "and" and not _to_come(way) for way in ways):
        # "Took part in a trial and received a drug": both, or either of them.
        return spread_over(either_way(tuple(out), Opaque(text="and", span=whole), whole), whole)
    node = out[0] if len(out) == 1 else Any_(children=tuple(out), span=whole)
    return spread_over(node, whole)


def _to_come(way: _Way) -> bool:
    return way.has(_PLANNED) or (way.has(_AHEAD) and not way.windows)


def _ways(stream: Stream) -> list[_Way]:
    """The alternatives of the clause; none where a word is not known."""
    ways = [_Way([], 0, 0)]
    at = 0
    while at < len(stream):
        way = ways[-1]
        read = read_time(stream, at) if stream.kinds[at] not in _SILENT else None
        if read is not None and read.window is not None:
            windows = (read.window,) if read.also is None else (read.window, read.also)
            if way.windows or any(each.direction != "before" or each.distance.low for each in windows):
                return []
            way.closed = way.named()
            way.windows, way.last, at = windows, read.end, read.end
            continue
        kind = stream.kinds[at]
        if kind in _JOINERS and (way.named() or way.windows) and _begins(stream, at + 1):
            ways.append(_Way([], at + 1, at + 1, joined=kind))
        elif kind not in _SILENT and kind not in ("or", "and"):
            words = stream.low_at(at).replace("/", " ").split()
            if not all(word in _KNOWN for word in words):
                return []
            for word in words:
                if way.closed and word in _NOUNS and way.words[-1] not in _THE:
                    return []  # one more thing behind the window of the first; not "dosing in this study"
                way.words.append(word)
            way.last = at + 1
        at += 1
    return ways if all(way.words for way in ways) else []


def _begins(stream: Stream, at: int) -> bool:
    """Say whether an alternative with a head of its own begins: "or participation in", not "or device"."""
    if read_time(stream, at) is not None:
        return False  # "at the same time, or within two weeks"
    for step in range(at, min(len(stream), at + _LOOKED_AT)):
        words = stream.low_at(step).replace("/", " ").split()
        if any(word in _HEADS for word in words):
            return True
        if any(word in _THINGS | _TRIALS for word in words):
            return False
    return False


def _claim(way: _Way, span: Span) -> Tree | None:
    taking = next((at for at, word in enumerate(way.words) if word in _TAKING_PART), len(way.words))
    using = next((at for at, word in enumerate(way.words) if word in _USING), len(way.words))
    if way.has(_TRIALS) and taking <= using:
        own = way.has(_OWN) and "than" not in way.words and not ("same" in way.words and "time" in way.words)
        if own or not way.has(_ELSE) or taking == len(way.words):
            return None
        return OneOf(variable="other-trial", values=("yes",), span=span)
    if not (way.has(_TESTED) and way.has(_THINGS)):
        return None
    device = not way.has(_THINGS - _DEVICES)
    concept = vocabulary().concepts.get(INVESTIGATIONAL_DEVICE if device else INVESTIGATIONAL)
    return None if concept is None else Present(concept=code_of(concept), span=span)


def _goes_on(way: _Way) -> bool:
    """Say whether a way out without a time is one of now: taking part, receiving."""
    return way.has(_NOW) or not way.has(
        _TOOK_PART | frozenset(("received", "treated", "used", "taken", "exposed"))
    )
