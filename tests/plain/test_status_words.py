"""A status in words, with how far it can be relied on, and the score of its staleness."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from accrual.plain.status import staleness_words, standing_words, status_words
from accrual.registry.ctgov_json import read_json
from accrual.registry.standing import FINAL, SHARES, Standing, read_standing

TODAY = date(2026, 11, 22)


def standing(holder: str = "", **module: Any) -> Standing:
    record = {
        "protocolSection": {"identificationModule": {"nctId": "NCT00000102"}, "statusModule": module},
        "derivedSection": {"miscInfoModule": {"versionHolder": holder}},
    }
    return read_standing(read_json(json.dumps(record).encode()), TODAY)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ({"statusVerifiedDate": "2026-11"}, "Recruiting (checked within a month)"),
        ({"statusVerifiedDate": "2026-09"}, "Recruiting (checked 1 month ago)"),
        ({"statusVerifiedDate": "2024-12"}, "Recruiting (checked 22 months ago)"),
        ({"statusVerifiedDate": "2023-10"}, "Recruiting (checked 3 years ago)"),
        ({}, "Recruiting (not stated when checked)"),
        (
            {"statusVerifiedDate": "2023-10", "completionDateStruct": {"date": "2024-01"}},
            "Recruiting (checked 3 years ago; planned end has passed)",
        ),
    ],
)
def test_a_status_says_when_it_was_checked_and_what_is_late(module: dict[str, Any], words: str) -> None:
    assert status_words("RECRUITING", standing(overallStatus="RECRUITING", **module)) == words


def test_an_unknown_status_says_what_it_was_before() -> None:
    found = standing(overallStatus="UNKNOWN", lastKnownStatus="RECRUITING", statusVerifiedDate="2021-03")
    assert status_words("UNKNOWN", found) == "Unknown (was: Recruiting; checked 5 years ago)"


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_status_does_not_go_stale(status: str) -> None:
    found = standing(
        "2001-01-01",
        overallStatus=status,
        statusVerifiedDate="2001-01",
        completionDateStruct={"date": "2001"},
    )
    assert (found.staleness, found.parts, standing_words(found), staleness_words(found)) == (0.0, (), "", "")


def test_a_status_without_a_study_says_nothing() -> None:
    assert status_words("", None) == ""
    assert status_words("COMPLETED", None) == "Completed"


def test_the_shares_of_the_score_add_up_to_one() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_the_score_is_the_sum_of_its_parts_and_each_is_named() -> None:
    found = standing(
        "2025-11-03",
        overallStatus="NOT_YET_RECRUITING",
        statusVerifiedDate="2025-05",
        startDateStruct={"date": "2025-11-30"},
        completionDateStruct={"date": "2026-05"},
    )
    assert {part.name: (part.value, part.share) for part in found.parts} == {
        "verified": (0.75, 0.5),
        "overdue": (0.25, 0.15),
        "late_start": (0.5, 0.05),
        "copy": (0.5, 0.1),
    }
    assert found.staleness == pytest.approx(0.75 * 0.5 + 0.25 * 0.15 + 0.5 * 0.05 + 0.5 * 0.1, abs=1e-4)
    assert staleness_words(found) == (
        "Stale by 49 of 100: time since the sponsor's last check (38), age of this copy of the registry (5), "
        "the planned end has passed (4), the planned start has passed (2)"
    )


def test_a_check_that_nobody_states_counts_as_never_made() -> None:
    assert standing(overallStatus="RECRUITING").staleness == 0.5


@pytest.mark.parametrize("verified", ["2026-11", "2026-12", "2031-01"])
def test_what_was_checked_today_or_is_dated_ahead_is_fresh(verified: str) -> None:
    assert standing(overallStatus="RECRUITING", statusVerifiedDate=verified).staleness == 0.0


def test_the_score_never_leaves_its_range() -> None:
    worst = standing(
        "1999-01-01",
        overallStatus="UNKNOWN",
        lastKnownStatus="NOT_YET_RECRUITING",
        completionDateStruct={"date": "2001"},
        startDateStruct={"date": "2000"},
    )
    assert worst.staleness == pytest.approx(1 - SHARES["late_start"])


def test_a_longer_time_without_a_check_is_never_fresher() -> None:
    months = [f"{year}-{month:02d}" for year in (2023, 2024, 2025, 2026) for month in range(1, 12)]
    scores = [standing(overallStatus="RECRUITING", statusVerifiedDate=month).staleness for month in months]
    assert scores == sorted(scores, reverse=True)
