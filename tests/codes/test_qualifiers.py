"""The table of qualifiers, tested like code."""

from __future__ import annotations

import re

import pytest

from accrual.codes.qualifiers import Qualifier, qualifier_named, qualifiers, spot_qualifiers

ROWS = tuple(qualifiers().values())


def test_the_qualifiers_of_the_plan_are_all_there() -> None:
    needed = """active inactive history current uncontrolled controlled relapsed refractory newly-diagnosed severe
    moderate mild acute chronic metastatic locally-advanced recurrent symptomatic asymptomatic progressive unstable
    stable systemic prior"""
    assert [name for name in needed.split() if name not in qualifiers()] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_row_keeps_the_rules(row: Qualifier) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", row.id)
    assert row.aliases
    assert row.needs.endswith(".")
    assert row.id not in row.opposites
    assert all(alias == alias.lower() for alias in row.aliases)
    assert all(qualifier_named(alias) is row for alias in row.aliases)
    assert qualifier_named(row.id) is row


def test_qualifiers_are_spotted_in_reading_order() -> None:
    text = "Newly-diagnosed or relapsed/refractory disease; uncontrolled, clinically significant illness"
    assert [(text[hit.start : hit.end], hit.qualifier.id) for hit in spot_qualifiers(text)] == [
        ("Newly-diagnosed", "newly-diagnosed"),
        ("relapsed/refractory", "relapsed-or-refractory"),
        ("uncontrolled", "uncontrolled"),
        ("clinically significant", "significant"),
    ]
