"""The parts of a record that tell which patients it is for."""

from __future__ import annotations

import msgspec

from accrual.registry.ctgov_json import read_json
from accrual.search.passages import MAX_DESCRIPTION, PASSAGES, inclusion_part, read_passages


def test_inclusion_is_what_stands_under_no_heading_of_exclusions() -> None:
    lines = ("Ages 18 and up", "Inclusion Criteria:", "- Asthma", "Exclusion Criteria:", "- Stroke")
    text = "\n\n".join((*lines, "Inclusion Criteria:", "- Gout"))
    kept = inclusion_part(text)
    assert all(words in kept for words in ("Ages 18", "Asthma", "Gout"))
    assert "Stroke" not in kept
    assert inclusion_part("") == ""


def test_each_passage_is_there_where_the_record_has_it() -> None:
    protocol = {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Title", "officialTitle": "Official"},
        "conditionsModule": {"conditions": ["Asthma"], "keywords": ["wheeze"]},
        "descriptionModule": {"briefSummary": "Brief", "detailedDescription": "d" * 2 * MAX_DESCRIPTION},
        "armsInterventionsModule": {"interventions": [{"name": "Inhaler"}]},
        "eligibilityModule": {"eligibilityCriteria": "Exclusion Criteria:\n- Stroke"},
    }
    found = dict(read_passages(read_json(msgspec.json.encode({"protocolSection": protocol}))))
    assert found["subject"].split() == ["Title", "Official", "Asthma", "wheeze"]
    assert found["summary"].split() == [*found["subject"].split(), "Inhaler", "Brief"]
    assert len(found["description"]) == MAX_DESCRIPTION
    assert "inclusion" not in found
    assert set(found) < set(PASSAGES)
