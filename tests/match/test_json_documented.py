"""docs/json.md and docs/patient.md name every field that the Structs have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from accrual.basic import Code, Interval
from accrual.criteria import tree
from accrual.criteria.compile import compile_trial
from accrual.criteria.views import criteria_json
from accrual.crowd import Report, Row
from accrual.match.rank import Match, Part
from accrual.match.verdict import (
    Change,
    CriterionVerdict,
    Evidence,
    FieldVerdict,
    Missing,
    Obstacle,
    Screening,
)
from accrual.patient.form import Entry, Form, Measurement, read_form
from accrual.search.query import Found, Hit, NearestSite

DOCS = Path(__file__).resolve().parents[2] / "docs"


def section(title: str) -> str:
    """The text of docs/json.md from one second-level heading to the next."""
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    return text.split(f"## `{title} --json`")[1].split("\n## ")[0]


def names(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


@pytest.mark.parametrize(
    ("title", "structs"),
    [
        ("screen", (Screening, CriterionVerdict, FieldVerdict, Evidence, Missing, Change, Obstacle)),
        ("criteria", (tree.Criterion, tree.Mention, tree.Window, Interval, Code)),
        ("find", (Found, Hit, NearestSite)),
        ("match", (Match, Part, Row, Report)),
    ],
)
def test_every_field_is_documented_under_its_command(
    title: str, structs: tuple[type[msgspec.Struct], ...]
) -> None:
    documented = names(section(title))
    for struct in structs:
        assert set(struct.__struct_fields__) <= documented, struct.__name__


def test_every_node_shape_is_documented_with_its_fields() -> None:
    documented = names(section("criteria"))
    for shape in tree.Node.__subclasses__():
        assert {str(shape.__struct_config__.tag), *shape.__struct_fields__} <= documented, shape.__name__


def test_every_key_of_the_criteria_json_is_documented() -> None:
    compiled = compile_trial(
        nct_id="NCT00000001", criteria_text="Inclusion Criteria:\n- ECOG 0-1", sex="FEMALE"
    )
    written = json.loads(criteria_json(compiled))
    assert written["criteria"]
    assert written["fields"]
    for part in (written, *written["criteria"], *written["fields"]):
        assert set(part) <= names(section("criteria"))


def test_every_closed_list_is_documented() -> None:
    text = (DOCS / "json.md").read_text(encoding="utf-8").replace("\\|", "|")
    for values in ("eligible | ineligible | undetermined", "yes | no | unknown", "whole | part | none"):
        assert f"`{values}`" in text
    assert "`no fact | not understood | conflict | not precise enough`" in text


def test_every_key_of_the_patient_form_is_documented() -> None:
    text = (DOCS / "patient.md").read_text(encoding="utf-8")
    for struct in (Form, Entry, Measurement):
        assert set(struct.__struct_fields__) <= names(text), struct.__name__


def test_the_example_of_the_patient_form_is_read_and_uses_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # with the real tables
    text = (DOCS / "patient.md").read_text(encoding="utf-8")
    example = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)[0]
    patient = read_form(example.encode())
    assert patient.unused == ()
    assert len(patient.facts) == 12
    assert set(Form.__struct_fields__) - set(json.loads(example)) == {"age", "age_date"}
