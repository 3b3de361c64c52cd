"""A fair share for each criterion of what all criteria do together: Shapley values.

Comes in: for each criterion whom it keeps out; for each patient what he adds to a pool; what a pool is worth. Goes out:
`Shares`, a number for each criterion; together they are the difference between everybody and the pool with all
criteria applied. Refuses: nothing.

Drop "Karnofsky at least 60" alone and few come in, for "ECOG at most 2" keeps the same people out; drop both, and many
do. A Shapley value is a criterion's effect averaged over all orders in which the criteria could be applied (Shapley
1953; on criteria of trials: Liu 2021, doi:10.1038/s41586-021-03430-5).

What a pool is worth hangs on sums over its patients alone, and whom criteria keep out is a set of criteria. So patients
of the same set count together, and three ways lead to the same numbers. How many are lost has a closed form for any
number of criteria: each patient's loss is divided evenly among those that keep him out. For anything else all pools are
worked out, up to `EXACT_UP_TO` criteria that keep anybody out; beyond, orders are drawn by chance, each with its
reverse, and the standard error is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.simulate.parameters import Floats

EXACT_UP_TO: Final = 16  # criteria; 65,536 pools take milliseconds, and each criterion more doubles them
ORDERS: Final = (
    1000  # drawn by chance where there are too many, half of them the reverse of another; set by hand
)

Flags: TypeAlias = NDArray[np.bool_]
Worth: TypeAlias = Callable[[Floats], Floats]
"""What pools are worth in one way or several: from sums of shape (pools, sums) to shape (pools, ways)."""


class Shares(msgspec.Struct, frozen=True):
    """Each criterion's share of each way to be worth something; arrays of shape (criteria, ways).

    `errors` are the standard errors of drawing orders, 0 where `exact`.
    """

    values: Floats
    errors: Floats
    exact: bool
    orders: int = 0


def shares_of_lost(kept_out: Flags) -> Floats:
    """Return how many patients each criterion costs, shape (criteria,); together they are all that are lost.

    Arguments:
        kept_out: whom each criterion keeps out, shape (criteria, patients).

    Example:
        >>> shares_of_lost(np.array([[True, True, False], [False, True, False]])).tolist()
        [1.5, 0.5]
    """
    reasons = kept_out.sum(axis=0)
    each = np.divide(1.0, reasons, out=np.zeros(len(reasons)), where=reasons > 0)
    lost: Floats = kept_out.astype(np.float64) @ each
    return lost


def shares(
    kept_out: Flags,
    sums: Floats,
    worth: Worth,
    generator: np.random.Generator,
    exact_up_to: int = EXACT_UP_TO,
    orders: int = ORDERS,
) -> Shares:
    """Return each criterion's share of worth(pool with all criteria) - worth(everybody).

    Arguments:
        kept_out: whom each criterion keeps out, shape (criteria, patients).
        sums: what each patient adds to a pool, shape (patients, sums).
        worth: what a pool is worth by its sums.
        generator: draws the orders, where there are too many criteria to work out all pools.

    Example:
        >>> kept_out = np.array([[True, True, False], [False, True, False]])
        >>> shares(kept_out, np.ones((3, 1)), lambda pools: pools, np.random.default_rng(1)).values.tolist()
        [[-1.5], [-0.5]]
    """
    active = np.flatnonzero(kept_out.any(axis=1))  # the others never change a pool: their share is 0
    sets, counted = _sets(kept_out[active], sums)
    if len(active) <= exact_up_to:
        found, drawn = _exact(sets, counted, worth), 0
        errors = np.zeros_like(found)
    else:
        found, errors, drawn = _sampled(sets, counted, worth, generator, orders)
    values = np.zeros((len(kept_out), found.shape[1]))
    spread = np.zeros_like(values)
    values[active], spread[active] = found, errors
    return Shares(values, spread, drawn == 0, drawn)


def _sets(kept_out: Flags, sums: Floats) -> tuple[Flags, Floats]:
    """The different sets of criteria that keep anybody out, shape (sets, criteria), and the sums of their patients."""
    packed = np.packbits(kept_out, axis=0).T if len(kept_out) else np.zeros((kept_out.shape[1], 1), np.uint8)
    _, first, place = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    place = place.reshape(-1)
    counted: Floats = np.stack(
        [np.bincount(place, weights=column, minlength=len(first)) for column in sums.T], axis=1
    ).astype(np.float64)
    return kept_out.T[first], counted


def _exact(sets: Flags, sums: Floats, worth: Worth) -> Floats:
    """Shapley values from the worth of every pool: one for each subset of criteria, its bits those applied."""
    criteria = sets.shape[1]
    # Sums by the set that keeps a patient out, then over all subsets of what is not applied: those are in the pool.
    below = np.zeros((1 << criteria, sums.shape[1]))
    np.add.at(below, sets @ (1 << np.arange(criteria)), sums)
    for bit in range(criteria):
        halves = below.reshape(-1, 2, 1 << bit, sums.shape[1])
        halves[:, 1] += halves[:, 0]
    value = worth(below[::-1])  # the complement of a subset stands at the other end
    size = np.zeros(1 << criteria, np.int64)
    for bit in range(criteria):
        size.reshape(-1, 2, 1 << bit)[:, 1] += 1
    # How likely a criterion is the next one after `of` others, of all orders.
    weight = np.array([1 / (criteria * math.comb(criteria - 1, of)) for of in range(criteria)])
    found = np.zeros((criteria, value.shape[1]))
    for bit in range(criteria):
        pools = value.reshape(-1, 2, 1 << bit, value.shape[1])
        before = weight[size.reshape(-1, 2, 1 << bit)[:, 0]]
        found[bit] = np.einsum("hl,hlv->v", before, pools[:, 1] - pools[:, 0])
    return found


def _sampled(
    sets: Flags, sums: Floats, worth: Worth, generator: np.random.Generator, orders: int
) -> tuple[Floats, Floats, int]:
    """Shapley values from orders drawn by chance, each with its reverse; their standard errors, and how many."""
    pairs = max(2, (orders + 1) // 2)
    found = []
    for _ in range(pairs):
        order = generator.permutation(sets.shape[1])
        found.append((_along(sets, sums, worth, order) + _along(sets, sums, worth, order[::-1])) / 2)
    drawn = np.stack(found)
    mean: Floats = drawn.mean(axis=0)
    errors: Floats = drawn.std(axis=0, ddof=1) / math.sqrt(pairs)
    return mean, errors, 2 * pairs


def _along(sets: Flags, sums: Floats, worth: Worth, order: NDArray[np.intp]) -> Floats:
    """What each criterion changes when they are applied in this order, shape (criteria, ways)."""
    criteria = len(order)
    ordered = sets[:, order]
    # When each set of patients leaves: at its first criterion; those whom none keeps out stay to the end.
    leaves = np.where(ordered.any(axis=1), ordered.argmax(axis=1), criteria)
    left = (leaves == np.arange(criteria + 1)[:, None]) @ sums
    pools = left[::-1].cumsum(axis=0)[::-1]  # everybody, then who is left after each criterion
    changes: Floats = np.diff(worth(pools), axis=0)
    back = np.empty_like(changes)
    back[order] = changes
    return back
