"""How many people were planned and joined: what the versions of a record say, and what none of them says."""

from __future__ import annotations

import json
from datetime import date

import pytest

from accrual.plain.enrollment import Number, read_enrollment
from accrual.registry.ctgov_json import read_json
from accrual.registry.record import Trial

TODAY = date(2026, 11, 22)


def version(count: int | None, kind: str = "", posted: str = "", **status: object) -> Trial:
    info = {} if count is None else {"enrollmentInfo": {"count": count, **({"type": kind} if kind else {})}}
    study = {
        "identificationModule": {"nctId": "NCT00000102"},
        "statusModule": {"lastUpdatePostDateStruct": {"date": posted}, **status},
        "designModule": info,
    }
    return read_json(json.dumps({"protocolSection": study}).encode())


def test_a_count_stands_beside_the_last_plan_and_the_first() -> None:
    found = read_enrollment(
        [
            version(40, "ESTIMATED", "2020-01-01"),
            version(18, "ESTIMATED", "2021-01-01"),
            version(8, "ACTUAL", "2022-01-01"),
        ],
        TODAY,
    )
    assert found is not None
    assert found.joined == Number(8, "2022-01-01")
    assert found.plan == Number(18, "2021-01-01")
    assert found.first_plan == Number(40, "2020-01-01")
    assert found.of_plan == 44
    assert [found.share(one) for one in (found.first_plan, found.plan, found.joined)] == [100.0, 45.0, 20.0]


@pytest.mark.parametrize(
    ("kind", "known"), [("ESTIMATED", "plan"), ("ACTUAL", "joined"), ("", "unstated"), ("<b>", "unstated")]
)
def test_one_number_alone_is_only_what_the_record_says_it_is(kind: str, known: str) -> None:
    found = read_enrollment([version(30, kind)], TODAY)
    assert found is not None
    named = {name: getattr(found, name) for name in ("joined", "plan", "unstated", "first_plan")}
    assert {name for name, number in named.items() if number is not None} == {known}
    assert found.of_plan is None


def test_a_plan_that_holds_is_no_change_of_plan() -> None:
    found = read_enrollment([version(30, "ESTIMATED", "2020"), version(30, "ESTIMATED", "2021")], TODAY)
    assert found is not None
    assert found.first_plan is None


@pytest.mark.parametrize(
    "versions", [[], [version(None)], [version(-5, "ACTUAL")], [version(9, "ACTUAL"), version(None)]]
)
def test_without_a_number_there_is_nothing_to_show(versions: list[Trial]) -> None:
    assert read_enrollment(versions, TODAY) is None


def test_nobody_of_nobody_is_no_share() -> None:
    found = read_enrollment([version(0, "ESTIMATED"), version(0, "ACTUAL")], TODAY)
    assert found is not None
    assert found.of_plan is None
    assert found.share(Number(0, "")) == 0.0


@pytest.mark.parametrize(
    ("start", "due", "kind", "elapsed"),
    [
        ("2025-11-22", "2027-11-22", "ESTIMATED", 50),
        ("2025-11", "2027-11", "", 51),
        ("2025-11-22", "2027-11-22", "ACTUAL", None),
        ("2027-01", "2028-01", "ESTIMATED", None),
        ("2020-01", "2026-10", "ESTIMATED", None),
        ("2026-11-22", "2026-11-22", "ESTIMATED", None),
        ("soon", "2027-01", "ESTIMATED", None),
        ("2025", "", "ESTIMATED", None),
    ],
)
def test_time_is_told_only_while_it_runs(start: str, due: str, kind: str, elapsed: int | None) -> None:
    dates = {
        "startDateStruct": {"date": start},
        "primaryCompletionDateStruct": {"date": due, "type": kind} if kind else {"date": due},
    }
    found = read_enrollment([version(30, "ESTIMATED", **dates)], TODAY)
    assert found is not None
    assert found.elapsed == elapsed
    assert bool(found.due) == (elapsed is not None)
