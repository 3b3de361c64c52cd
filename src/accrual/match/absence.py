"""Whether a complete note is silent about a condition, drug or procedure: the assumption `notes` for one concept.

Comes in: a concept and the chart. Goes out: whether a note would mention it, and whether this one does, and the
`Finding` that silence is. Refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from accrual.basic import Quantity
from accrual.codes.concepts import vocabulary
from accrual.codes.wording import SOURCE
from accrual.match.chart import Chart, Finding, Ground
from accrual.match.qualification import EVERYBODY_HAD
from accrual.patient.model import Fact
from accrual.truth import Truth

ABSENT = "not mentioned in the notes"
"""The fact that silence is."""
STEP = "counted as absent under the assumption `notes`"

# What a note need not mention though it is there; with all kinds of them. Set by hand.
UNTOLD = frozenset(
    (
        "blood-donation",
        "dietary-supplement",
        "hormonal-contraceptive",
        "over-the-counter-drug",
        "vaccination",
        "vaccine",
    )
)
# Values that show a condition of these kinds: who has one in the notes is not silent about it. Set by hand.
SHOWN_BY: Mapping[str, tuple[str, ...]] = {
    "anemia": ("hematocrit", "hemoglobin", "red-cells"),
    "arrhythmia": ("heart-rate", "qtc", "pr-interval"),
    "blood-disease": ("hemoglobin", "platelets", "white-cells", "neutrophils", "lymphocytes"),
    "bradycardia": ("heart-rate",),
    "coagulopathy": ("inr", "aptt", "prothrombin-time", "fibrinogen", "platelets"),
    "diabetes-mellitus": ("glucose", "fasting-glucose", "hba1c"),
    "heart-failure": ("lvef", "bnp", "nt-probnp", "nyha"),
    "hyperkalemia": ("potassium",),
    "hyperlipidemia": ("cholesterol", "ldl", "triglycerides"),
    "hypertension": ("systolic-blood-pressure", "diastolic-blood-pressure"),
    "hypokalemia": ("potassium",),
    "hyponatremia": ("sodium",),
    "hypotension": ("systolic-blood-pressure", "diastolic-blood-pressure"),
    "hypoxemia": ("oxygen-saturation",),
    "kidney-disease": ("creatinine", "creatinine-clearance", "egfr", "bun", "urea", "urine-protein", "uacr"),
    "liver-disease": ("alt", "ast", "transaminases", "bilirubin", "direct-bilirubin", "albumin"),
    "malnutrition": ("bmi", "albumin"),
    "obesity": ("bmi", "weight"),
    "shock": ("systolic-blood-pressure",),
    "tachycardia": ("heart-rate",),
    "thyroid-disease": ("tsh", "free-t4"),
}
# Where such a value lies in an adult of either sex who is well: then it shows nothing. Low, high, unit; set by hand,
# near the usual limits of laboratories: no anemia from 13 g/dL (WHO/NMH/NHD/MNM/11.1), blood pressure below
# 140/90 mmHg, obesity from 30 and underweight below 18.5 kg/m2 (WHO).
NORMAL: Mapping[str, tuple[float, float, str]] = {
    "albumin": (3.5, 5.5, "g/dL"),
    "alt": (0, 40, "U/L"),
    "aptt": (25, 35, "s"),
    "ast": (0, 40, "U/L"),
    "bilirubin": (0.1, 1.0, "mg/dL"),
    "bmi": (18.5, 29.9, "kg/m2"),
    "bnp": (0, 100, "pg/mL"),
    "bun": (7, 20, "mg/dL"),
    "creatinine": (0.5, 1.1, "mg/dL"),
    "diastolic-blood-pressure": (60, 89, "mm[Hg]"),
    "fasting-glucose": (70, 99, "mg/dL"),
    "free-t4": (0.8, 1.8, "ng/dL"),
    "glucose": (70, 125, "mg/dL"),
    "hba1c": (4, 5.6, "%"),
    "heart-rate": (60, 100, "/min"),
    "hematocrit": (42, 47, "%"),
    "hemoglobin": (13, 16, "g/dL"),
    "inr": (0.8, 1.2, ""),
    "oxygen-saturation": (95, 100, "%"),
    "platelets": (150, 400, "10*9/L"),
    "potassium": (3.5, 5.0, "mmol/L"),
    "sodium": (135, 145, "mmol/L"),
    "systolic-blood-pressure": (90, 139, "mm[Hg]"),
    "tsh": (0.5, 4.0, "m[IU]/L"),
    "white-cells": (4, 11, "10*9/L"),
}
_ADULT_YEARS = 18
# What no such value shows: one is born with it, and it has a name of its own. Set by hand.
UNSHOWN = frozenset(("genetic-disease", "sickle-cell-disease", "thalassemia"))
# The same for what is given for it, or causes it.
GIVEN_FOR: Mapping[str, tuple[str, ...]] = {
    "depression": ("antidepressant",),
    "diabetes-mellitus": ("insulin", "metformin"),
    "epilepsy": ("anticonvulsant",),
    "immunodeficiency": ("immunosuppressant", "corticosteroid"),
    "infection": ("antibiotic", "antiviral", "antifungal"),
    "psychotic-disorder": ("antipsychotic",),
}

# What a failing organ may be said by: who has an illness of it in the notes is not silent about how well it works.
TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "hepatic-impairment": ("liver-disease",),
    "immunodeficiency": ("hiv-infection",),
    "liver-disease": ("hepatomegaly", "jaundice"),
    "renal-impairment": ("kidney-disease",),
}

_ALLERGY = re.compile(r"(?i)\b(?:allerg|hypersensitiv|intoleran|contra-?indicat|anaphyla|reactions?\b)")


def would_be_told(concept: str) -> bool:
    known = vocabulary()
    if concept not in known.concepts or known.get(concept).source == SOURCE:
        return False
    return UNTOLD.isdisjoint(known.ancestors(concept))


def is_silent(concept: str, chart: Chart, ever: bool = True) -> bool:
    """Say whether the notes name nothing of a concept, and nothing that would show it.

    Arguments:
        ever: it is asked for any time, so that what everybody had once may be so.
    """
    touched = any(fact.asserted for fact in (*chart.kinds_of(concept), *chart.wider_than(concept)))
    touched = touched or left_out(concept, chart) or (ever and concept in EVERYBODY_HAD)
    return not (touched or chart.later(concept) or shown(concept, chart))


def left_out(concept: str, chart: Chart) -> bool:
    """Say whether the notes name it, or something wider or narrower, in words that gave no fact."""
    known = vocabulary()
    if known.is_a(concept, "hypersensitivity") and tells_of_allergy(chart):
        return True
    return any(known.is_a(each, concept) or known.is_a(concept, each) for each in chart.patient.left_out)


def tells_of_allergy(chart: Chart) -> bool:
    """Say whether the note speaks of an allergy to anything, also in words that gave no fact."""
    return _ALLERGY.search(chart.patient.words) is not None


def shown(concept: str, chart: Chart) -> bool:
    """Say whether the notes give a value, a drug or an illness that would show the condition."""
    kinds = vocabulary().ancestors(concept)
    if not UNSHOWN.isdisjoint(kinds):
        return False
    values = (name for kind in kinds & SHOWN_BY.keys() for name in SHOWN_BY[kind])
    if any(not _is_normal(fact, chart) for name in values for fact in chart.measured(name)):
        return True
    if any(
        fact.asserted
        for kind in kinds & TOLD_BY.keys()
        for name in TOLD_BY[kind]
        for fact in chart.kinds_of(name)
    ):
        return True
    drugs = (name for kind in kinds & GIVEN_FOR.keys() for name in GIVEN_FOR[kind])
    return any(fact.asserted for drug in drugs for fact in chart.kinds_of(drug))


def absent(names: tuple[str, ...]) -> Finding:
    """Return that concepts which the notes do not mention are not there."""
    known = vocabulary()
    return absent_words(tuple(known.get(name).name for name in names), names[0])


def absent_words(names: tuple[str, ...], about: str = "") -> Finding:
    """Return that things which the notes do not mention are not there, each by its name."""

    def prove() -> tuple[Ground, ...]:
        return tuple(Ground(ABSENT, "", f"{name}: {STEP}") for name in names)

    return Finding(Truth.NO, prove, about=about)


def _is_normal(fact: Fact, chart: Chart) -> bool:
    """Say whether a value is surely one of an adult who is well, by the laboratory's own limits or the usual ones."""
    value = fact.value
    if not isinstance(value, Quantity) or fact.comparator or not fact.asserted:
        return False
    if fact.reference_low is not None and fact.reference_high is not None:
        return fact.reference_low <= value.value <= fact.reference_high
    low, high, unit = NORMAL.get(fact.variable or "", (1.0, 0.0, ""))
    adult = chart.birth is not None and chart.today.year - chart.birth.last.year > _ADULT_YEARS
    return adult and value.unit == unit and low <= value.value <= high
