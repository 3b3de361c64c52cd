"""One study as schema.org's `MedicalTrial`, for search engines and other machines that read pages.

Comes in: a `Trial`. Goes out: JSON-LD text that may stand inside a `<script>` element: no sign in it can end one.
Refuses nothing; what a record does not say is left out. Source of the names: schema.org 28, types `MedicalTrial`,
`MedicalObservationalStudy`, `MedicalStudyStatus`, `MedicalTrialDesign`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from accrual.registry.export.address import study_url
from accrual.registry.labels import label
from accrual.registry.record import Trial
from accrual.registry.textblock import unescape

_STATUS: Final = {
    "ACTIVE_NOT_RECRUITING": "ActiveNotRecruiting",
    "COMPLETED": "Completed",
    "ENROLLING_BY_INVITATION": "EnrollingByInvitation",
    "NOT_YET_RECRUITING": "NotYetRecruiting",
    "RECRUITING": "Recruiting",
    "SUSPENDED": "Suspended",
    "TERMINATED": "Terminated",
    "WITHDRAWN": "Withdrawn",
}
_MASKED: Final = {
    "NONE": "OpenTrial",
    "SINGLE": "SingleBlindedTrial",
    "DOUBLE": "DoubleBlindedTrial",
    "TRIPLE": "TripleBlindedTrial",
}
SITES: Final = 50
"""Sites listed, set by hand: what reads it wants to know where, and a page stays light."""


def write_linked_data(trial: Trial, fictional: bool = False) -> str:
    r"""Return the study as JSON-LD; a fictional one has no address at the registry.

    Example:
        >>> from accrual.registry.ctgov_json import read_json
        >>> body = b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000102","briefTitle":"</a>"}}}'
        >>> "<" in write_linked_data(read_json(body))
        False
    """
    text = json.dumps(_prune(_record(trial, fictional)), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _record(trial: Trial, fictional: bool) -> dict[str, Any]:
    observed = trial.study_type == "OBSERVATIONAL"
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "MedicalObservationalStudy" if observed else "MedicalTrial",
        "name": trial.title,
        "alternateName": trial.official_title,
        "identifier": trial.nct_id,
        "url": "" if fictional else study_url(trial.nct_id),
        "description": unescape(trial.summary),
        "status": _of_schema(_STATUS.get(trial.status, "")),
        "healthCondition": [{"@type": "MedicalCondition", "name": name} for name in trial.conditions],
        "sponsor": {"@type": "Organization", "name": trial.lead_sponsor.name},
        "studyLocation": [
            {
                "@type": "Place",
                "name": site.facility,
                "address": {
                    "@type": "PostalAddress",
                    "addressLocality": site.city,
                    "addressRegion": site.state,
                    "postalCode": site.zip,
                    "addressCountry": site.country,
                },
            }
            for site in trial.sites[:SITES]
        ],
    }
    if not observed:
        found["phase"] = "/".join(label("phase", phase) for phase in trial.phases)
        designs = ["RandomizedTrial"] if trial.allocation == "RANDOMIZED" else []
        designs += [_MASKED[trial.masking]] if trial.masking in _MASKED else []
        found["trialDesign"] = [_of_schema(name) for name in designs]
    return found


def _of_schema(name: str) -> str:
    return f"https://schema.org/{name}" if name else ""


def _prune(value: Any) -> Any:
    """Without what is empty, and without parts that say nothing but their type."""
    if isinstance(value, dict):
        kept = {
            name: piece for name, item in value.items() if (piece := _prune(item)) not in ("", [], {}, None)
        }
        return kept if set(kept) - {"@type"} else {}
    if isinstance(value, list):
        return [piece for item in value if (piece := _prune(item)) not in ("", [], {}, None)]
    return value
