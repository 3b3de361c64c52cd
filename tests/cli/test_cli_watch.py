"""`accrual watch`: its forms of output, its exit codes, and what it remembers when."""

from __future__ import annotations

import json
from collections.abc import Callable
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

from accrual.demo import DEFAULT_PATIENT, demo_patients
from accrual.watch.state import state_path, watch_lock

NEWS = 10


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "patient.json").write_bytes(demo_patients()[DEFAULT_PATIENT])
    path = tmp_path / "mine.yaml"
    path.write_text(
        "searches:\n  - {name: leukemia, condition: leukemia}\n"
        "patients:\n  - {name: Somebody, file: patient.json, searches: [leukemia]}\n"
    )
    return path


def forget(path: Path, number: str) -> None:
    """Make one trial of the state one that was never seen."""
    where = state_path(path)
    state: dict[str, Any] = json.loads(where.read_text())
    state["searches"][0]["studies"].remove(int(number[3:]))
    where.write_text(json.dumps(state))


def first_number(accrual: Callable[..., Any]) -> str:
    found: str = accrual("find", "--condition", "leukemia", "--json").json["results"][0]["nct_id"]
    return found


def test_the_first_run_says_so_and_ends_with_nothing_new(accrual: Callable[..., Any], file: Path) -> None:
    ran = accrual("watch", str(file))
    assert ran.code == 0
    assert "The first run" in ran.out
    assert "Somebody" in ran.out
    assert accrual("watch", str(file)).out.startswith("Nothing new since")


def test_news_end_with_their_own_code_and_are_told_once(accrual: Callable[..., Any], file: Path) -> None:
    accrual("watch", str(file), "--today", "2026-11-01")
    number = first_number(accrual)
    forget(file, number)
    looked = accrual("watch", str(file), "--dry-run", "--json", "--today", "2026-11-02")
    assert looked.code == NEWS
    assert [one["nct_id"] for one in looked.json["searches"][0]["new"]] == [number]
    told = accrual("watch", str(file), "--json", "--today", "2026-11-02")
    assert (told.code, told.out) == (NEWS, looked.out)  # a look remembers nothing
    assert accrual("watch", str(file), "--today", "2026-11-02").code == 0


def test_a_letter_and_a_feed(accrual: Callable[..., Any], file: Path) -> None:
    accrual("watch", str(file))
    forget(file, first_number(accrual))
    feed = file.with_name("mine.atom")
    ran = accrual("watch", str(file), "--email", "--to", "a@example.org", "--atom", str(feed))
    assert ran.code == NEWS
    letter = message_from_string(ran.out)
    assert letter["To"] == "a@example.org"
    assert "1 new" in letter["Subject"]
    assert "Somebody" not in ran.out
    assert feed.read_text().count("<entry>") == 1


def test_what_could_not_be_delivered_is_told_again(accrual: Callable[..., Any], file: Path) -> None:
    accrual("watch", str(file))
    forget(file, first_number(accrual))
    feed = file.with_name("mine.atom")
    feed.write_text("notes of mine")
    ran = accrual("watch", str(file), "--atom", str(feed))
    assert ran.code == 2
    assert "no Atom feed" in ran.err
    assert feed.read_text() == "notes of mine"
    assert accrual("watch", str(file)).code == NEWS


def test_a_run_beside_another_is_refused(accrual: Callable[..., Any], file: Path) -> None:
    with watch_lock(file):
        ran = accrual("watch", str(file))
    assert ran.code == 3
    assert "in use by" in ran.err
    assert not state_path(file).exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--json", "--email"),
        ("--webhook", "https://example.org"),
        ("--secret-file", "x"),
        ("--to", "a@example.org"),
        ("--webhook", "http://example.org", "--secret-file", "x"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    accrual: Callable[..., Any], file: Path, options: tuple[str, ...]
) -> None:
    assert accrual("watch", str(file), *options).code == 2
    assert not state_path(file).exists()


def test_a_watch_file_that_is_not_there_is_bad_input(accrual: Callable[..., Any], tmp_path: Path) -> None:
    ran = accrual("watch", str(tmp_path / "none.yaml"))
    assert (ran.code, "none.yaml" in ran.err) == (2, True)
