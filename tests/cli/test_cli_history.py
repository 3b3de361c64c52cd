"""`accrual history`: versions in plain words, between two days, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accrual.finder import Finder
from accrual.store.records import RecordStore
from accrual.store.writer import RecordWriter

NUMBER = "NCT91000001"


def version(day: str, status: str) -> bytes:
    study = {
        "identificationModule": {"nctId": NUMBER, "briefTitle": "A study"},
        "statusModule": {"overallStatus": status, "lastUpdatePostDateStruct": {"date": day}},
    }
    return json.dumps({"protocolSection": study}).encode()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    with Finder(folder / "home") as finder:
        for number, (day, status) in enumerate(
            (("2026-01-05", "NOT_YET_RECRUITING"), ("2026-02-10", "RECRUITING"), ("2026-03-09", "SUSPENDED"))
        ):
            path = folder / f"{number}.json"
            path.write_bytes(version(day, status))
            finder.load([path])
    return folder / "home"


@pytest.fixture
def history(accrual: Callable[..., Any], home: Path) -> Callable[..., Any]:
    return lambda *arguments: accrual("history", NUMBER, "--home", str(home), *arguments)


def changes(ran: Any) -> list[tuple[str, list[str]]]:
    found: Any = ran.json["versions"]
    return [
        (each["date"], [one["words"] for one in each["changes"] if one["weight"] == "main"]) for each in found
    ]


def test_every_version_is_told_the_newest_first(history: Callable[..., Any]) -> None:
    assert changes(history("--json")) == [
        ("2026-03-09", ["Recruitment status: Recruiting → Suspended"]),
        ("2026-02-10", ["Recruitment status: Not yet recruiting → Recruiting"]),
        ("2026-01-05", []),
    ]
    ran = history()
    assert ran.code == 0
    assert "Recruiting → Suspended" in ran.out
    assert "The oldest version kept here." in ran.out


def test_from_a_day_compares_with_the_version_of_then(history: Callable[..., Any]) -> None:
    assert [day for day, _ in changes(history("--json", "--from", "2026-02-28"))] == [
        "2026-03-09",
        "2026-02-10",
    ]
    assert "What the others are compared with." in history("--from", "2026-02-28").out


def test_to_a_day_leaves_out_what_came_later(history: Callable[..., Any]) -> None:
    assert [day for day, _ in changes(history("--json", "--to", "2026-02-10"))] == [
        "2026-02-10",
        "2026-01-05",
    ]
    assert "None of the 3 versions" in history("--to", "2020-01-01").out


def test_days_the_wrong_way_round_are_refused(history: Callable[..., Any]) -> None:
    ran = history("--from", "2026-03-01", "--to", "2026-02-01")
    assert ran.code == 2
    assert "--from is after --to" in ran.err


def test_a_study_that_is_gone_still_has_its_history(accrual: Callable[..., Any], tmp_path: Path) -> None:
    with Finder(tmp_path / "home") as finder:
        path = tmp_path / "one.json"
        path.write_bytes(version("2026-01-05", "RECRUITING"))
        finder.load([path])
    with RecordStore(tmp_path / "home") as store, RecordWriter(store) as writer:
        writer.remove([NUMBER], "2026-03-01")
    ran = accrual("history", NUMBER, "--home", str(tmp_path / "home"))
    assert (ran.code, "since 2026-03-01" in ran.out) == (0, True)
    assert (
        accrual("history", NUMBER, "--home", str(tmp_path / "home"), "--json").json["removed_on"]
        == "2026-03-01"
    )


def test_a_number_that_is_not_here_is_not_found(accrual: Callable[..., Any]) -> None:
    assert accrual("history", "NCT01010101").code == 1
