"""The registry's enumerations in words: as its legacy records wrote them, and as accrual shows them to people.

Comes in: a kind ("status") and a registry value ("ACTIVE_NOT_RECRUITING"). Goes out: plain words. Refuses: a kind
that no table has (KeyError); a value that no table has is shown in plain letters, because the registry adds values.

`LEGACY` are the registry's own former labels (its `/studies/enums`, API 2.0.3), which legacy XML is read by. `_PLAIN`
holds only where the public trial page says it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_STATUS = {
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "COMPLETED": "Completed",
    "ENROLLING_BY_INVITATION": "Enrolling by invitation",
    "NOT_YET_RECRUITING": "Not yet recruiting",
    "RECRUITING": "Recruiting",
    "SUSPENDED": "Suspended",
    "TERMINATED": "Terminated",
    "WITHDRAWN": "Withdrawn",
    "AVAILABLE": "Available",
    "NO_LONGER_AVAILABLE": "No longer available",
    "TEMPORARILY_NOT_AVAILABLE": "Temporarily not available",
    "APPROVED_FOR_MARKETING": "Approved for marketing",
    "WITHHELD": "Withheld",
    "UNKNOWN": "Unknown status",
}
_GRANTS = {
    "NIH": "U.S. NIH Grant/Contract",
    "FDA": "U.S. FDA Grant/Contract",
    "VA": "U.S. VA Grant/Contract",
    "CDC": "U.S. CDC Grant/Contract",
    "AHRQ": "U.S. AHRQ Grant/Contract",
    "SAMHSA": "U.S. SAMHSA Grant/Contract",
}
_ROLES = {
    "STUDY_CHAIR": "Study Chair",
    "STUDY_DIRECTOR": "Study Director",
    "PRINCIPAL_INVESTIGATOR": "Principal Investigator",
    "SUB_INVESTIGATOR": "Sub-Investigator",
    "CONTACT": "Contact",
}

LEGACY: Mapping[str, Mapping[str, str]] = {
    "allocation": {"RANDOMIZED": "Randomized", "NON_RANDOMIZED": "Non-Randomized", "NA": "N/A"},
    "analysis_dispersion": {
        "STANDARD_DEVIATION": "Standard Deviation",
        "STANDARD_ERROR_OF_MEAN": "Standard Error of the Mean",
    },
    "arm_type": {
        "EXPERIMENTAL": "Experimental",
        "ACTIVE_COMPARATOR": "Active Comparator",
        "PLACEBO_COMPARATOR": "Placebo Comparator",
        "SHAM_COMPARATOR": "Sham Comparator",
        "NO_INTERVENTION": "No Intervention",
        "OTHER": "Other",
    },
    "assessment": {
        "NON_SYSTEMATIC_ASSESSMENT": "Non-systematic Assessment",
        "SYSTEMATIC_ASSESSMENT": "Systematic Assessment",
    },
    "biospecimens": {
        "NONE_RETAINED": "None Retained",
        "SAMPLES_WITH_DNA": "Samples With DNA",
        "SAMPLES_WITHOUT_DNA": "Samples Without DNA",
    },
    "date_type": {"ACTUAL": "Actual", "ESTIMATED": "Estimated"},
    "dispersion": {
        "NA": "Not Applicable",
        "STANDARD_DEVIATION": "Standard Deviation",
        "STANDARD_ERROR": "Standard Error",
        "INTER_QUARTILE_RANGE": "Inter-Quartile Range",
        "FULL_RANGE": "Full Range",
        "CONFIDENCE_80": "80% Confidence Interval",
        "CONFIDENCE_90": "90% Confidence Interval",
        "CONFIDENCE_95": "95% Confidence Interval",
        "CONFIDENCE_975": "97.5% Confidence Interval",
        "CONFIDENCE_99": "99% Confidence Interval",
        "CONFIDENCE_OTHER": "Other Confidence Interval Level",
        "GEOMETRIC_COEFFICIENT": "Geometric Coefficient of Variation",
    },
    "funder": {
        "NIH": "NIH",
        "FED": "U.S. Fed",
        "OTHER_GOV": "Other Government",
        "INDIV": "Individual",
        "INDUSTRY": "Industry",
        "NETWORK": "Network",
        "AMBIG": "Ambiguous",
        "OTHER": "Other",
        "UNKNOWN": "Unknown",
    },
    "intervention_model": {
        "SINGLE_GROUP": "Single Group Assignment",
        "PARALLEL": "Parallel Assignment",
        "CROSSOVER": "Crossover Assignment",
        "FACTORIAL": "Factorial Assignment",
        "SEQUENTIAL": "Sequential Assignment",
    },
    "intervention_type": {
        "BEHAVIORAL": "Behavioral",
        "BIOLOGICAL": "Biological",
        "COMBINATION_PRODUCT": "Combination Product",
        "DEVICE": "Device",
        "DIAGNOSTIC_TEST": "Diagnostic Test",
        "DIETARY_SUPPLEMENT": "Dietary Supplement",
        "DRUG": "Drug",
        "GENETIC": "Genetic",
        "PROCEDURE": "Procedure",
        "RADIATION": "Radiation",
        "OTHER": "Other",
    },
    "ipd_info": {
        "STUDY_PROTOCOL": "Study Protocol",
        "SAP": "Statistical Analysis Plan (SAP)",
        "ICF": "Informed Consent Form (ICF)",
        "CSR": "Clinical Study Report (CSR)",
        "ANALYTIC_CODE": "Analytic Code",
    },
    "ipd_sharing": {"YES": "Yes", "NO": "No", "UNDECIDED": "Undecided"},
    "masking": {
        "NONE": "None (Open Label)",
        "SINGLE": "Single",
        "DOUBLE": "Double",
        "TRIPLE": "Triple",
        "QUADRUPLE": "Quadruple",
    },
    "non_inferiority": {
        "SUPERIORITY": "Superiority",
        "NON_INFERIORITY": "Non-Inferiority",
        "EQUIVALENCE": "Equivalence",
        "OTHER": "Other",
        "NON_INFERIORITY_OR_EQUIVALENCE": "Non-Inferiority or Equivalence",
        "SUPERIORITY_OR_OTHER": "Superiority or Other",
        "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY": "Non-Inferiority or Equivalence (legacy)",
        "SUPERIORITY_OR_OTHER_LEGACY": "Superiority or Other (legacy)",
    },
    "observational_model": {
        "COHORT": "Cohort",
        "CASE_CONTROL": "Case-Control",
        "CASE_ONLY": "Case-Only",
        "CASE_CROSSOVER": "Case-Crossover",
        "ECOLOGIC_OR_COMMUNITY": "Ecologic or Community",
        "FAMILY_BASED": "Family-Based",
        "DEFINED_POPULATION": "Defined Population",
        "NATURAL_HISTORY": "Natural History",
        "OTHER": "Other",
    },
    "outcome_type": {
        "PRIMARY": "Primary",
        "SECONDARY": "Secondary",
        "OTHER_PRE_SPECIFIED": "Other Pre-specified",
        "POST_HOC": "Post-Hoc",
    },
    "param": {
        "GEOMETRIC_MEAN": "Geometric Mean",
        "GEOMETRIC_LEAST_SQUARES_MEAN": "Geometric Least Squares Mean",
        "LEAST_SQUARES_MEAN": "Least Squares Mean",
        "LOG_MEAN": "Log Mean",
        "MEAN": "Mean",
        "MEDIAN": "Median",
        "NUMBER": "Number",
        "COUNT_OF_PARTICIPANTS": "Count of Participants",
        "COUNT_OF_UNITS": "Count of Units",
    },
    "phase": {
        "NA": "N/A",
        "EARLY_PHASE1": "Early Phase 1",
        "PHASE1": "Phase 1",
        "PHASE2": "Phase 2",
        "PHASE3": "Phase 3",
        "PHASE4": "Phase 4",
    },
    "primary_purpose": {
        "TREATMENT": "Treatment",
        "PREVENTION": "Prevention",
        "DIAGNOSTIC": "Diagnostic",
        "ECT": "Educational/Counseling/Training",
        "SUPPORTIVE_CARE": "Supportive Care",
        "SCREENING": "Screening",
        "HEALTH_SERVICES_RESEARCH": "Health Services Research",
        "BASIC_SCIENCE": "Basic Science",
        "DEVICE_FEASIBILITY": "Device Feasibility",
        "OTHER": "Other",
    },
    "reference_type": {"BACKGROUND": "background", "RESULT": "result", "DERIVED": "derived"},
    "responsible_party": {
        "SPONSOR": "Sponsor",
        "PRINCIPAL_INVESTIGATOR": "Principal Investigator",
        "SPONSOR_INVESTIGATOR": "Sponsor-Investigator",
    },
    "role": _ROLES,
    "sampling_method": {
        "PROBABILITY_SAMPLE": "Probability Sample",
        "NON_PROBABILITY_SAMPLE": "Non-Probability Sample",
    },
    "secondary_id_type": {
        **_GRANTS,
        "OTHER_GRANT": "Other Grant/Funding Number",
        "EUDRACT_NUMBER": "EudraCT Number",
        "CTIS": "EU Trial (CTIS) Number",
        "REGISTRY": "Registry Identifier",
        "OTHER": "Other Identifier",
    },
    "sex": {"FEMALE": "Female", "MALE": "Male", "ALL": "All"},
    "sides": {"ONE_SIDED": "1-Sided", "TWO_SIDED": "2-Sided"},
    "status": _STATUS,
    "std_age": {"CHILD": "Child", "ADULT": "Adult", "OLDER_ADULT": "Older Adult"},
    "study_type": {
        "EXPANDED_ACCESS": "Expanded Access",
        "INTERVENTIONAL": "Interventional",
        "OBSERVATIONAL": "Observational",
    },
    "time_perspective": {
        "RETROSPECTIVE": "Retrospective",
        "PROSPECTIVE": "Prospective",
        "CROSS_SECTIONAL": "Cross-Sectional",
        "OTHER": "Other",
    },
    "violation": {
        "VIOLATION_IDENTIFIED": "Violation Identified by FDA",
        "CORRECTION_CONFIRMED": "Correction Confirmed by FDA",
        "PENALTY_IMPOSED": "Penalty Imposed by FDA",
        "ISSUES_IN_LETTER_ADDRESSED_CONFIRMED": "Issues in letter addressed; confirmed by FDA.",
    },
    "who_masked": {
        "PARTICIPANT": "Participant",
        "CARE_PROVIDER": "Care Provider",
        "INVESTIGATOR": "Investigator",
        "OUTCOMES_ASSESSOR": "Outcomes Assessor",
    },
}
"""kind → registry value → the registry's former label."""

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
    """Return plain words for a registry value; empty for an empty value.

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
    return found or value.replace("_", " ").capitalize()


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
        return "No age limits"
    if high is None:
        assert low is not None
        return f"{_amount(*low)} and older"
    if low is None:
        return f"up to {_amount(*high)} old"
    if low == high:
        return f"{_amount(*low)} old"
    if low[1] == high[1]:
        return f"{low[0]} to {_amount(*high)} old"
    return f"{_amount(*low)} to {_amount(*high)} old"


def _age(text: str) -> tuple[str, str] | None:
    """Return number and unit; an age in unknown words stays as it is, with no unit; None for no limit."""
    if not text.strip() or text.strip().upper() == "N/A":
        return None
    found = _AGE.fullmatch(text)
    return (found[1], found[2].lower()) if found else (text.strip(), "")


def _amount(number: str, unit: str) -> str:
    if not unit:
        return number
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"
