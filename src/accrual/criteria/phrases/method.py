"""How a value was obtained: "by echocardiogram or MUGA", "(calculated by Cockcroft-Gault)", "as measured on ECG".

Comes in: a place in a clause beside a measurement. Goes out: where the words end. Refuses (the place itself)
anything that also says of whom, when or in which state the value is asked: "on room air", "in the study eye".

The method leaves the tree: the variable's row stands for the value however it was obtained, and a chart seldom
says how. The tables below are the only words that may be left out so; counted in registry criteria.
"""

from __future__ import annotations

import re
from functools import cache

from accrual.criteria.phrases.stream import Stream

_VERBS = (
    "measured|calculated|estimated|determined|assessed|evaluated|obtained|documented|demonstrated|derived|"
    "computed|"
    "corrected|scored|rated|quantified|analyzed|analysed|confirmed|performed|tested|shown|defined|evidenced"
)
_JOINTS = (
    "by|using|with|via|on|per|through|from|according to|based on|as per|in accordance with|by means of|"
    "by use of|at|in"
)
_ARTICLES = (
    "the|a|an|either|any|standard|modified|original|local|central|routine|same|new|revised|abbreviated|"
    "formula of|method of|"
    "equation of|formula for|screening|baseline|resting|rest|digital|single|triplicate|repeat|averaged|"
    "mean|average|serum|"
    "validated|formula based on|formula by|institutional|site|means of|use of|baseline screening"
)
_METHODS = (
    # creatinine clearance and filtration rate
    r"cock[cr]?r?oft(?:[ -]*(?:and|&|/)?[ -]*gault)?(?:'s)?|c-?g|mdrd(?:-?4|-?6)?|"
    r"modification of (?:the )?diet in renal disease"
    r"(?: study)?|ckd-?epi(?:demiology)?(?: collaboration)?|"
    r"chronic kidney disease[ -]epidemiology collaboration|jelliffe|"
    r"(?:bedside )?schwartz|chronic kidney disease epi(?:demiology)?|creatinine clearance calculator|"
    r"serum creatinine",
    # QT correction
    r"frid[ei]+ric[ikh]+a?(?:'s|s)?|bazett(?:'s|s)?|framingham|hodges|fridericia",
    # heart
    r"(?:transthoracic |trans-?thoracic |2-?d |two[ -]dimensional |doppler |resting |"
    r"cardiac )*echo(?:-?cardiogra(?:m|ms|phy|phic|phically))?|"
    r"tte|mu[gl]ti-?(?:ple|ple-)?[ -]?gat?ed (?:radionuclide )?(?:acquisition|angiogra(?:m|phy))|mugas?|"
    r"radionuclide (?:ventriculogra(?:m|phy)|angiogra(?:m|phy))|cardiac (?:mri|"
    r"magnetic resonance(?: imaging)?|ultrasound|scan)|"
    r"(?:12|twelve)?[ -]*(?:lead)? *(?:resting )?(?:ecgs?|ekgs?|electro-?cardiogra(?:ms?|phy))|"
    r"right heart catheteri[sz]ation|rhc|ultrasound|ultrasonography|cmr|ventriculography|"
    r"multi-?gated acquisition",
    # lung
    r"spirometry|spirometric|pulmonary function tests?(?:ing)?|pfts?|pulse oxi?meter|pulse[ -]oximetry|"
    r"oximetry|finger pulse oximetry",
    # laboratory
    r"flow cytometry|immunohistochemistry|ihc|(?:rt-?|q|real[ -]time )?pcr|polymerase chain reaction|elisa|"
    r"hplc|urinalysis|"
    r"(?:urine )?dipstick|urine dipstick|(?:24|twenty[ -]four)[ -]?(?:h|hr|hour|hours)[ -]?(?:urine|"
    r"urinary) ?(?:collection|sample|specimen|"
    r"creatinine clearance|protein)?|laboratory|lab|blood (?:test|sample|draw)|complete blood count|cbc|"
    r"chemistry|bone marrow "
    r"(?:aspirat(?:e|ion)|biopsy)|assay|dxa|dexa|bioimpedance",
    # eye
    r"(?:sd-?|spectral[ -]domain )?oct|(?:spectral[ -]domain )?optical coherence tomography|applanation|"
    r"goldmann|"
    r"goldmann applanation|tonometry|etdrs(?: chart)?|early treatment diabetic retinopathy study",
    # images and scales
    r"m?recist(?:\s*(?:criteria)?\s*,?\s*\(?(?:version|ver\.?|v\.?)?\s*1\.[01]\)?)?(?:\s+guidelines?)?|"
    r"response evaluation criteria in solid tumou?rs(?:\s*\(recist\))?(?:\s*,?\s*\(?(?:version|v\.?)?\s*1\.[01]\)?)?|"
    r"mri|ct|magnetic resonance imaging|computed tomography|ct scan|(?:numeric(?:al)? rating|"
    r"visual analog(?:ue)?) scale|nrs|vas",
)
_TAILS = (
    "formulae?|formulas|equations?|method|methods|calculation|calculations|criteria|correction|corrected|"
    "scan|scans|scanning|technique|"
    "test|tests|testing|assay|assays|analysis|assessment|reading|readings|results?|laboratory|lab|"
    "examination|chart|collection|"
    "estimation|estimate|evaluation|scale|monitoring|imaging|tonometry|tracing|procedure|"
    "method of calculation|recording|measurements?"
)


