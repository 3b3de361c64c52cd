"""Headings: which lines open a section of inclusion or exclusion criteria, which name a part of the trial or of people.

Comes in: the words of a line, without its bullet. Goes out: the section that it opens, or what kind of heading it is.
Refuses nothing: a line that is not surely a heading is none.
"""

from __future__ import annotations

import re

from accrual.criteria.leads import names_past, opens
from accrual.criteria.tree import Kind

_CLUSION = re.compile(r"(?i)\b(in|ex)clu(?:sions?|ded?|ding)\b")
_NON = re.compile(r"(?i)\bnon[ -]?$")  # "Exclusion criteria (non-inclusion criteria):"
_CRITERIA = re.compile(r"(?i)\b(in|ex)clusion[\s_]*criteri\w*")
_BARE_SECTION = re.compile(r"(?i)\W*(inclusions?|exclusions?)\W*")
_DIRECT = re.compile(
    r"(?i)^\W*(?:(?:key|main|major|general|principal|primary|subject|patient|participant)\s+)?(in|"
    r"ex)clusion[\s_]*criteri(?:a|on)\b"
)
_TELLS = re.compile(
    r"(?i)\b(?:may|apply|applies|applied|refer|see|per|not|no|none|meet|meets|meeting|met|satisf\w*|"
    r"fulfil\w*|protocol|any)\b"
)
# A heading inside a line: "… of consent. Exclusion Criteria: Pregnancy".
RUN_IN = re.compile(
    r"(?:(?<=\s)|(?<=[.;]))(?:(?:KEY|Key|MAIN|Main)\s+)?(?:Inclusion|INCLUSION|Exclusion|EXCLUSION)\s+"
    r"(?:[Cc]riteria|CRITERIA)\s*(?:[:：]|include:|are:|$)"
)
MIN_WORDS_BEFORE_RUN_IN = 3  # fewer are part of the heading: "Main Ocular Exclusion Criteria:"
_QUALIFIED = re.compile(
    r"(?i)\b(for|cohort|arm|part|group|phase|sibling|donor|control|controls|healthy|if|female|females|male|"
    r"males|women|men|caregiver|parent|child|children|infants?|adults?|subjects with|patients with|"
    r"eyes?|ocular|ophthalm\w*|only|sub-?study|retreatment|re-treatment|extension)\b(?! (?:enrol|inclu|"
    r"study|all|particip|eligib))"
)
_PEOPLE = re.compile(
    r"(?i)\W*(?!(?:all|study|eligible|the|following|these|enrolled|those|any|other|that|potential|"
    r"prospective|if|which|"
    r"when|and|or|of|as|exclude|excluded|include|included|select|selected)\b)[\w-]+(?: [\w-]+)? "
    r"(?:subjects|patients|participants|volunteers|individuals)\W*"
)  # "Asthmatic subjects"


_ONE_OF = re.compile(
    r"(?i)\b(?:one|two|three|[1-4]|any)\b"
)  # of a list of requirements: a lead-in, no heading
_PRIOR = re.compile(r"(?i)\b(?:prior|previous|past) (?:medical )?(?:conditions?|diseases?|symptoms?)\b")


_AFTER_HEADING = re.compile(
    r"\s*(?:[:：\-–]|(?:include|are|included?|for (?:this|the) (?:study|trial))\s*[:：]|"
    r"\((?!for)[^()]{0,60}\b(?:following|general|abbreviated|all of)\b[^()]{0,90}\)\s*[:：]|(?=[•●▪]|\d{1,2}[.)]\s))"
)


