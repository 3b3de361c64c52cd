"""What a legacy record says of its design, arms, planned outcomes and eligibility, into v2 fields.

Comes in: the `clinical_study` element. Goes out: the fields of v2's `designModule`, `armsInterventionsModule`,
`outcomesModule` and `eligibilityModule`. Refuses: nothing; a label that nobody defines is kept with a warning.
"""

from __future__ import annotations

import re

from accrual.registry.labels import LEGACY
from accrual.registry.legacy_value import Fields, flag, made, registry_value, whole_number
from accrual.registry.textblock import markdown, paragraphs
from accrual.registry.xml_element import Element


def block(parent: Element, tag: str) -> str:
    """Take the `textblock` inside a child element."""
    return markdown(parent.group(tag).raw("textblock"))


_OLD_DESIGN = re.compile(
    r"(Allocation|Endpoint Classification|Intervention Model|Masking|Primary Purpose|Observational Model|"
    r"Time Perspective):\s*(.*?)(?=,\s*[A-Z][A-Za-z ]+:|$)"
)
_MASKED = re.compile(r"(?P<how>[^()]*)(?:\((?P<who>[^()]*)\))?")
_MASKING_WORDS = (
    ("open", "NONE"),
    ("none", "NONE"),
    ("no masking", "NONE"),
    ("single", "SINGLE"),
    ("double", "DOUBLE"),
    ("triple", "TRIPLE"),
    ("quadruple", "QUADRUPLE"),
)


_LEVELS = ("SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
_PARTIES = {words.casefold() for words in LEGACY["who_masked"].values()}


def _masking(text: str, warnings: list[str]) -> Fields:
    """Read `Double (Participant, Investigator)`, and what people wrote before the registry fixed the words."""
    found = _MASKED.match(text)
    how, who = (found["how"].strip(), found["who"] or "") if found else (text, "")
    value = next((value for word, value in _MASKING_WORDS if how.casefold().startswith(word)), "")
    if how and not value and not who:
        parts = [name.strip().casefold() for name in how.split(",")]
        if len(parts) <= len(_LEVELS) and all(part in _PARTIES for part in parts):
            value, who = (
                _LEVELS[len(parts) - 1],
                how,
            )  # some records name only the parties; the level counts them
        else:
            value = registry_value("masking", text, warnings)
    people = [] if value == "NONE" else [name.strip() for name in who.split(",") if name.strip()]
    return made(masking=value, whoMasked=[registry_value("who_masked", name, warnings) for name in people])


def design(root: Element, warnings: list[str]) -> Fields:
    """Return the fields of a v2 `designModule`."""
    group = root.group("study_design_info")
    old = {
        key: value.strip() for key, value in _OLD_DESIGN.findall(" ".join(root.text("study_design").split()))
    }
    study_type = root.text("study_type")
    registry = "[Patient Registry]" in study_type
    kind = study_type.replace("[Patient Registry]", "").strip()
    kind = "" if kind == "N/A" else registry_value("study_type", kind, warnings)
    access = root.group("expanded_access_info")

    def value(tag: str, key: str, name: str) -> str:
        return registry_value(name, group.text(tag) or old.get(key, ""), warnings)

    masking = _masking(group.text("masking") or old.get("Masking", ""), warnings)
    enrollment = root.group("enrollment")
    count = enrollment.own()
    return made(
        studyType=kind,
        patientRegistry=True if registry else None,
        expandedAccessTypes=made(
            individual=flag(access.text("expanded_access_type_individual")),
            intermediate=flag(access.text("expanded_access_type_intermediate")),
            treatment=flag(access.text("expanded_access_type_treatment")),
        ),
        phases=_phases(root.text("phase"), kind, warnings),
        targetDuration=root.text("target_duration"),
        designInfo=made(
            allocation=value("allocation", "Allocation", "allocation"),
            interventionModel=value("intervention_model", "Intervention Model", "intervention_model"),
            interventionModelDescription=paragraphs(group.text("intervention_model_description")),
            primaryPurpose=value("primary_purpose", "Primary Purpose", "primary_purpose"),
            observationalModel=value("observational_model", "Observational Model", "observational_model"),
            timePerspective=value("time_perspective", "Time Perspective", "time_perspective"),
            maskingInfo=made(maskingDescription=paragraphs(group.text("masking_description")), **masking),
        ),
        bioSpec=made(
            retention=registry_value("biospecimens", root.text("biospec_retention"), warnings),
            description=block(root, "biospec_descr"),
        ),
        enrollmentInfo=made(
            count=whole_number(count, "enrollment", warnings),
            type=registry_value("date_type", enrollment.attribute("type"), warnings),
        ),
    )


def _phases(text: str, study_type: str, warnings: list[str]) -> list[str]:
    if text == "N/A" and study_type != "INTERVENTIONAL":
        return []  # v2 gives phases to interventional studies only
    parts = [text] if text == "N/A" else text.split("/")
    return [registry_value("phase", part.strip(), warnings) for part in parts if part.strip()]


def arms_interventions(root: Element, warnings: list[str]) -> Fields:
    """Return the fields of a v2 `armsInterventionsModule`; each arm names its interventions, as v2 does."""
    treatments: list[Fields] = []
    names_of: dict[str, list[str]] = {}
    for one in root.groups("intervention"):
        kind, name = one.text("intervention_type"), one.text("intervention_name")
        arms = one.texts("arm_group_label")
        treatments.append(
            made(
                type=registry_value("intervention_type", kind, warnings),
                name=name,
                description=paragraphs(one.text("description")),
                armGroupLabels=arms,
                otherNames=one.texts("other_name"),
            )
        )
        for arm in dict.fromkeys(arms):
            names_of.setdefault(arm, []).append(f"{kind}: {name}")
    groups: list[Fields] = []
    for one in root.groups("arm_group"):
        arm = one.text("arm_group_label")
        groups.append(
            made(
                label=arm,
                type=registry_value("arm_type", one.text("arm_group_type"), warnings),
                description=paragraphs(one.text("description")),
                interventionNames=names_of.get(arm, []),
            )
        )
    return made(armGroups=groups, interventions=treatments)


def outcomes(root: Element, tag: str) -> list[Fields]:
    """Return the planned outcomes of one kind."""
    return [
        made(
            measure=one.text("measure"),
            description=paragraphs(one.text("description")),
            timeFrame=one.text("time_frame"),
        )
        for one in root.groups(tag)
    ]


_AGE_YEARS = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25, "hour": 0.0, "minute": 0.0}


