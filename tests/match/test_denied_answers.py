"""An answer that is ruled out decides what asks for that answer alone, and what asks for all the others."""

from __future__ import annotations

from datetime import date

import pytest

from accrual.criteria.tree import OneOf
from accrual.match.chart import Chart
from accrual.match.values import one_of
from accrual.patient.model import Fact, Patient, Source
from accrual.truth import Truth


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (("current",), Truth.NO),
        (("never",), Truth.UNKNOWN),
        (("former", "never"), Truth.YES),
        (("current", "former"), Truth.UNKNOWN),
    ],
)
def test_one_who_does_not_smoke_may_have_stopped_or_never_begun(asked: tuple[str, ...], holds: Truth) -> None:
    said = Fact(
        kind="measurement",
        text="does not smoke",
        source=Source("sentence 1", "does not smoke"),
        asserted=False,
        variable="smoker",
        value="current",
    )
    chart = Chart(Patient(facts=(said,)), date(2026, 11, 22))
    assert one_of(OneOf("smoker", asked), (), chart).holds is holds
