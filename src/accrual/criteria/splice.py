"""A heading and a line of its list, made one sentence: "Use of any of the following within 4 weeks:" and "warfarin".

Comes in: the words of a heading that changes or carries the claim, and of a criterion under it. Goes out: the
sentence "Use of warfarin within 4 weeks", and where the criterion stands in it, so that the reader decides what it
claims. Refuses (None) headings that ask for several of their list ("all of the following"), words between that are
not of a table, and lines that are sentences of their own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from accrual.criteria.tree import Kind

MAX_HEADING, MAX_LINE = 300, 240  # characters; longer ones are prose


class Spliced(NamedTuple):
    """One sentence, and where the words of the criterion begin in it."""

    text: str
    at: int


# What a list is called; the words say nothing that its lines do not.
_NOUNS = (
    r"(?:medical|clinical|laboratory|lab|prior|specific|confirmatory|abnormal|concomitant|prohibited|excluded|medications?|medicines?|"
    r"drugs?|agents?|therap(?:y|ies)|treatments?|conditions?|diseases?|disorders?|criteria|events?|symptoms?|signs?|"
    r"procedures?|surger(?:y|ies)|illness(?:es)?|tests?|findings?|abnormalit(?:y|ies)|results?|comorbidit(?:y|ies)|"
    r"diagnos[ei]s|substances?|products?|compounds?|classes|class|types?|subtypes?|histolog(?:y|ies)|states?|values?|"
    r"parameters?|risk|factors?|characteristics?|features?|circumstances?|complications?|situations?|assessments?|and|or|"
    r"symptoms|malignanc(?:y|ies)|cancers?|tumou?rs?|infections?|listed|below|\((?:or|and)[^()]{0,20}\))"
)
_LISTED = re.compile(
    r"(?i)(?P<none>\bnone\s+of\s+)?(?:\b(?:at\s+least\s+|[≥>]\s*)?(?:any|one|1|either)\s+(?:one\s+)?(?:or\s+more\s+)?(?:\(\d\)\s+)?(?:of\s+)?)?"
    rf"\b(?:the|these)\s+following\b(?:[\s/]+{_NOUNS}(?![\w-]))*"
)
_SEVERAL = re.compile(
    r"(?i)(?:\b(?:all|both|each|two|three|four|[2-9]|most|some|which|every|combination)|[≥<>≤]\s*\d)\W+"
    r"(?:or\s+more\s+)?(?:of\s+)?$"
)
# What may stand behind "the following": when, for what, and that the list is open.
_BEHIND = re.compile(
    r"(?i)\s*(?:$|\(?(?:within|during|in the|in last|prior|before|at|for|from|less than|up to|after|since)\b|"
    r",?\s*\(?(?:including|includes?|such as)\b)"
)
# "…, and patients have the following conditions": what stands before is another criterion.
_PEOPLE_HAVE = re.compile(r"(?i)\w.*\b(?:and|or)\s+(?:patients?|subjects?|participants?)\b")
# What is asked of some only is no demand to be one of them.
_SOME = re.compile(
    r"(?i)\b(?:fe)?males?\b|\b(?:wo)?men\b|\bchildren\b|\binfants?\b|\bdonors?\b|\bsiblings?\b"
)
_OPEN = re.compile(
    r"(?i)\W*\b(?:but\s+(?:is |are )?not\s+(?:necessarily\s+)?limited\s+to|not limited to)\W*$"
)
_JOINS = re.compile(
    r"(?i)\b(?:since|with|of|to|including|includes?|such as|e\.g\.?|i\.e\.?|by|as|for|has|have|had|using|taking|"
    r"receiving|prior|previous|concurrent|requiring|against)$"
)
_AS_FOLLOWS = re.compile(r"(?i)[\s,]*\b(?:as follows|listed below|below)\W*$")
NUMBERING = re.compile(r"^\W*(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z])\\?[.)]\s*")
_INCLUDES = re.compile(r"(?i)\b(?:including|includes?|such as|e\.g\.?|i\.e\.?)$")
# A requirement is made of each line only where the heading denies, or counts the time since.
_DENIES = re.compile(
    r"(?i)\W*(?:(?:patients?|subjects?|participants?|must|should|may|have|has|had|be|are|is)\s+)*"
    r"(?:no|none|absence|without|not|never|free|(?:at least|more than|greater than|≥|>)\s*\d+\s+\w+\s+since)\b"
)
_EXCEPT = re.compile(
    r"(?i)\s(?:except(?:\s+for)?|with\s+the\s+(?:following\s+)?exceptions?(?:\s+of)?|other\s+than|excluding)"
    r"(?:\s+(?:any\s+of\s+)?the\s+following)?\W*$"
)
_OWN_SENTENCE = re.compile(
    r"(?i)\W*(?:patients?|subjects?|participants?|individuals?|no|not|non|none|must|should|if|unless|except|note|women|"
    r"men|females?|males?|those|all|other|others|or|and|see|for|able|ability|willing|willingness|signed|informed|"
    r"written|provision|ages?|aged|adequate|normal)\b"
)
_SENTENCES = re.compile(r"[.:?]\s+[A-Z(]|[:?]")
_TAIL = re.compile(r"(?i)(?:[\s,;.]|(?<=[\s,;])(?:and|or|and/or)$)+$")
_SHOWS_TIME = re.compile(
    r"(?i)\b(?:within|since|prior to|before|after|during|ago|past|last|previous|until|history|at any time|ever)\b"
)


def spliced(heading: str, line: str, kind: Kind) -> Spliced | None:
    """Return heading and line as one sentence.

    Example:
        >>> spliced("Use of any of the following drugs within 4 weeks", "Warfarin;", "exclusion").text
        'Use of Warfarin within 4 weeks'
        >>> spliced("No prior chemotherapy with", "cisplatin", "inclusion").text
        'No prior chemotherapy with cisplatin'
        >>> spliced("All of the following", "asthma", "exclusion") is None
        True
    """
    sentence = _frame(heading, kind)
    words = _TAIL.sub("", line)
    if sentence is None or not words or len(words) > MAX_LINE:
        return None
    if _OWN_SENTENCE.match(words) or _SENTENCES.search(words):
        return None
    before, behind = sentence
    if _SHOWS_TIME.search(words) and _SHOWS_TIME.search(f"{before} {behind}"):
        return None  # two times: whose is which
    before = f"{before} " if before else ""
    return Spliced(f"{before}{words}{behind}", len(before))


def _frame(heading: str, kind: Kind) -> tuple[str, str] | None:
    """The heading's words before its list and behind it."""
    head = " ".join(NUMBERING.sub("", heading).strip(" :*_").split())
    if len(head) > MAX_HEADING or _SOME.search(head) or (kind == "inclusion" and not _DENIES.match(head)):
        return None
    head = _AS_FOLLOWS.sub("", _OPEN.sub("", head))
    if kind == "exclusion" and _INCLUDES.search(head):
        return None  # whoever has the head is excluded: that is not said of a line
    found = _LISTED.search(head)
    if found is None:
        return (head, "") if _JOINS.search(head) and not _SEVERAL.search(head) else None
    before, behind = head[: found.start()], head[found.end() :]
    if _SEVERAL.search(before) or _PEOPLE_HAVE.search(before):
        return None
    if _BEHIND.match(behind) is None or _LISTED.search(behind):
        return None
    if found.group("none"):
        if kind == "exclusion":
            return None
        before += "No"
    listing = re.fullmatch(r"(?i),?\s*\(?(?:including|includes?|such as)\W*", behind)
    return before.strip(), "" if listing else behind.rstrip(" ,(")


def denies(heading: str) -> bool:
    """Say whether a heading denies what it lists, so that all of the list is asked for: "No prior:"."""
    return _DENIES.match(heading) is not None


def excepted(heading: str, lines: list[str]) -> str | None:
    """Return the sentence of a heading that ends with "except" and the list of its exceptions; None where it does not.

    Example:
        >>> excepted("No other malignancy except:", ["Basal cell carcinoma;", "Bowen disease"])
        'No other malignancy except Basal cell carcinoma or Bowen disease'
    """
    head = " ".join(heading.strip(" :*_").split())
    found = _EXCEPT.search(head)
    if found is None or len(head) > MAX_HEADING:
        return None
    words = [" ".join(_TAIL.sub("", line).split()) for line in lines]
    if not words or any(not each or _SENTENCES.search(each) or _NOT_ONE.match(each) for each in words):
        return None
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
    return f"{head[: found.start()].rstrip(' ,(')} except {listed}"


_NOT_ONE = re.compile(r"(?i)\W*(?:no|not|must|patients?|subjects?|note)\b")
