"""Clients of the public API that no one here wrote, at this server: they search, page, export and get errors."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

Run = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def ask(server: str) -> Callable[[str], Any]:
    """Asks the server itself, with no client between."""

    def get(query: str) -> Any:
        with urllib.request.urlopen(f"{server}/api/v2/{quote(query, safe='/?&=,|[]():.@')}") as answer:
            return json.load(answer)

    return get


@pytest.fixture(scope="module")
def everything(ask: Callable[[str], Any]) -> list[str]:
    """All numbers, in the order of a search without words."""
    return numbers(ask("studies?pageSize=1000&fields=NCTId"))


def numbers(page: dict[str, Any]) -> list[str]:
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]


def test_ctgov(run_program: Run, ask: Callable[[str], Any], everything: list[str]) -> None:
    found = run_program("ctgov")
    assert found["everything"] == everything
    assert found["found"] == numbers(ask("studies?query.term=cancer&fields=NCTId&pageSize=1000"))
    assert found["count"] == len(found["found"]) > 20
    assert 0 < found["filtered"] < len(everything)
    assert found["study"] == found["found"][0]
    assert "HTTP 400" in found["error"]
    assert found["version"]["apiVersion"] == "2.0.5"


def test_clinical_trials_gov(run_program: Run, ask: Callable[[str], Any]) -> None:
    found = run_program("clinical_trials_gov")
    asked = "studies?query.cond=cancer&query.locn=United States&filter.overallStatus=COMPLETED&pageSize=50"
    assert found["found"] == numbers(ask(asked))
    assert len(found["found"]) > 3
    assert found["study"] == ask(f"studies/{found['words'][0]}")
    assert found["error"] == "404 NCT number NCT99999999 not found"


def test_pytrials(run_program: Run, ask: Callable[[str], Any]) -> None:
    found = run_program("pytrials")
    asked = "studies?query.cond=cancer&filter.overallStatus=COMPLETED,RECRUITING&fields=NCTId&pageSize=1000"
    whole = numbers(ask(asked))
    assert found["page"] + found["following"] == whole[:10]
    assert found["total"] == len(whole)
    assert found["phases"] == ask("studies?aggFilters=phase:2,phase:3&countTotal=true")["totalCount"]
    assert found["study"] == found["page"][0]
    kinds = [kind for kind, _ in found["errors"]]
    assert kinds == ["missing", "refused"]
    assert "NCT number NCT99999999 not found" in found["errors"][0][1]
    assert "Unsupported sort field type: text" in found["errors"][1][1]


def test_ctgforge(run_program: Run, ask: Callable[[str], Any], everything: list[str]) -> None:
    found = run_program("ctgforge")
    assert found["days"] == sorted(found["days"], reverse=True)
    assert found["count"] == len(found["found"]) > 10
    assert (
        found["phased"]
        == ask("studies?filter.advanced=AREA[Phase](PHASE2 OR PHASE3)&countTotal=true")["totalCount"]
    )
    assert sorted(found["everything"]) == sorted(everything)
    assert found["study"] == found["found"][0]
    assert "400" in found["error"]
    assert "Unsupported sort field type: text" in found["error"]


def test_altissimo(run_program: Run, ask: Callable[[str], Any], everything: list[str]) -> None:
    found = run_program("altissimo")
    assert found["everything"] == everything
    rows = list(csv.reader(io.StringIO(found["rows"])))
    assert rows[0] == ["NCT Number", "Phases"]
    assert [row[0] for row in rows[1:]] == numbers(
        ask("studies?query.cond=cancer&fields=NCTId&pageSize=1000")
    )
    assert found["study"] == ask(f"studies/{everything[0]}")
    assert found["errors"] == [
        [404, "NCT number NCT99999999 not found"],
        [400, "Error parsing query in Other terms: inner bool query clause cannot be null"],
        [400, "Unsupported sort field type: text"],
        [404, "Unknown piece name of field path: Bogus"],
    ]
    assert found["sizes"] == len(everything)
    assert found["areas"] == 19
    assert found["enums"] == len(ask("studies/enums"))
    assert found["found"] > 0
    assert found["values"]
    assert found["lists"]
