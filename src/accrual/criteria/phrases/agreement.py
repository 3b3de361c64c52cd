"""What a person does or agrees to do: use contraception, take part in another trial.

Comes in: a stretch of small words around the variable's name: "agree to use an effective method of contraception",
"not willing to use birth control", "currently enrolled in another clinical trial". Goes out: `OneOf` of yes or no;
more than one method is asked for beside it, as Opaque. Refuses the bare name ("contraception"), what is planned, and
having taken part in a trial at no stated time.
"""

from __future__ import annotations

from accrual.basic import Span
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.phrases.time import read_time
from accrual.criteria.tree import All, OneOf, Opaque, Tree
from accrual.criteria.words import word_set

_USING = word_set(
    "use uses using practice practise practicing practising utilize utilise utilizing employ employing "
    "apply comply implement implementing adopt take taking adhere"
)
_REFUSING = word_set("not no unwilling refuse refuses refusing without unable unwillingness inability cannot")
_METHODS = word_set(
    "agree agrees agreed agreeing willing willingness to be is are able must should will commit and or "
    "consent a an the one any some of form forms method methods measure measures means type effective "
    "highly adequate acceptable medically approved accepted reliable appropriate safe medical "
    "established sufficient recognized with who that have has during consistently correctly continue do "
    "does currently at least in"
)
_NARROWER = word_set("two 2 three double dual barrier hormonal additional non-hormonal intrauterine both")
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
    "time"
)
_FUTURE = frozenset(("during", "while", "throughout", "until", "after"))
MAX_WORDS = 24


def read_agreement(stream: Stream, at: int) -> Read | None:
    """Read one claim about contraception or another trial."""
    for step in range(at, min(len(stream), at + MAX_WORDS)):
        variable = stream.lexemes[step].variable
        if variable is None:
            continue
        if variable.id == "contraception":
            return _contraception(stream, at, step)
        return _other_trial(stream, at, step) if variable.id == "other-trial" else None
    return None


def _parts(stream: Stream, at: int, to: int) -> list[str]:
    return [part for step in range(at, to) for part in stream.low_at(step).split()]


def _contraception(stream: Stream, at: int, named: int) -> Read | None:
    words = _parts(stream, at, named)
    if not any(word in _USING for word in words):
        return None
    refused = any(word in _REFUSING for word in words)
    doubts: list[Span] = []
    for step in range(at, named):
        parts = set(stream.low_at(step).split())
        if parts & _NARROWER:
            doubts.append(stream.span(step, step + 1))
        elif not parts <= _METHODS | _USING | _REFUSING:
            return None
    if refused and doubts:
        return None
    end = named + 1
    while stream.low_at(end) in ("method", "methods", "measure", "measures"):
        end += 1
    span = stream.span(at, end)
    node: Tree = OneOf(variable="contraception", values=("no" if refused else "yes",), span=span)
    if doubts:
        node = All(
            children=(node, *(Opaque(text=stream.words(each), span=each) for each in doubts)), span=span
        )
    return Read(end, "consent", node)


def _other_trial(stream: Stream, at: int, named: int) -> Read | None:
    own = stream.low_at(named).split()
    words = _parts(stream, at, named)
    if not any(word in _TAKING_PART for word in (*words, *own)) or not set(words) <= _TRIAL:
        return None
    end = named + 1
    if stream.low_at(end) in _FUTURE:
        return None
    if any(word in _THEN for word in (*words, *own)) and read_time(stream, end) is None:
        return None  # once, at no stated time: the variable is of now and lately
    node = OneOf(variable="other-trial", values=("yes",), span=stream.span(at, end))
    return Read(end, "marker", node)


AGREEMENT = Family(
    "agreement",
    frozenset(
        (
            "word",
            "shift",
            "relation",
            "drop",
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
    topics=frozenset(("contraception", "other-trial")),
)
