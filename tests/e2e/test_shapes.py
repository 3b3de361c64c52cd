"""The JSON that others build on, out of a process of its own: every field of docs/json.md, with its type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from accrual.criteria.tree import MentionKind
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.finder import Finder

SEED = "NCT04785833"
TODAY = ("--today", DEMO_TODAY.isoformat())
KINDS = set(get_args(MentionKind))
NODES = {"compare", "present", "one_of", "within", "not", "all", "any", "at_least", "when", "opaque"}
SITE: dict[str, Any] = {
    "facility": str,
    "city": str,
    "country": str,
    "status": str,
    "distance_km": (float, int, None),
}


def check(value: Any, shape: Any, where: str = "$") -> None:
    """Fail where a value lacks a field of the shape or has one of another type. `None` in a tuple allows null."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        for name, inner in shape.items():
            assert name in value, f"{where}.{name} is missing"
            check(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            check(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, set):
        assert value in shape, f"{where}: {value!r}"
    elif isinstance(shape, tuple):
        if value is not None or None not in shape:
            fitting = [kind for kind in shape if kind is not None]
            if isinstance(fitting[0], dict):
                check(value, fitting[0], where)
            else:
                assert isinstance(value, tuple(fitting)), f"{where}: {value!r}"
    else:
        assert isinstance(value, shape), f"{where}: {value!r}"
        assert not (shape is int and isinstance(value, bool)), where


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo registry, loaded once for this module."""
    folder = tmp_path_factory.mktemp("shapes")
    Finder.demo(folder).close()
    return folder


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """The first demo patient as a file."""
    path = tmp_path / "patient.json"
    path.write_bytes(demo_patients()[DEFAULT_PATIENT])
    return path


def test_find(accrual: Callable[..., SimpleNamespace]) -> None:
    hit = {
        "nct_id": str, "title": str, "status": str, "conditions": [str], "nearest_site": (SITE, None),
        "matched": [str], "score": (float, int), "phases": [str], "nearest_recruiting_site": (SITE, None),
    }  # fmt: skip
    ran = accrual("find", "cancer", "--near", "London, UK", "--json")
    check(ran.json, {"total": int, "results": [hit]})
    assert ran.json["total"] == len(ran.json["results"]) > 0
    assert any(one["nearest_site"] for one in ran.json["results"])
    assert accrual("find", "--json", "--top", "1").json["total"] > 40
    assert accrual("find", "qqqzzz", "--json").json == {"total": 0, "results": []}


def test_the_issues_own_search_is_answered(accrual: Callable[..., SimpleNamespace]) -> None:
    words = ("find", "CD7 CAR-T", "--condition", "leukemia", "--near", "Suzhou", "--top", "20", "--json")
    recruiting = accrual(*words, "--status", "recruiting", "--within", "100km")
    assert recruiting.code == 0
    check(recruiting.json, {"total": int, "results": [{"status": {"RECRUITING"}}]})
    assert SEED in [hit["nct_id"] for hit in accrual(*words).json["results"]]


def test_criteria(accrual: Callable[..., SimpleNamespace]) -> None:
    mention = {
        "kind": KINDS, "start": int, "end": int, "text": str, "negated": bool,
        "code": ({"system": str, "code": str}, None),
    }  # fmt: skip
    criterion = {
        "kind": {"inclusion", "exclusion"}, "text": str, "start": int, "end": int, "heading": str,
        "english": str, "everyday": str, "understood": {"whole", "part", "none"},
        "tree": {"node": NODES}, "mentions": [mention],
    }  # fmt: skip
    field = {"field": str, "text": str, "english": str, "everyday": str, "tree": {"node": NODES}}
    found = accrual("criteria", SEED, "--json").json
    check(found, {"nct_id": {SEED}, "criteria": [criterion], "fields": [field], "findings": list})
    assert len(found["criteria"]) == 15
    source = accrual("show", SEED, "--json").json["protocolSection"]["eligibilityModule"][
        "eligibilityCriteria"
    ]
    for one in found["criteria"]:
        assert source[one["start"] : one["end"]] == one["text"]
        assert all(source[named["start"] : named["end"]] == named["text"] for named in one["mentions"])


def test_screen(accrual: Callable[..., SimpleNamespace], patient: Path) -> None:
    holds = {"yes", "no", "unknown"}
    evidence = {
        "quote": str, "start": int, "end": int, "fact": str, "source": str, "step": str, "holds": holds,
    }  # fmt: skip
    missing = {
        "quote": str, "start": int, "end": int,
        "reason": {"no fact", "not understood", "conflict", "not precise enough"},
    }  # fmt: skip
    decided = {
        "text": str,
        "holds": holds,
        "tree": {"node": NODES},
        "evidence": [evidence],
        "missing": [missing],
    }
    criterion = {"kind": {"inclusion", "exclusion"}, "start": int, "end": int, **decided}
    found = accrual("screen", SEED, patient, *TODAY, "--json").json
    check(
        found,
        {
            "nct_id": {SEED},
            "verdict": {"eligible", "ineligible", "undetermined"},
            "assumption": {"open"},
            "criteria": [criterion],
            "fields": [{"field": str, **decided}],
        },
    )
    assert any(one["evidence"] for one in found["criteria"])
    for one in found["criteria"] + found["fields"]:
        assert (one["holds"] == "unknown") == bool(one["missing"]), one["text"]


def test_match(accrual: Callable[..., SimpleNamespace], patient: Path) -> None:
    found = accrual("match", patient, "--top", "5", *TODAY, "--json").json
    match = {
        "nct_id": str, "title": str, "status": str, "verdict": {"eligible", "ineligible", "undetermined"},
        "score": (float, int), "met": int, "unmet": int, "unknown": int, "nearest_site": (SITE, None),
    }  # fmt: skip
    check(found, [match])
    assert 1 <= len(found) <= 5
    assert all(0 <= one["score"] <= 1 for one in found)


def test_load_and_status(accrual: Callable[..., SimpleNamespace], home: Path, tmp_path: Path) -> None:
    counts = ("studies", "versions", "generation", "studies_read", "criteria")
    shares = ("understood_whole", "understood_part", "understood_none")
    status = accrual("status", "--json").json
    check(status, {"data_date": str, **dict.fromkeys((*counts, *shares), int)})
    assert sum(status[name] for name in shares) == status["criteria"]
    (tmp_path / "bad.json").write_text("{")
    ran = accrual("load", tmp_path / "bad.json", "--json")
    assert ran.code == 2
    tallies = ("seen", "added", "changed", "kept_older", "unchanged", "refused", "warnings", "bytes")
    check(
        ran.json, {**dict.fromkeys(tallies, int), "refusals": [{"where": str, "reason": str}], "report": str}
    )
