"""Kimmel's equations: reference figures, against an independent solver, limits, progression, extinction."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: accrual[simulate]")
pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from scipy.integrate import quad, solve_ivp

from accrual.errors import SimulationError
from accrual.simulate.kimmel import (
    KIMMEL,
    Cells,
    draw_cells,
    extinction_chance,
    kimmel_exposure,
    progression_days,
    solve,
    typical_cells,
)
from accrual.simulate.parameters import changed

TYPICAL = typical_cells(KIMMEL)


def by_scipy(of: Cells, row: int, days: np.ndarray) -> np.ndarray:
    """N, C and ln B by scipy's solver, from the equations as they are printed: an independent path."""
    k_n, k_c, r_n, rho_c, a, b, k_b, n_0, c_0 = of.equations[row]
    r_b, gamma = of.tumour_rate_per_day[row], of.kill_rate_per_day[row]

    def slopes(_: float, y: np.ndarray) -> list[float]:
        n, c, _ln_b = y
        t = n + c
        r_c = rho_c + b * (t - k_n) ** 2 / (a * t**2 + (t - k_n) ** 2)
        return [-r_n * n * math.log(t / k_n), -r_c * c * math.log(t / k_c), r_b - gamma * c / (k_b + c)]

    start = [n_0, c_0, math.log(of.tumour_start_mL[row])]
    found = solve_ivp(slopes, (0, days[-1]), start, method="LSODA", t_eval=days, rtol=1e-10, atol=1e-12)
    return np.asarray(found.y)


def test_the_peak_is_the_reference_one() -> None:
    days = np.linspace(6, 8, 2001)
    cells = solve(TYPICAL, days).car_cells_per_uL[0]
    assert cells.max() == pytest.approx(30.109, rel=1e-3)
    assert days[cells.argmax()] == pytest.approx(7.01, rel=1e-3)


def test_cells_later_are_the_reference_ones_and_lie_among_the_published() -> None:
    cells = solve(TYPICAL, [14, 28, 90]).car_cells_per_uL[0]
    assert cells == pytest.approx([8.975, 2.487, 0.338], rel=1e-3)
    for value, (low, high) in zip(cells, [(3.8, 31.1), (0.6, 6.1), (0.01, 0.4)], strict=True):
        assert low < value < high


@pytest.mark.parametrize(("rate", "day"), [(0.105, 351.2), (0.19, 193.5), (0.265, 136.7)])
def test_progression_comes_on_the_reference_day(rate: float, day: float) -> None:
    assert progression_days(typical_cells(changed(KIMMEL, tumour_rate_per_day=rate)))[0] == pytest.approx(
        day, abs=0.5
    )


@pytest.mark.parametrize(
    ("rate", "chance", "within"),
    [(0.10, 0.725, 0.01), (0.105, 0.619, 0.01), (0.12, 0.217, 0.01), (0.15, 2.2e-6, 0.05)],
)
def test_the_chance_of_extinction_is_the_reference_one(rate: float, chance: float, within: float) -> None:
    found = extinction_chance(typical_cells(changed(KIMMEL, tumour_rate_per_day=rate)))[0]
    assert found == pytest.approx(chance, rel=within)


def varied(patients: int) -> Cells:
    """Patients whose equations all differ, by up to half and twice."""
    rng = np.random.default_rng(11)
    factor = np.exp(rng.uniform(-0.7, 0.7, (patients, 9)))
    drawn = draw_cells(KIMMEL, patients, rng)
    return Cells(
        TYPICAL.equations * factor, drawn.kill_rate_per_day, drawn.tumour_rate_per_day, drawn.tumour_start_mL
    )


def test_an_independent_solver_agrees() -> None:
    of, days = varied(12), np.linspace(0, 200, 41)
    course = solve(of, days)
    for row in range(of.patients):
        n, c, ln_b = by_scipy(of, row, days)
        assert course.normal_cells_per_uL[row] == pytest.approx(n, rel=1e-6)
        assert course.car_cells_per_uL[row] == pytest.approx(c, rel=1e-6, abs=1e-9)
        assert course.ln_tumour_mL[row] == pytest.approx(ln_b, abs=1e-6)


def test_a_looser_tolerance_is_worse_but_holds_to_it() -> None:
    exact = solve(TYPICAL, [28.0], 1e-11).car_cells_per_uL[0, 0]
    off = [abs(solve(TYPICAL, [28.0], by).car_cells_per_uL[0, 0] / exact - 1) for by in (1e-4, 1e-6, 1e-8)]
    assert off[0] > off[1] > off[2]
    assert off[0] < 1e-2
    assert off[2] < 1e-7


def test_without_kill_the_tumour_grows_alone_and_without_cells_nothing_kills() -> None:
    days = [0, 10, 100]
    free = solve(typical_cells(changed(KIMMEL, kill_rate_per_day=0)), days).ln_tumour_mL[0]
    assert free == pytest.approx(math.log(94.86) + 0.19 * np.array(days), rel=1e-12)
    assert extinction_chance(typical_cells(changed(KIMMEL, kill_rate_per_day=0)))[0] == 0


def test_cells_stay_positive_and_normal_cells_come_to_their_capacity() -> None:
    course = solve(varied(30), [1, 30, 365, 5000])
    assert (course.car_cells_per_uL > -1e-12).all()
    total = course.normal_cells_per_uL[:, -1] + course.car_cells_per_uL[:, -1]
    assert total == pytest.approx(varied(30).equations[:, 0], rel=1e-3)


def test_days_may_come_in_any_order() -> None:
    mixed, sorted_ = solve(TYPICAL, [90, 14, 28]), solve(TYPICAL, [14, 28, 90])
    assert mixed.car_cells_per_uL[0].tolist() == sorted_.car_cells_per_uL[0, [2, 0, 1]].tolist()


def test_the_exposure_is_the_integral_of_the_share_at_work() -> None:
    exposure = kimmel_exposure(TYPICAL, 400)
    for day in (0.5, 7.0, 28.0, 90.0, 399.0):
        c = quad(lambda t: (x := solve(TYPICAL, t).car_cells_per_uL[0, 0]) / (4.05 + x), 0, day, limit=300)[0]
        assert exposure.full_until(day)[0, 0] == pytest.approx(c, abs=1e-5)


def test_the_drawn_kill_rates_have_the_published_quartiles() -> None:
    drawn = draw_cells(KIMMEL, 200_000, np.random.default_rng(2)).kill_rate_per_day
    assert np.quantile(drawn, [0.25, 0.5, 0.75]) == pytest.approx([0.64, 1.15, 1.35], rel=0.01)


def test_wrong_values_are_refused_by_name() -> None:
    with pytest.raises(
        SimulationError, match=r"kill_rate_per_day is -1: give a number from 0 to 24 \(per day\)"
    ):
        changed(KIMMEL, kill_rate_per_day=-1)
    with pytest.raises(SimulationError, match="tolerance is 1"):
        solve(TYPICAL, 1, tolerance=1)
    with pytest.raises(SimulationError, match="worked out from day 0 to 90"):
        kimmel_exposure(TYPICAL, 90).full_until(91)
