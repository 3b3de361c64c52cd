"""Lead-ins that say who may enter and who may not, and the fixed headings of old records.

Comes in: the words of a line or of a lead-in. Goes out: whether what follows are requirements or exclusions, or
what a fixed heading ("Prior medication: Excluded") says of the treatments under it. Refuses (None) every lead-in that
says more than that: "Patients with diabetes may not have:" is asked of some only.
"""

from __future__ import annotations

import re

from accrual.criteria.illnesses import illness_named
from accrual.criteria.tree import Kind
from accrual.criteria.words import word_set

MAX_LEAD = 220  # characters; a longer line is a criterion of its own

# Words that say only who is meant, that a list follows, and what entering a trial is called.
_WHO = word_set(
    "you patient patients subject subjects participant participants individual individuals person persons people "
    "volunteer volunteers candidate candidates"
)
_FILL = _WHO | word_set(
    "potential prospective study trial your child the a an all any each every no those this these adult in for to into "
    "research entry enter entering enroll enrolled enrol enrolling enrollment enrolment participate participating "
    "participation inclusion included include admission screening randomization be been as part take from of on "
    "protocol at time clinical join if when who which that with they he she he/she has have had having is are was "
    "were meet meets meeting met fulfill fulfil fulfills fulfilled satisfy satisfies satisfied exhibit exhibits do "
    "does one or more least following below listed criteria criterion conditions condition apply applies true present "
    "exist exclusion characteristics symptoms diseases disorders and statements reasons considered deemed only order "
    "but reassessed entering may will can could should shall would must also both"
)
_REFUSED = re.compile(
    r"\b(?:not be|be not|not to be|not) (?:considered |deemed )?"
    r"(?:eligible|included|enroll?ed|permitted|allowed|admitted|randomi[sz]ed|entered|participate|enroll?|enter)\b|\b(?:ineligible|disqualified)\b|"
    r"\bcannot (?:be (?:included|enroll?ed)|participate|take part|join|enter)\b"
)
_TAKEN = re.compile(r"\b(?:eligible|included|enroll?ed|participate)\b")
_BARRED = re.compile(
    r"\b(?:must|may|should|can|shall|will) ?not (?:have|meet|fulfill?|exhibit|be|present)\b|"
    r"\bnone of the following (?:criteria |conditions )?may\b"
)
_DEMANDED = re.compile(r"\b(?:must|should|shall|need to|have to) (?:have|meet|fulfill?|satisfy|be)\b")
_NONE_OF = re.compile(
    r"(?:none of|no) (?:the )?(?:following|these)(?: (?:conditions?|diseases?|disorders?|criteria|symptoms?))?"
    r"(?: (?:is|are|may|must|should|be|apply|applies|present))*"
)
_WORD = re.compile(r"[a-z][a-z/]*|\d+")


def opens(words: str) -> Kind | None:
    """Say whether a line only says that those are (not) taken who meet what follows.

    Example:
        >>> opens("Patients will not be eligible for this study if they:")
        'exclusion'
        >>> opens("Patients with diabetes may be eligible if they:") is None
        True
    """
    if len(words) > MAX_LEAD or not words.rstrip(" *_").endswith(":"):
        return None
    low = _plain(words)
    if _only(low, _REFUSED):
        return "exclusion"
    return "inclusion" if _only(low, _TAKEN) else None


def turns(words: str, kind: Kind) -> Kind:
    """Return which kind the criteria of a list are whose lead-in may turn the section's: "must not have:".

    Example:
        >>> turns("Patients must not have any of the following:", "inclusion")
        'exclusion'
    """
    if len(words) > MAX_LEAD:
        return kind
    low = _plain(words)
    if _only(low, _BARRED) or _only(low, _REFUSED):
        return "exclusion"
    if kind == "inclusion":
        return "exclusion" if _NONE_OF.fullmatch(low) or denied(words) else kind
    return "inclusion" if _only(low, _DEMANDED) or _only(low, _TAKEN) else kind


