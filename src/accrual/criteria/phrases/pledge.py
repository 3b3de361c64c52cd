"""Promises and abilities that every trial asks for: consent, keeping to the study plan, understanding, a language,
swallowing pills: "willing and able to comply with visits and give informed consent", "unable to read English".

Comes in: a stretch of words that all stand in `pledge_words`. Goes out: `OneOf` of each thing asked, joined; words
after the stretch stay beside it as Opaque, for what a person would do ("and undergo a biopsy") is no claim that
it was done. Refuses (None) a stretch that asks for nothing known, one that both asks and refuses, and words
that may loosen it.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import msgspec

from accrual.codes.variables import variables
from accrual.criteria.phrases.pledge_words import (
    ABLE,
    CONSENT,
    DOING,
    HARMLESS,
    ILLITERATE,
    KEEPING,
    LACKING,
    MODALS,
    OBJECTS,
    PLAN,
    READING,
    SPEAKING,
    SWALLOWED,
    SWALLOWING,
    TAKING_PART,
    UNABLE,
    UNDERSTANDING,
    UNDERSTOOD,
    UNWILLING,
    WILLING,
)
from accrual.criteria.phrases.stream import HAS_PLEDGE, Family, Read, Stream
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Tree

PLEDGES = frozenset(("consent", "agrees-to-treatment-plan"))
_LOOSENING = frozenset(("loose", "unless", "except", "excluded", "example", "include"))
_JOINING = frozenset(("and", "or", "comma", "slash"))
_SIGNS = frozenset(("comma", "slash", "open", "close", "dash", "colon"))
# Kinds that begin a claim of another family after "and".
_OTHERS = frozenset(("sex", "adult", "child", "number", "op"))
# These never say what the person does or agrees to.
_FORBIDDING = frozenset(("withdraw", "withdrawal", "withdrawn", "withdrew", "history"))
_TAKING = frozenset(("take", "taking", "receive", "receiving", "tolerate"))
# "At the time of informed consent", "the age of consent" ask for none.
_TIMES = frozenset(("time", "age", "aged", "date", "day", "since", "until"))
_PERSONS = (
    "parent",
    "guardian",
    "legal",
    "their",
    "caregiver",
    "representative",
    "family",
    "a parent",
    "the parent",
)
_VISITED = frozenset(
    ("visit", "visits", "procedures", "assessments", "evaluations", "tests", "sessions", "requirements")
)
MAX_WORDS = 120
_DOING = MODALS | PLAN | frozenset(("follow", "complete", "undergo"))


class _Stretch(msgspec.Struct):
    """What the words so far ask for: each topic with where it was first named."""

    topics: dict[str, int]
    languages: list[str]
    asked: bool = False
    refused: bool = False
    willing: bool = False
    unwilling: bool = False
    able: bool = False
    keeping: int = -1
    understanding: bool = False
    understood: bool = False
    speaking: bool = False
    last: str = ""
    barred: bool = False  # "no patients who …": what is refused after it is not refused
    denied: bool = False  # a negation that nothing joined to the next one
    doing: bool = False  # a verb that means keeping to the plan even beside a consent
    literate: bool = False
    joining: bool = False  # taking part is spoken of
    visiting: bool = False  # and of what: its visits, its tests


@cache
def _languages() -> frozenset[str]:
    return frozenset(variables()["language"].values)


def read_pledge(stream: Stream, at: int) -> Read | None:
    """Read one stretch of promises and abilities."""
    if not stream.pledging or _others(stream, at):
        return None
    stretch = _Stretch(topics={}, languages=[])
    duty = at > 0 and stream.kind_at(at - 1) == "must"
    stop = at
    depth = 0
    words: list[tuple[str, int]] = []
    while stop < len(stream) and len(words) < MAX_WORDS:
        lexeme = stream.lexemes[stop]
        kind = lexeme.kind
        if kind == "open":
            depth += 1
        elif kind == "close":
            if depth == 0:
                break
            depth -= 1
        if kind in _SIGNS:
            words.append((kind, stop))
            stretch.denied = stretch.denied and kind == "dash"
        elif lexeme.low in _FORBIDDING:
            return None
        elif kind in ("number", "unit") and words and words[-1][0] not in ("comma", "and", "or"):
            if not stretch.topics and kind == "number":
                break
            words.append(("", stop))
        else:
            parts = lexeme.low.replace("/", " ").split()
            if (
                not all(map(_known, parts))
                or (kind == "unless" and words)
                or (parts == ["without"] and words)
            ):
                break
            words.extend((part, stop) for part in parts)
            for part in parts:
                _take(stretch, part, len(words))
                stretch.last = part
        stop += 1
    if not words or any(part in _TIMES for part, _ in words[:4]):
        return None
    whole = stop >= len(stream) or stream.kind_at(stop) in ("close", "semi", "dot")
    _settle(stretch, duty, whole)
    if not stretch.topics or (stretch.asked and stretch.refused):
        return None
    end = stop
    if not whole:
        end = _cut(stream, at, stop) or _narrowed(stream, at, stop, stretch)
        if end <= at:
            return None
        if end < stop:
            again = _again(stream, at, end, duty)
            if again is None:
                return None
            stretch = again
    return _read(stream, at, end, stretch, words)


def _others(stream: Stream, at: int) -> bool:
    """ "Adult patient, parent or guardian able to consent": the adult is one of those who may, not a demand on age."""
    step = at
    while stream.kind_at(step) in ("subject", "drop"):
        step += 1
    if stream.kind_at(at - 1) in ("adult", "child") and at > 0 and stream.kind_at(step) in _JOINING:
        while stream.kind_at(step) in _JOINING or stream.kind_at(step) == "drop":
            step += 1
        if stream.low_at(step).startswith(_PERSONS):
            return True
    joined = False
    others = stream.low_at(at).startswith(_PERSONS)
    for before in range(at - 1, -1, -1):
        kind = stream.kind_at(before)
        if kind in ("adult", "child"):
            return joined and others
        if kind in _JOINING:
            joined = True
        elif stream.low_at(before).startswith(_PERSONS):
            others = True
        elif kind not in ("subject", "drop", "word", "loose", "shift", "not", "qualifier", "link", "prep"):
            return False
    return False


def _parts(low: str) -> list[str]:
    return low.replace("/", " ").replace("(", " ").replace(")", " ").split()


def _known(part: str) -> bool:
    return (
        part in HARMLESS
        or part in MODALS
        or part in LACKING
        or part in PLAN
        or part in KEEPING
        or part in CONSENT
        or part in SPEAKING
        or part in ILLITERATE
        or part in SWALLOWED
        or part in _languages()
    )


def _take(stretch: _Stretch, part: str, place: int) -> None:
    """Note what one word says."""
    seen = bool(stretch.topics) or stretch.keeping >= 0
    if part in UNWILLING or part in UNABLE or part in LACKING:
        if stretch.denied or stretch.barred:
            stretch.asked = stretch.refused = True  # "no inability": two negations
        stretch.denied = True
        stretch.barred = stretch.barred or part in ("no", "without")
    elif part in ("and", "or"):
        stretch.denied = False
    if part in UNWILLING:
        stretch.refused = stretch.unwilling = True
    elif part in UNABLE:
        stretch.refused = True
    elif part in LACKING:
        if not seen:
            stretch.refused = True
        else:
            stretch.asked = stretch.refused = True  # a second thought: unclear
    elif part in WILLING:
        stretch.willing = True
    elif part in ABLE:
        stretch.able = True
    if part in CONSENT:
        stretch.topics.setdefault("consent", place)
    elif part in PLAN:
        stretch.topics.setdefault("agrees-to-treatment-plan", place)
    elif (
        part in SWALLOWING
        or (part == "oral" and stretch.last in _TAKING)
        or (
            part == "orally" and stretch.last in SWALLOWED  # "unable to take drugs orally"
        )
    ):
        stretch.topics.setdefault("swallows-pills", place)
    elif part in _languages():
        stretch.languages.append(part)
        stretch.topics.setdefault("language", place)
    if part in UNDERSTANDING:
        stretch.understanding = True
    elif part in UNDERSTOOD and stretch.understanding:
        stretch.understood = True
    if part in SPEAKING:
        stretch.speaking = True
        stretch.literate = stretch.literate or part in READING
    if part in TAKING_PART:
        stretch.joining = True
    elif stretch.joining and part in _VISITED:
        stretch.visiting = True
    if part in DOING:
        stretch.doing = True
    elif part == "up" and stretch.last == "follow":
        stretch.doing = False
    if part in ILLITERATE:
        stretch.refused = stretch.literate = True
        stretch.topics.setdefault("literacy", place)
    if part in OBJECTS and stretch.doing and "consent" in stretch.topics:
        stretch.topics.setdefault("agrees-to-treatment-plan", place)
    if part in KEEPING and stretch.keeping < 0:
        stretch.keeping = place
    if part in OBJECTS and 0 <= stretch.keeping < place and "agrees-to-treatment-plan" not in stretch.topics:
        stretch.topics["object"] = place


def _settle(stretch: _Stretch, duty: bool, whole: bool) -> None:
    """Say what the words together ask for."""
    topics = stretch.topics
    place = topics.pop("object", None)
    modal = stretch.willing or stretch.able or stretch.refused or duty
    if place is not None and modal and "consent" not in topics and "swallows-pills" not in topics:
        topics.setdefault("agrees-to-treatment-plan", place)
    if modal and stretch.literate and not topics.keys() & {"consent", "language"}:
        topics.setdefault("literacy", 0)
    if not topics and stretch.joining and modal:
        asked = (stretch.willing or stretch.unwilling) and not stretch.visiting
        topics["consent" if asked else "agrees-to-treatment-plan"] = 0
    if not topics and stretch.understanding and stretch.understood:
        topics["understands-study"] = 0
    if "language" in topics and not (stretch.speaking or stretch.understanding):
        topics.clear()
    if not topics and whole and stretch.unwilling:
        topics["consent"] = 0


def _cut(stream: Stream, at: int, stop: int) -> int:
    """The end of the last part of the stretch that is complete: before the joining word in front of what is unknown."""
    for step in range(stop - 1, at, -1):
        if stream.kind_at(step) in _JOINING or stream.kind_at(step) == "open":
            while step > at and stream.kind_at(step - 1) in _JOINING:
                step -= 1
            return step
    return 0


def _narrowed(stream: Stream, at: int, stop: int, stretch: _Stretch) -> int:
    """The end of the stretch before the preposition in front of what is unknown: "consent | before tumor biopsy"."""
    for step in range(stop - 1, at, -1):
        if stream.kind_at(step) in ("prep", "before", "after", "link", "within"):
            if (
                stretch.refused
                and stream.low_at(step).startswith(("with", "to"))
                and stream.low_at(step - 1) in _DOING
            ):
                return 0  # unable to do one thing, which may not be the study's
            return step
    return 0


def _again(stream: Stream, at: int, end: int, duty: bool) -> _Stretch | None:
    """The stretch read up to `end` only."""
    stretch = _Stretch(topics={}, languages=[])
    place = 0
    for step in range(at, end):
        if stream.kinds[step] in _SIGNS:
            place += 1
            stretch.denied = False
            continue
        for part in _parts(stream.low_at(step)):
            place += 1
            _take(stretch, part, place)
            stretch.last = part
    _settle(stretch, duty, False)
    return stretch if stretch.topics and not (stretch.asked and stretch.refused) else None


def _read(stream: Stream, at: int, end: int, stretch: _Stretch, words: list[tuple[str, int]]) -> Read | None:
    refused = stretch.refused
    if refused and stretch.willing and not _refuses_first(words):
        return None
    if stream.kind == "exclusion" and not refused:
        return None  # a demand among the exclusions, or who does what is asked: not decided
    while end > at + 1 and stream.kind_at(end - 1) in ("and", "or", "comma", "open", "slash"):
        end -= 1
    if (
        stream.kind_at(end) == "open"
        and stream.kind_at(end + 2) == "close"
        and len(stream.low_at(end + 1)) <= 6
        and stream.kind_at(end + 1) == "word"
    ):
        end += 3  # an abbreviation
    span = stream.span(at, end)
    nodes: list[Tree] = [
        each for topic in stretch.topics for each in _claims(topic, stretch, refused, stream, at, end)
    ]
    if len(nodes) == 1:
        node = nodes[0]
    elif refused:
        node = Any_(children=tuple(nodes), span=span)
    elif _joined_by_or(stretch, words):
        return None
    else:
        node = All(children=tuple(nodes), span=span)
    return _with_rest(stream, at, end, node, refused)


def _refuses_first(words: list[tuple[str, int]]) -> bool:
    """ "Not willing", "no agreement": the refusal stands before what it refuses."""
    for part, _ in words:
        if part in LACKING or part in UNABLE or part in UNWILLING:
            return True
        if part in WILLING:
            return False
    return False


def _claims(topic: str, stretch: _Stretch, refused: bool, stream: Stream, at: int, end: int) -> list[Tree]:
    span = stream.span(at, end)
    if topic != "language":
        return [OneOf(variable=topic, values=("no",) if refused else ("yes",), span=span)]
    spoken: Tree = OneOf(variable="language", values=tuple(dict.fromkeys(stretch.languages)), span=span)
    return [Not(child=spoken, span=span) if refused else spoken]


def _joined_by_or(stretch: _Stretch, words: list[tuple[str, int]]) -> bool:
    """Say whether two things asked for are joined by "or" alone."""
    places = sorted(stretch.topics.values())
    for first, second in pairwise(places):
        between = {part for part, _ in words[first:second]}
        if "or" in between and not between & {"and", "comma"}:
            return True
    return False


def _with_rest(stream: Stream, at: int, end: int, node: Tree, refused: bool) -> Read | None:
    """The claim, with the words after it in doubt; another claim after "and" is left to its own family."""
    limit = _limit(stream, end)
    if end >= limit:
        return Read(end, "consent", node)
    step = end
    joined: set[str] = set()
    while step < limit and (stream.kind_at(step) in _JOINING or stream.kind_at(step) in ("drop", "link")):
        joined.add(stream.kind_at(step))
        step += 1
    if step >= limit:
        return Read(end, "consent", node)
    kind = stream.kind_at(step)
    variable = stream.lexemes[step].variable
    own = joined and (
        kind in _OTHERS or kind == "not" or (variable is not None and variable.id not in PLEDGES)
    )
    if own and not refused:
        return Read(end, "consent", node)
    kinds = stream.kinds[end:limit]
    if any(kind in _LOOSENING for kind in kinds):
        return None
    span = stream.span(end, limit)
    rest = Opaque(text=stream.words(span), span=span)
    if "or" in joined or "slash" in joined or (refused and stream.kind == "exclusion" and "comma" in joined):
        if "and" in joined or "and" in kinds:
            return None
        return Read(limit, "consent", Any_(children=(node, rest), span=stream.span(at, limit)))
    if refused and "and" in joined:
        return None
    return Read(limit, "consent", All(children=(node, rest), span=stream.span(at, limit)))


def _limit(stream: Stream, end: int) -> int:
    """Where the clause, or the bracket around the stretch, ends."""
    depth = 0
    for step in range(end, len(stream)):
        kind = stream.kind_at(step)
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            return step
    return len(stream)


PLEDGE = Family(
    "pledge",
    frozenset(
        ("word", "shift", "drop", "subject", "variable", "not", "qualifier", "link", "must", "prep", "loose",
         "concept", "receive", "unless")
    ),
    read_pledge, needs=HAS_PLEDGE)  # fmt: skip
