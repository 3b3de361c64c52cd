"""Measurable disease: "at least one measurable lesion per RECIST 1.1", "measurable or evaluable disease".

Comes in: words for a lesion that can be measured, with the rules it is measured by. Goes out:
`OneOf(measurable-disease, …)`. The rules ("RECIST 1.1", "by CT or MRI") are how the trial measures, and part of the
variable's definition. Refuses (None) sizes and sites, which the reader keeps in doubt.
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import OneOf
from accrual.criteria.words import word_set

# What may stand between the name and the rules, and the rules themselves (RECIST: doi:10.1016/j.ejca.2008.10.026;
# RANO: doi:10.1200/JCO.2009.26.3541; Lugano and Cheson: doi:10.1200/JCO.2013.54.8800).
TOPICS = frozenset(("measurable-disease", "measurable-or-evaluable-disease"))
_CONNECTING = word_set(
    "according to per by based on as defined using via assessed evaluated determined measured with the a of in "
    "for is and or from at accordance must be present which that can met meets meeting confirmed documented"
)
_RULES = word_set(
    "recist mrecist irecist response evaluation criteria criterion solid tumors tumours tumor guideline guidelines "
    "rano lugano cheson inrc imwg pcwg3 pcwg2 itmig version v v1 revised modified standard classification ct mri pet "
    "scan scans imaging computed tomography magnetic resonance investigator investigator's assessment assessments "
    "local radiology radiologic radiological radiographic radiographically radiologically clinically clinical "
    "examination x ray xray ultrasound 1 1.1 1.0 .1 .0 i computerized physical chest central independent blinded "
    "review vendor site team bicr"
)
# The size of a lesion by those rules: RECIST 1.0 and 1.1 ask for 10, 15 or 20 mm, the usual wording for a definition.
_SIZES = word_set(
    "defined least one lesion lesions accurately dimension dimensions dimensional longest diameter diameters recorded "
    "measurable non nodal nonnodal node nodes lymph short axis mm cm millimeter millimeters conventional techniques "
    "technique spiral greater than equal more 10 15 20 1 1.5 2 caliper calipers larger in size exam "
    "unidimensionally bidimensionally unidimensional bidimensional"
)
_DEFINES = frozenset(("defined as", "defined", "as defined by", "i e"))
_SIZE_SIGNS = frozenset(("dot", "dash", "slash", "open", "close", "comma", "op", "suffix", "semi"))
_RULE_KINDS = frozenset(("dot", "dash", "slash", "open", "close", "comma"))
_COUNT = word_set("one 1")
_DEFINING = frozenset(("is", "was", "are", "will be"))  # defined as: a remark; not required: no demand


def _ruled(stream: Stream, at: int) -> int:
    """Where the rules of measuring end that begin at `at`; `at` where none do."""
    end, depth, step, named = at, 0, at, False
    while step < len(stream):
        kind, words = stream.kinds[step], stream.low_at(step).split()
        if kind in _RULE_KINDS:
            depth += (kind == "open") - (kind == "close")
            if depth < 0:
                break
            if kind == "close" and depth == 0 and named:
                end = step + 1
        elif words and all(word in _RULES for word in words):
            named = True
            if depth == 0:
                end = step + 1
        elif not words or not all(word in _CONNECTING or word in _RULES for word in words):
            break
        step += 1
    return end if named and not _broken_off(stream, end) else at


def _sized(stream: Stream, at: int) -> int:
    """ "defined as at least one lesion of 20 mm or more": where a definition by size ends the clause; else `at`."""
    step = at
    while stream.kind_at(step) in ("comma", "open", "semi"):
        step += 1
    if stream.low_at(step) not in _DEFINES and stream.kind_at(at) != "open":
        return at
    while step < len(stream):
        words = stream.low_at(step).split()
        known = all(word in _SIZES or word in _CONNECTING or word in _RULES for word in words)
        if stream.kinds[step] not in _SIZE_SIGNS and not known:
            return at
        step += 1
    return step


def _broken_off(stream: Stream, at: int) -> bool:
    """Say whether a list of methods goes on with a word that is no method here: "by CT, cystoscopy or palpation"."""
    if stream.kind_at(at) in ("comma", "or", "slash"):
        return at + 1 < len(stream) and stream.kind_at(at + 1) != "and"
    follows = [stream.lexemes[step].concept for step in range(at + 1, min(at + 4, len(stream)))]
    return stream.kind_at(at) == "and" and any(
        each is not None and each.kind == "procedure" for each in follows
    )


def _counted(stream: Stream, at: int) -> int:
    """Skip "at least one", "one or more"."""
    if stream.kind_at(at) == "op" and stream.lexemes[at].payload == ">=" and stream.low_at(at + 1) in _COUNT:
        return at + 2
    if stream.low_at(at) in _COUNT:
        return at + 2 if stream.kind_at(at + 1) == "suffix" else at + 1
    return at


def read_measurable(stream: Stream, at: int) -> Read | None:
    """Read one statement that the disease can be measured."""
    start = at
    while stream.kind_at(at) == "drop" or stream.low_at(at) in (
        "radiographically",
        "radiologically",
        "bidimensionally",
    ):
        at += 1
    at = _counted(stream, at)
    while stream.kind_at(at) == "drop":
        at += 1
    variable = stream.lexemes[at].variable if at < len(stream) else None
    end = at + 1
    if variable is None or variable.id not in TOPICS:
        return None
    if stream.kind_at(end) in ("value", "op", "number", "colon", "not") or stream.low_at(end) in _DEFINING:
        return None
    end = _ruled(stream, end)
    end = _sized(stream, end)
    return Read(end, "marker", OneOf(variable=variable.id, values=("yes",), span=stream.span(start, end)))


MEASURABLE = Family(
    "measurable",
    frozenset(("variable", "drop", "op", "number", "word", "qualifier")),
    read_measurable,
    topics=TOPICS,
)
