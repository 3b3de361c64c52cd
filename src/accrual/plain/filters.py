"""The nine facets and the registry's field names in words."""

from __future__ import annotations

import re

from accrual.message import Message, message, word
from accrual.registry.labels import label
from accrual.search.query import Facet

FACET_TITLES: dict[Facet, str] = {
    "status": "Status",
    "phase": "Phase",
    "study_type": "Study type",
    "sex": "Sex",
    "age_group": "Age group",
    "funder": "Funder type",
    "healthy_volunteers": "Healthy volunteers",
    "country": "Country",
    "results": "Results",
}
FIELD_NAMES = {
    "NCTId": "NCT number",
    "NCTIdAlias": "former NCT number",
    "OrgStudyId": "sponsor's number",
    "SecondaryId": "other number",
    "StdAge": "age group",
    "BioSpecDescription": "samples kept",
    "ResponsiblePartyOldNameTitle": "responsible party",
    "ResponsiblePartyOldOrganization": "responsible party",
    "ConditionMeshTerm": "condition heading",
    "InterventionMeshTerm": "intervention heading",
    "ConditionAncestorTerm": "wider condition heading",
    "InterventionAncestorTerm": "wider intervention heading",
    "DesignWhoMasked": "who is masked",
}
"""Fields whose registry name says too little in words; the others are their name taken apart."""


def value_words(facet: Facet, value: str) -> str:
    """Return a facet value in plain words: `CHILD` of `age_group` is "Child"."""
    match facet:
        case "country":
            return word(value, "country")
        case "healthy_volunteers":
            return message("Accepted") if value == "true" else message("Not accepted")
        case "results":
            return message("With results") if value == "true" else message("Without results")
        case "age_group":
            return label("std_age", value)
        case _:
            return label(facet, value)


def field_words(name: str) -> Message:
    """Return a registry field's name in plain words: "brief title" for `BriefTitle`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return word(FIELD_NAMES.get(name, apart), "field")
