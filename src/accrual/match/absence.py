"""Whether a complete note is silent about a condition, drug or procedure: the assumption `notes` for one concept.

Comes in: a concept and the chart. Goes out: whether a note would mention it, and whether this one does, and the
`Finding` that silence is. Refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from accrual.codes.concepts import vocabulary
from accrual.codes.wording import SOURCE
from accrual.match.chart import Chart, Finding, Ground
from accrual.match.concepts import EVERYBODY_HAD
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
    if any(name in chart.variables for kind in kinds & SHOWN_BY.keys() for name in SHOWN_BY[kind]):
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