@cache
def _pattern() -> re.Pattern[str]:
    noun = (
        rf"(?:(?:{_ARTICLES})\s+)*(?:{'|'.join(_METHODS)})(?:\s+(?:{_TAILS}))*"
        r"(?:\s*[\[(][A-Za-z0-9 '/-]{1,14}[\])](?:\s+(?:" + _TAILS + r"))*)?"
    )
    verb = rf"(?:as\s+)?(?:{_VERBS})(?:\s+(?:either|centrally|locally))?\s+"
    link = rf"\s*(?:,?\s*(?:and/or|or|and)\s+|/|,\s*)(?:(?:{_JOINTS})\s+)?"
    start = rf"(?:(?:{verb})?(?:{_JOINTS})\s+(?:either\s+)?)"
    whole = rf"(?:{start}{noun}(?:{link}{noun})*)+?(?:\s+(?:{start}){noun})?"
    bare = r"(?:as\s+)?(?:centrally\s+|locally\s+)?(?:measured|calculated|estimated)"
    return re.compile(rf"(?i)(?P<phrase>{whole})(?![\w-])|(?P<bare>{bare})(?=\s*[\])]|\s*$)")


_NOUN_ALONE = re.compile(
    rf"(?i)(?:(?:{_ARTICLES})\s+)*(?:{'|'.join(_METHODS)})(?:\s+(?:{_TAILS}))*"
    rf"(?:\s*(?:,|/|\bor\b|\band\b)\s*(?:(?:{_ARTICLES})\s+)*(?:{'|'.join(_METHODS)})(?:\s+(?:{_TAILS}))*)*"
)
# Where the protocol says more.
_REFERENCE = re.compile(
    r"(?i)\(\s*(?:(?:please\s+)?(?:see|refer to|as per|per|according to|in)\s+)?(?:the\s+)?(?:protocol\s+)?"
    r"(?:appendix|appendices|section|table|attachment|annex|addendum)\s*[\w.\- ]{0,12}\)|"
    # A value reached by transfusion is the value: "(may be transfused to maintain this level)".
    r"\((?:patients |subjects |participants )?(?:may|can|could) (?:be transfused|receive transfusions?)[^()]{0,80}\)|"
    r"\(transfusions? (?:is |are )?(?:allowed|permitted|acceptable)[^()]{0,60}\)"
)
# Whose limit it is: each laboratory has its own, for each age and sex.
_LIMIT_TAIL = re.compile(
    r"(?i)(?:range\s+)?(?:\(?(?:for|of|at|per|by|according to|based on|as per)\s+(?:the\s+|our\s+|that\s+|"
    r"each\s+|local\s+|"
    r"patient(?:'s)?\s+|respective\s+)*(?:age(?:\s+(?:and|or)\s+(?:sex|gender))?|(?:(?:reference|testing|"
    r"central|institutional|"
    r"clinical|local|site|study|investigator)\s+)*(?:lab|laboratory|institution|normals?|standards?|center|"
    r"centre|site))\)?)(?![\w-])"
)
_MOST = 160  # characters that a method phrase may have


def method_end(stream: Stream, at: int) -> int:
    """Return the lexeme after the method phrase that starts at `at`, bracketed or not; `at` itself if there is none.

    Example:
        "LVEF ≥ 50% | by echocardiogram or MUGA", "CrCl ≥ 50 mL/min | (Cockcroft-Gault formula)"
    """
    if at >= len(stream):
        return at
    kind = stream.kind_at(at)
    if stream.lexemes[at - 1].payload in ("[ULN]", "[LLN]"):
        tail = _LIMIT_TAIL.match(stream.text, stream.lexemes[at].start)
        if tail is not None:
            while at < len(stream) and stream.lexemes[at].end <= tail.end():
                at += 1
            if at >= len(stream):
                return at
            kind = stream.kind_at(at)
    if kind == "comma" and stream.low_at(at + 1) in ("as", "measured", "calculated", "estimated", "using"):
        after = method_end(stream, at + 1)
        return after if after > at + 1 else at
    if kind == "open":
        seen = _REFERENCE.match(stream.text, stream.lexemes[at].start)
        if seen is not None:
            while at < len(stream) and stream.lexemes[at].end <= seen.end():
                at += 1
            return at
        close = at + 1
        while close < len(stream) and stream.kind_at(close) != "close" and close < at + 20:
            if stream.kind_at(close) == "open":
                inner = next(
                    (k for k in range(close, min(close + 6, len(stream))) if stream.kind_at(k) == "close"), 0
                )
                if not inner:
                    return at
                close = inner
            close += 1
        if close == at + 1 or stream.kind_at(close) != "close":
            return at
        words = stream.text[stream.lexemes[at].end : stream.lexemes[close].start].strip()
        if len(words) <= _MOST and (_pattern().fullmatch(words) or _NOUN_ALONE.fullmatch(words)):
            return close + 1
        return at
    if kind not in ("prep", "link", "word", "drop", "loose", "receive", "history", "between", "and"):
        return at
    start = stream.lexemes[at].start
    found = _pattern().match(stream.text, start, min(stream.lexemes[-1].end, start + _MOST))
    if found is None or found.group("phrase") is None:
        return at
    end = found.end()
    to = at
    while to < len(stream) and stream.lexemes[to].end <= end:
        to += 1
    return to if stream.lexemes[to - 1].end == end else at
