"""The ids that `match` and `patient` name in code stand in the tables."""

from __future__ import annotations

import pytest

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import qualifiers
from accrual.codes.variables import variables
from accrual.match import inference, qualification, rank, values
from accrual.patient import fhir_resources


@pytest.fixture(autouse=True)
def real_tables(small_vocabulary: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()


def test_concepts_named_in_code_exist() -> None:
    passing = (*qualification.PASSING_KINDS, *qualification.PASSING_ITSELF, *qualification.EVERYBODY_HAD)
    for name in (*inference.NOT_HEALTHY, rank.SOUGHT_FIRST, *passing):
        assert vocabulary().get(name).kind == "condition"
    for name in inference.STERILIZING:
        assert vocabulary().get(name).kind == "procedure"


def test_qualifiers_named_in_code_exist() -> None:
    said = {word for pair in qualification.SAYS.items() for word in (pair[0], *pair[1])}
    groups = (
        qualification.NOW
        | qualification.EVER
        | qualification.OVER
        | qualification.VAGUE
        | qualification.UNPROVEN
        | qualification.GIVEN
    ) | qualification.PASSING
    stated = {word for words in fhir_resources.CLINICAL.values() for word in words}
    assert said | groups | stated | {"in-remission", "severe", "mild"} <= set(qualifiers())


def test_variables_named_in_code_exist_with_their_values() -> None:
    rows = [inference.MALE, *(row for _, _, row in inference.FOLLOWS), *inference.STERILIZING.values()]
    for name, value in [pair for row in rows for pair in row.items()]:
        assert value in variables()[name].values
    for premise, value, _row in inference.FOLLOWS:
        assert value in variables()[premise].values
    for name in (
        "age",
        "sex",
        "healthy-volunteer",
        "stage",
        *values.MANY_VALUED,
        *values.LASTING,
        *values.CURRENT_DAYS_OF,
    ):
        assert variables()[name].question
