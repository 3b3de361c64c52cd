"""Three-valued truth: YES, NO and UNKNOWN, combined by Kleene's strong tables, one value or whole arrays.

NO < UNKNOWN < YES, so *and* is the smaller, *or* the greater, and *not* the mirror image. Nothing else in
accrual combines truths. Source: Kleene, Introduction to Metamathematics (1952), section 64.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

TruthArray = NDArray[np.int8]
"""Truths of many statements at once; any shape, values `Truth.rank`: 0 NO, 1 UNKNOWN, 2 YES."""


class Truth(Enum):
    """Whether a statement is true of a patient. Never use one as a condition: compare with `is`."""

    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"

    rank: int
    """0 for NO, 1 for UNKNOWN, 2 for YES: the order that the tables stand on."""

    def __init__(self, value: str) -> None:
        self.rank = ("no", "unknown", "yes").index(value)

    @staticmethod
    def of(value: bool) -> Truth:
        """Return YES for True and NO for False."""
        return Truth.YES if value else Truth.NO

    @staticmethod
    def ranked(rank: int) -> Truth:
        """Return the truth of this rank."""
        return _BY_RANK[rank]

    def __and__(self, other: Truth) -> Truth:
        return self if self.rank <= other.rank else other

    def __or__(self, other: Truth) -> Truth:
        return self if self.rank >= other.rank else other

    def __invert__(self) -> Truth:
        return _BY_RANK[2 - self.rank]

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a Truth has three values: compare it with `is Truth.YES`, `is Truth.NO` or `is Truth.UNKNOWN`"
        )


_BY_RANK = (Truth.NO, Truth.UNKNOWN, Truth.YES)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return the conjunction; YES for none."""
    found = Truth.YES
    for truth in truths:
        if truth is Truth.NO:
            return truth
        if truth is Truth.UNKNOWN:
            found = truth
    return found


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return the disjunction; NO for none."""
    found = Truth.NO
    for truth in truths:
        if truth is Truth.YES:
            return truth
        if truth is Truth.UNKNOWN:
            found = truth
    return found


def at_least(count: int, truths: Iterable[Truth]) -> Truth:
    """Say whether `count` or more of the truths hold: UNKNOWN while the unknown ones could still decide it."""
    ranks = [truth.rank for truth in truths]
    if sum(rank == 2 for rank in ranks) >= count:
        return Truth.YES
    if sum(rank >= 1 for rank in ranks) < count:
        return Truth.NO
    return Truth.UNKNOWN


def all_arrays(truths: TruthArray) -> TruthArray:
    """Conjunction along the first axis, which has one entry or more: shape (n, …) gives (…)."""
    return np.asarray(np.minimum.reduce(truths, axis=0), np.int8)


def any_arrays(truths: TruthArray) -> TruthArray:
    """Disjunction along the first axis, which has one entry or more."""
    return np.asarray(np.maximum.reduce(truths, axis=0), np.int8)


def at_least_arrays(count: int, truths: TruthArray) -> TruthArray:
    """Say along the first axis whether `count` or more hold, as `at_least`."""
    sure = np.add.reduce(truths == Truth.YES.rank, axis=0, dtype=np.int32) >= count
    possible = np.add.reduce(truths != Truth.NO.rank, axis=0, dtype=np.int32) >= count
    return np.asarray(sure.astype(np.int8) + possible.astype(np.int8), np.int8)


def agreed_arrays(truths: TruthArray) -> TruthArray:
    """Return what all along the first axis say alike; UNKNOWN where they differ. One entry or more."""
    least, most = all_arrays(truths), any_arrays(truths)
    return np.where(least == most, least, np.int8(Truth.UNKNOWN.rank))


def not_array(truths: TruthArray) -> TruthArray:
    """Negation, element by element."""
    return np.int8(2) - truths