_DENIES = re.compile(r"(?i)\W*(?:no|none of|absence of|free of|without)\s+(?:evidence of\s+)?(?=\w)")


def denied(words: str) -> str:
    """Return the illness that a lead-in of requirements denies, with kinds of it below; "" where it does not.

    Example:
        >>> denied("No serious illness, including any of the following:")
        'serious illness, including any of the following'
        >>> denied("No active infection") or denied("No chemotherapy, including:")
        ''
    """
    found = _DENIES.match(words)
    rest = "" if found is None else " ".join(words[found.end() :].strip(" :*_").split())
    return rest if _LISTED.search(rest) and illness_named(rest) not in ("", "history") else ""


_LISTED = re.compile(r"(?i)\b(?:including|includes?|such as|following|as follows|to)\W*$|\bfollowing\b")


def _plain(words: str) -> str:
    return " ".join(_WORD.findall(words.lower())).replace("your child", "participant")


def _only(low: str, verdict: re.Pattern[str]) -> bool:
    """Say whether a lead-in has the verdict once, and beside it only words that say that a list follows."""
    found = verdict.search(low)
    if found is None:
        return False
    rest = (low[: found.start()] + low[found.end() :]).split()
    return not _WHO.isdisjoint(rest) and all(word in _FILL for word in rest)


# The registry's records of AIDS trials have "Prior Medication:" and under it "Excluded:"; those of the National
# Cancer Institute's PDQ have "PRIOR CONCURRENT THERAPY:".
_TREATMENT_TOPIC = re.compile(
    r"(?i)\W*(?:(?:prior|previous|past|concurrent|concomitant|current)\W+(?:(?:and|or|and/or)\W+)?){1,2}"
    r"(?:medications?|treatments?|therap(?:y|ies)|drugs?)\W*"
)
_STATUS = re.compile(
    r"(?i)\W*(?:excluded|not allowed|not permitted|prohibited|disallowed|allowed|permitted|required|recommended)\b.*"
)
_PERMITS = re.compile(r"(?i)(?:.*: )?(?:allowed|permitted|recommended|allowed but not required)\W*")
_LIMITS = re.compile(
    r"(?i)\b(?:only|must|provided|providing|required|requires?|if|unless|up to|limit\w*|less|more|than|not|no|until|"
    r"after|prior|within|except\w*|excluding|other|exclu\w*|should|stable|discontinued|at least)\b|[<>≤≥=\d]"
)


def is_treatment_topic(heading: str) -> bool:
    """Say whether a heading only names treatments and when: "Prior Medication", "-Prior/Concurrent Therapy--"."""
    return _TREATMENT_TOPIC.fullmatch(heading) is not None


def under_topic(heading: str, own: str) -> str:
    """Return a sub-heading with the heading above it, where alone it does not say of what: "Excluded"."""
    if is_treatment_topic(heading) and _STATUS.fullmatch(own):
        return f"{heading}: {own}"
    return own


def permits(heading: str, words: str) -> bool:
    """Say whether a line under a heading is only permitted, without a limit: it asks nothing of anyone."""
    return _PERMITS.fullmatch(heading) is not None and _LIMITS.search(words) is None


_PAST_CONDITIONS = re.compile(
    r"(?>(?:patients?|subjects?|volunteers?|participants?|children|infants?|who|with|have|has|having|had|any|one|or|more|of|"
    r"the|a|following|are|is|be|will|excluded|symptoms|diseases?|disorders?)\b|\W)*"
    r"\b(?:prior|previous|past) (?:medical )?(?:conditions?|diseases?|symptoms?)\b"
    r"(?>(?:and|or|conditions?|diseases?|symptoms|are|is|be|will|excluded|from|the|this|study|trial|listed|below)\b|\W)*"
)


def names_past(heading: str) -> bool:
    """Say whether a heading says only that what follows is of the past: "Patients with these prior conditions"."""
    return _PAST_CONDITIONS.fullmatch(heading.lower()) is not None
