"""The history of a record in sentences: each difference told once, bookkeeping named as that, nothing lost."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from accrual.message import Message
from accrual.plain.difference import tell
from accrual.plain.history import history_json, read_history
from accrual.registry.difference import compare

SITE = {"facility": "Charité", "city": "Berlin", "country": "Germany", "status": "RECRUITING"}


def record(**modules: dict[str, Any]) -> dict[str, Any]:
    return {"protocolSection": modules}


def words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [each.words for each in tell(before, after)]


def test_a_status_is_told_with_why() -> None:
    before = record(statusModule={"overallStatus": "RECRUITING"})
    after = record(statusModule={"overallStatus": "TERMINATED", "whyStopped": "Slow accrual"})
    assert words(before, after) == ["Recruitment status: Recruiting → Terminated (why: Slow accrual)"]


def test_dates_and_numbers() -> None:
    def at(day: str, kind: str, count: int, counted: str) -> dict[str, Any]:
        return record(
            statusModule={"completionDateStruct": {"date": day, "type": kind}},
            designModule={"enrollmentInfo": {"count": count, "type": counted}},
        )

    first = at("2026-01", "ESTIMATED", 20, "ESTIMATED")
    assert words(first, at("2027-01", "ESTIMATED", 34, "ESTIMATED")) == [
        "Completion moved from 2026-01 to 2027-01",
        "Planned enrollment: 20 → 34",
    ]
    assert words(first, at("2026-01", "ACTUAL", 18, "ACTUAL")) == [
        "Completion, 2026-01: planned → actual",
        "Enrollment: 20 planned → 18 actual",
    ]


def test_sites_come_go_and_begin_to_recruit() -> None:
    def sites(*some: dict[str, str]) -> dict[str, Any]:
        return record(contactsLocationsModule={"locations": list(some)})

    oslo = {"facility": "Ullevål", "city": "Oslo", "country": "Norway"}
    assert words(sites(oslo), sites(oslo, SITE)) == ["Site added: Charité, Berlin, Germany (Recruiting)"]
    assert words(sites(SITE, oslo), sites(oslo)) == ["Site removed: Charité, Berlin, Germany"]
    assert words(sites(SITE), sites({**SITE, "status": "COMPLETED"})) == [
        "Site Charité, Berlin, Germany: Recruiting → Completed"
    ]
    many = [{**SITE, "city": f"Town {number}"} for number in range(9)]
    (told,) = tell(sites(), sites(*many))
    assert told.words == "9 sites added"
    assert told.after.count("Charité") == 9


def test_an_outcome_that_changed_its_rank_is_said_plainly() -> None:
    survival, response = {"measure": "Overall survival"}, {"measure": "Response"}
    before = record(outcomesModule={"primaryOutcomes": [survival], "secondaryOutcomes": [response]})
    after = record(outcomesModule={"primaryOutcomes": [response], "secondaryOutcomes": [survival]})
    assert sorted(words(before, after)) == [
        "Outcome moved from primary to secondary: “Overall survival”",
        "Outcome moved from secondary to primary: “Response”",
    ]
    assert {each.weight for each in tell(before, after)} == {"main"}
    gone = record(outcomesModule={"primaryOutcomes": [survival]})
    assert words(gone, record(outcomesModule={"primaryOutcomes": [response]})) == [
        "Primary outcome added: Response",
        "Primary outcome removed: Overall survival",
    ]


def test_criteria_are_told_one_by_one() -> None:
    def criteria(*lines: str) -> dict[str, Any]:
        text = "Inclusion Criteria:\n\n" + "\n".join(f"* {line}" for line in lines)
        return record(eligibilityModule={"eligibilityCriteria": text})

    before = criteria("Age up to 65 years", "ECOG 0-1")
    after = criteria("Age up to 70 years", "ECOG 0-1", "Prior chemotherapy")
    assert words(before, after) == [
        "Inclusion criterion changed: “Age up to 65 years” → “Age up to 70 years”",
        "Inclusion criterion added: “Prior chemotherapy”",
    ]
    (only,) = tell(before, criteria("ECOG 0-1", "Age up to 65 years"))
    assert (only.weight, only.words) == ("bookkeeping", "Only the order of the criteria changed")


def test_words_beside_the_criteria_are_told_too() -> None:
    before = record(eligibilityModule={"eligibilityCriteria": "Inclusion Criteria:\n\n* ECOG 0-1"})
    after = record(eligibilityModule={"eligibilityCriteria": "Key Inclusion Criteria:\n\n* ECOG 0-1"})
    (told,) = tell(before, after)
    assert told.words.startswith(("Words beside the criteria changed", "Inclusion criterion"))


def test_results_and_unknown_fields_are_told_by_their_names() -> None:
    before: dict[str, Any] = {"protocolSection": {}, "hasResults": False}
    after = {
        "protocolSection": {"newModule": {"someField": "hello"}},
        "resultsSection": {"participantFlowModule": {"a": 1}},
        "hasResults": True,
    }
    assert words(before, after) == ["Results posted", "Some field added: hello"]


def test_the_updates_own_dates_are_bookkeeping() -> None:
    before = record(statusModule={"lastUpdateSubmitDate": "2026-01-01", "statusVerifiedDate": "2026-01"})
    after = record(statusModule={"lastUpdateSubmitDate": "2026-02-01", "statusVerifiedDate": "2026-02"})
    assert [each.weight for each in tell(before, after)] == ["bookkeeping", "bookkeeping"]
    assert read_history([before, after])[0].changes == ()


def test_every_difference_of_the_real_histories_is_told(shared_data: Path) -> None:
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz", "rb") as lines:
        rows = [json.loads(line) for line in lines]
    rows.sort(key=lambda row: (row["nct_id"], row["last_update_posted"], row["version_holder"]))
    compared = 0
    for old, new in pairwise(rows):
        if old["nct_id"] != new["nct_id"]:
            continue
        compared += 1
        told = tell(old["study"], new["study"])
        paths = [each.path for one in told for each in one.differences]
        assert {each.path for each in compare(old["study"], new["study"])} == set(paths)
        for one in told:
            assert isinstance(one.words, Message), one.words
            assert "{" not in one.words, one.words
            assert 0 < len(one.words.strip()) < 1_000, one.words
        assert msgspec.json.encode(history_json(read_history([old["study"], new["study"]])))
    assert compared == 58


def test_the_json_holds_both_sides_of_each_difference() -> None:
    before = record(
        statusModule={"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2026-01-01"}}
    )
    after = record(
        statusModule={"overallStatus": "COMPLETED", "lastUpdatePostDateStruct": {"date": "2026-02-01"}}
    )
    newest, oldest = msgspec.json.decode(msgspec.json.encode(history_json(read_history([before, after]))))
    assert (newest["date"], newest["status"], oldest["changes"]) == ("2026-02-01", "Completed", [])
    (status, posted) = newest["changes"]
    assert status["differences"] == [
        {
            "kind": "changed",
            "path": "protocolSection.statusModule.overallStatus",
            "before": "RECRUITING",
            "after": "COMPLETED",
        }
    ]
    assert (status["weight"], posted["weight"]) == ("main", "bookkeeping")


def test_a_record_of_another_shape_is_told_and_does_not_break() -> None:
    for hostile in (
        {},
        {"protocolSection": []},
        {"protocolSection": {"statusModule": "x"}},
        {"hasResults": 3},
    ):
        assert read_history([hostile, record(statusModule={"overallStatus": "RECRUITING"}), hostile])
