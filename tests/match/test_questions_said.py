"""How a question was made is found again in its words, for those who say it in another language."""

from __future__ import annotations

import pytest

from accrual.codes.variables import LAST_VALUE, variable_of
from accrual.match.asked import HAD, HAVE_OR_HAD, LAST, asked, question_of


def test_what_narrows_a_name_is_told_from_the_name() -> None:
    said = question_of(asked(HAVE_OR_HAD, "active uncontrolled tuberculosis"))
    named = said.values["name"]
    assert named == "active uncontrolled tuberculosis"
    assert named.pattern == "%(adjectives)s %(name)s"  # type: ignore[attr-defined]
    assert named.values["name"] == "tuberculosis"  # type: ignore[attr-defined]


def test_a_name_that_begins_like_a_word_that_narrows_is_left_whole() -> None:
    said = question_of(asked(HAVE_OR_HAD, "chronic kidney disease"))
    assert said.values["name"].pattern == "chronic kidney disease"  # type: ignore[attr-defined]


def test_kinds_that_do_not_count_are_said_apart() -> None:
    name = "active cancer (other than basal cell carcinoma or cervical carcinoma in situ)"
    said = question_of(asked(HAVE_OR_HAD, name))
    assert str(said) == f"Do you have, or have you had, {name}?"
    assert said.values["name"].pattern == "%(name)s (other than %(others)s)"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("count", "unit"), [("1", "week"), ("4", "weeks"), ("0.5", "weeks")])
def test_the_unit_of_a_time_goes_with_its_number(count: str, unit: str) -> None:
    when = LAST.pattern % {"high": count, "unit": "weeks"}
    said = question_of(asked(HAD, "surgery", when))
    assert str(said) == f"Have you had surgery in the last {count} {unit}?"


def test_a_measurement_without_a_row_is_asked_for_by_its_words() -> None:
    variable = variable_of("text|central-subfield-thickness")
    assert variable is not None
    said = question_of(variable.question)
    assert said.pattern == LAST_VALUE.pattern
    assert said.values["name"] == "central subfield thickness"