def section(words: str) -> tuple[Kind, str, int] | None:
    """Say whether a line opens a section: its kind, the heading that stays ("Cohort A"), and how much it took."""
    opened = opens(words)
    if opened is not None and not (opened == "inclusion" and _ONE_OF.search(words)):
        return opened, "", len(words)
    head = words[:160]
    if _CLUSION.search(head) is None:
        return None
    colon = head.find(":")
    direct = _DIRECT.match(head)
    if direct is not None:
        after = head[direct.end() :]
        if words[:1].islower() and words.endswith("."):
            return None  # the end of a sentence: "… is not an / exclusion criterion."
        if (
            not re.search(r"[.:;]", after)
            and len(words.split()) <= 10
            and after[:1] == " "
            and after[1:2].isupper()
        ):
            return _opened(head, len(words), words)
        if not after.strip(" :*_-–.\\"):
            return _opened(head, len(words), words)
        cut = _AFTER_HEADING.match(after)
        if cut is not None:
            return _opened(head[: direct.end()], direct.end() + cut.end(), words)
        if "/" in after[:2] or re.match(r"(?i)\s*(?:and|or)\s+exclusion", after):
            return None
    if _BARE_SECTION.fullmatch(head[: colon if colon > 0 else len(head)]) and (
        colon > 0 or head.strip(" *_").isalpha()
    ):
        if head[0].islower() and colon < 0:
            return None
        return _opened(head, colon + 1 if colon > 0 else len(words), words)
    whole = len(words) <= 150 and len(words.split()) <= 14
    both = {
        "ex" if _NON.search(head, 0, found.start()) else found.group(1).lower()
        for found in _CLUSION.finditer(head)
    }
    last = words.rstrip(" *_")[-1:]
    if (whole and _CRITERIA.search(words) and len(both) == 1 and last not in ".;]),") or (
        whole and words.startswith("(") and words.endswith(")") and _CRITERIA.search(words) and len(both) == 1
    ):
        if words[:1].islower() and last != ":" and direct is None:
            return None
        if _TELLS.search(words) and last != ":":
            return None
        return _opened(words, len(words), words)
    if (
        len(words) <= 200
        and last == ":"
        and re.search(r"(?i)\b(?:be|are|is)\s+(?:excluded|ineligible|not eligible)\b|\bwill exclude\b", words)
    ):
        return "exclusion", _name(words) if _PRIOR.search(words) else "", len(words)
    if (
        0 < colon < 80
        and len(both) == 1
        and _CRITERIA.search(head[:colon])
        and not _TELLS.search(head[:colon])
    ):
        return _opened(head[:colon], colon + 1, words)
    return None


_WORDLESS = re.compile(
    r"(?i)(?>(?:key|main|major|general|principal|primary|specific|study|trial|inclusions?|exclusions?|"
    r"criteri\w*|subjects?|patients?|"
    r"participants?|the|are|as|follows|following|for|all|of|in|to|include|includes|selected|abbreviated|"
    r"this|enrollment|shortened|"
    r"non|but|not|limited|most|important|other|additional|systemic|eligibility|must|meet)(?![a-z])|[\W_])*"
)


def _opened(label: str, used: int, words: str) -> tuple[Kind, str, int]:
    """The section a heading opens; what it says besides ("Cohort A") stays as a title."""
    found = _CRITERIA.search(label) or _CLUSION.search(label)
    negative = re.search(r"(?i)\bnon[ -]?$|\bnot\s+$", label[: found.start()] if found else "") is not None
    excludes = found is not None and (found.group(1).lower() == "ex") != negative
    title = "" if _WORDLESS.fullmatch(label) else _name(label)
    rest = words[used:].strip(" *_\\:")
    return ("exclusion" if excludes else "inclusion"), title, used if rest else len(words)


def _name(words: str) -> str:
    return " ".join(words.strip(" :*_\\").split())


def names_some(heading: str) -> bool:
    """Say whether a heading names a part of the trial, of the people, or of a body: "Cohort A", "Study eye"."""
    if leads_in(heading.lower(), "exclusion") or names_past(heading):
        return False
    return _QUALIFIED.search(heading) is not None or _PEOPLE.fullmatch(heading) is not None


