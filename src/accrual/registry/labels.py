"""The registry's enumerations in words: as its legacy records wrote them, and as accrual shows them to people.

Comes in: a kind ("status") and a registry value ("ACTIVE_NOT_RECRUITING"). Goes out: plain words. Refuses: a kind
that no table has (KeyError); a value that no table has is shown in plain letters, because the registry adds values.

The values are those of `enums.py`. `LEGACY` are the registry's own former labels, which legacy XML is read by. `_PLAIN`
holds only where the public trial page says it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from accrual.message import Message, Original, counted, message, word
from accrual.registry.enums import ENUMS

_KINDS: Mapping[str, str] = {
    "allocation": "DesignAllocation",
    "analysis_dispersion": "AnalysisDispersionType",
    "arm_type": "ArmGroupType",
    "assessment": "EventAssessment",
    "biospecimens": "BioSpecRetention",
    "date_type": "DateType",
    "dispersion": "MeasureDispersionType",
    "funder": "AgencyClass",
    "intervention_model": "InterventionalAssignment",
    "intervention_type": "InterventionType",
    "ipd_info": "IpdSharingInfoType",
    "ipd_sharing": "IpdSharing",
    "masking": "DesignMasking",
    "non_inferiority": "NonInferiorityType",
    "observational_model": "ObservationalModel",
    "outcome_type": "OutcomeMeasureType",
    "param": "MeasureParam",
    "phase": "Phase",
    "primary_purpose": "PrimaryPurpose",
    "reference_type": "ReferenceType",
    "responsible_party": "ResponsiblePartyType",
    "role": "ContactRole",
    "sampling_method": "SamplingMethod",
    "secondary_id_type": "SecondaryIdType",
    "sex": "Sex",
    "sides": "ConfidenceIntervalNumSides",
    "status": "Status",
    "std_age": "StandardAge",
    "study_type": "StudyType",
    "time_perspective": "DesignTimePerspective",
    "violation": "ViolationEventType",
    "who_masked": "WhoMasked",
}
"""kind → the registry's enumeration."""
_KIND_OF: Mapping[str, str] = {
    **{enum: kind for kind, enum in _KINDS.items()},
    "RecruitmentStatus": "status",
}

# Where legacy XML wrote another word than the registry's former API (`enums.tsv`).
_XML: Mapping[str, Mapping[str, str]] = {
    "funder": {
        "FED": "U.S. Fed",
        "OTHER_GOV": "Other Government",
        "INDIV": "Individual",
        "INDUSTRY": "Industry",
        "NETWORK": "Network",
        "AMBIG": "Ambiguous",
        "OTHER": "Other",
        "UNKNOWN": "Unknown",
    },
    "phase": {"NA": "N/A"},
}

LEGACY: Mapping[str, Mapping[str, str]] = {
    kind: {each.value: _XML.get(kind, {}).get(each.value, each.legacy) for each in ENUMS[name].values}
    for kind, name in _KINDS.items()
}
"""kind → registry value → the label that legacy XML has for it."""

_PLAIN: Mapping[str, Mapping[str, str]] = {
    "arm_type": {
        "EXPERIMENTAL": "Experimental group",
        "ACTIVE_COMPARATOR": "Active comparator group",
        "PLACEBO_COMPARATOR": "Placebo comparator group",
        "SHAM_COMPARATOR": "Sham comparator group",
        "NO_INTERVENTION": "No intervention group",
        "OTHER": "Other group",
    },
    "funder": {"FED": "U.S. federal agency", "OTHER_GOV": "Other government agency"},
    "masking": {"NONE": "None (Open label)"},
    "status": {"UNKNOWN": "Unknown"},
    "std_age": {"CHILD": "Child (birth-17)", "ADULT": "Adult (18-64)", "OLDER_ADULT": "Older adult (65+)"},
}


def label(kind: str, value: str) -> str:
    """Return plain words for a registry value, a `Message` of that kind; empty for an empty value.

    Raises:
        KeyError: no table has this kind.

    Example:
        >>> label("status", "ACTIVE_NOT_RECRUITING")
        'Active, not recruiting'
    """
    table = LEGACY[kind]
    if not value:
        return ""
    found = _PLAIN.get(kind, {}).get(value) or table.get(value)
    return word(found, kind) if found else Original(value.replace("_", " ").capitalize())


def enum_label(enum: str, value: str) -> str:
    """Return plain words for a value of an enumeration, by the registry's name of that.

    Example:
        >>> enum_label("RecruitmentStatus", "NOT_YET_RECRUITING")
        'Not yet recruiting'
    """
    kind = _KIND_OF.get(enum)
    return label(kind, value) if kind else Original(value.replace("_", " ").capitalize())


def labels(kind: str) -> dict[str, str]:
    """Return every value of a kind with its plain words, in the registry's order.

    Raises:
        KeyError: no table has this kind.
    """
    return {value: label(kind, value) for value in LEGACY[kind]}


def phases_phrase(phases: tuple[str, ...]) -> str:
    """Return a study's phases in words: `Phase 1/Phase 2`; `Not applicable` for `NA`; empty for none."""
    if phases == ("NA",):
        return "Not applicable"
    return "/".join(label("phase", phase) for phase in phases)


_AGE = re.compile(r"\s*(\d+)\s+(year|month|week|day|hour|minute)s?\s*", re.IGNORECASE)


def age_phrase(minimum: str, maximum: str) -> str:
    """Return an age range in plain words, from the registry's own ("12 Years"; empty: no limit).

    Example:
        >>> age_phrase("12 Years", "65 Years")
        '12 to 65 years old'
        >>> age_phrase("18 Years", "")
        '18 years and older'
    """
    low, high = _age(minimum), _age(maximum)
    if low is None and high is None:
        return message("No age limits")
    if high is None:
        assert low is not None
        return message("%(age)s and older", age=_amount(*low))
    if low is None:
        return message("up to %(age)s old", age=_amount(*high))
    if low == high:
        return message("%(age)s old", age=_amount(*low))
    if low[1] == high[1]:
        return message("%(low)s to %(high)s old", low=low[0], high=_amount(*high))
    return message("%(low)s to %(high)s old", low=_amount(*low), high=_amount(*high))


def age_words(text: str) -> str:
    """Return one age of the registry in plain words; an age in other words stays as it is.

    Example:
        >>> age_words("12 Years")
        '12 years'
    """
    found = _age(text)
    return _amount(*found) if found else Original(text.lower())


def _age(text: str) -> tuple[str, str] | None:
    """Return number and unit; an age in unknown words stays as it is, with no unit; None for no limit."""
    if not text.strip() or text.strip().upper() == "N/A":
        return None
    found = _AGE.fullmatch(text)
    return (found[1], found[2].lower()) if found else (text.strip(), "")


_UNITS: Mapping[str, Callable[[int], Message]] = {
    "year": lambda count: counted("%(count)s year", "%(count)s years", count),
    "month": lambda count: counted("%(count)s month", "%(count)s months", count),
    "week": lambda count: counted("%(count)s week", "%(count)s weeks", count),
    "day": lambda count: counted("%(count)s day", "%(count)s days", count),
    "hour": lambda count: counted("%(count)s hour", "%(count)s hours", count),
    "minute": lambda count: counted("%(count)s minute", "%(count)s minutes", count),
}


def _amount(number: str, unit: str) -> str:
    return _UNITS[unit](int(number)) if unit else Original(number)
