"""Results in brief, what to read beside a study, what changed in its record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accrual.plain.history import LONGEST, read_history, shortened
from accrual.plain.results import GROUPS_SHOWN, read_results
from accrual.plain.sources import read_sources, web_address
from accrual.registry.ctgov_json import read_json
from accrual.registry.record import Trial


def study(**sections: Any) -> Trial:
    protocol = {"identificationModule": {"nctId": "NCT00000102"}, **sections.pop("protocol", {})}
    return read_json(json.dumps({"protocolSection": protocol, **sections}).encode())


def test_values_stay_the_text_of_the_record_with_their_limits() -> None:
    measurements = [{"groupId": "G1", "value": "NA", "lowerLimit": "<0.1"}]
    groups = [{"id": f"G{number}", "title": f"Arm {number}"} for number in range(1, 9)]
    outcome = {
        "type": "PRIMARY",
        "title": "Survival",
        "groups": groups,
        "classes": [{"categories": [{"measurements": measurements}]}],
    }
    found = read_results(study(resultsSection={"outcomeMeasuresModule": {"outcomeMeasures": [outcome]}}))
    assert found is not None
    (table,) = found.outcomes
    assert table.rows[0].cells == ("NA (<0.1 to ?)", "", "", "", "", "")
    assert table.columns_left == len(groups) - GROUPS_SHOWN


def test_harms_are_counted_of_those_at_risk_and_what_is_not_stated_is_not_zero() -> None:
    groups = [{"id": "E1", "title": "A", "seriousNumAffected": 0, "seriousNumAtRisk": 1200}, {"id": "E2"}]
    found = read_results(study(resultsSection={"adverseEventsModule": {"eventGroups": groups}}))
    assert found is not None
    assert [row.cells for row in found.harms.rows] == [("0 of 1,200", "")]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://[", "", "ftp://a.example/b"],
)
def test_only_web_addresses_become_links(address: str) -> None:
    assert web_address(address) == ""
    module = {"seeAlsoLinks": [{"label": "More", "url": address}]}
    (source,) = read_sources(study(protocol={"referencesModule": module}))
    assert (source.words, source.url) == ("More", "")


def test_papers_with_results_come_first_and_withdrawn_ones_are_told() -> None:
    references = [
        {"type": "BACKGROUND", "citation": "B"},
        {"type": "RESULT", "pmid": "1", "citation": "R", "retractions": [{"pmid": "2"}]},
    ]
    first, second = read_sources(study(protocol={"referencesModule": {"references": references}}))
    assert (first.words, first.url, first.retracted) == ("R", "https://pubmed.ncbi.nlm.nih.gov/1/", True)
    assert second.kind == "background"


def test_history_names_fields_that_came_and_went() -> None:
    def version(**module: Any) -> dict[str, Any]:
        return {"protocolSection": {"identificationModule": module}}

    newest, oldest = read_history([version(briefTitle="a", acronym="X"), version(briefTitle="b" * 9000)])
    assert oldest.changes == ()
    assert [one.before for one in newest.changes] == ["a", "X"]
    assert [one.words.partition(" ")[0] for one in newest.changes] == ["Title:", "Acronym"]
    assert len(shortened(newest.changes[0].after)) < LONGEST + 40
    assert newest.changes[1].after == ""


@pytest.mark.parametrize("odd", [{"protocolSection": []}, {"protocolSection": {"statusModule": 7}}, {}])
def test_a_record_of_an_odd_shape_has_a_history(odd: dict[str, Any]) -> None:
    assert len(read_history([odd, odd])) == 2


def test_a_deep_record_has_a_history() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    assert read_history([{}, {"protocolSection": {"designModule": {"a": deep}}}])[0].changes[0].after == "…"