# A sentence that only says that what follows are the criteria. "Not" and "excluded" belong to exclusions
# alone.
_SENTENCE = (
    r"patients?|subjects?|participants?|individuals?|persons?|volunteers?|candidates?|prospective|the|a|"
    r"an|all|any|each|every|"
    r"either|both|who|that|which|have|has|having|with|will|shall|should|must|be|being|is|are|if|only|"
    r"they|he|she|he/she|"
    r"these|those|this|following|below|listed|"
    r"inclusion|eligible|eligibility|included|include|inclusions?|for|from|to|in|into|of|on|at|as|by|"
    r"study|trial|research|entry|enter|"
    r"enrolled|enrollment|enrolment|enroll|enrol|criteria|criterion|conditions?|characteristics|"
    r"requirements?|meet|meets|meeting|met|"
    r"fulfil|fulfill|fulfills|fulfilled|fulfilling|satisfy|satisfies|satisfied|satisfying|apply|applies|"
    r"true|present|presence|"
    r"participate|participating|participation|considered|qualify|qualified|order|one|or|more|and|least|"
    r"time|screening|baseline|"
    r"demonstrate|demonstrated|adequate|sufficient|acceptable|suitable|normal|good|organ|end|bone|"
    r"marrow|hematologic|hematological|"
    r"hematology|haematological|haematologic|hematopoietic|hepatic|renal|liver|kidney|functions?|"
    r"reserve|laboratory|lab|"
    r"values?|parameters|results?|tests?|assessments?|defined|indicated|evidenced|measured|obtained|"
    r"performed|assessed|"
    r"determined|tested|evaluated|collected|completed|done|documented|shown|demonstrated|based|"
    r"according|cardiac|coagulation|blood|"
    r"counts?|chemistry|pulmonary|cardiovascular|system|status|specifically|i\.e|ie"
)
_LEAD_SENTENCE = {
    "inclusion": re.compile(rf"(?>(?:{_SENTENCE})\b\W*)+"),
    "exclusion": re.compile(
        rf"(?>(?:{_SENTENCE}|not|cannot|may|excluded|exclusion|exclude|excludes|ineligible)\b\W*)+"
    ),
}


def leads_in(low: str, kind: Kind) -> bool:
    """Say whether a heading, in lower case, only says that criteria follow: "patients must meet all of these"."""
    return _LEAD_SENTENCE[kind].fullmatch(low) is not None


# Headings that texts write without a colon. The first two lines are those of the National Cancer
# Institute's PDQ
# records, which are thousands; the others were counted in registry texts.
_TITLES = re.compile(
    r"(?i)\W*(?:disease characteristics|patient characteristics|(?:prior|concurrent|prior/concurrent) "
    r"(?:concurrent )?therapy|"
    r"(?:biologic|endocrine) therapy|chemotherapy|radiotherapy|surgery|life expectancy|performance "
    r"status|age|sex|"
    r"(?:menopausal|hormone receptor) status|demographics|(?:hema\w+|hepatic|renal|cardiovascular|"
    r"pulmonary|immunologic|neurologic|other|general)|"
    r"(?:inclusion|exclusion|eligibility|key|main|general|medical|additional|specific|other)(?: "
    r"(?:inclusion|exclusion))?"
    r"(?: criteria)?|criteria|(?:the )?following(?: criteria)?|medical history|laboratory (?:values|"
    r"tests|parameters|criteria)|"
    r"organ function|(?:part|cohort|arm|group|phase|stage|step|study|stratum|population|substudy|"
    r"sub-study)s? ?[a-z]{0,4}|"
    r"\w+ (?:cohort|arm|group|phase|population|substudy|sub-study)|(?:patients?|subjects?|participants?|"
    r"donors?|controls?|"
    r"caregivers?|parents|children|adults|infants|recipients?|clinicians|providers|mothers|families))\W*"
)


_PDQ = re.compile(
    r"(?i)(?:disease|patient) characteristics|prior concurrent therapy|(?:biologic|endocrine) therapy|"
    r"chemotherapy|radiotherapy|"
    r"surgery|hema\w+|hepatic|renal|cardiovascular|pulmonary|age|sex|life expectancy|performance status"
)


def is_title(words: str) -> bool:
    """Say whether a line is surely a heading, though it has no colon: "Disease characteristics"."""
    return _TITLES.fullmatch(words) is not None or (words.startswith("**") and words.endswith("**"))


def stands_in_pdq(heading: str) -> bool:
    """Say whether a heading is one of the records that the National Cancer Institute's PDQ wrote."""
    return _PDQ.fullmatch(heading) is not None
