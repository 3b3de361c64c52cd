"""How sure a status is, and where a study's dates stand."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from accrual.plain.timeline import timeline
from accrual.registry.ctgov_json import read_json
from accrual.registry.export.calendar_file import write_calendar
from accrual.registry.record import Trial
from accrual.registry.standing import read_standing

TODAY = date(2026, 11, 22)


def study(title: str = "A", **module: Any) -> Trial:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000102", "briefTitle": title},
            "statusModule": module,
        }
    }
    return read_json(json.dumps(record).encode())


@pytest.mark.parametrize(
    ("status", "verified", "certainty", "months"),
    [
        ("RECRUITING", "2026-10", "recent", 0),
        ("RECRUITING", "2025-12", "recent", 10),
        ("RECRUITING", "2025-10", "old", 12),
        ("RECRUITING", "", "unstated", None),
        ("RECRUITING", "2025-13", "unstated", None),
        ("RECRUITING", "2030-01", "recent", 0),
        ("COMPLETED", "2001-01", "final", 309),
        ("UNKNOWN", "2021-03", "unknown", 67),
        ("", "2026-10", "unstated", 0),
    ],
)
def test_a_status_is_as_sure_as_its_last_check(
    status: str, verified: str, certainty: str, months: int | None
) -> None:
    found = read_standing(study(overallStatus=status, statusVerifiedDate=verified), TODAY)
    assert (found.certainty, found.months) == (certainty, months)


@pytest.mark.parametrize(
    ("status", "done", "overdue"),
    [
        ("RECRUITING", "2026-10", "2026-10"),
        ("RECRUITING", "2026-11", ""),  # the month is not over
        ("RECRUITING", "2026-11-22", ""),
        ("ACTIVE_NOT_RECRUITING", "2026-11-21", "2026-11-21"),
        ("COMPLETED", "2020-01", ""),
        ("RECRUITING", "2020-02-31", ""),
    ],
)
def test_a_study_past_its_end_that_still_runs_is_overdue(status: str, done: str, overdue: str) -> None:
    assert (
        read_standing(study(overallStatus=status, completionDateStruct={"date": done}), TODAY).overdue
        == overdue
    )


def test_a_start_that_passed_is_told() -> None:
    late = study(overallStatus="NOT_YET_RECRUITING", startDateStruct={"date": "2026-01"})
    assert read_standing(late, TODAY).starts_late == "2026-01"


def test_a_timeline_is_in_the_order_of_time_and_says_what_is_planned() -> None:
    found = timeline(
        study(
            completionDateStruct={"date": "2030-01-01", "type": "ESTIMATED"},
            startDateStruct={"date": "2020-01-01", "type": "ACTUAL"},
        ),
        TODAY,
    )
    assert found is not None
    assert [(one.kind, one.planned, one.share) for one in found.moments] == [
        ("start", False, 0.0),
        ("completion", True, 100.0),
    ]
    assert found.today == pytest.approx(68.9, abs=0.2)
    assert timeline(study(startDateStruct={"date": "2020"}), TODAY) is None


def test_a_title_cannot_write_lines_of_its_own_into_a_calendar() -> None:
    title = "One\r\nBEGIN:VALARM; two, three \\ " + "é" * 100
    written = write_calendar(study(title, startDateStruct={"date": "2020", "type": "ESTIMATED"}))
    assert "\r\nBEGIN:VALARM" not in written
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    joined = written.replace("\r\n ", "")
    assert "SUMMARY:Start of trial (planned): One BEGIN:VALARM\\; two\\, three \\\\ éé" in joined
    assert "DTSTART;VALUE=DATE:20200101\r\nDTEND;VALUE=DATE:20210101" in joined