def _age(text: str) -> str:
    return "" if text == "N/A" else text


def _years(text: str, default: float) -> float:
    number, _, unit = text.partition(" ")
    if not number.isdecimal():
        return default
    return int(number) * _AGE_YEARS.get(unit.lower().rstrip("s"), 1.0)


def standard_ages(minimum: str, maximum: str) -> list[str]:
    """Return the registry's age groups that a range touches: child under 18, adult 18 to 64, older adult from 65.

    Source: the registry's definition of `StdAge`; checked against the v2 records of the tests.
    """
    low, high = _years(minimum, 0.0), _years(maximum, 999.0)
    touched = (("CHILD", low < 18), ("ADULT", high >= 18 and low < 65), ("OLDER_ADULT", high >= 65))
    return [name for name, is_touched in touched if is_touched]


def eligibility(root: Element, warnings: list[str]) -> Fields:
    """Return the fields of a v2 `eligibilityModule`."""
    if not root.has("eligibility"):
        return {}
    group = root.group("eligibility")
    sex = group.text("gender")
    volunteers = group.text("healthy_volunteers")
    minimum, maximum = _age(group.text("minimum_age")), _age(group.text("maximum_age"))
    return made(
        eligibilityCriteria=block(group, "criteria"),
        healthyVolunteers=True if volunteers.startswith("Accepts") else flag(volunteers),
        sex="ALL" if sex == "Both" else registry_value("sex", sex, warnings),  # "Both": the word before 2017
        genderBased=flag(group.text("gender_based")),
        genderDescription=paragraphs(group.text("gender_description")),
        minimumAge=minimum,
        maximumAge=maximum,
        stdAges=standard_ages(minimum, maximum),
        studyPopulation=block(group, "study_pop"),
        samplingMethod=registry_value("sampling_method", group.text("sampling_method"), warnings),
    )
