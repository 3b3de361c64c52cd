"""The numbers of the numerical methods: Lobatto's six points on 0 to 1, and the steps of Dormand and Prince.

Comes in: nothing. Goes out: arrays that the compiled loops hold as constants. Refuses: nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.polynomial import Polynomial

from accrual.simulate.parameters import Floats


def _lobatto() -> tuple[Floats, Floats, Floats]:
    """Points and weights on 0 to 1, and the matrix that integrates from 0 to each point."""
    inner = np.sqrt(
        [(7 - 2 * np.sqrt(7)) / 21, (7 + 2 * np.sqrt(7)) / 21]
    )  # Abramowitz and Stegun 25.4.32, n = 6
    points = (np.array([-1, -inner[1], -inner[0], inner[0], inner[1], 1]) + 1) / 2
    matrix = np.zeros((6, 6))
    for j in range(6):
        others = np.delete(points, j)
        basis = Polynomial.fromroots(others) / np.prod(points[j] - others)
        matrix[:, j] = basis.integ()(points)
    return points, matrix[5].copy(), matrix


POINTS, WEIGHTS, INTEGRAL = _lobatto()
BARYCENTRIC: Final = np.array([1 / np.prod(np.delete(p - POINTS, i)) for i, p in enumerate(POINTS)])

# Dormand and Prince 1980 (doi:10.1016/0771-050X(80)90013-3): order 5 less order 4; the second weighs nothing.
E1, E3, E4, E5, E6, E7 = -71 / 57600, 71 / 16695, -71 / 1920, 17253 / 339200, -22 / 525, 1 / 40
# Shampine 1986 (doi:10.1090/S0025-5718-1986-0815836-3): order 4 within a step.
WITHIN: Final = np.array(
    [
        [1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432],
        [0, 0, 0, 0],
        [0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799],
        [0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072],
        [0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632],
        [0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844],
        [0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423],
    ]
)
