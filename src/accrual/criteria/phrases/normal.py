"""Values against the laboratory's own limits: "within normal limits", "bilirubin normal", "abnormal TSH".

Comes in: the names of one or more measurements with the word behind or before them. Goes out: `Compare` with the limits
as its bounds. Refuses (None) a range that the text tells itself ("within the normal range of 90 to 110 mg/dL").
"""

from __future__ import annotations

import re

from accrual.criteria.phrases.amount import Amount
from accrual.criteria.phrases.measure import OF_THEIR_OWN, Named, names_at, values_of
from accrual.criteria.phrases.stream import Read, Stream
from accrual.criteria.spans import spread_over
from accrual.criteria.tree import All, Any_, Tree
from accrual.criteria.words import word_set

# Values that are abnormal only when they are high (CTCAE 5.0 grades no low value of these): "within normal limits" is
# at most the upper one.
ONLY_HIGH = word_set(
    "alt ast alp ggt bilirubin direct-bilirubin creatinine bun ldh crp esr inr aptt prothrombin-time "
    "lipase amylase "
    "creatine-kinase psa qtc triglycerides d-dimer procalcitonin bnp nt-probnp ammonia afp cea ca-125 ca-19-9"
)
# Values that are abnormal only when they are low, as CTCAE 5.0 grades them.
ONLY_LOW = word_set(
    "creatinine-clearance creatinine-clearance-indexed egfr lvef shortening-fraction fev1 fev1-volume fvc fvc-volume "
    "fev1-fvc dlco peak-expiratory-flow oxygen-saturation albumin hdl"
)
# No laboratory gives limits for these: a normal body mass index is a range that everybody knows, and says.
_OF_THE_BODY = word_set("bmi weight height waist waist-hip-ratio")
_NORMAL = re.compile(
    r"(?i)(?:is|are|must be|should be)?\s*(?:with)?in\s+(?:the\s+|a\s+)?(?:(?:institutional|institution's|"
    r"laboratory|lab|local|"
    r"site|age[- ]appropriate|reference|established)\s+)*(?:normal|reference)\s+(?:(?:institutional|"
    r"laboratory|reference|local)\s+)?"
    r"(?:limits?|ranges?|values?|levels?)(?:\s+(?:of|for|at|by)\s+(?:the\s+)?(?:age|(?:(?:local|testing|"
    r"central|reference|site)\s+)?"
    r"(?:laboratory|lab|institution|site)))?(?:\s*\(wnl\))?(?![\w-])|(?:is|are)?\s*wnl(?!\w)|(?:is|"
    r"are)?\s*(?:with)?in\s+normal\s*(?=$|[,;.)])|(?:is|are|must be|should be)?\s*normal\s*"
    r"(?=$|[,;.)]|(?:and|or|at|by|on)\b|(?-i:[A-Z]))"  # "SGOT normal INR no greater than 1.5"
)


_BEGINS_AMOUNT = frozenset(("op", "number", "between", "within", "open", "colon"))
_TOLD = re.compile(r"\s*(?:of\s+|:\s*)?[(\[]?\s*(?:i\.e\.,?\s*)?[<>=≤≥]*\s*\d")


def within_normal(stream: Stream, names: list[Named], joiner: str, at: int) -> Read | None:
    """ "within normal limits": between the laboratory's own two limits."""
    if at >= len(stream) or any(each.kind != "number" or each.id in _OF_THE_BODY for _, _, each in names):
        return None
    if stream.kind_at(at) not in ("within", "prep", "word", "drop"):
        return None
    found = _NORMAL.match(stream.text, stream.lexemes[at].start, stream.lexemes[-1].end)
    end = at
    while found is not None and end < len(stream) and stream.lexemes[end].end <= found.end():
        end += 1
    if end == at:
        return None
    if _TOLD.match(stream.text, stream.lexemes[end - 1].end):
        return None  # "within the normal range of 90 to 110 mg/dL"
    return _between_limits(stream, names, joiner, end)


def _between_limits(stream: Stream, names: list[Named], joiner: str, end: int) -> Read | None:
    parts: list[Tree] = []
    below = [each for each in names if each[2].id not in ONLY_HIGH]
    above = [each for each in names if each[2].id not in ONLY_LOW]
    for held, bound in (
        (below, Amount(end, low=1.0, unit="[LLN]")),
        (above, Amount(end, high=1.0, unit="[ULN]")),
    ):
        part = values_of(stream, held, joiner, bound) if held else None
        if held and part is None:
            return None
        if part is not None:
            parts.append(part)
    span = stream.span(names[0][0], end)
    return Read(end, "measure", parts[0] if len(parts) == 1 else All(children=tuple(parts), span=span))


def read_against_normal(stream: Stream, at: int) -> Read | None:
    """ "normal serum creatinine", "abnormal TSH"."""
    read = _against(stream, at)
    if read is None or read.node is None:
        return None
    return Read(read.end, read.group, spread_over(read.node, stream.span(at, read.end)))


def _against(stream: Stream, at: int) -> Read | None:
    word = stream.low_at(at)
    step = at + 1
    while stream.low_at(step) in ("serum", "plasma", "total", "blood") or stream.kind_at(step) == "drop":
        step += 1
    if word not in ("normal", "abnormal") or stream.kind_at(step) != "variable":
        return None
    names, joiner, end = names_at(stream, step)
    if any(each.kind != "number" or each.id in (*OF_THEIR_OWN, *_OF_THE_BODY) for _, _, each in names):
        return None
    if stream.kind_at(end) in _BEGINS_AMOUNT or _TOLD.match(stream.text, stream.lexemes[end - 1].end):
        return None  # "normal creatinine < 1.2 mg/dL": the number says what is normal
    if word == "normal":
        loosely = joiner == "or" and stream.kind == "inclusion"  # one of them, or each?
        return None if loosely else _between_limits(stream, names, joiner, end)
    if len(names) > 1:
        return None
    own = names[0][2].id
    sides: list[Tree | None] = []
    if own not in ONLY_LOW:
        sides.append(values_of(stream, names, joiner, Amount(end, low=1.0, low_open=True, unit="[ULN]")))
    if own not in ONLY_HIGH:
        sides.append(values_of(stream, names, joiner, Amount(end, high=1.0, high_open=True, unit="[LLN]")))
    told = tuple(side for side in sides if side is not None)
    if len(told) < len(sides):
        return None
    return Read(end, "measure", told[0] if len(told) == 1 else Any_(children=told, span=stream.span(at, end)))
