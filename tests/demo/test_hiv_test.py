"""An HIV test answers whether there is an HIV infection, as the words "known HIV positivity" mean it."""

from __future__ import annotations

from datetime import date

import pytest

from accrual.basic import Code, PartialDate
from accrual.criteria.tree import Present
from accrual.match.evaluate import Screener
from accrual.patient.model import Fact, Patient, Source
from accrual.truth import Truth

TODAY = date(2026, 11, 22)
INFECTION = Present(concept=Code("accrual", "hiv-infection"))


@pytest.mark.parametrize(
    ("value", "day", "expected"),
    [
        ("positive", "2015-03-02", Truth.YES),
        ("negative", "2026-10-12", Truth.NO),
        ("negative", "2015-03-02", Truth.UNKNOWN),
        ("negative", "2026-12-01", Truth.UNKNOWN),
        ("indeterminate", "2026-10-12", Truth.UNKNOWN),
    ],
)
def test_a_test_says_what_it_found(value: str, day: str, expected: Truth) -> None:
    test = Fact(
        kind="measurement",
        text="HIV test",
        source=Source("measurements[0]", f"HIV test {value}"),
        variable="hiv-test",
        value=value,
        date=PartialDate.parse(day),
    )
    screener = Screener(Patient(facts=(test,)), TODAY)
    assert screener.holds(INFECTION) is expected
    assert all("HIV test" in ground.fact for ground in screener.find(INFECTION, ()).grounds)
