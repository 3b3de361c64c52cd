"""Smoking: "current or former smokers", "non-smoker", "at least 10 pack-years of smoking".

Comes in: the name of smoking with the words that say when, or an amount in pack-years. Goes out: `OneOf(smoker, …)`,
`Compare(pack-years, …)`. Refuses (None) a smoker within a stretch of time, or of so many cigarettes ("heavy smoker"),
and smoking that nothing places in time ("history of smoking").

Who is no smoker never smoked, or does so no more: the second is in doubt.
"""

from __future__ import annotations

import re

from accrual.criteria.phrases.amount import amount
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, Any_, Compare, OneOf, Opaque, Tree

_SAYS = {
    "current": "current", "currently": "current", "active": "current", "actively": "current", "present": "current",
    "former": "former", "ex": "former", "past": "former", "previous": "former", "prior": "former",
    "formerly": "former", "never": "never", "lifelong never": "never", "non": "non", "not": "non",
}  # fmt: skip
_WHEN = r"(?:lifelong never|currently|current|actively|active|present|formerly|former|ex|past|previous|prior|never|non)"
_NOUN = r"(?:(?:cigarettes?|tobacco|daily|regular)[\s-]+)*(?:smokers?\b|smoking\b(?!\s+(?:history|status|cessation)))"
_MEMBER = (
    rf"(?:{_WHEN}(?:\s*(?:,|/|and/or|or|and)\s*{_WHEN})*[\s-]*{_NOUN}|(?:cigarette\s+|tobacco\s+)?smokers?\b)"
)
# Said of the present by itself: "who smoke", "cigarette smoking".
_PLAIN = re.compile(
    r"(?i)(?:who\s+)?(?:smokes?(?:\s+(?:cigarettes?|tobacco|daily|regularly))?|(?:cigarette|tobacco)\s+smoking)"
    r"(?=\s*[.;,]?\s*$)"
)
_STATUS = re.compile(rf"(?i)(?:an?\s+)?{_MEMBER}(?:\s*(?:/|and/or|or|and)\s*(?:an?\s+)?{_MEMBER})*")
_FOR_A_TIME = re.compile(r"(?i)\s*\(?(?:within|in|during|for|over|up to|since|until|less|more|[<>≥≤])\b")
_OF_SMOKING = frozenset(
    ("smoking", "smoking history", "cigarette smoking", "tobacco", "tobacco use", "tobacco smoking", "cigarettes",
     "cigarette", "history", "smoking cigarettes")
)  # fmt: skip
_PACK_YEARS = "{PackYears}"


def read_smoking(stream: Stream, at: int) -> Read | None:
    """Read whether somebody smokes, or how much."""
    return _pack_years(stream, at) or (
        _status(stream, at) or _plain(stream, at) if _is_told(stream, at) else None
    )


def _is_told(stream: Stream, at: int) -> bool:
    return "smoker" in stream.topics or stream.low_at(at).startswith("nonsmok")


def _status(stream: Stream, at: int) -> Read | None:
    found = _STATUS.match(stream.text, stream.lexemes[at].start, stream.lexemes[-1].end)
    if found is None or _FOR_A_TIME.match(stream.text, found.end()):
        return None
    end = at
    while end < len(stream) and stream.lexemes[end].end <= found.end():
        end += 1
    if end == at or stream.lexemes[end - 1].end != found.end():
        return None
    words = found.group().lower()
    said = {_SAYS[when] for when in re.findall(rf"\b{_WHEN}(?=[\s,/-]|smok)", words)}
    alone = re.search(
        r"^(?:an? )?(?:cigarette |tobacco )?smoker|(?:/|or|and)\s*(?:an? )?(?:cigarette |tobacco )?smoker",
        words,
    )
    if alone is not None:
        said.add("current")
    span = stream.span(at, end)
    if said == {"non"}:
        never = OneOf(variable="smoker", values=("never",), span=span)
        former = OneOf(variable="smoker", values=("former",), span=span)
        doubt = Opaque(text=stream.words(span), span=span)
        node: Tree = Any_(children=(never, All(children=(former, doubt), span=span)), span=span)
        return Read(end, "state", node)
    if "non" in said or not said:
        return None
    values = tuple(value for value in ("current", "former", "never") if value in said)
    return Read(end, "state", OneOf(variable="smoker", values=values, span=span))


def _plain(stream: Stream, at: int) -> Read | None:
    """ "Cigarette smoking", "individuals who smoke", with nothing before it that turns it."""
    if any(each.kind not in ("subject", "link", "drop") for each in stream.lexemes[:at]):
        return None
    found = _PLAIN.match(stream.text, stream.lexemes[at].start, stream.lexemes[-1].end)
    if found is None:
        return None
    end = at
    while end < len(stream) and stream.lexemes[end].start < found.end():
        end += 1
    return Read(end, "state", OneOf(variable="smoker", values=("current",), span=stream.span(at, end)))


def _pack_years(stream: Stream, at: int) -> Read | None:
    start = at
    if stream.kind_at(at) == "variable":
        lexeme = stream.lexemes[at]
        if lexeme.variable is None or lexeme.variable.id != "smoker" or "smoking" not in lexeme.low:
            return None
        at += 1
        while stream.low_at(at) in ("history", "of", ":", "is"):
            at += 1
    read = amount(stream, at)
    if read is None or read.unit != _PACK_YEARS or not read.compared or read.suffix:
        return None
    end = read.end
    if stream.low_at(end) == "of":
        end += 1
    while end > read.end - 1 and stream.low_at(end) in _OF_SMOKING:
        end += 1
    if stream.low_at(end - 1) == "of":
        return None
    interval = read.interval(_PACK_YEARS)
    return Read(
        end, "measure", Compare(variable="pack-years", interval=interval, span=stream.span(start, end))
    )


SMOKING = Family(
    "smoking",
    frozenset(("variable", "drop", "word", "qualifier", "history", "not", "op", "number", "between")),
    read_smoking,
)
