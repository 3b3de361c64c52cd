"""Kleene's tables, all nine rows of each, for single truths and for arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.truth import Truth, all_arrays, all_of, any_arrays, any_of, at_least, at_least_arrays, not_array

YES, UNKNOWN, NO = Truth.YES, Truth.UNKNOWN, Truth.NO

AND = [
    (YES, YES, YES),
    (YES, UNKNOWN, UNKNOWN),
    (YES, NO, NO),
    (UNKNOWN, YES, UNKNOWN),
    (UNKNOWN, UNKNOWN, UNKNOWN),
    (UNKNOWN, NO, NO),
    (NO, YES, NO),
    (NO, UNKNOWN, NO),
    (NO, NO, NO),
]
OR = [
    (YES, YES, YES),
    (YES, UNKNOWN, YES),
    (YES, NO, YES),
    (UNKNOWN, YES, YES),
    (UNKNOWN, UNKNOWN, UNKNOWN),
    (UNKNOWN, NO, UNKNOWN),
    (NO, YES, YES),
    (NO, UNKNOWN, UNKNOWN),
    (NO, NO, NO),
]
truths = st.lists(st.sampled_from(Truth), max_size=8)


def as_array(*values: Truth) -> np.ndarray:
    return np.array([value.rank for value in values], dtype=np.int8)


@pytest.mark.parametrize(("left", "right", "expected"), AND)
def test_and_follows_the_table(left: Truth, right: Truth, expected: Truth) -> None:
    assert (left & right) is expected
    assert all_of([left, right]) is expected
    assert all_arrays(np.stack([as_array(left), as_array(right)]))[0] == expected.rank


@pytest.mark.parametrize(("left", "right", "expected"), OR)
def test_or_follows_the_table(left: Truth, right: Truth, expected: Truth) -> None:
    assert (left | right) is expected
    assert any_of([left, right]) is expected
    assert any_arrays(np.stack([as_array(left), as_array(right)]))[0] == expected.rank


@pytest.mark.parametrize(("value", "expected"), [(YES, NO), (UNKNOWN, UNKNOWN), (NO, YES)])
def test_not_mirrors(value: Truth, expected: Truth) -> None:
    assert (~value) is expected
    assert not_array(as_array(value))[0] == expected.rank


def test_a_truth_is_never_a_condition() -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(YES)


def test_nothing_to_satisfy_is_satisfied_and_nothing_to_choose_fails() -> None:
    assert all_of([]) is YES
    assert any_of([]) is NO


@given(st.integers(0, 9), truths)
def test_at_least_agrees_with_every_completion_of_the_unknowns(count: int, values: list[Truth]) -> None:
    """UNKNOWN exactly when turning the unknown values to YES or to NO could change the answer."""
    hopeful = sum(value is not NO for value in values) >= count
    cautious = sum(value is YES for value in values) >= count
    expected = YES if cautious else UNKNOWN if hopeful else NO
    assert at_least(count, values) is expected
    if values:
        ranks = np.array([[value.rank] for value in values], np.int8)
        assert at_least_arrays(count, ranks).tolist() == [expected.rank]


@given(truths)
def test_de_morgan(values: list[Truth]) -> None:
    assert (~all_of(values)) is any_of(~value for value in values)
    assert at_least(1, values) is any_of(values)
    assert at_least(len(values), values) is all_of(values)
