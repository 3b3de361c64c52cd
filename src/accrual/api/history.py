"""The versions of a study that are held here, as the registry's history pages ask for them.

Comes in: the versions of a study, oldest first. Goes out: the JSON of `/api/int/studies/{id}?history=true` and of
`/history/{n}`. Refuses nothing. The registry numbers every version a study ever had, from 0; here those that were
loaded are numbered, so the numbers are the registry's own only where none is missing.

Source: the shapes that public clients read (the R package cthist 2.1: `history.changes[].version, date, status,
moduleLabels`; `study` of one version).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

LABELS: Final[Mapping[str, str]] = {
    "identificationModule": "Study Identification",
    "statusModule": "Study Status",
    "sponsorCollaboratorsModule": "Sponsor/Collaborators",
    "oversightModule": "Oversight",
    "descriptionModule": "Study Description",
    "conditionsModule": "Conditions",
    "designModule": "Study Design",
    "armsInterventionsModule": "Arms and Interventions",
    "outcomesModule": "Outcome Measures",
    "eligibilityModule": "Eligibility",
    "contactsLocationsModule": "Contacts/Locations",
    "referencesModule": "References",
    "ipdSharingStatementModule": "IPDSharing",
    "participantFlowModule": "Participant Flow",
    "baselineCharacteristicsModule": "Baseline Characteristics",
    "outcomeMeasuresModule": "Reported Outcome Measures",
    "adverseEventsModule": "Reported Adverse Events",
    "moreInfoModule": "More Information",
    "largeDocumentModule": "Document Section",
    "annotationModule": "Annotations",
}
"""What the registry's history pages call the modules of a record; the two of annotations and documents are ours."""

SECTIONS: Final = ("protocolSection", "resultsSection", "annotationSection", "documentSection")
"""What a registrant writes; what the registry derives from it is no change."""


def history_json(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what changed from version to version.

    Example:
        >>> history_json([{"protocolSection": {"statusModule": {"overallStatus": "RECRUITING"}}}])
        {'changes': [{'version': 0, 'date': '', 'status': 'RECRUITING', 'moduleLabels': []}]}
    """
    changes = []
    before: Mapping[str, Any] | None = None
    for number, record in enumerate(records):
        status = record.get("protocolSection", {}).get("statusModule", {})
        posted = status.get("lastUpdatePostDateStruct", {}).get("date", "")
        changes.append(
            {
                "version": number,
                "date": status.get("lastUpdateSubmitDate", posted),
                "status": status.get("overallStatus", ""),
                "moduleLabels": changed_labels(before, record) if before is not None else [],
            }
        )
        before = record
    return {"changes": changes}


def changed_labels(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the labels of the modules that differ between two versions, in the order of the record."""
    was, now = _modules(before), _modules(after)
    return [label for name, label in LABELS.items() if was.get(name) != now.get(name)]


def version_json(number: int, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return one version."""
    return {"studyVersion": number, "study": record}


def _modules(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: module for section in SECTIONS for name, module in record.get(section, {}).items()}
