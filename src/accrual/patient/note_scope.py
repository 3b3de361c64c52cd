"""Which cues of a sentence govern which of its names: what is denied, doubtful, past, planned, another person's.

Comes in: a sentence, and where things are named in it. Goes out: one `Standing` for each name. Refuses nothing.

One pass from left to right with the cues that stand before, one from right to left with those that stand after; of
two cues that speak of the same, the nearer counts. A list carries a cue on; "but", a new verb after a comma, a
bracket that closes end it (`note_words` has every word, and the method's sources).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from accrual.patient.note_words import OTHERS, RELATIVES, Cue, cues_in


class Name(msgspec.Struct, frozen=True, gc=False):
    """A place where a sentence names a thing: offsets into the sentence. `is_therapy`: a drug or a procedure."""

    start: int
    end: int
    is_therapy: bool = False
    is_open: bool = False
    """The words inside may be cues for what follows: "doesn't smoke or use drugs"."""


class Standing(msgspec.Struct, frozen=True):
    """How a named thing stands to the patient, by the cues alone; an empty word where no cue spoke."""

    truth: str = ""
    """denied, doubtful, unclear"""
    time: str = ""
    """past, over"""
    whom: str = ""
    """family, other"""
    therapy: str = ""
    """taking, given, stopped, not-taken, planned, unclear"""
    relation: str = ""
    """allergy, intolerance, at-risk"""
    first: int = 0
    """Where the furthest governing cue before the name begins, or the name itself."""
    last: int = 0
    """Where the furthest governing cue behind the name ends, or the name itself."""


class _Event(msgspec.Struct, frozen=True, gc=False):
    start: int
    end: int
    what: str  # cue, name, comma, and, open, close, stop, patient
    cues: tuple[Cue, ...] = ()
    index: int = -1


_MARKS = re.compile(r"[,;:()\[\]/?]|\band\b|\bor\b|&", re.IGNORECASE)
_KIN_HAS = re.compile(
    rf"\b(?:(?P<kin>(?:{RELATIVES})s?)|(?P<other>(?:{OTHERS})s?))\b(?:,? \w+){{0,4}}?,? (?:has|had|have|with"
    rf"|died (?:of|from|at)|"
    r"dying of|diagnosed with|suffers from|suffered from|suffered|developed|is positive for|underwent"
    r"|passed away (?:of|from|with))\b"
    r"(?! (?:also |recently |since |never )?(?:been )?(?:noted|noticed|reported|brought|observed|seen|concerns?"
    r"|called|said|stated)\b)",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"\b(?:reports?|reported|states?|stated|says?|said|notes?|noted|notices?|noticed|denies|denied|brought"
    r"|brings|describes?|"
    r"thinks?|thought|recalls?|mentions?|mentioned|gives?|gave|was concerned|patient|pt|he|she|him"
    r"|her (?!mother|father))\b",
    re.IGNORECASE,
)
_IN_KIN = re.compile(
    rf"(?:\b(?:in|for|of) )?(?:(?:his|her|my|the|their|a|both|one|two|maternal|paternal|older|younger|and) ){{1,3}}"
    rf"(?:maternal |paternal |older |younger |first degree )?(?:{RELATIVES})s?\b|"
    rf"\((?:(?:his|her|my|maternal|paternal|in) )*(?:{RELATIVES})s?\b|[-:] ?(?:{RELATIVES})s?\b"
    rf"|\bin (?:{RELATIVES})s?\b",
    re.IGNORECASE,
)
_COLON_KIN = re.compile(rf"(?:^|[,;] ?)(?P<kin>(?:{RELATIVES})s?) ?(?:[:\-(]|died)", re.IGNORECASE)
_LONG = re.compile(r"\b(?:days?|weeks?|months?|years?|yrs?|hours?)[ -]+$", re.IGNORECASE)
_ALONE = re.compile(r"\s*(?:and|or|/|&)\s*", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:and|or|/|&|and/or|,\s*(?:and|or)?)\s*(?:an?|the|his|her)?\s*", re.IGNORECASE)
_TOWARDS = re.compile(
    r"\b(?:to|for|by|because|due|during)\b", re.IGNORECASE
)  # "was not beneficial to his pain"
_FEW_WORDS = 30  # characters from "was not" to what it denies: "has not had any episodes of"
_NEAR = (
    60  # characters between a name and a cue that stands behind it: "X, Y and Z were, at that time, absent"
)
_FAMILY = Cue("whom", "family")
_OTHER = Cue("whom", "other")
_FAMILY_BEFORE = Cue("whom", "family", "before")


def standings(
    text: str, names: Sequence[Name], pronouns: str, kept: Sequence[tuple[int, int]] = ()
) -> list[Standing]:
    """Return how each of `names`, which stand in the order of the sentence `text`, bears on the patient.

    Args:
        pronouns: the patient's own, as a pattern ("he|his"): after "but" or a comma they end what is said of others.
        kept: places whose words are no cues, because they are part of a longer phrase ("not well controlled").

    Example:
        >>> [one.truth for one in standings("denies fever or cough but has pain", [Name(7, 12), Name(16, 21)], "")]
        ['denied', 'denied']
    """
    events = _events(text, names, pronouns, kept)
    found: list[dict[str, Cue]] = [{} for _ in names]
    first = [name.start for name in names]
    last = [name.end for name in names]
    _forward(text, events, names, found, first)
    _backward(text, events, names, found, last)
    return [
        Standing(
            truth=_kind(cues, "truth"),
            time=_kind(cues, "time"),
            whom=_kind(cues, "whom"),
            therapy=_kind(cues, "therapy"),
            relation=_kind(cues, "relation"),
            first=first[at],
            last=last[at],
        )
        for at, cues in enumerate(found)
    ]


def _kind(cues: dict[str, Cue], axis: str) -> str:
    return cues[axis].kind if axis in cues else ""


def _events(text: str, names: Sequence[Name], pronouns: str, kept: Sequence[tuple[int, int]]) -> list[_Event]:
    events = [_Event(name.start, name.end, "name", index=at) for at, name in enumerate(names)]
    taken = sorted((*((name.start, name.end) for name in names if not name.is_open), *kept))
    for start, end, cues in cues_in(text):
        if "history" in text[start:end].lower() and _LONG.search(text, max(0, start - 24), start):
            continue  # "a 5 year history of" tells how long, not that it is over
        if not _overlaps(taken, start, end):
            events.append(_Event(start, end, "cue", cues))
    for found in _MARKS.finditer(text):
        sign = found.group().lower()
        what = {
            ",": "comma",
            ";": "stop",
            "(": "open",
            "[": "open",
            ")": "close",
            "]": "close",
            "?": "query",
        }.get(sign, "and")
        if sign not in (":", "/"):
            events.append(_Event(found.start(), found.end(), what))
    for kin in _KIN_HAS.finditer(text):
        if not _REPORTS.search(text, kin.start() + len(kin.group("kin") or kin.group("other")), kin.end()):
            events.append(_Event(kin.start(), kin.end(), "cue", (_FAMILY if kin.group("kin") else _OTHER,)))
    for kin in _COLON_KIN.finditer(text):
        events.append(_Event(kin.start("kin"), kin.end(), "cue", (_FAMILY,)))
    for kin in _IN_KIN.finditer(text):
        if kin.group()[0] in "(-:" or kin.group().lower().startswith(("in ", "for ", "of ")):
            events.append(_Event(kin.start(), kin.end(), "cue", (_FAMILY_BEFORE,)))
    if pronouns:
        for own in re.finditer(rf"\b(?:{pronouns}|the patient|patient|pt|i)\b(?!'s)", text, re.IGNORECASE):
            events.append(_Event(own.start(), own.end(), "patient"))
    events.sort(key=lambda event: (event.start, -event.end))
    return events


def _overlaps(taken: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    import bisect

    at = bisect.bisect_left(taken, (start, -1))
    return (at < len(taken) and taken[at][0] < end) or (at > 0 and taken[at - 1][1] > start)


class _Active(msgspec.Struct):
    cue: Cue
    start: int
    end: int
    depth: int
    parted: bool = False
    """A comma or "and" has come since."""
    reached: int = -1
    """Where the last name that it governs ends."""
    under: _Active | None = None
    """The cue that governs again when this one, of the next thing alone, is done."""


def _forward(
    text: str, events: Sequence[_Event], names: Sequence[Name], found: list[dict[str, Cue]], first: list[int]
) -> None:
    active: dict[str, _Active] = {}
    depth = 0
    masked = 0
    for event in events:
        if event.what == "name":
            name = names[event.index]
            for axis, one in tuple(active.items()):
                if axis == "therapy" and not name.is_therapy:
                    continue
                if (
                    one.cue.reach == "next"
                    and one.reached >= 0
                    and not _ALONE.fullmatch(text, one.reached, event.start)
                ):
                    if one.under is None:
                        del active[axis]
                        continue
                    active[axis] = one = one.under
                if (
                    one.cue.reach == "near"
                    and one.reached < 0
                    and _is_far(text, one.end, event.start, active)
                ):
                    one.cue = Cue(one.cue.axis, "unclear")
                found[event.index][axis] = one.cue
                one.reached = event.end
                if one.depth == depth:
                    first[event.index] = min(first[event.index], one.start)
        elif event.what == "comma" or event.what == "and":
            for axis, one in tuple(active.items()):
                one.parted = True
                if event.what == "comma" and one.cue.reach == "next" and one.reached < 0:
                    del active[axis]
        elif event.what == "stop":
            active.clear()
        elif event.what == "open":
            depth += 1
        elif event.what == "close":
            for axis in [axis for axis, one in active.items() if one.depth >= depth > 0]:
                del active[axis]
            depth = max(0, depth - 1)
        elif event.what == "patient":
            if "whom" in active and active["whom"].parted:
                del active["whom"]
        elif event.what == "cue" and event.start >= masked:
            masked = _heard(event, active, depth) or masked


def _is_far(text: str, start: int, end: int, active: dict[str, _Active]) -> bool:
    """Say whether so much stands between "not" and a name that it is not the name that is denied."""
    return end - start > _FEW_WORDS or (
        "relation" not in active and _TOWARDS.search(text, start, end) is not None
    )


def _heard(event: _Event, active: dict[str, _Active], depth: int) -> int:
    """Take one cue up; return where its phrase ends when it is a phrase that hides the cues inside it."""
    for cue in event.cues:
        if cue.side == "before":
            continue
        if cue.axis == "none":
            return event.end
        if cue.axis == "end":
            for axis in [axis for axis, one in active.items() if one.depth >= depth or axis != "whom"]:
                if axis != "whom" or active[axis].parted or active[axis].reached >= 0:
                    del active[axis]
        elif cue.axis == "verb":
            for axis in [
                axis for axis, one in active.items() if one.parted and axis not in ("whom", "relation")
            ]:
                del active[axis]
        elif cue.axis == "such":
            if "truth" in active and active["truth"].cue.kind == "unclear":
                one = active["truth"]
                active["truth"] = _Active(Cue("truth", "denied"), one.start, event.end, depth)
        else:
            held = active.get(cue.axis)
            denial_of_it = cue.axis == "truth" and held is not None and held.end + 2 >= event.start
            if not (denial_of_it and held is not None and held.cue.kind == "denied"):
                under = (
                    held if cue.reach == "next" and held is not None and held.cue.reach != "next" else None
                )
                active[cue.axis] = _Active(cue, event.start, event.end, depth, under=under)
            if cue.axis == "therapy":
                active.pop("time", None) if cue.kind in ("taking", "planned") else None
            if cue.axis == "truth":
                # "without, on metformin": what was said of therapy before a denial does not go on behind it.
                active.pop("therapy", None)
    return 0


def _backward(
    text: str, events: Sequence[_Event], names: Sequence[Name], found: list[dict[str, Cue]], last: list[int]
) -> None:
    active: dict[str, _Active] = {}
    for event in reversed(events):
        if event.what == "name":
            name = names[event.index]
            for axis, one in tuple(active.items()):
                near = one.reached if one.reached >= 0 else one.start
                if axis == "therapy" and not name.is_therapy:
                    continue
                if axis == "truth" and name.is_therapy and "negative" in text[one.start : one.end].lower():
                    del active[axis]  # "the biopsy was negative": it was done
                    continue
                if one.reached >= 0 and (one.cue.reach == "next" or not _is_joint(text, event.end, near)):
                    del active[axis]
                    continue
                if near - event.end > _NEAR:
                    del active[axis]
                    continue
                said = found[event.index].get(axis) if axis == "truth" else None
                if said is None or (said.kind == "doubtful" and one.cue.kind == "denied"):
                    found[event.index][axis] = one.cue
                last[event.index] = max(last[event.index], one.end)
                one.reached = event.start
        elif event.what in ("stop", "query"):
            active.clear()
            if event.what == "query":
                active["truth"] = _Active(
                    Cue("truth", "doubtful", "before", "next"), event.start, event.end, 0
                )
        elif event.what == "comma":
            for axis in [axis for axis, one in active.items() if one.reached < 0 and axis == "truth"]:
                del active[axis]
        elif event.what == "cue":
            if any(cue.axis == "end" for cue in event.cues):
                active.clear()
            for cue in event.cues:
                if cue.side == "before":
                    active[cue.axis] = _Active(cue, event.start, event.end, 0)


def _is_joint(text: str, start: int, end: int) -> bool:
    """Say whether nothing but a comma, "and" or "or" parts two names."""
    return end - start < 24 and _JOINED.fullmatch(text, start, end) is not None
