"""Why a study was found: the reasons, and that they are given exactly where the study is."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.search.expressions import Chance
from tests.search.oracle import holds
from tests.search.test_essie_oracle import AREAS, ODD
from tests.search.test_oracle import FALSE, RECORD, TRUE

from accrual.search.essie import read_expression
from accrual.search.explanation import Reason, explain
from accrual.search.places import Places


def reasons(text: str, record: dict[str, Any] = RECORD, area: str = "BasicSearch") -> tuple[Reason, ...]:
    explained = explain(read_expression(text, "Other terms"), record, area)
    assert explained.holds
    return explained.reasons


def only(text: str, record: dict[str, Any] = RECORD) -> Reason:
    (reason,) = reasons(text, record)
    return reason


def test_words_are_shown_as_they_stand_in_the_heaviest_field() -> None:
    reason = only("aspirin")
    assert (reason.how, reason.piece, reason.found, reason.asked) == (
        "written",
        "BriefTitle",
        "Aspirin",
        "aspirin",
    )
    assert reason.context == "A Study of Aspirin After Myocardial Infarction"
    assert not reason.passing


@pytest.mark.parametrize(
    ("text", "how", "piece", "found"),
    [
        ('"brain tumours"', "written", "Condition", "Brain Tumours"),
        ('"brain tumour"', "ending", "Condition", "Brain Tumours"),
        ('"brain tumor"', "spelling", "Condition", "Brain Tumours"),
        ('"heart attack"', "synonym", "BriefTitle", "Myocardial Infarction"),
        ("keytruda", "synonym", "InterventionName", "MK-3475"),
        ("AREA[Phase]PHASE3", "written", "Phase", "PHASE3"),
        ('AREA[Phase]"phase 3"', "written", "Phase", "Phase 3"),
        ("AREA[LocationCity]liege", "written", "LocationCity", "Liège"),
        ("AREA[StartDate]RANGE[2022, MAX]", "value", "StartDate", "2022-03"),
        ("AREA[StartDate]2022", "value", "StartDate", "2022-03"),
        ("AREA[Location:size]2", "value", "Location:size", "2"),
        ("DISTANCE[42.36, -71.06, 5mi]", "near", "LocationGeoPoint", "Boston"),
        ("AREA[CompletionDate]MISSING", "missing", "CompletionDate", ""),
        ("NOT ibuprofen", "absent", "", ""),
        ("ALL", "everything", "", ""),
    ],
)
def test_each_kind_of_reason(text: str, how: str, piece: str, found: str) -> None:
    reason = only(text)
    assert (reason.how, reason.piece, reason.found) == (how, piece, found)


def test_a_reason_points_at_what_asked() -> None:
    text = 'AREA[Condition]tumor AND ("no such thing" OR keytruda) NOT child'
    found = reasons(text)
    assert [reason.span.of(text) for reason in found] == ["tumor", "keytruda", "child"]


def test_words_that_stand_apart_have_a_reason_each() -> None:
    assert [reason.found for reason in reasons("infarction aspirin boston")] == [
        "Infarction",
        "Aspirin",
        "Boston",
    ]


def test_a_synonym_in_a_heavy_field_says_more_than_words_here_and_there() -> None:
    record = {
        "protocolSection": {
            "conditionsModule": {"conditions": ["Myocardial Infarction"]},
            "armsInterventionsModule": {
                "interventions": [{"description": "heart"}, {"description": "attack"}]
            },
        }
    }
    assert only("heart attack", record).how == "synonym"
    record["protocolSection"]["conditionsModule"]["conditions"] = ["Heart Failure"]
    assert [(reason.found, reason.passing) for reason in reasons("heart attack", record)] == [
        ("Heart", False),
        ("attack", True),
    ]


def test_the_site_that_has_it_all_is_named() -> None:
    found = reasons("SEARCH[Location](AREA[LocationStatus]recruiting AND belgium)")
    assert [(reason.site, reason.found) for reason in found] == [(1, "RECRUITING"), (1, "Belgium")]
    assert only("AREA[LocationCity]boston").site is None


def test_a_site_without_a_point_stands_where_its_city_is(places: Places) -> None:
    site = {"city": "Boston", "state": "Massachusetts", "country": "United States"}
    record = {"protocolSection": {"contactsLocationsModule": {"locations": [{}, site]}}}
    asked = read_expression("DISTANCE[42.36, -71.06, 5mi]", "Other terms")
    assert not explain(asked, record).holds
    (reason,) = explain(asked, record, places=places).reasons
    assert reason.found == "Boston"
    inside = read_expression("SEARCH[Location](DISTANCE[42.36, -71.06, 5mi])", "Other terms")
    assert [reason.site for reason in explain(inside, record, places=places).reasons] == [1]


def test_long_values_are_shown_around_what_was_found() -> None:
    text = "x " * 200 + "the needle here " + "y " * 200
    record = {"protocolSection": {"descriptionModule": {"briefSummary": text}}}
    reason = only("needle", record)
    assert reason.context.startswith("…x x")
    assert reason.context.endswith("y y…")
    assert "the needle here" in reason.context
    assert len(reason.context) < 140


@pytest.mark.parametrize("text", TRUE)
def test_what_holds_has_a_reason(text: str) -> None:
    assert reasons(text)


@pytest.mark.parametrize("text", FALSE)
def test_what_does_not_hold_has_none(text: str) -> None:
    explained = explain(read_expression(text, "Other terms"), RECORD)
    assert not explained.holds
    assert explained.reasons == ()


@pytest.mark.parametrize("seed", range(3))
def test_odd_records_are_explained_exactly_where_they_are_found(seed: int) -> None:
    chance = Chance(seed, ODD)
    for _ in range(150):
        tree, area = chance.expression(), chance.random.choice(AREAS)
        for record in ODD:
            assert explain(tree, record, area).holds == holds(tree, record, area)


def test_real_records_are_explained_exactly_where_they_are_found(shared_data: Path) -> None:
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz") as lines:
        records = [json.loads(line) for number, line in enumerate(lines) if number % 60 == 7]
    chance = Chance(1, records)
    for _ in range(100):
        tree, area = chance.expression(), chance.random.choice(AREAS)
        for record in chance.random.sample(records, 10):
            explained = explain(tree, record, area)
            assert explained.holds == holds(tree, record, area)
            for reason in explained.reasons:
                assert (
                    not reason.found
                    or " ".join(reason.found.split()) in reason.context
                    or reason.how
                    in (
                        "value",
                        "near",
                    )
                )


def test_an_expression_of_thousands_of_words_is_explained_in_time() -> None:
    text = "the quick study of words and values " * 2_000
    record = {"protocolSection": {"descriptionModule": {"briefSummary": text, "detailedDescription": text}}}
    for asked in ("the OR " * 2_300 + "x", " OR ".join(f"w{number}" for number in range(1_800))):
        expression = read_expression(asked, "Other terms")
        began = time.process_time()
        explain(expression, record)
        assert time.process_time() - began < 2
